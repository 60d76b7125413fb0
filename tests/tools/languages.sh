# SPDX-License-Identifier: GPL-3.0-or-later
#
# German and French for a test: read by `. "$tests/tools/languages.sh"`.
#
#   languages_make DIR      makes the locales de_DE.UTF-8 and fr_FR.UTF-8 in DIR, and sets LOCPATH;
#                           else languages_lack says why not
#   languages_of_cp DIR     sees to it that the translations of coreutils and of the C library are
#                           where cp looks for them, in a mount namespace of the test's own if the
#                           machine has none (as in small images of Debian); DIR is for the packages
#   languages_of_pcp DIR    puts the translations of the pcp that was built into DIR, and sets
#                           PCP_LOCALEDIR

languages='de_DE fr_FR'
share=/usr/share/locale

languages_make() {
	mkdir -p "$1"
	for language in $languages; do
		[ ! -d "$1/$language.UTF-8" ] || continue
		# It warns of what is only odd, and then fails by its status.
		localedef -c -i "$language" -f UTF-8 "$1/$language.UTF-8" >"$1/log" 2>&1 || :
		if [ ! -f "$1/$language.UTF-8/LC_CTYPE" ]; then
			languages_lack="no locales, see the package locales: $(tail -n 1 "$1/log")"
			return 1
		fi
	done
	LOCPATH=$1
	# With that newlocale(3) of glibc loses the memory of a list.
	echo 'leak:argz_add_sep' >"$1/leaks"
	LSAN_OPTIONS=suppressions=$1/leaks:print_suppressions=0
	export LOCPATH LSAN_OPTIONS
}

# has_catalogues DIR: those of cp are there
has_catalogues() {
	for language in $languages; do
		for domain in coreutils libc; do
			[ -f "$1/${language%_*}/LC_MESSAGES/$domain.mo" ] || return
		done
	done
}

# download DIR PACKAGE: unpacks the one that is installed, or else the newest
download() (
	mkdir -p "$1" && cd "$1" || exit
	version=$(dpkg-query -W -f '${Version}' "$2" 2>/dev/null)
	fetch() { apt-get -q -o APT::Sandbox::User=root download "$1"; }
	# An image may have no lists of packages.
	fetch "$2=$version" || fetch "$2" || { is_root && apt-get -q update && fetch "$2"; }
	dpkg-deb -x "$2"_*.deb .
)

languages_of_cp() {
	! has_catalogues $share || return 0
	if ! can_mount; then
		languages_lack='no translations of cp, and mounting is not permitted'
		return 1
	fi
	if ! has_catalogues "$1$share"; then
		for package in coreutils libc-l10n; do
			download "$1" $package >>"$1.log" 2>&1
		done
	fi
	if ! has_catalogues "$1$share"; then
		languages_lack="no translations of cp: $(tail -n 1 "$1.log")"
		return 1
	fi
	mkdir -p $share
	mount --bind "$1$share" $share
}

languages_of_pcp() {
	for language in $languages; do
		short=${language%_*}
		for built in "${top_builddir-$tests/../build}/po/$short.gmo" \
			"${top_srcdir-$tests/..}/po/$short.gmo" ''; do
			[ ! -f "$built" ] || break
		done
		if [ ! "$built" ]; then
			languages_lack='pcp was built without its translations'
			return 1
		fi
		mkdir -p "$1/$short/LC_MESSAGES"
		cp "$built" "$1/$short/LC_MESSAGES/pcp.mo"
	done
	PCP_LOCALEDIR=$1
	export PCP_LOCALEDIR
}
