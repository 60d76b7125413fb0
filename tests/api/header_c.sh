#!/bin/sh
# SPDX-License-Identifier: LGPL-2.1-or-later
#
# The public header compiles alone, without a warning, in each standard of C
# and C++ that its users may choose, and twice in a row; and so do the examples
# in doc/examples and README.md.

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
	/* In C++ the function has the name, so that of the type needs "struct". */
	struct copyfile_info copyfile_info_of_last, info;
	int ret = copyfile(src, dst, COPYFILE_REPLACE | COPYFILE_ATTRS);

#if COPYFILE_VERSION < 100 || COPYFILE_VERSION_MAJOR > 9
#error "no version"
#endif
	if (copyfile_info(0, &copyfile_info_of_last, COPYFILE_INFO_SIZE_VER0) < 0)
		return COPYFILE_VERSION_STRING[0];

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
	$1 -std=$2 $warnings -Werror -I "$include" \
		-c -o "$dir/out.o" "$dir/$3" 2>"$dir/err"
	ok $? "$1 -std=$2: $3"
	diag <"$dir/err"
}

warnings='-Wall -Wextra -Wpedantic -Wshadow'
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

# The examples, also as C++, for which { 0 } leaves fields out.

cp "$srcdir/../doc/examples/window.c" "$srcdir/../doc/examples/manager.c" "$dir"
sed -n '/^    #include <libcopyfile.h>/,/^    }/s/^    //p' "$srcdir/../README.md" >"$dir/readme.c"
for example in window manager readme; do
	cp "$dir/$example.c" "$dir/$example.cc"
	try "$cc" c11 $example.c
	if command -v ${cxx%% *} >/dev/null; then
		warnings='-Wall -Wpedantic -Wshadow'
		try "$cxx" c++11 $example.cc
		warnings='-Wall -Wextra -Wpedantic -Wshadow'
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
