#!/bin/sh
# SPDX-License-Identifier: GPL-3.0-or-later
#
# overwrite.sh [FS...]: the time to copy a tree onto a copy of it that is there, by
# cp -R and pcp -R, RUNS (5) times each: FILES (20000) files of SIZE (4096) bytes in
# directories of 200.  FS is as in tree.sh; tmpfs and ext4, if none is given.

. "$(dirname "$0")/common.sh"

FILES=${FILES:-20000}
SIZE=${SIZE:-4096}
IN_DIR=200

[ $# -gt 0 ] || set -- tmpfs ext4
begin

# make_tree DIR
make_tree() {
	dirs=$(((FILES + IN_DIR - 1) / IN_DIR))
	while [ $dirs -gt 0 ]; do
		small_files "$1/$dirs" $IN_DIR "$SIZE"
		dirs=$((dirs - 1))
	done
}

# What is there stays.
turn() {
	case $1 in
	cp) program=$CP ;;
	pcp) program=$PCP ;;
	esac
	sync -f "$place"
	measure "$1" "$program" -R "$place/src/." "$place/dst"
}

heading "seconds to overwrite $FILES files of $SIZE bytes"
for fs; do
	possible "$fs" || continue
	prepare "$fs" $((FILES * (SIZE + 4096) * 2 / 1048576))
	make_tree "$place/src"
	"$CP" -R "$place/src" "$place/dst"
	turns cp pcp
	versus "$fs" 1
	clean
done
