#!/bin/sh
# SPDX-License-Identifier: LGPL-2.1-or-later
#
# The example in libcopyfile(7) is doc/examples/window.c, and that works.

srcdir=${srcdir:-$(cd "$(dirname "$0")/.." && pwd)}
builddir=${builddir:-$srcdir}
. "$srcdir/tools/tap.sh"

example=$srcdir/../doc/examples/window.c
page=$srcdir/../doc/libcopyfile.7
include=$srcdir/../lib
window=$builddir/api/window

dir=$(mktemp -d "${TMPDIR:-/tmp}/doc_example.XXXXXX") || exit 99
trap 'cd / && rm -rf "$dir"' EXIT

# What the page shows, without what troff needs; in the file, tabs and SPDX.

sed -n '/^\.SH EXAMPLES/,/^\.SH SEE/p' "$page" |
	sed -n '/^\.EX/,/^\.EE/p' |
	sed -e '/^\.E[XE]/d' -e 's/^\\&//' -e 's/\\-/-/g' -e "s/\\\\\[aq\]/'/g" \
	    -e 's/\\\[ga\]/`/g' -e 's/\\\[ha\]/^/g' -e 's/\\\[ti\]/~/g' -e 's/\\e/\\/g' \
	>"$dir/shown.c"
sed 1d "$example" | expand -t 4 >"$dir/file.c"
[ -s "$dir/shown.c" ]
ok $? "libcopyfile(7) shows an example"
diff "$dir/file.c" "$dir/shown.c" >"$dir/diff"
ok $? "which is doc/examples/window.c"
diag <"$dir/diff"

cc=${CC:-cc}
$cc -Wall -Wextra -Werror -I "$include" -c -o "$dir/shown.o" "$dir/shown.c" 2>"$dir/err"
ok $? "as shown, it compiles without a warning"
diag <"$dir/err"

if [ ! -x "$window" ]; then
	ok 1 "$window is built"
	done_testing
fi

cd "$dir" || exit 99
mkdir src dst
i=0
while [ $i -lt 300 ]; do
	echo "file number $i" >src/$i
	i=$((i + 1))
done
head -c 2000000 /dev/urandom >src/large
"$window" dst src/* 2>err
ok $? "it copies 301 files"
[ ! -s err ]
ok $? "without a word"
diff -r src dst >diff
ok $? "each of them is a copy"
diag <diff

"$window" dst src/large src/absent 2>err
[ $? = 1 ]
ok $? "it fails where files fail"
grep -q '^window: src/large: opening the destination: File exists$' err &&
	grep -q '^window: src/absent: opening the source: No such file or directory$' err
ok $? "and reports each, with the stage"
diag <err

# Fewer cookies than its window holds

rm -rf dst
mkdir dst
(ulimit -n 40 && exec "$window" dst src/* 2>err)
ok $? "it copes with few descriptors"
diag <err
diff -r src dst >diff
ok $? "each file is a copy"
diag <diff

done_testing
