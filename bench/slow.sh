#!/bin/sh
# SPDX-License-Identifier: GPL-3.0-or-later
#
# slow.sh: the time to copy DIRS (100) directories of FILES (20) small files on a
# file system where each operation takes MS (2) milliseconds, by cp -R and pcp -R,
# RUNS (5) times each, and the most operations that were under way at once.  The
# file system is SLOWFS (see tests/tools/slowfs.md), mounted anew for each run.

. "$(dirname "$0")/common.sh"

SLOWFS=${SLOWFS:-$build/tests/tools/slowfs}
DIRS=${DIRS:-100}
FILES=${FILES:-20}
MS=${MS:-2}

need "$SLOWFS" "$build/tests tools/slowfs"
need fusermount3
[ -w /dev/fuse ] || fail '/dev/fuse: cannot be opened'
begin
mkdir "$dir/back"
i=0
while [ $i -lt "$DIRS" ]; do
	small_files "$dir/back/src/$i" "$FILES" 1000
	i=$((i + 1))
done
echo one >"$dir/back/one"

turn() {
	"$SLOWFS" -x -d "all=$((MS * 1000))" "$dir/back" "$dir/mnt"
	# Some kernels take copying for unsupported if the first two come at once.
	"$CP" "$dir/mnt/one" "$dir/mnt/two"
	echo >"$dir/mnt/.slowfs"
	case $1 in
	cp) measure cp "$CP" -R "$dir/mnt/src" "$dir/mnt/dst" ;;
	pcp) measure pcp "$PCP" -R "$dir/mnt/src" "$dir/mnt/dst" ;;
	esac
	awk -v round="$round" -v name="peak-of-$1" \
		'$1 == "all" && $2 == "peak" { print round, name, $3 }' "$dir/mnt/.slowfs" >>"$log"
	unmount
	rm -rf "$dir/back/dst" "$dir/back/two"
}

peak() {
	statistic 3 "peak-of-$1" | cut -d ' ' -f 1
}

heading "seconds per $DIRS directories of $FILES files, $MS ms an operation" \
	'peak: cp' pcp
turns cp pcp
versus "slowfs $MS ms" 20 "$(peak cp)" "$(peak pcp)"
