#!/bin/sh
# SPDX-License-Identifier: LGPL-2.1-or-later
#
# The e-mail's two programs, on real files.

srcdir=${srcdir:-$(cd "$(dirname "$0")/.." && pwd)}
builddir=${builddir:-$srcdir}
. "$srcdir/tools/tap.sh"

copy=$builddir/api/email_copy
parallel=$builddir/api/email_parallel
for program in "$copy" "$parallel"; do
	[ -x "$program" ] || { echo "Bail out! $program is not built"; exit 99; }
done

dir=$(mktemp -d "${TMPDIR:-/tmp}/email.XXXXXX") || exit 99
trap 'cd / && rm -rf "$dir"' EXIT
cd "$dir" || exit 99

# One file

head -c 3000000 /dev/urandom >large
echo hello >small
: >empty
for file in large small empty; do
	"$copy" $file copy.$file 2>err
	ok $? "email_copy $file"
	cmp $file copy.$file && [ ! -s err ]
	ok $? "is a copy, without a word"
done

"$copy" small copy.small 2>err
[ $? = 1 ]
ok $? "email_copy onto a file that exists fails"
grep -q '^copyfile: File exists' err
ok $? "perror() says why"
cmp -s small copy.small
ok $? "the file is as it was"

"$copy" absent copy.absent 2>err
[ $? = 1 ] && grep -q '^copyfile: No such file or directory' err
ok $? "email_copy of nothing fails, and says why"
[ ! -e copy.absent ]
ok $? "and makes nothing"

# Many files: several times the window

mkdir src dst
numbered_files src 450
cp large src/large
"$parallel" dst src/* 2>err
ok $? "email_parallel of 451 files"
[ ! -s err ]
ok $? "without a word"
diff -r src dst >diff
ok $? "each of them is a copy"
diag <diff

# Some that can't be copied do not keep the others from it

rm -rf dst
mkdir dst
echo already >dst/17
"$parallel" dst src/* src/absent 2>err
[ $? = 1 ]
ok $? "email_parallel with two files that fail, fails"
[ "$(wc -l <err)" -eq 2 ]
ok $? "it reports two"
grep -q '^src/17: File exists$' err
ok $? "the one that exists, by name"
grep -q '^src/absent: No such file or directory$' err
ok $? "the one that is absent, by name"
[ "$(ls dst | wc -l)" -eq 451 ] && [ "$(cat dst/17)" = already ]
ok $? "all others are there, and that one is untouched"

done_testing
