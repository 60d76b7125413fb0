#!/bin/sh
# SPDX-License-Identifier: GPL-3.0-or-later
#
# tree.sh SRC [FS...]: the time to copy the tree SRC within one file system, by
# cp, pcp and floor (see floor.c), RUNS (5) times each, for each of OPTIONS
# ('-R -a').  FS is a type of file system (tmpfs ext4 xfs btrfs, if none is
# given), which is made in a file below SCRATCH (/dev/shm) and needs root, or a
# directory (a name with a slash) to do it in.
#
# The floor copies no attributes, so it is measured with -R only.  The goals are
# pcp/floor <= 1.05, as a ratio of cp and pcp, and for -a the ratio that -R has.

. "$(dirname "$0")/common.sh"

OPTIONS=${OPTIONS:--R -a}

[ $# -gt 0 ] || fail 'usage: tree.sh SRC [FS...]'
SRC=$1
shift
[ -d "$SRC" ] || fail "$SRC: no directory"
[ $# -gt 0 ] || set -- tmpfs ext4 xfs btrfs
need "$FLOOR" "$build/bench floor"
begin

# with_floor FS: the rows of -R
with_floor() {
	turns cp pcp floor
	goal=$(ratio cp floor | awk '{ print $1 / 1.05 }')
	# shellcheck disable=SC2046
	versus "$1 $option" "$goal" "$(show "$(seconds floor)")" \
		"$(spread $(ratio pcp floor))"
	goal=$(ratio cp pcp | cut -d ' ' -f 1)
}

size=$(du -sm "$SRC" | cut -f 1)
heading "seconds per tree, $(find "$SRC" | wc -l) entries, $size MiB" floor pcp/floor
for fs; do
	possible "$fs" || continue
	prepare "$fs" $((size * 2))
	"$CP" -R "$SRC" "$place/src"
	goal=-
	for option in $OPTIONS; do
		if [ "$option" = -R ]; then
			with_floor "$fs"
		else
			turns cp pcp
			versus "$fs $option" "$goal"
		fi
	done
	clean
done
