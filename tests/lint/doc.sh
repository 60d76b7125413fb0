#!/bin/sh
# SPDX-License-Identifier: GPL-3.0-or-later
#
# The map of the modules in doc/design.md is complete, and what documents tell to make can be made.

. "$srcdir/tools/tap.sh"
cd "$top_srcdir" || skip_all 'the sources are not here'
. "$srcdir/lint/rules.sh"

modules() {
	find lib src -name '*.[ch]' -type f | sed 's|.*/||; s|\.[ch]$||' | sort -u
}

# rows: the names in backquotes in the first column of the tables of modules
rows() {
	sed -n '/^## The modules of lib/,/^## Where would it go/s/^| \(`[^|]*`\) |.*/\1/p' \
		doc/design.md | tr -d '`' | tr ',' '\n' | tr -d ' ' | sort -u
}

each_has_a_row() {
	rows=$(rows)
	for module in $(modules); do
		[ "$module" = libcopyfile ] || printf '%s\n' "$rows" | grep -qx "$module" ||
			echo "$module: has no row"
	done
}

each_row_is_one() {
	modules=$(modules)
	for row in $(rows); do
		printf '%s\n' "$modules" | grep -qx "$row" || echo "$row: is no module"
	done
}

# In the folder above all others, where readers are
each_target_is_there() {
	for target in $(grep -oh 'make check-[a-z]*' -- *.md doc/*.md | sort -u); do
		[ "$target" = make ] || grep -qw -e "$target" Makefile.am ||
			echo "make $target: is in no Makefile.am"
	done
}

rule 'each target that a document names is there' each_target_is_there
rule 'doc/design.md: each module has a row' each_has_a_row
rule 'doc/design.md: each row is that of a module' each_row_is_one

done_testing
