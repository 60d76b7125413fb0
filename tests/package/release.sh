#!/bin/sh
# SPDX-License-Identifier: GPL-3.0-or-later
#
# make release: the tarball has the same bytes as that of make dist, which was made elsewhere; the
# program is static, and all of it; the checksums are those of the two.

. "$srcdir/tools/tap.sh"
git -C "$top_srcdir" rev-parse HEAD >/dev/null 2>&1 || skip_all 'this is not a git checkout'
command -v "${MUSL_CC:-musl-gcc}" >/dev/null || skip_all 'no musl-gcc (on Debian, in musl-tools)'
. "$srcdir/package/common.sh"
need_tarball
release=$room/release

# In another locale and time zone than here
build() {
	TZ=Pacific/Chatham LC_ALL=C.UTF-8 "$top_srcdir/packaging/release" "$release"
}

complete() {
	(cd "$release" && sha256sum -c SHA256SUMS &&
		sed 's/^[0-9a-f]* [ *]//' SHA256SUMS | sort >"$room/summed" &&
		ls | grep -v '^SHA256SUMS$' | sort | diff - "$room/summed" &&
		[ "$(wc -l <"$room/summed")" = 2 ])
}

# In a system in which there is nothing else
runs() {
	program=$(echo "$release/pcp-$version-$(uname -m)"*)
	mkdir -p "$room/root/tree/below" && cp "$program" "$room/root/pcp" &&
		head -c 3000000 /dev/urandom >"$room/root/tree/below/file" &&
		chroot "$room/root" /pcp --version | grep -F "$version" &&
		chroot "$room/root" /pcp -R /tree /copy &&
		diff -r "$room/root/tree" "$room/root/copy"
}

stripped() {
	readelf -SW "$release"/pcp-*static >"$room/sections" && grep '\.text' "$room/sections" &&
		! grep '\.symtab\|\.debug' "$room/sections"
}

need 'it can be made' build
step 'the checksums are those of the tarball and the program' complete
if [ "$(git -C "$top_srcdir" status --porcelain)" ]; then
	skip 'the tarball: what make dist has is not what was committed'
else
	step 'the tarball has the bytes of that of make dist' \
		cmp "$tarball" "$release/${tarball##*/}"
fi
step 'the program is stripped' stripped
if [ "$(id -u)" = 0 ]; then
	step 'it runs where there is nothing else' runs
else
	skip 'it runs where there is nothing else: only root can call chroot'
fi

done_testing
