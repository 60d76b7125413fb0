# SPDX-License-Identifier: LGPL-2.1-or-later
#
# How a script makes a program of its own with the library of this build: read, after tap.sh, by
# `. "$srcdir/tools/link.sh"`.
#
#   $cc                       the compiler, with the sanitizers that the library has
#   can_link                  there is a library to link with; otherwise $library says where not
#   link PROGRAM OBJECT...    and options such as -lm

top_builddir=${top_builddir:-$(cd "${builddir:-$srcdir}/.." && pwd)}
library=$top_builddir/lib/libcopyfile.la

cc=${CC:-cc}
case " ${SANITIZERS-} " in *' asan '*) cc="$cc -fsanitize=address" ;; esac
case " ${SANITIZERS-} " in *' ubsan '*) cc="$cc -fsanitize=undefined" ;; esac
case " ${SANITIZERS-} " in *' tsan '*) cc="$cc -fsanitize=thread" ;; esac

can_link() { [ -f "$library" ] && [ -x "$top_builddir/libtool" ]; }

link() {
	program=$1
	shift
	"$top_builddir/libtool" --silent --tag=CC --mode=link $cc -no-install -pthread \
		-o "$program" "$@" "$library"
}
