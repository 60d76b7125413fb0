#!/bin/sh
# SPDX-License-Identifier: GPL-3.0-or-later
#
# The RPMs are built of the tarball, by the spec in it; each has the files and says what it should,
# and what is in them works.  What the spec needs for the build has names of Fedora, so that rpm
# is told not to look for it: here it is Debian's.

. "$srcdir/tools/tap.sh"
command -v rpmbuild >/dev/null || skip_all 'no rpmbuild (on Debian, in the package rpm)'
. "$srcdir/package/common.sh"
need_tarball

# Fedora's rpm says where modules for Python are; Debian's does not.
modules=/usr/lib/python3/site-packages

build() {
	clean "rpmbuild -ta --nodeps --define '_topdir $room/rpm' --dbpath '$room/db' \
		--define 'python3_sitelib $modules' --define '_smp_mflags -j$(nproc)' '$tarball'
		mkdir '$room/all'; mv '$room'/rpm/RPMS/*/*.rpm '$room/all/'"
}

# query PACKAGE OPTION...: what rpm says of it
query() {
	package=$1
	shift
	rpm --dbpath "$room/db" -qp "$@" "$room/all/$package-$version"-1*.rpm
}

# describes PACKAGE: its name, version, architecture, licence
describes() {
	query "$1" --qf '%{NAME} %{VERSION} %{ARCH} %{LICENSE}\n'
}

# lists PACKAGE: its files, but for build-ids, and of manual pages of functions only copyfile(3)
lists() {
	query "$1" -l | sed 's,^/usr/lib64/,/usr/lib/,; s,\.so\.0\.[0-9.]*$,.so.0.x,; s,\.gz$,,' |
		grep -v '/\.build-id\|__pycache__\|/copyfile[a-z_][a-z_]*\.3$' | sort
}

# same COMMAND...: it prints what comes in on stdin
same() {
	cat >"$room/expected"
	"$@" >"$room/found" && diff "$room/expected" "$room/found"
}

# expect PACKAGE ARCHITECTURE LICENCE: and the files that come in on stdin
expect() {
	echo "$1 $version $2 $3" | same describes "$1" && same lists "$1"
	ok $? "$1 is described, and has its files"
	diff "$room/expected" "$room/found" | diag
}

# asks PACKAGE PATTERN...: it requires or provides these
asks() {
	query "$1" --requires --provides >"$room/found"
	package=$1
	shift
	for pattern; do
		grep -qx "$pattern" "$room/found" || {
			echo "$package: $pattern is missing"
			return 1
		}
	done
}

relations() {
	asks pcp-copy 'libjansson.so.4.*' &&
		asks libcopyfile 'libcopyfile.so.0(LIBCOPYFILE_0.1).*' 'libattr.so.1.*' &&
		asks libcopyfile-devel "libcopyfile.* = $version-1" 'pkgconfig(libattr)' \
			"pkgconfig(libcopyfile) = $version" &&
		asks python3-copyfile "libcopyfile = $version-1" 'python3-cffi'
}

unpack() {
	mkdir "$room/root"
	for rpm in "$room"/all/*.rpm; do
		rpm2archive - <"$rpm" | tar -xz -C "$room/root" || return 1
	done
}

need 'the packages are built, and their tests pass' build
machine=$(uname -m)

expect pcp-copy "$machine" GPL-3.0-or-later <<-END
	/usr/bin/xpcp
	/usr/share/bash-completion/completions/xpcp
	/usr/share/doc/pcp-copy
	/usr/share/doc/pcp-copy/NEWS
	/usr/share/doc/pcp-copy/README.md
	/usr/share/doc/pcp-copy/examples
	/usr/share/doc/pcp-copy/examples/progress.py
	/usr/share/fish/vendor_completions.d/xpcp.fish
	/usr/share/info/pcp.info
	/usr/share/licenses/pcp-copy-$version
	/usr/share/licenses/pcp-copy-$version/COPYING
	/usr/share/locale/de/LC_MESSAGES/pcp.mo
	/usr/share/locale/fr/LC_MESSAGES/pcp.mo
	/usr/share/man/man1/xpcp.1
	/usr/share/pcp
	/usr/share/pcp/pcp-json.schema.json
	/usr/share/zsh/site-functions/_xpcp
END
expect libcopyfile "$machine" LGPL-2.1-or-later <<-END
	/usr/lib/libcopyfile.so.0
	/usr/lib/libcopyfile.so.0.x
	/usr/share/licenses/libcopyfile-$version
	/usr/share/licenses/libcopyfile-$version/COPYING.LESSER
END
expect libcopyfile-devel "$machine" LGPL-2.1-or-later <<-END
	/usr/include/libcopyfile.h
	/usr/lib/libcopyfile.so
	/usr/lib/pkgconfig/libcopyfile.pc
	/usr/share/doc/libcopyfile
	/usr/share/doc/libcopyfile/examples
	/usr/share/doc/libcopyfile/examples/glib.c
	/usr/share/doc/libcopyfile/examples/manager.c
	/usr/share/doc/libcopyfile/examples/uv.c
	/usr/share/doc/libcopyfile/examples/window.c
	/usr/share/man/man3/copyfile.3
	/usr/share/man/man7/libcopyfile.7
END
expect python3-copyfile noarch LGPL-2.1-or-later <<-END
	$modules/copyfile
	$modules/copyfile/__init__.py
	$modules/copyfile/_copy.py
	$modules/copyfile/_lib.py
	$modules/copyfile/_tree.py
	$modules/copyfile/py.typed
	/usr/share/licenses/python3-copyfile-$version
	/usr/share/licenses/python3-copyfile-$version/COPYING.LESSER
END
step 'they require and provide what they should' relations
step 'they can be unpacked' unpack
libraries=$(dirname "$(find "$room/root" -name libcopyfile.so.0)")
step 'the command, the library and the module copy files' \
	works "$room/root/usr/bin/xpcp" "$libraries" "$room/root$modules"

done_testing
