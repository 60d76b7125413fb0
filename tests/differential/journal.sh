#!/bin/sh
# SPDX-License-Identifier: GPL-3.0-or-later
#
# A pass with a journal that is killed again and again comes to what one without ends with
# (journal.py): of random pairs of trees, with the options of many kinds of runs.
#
#   CASES=500 SEED=7 PCP=/path/to/pcp sh tests/differential/journal.sh

. "$(dirname "$0")/../cli/common.sh"
. "$tests/tools/tap.sh"

trap oneTimeTearDown EXIT
is_cp && skip_all 'cp has no --journal'
sanitized && skip_all 'a sanitizer makes calls of its own'
can_strace || skip_all 'no strace'
need_python

: "${CASES:=40}" "${SEED:=1}"

mkdir "$scratch/room"
"$python" "$tests/differential/journal.py" --pcp="$bin/pcp" --dir="$scratch/room" \
	--seed="$SEED" --cases="$CASES" >"$scratch/found" 2>&1
ok $? 'killed, given again, and the same in the end'
cat -v "$scratch/found" | diag
done_testing
