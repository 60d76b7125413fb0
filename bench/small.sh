#!/bin/sh
# SPDX-License-Identifier: GPL-3.0-or-later
#
# small.sh: start-up, by the copy of one tiny file: cp, pcp, and `true`, which
# is what starting any process costs.  RUNS (200) of each, in batches of BATCH
# (20) that take turns.  Knows PCP, CP, RUNS, BATCH and SCRATCH.

set -eu
export LC_ALL=C

PCP=${PCP:-$PWD/../src/pcp}
CP=${CP:-/bin/cp}
TRUE=/bin/true
RUNS=${RUNS:-200}
BATCH=${BATCH:-20}

dir=$(mktemp -d "${SCRATCH:-/dev/shm}/small.XXXXXX")
trap 'rm -rf "$dir"' EXIT
trap 'exit 1' HUP INT TERM
cd "$dir"
echo tiny >file
mkdir copies

# batch COMMAND...: a line with the microseconds of each of BATCH runs, on average
batch()
{
	begin=$(date +%s%N)
	i=0
	while [ $i -lt "$BATCH" ]; do
		"$@" file copies/$i
		i=$((i + 1))
	done
	end=$(date +%s%N)
	rm -rf copies
	mkdir copies
	echo $(((end - begin) / BATCH / 1000))
}

# median COLUMN: of the lines in the file log
median()
{
	cut -d ' ' -f "$1" log | sort -n | sed -n "$((($(wc -l <log) + 1) / 2))p"
}

# Once for the caches
for program in "$CP" "$PCP" "$TRUE"; do
	batch "$program" >/dev/null
done
n=0
while [ $n -lt "$RUNS" ]; do
	# One by one, so that a failure is one of the script
	cp=$(batch "$CP")
	pcp=$(batch "$PCP")
	true=$(batch "$TRUE")
	echo "$cp $pcp $true" >>log
	n=$((n + BATCH))
done

awk -v cp="$(median 1)" -v pcp="$(median 2)" -v true="$(median 3)" -v runs="$RUNS" '
{
	ratio = $1 / $2
	if (NR == 1 || ratio < min)
		min = ratio
	if (NR == 1 || ratio > max)
		max = ratio
}
END {
	printf "microseconds per process, one tiny file, %d runs\n", runs
	printf "%8s %8s %8s   %-18s %s\n", "cp", "pcp", "true", "cp/pcp", "less true"
	printf "%8d %8d %8d   %-18s %.2f\n", cp, pcp, true,
		sprintf("%.2f (%.2f-%.2f)", cp / pcp, min, max), (cp - true) / (pcp - true)
}' log
