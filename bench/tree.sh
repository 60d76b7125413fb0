#!/bin/sh
# SPDX-License-Identifier: GPL-3.0-or-later
#
# tree.sh SRC [FS...]: the time to copy the tree SRC within one file system, by
# cp, pcp and floor (see floor.c), RUNS (5) times each, for each of OPTIONS
# ('-R -a').  FS is a type of file system (tmpfs ext4 xfs btrfs, if none is
# given), which is made in a file below SCRATCH (/dev/shm) and needs root, or a
# directory (a name with a slash) to do it in.
#
# The goals are pcp/floor <= 1.10, and <= 1.05 of the processors' time, both as a
# ratio of cp and pcp.

. "$(dirname "$0")/common.sh"

OPTIONS=${OPTIONS:--R -a}

[ $# -gt 0 ] || fail 'usage: tree.sh SRC [FS...]'
SRC=$1
shift
[ -d "$SRC" ] || fail "$SRC: no directory"
[ $# -gt 0 ] || set -- tmpfs ext4 xfs btrfs
need "$FLOOR" "$build/bench floor"
begin

size=$(du -sm "$SRC" | cut -f 1)
heading "seconds per tree, $(find "$SRC" | wc -l) entries, $size MiB" floor pcp/floor
for fs; do
	possible "$fs" || continue
	prepare "$fs" $((size * 2))
	"$CP" -a "$SRC" "$place/src"
	for option in $OPTIONS; do
		[ "$option" = -R ] && floor_options='' || floor_options=-a
		turns cp pcp floor
		versus_floor "$fs $option"
	done
	clean
done
