#!/bin/sh
# SPDX-License-Identifier: GPL-3.0-or-later
#
# --journal: a run goes on where the last one has ended, and ends at once when all is done;
# --check-journal: all of it is there.  (crash/journal.sh kills runs at random.)

. "$(dirname "$0")/common.sh"

oneTimeSetUp() {
	is_cp && skip_all 'cp has no --journal'
	has_journal || skip_all 'this pcp was built without --journal'
	take_unprivileged
}

# Those who are not root have things to fail at.
take_unprivileged() {
	user=
	! is_root || user='setpriv --reuid=65534 --regid=65534 --clear-groups'
}

setUp() {
	room=$scratch/room
	chmod -R u+rwx "$room" 2>/dev/null
	rm -rf "$room"
	mkdir -p "$room/src/a/b" "$room/src/c"
	cd "$room" || exit
	for f in 1 a/2 a/b/3 a/b/4 c/5; do
		echo "$f" >"src/$f"
	done
	ln src/1 src/c/also1
	ln -s ../1 src/c/link
	chmod 750 src/a
	touch -d '2001-02-03 04:05:06.7' src/1 src/a/2 src/a/b src/a src
	own
}

# own: the ordinary user gets what the test has made
own() { ! is_root || chown -hR 65534:65534 "$room"; }

# run ARGUMENT...: by an ordinary user; sets status
run() {
	$user pcp "$@" >out 2>err
	status=$?
}

digest() { $user pcp --check-journal="${1-j}" | sed 's/.*digest //'; }

test_complete() {
	run -a --journal=j src dst
	assertEquals 'status' 0 "$status"
	assertEquals 'messages' '' "$(cat err)"
	assertEquals 'a copy' '' "$(treecmp.py src dst)"
	run --check-journal=j
	assertEquals 'checked' 0 "$status"
	assertContains "$(cat out)" '11 entries, 0 differ; complete, digest '
	echo new >src/new
	run -a --journal=j src dst
	assertEquals 'there is nothing to do' 0 "$status"
	assertContains "$(cat err)" "the pass of the journal 'j' is complete"
	assertFalse 'what has come since is of the next pass' '[ -e dst/new ] || [ -e dst/src ]'
	run -a --journal=j --journal-restart -T src dst
	assertEquals 'the next pass' 0 "$status"
	assertTrue 'has it' '[ -e dst/new ]'
	assertTrue 'the last one is kept' '[ -e j/last/00000001.seg ]'
	run --check-journal=j/last
	assertEquals 'and is one' 0 "$status"
}

# Killed when the copy of the operand has just been made: the next run does not copy into it.
test_killed_at_the_beginning() {
	can_strace || startSkipping
	$user strace -f -qq -o trace --inject=fstatfs:signal=KILL:when=1 \
		"$bin/pcp" -a --journal=j src dst >out 2>err
	assertTrue 'the copy is there, and empty' '[ -d dst ] && [ ! -e dst/1 ]'
	run -a --journal=j src dst
	assertEquals 'status' 0 "$status"
	assertEquals 'a copy' '' "$(treecmp.py src dst)"
	run --check-journal=j
	assertEquals 'checked' 0 "$status"
	mv dst moved
	mkdir dst
	run -a --journal=j src dst
	run --check-journal=j
	assertEquals 'the journal knows that copy' 1 "$status"
}

# A directory that may not be read fails; the next run has nothing else to do.
test_failure() {
	chmod 000 src/a/b
	run -a --journal=j src dst
	assertEquals 'it fails' 1 "$status"
	run --check-journal=j
	assertEquals 'which is not complete' 1 "$status"
	assertContains "$(cat err)" 'is not complete'
	chmod 755 src/a/b
	touch -d '2001-02-03 04:05:06.7' src/a/b
	run -av --journal=j src dst
	assertEquals 'the next run ends well' 0 "$status"
	assertContains "$(cat err)" 'going on after'
	assertEquals 'and has copied nothing but what was missing' \
		"'src/a/b/3' -> 'dst/a/b/3' 'src/a/b/4' -> 'dst/a/b/4'" \
		"$(grep -v '^removed' out | sort | xargs -d '\n')"
	assertEquals 'a copy' '' "$(treecmp.py src dst)"
	assertEquals 'two names of one file' "$(stat -c %i dst/1)" "$(stat -c %i dst/c/also1)"
	first=$(digest)
	run -a --journal=j2 src dst2
	assertEquals 'the digest of a run in one go' "$(digest j2)" "$first"
}

# A name that is to be a link to what an earlier run has copied
test_link() {
	mkdir src/z
	ln src/1 src/z/1
	chmod 000 src/c src/z
	run -a --journal=j src dst
	chmod 755 src/c src/z
	run -a --journal=j src dst
	assertEquals 'status' 0 "$status"
	assertEquals 'three names of one file' 3 "$(stat -c %h dst/1)"
	run -a --journal=j2 src dst2
	assertEquals 'as in a run in one go' "$(digest j2)" "$(digest)"
}

# What is not recorded was not made whole: it is made anew, whatever -n and -u say.
test_left_behind() {
	for option in -R -Rn -Ru; do
		chmod 000 src/a
		run $option --journal=j src dst
		chmod 750 src/a
		run $option --journal=j --max-errors=1 src dst
		chmod 000 src/a/2
		rm -rf j dst
		run $option --journal=j src dst
		assertEquals "$option: it fails" 1 "$status"
		echo part >dst/a/2
		chmod 600 dst/a/2
		chmod 644 src/a/2
		run $option --journal=j src dst
		assertEquals "$option: status" 0 "$status"
		assertEquals "$option: whole" 'a/2' "$(cat dst/a/2)"
		assertEquals "$option: with the mode of a new file" 644 "$(stat -c %a dst/a/2)"
		rm -rf j dst
	done
}

# In a directory that was there before, files that the journal does not know are others'.
test_merged() {
	mkdir -p dst/a
	echo mine >dst/a/2
	own
	chmod 000 src/c
	run -Rn --journal=j -T src dst
	chmod 755 src/c
	run -Rn --journal=j -T src dst
	assertEquals 'status' 0 "$status"
	assertEquals 'it stays, as -n wants it' mine "$(cat dst/a/2)"
	assertEquals 'the rest is there' 5 "$(cat dst/c/5 | sed 's/c.//')"
	assertEquals 'no temporary name' '' "$(find dst -name '.copyfile-*')"
}

test_other_run() {
	run -a --journal=j src dst
	run -a --journal=j src elsewhere
	assertEquals 'another destination' 1 "$status"
	assertContains "$(cat err)" "the journal 'j' is of another run"
	assertFalse 'nothing was copied' '[ -e elsewhere ]'
	run -R --journal=j src dst
	assertEquals 'other options' 1 "$status"
	run -a -j1 -q --max-errors=9 --journal=j src dst
	assertEquals 'but those about speed and messages may change' 0 "$status"
	run -a --exclude=x --journal=j src dst
	assertEquals 'not patterns' 1 "$status"
	echo x >patterns
	run -a --journal=j3 -X patterns src d3
	echo y >patterns
	run -a --journal=j3 -X patterns src d3
	assertEquals 'nor those in a file' 1 "$status"
}

# A source that is not mounted, a destination that is another one
test_other_roots() {
	chmod 000 src/c
	run -a --journal=j src dst
	chmod 755 src/c
	mv src mounted
	mkdir src
	own
	run -a --journal=j src dst
	assertEquals 'another source' 1 "$status"
	assertContains "$(cat err)" "the source '$room/src' is not the one that the journal is of"
	rmdir src
	mv mounted src
	mv dst old
	mkdir dst
	own
	run -a --journal=j src dst
	assertEquals 'another destination' 1 "$status"
	assertContains "$(cat err)" \
		"the destination '$room/dst' is not the one that the journal is of"
	assertEquals 'nothing was copied' '' "$(ls dst)"
	rmdir dst
	mv old dst
	run -a --journal=j src dst
	assertEquals 'the same ones' 0 "$status"
	assertEquals 'a copy' '' "$(treecmp.py src dst)"
}

# A run that was killed is still there while its last call is under way; another one stays.
test_in_use() {
	run -a --journal=j src dst
	flock -x j sleep 0.7 &
	sleep 0.2
	run --check-journal=j
	assertEquals "soon given up: $(cat err)" 0 "$status"
	wait
	flock -x j sleep 20 &
	holder=$!
	sleep 0.2
	run --check-journal=j
	assertEquals 'in use' 1 "$status"
	assertEquals "pcp: the journal 'j' is in use by another run" "$(cat err)"
	pkill -P $holder
	wait
}

# More than a record can hold
test_many_operands() {
	long=$(printf '%0200d' 0)
	mkdir many into
	for i in $(seq 400); do
		echo "$i" >"many/$i$long"
	done
	own
	chmod 000 "many/400$long"
	run -a --journal=j many/* into/
	assertEquals 'a file fails' 1 "$status"
	chmod 644 "many/400$long"
	run -a --journal=j many/* into/
	assertEquals "the pass goes on: $(cat err)" 0 "$status"
	touch -r many into
	assertEquals 'a copy' '' "$(treecmp.py many into)"
	rm "many/1$long"
	run -a --journal=j many/* into/
	assertEquals 'one operand less' 1 "$status"
	assertContains "$(cat err)" 'is of another run'
	assertTrue 'the message is short' "[ $(wc -c <err) -lt 10000 ]"
}

test_into_directory() {
	mkdir -p into
	own
	chmod 000 src/c
	run -a --journal=j src src/a into/
	chmod 755 src/c
	run -a --journal=j src src/a into/
	assertEquals 'status' 0 "$status"
	assertEquals 'one' '' "$(treecmp.py src into/src)"
	assertEquals 'the other' '' "$(treecmp.py src/a into/a)"
	run --check-journal=j
	assertEquals 'checked' 0 "$status"
}

test_check() {
	run -a --verify --journal=j src dst
	run --check-journal=j --verify
	assertEquals 'all is there' 0 "$status"
	printf X | dd of=dst/a/b/3 bs=1 conv=notrunc status=none
	run --check-journal=j
	assertEquals 'of the same size' 0 "$status"
	run --check-journal=j --verify
	assertEquals 'but not the same' 1 "$status"
	assertContains "$(cat err)" "'$room/dst/a/b/3' has not the contents that were copied"
	echo longer >>dst/a/b/3
	rm dst/c/link
	rm dst/a/b/4
	mkdir dst/a/b/4
	own
	run --check-journal=j
	assertContains "$(cat err)" "'$room/dst/a/b/3' has"
	assertContains "$(cat err)" "cannot stat '$room/dst/c/link'"
	assertContains "$(cat err)" "'$room/dst/a/b/4' is not of the kind"
	assertContains "$(cat out)" '3 differ'
	cd / && $user pcp --check-journal="$room/j" >"$room/out" 2>"$room/err"
	assertEquals 'from any directory' 1 $?
	assertContains "$(cat "$room/out")" '3 differ'
	cd "$room" || exit
	mv dst/a dst/x
	run --check-journal=j
	assertEquals 'a directory that is missing is told once' 1 "$(grep -c "'$room/dst/a" err)"
	run -a --journal=j2 src dst2
	run --check-journal=j2 --verify
	assertEquals 'without checksums contents cannot be compared' 1 "$status"
	assertContains "$(cat err)" 'could not be compared'
}

test_damage() {
	run -a --journal=j src dst
	run --check-journal=nowhere
	assertEquals 'none' 1 "$status"
	mkdir full
	touch full/precious
	run -a --journal=full src dst9
	assertEquals 'no journal, and not empty' 1 "$status"
	assertContains "$(cat err)" "'full' is no journal, and not empty"
	cp -r j j2
	own
	printf '\0' | dd of=j2/00000001.seg bs=1 seek=14 conv=notrunc status=none
	run -a --journal=j2 src dst
	assertContains "$(cat err)" 'was written by another version'
	echo garbage >j2/00000001.seg
	run -a --journal=j2 src dst
	assertEquals 'garbage' 1 "$status"
	assertContains "$(cat err)" 'is not a part of a journal'
	cp j/00000001.seg j2/00000001.seg
	run -a --journal=j3 src dst3
	mkdir j4
	own
	cp j/00000001.seg j4
	cp j3/00000001.seg j4/00000002.seg
	run --check-journal=j4
	assertEquals 'two journals in one' 1 "$status"
	truncate -s 300 j/00000001.seg
	run --check-journal=j
	assertEquals 'cut off' 1 "$status"
	run -a --journal=j src dst
	assertEquals 'what is missing is made again' 0 "$status"
	run --check-journal=j
	assertEquals 'and then all is there' 0 "$status"
}

test_in_use() {
	mkdir j
	own
	flock j sleep 10 &
	sleeper=$!
	until flock -n j true; [ $? != 0 ]; do :; done
	run -a --journal=j src dst
	kill $sleeper
	wait $sleeper 2>/dev/null
	assertEquals 'one at a time' 1 "$status"
	assertContains "$(cat err)" "the journal 'j' is in use"
}

# A huge file goes on where its copy has ended, if its source is still the same.
test_huge() {
	rm -r src/*
	head -c 700M /dev/zero >src/huge
	own
	for changed in no yes; do
		$user pcp -a --bwlimit=200M --reflink=never --journal=j src dst >out 2>err &
		child=$!
		until python3 "$tests/tools/journaldump.py" j 2>/dev/null | grep -q 'kind=P'; do
			kill -0 $child 2>/dev/null || break
			sleep 0.1
		done
		kill -KILL $child
		wait $child 2>/dev/null
		there=$(stat -c %s dst/huge)
		assertTrue "$changed: a part is there: $there" \
			"[ $there -gt 250000000 ] && [ $there -lt 734003200 ]"
		printf X | dd of=dst/huge bs=1 conv=notrunc status=none
		[ $changed = no ] || touch src/huge
		run -a --reflink=never --journal=j src dst
		assertEquals "$changed: status" 0 "$status"
		assertEquals "$changed: the size" 734003200 "$(stat -c %s dst/huge)"
		assertEquals "$changed: what was there is not copied again, or else all" \
			"$([ $changed = yes ] || echo '1 0 130')" \
			"$(cmp -l src/huge dst/huge | xargs)"
		rm -r dst j
	done
}

# The disk of the journal is full: that is an error, but the copy is made.
test_full() {
	can_mount || { skip 'no right to mount'; return; }
	mkdir small
	mount -t tmpfs -o size=128k none small
	mkdir small/j many
	for i in $(seq 3000); do : >many/a-file-with-a-long-name-$i; done
	pcp -R --journal=small/j many dst >out 2>err
	assertEquals 'it fails' 1 $?
	assertContains "$(cat err)" "cannot write to the journal 'small/j'"
	assertEquals 'all is there' 3000 "$(ls dst | wc -l)"
	mount -o remount,size=8m small
	pcp -R --journal=small/j many dst >out 2>err
	assertEquals 'with more room the pass goes on' 0 $?
	pcp --check-journal=small/j >out 2>err
	assertEquals 'and is complete' 0 $?
	umount small
}

# What was to be removed is still removed, and the directory complete only then.
test_delete() {
	cp -a src dst
	touch dst/a/extra dst/c/extra
	own
	chmod 000 src/c
	run --mirror --max-delete=100% --journal=j src/. dst/
	assertEquals 'it fails' 1 "$status"
	assertTrue 'nothing goes where something failed' '[ -e dst/c/extra ]'
	chmod 755 src/c
	run --mirror --max-delete=100% --journal=j src/. dst/
	assertEquals 'status' 0 "$status"
	assertEquals 'the same' '' "$(treecmp.py src dst)"
	run --check-journal=j
	assertEquals 'checked' 0 "$status"
	run --mirror --max-delete=100% --journal=dst/a/j src/. dst/
	assertEquals 'not where it would be removed' 1 "$status"
	assertContains "$(cat err)" 'which has the journal in it'
}

test_refused() {
	for option in --dry-run --files-from=x --parents -i -b; do
		run -a --journal=j $option src dst
		assertEquals "$option" 1 "$status"
		assertFalse "$option: no journal" '[ -e j ]'
	done
	run --journal-restart src dst
	assertEquals '--journal-restart alone' 1 "$status"
	run --check-journal=j src dst
	assertEquals '--check-journal with operands' 1 "$status"
}

. shunit2
