#!/bin/sh
# SPDX-License-Identifier: GPL-3.0-or-later
#
# The packages for Arch Linux: makepkg is not in Debian, so this reads packaging/PKGBUILD as makepkg
# does, and calls its functions with the folders that makepkg would give them.  What each package
# gets is what it should, and works.  Dependencies are not looked at.

. "$srcdir/tools/tap.sh"
. "$srcdir/package/common.sh"
need_tarball
/usr/bin/python3 -c 'import cffi' 2>/dev/null || skip_all 'no python3-cffi'
pkgbuild=$top_srcdir/packaging/PKGBUILD

# call COMMANDS [PACKAGE]: as makepkg calls a function, in the folder of the sources
call() {
	clean "umask 022; startdir='$room'; srcdir='$room/src' pkgdir='$room/pkg/${2-}'
		MAKEFLAGS=-j$(nproc); export MAKEFLAGS
		mkdir -p \"\$pkgdir\"
		. '$pkgbuild'
		cd \"\$srcdir\"; $1"
}

# lists PACKAGE: its files; of manual pages of functions only copyfile(3)
lists() {
	(cd "$room/pkg/$1" && find . ! -type d | LC_ALL=C sort |
		sed 's,^\./,,; s,\.so\.0\.[0-9.]*$,.so.0.x,; s,/python3\.[0-9]*/,/python3/,' |
		grep -v '__pycache__\|/copyfile[a-z_][a-z_]*\.3$')
}

# expect PACKAGE: it can be made, and has the files that come in on stdin
expect() {
	cat >"$room/expected"
	need "$1 can be made" call "package_$1" "$1"
	lists "$1" >"$room/found"
	step 'it has its files' diff "$room/expected" "$room/found"
}

# fields: those that makepkg asks for, and a function for each package
fields() {
	call '[ "$pkgver" = '"'$version'"' ]
		[ "$source" = '"'${tarball##*/}'"' ]
		[ "${#source[@]}" = "${#sha256sums[@]}" ]
		[ "$pkgrel" -ge 1 ]
		[ "${arch[*]}" ]
		for name in "${pkgname[@]}"; do declare -F "package_$name"; done'
}

nothing_left() {
	find "$room/src/root" ! -type d | tee "$room/left"
	[ ! -s "$room/left" ]
}

mkdir "$room/src"
step 'bash reads it' bash -n "$pkgbuild"
need 'it has the fields that makepkg asks for' fields
tar -xf "$tarball" -C "$room/src" --no-same-owner
need 'build()' call build
need 'check()' call check

expect pcp-copy <<-END
	usr/bin/xpcp
	usr/share/bash-completion/completions/xpcp
	usr/share/doc/pcp-copy/NEWS
	usr/share/doc/pcp-copy/README.md
	usr/share/doc/pcp-copy/examples/progress.py
	usr/share/fish/vendor_completions.d/xpcp.fish
	usr/share/info/pcp.info
	usr/share/locale/de/LC_MESSAGES/pcp.mo
	usr/share/locale/fr/LC_MESSAGES/pcp.mo
	usr/share/man/man1/xpcp.1
	usr/share/pcp/pcp-json.schema.json
	usr/share/zsh/site-functions/_xpcp
END
expect libcopyfile <<-END
	usr/include/libcopyfile.h
	usr/lib/libcopyfile.so
	usr/lib/libcopyfile.so.0
	usr/lib/libcopyfile.so.0.x
	usr/lib/pkgconfig/libcopyfile.pc
	usr/share/doc/libcopyfile/examples/glib.c
	usr/share/doc/libcopyfile/examples/manager.c
	usr/share/doc/libcopyfile/examples/uv.c
	usr/share/doc/libcopyfile/examples/window.c
	usr/share/man/man3/copyfile.3
	usr/share/man/man7/libcopyfile.7
END
expect python-copyfile <<-END
	usr/lib/python3/site-packages/copyfile/__init__.py
	usr/lib/python3/site-packages/copyfile/_copy.py
	usr/lib/python3/site-packages/copyfile/_lib.py
	usr/lib/python3/site-packages/copyfile/_tree.py
	usr/lib/python3/site-packages/copyfile/py.typed
END
step 'each file that is installed is in one of them' nothing_left
modules=$(echo "$room"/pkg/python-copyfile/usr/lib/python3*/site-packages)
step 'the command, the library and the module copy files' \
	works "$room/pkg/pcp-copy/usr/bin/xpcp" "$room/pkg/libcopyfile/usr/lib" "$modules"

done_testing
