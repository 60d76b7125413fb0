#!/bin/sh
# SPDX-License-Identifier: GPL-3.0-or-later
#
# tar and pcp choose the same of random trees by random rules (exclude.py).
#
#   CASES=2000 SEED=7 PCP=/path/to/pcp sh tests/differential/exclude.sh

. "$(dirname "$0")/../cli/common.sh"
. "$tests/tools/tap.sh"

trap oneTimeTearDown EXIT
is_cp && skip_all 'cp has no such options'
need_python

[ "${CASES-}" ] || ! sanitized || CASES=50
: "${CASES:=200}" "${SEED:=1}"

for words in '' '-j1 --window=1'; do
	"$python" "$tests/differential/exclude.py" --pcp="$bin/pcp" --pcp-options="$words" \
		--dir="$work" --seed="$SEED" --cases="$CASES" >"$scratch/found" 2>&1
	ok $? "$CASES cases, ${words:-default}"
	cat -v "$scratch/found" | diag
	SEED=$((SEED + CASES))
done
done_testing
