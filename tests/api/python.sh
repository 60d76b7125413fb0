#!/bin/sh
# SPDX-License-Identifier: LGPL-2.1-or-later
#
# The package for Python, in python/, with the library of this build.  Its tests are for pytest;
# each becomes a test point.

srcdir=${srcdir:-$(cd "$(dirname "$0")/.." && pwd)}
builddir=${builddir:-$srcdir}
. "$srcdir/tools/tap.sh"

top_builddir=${top_builddir:-$(cd "$builddir/.." && pwd)}
package=$(cd "$srcdir/../python" && pwd) || skip_all 'the sources are not here'
libraries=$top_builddir/lib/.libs

[ -e "$libraries/libcopyfile.so.0" ] || skip_all 'there is no shared library'
case " ${SANITIZERS-} " in
*' asan '* | *' tsan '*) skip_all 'python3 has not the sanitizer that the library needs' ;;
esac
# One of another vendor may come first in the path, and has not what Debian's has.
for python in python3 /usr/bin/python3 ''; do
	"$python" -c 'import sys; sys.exit(sys.version_info < (3, 9))' 2>/dev/null &&
		"$python" -c 'import cffi, pytest' 2>/dev/null && break
done
[ "$python" ] || skip_all 'no python3 of 3.9 or later with python3-cffi and python3-pytest'

dir=$(mktemp -d "${TMPDIR:-/tmp}/python.XXXXXX") || exit 99
trap 'cd / && rm -rf "$dir"' EXIT

LD_LIBRARY_PATH=$libraries${LD_LIBRARY_PATH:+:$LD_LIBRARY_PATH}
PYTHONPATH=$package
# Nothing is left among the sources; and lines are not cut off.
PYTHONDONTWRITEBYTECODE=yes
COLUMNS=400
export LD_LIBRARY_PATH PYTHONPATH PYTHONDONTWRITEBYTECODE COLUMNS

loaded=$("$python" -c 'import copyfile
print(*{line.split()[-1] for line in open("/proc/self/maps") if "libcopyfile" in line})')
[ "$loaded" = "$(readlink -f "$libraries/libcopyfile.so.0")" ]
ok $? 'the package loads the library of this build'
diag "$loaded"

# A test that hangs tells where before it is ended.
(cd "$package" && "$python" -m pytest -p no:cacheprovider -q -rA --tb=short --color=no \
	-o faulthandler_timeout=300 --basetemp "$dir/tmp" tests) >"$dir/out" 2>&1
status=$?
sed -n '/^=* short test summary/,$p' "$dir/out" >"$dir/summary"
while IFS= read -r line; do
	case $line in
	'PASSED '*) ok 0 "${line#PASSED }" ;;
	'FAILED '* | 'ERROR '*) ok 1 "${line#* }" ;;
	'SKIPPED '*) skip "${line#SKIPPED }" ;;
	esac
done <"$dir/summary"
[ $status = 0 ] && [ $tap_count -gt 50 ]
good=$?
ok $good 'pytest has come to its end, and nothing failed'
[ $good = 0 ] || diag <"$dir/out"

done_testing
