#!/bin/sh
# SPDX-License-Identifier: GPL-3.0-or-later
#
# What every source file looks like: licences, sizes, white space.

. "$srcdir/tools/tap.sh"
. "$srcdir/lint/rules.sh"
cd "$top_srcdir" || skip_all 'the sources are not here'

# The scripts, some of which have no extension
scripts() {
	own '*.sh'
	own '*.py'
	for file in bench/ab bench/all packaging/PKGBUILD packaging/pcp.spec packaging/release \
		tests/tools/colddisk tests/tools/mktree tests/tools/nfsbox tests/tools/run \
		tests/tools/shunit2 tests/tools/shunit2-tap; do
		[ ! -f "$file" ] || echo "$file"
	done
}

spdx_of_c() {
	for file in $(own '*.[ch]'; own '*.cc'); do
		head -n 1 "$file" | grep -q 'SPDX-License-Identifier: L\{0,1\}GPL-' || echo "$file"
	done
}

spdx_of_scripts() {
	for file in $(own '*.sh'; own '*.py'; own 'Makefile.am') m4/*.m4 configure.ac bootstrap \
		quickstart .ci/run .ci/soak packaging/*; do
		[ -f "$file" ] || continue
		head -n 2 "$file" | grep -q '^# SPDX-License-Identifier: L\{0,1\}GPL-' ||
			echo "$file"
	done
}

lgpl() {
	for file in lib/*.[ch]; do
		head -n 1 "$file" | grep -q 'LGPL-2.1-or-later' || echo "$file"
	done
}

gpl() {
	for file in $(sources '*.[ch]'); do
		head -n 1 "$file" | grep -q ' GPL-3.0-or-later' || echo "$file"
	done
}

length() {
	{ own '*.[ch]'; scripts; } | while read -r file; do
		lines=$(wc -l <"$file")
		[ "$lines" -le 600 ] || echo "$file: $lines lines"
	done
}

# A character of several bytes is one column.
width() {
	{ own "*.[ch]"; scripts; own "*.am"; } | while read -r file; do
		expand "$file" | LC_ALL=C awk -v file="$file" '{
			gsub(/[\200-\277]/, "")
			if (length > 100)
				print file ":" NR ": " length " columns"
		}'
	done
}

# A function is what is between "{" and "}" in the first column, and what is said before
# it, from the last line that begins with a letter.
function_length() {
	own '*.[ch]' | xargs awk '
		FNR == 1 { start = body = 0 }
		/^[A-Za-z]/ && !body { start = FNR; name = $0 }
		/^{/ { body = start }
		/^}/ {
			if (body && FNR - body + 1 > 60)
				print FILENAME ":" body ": " FNR - body + 1 " lines: " name
			start = body = 0
		}'
}

indentation() {
	own '*.[ch]' | xargs grep -n "^$tab* $tab\|^$tab*        " /dev/null
}

line_ends() {
	{ own '*.[ch]'; own '*.sh'; } | xargs grep -n "[ $tab]\$" /dev/null
}

rule 'C: SPDX in line 1' spdx_of_c
rule 'scripts: SPDX in the first comment line' spdx_of_scripts
rule 'lib/: the LGPL' lgpl
rule 'src/: the GPL' gpl
rule 'no file is longer than 600 lines' length
rule 'no line is wider than 100 columns' width
rule 'no function of C is longer than 60 lines' function_length
rule 'C: indented by tabs, aligned by less than eight spaces' indentation
rule 'no white space ends a line' line_ends

done_testing
