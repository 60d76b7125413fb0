#!/bin/sh
# SPDX-License-Identifier: GPL-3.0-or-later
#
# memory.sh [N [FS]]: the peak of the resident memory while N (1000000) empty
# files are copied, in directories of 1000, by cp -R and pcp -R, RUNS (1) times
# each.  FS is tmpfs, or a directory (a name with a slash).  Ten million files on
# tmpfs take 20 GiB of memory.

RUNS=${RUNS:-1}
. "$(dirname "$0")/common.sh"

N=${1:-${N:-1000000}}
fs=${2:-tmpfs}
DIR=1000

begin
# About a KiB of the kernel's memory each
prepare "$fs" $((N * 2 / 1000))
i=0
while [ $((i * DIR)) -lt "$N" ]; do
	left=$((N - i * DIR))
	small_files "$place/src/$i" $((left < DIR ? left : DIR)) 0
	i=$((i + 1))
done

# peak NAME [OTHER]
peak() {
	statistic 5 "$@"
}

digits=0
heading "KiB at the peak, $N files" 'seconds: cp' pcp
turns cp pcp
cp=$(peak cp | cut -d ' ' -f 1)
pcp=$(peak pcp | cut -d ' ' -f 1)
row "$N files" "$cp" "$pcp" "$(peak cp pcp)" "$(calculate "$cp / 32768")" \
	"$(printf %.2f "$(seconds cp)")" "$(printf %.2f "$(seconds pcp)")"
