#!/bin/sh
# SPDX-License-Identifier: GPL-3.0-or-later
#
# The lint finds what it is for: each rule passes on a small tree of good sources, and fails
# on the same tree with one offence in it.

. "$srcdir/tools/tap.sh"

scratch=$(mktemp -d "${TMPDIR:-/tmp}/pcp-lint.XXXXXX") || exit 99
trap 'rm -rf "$scratch"' EXIT
tree=$scratch/tree
lint=$srcdir/lint
gpl='SPDX-License-Identifier: GPL-3.0-or-later'
lgpl='SPDX-License-Identifier: LGPL-2.1-or-later'
tab=$(printf '\t')

# c_file FILE LICENCE [HEADER]...: a source with a short function
c_file() {
	{
		printf '/* %s */\n#include <config.h>\n\n' "$2"
		shift 2
		for header; do printf '#include %s\n' "$header"; done
		printf '\nint f(int a,\n      int b)\n{\n\treturn a + b;\n}\n'
	} >"$tree/$file"
}

# good_tree: one source of each kind, in which there is nothing to find
good_tree() {
	rm -rf "$tree"
	mkdir -p "$tree/lib" "$tree/bench" "$tree/python" "$tree/m4" "$tree/.ci"
	for layer in base report tree copy walk watch; do
		mkdir -p "$tree/src/$layer"
	done
	for dir in api cli differential fault lint stress tools unit; do
		mkdir -p "$tree/tests/$dir"
	done
	for file in lib/sys.c lib/pin.c; do
		name=${file##*/}
		c_file $file "$lgpl" "\"${name%.c}.h\""
		echo "/* $lgpl */" >"$tree/${file%.c}.h"
	done
	for file in src/main.c src/base/low.c src/copy/high.c; do
		c_file $file "$gpl" '<libcopyfile.h>'
	done
	echo "/* $gpl */" >"$tree/src/copy/high.h"
	echo '#include "copy/high.h"' >>"$tree/src/copy/high.c"
	for file in tests/api/a.c tests/stress/s.c tests/fault/f.c; do
		c_file $file "$lgpl" '"scratch.h"' '"tap.h"'
	done
	file=tests/unit/pin.c
	c_file $file "$lgpl" '"pin.h"' '"tap.h"'
	for file in bootstrap quickstart .ci/run tests/cli/a.sh bench/a.sh; do
		printf '#!/bin/sh\n# %s\n' "$gpl" >"$tree/$file"
	done
	mkdir "$tree/doc"
	{
		echo '## The modules of lib/'
		echo '| `main`, `low` | one |'
		echo '| `high` | two |'
		echo '| `sys` | three |'
		echo '| `pin` | four |'
		echo '## Where would it go'
	} >"$tree/doc/design.md"
	for file in configure.ac m4/a.m4 tests/Makefile.am; do
		echo "# $gpl" >"$tree/$file"
	done
	mkdir "$tree/debian" "$tree/packaging"
	echo 'AC_INIT([pcp], [1.2])' >>"$tree/configure.ac"
	echo 'pcp-copy (1.2) unstable' >"$tree/debian/changelog"
	printf '# %s\nVersion: 1.2\n' "$gpl" >"$tree/packaging/pcp.spec"
	printf '# %s\npkgver=1.2\n' "$gpl" >"$tree/packaging/PKGBUILD"
	echo 'version = "1.2"' >"$tree/python/pyproject.toml"
	printf 'What is new\n\n1.2 (today)\n\n1.1 (yesterday)\n' >"$tree/NEWS"
}

# findings SCRIPT: what it has to say of the tree
findings() {
	top_srcdir=$tree srcdir=$srcdir sh "$lint/$1" 2>&1 | grep '^not ok'
}

# lines N [TEXT]: N of them
lines() {
	awk -v n="$1" -v text="${2-}" 'BEGIN { while (n-- > 0) print text }'
}

# offence SCRIPT RULE COMMAND: after COMMAND, in the tree, that rule fails, and no other
offence() {
	good_tree
	(cd "$tree" && eval "$3")
	found=$(findings "$1")
	case $found in
	*"
"*) false ;;
	*"$2"*) true ;;
	*) false ;;
	esac
	ok $? "$1: $2"
	[ "$tap_bad" = 0 ] || diag "of $3: ${found:-nothing was found}"
}

# add FILE TEXT: one more line in it
add() {
	printf '%s\n' "$2" >>"$1"
}

good_tree
for script in deps.sh doc.sh style.sh versions.sh; do
	found=$(findings $script)
	[ ! "$found" ]
	ok $? "$script: nothing is found in good sources"
	[ ! "$found" ] || diag "$found"
done

offence deps.sh 'lib/: dependencies' "add lib/sys.c '#include \"pin.h\"'"
offence deps.sh 'lib/: dependencies' 'cp lib/sys.h lib/unheard.h'
offence deps.sh 'src/: knows <libcopyfile.h>' "add src/main.c '#include <pin.h>'"
offence deps.sh 'each layer includes' "add src/base/low.c '#include \"copy/high.h\"'"
offence deps.sh 'each layer includes' 'mkdir src/other'
offence deps.sh 'no module includes itself' "echo '/* $gpl */' >src/copy/more.h &&
	add src/copy/more.h '#include \"copy/high.h\"' &&
	add src/copy/high.h '#include \"copy/more.h\"'"
offence deps.sh 'lib/: uses no gnulib' "add lib/sys.c '#include <xalloc.h>'"
offence deps.sh 'know the public interface' "add tests/api/a.c '#include \"pin.h\"'"
offence deps.sh 'each knows a module' "sed -i '/pin.h/d' tests/unit/pin.c"
offence deps.sh '<config.h> first' "sed -i s/config/stdio/ src/base/low.c"
offence deps.sh '<config.h> first' "sed -i s/config/stdio/ tests/fault/f.c"
offence deps.sh 'its own header' "sed -i '/pin.h/d' lib/pin.c"

offence doc.sh 'each target' "echo 'make check-all' >>doc/design.md"
offence doc.sh 'each module has' 'cp lib/sys.h lib/unheard.h'
offence doc.sh 'each row is' 'rm lib/pin.[ch]'

offence style.sh 'C: SPDX' "sed -i 1d tests/fault/f.c"
offence style.sh 'scripts: SPDX' "sed -i 2d tests/cli/a.sh"
offence style.sh 'lib/: the LGPL' "sed -i 's/LGPL-2.1/GPL-3.0/' lib/pin.h"
offence style.sh 'src/: the GPL' "sed -i 's/GPL-3.0/LGPL-2.1/' src/copy/high.h"
offence style.sh 'longer than 600' 'lines 600 >>src/main.c'
offence style.sh 'longer than 600' 'lines 600 : >>tests/cli/a.sh'
offence style.sh 'wider than 100' "add tests/cli/a.sh '$(lines 101 x | tr -d '\n')'"
offence style.sh 'wider than 100' "add bench/a.sh '$tab$(lines 93 x | tr -d '\n')'"
offence style.sh 'longer than 60 lines' "sed -i '/return/r /dev/stdin' lib/pin.c <<-END
	$(lines 57 "$tab;")
	END"
offence style.sh 'indented by tabs' "add lib/sys.c '        int x;'"
offence style.sh 'white space ends' "add tests/cli/a.sh 'true '"

for names in configure.ac debian/changelog packaging/pcp.spec packaging/PKGBUILD \
	python/pyproject.toml NEWS; do
	offence versions.sh 'each version' "sed -i s/1\\.2/1.3/ $names"
	offence versions.sh 'each version' "sed -i /1\\.2/d $names"
done

# What is just short enough is good.
good_tree
(cd "$tree" && add bench/a.sh "$(lines 50 'ää' | tr -d '\n')" &&
	sed -i "/return/r /dev/stdin" lib/pin.c <<-END)
	$(lines 54 "$tab;")
	END
found=$(findings style.sh)
[ ! "$found" ]
ok $? 'style.sh: 60 lines and 100 columns are good'
[ ! "$found" ] || diag "$found"

done_testing
