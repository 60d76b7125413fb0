#!/bin/sh
# SPDX-License-Identifier: LGPL-2.1-or-later
#
# The public header compiles alone, without a warning, in each standard of C
# and C++ that its users may choose, and twice in a row.

srcdir=${srcdir:-$(cd "$(dirname "$0")/.." && pwd)}
. "$srcdir/tools/tap.sh"

include=$(cd "$srcdir/../lib" && pwd)
dir=$(mktemp -d "${TMPDIR:-/tmp}/header.XXXXXX") || exit 99
trap 'rm -rf "$dir"' EXIT

cat >"$dir/alone.c" <<'END'
#include <libcopyfile.h>
#include <libcopyfile.h>

int use(const char *src, const char *dst);

int use(const char *src, const char *dst)
{
	struct copyfile_info info;
	int ret = copyfile(src, dst, COPYFILE_REPLACE | COPYFILE_ATTRS);

	while (ret > 0)
		ret = copyfile_ctrl(ret, COPYFILE_WAIT);
	if (copyfile_info(0, &info, sizeof(info)) == 0)
		ret += copyfile_stage_name(info.stage)[0];
	return ret;
}
END
cp "$dir/alone.c" "$dir/alone.cc"

cat >"$dir/unchecked.c" <<'END'
#include <libcopyfile.h>

void use(void);

void use(void)
{
	copyfile("a", "b", 0);
}
END

# try COMPILER STANDARD FILE: compiles, if the compiler knows the standard
try() {
	if ! echo 'int x;' >"$dir/probe.${3##*.}" ||
	   ! $1 -std=$2 -c -o "$dir/probe.o" "$dir/probe.${3##*.}" 2>/dev/null; then
		skip "$1 does not know -std=$2"
		return
	fi
	$1 -std=$2 -Wall -Wextra -Wpedantic -Werror -I "$include" \
		-c -o "$dir/out.o" "$dir/$3" 2>"$dir/err"
	ok $? "$1 -std=$2"
	diag <"$dir/err"
}

cc=${CC:-cc}
for standard in c99 c11 c17 c2x gnu11; do
	try "$cc" $standard alone.c
done

cxx=${CXX:-c++}
for standard in c++11 c++14 c++17 c++20; do
	if command -v ${cxx%% *} >/dev/null; then
		try "$cxx" $standard alone.cc
	else
		skip "no C++ compiler ($cxx)"
	fi
done

# Who forgets a result is told so

if $cc -c -Wall -o "$dir/out.o" -I "$include" "$dir/unchecked.c" 2>"$dir/err"; then
	grep -qi 'unused' "$dir/err"
	ok $? "a result that is ignored is a warning"
else
	ok 1 "code that ignores a result compiles"
	diag <"$dir/err"
fi

# <copyfile.h> is how other projects detect macOS

[ ! -e "$include/copyfile.h" ]
ok $? "there is no header named copyfile.h"

done_testing
