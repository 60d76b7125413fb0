#!/bin/sh
# SPDX-License-Identifier: GPL-3.0-or-later
#
# With --atomic, SIGKILL at random moments (kills.py) leaves only complete files under final
# names, and the next run completes the copy and removes temporary names.
#
#   ROUNDS=1000 SEED=7 PCP=/path/to/pcp sh tests/crash/kills.sh
#
# ROUNDS is the number for each way of making a file aside.  OPTIONS are those of pcp: without
# --atomic it must fail.

. "$(dirname "$0")/../cli/common.sh"
. "$tests/tools/tap.sh"

trap oneTimeTearDown EXIT
is_cp && skip_all 'cp has no --atomic'
need_python

: "${ROUNDS:=10}" "${SEED:=1}" "${OPTIONS=--atomic}"

# kills WHAT PROGRAM: with the destination in a directory of its own
kills() {
	mkdir "$scratch/$1"
	"$python" "$tests/crash/kills.py" --pcp="$2" --dir="$scratch/$1" --rounds="$ROUNDS" \
		--seed="$SEED" -- $OPTIONS >"$scratch/found" 2>&1
	ok $? "$1: $(tail -n 1 "$scratch/found")"
	cat -v "$scratch/found" | diag
	rm -rf "${scratch:?}/$1"
}

kills unnamed "$bin/pcp"

# pcp on a file system that has no files without a name
if sanitized; then
	skip 'named: a sanitizer has to be loaded first'
elif ! ${CC:-cc} -shared -fPIC -O1 -o "$bin/notmpfile.so" "$tests/tools/notmpfile.c" -ldl; then
	skip 'named: no compiler for a library that is preloaded'
else
	printf '#!/bin/sh\nLD_PRELOAD=%s/notmpfile.so exec %s/pcp "$@"\n' "$bin" "$bin" \
		>"$bin/named-pcp"
	chmod +x "$bin/named-pcp"
	kills named "$bin/named-pcp"
fi
done_testing
