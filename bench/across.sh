#!/bin/sh
# SPDX-License-Identifier: GPL-3.0-or-later
#
# across.sh SRC [FS FS...]: the time to copy the tree SRC from one file system to
# another, by cp, pcp and floor -w (see floor.c), RUNS (5) times each, with OPTIONS
# (-R).  Each pair of FS is a way; if none is given, from ext4 to tmpfs and back.
# FS as in tree.sh.  The goals are those of tree.sh.

. "$(dirname "$0")/common.sh"

OPTIONS=${OPTIONS:--R}

[ $# -gt 0 ] || fail 'usage: across.sh SRC [FS FS...]'
SRC=$1
shift
[ -d "$SRC" ] || fail "$SRC: no directory"
[ $# -gt 0 ] || set -- ext4 tmpfs tmpfs ext4
[ $(($# % 2)) = 0 ] || fail "$*: not in pairs"
need "$FLOOR" "$build/bench floor"
begin

size=$(du -sm "$SRC" | cut -f 1)
heading "seconds per tree, $(find "$SRC" | wc -l) entries, $size MiB" floor pcp/floor
while [ $# -gt 0 ]; do
	if possible "$1" && possible "$2"; then
		prepare "$2" "$size"
		prepare_from "$1" "$size"
		"$CP" -a "$SRC" "$from/src"
		for option in $OPTIONS; do
			[ "$option" = -R ] && floor_options=-w || floor_options='-w -a'
			turns cp pcp floor
			versus_floor "$1 to $2 $option"
		done
		clean
	fi
	shift 2
done
