#!/bin/sh
# SPDX-License-Identifier: GPL-3.0-or-later
#
# pcp copies, and each time one call fails (sweep.py): whatever it is, nothing is lost that was
# not reported.
#
#   SLICE=1 JOBS=2 SITES=yes PCP=/path/to/pcp sh tests/fault/sweep.sh
#
# SLICE=1 is the whole sweep; SITES=yes fails also where a call in the program was not reached.

. "$(dirname "$0")/../cli/common.sh"
. "$tests/tools/tap.sh"

: "${SLICE:=400}" "${JOBS:=1}" "${SITES:=}"

trap oneTimeTearDown EXIT
is_cp && skip_all 'cp has not been made for this'
! sanitized || skip_all 'a sanitizer allocates in its own way, and has to be loaded first'
[ "$(getconf LONG_BIT)" = 64 ] || skip_all 'the hook is made for 64 bits'
need_python
${CC:-cc} -shared -fPIC -O1 -o "$bin/sweep.so" "$tests/tools/sweep_hook.c" -ldl 2>"$scratch/cc" ||
	skip_all "no hook: $(head -n 1 "$scratch/cc")"

mkdir "$scratch/sweep"
"$python" "$tests/fault/sweep.py" --pcp="$bin/pcp" --hook="$bin/sweep.so" --dir="$scratch/sweep" \
	--slice="$SLICE" --jobs="$JOBS" ${SITES:+--sites} >"$scratch/found" 2>&1
ok $? "$(tail -n 1 "$scratch/found")"
diag <"$scratch/found"
# The hook has made something fail, or nothing has been tested.
grep -q ' [1-9][0-9]* runs failed' "$scratch/found"
ok $? 'faults were injected'
done_testing
