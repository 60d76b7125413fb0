#!/bin/sh
# SPDX-License-Identifier: GPL-3.0-or-later
#
# Who may include whom.

. "$srcdir/tools/tap.sh"
. "$srcdir/lint/rules.sh"
cd "$top_srcdir" || skip_all 'the sources are not here'

# What each room of the library may know.  Dependencies point downward, so
# nobody may know api, and a new module needs its line here, or two.
rooms='
api	attr callers clock cookie cores count digest job limit newdir place policy pool
api	relaxed sample scale start sys temp
start	callers clock cookie exit identity job policy pool relaxed
exit	clock cookie limit watch
cookie	clock container count identity job limit pause pin policy pool quota slots sys watch
slots	identity job pool sys
policy	arm callers clock cores fibhash idle limit place pool relaxed sample watch
arm	relaxed
callers	clock relaxed
sample	clock cores limit relaxed spent
spent	clock limit relaxed
idle	clock cores relaxed
cores	relaxed
job	attr count dest digest limit move newdir pin place private stage sys wait watch
move	contents data dest digest extent stage sys verify watch
stage	limit pause watch
verify	buffer cache contents digest extent fs sys watch
contents	buffer cache digest extent limit pause sys watch
digest	sha
sha	../gl/sha256 ../gl/sha256.c
cache	call relaxed sys
dest	attr claim destfile inplace newset pause sys temp watch
inplace	claim destfile fs same sys wait
destfile	claim newset watch
newdir	fs newset private sys
private	attr fs relaxed
newset	fibhash sys
claim	fibhash fs place sys wait watch
same	change fs sys
temp	sys
clone	refusal sys
refusal	clock fibhash relaxed
buffer	sys wait watch
data	buffer change chunk clock clone contents digest extent fs limit pause range
data	refusal sys verify watch
change	fs
range	buffer clock limit pause pool scale sys thread watch
attr	extent sys watch
extent	sys
pool	clock identity lanes relaxed scale thread
lanes
scale
identity
pin	sys
quota	sys
place	disk fibhash sys
disk	fibhash
clock
container
fibhash
relaxed
count	relaxed
fs	fibhash sys
chunk
adapt	relaxed
limit	adapt call clock relaxed watch
wait	pause pool sys watch
pause	pool watch
watch	relaxed
sys	call relaxed thread
call
thread
'
rooms_of_lib() {
	for file in lib/*.[ch]; do
		module=$(basename "$file" | sed 's/\.[ch]$//')
		[ "$module" != libcopyfile ] || continue
		line=$(printf '%s' "$rooms" | grep "^$module\($tab\|\$\)") || {
			echo "$file: the module is not in the table of $0"
			continue
		}
		known=$(printf '%s\n' "$line" | cut -sf2 | tr '\n' ' ')
		for header in $(quoted "$file"); do
			case " $known $module libcopyfile " in
			*" ${header%.h} "*) ;;
			*) echo "$file: may not know $header" ;;
			esac
		done
	done
}

# The layers of the command, lowest first; what is in src/ itself may know all of them.
layers='base report journal tree copy walk watch cmdline'

# not_ours FILE HEADER: says so if FILE includes what only the library has
not_ours() {
	[ -f "src/$2" ] || [ ! -f "lib/$2" ] || echo "$1: $2 belongs to the library"
}

api_alone() {
	for file in $(sources '*.[ch]'); do
		for header in $(quoted "$file"); do
			case $header in
			libcopyfile.h) echo "$file: include <libcopyfile.h>, as every user does" ;;
			*) not_ours "$file" "$header" ;;
			esac
		done
		sed -n 's/^#[[:space:]]*include[[:space:]]*<\([^>/]*\)>.*/\1/p' "$file" |
			while read -r header; do
				[ "$header" = libcopyfile.h ] || not_ours "$file" "$header"
			done
	done
}

layers_of_src() {
	below=
	for layer in $layers; do
		below="$below $layer"
		for file in $(find "src/$layer" -name '*.[ch]' | sort); do
			for header in $(quoted "$file" | grep -v '^config\.h$'); do
				[ -f "src/$header" ] || continue
				case "$below " in
				*" ${header%/*} "*) ;;
				*) echo "$file: may not know $header" ;;
				esac
			done
		done
	done
	for folder in src/*/; do
		folder=$(basename "$folder")
		case " $layers .deps " in
		*" $folder "*) ;;
		*) echo "src/$folder: has no place among the layers" ;;
		esac
	done
}

# Each line: a module, and one that it includes.
edges_of_src() {
	for file in $(sources '*.[ch]'); do
		from=${file#src/}
		for header in $(quoted "$file"); do
			[ "${from%.[ch]}" = "${header%.h}" ] || [ ! -f "src/$header" ] ||
				echo "${from%.[ch]} ${header%.h}"
		done
	done
}

# tsort(1) names the modules of a cycle.
acyclic_src() {
	edges_of_src | tsort 2>&1 >/dev/null | sed 's/^tsort: -: //; s/^tsort: //'
}

no_gnulib() {
	for file in lib/*.[ch]; do
		quoted "$file" | grep / | grep -vx '\.\./gl/sha256\.[ch]' | sed "s|^|$file: |"
		grep -l 'include.*[<"]\(quotearg\|xalloc\|hash\|fts_\|error\|gettext\)\.h' "$file"
	done
}

own_header() {
	for file in lib/*.c $(sources '*.c'); do
		header=${file%.c}.h
		[ ! -f "$header" ] || quoted "$file" | grep -qx "${header#*/}" ||
			echo "$file: does not include $header"
	done
}

# What a program of tests/ includes, other than the helpers of tests/tools
known_to() {
	quoted "$1" | grep -vx 'scratch\.h\|tap\.h'
}

tests_of_the_interface() {
	for file in tests/api/*.c tests/stress/*.c; do
		known_to "$file" | sed "s|^|$file: may not know |"
	done
}

tests_of_modules() {
	for file in tests/unit/*.c; do
		[ "$(known_to "$file")" ] ||
			echo "$file: knows no inner header; it belongs to tests/api"
	done
}

config_first() {
	for file in lib/*.c $(sources '*.c') tests/[afsu]*/*.c; do
		case $file in
		*/email_*) continue ;;	# as the e-mail has them
		esac
		first=$(sed -n 's/^#[[:space:]]*include[[:space:]]*//p' "$file" | head -n 1)
		[ "$first" = '<config.h>' ] || echo "$file: begins with $first"
	done
}

rule 'lib/: dependencies point downward' rooms_of_lib
rule 'src/: knows <libcopyfile.h> alone' api_alone
rule 'src/: each layer includes only itself and those below' layers_of_src
rule 'src/: no module includes itself by way of others' acyclic_src
rule 'lib/: uses no gnulib' no_gnulib
rule 'tests/api, tests/stress: know the public interface alone' tests_of_the_interface
rule 'tests/unit: each knows a module by its header' tests_of_modules
rule 'every .c includes <config.h> first' config_first
rule 'every module includes its own header' own_header

done_testing
