#!/bin/sh
# SPDX-License-Identifier: GPL-3.0-or-later
#
# calls.sh [FS]: system calls per small file, of FILES (1000) files in one directory,
# less those for an empty one, by cp -R, pcp -R and floor, within SCRATCH and from
# there to FS (ext4; as in tree.sh); and per cookie, by the program cookie.  strace
# makes calls slow, and a program that measures what copies cost may then go another
# way: the least of RUNS (5) counts.

. "$(dirname "$0")/common.sh"

COOKIE=${COOKIE:-$build/bench/cookie}
FILES=${FILES:-1000}
COOKIES=${COOKIES:-5000}

need strace
need "$FLOOR" "$build/bench floor"
need "$COOKIE" "$build/bench cookie"
begin
src=$dir/src
mkdir -p "$src/empty"
small_files "$src/full" "$FILES" 1000

# count COMMAND...: how many calls it makes, all threads together
count() {
	strace -f -c -o "$dir/calls" "$@" >/dev/null
	awk '$1 ~ /^[0-9.]+$/ && $NF != "total" { n += $4 } END { print n }' "$dir/calls"
}

# per_file COMMAND...: in the folder to
per_file() {
	rm -rf "$to/dst"
	without=$(count "$@" "$src/empty" "$to/dst")
	rm -rf "$to/dst"
	calculate "($(count "$@" "$src/full" "$to/dst") - $without) / $FILES"
}

# per_copy WAY: of cookie; see there
per_copy() {
	calculate "$(count "$COOKIE" "$1" "$COOKIES") / $COOKIES"
}

turn() {
	# shellcheck disable=SC2086
	case $1 in
	cp) calls=$(per_file "$CP" -R) ;;
	pcp) calls=$(per_file "$PCP" -R) ;;
	floor) calls=$(per_file "$FLOOR" $floor_options) ;;
	sync) calls=$(per_copy 0) ;;
	poll) calls=$(per_copy 1) ;;
	wait) calls=$(per_copy 2) ;;
	esac
	echo "$round $1 $calls" >>"$log"
}

# least NAME
least() {
	statistic 3 "$1" | cut -d ' ' -f 2
}

# per_cookie WAY: what is left when the copies themselves are taken off
per_cookie() {
	show "$(calculate "$(least "$1") - $(least sync)")"
}

# file_row CASE [COLUMN...]
file_row() {
	case=$1
	shift
	cp=$(least cp)
	row "$case" "$cp" "$(least pcp)" "$(ratio cp pcp)" "$(calculate "$cp / 7")" \
		"$(show "$(least floor)")" "$@"
}

digits=2
heading "system calls per small file, the least" floor 'cookie: poll' wait
to=$dir
turns cp pcp floor sync poll wait
file_row 'small file' "$(per_cookie poll)" "$(per_cookie wait)"

fs=${1:-ext4}
if possible "$fs"; then
	prepare "$fs" $((FILES / 100))
	to=$place floor_options=-w
	turns cp pcp floor
	file_row "across to $fs"
fi
