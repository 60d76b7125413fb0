#!/bin/sh
# SPDX-License-Identifier: GPL-3.0-or-later
#
# Whatever names a version names that of configure.ac.

. "$srcdir/tools/tap.sh"
. "$srcdir/lint/rules.sh"
cd "$top_srcdir" || skip_all 'the sources are not here'

version=$(sed -n 's/^AC_INIT(\[pcp\], \[\([^]]*\)\].*/\1/p' configure.ac)

# same FILE SED-SCRIPT: the first thing that the script prints of it is the version
same() {
	found=$(sed -n "$2" "$1" | head -n 1)
	[ "$found" = "$version" ] || echo "$1: ${found:-none}, not $version"
}

versions() {
	[ "$version" ] || echo 'configure.ac: none'
	# The tarball has no debian/.
	[ ! -d debian ] || same debian/changelog '1s/^pcp-copy (\([^)]*\)) .*/\1/p'
	same packaging/pcp.spec 's/^Version: *//p'
	same packaging/PKGBUILD 's/^pkgver=//p'
	same python/pyproject.toml 's/^version = "\(.*\)"$/\1/p'
	same NEWS 's/^\([0-9][0-9.]*\) (.*/\1/p'
}

rule 'each version is that of configure.ac' versions

done_testing
