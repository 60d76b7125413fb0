#!/bin/sh
# SPDX-License-Identifier: GPL-3.0-or-later
#
# --delete and --mirror: what goes, when, and what does not.

. "$(dirname "$0")/common.sh"

room=$scratch/room

oneTimeSetUp() {
	! is_cp || skip_all 'cp has no such options'
}

setUp() {
	rm -rf "${room:?}"
	mkdir "$room"
	cd "$room" || exit
	mkdir -p src/dir/sub src/many
	echo data >src/file
	echo more >src/dir/more
	echo deep >src/dir/sub/deep
	for i in $(seq 50); do echo "$i" >"src/many/$i"; done
	pcp -a src/. dst
}

tearDown() { cd /; as=''; }

# own_all: the ordinary user, who is not root, owns everything
own_all() { ! is_root || chown -R 65534:65534 .; }

# names DIR: what is in there, in one line
names() { (cd "$1" && find . ! -name . | sort | tr '\n' ' '); }

# mirrors WHAT [OPTION...]: dst becomes what src is
mirrors() {
	what=$1
	shift
	pcp --mirror "$@" src/. dst >out 2>&1
	assertEquals "[$what] status" 0 $?
	assertEquals "[$what] tree" "$(names src)" "$(names dst)"
	assertTrue "[$what] contents" 'diff -r --no-dereference src dst'
}

# refuses WHAT STATUS MESSAGE ARGUMENT...: nothing is copied nor removed
refuses() {
	what=$1 status=$2 message=$3
	shift 3
	before=$(names .)
	pcp --mirror "$@" >../out 2>&1
	assertEquals "[$what] status" "$status" $?
	assertEquals "[$what] message" "pcp: $message" "$(cat ../out)"
	assertEquals "[$what] nothing is touched" "$before" "$(names .)"
}

test_extras() {
	mkdir -p dst/old/er
	touch dst/extra dst/dir/sub/extra dst/old/er/file
	mirrors 'extras' --max-delete=100%
	touch dst/extra dst/dir/sub/extra
	mirrors 'few enough'
	touch dst/extra
	mirrors 'one after the other' -j1 --window=1
	touch dst/extra
	assertEquals 'without it' 0 "$(pcp -a src/. dst; echo $?)"
	assertTrue 'it stays' '[ -e dst/extra ]'
	touch -d '2001-01-01' src/dir
	touch dst/dir/extra
	mirrors 'times'
	assertEquals 'the directory has its time' "$(stat -c %Y src/dir)" "$(stat -c %Y dst/dir)"
}

test_what_is_said() {
	mkdir dst/old
	touch dst/old/file
	assertEquals "removed 'dst/./old/file'
removed 'dst/./old'" "$(pcp --mirror -v src/. dst)"
	mkdir dst/old
	pcp --mirror --log=log src/. dst
	assertContains "$(cat log)" "deleted 'dst/./old'"
	has_json || return 0
	rm dst/file
	mkdir dst/file dst/old
	pcp --mirror --json --json-files src/. dst >json
	assertEquals 'events' 2 "$(grep -c '"type":"removed"' json)"
	assertContains 'an extra' "$(cat json)" \
		'"type":"removed","kind":"directory","reason":"extra","dst":"dst/./old"'
	assertContains 'counted' "$(tail -n1 json)" '"deleted":1,"replaced":1,'
}

test_other_kinds() {
	rm -r dst/file dst/dir/sub
	mkdir -p dst/file/with/much
	touch dst/file/with/much/more
	echo file >dst/dir/sub
	mirrors 'a directory for a file, and the reverse'
	assertEquals 'nothing is left over' '' "$(find dst -name '.pcp*')"
	rm -r dst/dir
	ln -s ../src/dir dst/dir
	mirrors 'a symlink to a directory'
	assertTrue 'it is a directory now' '[ -d dst/dir ] && [ ! -L dst/dir ]'
}

# What had to make room comes back if there is nothing to take its place.
test_given_back() {
	rm dst/file
	mkdir dst/file
	touch dst/file/precious
	unprivileged
	chmod 0 src/file
	own_all
	$as pcp --mirror src/. dst 2>err
	assertEquals 'status' 1 $?
	assertContains "$(cat err)" "cannot open 'src/./file' for reading"
	assertTrue 'it has its name' '[ -e dst/file/precious ]'
	assertEquals 'no other' '' "$(find dst -name '.pcp*')"
}

test_limit() {
	for i in 1 2 3 4 5 6 7; do touch "dst/$i"; done
	refuses 'more than 10 %' 3 'not deleting anything: 7 of 63 entries of the destination are '\
'more than --max-delete=10% allows' src/. dst
	refuses 'a number' 3 'not deleting anything: 7 of 63 entries of the destination are '\
'more than --max-delete=6 allows' --max-delete=6 src/. dst
	mirrors 'enough' --max-delete=7
	mkdir -p dst/old/er
	touch dst/old/er/1 dst/old/er/2
	refuses 'what is below counts' 3 'not deleting anything: 4 of 60 entries of the '\
'destination are more than --max-delete=3 allows' --max-delete=3 src/. dst
	mirrors 'just as many' --max-delete=4
	touch dst/1
	refuses 'none' 3 'not deleting anything: 1 of 57 entries of the destination are '\
'more than --max-delete=0 allows' --max-delete=0 src/. dst
	for limit in x -1 101% 5x ''; do
		assertEquals "[$limit]" "pcp: invalid limit of deletions: '$limit'" \
			"$(pcp --mirror --max-delete="$limit" src/. dst 2>&1 | head -n1)"
	done
}

test_guards() {
	mkdir empty
	refuses 'an empty source' 1 "not deleting anything: source directory 'empty' is empty" \
		-T empty dst
	refuses 'a missing one' 1 \
		"not deleting anything: cannot stat 'missing/.': No such file or directory" \
		missing/. dst
	refuses 'two sources' 1 \
		"not deleting anything: 'dst/.' is copied to where another source goes" \
		src/. dst/. empty
	refuses 'the same name twice' 1 \
		"not deleting anything: 'dst/dir' is copied to where another source goes" \
		src/dir dst/dir empty
	refuses 'above the source' 1 \
		"not deleting in '$room/.', which has the source in it" src/. "$room"
	refuses 'itself' 1 "not deleting in 'src/.', which has the source in it" src/. src
	refuses 'root' 1 "not deleting in '/.', which is the root directory" src/. /
	HOME=$room/dst refuses 'home' 1 \
		"not deleting in 'dst/.', which is your home directory" src/. dst
	assertEquals 'needs -R' "pcp: --delete needs -R" \
		"$(pcp --delete src dst 2>&1 | head -n1)"
	assertEquals 'backups would go' "pcp: cannot combine --delete and --backup: the next run \
would delete the backups" "$(pcp -R --delete -b src dst 2>&1 | head -n1)"
}

test_excluded() {
	mkdir -p dst/old/cache dst/older
	touch dst/a.o dst/b.p dst/old/cache/x dst/old/b dst/older/c dst/dir/d.o
	pcp --mirror --max-delete=50 --exclude='*.o' --exclude=cache src/. dst
	assertEquals 'status' 0 $?
	assertEquals './a.o ./dir/d.o ./old ./old/cache ./old/cache/x' \
		"$(cd dst && find . \( -name '*.o' -o -path './old*' \) | sort | xargs)"
	assertFalse 'beside them the rest goes' '[ -e dst/b.p ] || [ -e dst/older ]'
	mirrors 'delete-excluded' --max-delete=100% --exclude='*.o' --delete-excluded
}

test_explained() {
	mkdir dst/old
	touch dst/keep.o dst/old/x src/leave.o src/big src/new
	truncate -s 5000 src/big
	touch -d '2001-01-01' src/file
	echo longer >src/dir/more
	chmod 600 src/dir/sub/deep
	assertEquals "attributes of 'src/./dir/sub/deep': it has another mode
copy 'src/./dir/more': it has another size
copy 'src/./file': it has another time
copy 'src/./new': there is nothing yet
enter 'src/.': there is such a directory
enter 'src/./dir': there is such a directory
enter 'src/./dir/sub': there is such a directory
keep 'dst/./keep.o': --exclude='*.o'
leave out 'src/./big': --max-size
leave out 'src/./leave.o': --exclude='*.o'
leave out 'src/./many': --exclude=many
remove 'dst/./old': the source has no such thing
remove 'dst/./old/x': the source has no such thing" \
		"$(pcp --mirror --max-delete=100% --exclude='*.o' --exclude=many --exclude=x.y \
			--max-size=1000 --dry-run=explain src/. dst | sort)"
	assertEquals 'nothing is done' data "$(cat dst/file)"
}

test_failures() {
	unprivileged
	mkdir -p src/dir/locked dst/dir/locked
	touch src/dir/locked/file dst/dir/locked/file dst/dir/extra dst/extra dst/many/extra
	chmod 0 src/dir/locked
	own_all
	$as pcp --mirror src/. dst 2>err
	assertEquals 'status' 1 $?
	chmod 755 src/dir/locked
	assertContains "$(cat err)" "cannot access 'src/./dir/locked'"
	assertTrue 'nothing goes where a failure was' '[ -e dst/dir/locked/file ]'
	assertTrue 'nor above' '[ -e dst/dir/extra ] && [ -e dst/extra ]'
	assertFalse 'elsewhere it does' '[ -e dst/many/extra ]'
	assertContains "$(cat err)" \
		'warning: not deleting in 2 directories in which something failed'
}

# As its owner may, without being root
# A directory that may not be read is told once; its attributes can be seen.
test_unreadable() {
	own_all
	unprivileged
	chmod 000 src/dir
	$as pcp --mirror src/. dst/ >out 2>&1
	assertEquals 'status' 1 $?
	assertEquals 'messages' "pcp: cannot access 'src/./dir': Permission denied" "$(cat out)"
	assertEquals 'the mode is carried over' 0 "$(stat -c %a dst/dir)"
	chmod 755 src/dir dst/dir
}

test_rights() {
	unprivileged
	mkdir -p dst/old/deep dst/none
	touch dst/old/deep/file
	chmod 500 dst/old/deep dst/old dst/dir src/dir
	chmod 0 dst/none dst/old/deep
	chmod 400 dst/file
	echo changed >src/file
	chmod 400 src/file
	own_all
	$as pcp --mirror --max-delete=100% src/. dst
	assertEquals 'status' 0 $?
	assertEquals 'tree' "$(names src)" "$(names dst)"
	assertEquals 'mode' 500 "$(stat -c %a dst/dir)"
	chmod 700 src/dir dst/dir
}

test_mounts() {
	can_mount || { startSkipping; return; }
	mkdir -p dst/old/disk
	mount -t tmpfs none dst/old/disk
	touch dst/old/disk/precious dst/old/file
	pcp --mirror --max-delete=100% src/. dst 2>err
	assertEquals 'status' 1 $?
	assertTrue 'what is mounted stays' '[ -e dst/old/disk/precious ]'
	assertFalse 'the rest goes' '[ -e dst/old/file ]'
	assertEquals "pcp: not removing 'dst/./old/disk': another file system may be mounted \
there" "$(cat err)"
	umount dst/old/disk
	mkdir elsewhere
	touch elsewhere/precious
	mount --bind elsewhere dst/old/disk
	pcp --mirror --max-delete=100% src/. dst 2>err
	assertTrue 'nor what is bound there' '[ -e elsewhere/precious ]'
	umount dst/old/disk
	mirrors 'afterwards' --max-delete=100%
}

# Where "A" and "a" are one name, a copy that has the other one's is no extra.
test_case() {
	has_fuse || { startSkipping; return; }
	mkdir lower mnt upper
	echo old >lower/name
	echo extra >lower/extra
	echo new >upper/NAME
	touch -d '2001-01-01' lower/name
	slowfs -x -i lower mnt
	pcp --mirror --max-delete=100% upper/. mnt
	assertEquals 'status' 0 $?
	assertEquals 'the copy is there' new "$(cat mnt/NAME)"
	assertFalse 'the extra is not' '[ -e mnt/extra ]'
	fusermount3 -u mnt
}

test_tags() {
	touch src/dir/.notag dst/dir/old
	pcp --mirror --exclude-tag=.notag src/. dst
	assertTrue 'what a tag leaves out is not compared' \
		'[ -e dst/dir/more ] && [ -e dst/dir/old ]'
}

. shunit2
