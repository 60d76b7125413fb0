#!/bin/sh
# SPDX-License-Identifier: GPL-3.0-or-later
#
# The commands of the manual's recipes, each as it stands there, but below a directory of the
# test's: they end well, and do what the text says.

. "$(dirname "$0")/common.sh"

manual=$tests/../doc/pcp.texi

setUp() {
	room=$scratch/room
	rm -rf "$room"
	mkdir "$room"
	cd "$room" || exit
}

# make DIRECTORY...: each with a tree
make() {
	for d; do
		mkdir -p "$room$d/sub/dir" "$room$d/more"
		for f in $(seq 20); do
			echo "$f" >"$room$d/more/$f"
		done
		for f in 1 2 sub/3 sub/dir/4; do
			seq 1000 >"$room$d/$f"
		done
		ln "$room$d/1" "$room$d/sub/also-1"
		ln -s ../2 "$room$d/sub/link"
		find "$room$d" -exec touch -h -d 2001-02-03 {} +
	done
}

# recipe SECTION: its commands, a line each, with the room before what begins at the root
recipe() {
	sed -n "/^@node $1\$/,/^@node/p" "$manual" |
		sed -n '/^@example/,/^@end example/ { /^@/!p }' |
		sed -e ':more' -e '/\\$/ { N; s/\\\n *//; b more' -e '}' \
			-e "s#\\([ =]\\)/#\\1$room/#g"
}

# follow SECTION FIRST LAST: the commands FIRST to LAST of it
follow() {
	recipe "$1" | sed -n "$2,$3p" >commands
	assertEquals "$1 has commands $2 to $3" $(($3 - $2 + 1)) "$(wc -l <commands)"
	while IFS= read -r command; do
		sh -c "$command" >out 2>err </dev/null
		assertEquals "$command: $(head -n 5 err)" 0 $?
	done <commands
}

alike() { assertEquals "$1 and $2" '' "$(treecmp.py "$room$1" "$room$2")"; }

test_a_new_disk() {
	is_cp && { skip 'cp has no --mirror'; return; }
	make /home
	mkdir -p mnt/new
	follow 'A new disk for the homes' 1 1
	alike /home /mnt/new
	echo new >home/new
	rm home/sub/dir/4
	follow 'A new disk for the homes' 2 2
	assertContains "$(cat out err)" '4'
	assertTrue 'nothing is done yet' '[ -e mnt/new/sub/dir/4 ] && [ ! -e mnt/new/new ]'
	"$bin/pcp" --mirror --max-delete=1 home/. mnt/new
	follow 'A new disk for the homes' 3 3
	alike /home /mnt/new
}

test_another_file_server() {
	is_cp && { skip 'cp has no --journal'; return; }
	has_json || { skip 'no --report'; return; }
	has_journal || { skip 'no --journal'; return; }
	make /nfs/old
	mkdir -p nfs/new var/tmp
	follow 'Another file server' 1 2
	assertContains "$(cat out)" 'complete'
	assertTrue 'the report' "grep -q '</html>' var/tmp/move.html"
	alike /nfs/old /nfs/new
	echo new >nfs/old/new
	follow 'Another file server' 3 4
	assertContains "$(cat out)" 'complete'
	assertEquals 'nothing has failed' '' "$(cat var/tmp/failed)"
	alike /nfs/old /nfs/new
}

test_snapshots() {
	is_cp && { skip 'cp has no --mirror'; return; }
	make /data /backup/monday
	echo changed >>data/2
	rm data/sub/3
	cp -a backup/monday before
	follow 'Snapshots that share their data' 1 2
	alike /data /backup/tuesday
	alike /before /backup/monday
}

test_layers() {
	is_cp && { skip 'cp has no --beneath'; return; }
	make /layers/base
	mkdir -p layers/app rootfs outside
	ln -s "$room/outside" layers/base/etc
	follow 'Layers of a container' 1 1
	alike /layers/base /rootfs
	mkdir layers/app/etc
	echo passwd >layers/app/etc/passwd
	echo app >layers/app/app
	recipe 'Layers of a container' | sed -n 2p >commands
	sh commands 2>err
	assertEquals 'a directory in the place of the link' 1 $?
	assertEquals 'is not written through it' '' "$(ls outside)"
	assertEquals 'all else is there' app "$(cat rootfs/app)"
}

. shunit2
