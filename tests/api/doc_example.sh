#!/bin/sh
# SPDX-License-Identifier: LGPL-2.1-or-later
#
# The example in libcopyfile(7) is doc/examples/window.c; it compiles without a
# warning, and copies files.

srcdir=${srcdir:-$(cd "$(dirname "$0")/.." && pwd)}
builddir=${builddir:-$srcdir}
. "$srcdir/tools/tap.sh"
. "$srcdir/tools/link.sh"

example=$srcdir/../doc/examples/window.c
page=$srcdir/../doc/libcopyfile.7
include=$srcdir/../lib

dir=$(mktemp -d "${TMPDIR:-/tmp}/doc_example.XXXXXX") || exit 99
trap 'cd / && rm -rf "$dir"' EXIT

# The page, without what troff needs; the file, with its tabs as the page has
# them. The licence line is a comment of the page's own.

sed -n '/^\.SH EXAMPLES/,/^\.SH SEE/p' "$page" |
	sed -n '/^\.EX/,/^\.EE/p' |
	sed -e '/^\.E[XE]/d' -e 's/^\\&//' -e 's/\\-/-/g' -e 's/\\\[aq\]/'"'"'/g' \
	    -e 's/\\\[ga\]/`/g' -e 's/\\\[ha\]/^/g' -e 's/\\\[ti\]/~/g' -e 's/\\e/\\/g' \
	>"$dir/window.c"
sed 1d "$example" | expand -t 4 >"$dir/file.c"
[ -s "$dir/window.c" ]
ok $? "libcopyfile(7) shows an example"
diff "$dir/file.c" "$dir/window.c" >"$dir/diff"
ok $? "which is doc/examples/window.c"
diag <"$dir/diff"

for file in "$example" "$dir/window.c"; do
	$cc -Wall -Wextra -Werror -I "$include" -c -o "$dir/window.o" "$file" 2>"$dir/err"
	ok $? "${file##*/} compiles without a warning"
	diag <"$dir/err"
done

if ! can_link; then
	skip "there is no $library to link with"
	done_testing
fi

cd "$dir" || exit 99
window=$dir/window
link "$window" window.o >err 2>&1
linked=$?
ok $linked "it links with the library"
diag <err
[ $linked = 0 ] || done_testing

mkdir src dst
numbered_files src 300
chmod 666 src/7
head -c 2000000 /dev/urandom >src/large
"$window" dst src/* 2>err
ok $? "it copies 301 files"
[ ! -s err ]
ok $? "without a word"
diff -r src dst >diff
ok $? "each of them is a copy"
diag <diff
[ "$(stat -c %a dst/7)" = 666 ]
ok $? "with its mode"

"$window" dst src/large src/absent 2>err
[ $? = 1 ]
ok $? "it fails where files fail"
grep -q '^window: src/large: opening the destination: File exists$' err &&
	grep -q '^window: src/absent: opening the source: No such file or directory$' err
ok $? "and reports each, with the stage"
diag <err
cmp -s src/large dst/large
ok $? "what was there is untouched"

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
