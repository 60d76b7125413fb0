#!/bin/sh
# SPDX-License-Identifier: GPL-3.0-or-later
#
# slow.sh: the time to copy DIRS (100) directories of FILES (20) small files on a
# file system where each operation takes MS milliseconds ('0.05 0.1 0.2 0.5 1 2 5', one after
# the other), by cp -R and pcp -R, RUNS (3) times each, and the most operations that were under
# way at once.  pcp also has each -j of JOBS ('4 8 16 32 64'): the best should be little better
# than pcp without one.  The file system is SLOWFS (see tests/tools/slowfs.md), mounted anew for
# each run.

RUNS=${RUNS:-3}
JOBS=${JOBS:-4 8 16 32 64}
. "$(dirname "$0")/common.sh"

SLOWFS=${SLOWFS:-$build/tests/tools/slowfs}
DIRS=${DIRS:-100}
FILES=${FILES:-20}
MS=${MS:-0.05 0.1 0.2 0.5 1 2 5}

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
	"$SLOWFS" -x -d "all=$(calculate "$ms * 1000")" "$dir/back" "$dir/mnt"
	# Some kernels take copying for unsupported if the first two come at once.
	"$CP" "$dir/mnt/one" "$dir/mnt/two"
	echo >"$dir/mnt/.slowfs"
	# shellcheck disable=SC2046
	case $1 in
	cp) measure cp "$CP" -R "$dir/mnt/src" "$dir/mnt/dst" ;;
	*) measure "$1" "$PCP" $(jobs_option "$1") -R "$dir/mnt/src" "$dir/mnt/dst" ;;
	esac
	awk -v round="$round" -v name="peak-of-$1" \
		'$1 == "all" && $2 == "peak" { print round, name, $3 }' "$dir/mnt/.slowfs" >>"$log"
	unmount
	rm -rf "$dir/back/dst" "$dir/back/two"
}

peak() {
	statistic 3 "peak-of-$1" | cut -d ' ' -f 1
}

# goal MS: of cp/pcp
goal() {
	case $1 in
	2) echo 20 ;;
	*) echo - ;;
	esac
}

columns='%-22s %9s %9s   %-20s %-16s'
heading "seconds per $DIRS directories of $FILES files" 'peak: cp' 'pcp' 'best -j'
for ms in $MS; do
	jobs_turns
	versus "slowfs $ms ms" "$(goal "$ms")" "$(peak cp)" "$(peak pcp)"
	versus_best "slowfs $ms ms, best"
done
