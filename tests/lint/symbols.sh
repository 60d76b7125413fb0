#!/bin/sh
# SPDX-License-Identifier: GPL-3.0-or-later
#
# What the shared library exports is a promise: exactly these names, each at
# the version that first had it.

. "$srcdir/tools/tap.sh"

library=$top_builddir/lib/.libs/libcopyfile.so
[ "$SHARED" = yes ] || skip_all 'configured with --disable-shared'

golden='copyfile@@LIBCOPYFILE_0.1
copyfile_advice@@LIBCOPYFILE_0.1
copyfile_attrs@@LIBCOPYFILE_0.1
copyfile_attrs_info@@LIBCOPYFILE_0.1
copyfile_attrs_times@@LIBCOPYFILE_0.1
copyfile_ctrl@@LIBCOPYFILE_0.1
copyfile_ctrl_info@@LIBCOPYFILE_0.1
copyfile_hash_name@@LIBCOPYFILE_0.1
copyfile_info@@LIBCOPYFILE_0.1
copyfile_limit@@LIBCOPYFILE_0.1
copyfile_limit_take@@LIBCOPYFILE_0.1
copyfile_newdir_begin@@LIBCOPYFILE_0.1
copyfile_newdir_end@@LIBCOPYFILE_0.1
copyfile_room_fd@@LIBCOPYFILE_0.1
copyfile_setup@@LIBCOPYFILE_0.1
copyfile_shutdown@@LIBCOPYFILE_0.1
copyfile_stage_name@@LIBCOPYFILE_0.1
copyfile_stats@@LIBCOPYFILE_0.1
copyfile_sweep@@LIBCOPYFILE_0.1
copyfile_temp_name@@LIBCOPYFILE_0.1
copyfile_work_begin@@LIBCOPYFILE_0.1
copyfile_work_end@@LIBCOPYFILE_0.1
copyfileat@@LIBCOPYFILE_0.1
copyfilefd@@LIBCOPYFILE_0.1'

nm=${NM%% *}
exported=$("${nm:-nm}" -D --defined-only "$library" |
	awk '$2 != "A" { print $3 }' | sort)
[ "$exported" = "$golden" ]
ok $? 'the exported symbols are those of the golden list'
[ "$exported" = "$golden" ] || {
	diag 'exported:'
	printf '%s\n' "$exported" | diag
}

declared=$(sed -n 's/^[a-z].*[ *]\(copyfile[a-z_]*\)(.*/\1/p' \
	"$top_srcdir/lib/libcopyfile.h" | sort -u)
[ "$declared" = "$(printf '%s\n' "$golden" | sed 's/@.*//')" ]
ok $? 'the header declares the same names'
[ $tap_bad = 0 ] || printf 'declared: %s\n' $declared | diag

# A tarball has no debian/.
if [ -f "$top_srcdir/debian/libcopyfile0.symbols" ]; then
	listed=$(sed -n 's/^ \(copyfile[^ @]*\)@\([^ ]*\) .*/\1@@\2/p' \
		"$top_srcdir/debian/libcopyfile0.symbols" | sort)
	[ "$listed" = "$golden" ]
	ok $? 'so does the list of the Debian package'
	[ "$listed" = "$golden" ] || printf 'listed: %s\n' $listed | diag
fi

# The header is not generated, so nothing else keeps its version in step.
part()
{
	sed -n "s/^#define COPYFILE_VERSION_$1[[:space:]]*\"\{0,1\}\([0-9.]*\)\"\{0,1\}\$/\1/p" \
		"$top_srcdir/lib/libcopyfile.h"
}
version=$(sed -n 's/^AC_INIT(\[pcp\], \[\([0-9.]*\)[^]]*\].*/\1/p' "$top_srcdir/configure.ac")
[ "$version" ] && [ "$(part STRING)" = "$version" ] &&
	[ "$(part MAJOR).$(part MINOR).$(part PATCH)" = "$version" ]
ok $? "the header's version is that of configure.ac, $version"

# Its own calls must not be caught by an application's copyfile().
undefined=$("${nm:-nm}" -D --undefined-only "$library" | grep -w 'copyfile[a-z_]*\|cf_[a-z_]*')
[ ! "$undefined" ]
ok $? 'the library leaves none of its own names for others to define'

done_testing
