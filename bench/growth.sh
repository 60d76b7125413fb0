#!/bin/sh
# SPDX-License-Identifier: GPL-3.0-or-later
#
# growth.sh [FS]: the time and the peak of the resident memory while COUNTS
# ('10000 100000 1000000') empty files are copied by cp -a and pcp -a, RUNS (3)
# times each: in one directory (flat) and in directories of 1000 (tree); each with
# one name, and with five (files counts the names), the second of which comes when
# all inodes have been met.  FS is tmpfs, or as in tree.sh; ten million files on
# tmpfs take 20 GiB of memory.
#
# Medians go to the file GROWTH_TSV (growth.tsv), with the columns: shape, names of
# an inode, files, program, seconds, seconds of the processors, KiB; and a chart of
# that to growth.svg, with gnuplot.

RUNS=${RUNS:-3}
. "$(dirname "$0")/common.sh"

COUNTS=${COUNTS:-10000 100000 1000000}
GROWTH_TSV=${GROWTH_TSV:-growth.tsv}
fs=${1:-tmpfs}
DIR=1000

possible "$fs" || exit 1
begin

# make_files SHAPE NAMES N: src, whose directories 0, 1, ... have the same inodes
make_files() {
	inodes=$(($3 / $2))
	if [ "$1" = flat ]; then
		small_files "$place/src/0" "$inodes" 0
	else
		small_tree "$place/src/0" $((inodes / DIR)) "$DIR" 0
	fi
	name=1
	while [ $name -lt "$2" ]; do
		"$CP" -al "$place/src/0" "$place/src/$name"
		name=$((name + 1))
	done
}

# median FIELD NAME
median() {
	statistic "$1" "$2" | cut -d ' ' -f 1
}

# write_tsv SHAPE NAMES N
write_tsv() {
	for program in cp pcp; do
		printf '%s\t%s\t%s\t%s\t%s\t%s\t%s\n' "$@" $program "$(median 3 $program)" \
			"$(median 4 $program)" "$(median 5 $program)" >>"$GROWTH_TSV"
	done
}

# bytes_a_file SHAPE NAMES N PROGRAM: what the peak has grown by for each file since
# the least N; in GROWTH_TSV
bytes_a_file() {
	awk -F '\t' -v shape="$1" -v names="$2" -v count="$3" -v program="$4" '
	$1 == shape && $2 == names && $4 == program {
		if (!first) {
			first = $3
			peak = $7
		}
		if ($3 == count && count > first)
			printf "%.1f", ($7 - peak) * 1024 / (count - first)
	}' "$GROWTH_TSV"
}

# print_growth SHAPE NAMES N
print_growth() {
	scale=$(calculate "1000000 / $3")
	# shellcheck disable=SC2046
	print_row "$3 $1, names: $2" "$(show "$(median 3 cp)")" "$(show "$(median 3 pcp)")" \
		"$(spread $(ratio cp pcp))" '' "$(median 5 cp)" "$(median 5 pcp)" \
		"$(bytes_a_file "$@" cp)" "$(bytes_a_file "$@" pcp)"
}

# grow SHAPE NAMES
grow() {
	for count in $COUNTS; do
		prepare "$fs" $((count * 2 / 1000))
		make_files "$1" "$2" "$count"
		turns cp pcp
		write_tsv "$1" "$2" "$count"
		print_growth "$1" "$2" "$count"
		clean
	done
	# Of the last, which is the greatest; the memory for one name is memory.sh's.
	[ "$2" = 1 ] || record "KiB for $count names, $1" "$(median 5 cp)" "$(median 5 pcp)" \
		"$(statistic 5 cp pcp)" 1
}

: >"$GROWTH_TSV"
option=-a digits=2
heading 'microseconds a file' 'KiB: cp' pcp 'bytes/file: cp' pcp
for shape in flat tree; do
	grow $shape 1
	grow $shape 5
done
! command -v gnuplot >/dev/null || sh "$here/growth_plot.sh" "$GROWTH_TSV"
