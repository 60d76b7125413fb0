#!/bin/sh
# SPDX-License-Identifier: GPL-3.0-or-later
#
# Every message can be translated, and is: what people read is in po/pcp.pot or in the list of
# what cp says as well; and pcp's translations are complete.

. "$srcdir/tools/tap.sh"
cd "$top_srcdir" || skip_all 'the sources are not here'
for tool in xgettext msgfmt msgunfmt python3; do
	command -v $tool >/dev/null || skip_all "no $tool"
done

scratch=$(mktemp -d "${TMPDIR:-/tmp}/pcp-messages.XXXXXX") || exit 99
trap 'rm -rf "$scratch"' EXIT

messages() {
	python3 "$srcdir/tools/messages.py" "$@"
}

# nothing WHAT COMMAND...: it prints nothing, and succeeds
nothing() {
	what=$1
	shift
	"$@" >"$scratch/out" 2>&1 && [ ! -s "$scratch/out" ]
	ok $? "$what"
	diag <"$scratch/out"
}

po/update "$scratch/now.pot"
nothing 'no message is missing in po/pcp.pot: po/update collects them' \
	messages minus "$scratch/now.pot" po/pcp.pot
nothing 'none is there that is said no more' messages minus po/pcp.pot "$scratch/now.pot"
nothing 'N_() marks each text that xgettext does not see by itself' \
	messages sources po/pcp.pot po/cp-messages.pot
nothing "what cp says as well is not in it" messages both po/pcp.pot po/cp-messages.pot
nothing 'what only a newer cp says is' messages minus po/newer-cp-messages.pot po/pcp.pot

complete() {
	msgfmt -c -o /dev/null "po/$1.po" || return
	LC_ALL=C msgfmt --statistics -o /dev/null "po/$1.po" 2>&1 |
		grep -v '^[0-9]* translated messages\.$'
	messages minus po/pcp.pot "po/$1.po"
	messages minus "po/$1.po" po/pcp.pot
}
# With a list of languages in one more place that would be two.
makefile=$(sed -n 's/^languages = //p' po/Makefile.am | tr ' ' '\n')
[ "$makefile" = "$(cat po/LINGUAS)" ]
ok $? 'po/Makefile.am and po/LINGUAS have the same languages'
for language in $(cat po/LINGUAS); do
	nothing "$language.po is complete" complete "$language"
done

# Another release of cp may say some of it in other words.
catalogue=/usr/share/locale/de/LC_MESSAGES/coreutils.mo
msgunfmt "$catalogue" >"$scratch/cp.po" 2>/dev/null || : >"$scratch/cp.po"
# ours: what is pcp's, but for what only a newer cp says, and is in that catalogue
ours() {
	messages both po/pcp.pot "$scratch/cp.po" >"$scratch/there"
	messages minus po/newer-cp-messages.pot >"$scratch/newer"
	grep -vxFf "$scratch/newer" "$scratch/there" || :
}
if grep -q '^"Project-Id-Version: .*coreutils-9\.1' "$scratch/cp.po"; then
	nothing "what is cp's is in the catalogue of coreutils" \
		messages minus po/cp-messages.pot "$scratch/cp.po"
	nothing 'and what is ours is not' ours
else
	skip 'the catalogue of coreutils is not there, or not that of 9.1'
	skip 'the catalogue of coreutils is not there, or not that of 9.1'
fi
done_testing
