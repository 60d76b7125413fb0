#!/bin/sh
# SPDX-License-Identifier: GPL-3.0-or-later
#
# The Debian packages, in a bookworm of their own that debootstrap makes: they are built twice,
# with the same bytes, lintian has nothing to say, they are installed beside Debian's package pcp,
# over an older version, do what debian/tests asks, and are purged without a trace.
#
# Not in make check, as it takes a quarter of an hour, and some hundred megabytes from the mirror
# that apt has here: make check-debian.  With KEEP=DIR the packages and the log stay there.
#
# With SHORT=yes (make check-packages) it takes a minute or two.  The packages are built once,
# on this machine, so that what is missing in Build-Depends is not noticed, with what
# ./bootstrap has made here, and without their tests.  They are installed, tried and purged in a
# bookworm that has no Performance Co-Pilot and no compiler: debian/tests/compile is left out,
# and so are the upgrade, the source package, and a second build with the same bytes.

. "$srcdir/tools/tap.sh"

[ -f "$top_srcdir/debian/rules" ] || skip_all 'no debian/ here (it is not in the tarball)'
[ "$(id -u)" = 0 ] || skip_all 'only root can make a system of its own'
git -C "$top_srcdir" ls-files --error-unmatch debian/rules >/dev/null 2>&1 ||
	skip_all 'this is not a git checkout'
if [ "${SHORT-}" ]; then
	for tool in dh dh_python3 lintian; do
		command -v $tool >/dev/null ||
			skip_all "no $tool (on Debian: debhelper, dh-python, lintian)"
	done
fi
command -v debootstrap >/dev/null || skip_all 'no debootstrap (on Debian, its package)'
command -v apt-get >/dev/null || skip_all 'no apt, whose sources say where Debian is'

# What is mounted and started is gone when this ends, however it ends.
if [ ! "${IN_NAMESPACE-}" ]; then
	if unshare --mount --pid --fork --mount-proc true 2>/dev/null; then
		IN_NAMESPACE=yes exec unshare --mount --pid --fork --kill-child --mount-proc \
			--propagation private sh "$0" "$@"
	fi
	[ "${SHORT-}" ] || skip_all 'no namespaces for what is mounted'
fi

. "$srcdir/package/common.sh"
root=$room/root
keep() {
	# debootstrap may be at work.
	wait
	[ ! "${KEEP-}" ] || {
		mkdir -p "$KEEP"
		cp "$log" "$room"/*.list "$root"/build/one/*.deb "$root"/build/one/*.changes \
			"$KEEP/"
	} 2>/dev/null
	umount "$root/dev/shm" "$root/proc" 2>/dev/null
	rm -rf --one-file-system "$room"
}
trap keep EXIT

# inside COMMANDS: a shell's, as root in that system, with none of our environment
inside() {
	chroot "$root" /usr/bin/env -i PATH=/usr/sbin:/usr/bin:/sbin:/bin HOME=/root \
		DEBIAN_FRONTEND=noninteractive LC_ALL=C.UTF-8 \
		${http_proxy:+"http_proxy=$http_proxy"} ${https_proxy:+"https_proxy=$https_proxy"} \
		sh -ec "$1"
}

# as_user VARIABLE=VALUE... COMMANDS: the same as an ordinary user, as build machines do it
as_user() {
	settings=
	while [ $# -gt 1 ]; do
		settings="$settings '$1'"
		shift
	done
	printf '%s\n' "$1" >"$root/build/commands"
	inside "runuser -u builder -- env HOME=/build $settings sh -e /build/commands"
}

# sources PREFIX: of what apt has here for bookworm, each line after PREFIX and a space
sources() {
	apt-get indextargets --format '$(CODENAME) deb $(REPO_URI) $(RELEASE) $(COMPONENT)' \
		'Created-By: Packages' | sed -n "s/^$1 //p" | sort -u
}

# proxies: as apt has them
proxies() {
	eval "$(apt-config shell proxy Acquire::http::Proxy tls_proxy Acquire::https::Proxy)"
	http_proxy=${proxy:-${http_proxy-}} https_proxy=${tls_proxy:-${https_proxy-}}
	[ ! "$http_proxy" ] || export http_proxy
	[ ! "$https_proxy" ] || export https_proxy
}

# put FOLDER: the sources that git knows, as they are here
put() {
	mkdir -p "$1" &&
		(cd "$top_srcdir" && git ls-files -z | tar -c --null --no-recursion -T -) |
		tar -x --no-same-owner -C "$1"
}

# put_bootstrapped FOLDER: and what ./bootstrap has made of them
put_bootstrapped() {
	put "$1" && (cd "$top_srcdir" && tar -c gl build-aux aclocal.m4 config.h.in configure \
		Makefile.in ./*/Makefile.in) | tar -x --no-same-owner -C "$1"
}

apt='apt-get -q -y -o Acquire::Retries=3 --no-install-recommends'

# The build of other folders, another time zone and umask has the same bytes.
build_twice() {
	need 'the packages are built, and their tests pass' as_user \
		"DEB_BUILD_OPTIONS=parallel=$jobs" \
		'cd /build/one/pcp-copy; dpkg-buildpackage -b -us -uc'
	grep -q '^# PASS: *[1-9]' "$room/said" &&
		! grep -q '^# \(FAIL\|ERROR\): *[1-9]' "$room/said"
	ok $? 'tests ran meanwhile'
	sed -n 's/^# \([A-Z]*: *[0-9]\)/\1/p' "$room/said" | paste -s -d ' ' - | diag
	need 'again, elsewhere and without the tests' as_user \
		"DEB_BUILD_OPTIONS=nocheck parallel=$jobs" TZ=Pacific/Chatham LC_ALL=C \
		'umask 027; cd /build/another/folder; dpkg-buildpackage -b -us -uc'
	! grep -q '^# TOTAL' "$room/said"
	ok $? 'no test ran'
	(cd "$root/build/one" && sha256sum -- *.deb) >"$room/one.list"
	(cd "$root/build/another" && sha256sum -- *.deb) >"$room/another.list"
	grep -q 'libcopyfile0_' "$room/one.list"
	ok $? "$(wc -l <"$room/one.list") packages, with those of debug symbols"
	step 'each has the same bytes' diff "$room/one.list" "$room/another.list"
}

lint() {
	inside 'cd /build/one; runuser -u builder -- lintian --fail-on error,warning \
		--display-info *.changes'
}

# The older version, of the objects that are there
build_old() {
	as_user "DEB_BUILD_OPTIONS=nocheck parallel=$jobs" \
		'cd /build/another/folder
		sed -i "1s/(.*)/(0.0.9)/" debian/changelog
		dpkg-buildpackage -b -nc -us -uc
		mkdir ../../old; mv ../*_0.0.9_*.deb ../../old/'
}

# files: all there are, but what dpkg and others note about packages
files() {
	inside 'find / -xdev \( -path /build -o -path /proc -o -path /tmp -o -path /var/lib/dpkg \
		-o -path /var/cache -o -path /var/log -o -path /var/lib/apt \) -prune -o -print |
		sort' >"$room/$1.list"
}

# What no program can find out, so that it is written by hand, or overridden; in FOLDER
depends() {
	dpkg-deb -f "$1"/python3-copyfile_*.deb Depends | tee "$room/depends" &&
		grep 'libcopyfile0 (>= ' "$room/depends" &&
		grep 'python3-cffi\(,\|$\)' "$room/depends"
}

# is PACKAGE VERSION: it is installed, and is that
is() {
	[ "$(inside "dpkg-query -W -f '\${db:Status-Status} \${Version}' $1")" = "installed $2" ]
}

packages='pcp-copy libcopyfile0 libcopyfile-dev python3-copyfile'

install_old() {
	inside 'dpkg -i $(ls /build/old/*.deb | grep -v dbgsym)' && is pcp-copy 0.0.9
}

# Not one file is in two packages.
beside() {
	inside "dpkg -L $packages | sort -u >/tmp/ours; dpkg -L pcp | sort -u >/tmp/theirs
		comm -12 /tmp/ours /tmp/theirs >/tmp/both
		while read -r file; do
			[ -d \"\$file\" ] || { echo \"in both: \$file\"; exit 1; }
		done </tmp/both
		dpkg -S /usr/bin/pcp | grep '^pcp:'
		dpkg -S /usr/bin/xpcp | grep '^pcp-copy:'
		/usr/bin/pcp --version | grep '^pcp version'
		xpcp --version | grep -F '$version'"
}

upgrade() {
	inside 'dpkg -i $(ls /build/one/*.deb | grep -v dbgsym)' &&
		for package in $packages; do
			is $package "$version" || return 1
		done && inside "dpkg -V $packages; dpkg --audit" >"$room/audit" &&
		[ ! -s "$room/audit" ]
}

# The scripts of debian/tests, each as autopkgtest runs it: in the sources, with a folder
autopkgtest() {
	as_user 'cd /build/one/pcp-copy; AUTOPKGTEST_TMP=$(mktemp -d); export AUTOPKGTEST_TMP
		debian/tests/'"$1"
}

purge() {
	inside "dpkg --purge $packages; ! dpkg-query -W $packages" && files after &&
		diff "$room/before.list" "$room/after.list"
}

# bootstrap PACKAGE...: a small bookworm, with these packages
bootstrap() {
	debootstrap --variant=minbase ${1:+"--include=$(echo "$*" | tr ' ' ,)"} bookworm \
		"$root" "$mirror" >"$room/debootstrap" 2>&1 </dev/null
}

mounts() {
	mount -t proc proc "$root/proc"
	mkdir -p "$root/dev/shm" && mount -t tmpfs shm "$root/dev/shm"
}

# try TEST...: those of debian/tests
try() {
	for name; do
		step "debian/tests/$name" autopkgtest "$name"
	done
}

# The short form.  The small system grows while the packages are built.
short() {
	# debootstrap does not see that python3-ply provides what python3-cffi needs.
	bootstrap $runtime python3-ply &
	need 'the sources are there' put_bootstrapped "$room/one/pcp-copy"
	need 'the packages are built' clean "export DEB_BUILD_OPTIONS='nocheck parallel=$jobs'
		cd '$room/one/pcp-copy'; dpkg-buildpackage -b -us -uc"
	step 'lintian finds no errors and no warnings' clean "cd '$room/one'
		lintian --fail-on error,warning --display-info *.changes"
	step 'the module depends on the library and cffi' depends "$room/one"
	wait $! || {
		tail -n 5 "$room/debootstrap" | diag
		skip 'installed, tried, purged: debootstrap failed, maybe for want of a mirror'
		return
	}
	[ ! "${IN_NAMESPACE-}" ] || mounts
	mkdir "$root/build"
	mv "$room/one" "$root/build/"
	inside 'useradd -d /build builder; chown -R builder: /build'
	files before
	step 'they can be installed' upgrade
	try copy-tree
	if [ "${IN_NAMESPACE-}" ]; then
		try python
	else
		skip 'debian/tests/python: there is no /proc, which cannot be mounted here'
	fi
	step 'they are purged, and nothing is left' purge
}

long() {
	bootstrap || {
		tail -n 5 "$room/debootstrap" | diag
		diag 'debootstrap failed: without a mirror nothing can be said'
		exit 99
	}
	sources 'bookworm[^ ]*' >"$root/etc/apt/sources.list"
	cp /etc/resolv.conf /etc/hosts "$root/etc/"
	# No service of Debian's pcp is to start.
	printf '#!/bin/sh\nexit 101\n' >"$root/usr/sbin/policy-rc.d"
	chmod 755 "$root/usr/sbin/policy-rc.d"
	mounts
	need 'the sources are there' put "$root/build/one/pcp-copy"
	need 'so they are elsewhere' put "$root/build/another/folder"
	inside 'useradd -d /build builder; chown -R builder: /build'
	need 'what they need can be installed' inside "$apt update
		$apt install build-essential lintian
		$apt build-dep /build/one/pcp-copy"

	build_twice
	need 'the source package is built' as_user \
		'cd /build/one/pcp-copy; dpkg-buildpackage -S -d -us -uc'
	step 'lintian finds no errors and no warnings' lint
	step 'the module depends on the library and cffi' depends "$root/build/one"
	need 'an older version is built' build_old
	need "Debian's pcp and what the tests need can be installed" inside \
		"$apt install pcp gcc libc6-dev pkgconf $runtime"
	files before
	need 'the older version can be installed' install_old
	step "beside Debian's pcp, of which it touches nothing" beside
	step 'this one takes its place' upgrade
	step "beside Debian's pcp" beside
	try $(tests)
	step 'it is purged, and nothing is left' purge
}

tests() {
	sed -n 's/^Tests: //p' "$top_srcdir/debian/tests/control"
}

# What the packages need, and what debian/tests needs besides
runtime='libattr1-dev libjansson4 python3-cffi python3-pytest python3-setuptools'
jobs=${JOBS:-$(nproc)}
proxies
mirror=$(sources bookworm | sed -n '1s/^deb \([^ ]*\) .*/\1/p')
[ "$mirror" ] || skip_all 'apt has no bookworm among its sources'

if [ "${SHORT-}" ]; then
	short
else
	long
fi
done_testing
