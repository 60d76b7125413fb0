#!/bin/sh
# SPDX-License-Identifier: GPL-3.0-or-later
#
# The rules of the house that a machine can hold: who may include whom, and
# what every source file looks like.

. "$srcdir/tools/tap.sh"
cd "$top_srcdir" || skip_all 'the sources are not here'

# What each room of the library may know.  Dependencies point downward, so
# nobody may know api, and a new module needs its line here.
rooms='
api	attr cookie count data dest exit extent job place policy pool scale sys watch
exit	cookie watch
cookie	container count identity job pause pin policy pool quota slots sys watch
slots	identity job pool sys
policy	pool watch
job	attr count data dest extent pause pin place sys wait watch
dest	claim destfile inplace pause sys watch
inplace	claim destfile fs same sys wait
destfile	claim watch
claim	fs sys wait watch
same	fs sys
clone	sys
buffer	sys wait watch
data	buffer clock clone extent fs pause range sys watch
range	buffer clock pause pool scale sys watch
attr	extent sys watch
extent	sys
pool	identity lanes scale
lanes
scale
identity
pin	sys
quota	sys
place	sys
clock
container
count
fs	sys
wait	pause sys watch
pause	pool watch
watch
sys
'
tab=$(printf '\t')

# quoted FILE: the names of the headers that it includes in quotes
quoted()
{
	sed -n 's/^[[:space:]]*#[[:space:]]*include[[:space:]]*"\([^"]*\)".*/\1/p' "$1"
}

# rule WHAT FUNCTION: one test point, good if the function finds nothing to say
rule()
{
	findings=$($2)
	[ ! "$findings" ]
	ok $? "$1"
	[ ! "$findings" ] || printf '%s\n' "$findings" | diag
}

own()
{
	find lib src bench tests -name "$1" -type f | sort
}

rooms_of_lib()
{
	for file in lib/*.[ch]; do
		module=$(basename "$file" | sed 's/\.[ch]$//')
		[ "$module" != libcopyfile ] || continue
		line=$(printf '%s' "$rooms" | grep "^$module\($tab\|\$\)") || {
			echo "$file: the module is not in the table of $0"
			continue
		}
		for header in $(quoted "$file"); do
			case " ${line#*"$tab"} $module libcopyfile " in
			*" ${header%.h} "*) ;;
			*) echo "$file: may not know $header" ;;
			esac
		done
	done
}

api_alone()
{
	for file in src/*.[ch]; do
		for header in $(quoted "$file"); do
			case $header in
			libcopyfile.h) echo "$file: include <libcopyfile.h>, as every user does" ;;
			*/*) echo "$file: reaches out for $header" ;;
			*) [ -f "src/$header" ] || [ ! -f "lib/$header" ] ||
				echo "$file: $header belongs to the library" ;;
			esac
		done
		for header in lib/*.h; do
			header=$(basename "$header")
			[ "$header" != libcopyfile.h ] && [ ! -f "src/$header" ] &&
				grep -q "include.*<$header>" "$file" &&
				echo "$file: $header belongs to the library"
		done
	done
}

no_gnulib()
{
	for file in lib/*.[ch]; do
		quoted "$file" | grep / | sed "s|^|$file: |"
		grep -l 'include.*[<"]\(quotearg\|xalloc\|hash\|fts_\|error\|gettext\)\.h' "$file"
	done
}

config_first()
{
	for file in lib/*.c src/*.c; do
		first=$(sed -n 's/^#[[:space:]]*include[[:space:]]*//p' "$file" | head -n 1)
		[ "$first" = '<config.h>' ] || echo "$file: begins with $first"
	done
}

own_header()
{
	for file in lib/*.c src/*.c; do
		header=$(basename "${file%.c}").h
		[ ! -f "${file%.c}.h" ] || quoted "$file" | grep -qx "$header" ||
			echo "$file: does not include $header"
	done
}

spdx_of_c()
{
	for file in $(own '*.[ch]'; own '*.cc'); do
		head -n 1 "$file" | grep -q 'SPDX-License-Identifier: L\{0,1\}GPL-' || echo "$file"
	done
}

spdx_of_scripts()
{
	for file in $(own '*.sh'; own 'Makefile.am') m4/*.m4 configure.ac bootstrap quickstart .ci/run; do
		head -n 2 "$file" | grep -q '^# SPDX-License-Identifier: L\{0,1\}GPL-' || echo "$file"
	done
}

lgpl()
{
	for file in lib/*.[ch]; do
		head -n 1 "$file" | grep -q 'LGPL-2.1-or-later' || echo "$file"
	done
}

gpl()
{
	for file in src/*.[ch]; do
		head -n 1 "$file" | grep -q ' GPL-3.0-or-later' || echo "$file"
	done
}

length()
{
	for file in lib/*.[ch] src/*.[ch]; do
		lines=$(wc -l <"$file")
		[ "$lines" -le 600 ] || echo "$file: $lines lines"
	done
}

indentation()
{
	own '*.[ch]' | xargs grep -n "^$tab* $tab\|^$tab*        " /dev/null
}

line_ends()
{
	{ own '*.[ch]'; own '*.sh'; } | xargs grep -n "[ $tab]\$" /dev/null
}

rule 'lib/: dependencies point downward' rooms_of_lib
rule 'src/: knows <libcopyfile.h> alone' api_alone
rule 'lib/: uses no gnulib' no_gnulib
rule 'every .c includes <config.h> first' config_first
rule 'every module includes its own header' own_header
rule 'C: SPDX in line 1' spdx_of_c
rule 'scripts: SPDX in the first comment line' spdx_of_scripts
rule 'lib/: the LGPL' lgpl
rule 'src/: the GPL' gpl
rule 'no file is longer than 600 lines' length
rule 'C: indented by tabs, aligned by less than eight spaces' indentation
rule 'no white space ends a line' line_ends

done_testing
