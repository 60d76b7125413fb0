# SPDX-License-Identifier: GPL-3.0-or-later
#
# Read by the scripts of tests/package, after tools/tap.sh: what they print goes to $log, and of
# a step that failed the end is shown.

umask 022
version=$(sed -n 's/^AC_INIT(\[pcp\], \[\([^]]*\)\].*/\1/p' "$top_srcdir/configure.ac")
room=$(mktemp -d "${TMPDIR:-/tmp}/pcp-package.XXXXXX") || exit 99
log=$room/log
: >"$log"
trap 'rm -rf "$room"' EXIT
trap 'exit 99' HUP INT TERM

# step WHAT COMMAND...: one test point; the end of what it printed, where it failed
step() {
	what=$1
	shift
	printf '\n== %s\n' "$what" >>"$log"
	: >"$room/said"
	"$@" >"$room/said" 2>&1 </dev/null
	status=$?
	cat "$room/said" >>"$log"
	ok $status "$what"
	[ $status = 0 ] || tail -n 40 "$room/said" | diag
	return $status
}

# need WHAT COMMAND...: without that there is no use in going on
need() {
	step "$@" || done_testing
}

# clean COMMANDS: a shell's, on this machine, with the system's programs and none of our
# environment
clean() {
	env -i PATH=/usr/sbin:/usr/bin:/sbin:/bin HOME="$room" LC_ALL=C.UTF-8 bash -ec "$1"
}

# need_tarball: sets tarball, that of make dist, without which the script has nothing to say
need_tarball() {
	tarball=$top_builddir/pcp-$version.tar.xz
	[ -f "$tarball" ] || skip_all 'there is no tarball (make dist)'
}

# works PROGRAM LIBRARIES PYTHON: those that a package has, each copies a file
works() {
	head -c 3000000 /dev/urandom >"$room/source" &&
		"$1" "$room/source" "$room/copy" && cmp "$room/source" "$room/copy" &&
		"$1" --version | grep -F "$version" &&
		(cd "$room" && LD_LIBRARY_PATH=$2 PYTHONPATH=$3 PYTHONDONTWRITEBYTECODE=yes \
			/usr/bin/python3 -c 'import copyfile
copyfile.copy_sync("source", "copy.py")
print(copyfile.__file__)') | grep -F "$3/" && cmp "$room/source" "$room/copy.py"
}
