#!/bin/sh
# SPDX-License-Identifier: GPL-3.0-or-later
#
# calls.sh: system calls per small file, of FILES (1000) files in one directory,
# less those for an empty one, by cp -R, pcp -R and floor; and per cookie, by the
# program cookie.  strace makes calls slow, and a program that measures what copies
# cost may then go another way: the least of RUNS (5) counts.

. "$(dirname "$0")/common.sh"

COOKIE=${COOKIE:-$build/bench/cookie}
FILES=${FILES:-1000}
COOKIES=${COOKIES:-5000}

need strace
need "$FLOOR" "$build/bench floor"
need "$COOKIE" "$build/bench cookie"
begin
place=$dir/place
mkdir -p "$place/empty"
small_files "$place/full" "$FILES" 1000

# count COMMAND...: how many calls it makes, all threads together
count() {
	strace -f -c -o "$dir/calls" "$@" >/dev/null
	awk '$1 ~ /^[0-9.]+$/ && $NF != "total" { n += $4 } END { print n }' "$dir/calls"
}

# per_file COMMAND...
per_file() {
	rm -rf "$place/dst"
	without=$(count "$@" "$place/empty" "$place/dst")
	rm -rf "$place/dst"
	calculate "($(count "$@" "$place/full" "$place/dst") - $without) / $FILES"
}

# per_copy WAY: of cookie; see there
per_copy() {
	calculate "$(count "$COOKIE" "$1" "$COOKIES") / $COOKIES"
}

turn() {
	case $1 in
	cp) calls=$(per_file "$CP" -R) ;;
	pcp) calls=$(per_file "$PCP" -R) ;;
	floor) calls=$(per_file "$FLOOR") ;;
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

digits=2
heading "system calls per small file, the least" floor 'cookie: poll' wait
turns cp pcp floor sync poll wait
cp=$(least cp)
row 'small file' "$cp" "$(least pcp)" "$(ratio cp pcp)" "$(calculate "$cp / 7")" \
	"$(show "$(least floor)")" "$(per_cookie poll)" "$(per_cookie wait)"
