#!/bin/sh
# SPDX-License-Identifier: GPL-3.0-or-later
#
# cp and pcp do the same with random trees and command lines (random.py): on every
# file system, as root and as an ordinary user, by pcp's default and with many threads.
#
#   CASES=1000 SEED=7 PCP=/path/to/pcp sh tests/differential/random.sh
#
# CASES is the number for each of these, SEED where they come from, OPTIONS which of
# cp's options they may have (default: all), IGNORE a regular expression for what is to
# be overlooked for the time being.

. "$(dirname "$0")/../cli/common.sh"
. "$tests/tools/tap.sh"

trap oneTimeTearDown EXIT
need_python

: "${CASES:=40}" "${SEED:=1}"
first=0
engines=default
is_cp || engines='default -j16|--window=128'

# compare WHAT DIR OTHER RANDOM_OPTION...: the next CASES of them, by each engine
compare() {
	what=$1 dir=$2 other=$3
	shift 3
	for engine in $engines; do
		words=$(echo "${engine#default}" | tr '|' ' ')
		"$python" "$tests/differential/random.py" --cp="$bin/cp" --pcp="$bin/pcp" \
			--pcp-options="$words" \
			${OPTIONS:+"--only-options=$OPTIONS"} ${IGNORE:+"--ignore=$IGNORE"} \
			--dir="$dir" --other="$other" --seed="$SEED" --first=$first \
			--cases="$CASES" --max-failures=3 --shrink-time=10 "$@" \
			>"$scratch/found" 2>&1
		ok $? "$what, ${words:-default}"
		cat -v "$scratch/found" | diag
		first=$((first + CASES))
	done
}

mkdir "$scratch/other"
if ! is_root; then
	mkdir "$scratch/plain"
	compare 'ordinary user' "$scratch/plain" "$scratch/other"
fi
other=$scratch/other
for fs in tmpfs ext4 xfs btrfs; do
	if ! can_mount; then
		skip "$fs: mounting is not permitted"
	elif ! mount_fs $fs "$scratch/$fs" 2>"$scratch/mount.err"; then
		skip "$fs: $(tail -n 1 "$scratch/mount.err")"
	else
		compare "$fs, root" "$scratch/$fs" "$other"
		compare "$fs, nobody" "$scratch/$fs" "$other" --user=65534
		if [ $fs = tmpfs ]; then other=$scratch/tmpfs; else umount "$scratch/$fs"; fi
	fi
done
done_testing
