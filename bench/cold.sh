#!/bin/sh
# SPDX-License-Identifier: GPL-3.0-or-later
#
# cold.sh [SRC]: the time to copy a tree of which nothing is cached, on a disk that takes each
# of MS ('0.1 0.5 2') milliseconds for a read, and any number of reads at a time: to tmpfs and
# to the disk itself, by cp -R and pcp -R, RUNS (5) times each.  pcp also has each -j of JOBS
# ('1 2 4 8 16 32 64'): the best should be little better than pcp without one.  The tree is
# SRC or, if none is given, DIRS (100) directories of FILES (20) files of 1 to 16 KiB.  Root only.

. "$(dirname "$0")/disk.sh"

MS=${MS:-0.1 0.5 2}

# goal MS: of cp/pcp
goal() {
	case $1 in
	0.1) echo 2.5 ;;
	0.5) echo 8 ;;
	*) echo - ;;
	esac
}

begin_disk
heading "$(describe), of a cold disk" 'best -j'
for ms in $MS; do
	on_disk -l "$(calculate "$ms * 1000")"
	for where in tmpfs disk; do
		to_place $where
		jobs_turns
		versus "to $where, $ms ms" "$(goal "$ms")"
		versus_best "to $where, $ms ms, best"
	done
done
