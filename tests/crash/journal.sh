#!/bin/sh
# SPDX-License-Identifier: GPL-3.0-or-later
#
# With --journal, SIGKILL at random moments (journal.py) costs nothing but what was under way, and
# the copy, and its proof, are in the end what they are without kills.
#
#   FILES=1000000 KILLS=1000 SEED=7 PCP=/path/to/pcp sh tests/crash/journal.sh

. "$(dirname "$0")/../cli/common.sh"
. "$tests/tools/tap.sh"

trap oneTimeTearDown EXIT
is_cp && skip_all 'cp has no --journal'
has_json || skip_all 'this pcp was built without --json'
need_python

: "${FILES:=3000}" "${KILLS:=10}" "${SEED:=1}"
limit=--limit-memory
! sanitized || limit=

# kills OPTION...: a copy with these
kills() {
	mkdir "$scratch/kills"
	"$python" "$tests/crash/journal.py" --pcp="$bin/pcp" --dir="$scratch/kills" \
		--files="$FILES" --kills="$KILLS" --seed="$SEED" $limit -- "$@" \
		>"$scratch/found" 2>&1
	ok $? "$*: $(tail -n 1 "$scratch/found")"
	cat -v "$scratch/found" | diag
	chmod -R u+rwx "$scratch/kills"
	rm -rf "$scratch/kills"
}

kills -a
if [ "$FILES" -lt 100000 ] && ! sanitized; then
	kills -a --update=changed
	kills -R -n
fi
done_testing
