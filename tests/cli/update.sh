#!/bin/sh
# SPDX-License-Identifier: GPL-3.0-or-later
#
# --update=changed and --update=checksum: what is copied again, what is only put right, and
# that nothing is touched where nothing is to be done.

. "$(dirname "$0")/common.sh"

room=$scratch/room

oneTimeSetUp() {
	! is_cp || skip_all 'cp has no such words for --update'
}

setUp() {
	rm -rf "${room:?}"
	mkdir "$room"
	cd "$room" || exit
	mkdir -p src/dir/empty
	echo data >src/file
	echo more >src/dir/more
	ln src/file src/dir/name
	ln -s file src/link
	mkfifo src/fifo
	chmod 640 src/file
	touch -d '2001-02-03 04:05:06.789' src/file src/dir/more src/fifo
	touch -h -d '2002-02-03' src/link
	pcp -a src dst
}

tearDown() { cd /; }

# state: all that stat(2) shows of dst, the time of the last change included
state() { find dst -printf '%p %y %i %n %m %U %G %s %T@ %C@ %l\n' | sort; }

# again WHAT EXPECTED [OPTION...]: the copy made once more says this of entries that are not
# skipped, in lines "ACTION NAME", and then dst is as src
again() {
	what=$1 expected=$2
	shift 2
	pcp -a --log=log "$@" src/. dst >out 2>&1
	assertEquals "[$what] status" 0 $?
	assertEquals "[$what] output" '' "$(cat out)"
	assertEquals "[$what] copied" "$expected" "$(sed -n \
		"s|^[^ ]* \([a-z ]*\) 'src/./\([^']*\)' to .*|\1 \2|p" log |
		grep -v '^merged \|^skipped ' | sort | tr '\n' ',')"
	assertEquals "[$what] tree" "$(find src -printf '%P %y %m %s %T@ %l\n' | sort)" \
		"$(find dst -printf '%P %y %m %s %T@ %l\n' | sort)"
	rm log
}

test_nothing_to_do() {
	before=$(state)
	sleep 0.02
	again 'changed' '' --update=changed
	assertEquals 'nothing was touched' "$before" "$(state)"
	again 'checksum' '' --update=checksum
	assertEquals 'nothing was touched' "$before" "$(state)"
	again 'one after the other' '' --update=changed -j1 --window=1
	assertEquals 'nothing was touched' "$before" "$(state)"
}

test_contents() {
	echo longer >src/dir/more
	again 'another size' 'copied dir/more,' --update=changed
	echo tooold >src/dir/more
	touch -d '1999-01-01' src/dir/more
	again 'an older source' 'copied dir/more,' --update=changed
	ln -sf dir src/link
	again 'another target' 'copied link,' --update=changed
}

test_checksum() {
	echo DATA >src/dir/more
	touch -r dst/dir/more src/dir/more
	again 'unseen' '' --update=changed
	assertEquals 'size and time are the same' more "$(cat dst/dir/more)"
	again 'seen' 'copied dir/more,' --update=checksum
	assertEquals DATA "$(cat dst/dir/more)"
	touch src/dir/more
	again 'the time alone' 'attributes of dir/more,' --update=checksum
}

test_attributes() {
	inode=$(stat -c %i dst/dir/more)
	chmod 604 src/dir/more
	again 'mode' 'attributes of dir/more,' --update=changed
	touch -h -d '2010-01-01' dst/link
	again 'time of a symlink' 'attributes of link,' --update=changed
	chmod 600 dst/fifo
	again 'a fifo' 'attributes of fifo,' --update=changed
	chmod 700 dst/dir dst/dir/empty
	again 'directories' '' --update=changed
	assertEquals 'the same file' "$inode" "$(stat -c %i dst/dir/more)"
	is_root || return 0
	chown -h 1:2 src/dir/more src/link src/dir
	again 'owner' 'attributes of dir/more,attributes of link,' --update=changed
	assertEquals '1:2 1:2 1:2' "$(stat -c %u:%g dst/dir/more dst/link dst/dir | xargs)"
}

test_extended_attributes() {
	setfattr -n user.one -v 1 src/dir/more 2>/dev/null || { startSkipping; return; }
	again 'one more' 'attributes of dir/more,' --update=changed
	assertEquals 'user.one="1"' "$(getfattr --only-values -n user.one dst/dir/more |
		sed 's/.*/user.one="&"/')"
	before=$(state)
	again 'no more' '' --update=changed
	assertEquals 'nothing was touched' "$before" "$(state)"
	setfattr -n user.two -v 2 dst/dir/more
	setfattr -n user.dir -v 2 dst/dir
	again 'one too many' 'attributes of dir/more,' --update=changed
	assertEquals 'removed' '' "$(getfattr -h -n user.two dst/dir/more 2>/dev/null)"
	assertEquals 'removed from the directory' '' \
		"$(getfattr -h -n user.dir dst/dir 2>/dev/null)"
	setfattr -n user.two -v 2 dst/dir/more
	echo changed >>src/dir/more
	again 'one too many, and new data' 'copied dir/more,' --update=changed
	assertEquals 'removed' '' "$(getfattr -h -n user.two dst/dir/more 2>/dev/null)"
}

test_acl() {
	setfacl -m u:1:r src/dir/more 2>/dev/null || { startSkipping; return; }
	setfacl -d -m u:1:rx src/dir
	again 'new' 'attributes of dir/more,' --update=changed
	assertEquals "$(getfacl -cn src/dir/more src/dir 2>/dev/null)" \
		"$(getfacl -cn dst/dir/more dst/dir 2>/dev/null)"
	setfacl -b src/dir/more
	again 'gone' 'attributes of dir/more,' --update=changed
	assertEquals "$(getfacl -cn src/dir/more 2>/dev/null)" \
		"$(getfacl -cn dst/dir/more 2>/dev/null)"
}

test_hard_links() {
	rm dst/dir/name
	cp -p dst/file dst/dir/name
	# The name that is found first stays, and the other one becomes a link to it.
	pcp -a --update=changed src/. dst
	assertTrue 'joined again' '[ dst/file -ef dst/dir/name ]'
	again 'joined' '' --update=changed
	ln dst/dir/more snapshot
	chmod 400 src/dir/more
	again 'a name elsewhere' 'copied dir/more,' --update=changed
	assertEquals 'which keeps its mode' 644 "$(stat -c %a snapshot)"
}

test_other_kinds() {
	echo precious >elsewhere
	# Of two names it is up to the file system which one is met first.
	cp --remove-destination -p src/file src/dir/name
	rm dst/file dst/dir/name dst/link
	ln -s ../elsewhere dst/file
	mkfifo dst/dir/name
	echo in the way >dst/link
	again 'files, symlinks, fifos' 'copied dir/name,copied file,copied link,' \
		--update=changed -j1 --window=1
	assertEquals 'nothing is written through' precious "$(cat elsewhere)"
	rm -r dst/dir/empty
	echo >dst/dir/empty
	assertEquals 'not a directory for a file' 1 \
		"$(pcp -a --update=changed src/. dst 2>/dev/null; echo $?)"
}

. shunit2
