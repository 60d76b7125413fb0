#!/bin/sh
# SPDX-License-Identifier: GPL-3.0-or-later
#
# quickstart configures again when packages were installed meanwhile, after a configure that
# failed, and with other flags; and not otherwise. What it calls is replaced by stubs.

. "$srcdir/tools/tap.sh"
[ -f "$top_srcdir/quickstart" ] || skip_all 'the sources are not here'

room=$(mktemp -d "${TMPDIR:-/tmp}/pcp-quickstart.XXXXXX") || exit 99
trap 'rm -rf "$room"' EXIT
mkdir "$room/bin" "$room/gl" "$room/lib" "$room/po" "$room/src" "$room/m4"
cp "$top_srcdir/quickstart" "$room/"
touch "$room/bootstrap.conf" "$room/configure.ac" "$room/Makefile.am" "$room/log"
cd "$room" || exit 99

# stub NAME COMMANDS: notes its name, and does that
stub() {
	printf '#!/bin/sh\necho %s "$@" >>"%s/log"\n%s\n' "${1##*/}" "$room" "$2" >"$1"
	chmod 755 "$1"
}
stub bootstrap ''
stub configure '[ ! -f fails ] && touch config.status'
stub bin/make 'case "$*" in *clean | *check) ;; *) mkdir -p build/src
	printf "#!/bin/sh\n" >build/src/pcp; chmod 755 build/src/pcp ;; esac'
stub bin/apt-get 'case "$*" in *install*) for p; do echo "installed $p"; done >>installed ;; esac'
stub bin/id 'echo 0'
stub bin/dpkg-query 'cat installed'
PATH=$room/bin:$PATH
export PATH

# configures WHAT yes|no COMMAND...: does it?
configures() {
	what=$1 expected=$2
	shift 2
	: >log
	env -u BUILD_DIR "$@" >out 2>&1
	found=$(grep -q '^configure' log && echo yes || echo no)
	[ "$found" = "$expected" ]
	ok $? "$what: $expected"
}

sed -n "/^build_packages/,/'\$/p" quickstart | tr -d "'" | sed 's/.*=//' | xargs -n 1 |
	sed 's/^/installed /' >installed
configures 'the first time' yes env CONFIGURE_FLAGS= ./quickstart pcp
configures 'once more' no env CONFIGURE_FLAGS= ./quickstart pcp
configures 'with packages for the tests' yes env CONFIGURE_FLAGS= ./quickstart check
configures 'when they are there' no env CONFIGURE_FLAGS= ./quickstart check
configures 'with other flags' yes env CONFIGURE_FLAGS=--enable-asan ./quickstart pcp
touch build/fails
configures 'which fails' yes env CONFIGURE_FLAGS= ./quickstart pcp
rm build/fails
configures 'after that' yes env CONFIGURE_FLAGS= ./quickstart pcp
configures 'and no more' no env CONFIGURE_FLAGS= ./quickstart pcp

done_testing
