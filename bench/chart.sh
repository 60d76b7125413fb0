# SPDX-License-Identifier: GPL-3.0-or-later
#
# What the scripts that draw charts share; each reads it first, with its own arguments, TSV
# [SVG].  Sets tsv, svg (TSV's name and .svg), and data, a file that goes when the script ends.

set -eu
export LC_ALL=C

fail() {
	echo "${0##*/}: $*" >&2
	exit 1
}

[ $# -ge 1 ] || fail "usage: ${0##*/} TSV [SVG]"
tsv=$1
svg=${2:-${tsv%.tsv}.svg}
[ -r "$tsv" ] || fail "$tsv: cannot be read"
command -v gnuplot >/dev/null || fail 'gnuplot is missing'

data=$(mktemp)
trap 'rm -f "$data"' EXIT
trap 'exit 1' HUP INT TERM
