#!/bin/sh
# SPDX-License-Identifier: LGPL-2.1-or-later
#
# doc/examples/glib.c and uv.c: cookies in the loops of GLib and libuv.  What is slow is so because
# of -l, however fast the machine is.

srcdir=${srcdir:-$(cd "$(dirname "$0")/.." && pwd)}
builddir=${builddir:-$srcdir}
. "$srcdir/tools/tap.sh"
. "$srcdir/tools/link.sh"

examples=$(cd "$srcdir/../doc/examples" && pwd)
include=$(cd "$srcdir/../lib" && pwd)
can_link || skip_all "there is no $library to link with"

dir=$(mktemp -d "${TMPDIR:-/tmp}/loops.XXXXXX") || exit 99
trap 'cd / && rm -rf "$dir"' EXIT
cd "$dir" || exit 99
umask 022

mkdir src
numbered_files src 400
chmod 666 src/7
head -c 2000000 /dev/urandom >src/large
head -c 20000000 /dev/urandom >huge
sum=$(cat src/* | wc -c)

# run OPTION... DIRECTORY FILE...: into the empty directory dst; sets status
run() {
	rm -rf dst
	mkdir dst
	timeout -k 5 120 "$dir/$example" "$@" >out 2>err
	status=$?
}

# The numbers of bytes never go back, and the last one is that.
progress() {
	awk -v last="$1" '/^[0-9]+ bytes$/ { if ($1 < n) bad = 1; n = $1 }
		END { exit bad || n != last }' out
}

check() {
	run dst src/*
	[ $status = 0 ] && [ ! -s err ]
	ok $? "$example: copies 401 files, without a complaint"
	diag <err
	diff -r src dst >diff
	ok $? "$example: each of them is a copy"
	diag <diff
	[ "$(stat -c %a dst/7)" = 666 ]
	ok $? "$example: with its mode"
	[ "$(tail -n 1 out)" = '401 copied, 0 cancelled, 0 failed' ] && progress "$sum"
	ok $? "$example: and says how many, and how many bytes"
	diag <out

	run -l 2000000 dst src/*
	[ $status = 0 ] && diff -r src dst >diff && progress "$sum" &&
		[ "$(grep -c ' bytes$' out)" -ge 5 ]
	ok $? "$example: shows the bytes as they come"
	diag <out

	# At that rate it would take 20 s.
	run -l 1000000 -c huge dst huge src/?
	[ $status = 0 ] && grep -qx 'huge: cancelled' out &&
		[ "$(tail -n 1 out)" = '10 copied, 1 cancelled, 0 failed' ]
	ok $? "$example: cancels one"
	cat out err | diag
	[ ! -e dst/huge ] && for file in src/?; do cmp "$file" "dst/${file#src/}" || break; done
	ok $? "$example: of which nothing is left; the others are there"

	run dst src/1 absent src/2
	[ $status = 1 ] && cmp src/2 dst/2 && [ "$(cat err)" = \
		"$example: absent: opening the source: No such file or directory" ]
	ok $? "$example: tells what fails, and why"
	diag <err
	run dst absent
	[ $status = 1 ] && [ "$(tail -n 1 out)" = '0 copied, 0 cancelled, 1 failed' ]
	ok $? "$example: ends if all of them do"

	# So few descriptors that copies are refused
	(ulimit -n 40 && run dst src/* && [ $status = 0 ] && diff -r src dst >diff)
	ok $? "$example: waits for room"
	tail -n 5 err | diag
}

for pair in glib:glib-2.0:libglib2.0-dev uv:libuv:libuv1-dev; do
	example=${pair%%:*}
	module=${pair#*:}
	module=${module%:*}
	if ! pkg-config --exists "$module" 2>/dev/null; then
		skip "$example: ${pair##*:} is missing"
		continue
	fi
	$cc -std=gnu11 -Wall -Wextra -Wshadow -Werror -I "$include" \
		$(pkg-config --cflags "$module") -c -o $example.o "$examples/$example.c" 2>err
	ok $? "$example: compiles without a warning"
	diag <err
	link "$dir/$example" $example.o $(pkg-config --libs "$module") >err 2>&1
	linked=$?
	ok $linked "$example: links with the library"
	diag <err
	[ $linked != 0 ] || check
done

done_testing
