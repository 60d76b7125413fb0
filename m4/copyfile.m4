# SPDX-License-Identifier: GPL-3.0-or-later
#
# The macros of configure.ac.

# CF_ARG_ENABLE(NAME, WHAT)
# An --enable-NAME that is off unless asked for.
AC_DEFUN([CF_ARG_ENABLE],
[AC_ARG_ENABLE([$1], [AS_HELP_STRING([--enable-$1], [$2])], [],
  [AS_TR_SH([enable_$1])=no])])

# CF_OPTIONAL_LIB(NAME, PURPOSE, FUNCTION, HEADERS, [DEBIAN-PACKAGE])
# Use libNAME where it is found; --with-NAME insists on it, --without-NAME
# does without.  Sets with_NAME to yes or no, LIB_NAME and HAVE_LIBNAME.
AC_DEFUN([CF_OPTIONAL_LIB],
[AC_ARG_WITH([$1], [AS_HELP_STRING([--without-$1], [do without lib$1: $2])], [],
  [with_$1=auto])
AS_VAR_PUSHDEF([found], [cf_have_lib$1])
LIB_[]m4_toupper([$1])=
AS_IF([test "$with_$1" != no], [
  found=yes
  AC_CHECK_HEADERS([$4], [], [found=no], [[#include <sys/types.h>]])
  AS_IF([test "$found" = yes], [AC_CHECK_LIB([$1], [$3], [:], [found=no])])
  AS_CASE([$found,$with_$1],
    [yes,*], [
      with_$1=yes
      LIB_[]m4_toupper([$1])=-l$1
      AC_DEFINE([HAVE_LIB]m4_toupper([$1]), [1], [Define to 1 to use lib$1.])],
    [no,auto], [
      with_$1=no
      AC_MSG_WARN([lib$1 was not found: built without it ($2)])],
    [AC_MSG_ERROR([--with-$1 was asked for, but lib$1 or its headers are missing.
  On Debian: apt-get install m4_default([$5], [lib$1[]1-dev]); or configure --without-$1.])])
])
AC_SUBST([LIB_]m4_toupper([$1]))
AS_VAR_POPDEF([found])])

# CF_CC_FLAGS(VARIABLE, FLAGS)
# Append to VARIABLE those of FLAGS that the compiler takes: all of them in
# one test where possible, else one by one.
AC_DEFUN([CF_CC_FLAGS],
[AC_SUBST([$1])
cf_save=$CFLAGS
cf_flags="m4_normalize([$2])"
AC_MSG_CHECKING([whether $CC takes $cf_flags])
CFLAGS="$cf_save -Werror $cf_flags"
AC_COMPILE_IFELSE([AC_LANG_SOURCE([[extern int x; int x;]])],
  [AS_VAR_APPEND([$1], [" $cf_flags"])
   AC_MSG_RESULT([yes])],
  [cf_taken=
   for cf_flag in $cf_flags; do
     # A compiler may take any -Wno-x in silence, and speak of it later.
     CFLAGS="$cf_save -Werror `echo $cf_flag | sed s/^-Wno-/-W/`"
     AC_COMPILE_IFELSE([AC_LANG_SOURCE([[extern int x; int x;]])],
       [AS_VAR_APPEND([cf_taken], [" $cf_flag"])])
   done
   AS_VAR_APPEND([$1], ["$cf_taken"])
   AC_MSG_RESULT([only$cf_taken])])
CFLAGS=$cf_save])

# CF_LD_FLAGS(VARIABLE, FLAGS)
# Append to VARIABLE each of FLAGS that a shared object can be linked with.
AC_DEFUN([CF_LD_FLAGS],
[AC_SUBST([$1])
for cf_flag in m4_normalize([$2]); do
  AC_MSG_CHECKING([whether the linker takes $cf_flag])
  cf_save=$LDFLAGS
  LDFLAGS="$LDFLAGS -Wl,--fatal-warnings $cf_flag"
  AC_LINK_IFELSE([AC_LANG_PROGRAM()],
    [AS_VAR_APPEND([$1], [" $cf_flag"])
     AC_MSG_RESULT([yes])],
    [AC_MSG_RESULT([no])])
  LDFLAGS=$cf_save
done])

# CF_VERSION_SCRIPT(VARIABLE, FILE)
# Append to VARIABLE the flag that limits the exported symbols to those of
# FILE.  Without it an application's own functions could replace the
# library's inner ones, so a shared library is not built on such a system.
AC_DEFUN([CF_VERSION_SCRIPT],
[AC_SUBST([$1])
AC_MSG_CHECKING([whether the linker takes a version script])
echo 'CF_TEST { global: main; local: *; };' >conftest.map
cf_save=$LDFLAGS
LDFLAGS="$LDFLAGS -Wl,--version-script=conftest.map"
AC_LINK_IFELSE([AC_LANG_PROGRAM()], [cf_have_script=yes], [cf_have_script=no])
LDFLAGS=$cf_save
rm -f conftest.map
AC_MSG_RESULT([$cf_have_script])
AS_IF([test $cf_have_script = yes],
  [AS_VAR_APPEND([$1], [' -Wl,--version-script=$(top_srcdir)/$2'])],
  [test "$enable_shared" = yes],
  [AC_MSG_ERROR([a shared libcopyfile needs version scripts; try --disable-shared])])])

# CF_INSTRUMENT(FLAGS)
# Compile and link everything with FLAGS, or stop.
AC_DEFUN([CF_INSTRUMENT],
[AC_MSG_CHECKING([whether $CC takes $1])
CFLAGS="$CFLAGS $1 -fno-omit-frame-pointer"
LDFLAGS="$LDFLAGS $1"
AC_LINK_IFELSE([AC_LANG_PROGRAM()],
  [AC_MSG_RESULT([yes])],
  [AC_MSG_RESULT([no])
   AC_MSG_ERROR([$CC cannot link a program with $1])])])

# CF_LTO(UNLESS)
# Whether the linker optimizes pcp as a whole; never where the shell command UNLESS is true.
# LTO_CFLAGS is for pcp's objects.  They have code of their own as well, for other programs, which
# are linked with NO_LTO.  Sets enable_lto and the conditional LTO.
AC_DEFUN([CF_LTO],
[AC_ARG_ENABLE([lto],
  [AS_HELP_STRING([--disable-lto], [do not let the linker optimize pcp as a whole])], [],
  [enable_lto=yes])
AC_SUBST([LTO_CFLAGS])
AC_SUBST([NO_LTO])
AS_IF([$1], [enable_lto=no])
AS_IF([test "$enable_lto" = yes], [
  AC_MSG_CHECKING([whether $CC can optimize a program as a whole])
  cf_save=$CFLAGS
  cf_lto='-flto=auto -ffat-lto-objects'
  CFLAGS="$cf_save -Werror $cf_lto"
  AC_LINK_IFELSE([AC_LANG_PROGRAM()], [LTO_CFLAGS=$cf_lto NO_LTO=-fno-lto], [enable_lto=no])
  CFLAGS=$cf_save
  AC_MSG_RESULT([$enable_lto])])
AM_CONDITIONAL([LTO], [test "$enable_lto" = yes])])

# CF_THREADS
# POSIX threads, by -pthread.
AC_DEFUN([CF_THREADS],
[AC_SUBST([PTHREAD_FLAGS], [-pthread])
AC_MSG_CHECKING([for POSIX threads by $PTHREAD_FLAGS])
cf_save=$CFLAGS
CFLAGS="$CFLAGS $PTHREAD_FLAGS"
AC_LINK_IFELSE([AC_LANG_PROGRAM([[#include <pthread.h>]],
    [[pthread_t t; return pthread_create(&t, 0, 0, 0);]])],
  [AC_MSG_RESULT([yes])],
  [AC_MSG_RESULT([no])
   AC_MSG_ERROR([libcopyfile needs POSIX threads])])
CFLAGS=$cf_save])

# CF_ATOMIC
# C11 atomics of 64 bits; some 32-bit machines keep them in a library.
AC_DEFUN([CF_ATOMIC],
[AC_SUBST([LIB_ATOMIC])
AC_MSG_CHECKING([for the library of 64-bit atomics])
cf_save=$LIBS
cf_found=
for LIB_ATOMIC in '' -latomic; do
  LIBS="$cf_save $LIB_ATOMIC"
  AC_LINK_IFELSE([AC_LANG_PROGRAM([[#include <stdatomic.h>
      #include <stdint.h>
      static _Atomic uint64_t n;]],
      [[return atomic_fetch_add(&n, 1) == 3;]])],
    [cf_found=yes; break])
done
LIBS=$cf_save
AS_IF([test "$cf_found"],
  [AC_MSG_RESULT([${LIB_ATOMIC:-none needed}])],
  [AC_MSG_RESULT([not found])
   AC_MSG_ERROR([libcopyfile needs C11 atomics])])])

# CF_KERNEL_HEADERS
# <linux/*.h> describe the kernel, not the C library, but a second C library
# (musl-gcc) comes without them.  Borrow those of the system then: through a
# folder of links, so that no other header of the system is seen.
AC_DEFUN([CF_KERNEL_HEADERS],
[AC_ARG_WITH([kernel-headers],
  [AS_HELP_STRING([--with-kernel-headers=DIR],
    [where <linux/fs.h> is, if the C compiler does not find it])])
AC_MSG_CHECKING([for the kernel's headers])
cf_save=$CPPFLAGS
AS_CASE([$with_kernel_headers],
  ['' | yes | no], [
    AC_PREPROC_IFELSE([AC_LANG_SOURCE([[#include <linux/fs.h>]])],
      [AC_MSG_RESULT([with the C library])],
      [cf_links=`pwd`/kernel-headers
       cf_asm=
       for cf_dir in /usr/include/asm /usr/include/$host_cpu-linux-gnu*/asm; do
         test -f "$cf_dir/types.h" && cf_asm=$cf_dir && break
       done
       AS_IF([test "$cross_compiling" != yes && test -n "$cf_asm"], [
         rm -rf "$cf_links"
         mkdir "$cf_links"
         ln -s /usr/include/linux /usr/include/asm-generic "$cf_asm" "$cf_links"
         CPPFLAGS="$CPPFLAGS -idirafter $cf_links"])
       AC_PREPROC_IFELSE([AC_LANG_SOURCE([[#include <linux/fs.h>]])],
         [AC_MSG_RESULT([links in $cf_links])],
         [CPPFLAGS=$cf_save
          AC_MSG_RESULT([not found])
          AC_MSG_ERROR([<linux/fs.h> is missing; name its folder by --with-kernel-headers])])])],
  [CPPFLAGS="$CPPFLAGS -idirafter $with_kernel_headers"
   AC_PREPROC_IFELSE([AC_LANG_SOURCE([[#include <linux/fs.h>]])],
     [AC_MSG_RESULT([$with_kernel_headers])],
     [AC_MSG_RESULT([not found])
      AC_MSG_ERROR([there is no usable <linux/fs.h> in $with_kernel_headers])])])])

# CF_XXHASH
# <xxhash.h> of xxHash 0.8.0 or later, for XXH128.  It is compiled in, so nothing is linked with.
AC_DEFUN([CF_XXHASH],
[AC_ARG_WITH([xxhash],
  [AS_HELP_STRING([--without-xxhash], [do without xxhash.h: copies are verified by SHA-256 alone])],
  [], [with_xxhash=auto])
AS_IF([test "$with_xxhash" != no], [
  AC_MSG_CHECKING([for XXH128 in <xxhash.h>])
  AC_LINK_IFELSE([AC_LANG_PROGRAM([[#define XXH_INLINE_ALL
      #include <xxhash.h>]],
      [[XXH3_state_t s; XXH128_canonical_t c;
      XXH3_128bits_reset(&s); XXH3_128bits_update(&s, "", 1);
      XXH128_canonicalFromHash(&c, XXH3_128bits_digest(&s)); return c.digest[0];]])],
    [cf_found=yes], [cf_found=no])
  AC_MSG_RESULT([$cf_found])
  AS_CASE([$cf_found,$with_xxhash],
    [yes,*], [
      with_xxhash=yes
      AC_DEFINE([HAVE_XXHASH], [1], [Define to 1 to use <xxhash.h>.])],
    [no,auto], [
      with_xxhash=no
      AC_MSG_WARN([<xxhash.h> was not found: built without it (XXH128)])],
    [AC_MSG_ERROR([--with-xxhash was asked for, but <xxhash.h> is missing, or older than 0.8.0.
  On Debian: apt-get install libxxhash-dev; or configure --without-xxhash.])])
])])

# CF_NLS
# Whether messages are translated, which needs gettext(3); into which languages, which needs
# msgfmt, or what it has made in the tarball.  Sets ENABLE_NLS, LIBINTL, MSGFMT, XGETTEXT, and the
# conditional CATALOGUES.
AC_DEFUN([CF_NLS],
[AC_ARG_ENABLE([nls], [AS_HELP_STRING([--disable-nls], [speak English only])], [],
  [enable_nls=yes])
AC_ARG_WITH([cp-localedir], [AS_HELP_STRING([--with-cp-localedir=DIR],
  [where the translations of coreutils are @<:@/usr/share/locale@:>@])], [],
  [with_cp_localedir=/usr/share/locale])
LIBINTL=
AS_IF([test "$enable_nls" = yes], [
  AC_CHECK_HEADERS([libintl.h], [
    AC_CHECK_FUNC([bindtextdomain], [],
      [AC_CHECK_LIB([intl], [bindtextdomain], [LIBINTL=-lintl], [enable_nls=no])])],
    [enable_nls=no])])
AS_IF([test "$enable_nls" = yes],
  [AC_DEFINE([ENABLE_NLS], [1], [Define to 1 to translate messages.])])
AC_DEFINE_UNQUOTED([CP_LOCALEDIR], ["$with_cp_localedir"],
  [Where the translations of coreutils are.])
AC_CHECK_PROG([MSGFMT], [msgfmt], [msgfmt])
AC_CHECK_PROG([XGETTEXT], [xgettext], [xgettext])
catalogues=$enable_nls
AS_IF([test "$catalogues" = yes && test -z "$MSGFMT" && test ! -f "$srcdir/po/de.gmo"], [
  catalogues=no
  AC_MSG_WARN([msgfmt was not found: pcp's own messages will be in English.
  On Debian: apt-get install gettext])])
AM_CONDITIONAL([CATALOGUES], [test "$catalogues" = yes])
AC_SUBST([LIBINTL])])
