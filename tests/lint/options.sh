#!/bin/sh
# SPDX-License-Identifier: GPL-3.0-or-later
#
# The options are the same wherever they are listed: in what `pcp --help` prints,
# in the manual page, in the manual, and in the completions of the shells. So are the
# words that an option may be given.

. "$srcdir/tools/tap.sh"
cd "$top_srcdir" || skip_all 'the sources are not here'

page=doc/pcp.1
manual=doc/pcp.texi
bash=completions/pcp.bash
zsh=completions/_pcp
fish=completions/pcp.fish

help=$("$PCP" --help) || {
	ok 1 'pcp --help'
	done_testing
}

# Each of these prints one option a line: -a, --archive, --sparse= where a value is
# needed, --backup[=] where it may be left out.

# kinds: from a line of options to that. "[=" and "=" begin a value.
kinds() {
	sed -e 's/, */\n/g' | sed -n \
		-e 's/^\(--[a-z][-a-z]*\)\[=.*/\1[=]/p;t' \
		-e 's/^\(--[a-z][-a-z]*\)=.*/\1=/p;t' \
		-e 's/^\(--[a-z][-a-z]*\).*/\1/p;t' \
		-e 's/^\(-[a-zA-Z0-9]\).*/\1/p'
}

of_help() {
	printf '%s\n' "$help" | grep -E '^ {2,6}-' | sed 's/^ *//; s/  .*//' | kinds
}

# The line after .TP, in the section OPTIONS
of_page() {
	sed -n '/^\.SH OPTIONS/,/^\.SH BACKUPS/p' $page | sed -n '/^\.TP/{n;p;}' |
		sed -e 's/\\f.//g' -e 's/\\-/-/g' -e 's/^\.[BR]* //' -e 's/ *" *//g' \
			-e 's/ \([=[]\)/\1/g' | grep '^-' | kinds
}

# The items of tables of options, in the chapter on them
of_manual() {
	sed -n '/^@node Invoking pcp/,/^@node What is copied/p' $manual |
		sed -n 's/^@itemx\{0,1\} -/-/p' | kinds
}

index_of_manual() {
	sed -n 's/^@opindex //p' $manual
}

of_bash() {
	words=$(sed -n "/^	local options='/,/'\$/p" $bash | tr -d "'" | tr ' \t' '\n\n' |
		grep '^-')
	printf '%s\n' "$words" | while read -r word; do
		case $word in
		*=) printf '%s\n' "$words" | grep -qxe "${word%=}" && word= ;;
		--*) printf '%s\n' "$words" | grep -qxe "$word=" && word="${word}[=]" ;;
		esac
		[ ! "$word" ] || printf '%s\n' "$word"
	done
}

of_zsh() {
	grep -E "^		'.*\[.*\]" $zsh | grep -E "^		'(\(|\*?-)" |
		sed -e "s/^[^'][^']*'//" -e "s/^'//" -e "s/^([^)]*)'*//" -e 's/^\*//' \
			-e 's/[[].*//' \
			-e "s/[{}']//g" -e 's/=-/[=]/g' -e 's/+//g' | tr ',' '\n' | kinds
}

of_fish() {
	grep '^complete -c pcp' $fish | while read -r line; do
		kind=
		case $line in
		*' -x '* | *' -r '*) kind='=' ;;
		*' -f '*) kind='[=]' ;;
		esac
		set -f
		set -- ${line%% -d *}
		while [ $# -gt 1 ]; do
			case $1 in
			-s) printf '%s\n' "-$2" ;;
			-l) printf '%s\n' "--$2$kind" ;;
			esac
			shift
		done
	done
}

# rule WHAT FUNCTION ARGUMENT...: one test point, good if the function prints nothing
rule() {
	what=$1
	shift
	findings=$("$@")
	[ ! "$findings" ]
	ok $? "$what"
	[ ! "$findings" ] || printf '%s\n' "$findings" | diag
}

# difference FILE FUNCTION [FILTER]: what it and --help do not have in common
difference() {
	wanted=$(of_help | ${3-cat} | sort)
	got=$($2 | sort)
	[ "$wanted" ] || echo 'no options in what --help prints'
	printf '%s\n' "$got" | uniq -d | sed "s|^|$1 has twice |"
	for option in $wanted; do
		printf '%s\n' "$got" | grep -qxFe "$option" || echo "not in $1: $option"
	done
	for option in $got; do
		printf '%s\n' "$wanted" | grep -qxFe "$option" ||
			echo "not in --help, but in $1: $option"
	done
}

names_only() {
	sed 's/[=[].*//'
}

# An option that is mentioned in a text, outside of examples, must be pcp's.
mentioned() {
	options=" $(of_help | names_only | tr '\n' ' ')"
	{
		sed '/^\.EX/,/^\.EE/d; s/\\f.//g; s/\\-/-/g' $page
		# Two chapters have the options of other programs, too; pcp's are in @t.
		sed '/^@example/,/^@end example/d; /^@node Coming from/,/^@node Messages/d' $manual
		sed -n '/^@node Coming from/,/^@node Messages/p' $manual | grep -o '@t{[^}]*}'
	} | grep -o -e '--[a-z][-a-z]*[a-z]' | sort -u | while read -r option; do
		case $options in
		*" $option "*) ;;
		*) echo "no such option: $option" ;;
		esac
	done
}

# words OPTION: those that it may be given, as the program tells when it is given none
# of them
words() {
	LC_ALL=C "$PCP" "$1=@" a b 2>&1 | sed -n "s/^  - //p" | tr -d "'," | tr ' ' '\n' | sort
}

# Each must be said where the option is explained, and be offered by each shell.
words_of_option() {
	all=$(words "$1")
	[ "$all" ] || echo "pcp $1=@ does not list the words"
	for word in $all; do
		sed -n '/^\.SH OPTIONS/,/^\.SH HOW/p' $page | sed 's/\\-/-/g' |
			grep -qwe "$word" || echo "not in $page: $1=$word"
		grep -q -e "^@itemx\{0,1\} $word\$" $manual || echo "not in $manual: $1=$word"
		for file in $bash $zsh $fish; do
			sed -n '/^[^#]/p' $file | grep -qwe "$word" || echo "not in $file: $1=$word"
		done
	done
}

rule "$page has the options of --help" difference $page of_page
rule "$manual has the options of --help" difference $manual of_manual
rule "$manual has them in its index" difference 'the index' index_of_manual names_only
rule "$bash has the options of --help" difference $bash of_bash
rule "$zsh has the options of --help" difference $zsh of_zsh
rule "$fish has the options of --help" difference $fish of_fish
rule 'the manuals speak of no other options' mentioned
for option in --backup --preserve --no-preserve --reflink --sparse --update --verify; do
	rule "the words of $option are everywhere" words_of_option $option
done

done_testing
