#!/bin/sh
# SPDX-License-Identifier: GPL-3.0-or-later
#
# --atomic: a file has its name only when it is complete.  What that means with cp's other
# options; tests/crash has the kills.

. "$(dirname "$0")/common.sh"

# Where nothing but a file is replaced, the outcome is that of cp.
test_as_cp() {
	is_cp && { skip 'cp has no --atomic'; return; }
	there
	engine=--atomic
	same_as_cp file new
	same_as_cp file dest
	same_as_cp -v file dest into
	same_as_cp -R dir new
	same_as_cp -R dir/. into/dir
	same_as_cp -a dir new
	same_as_cp -a dir/. into/dir
	same_as_cp -a to-file dangling again file into
	same_as_cp -RL dir to-file new
	same_as_cp -p file dest
	same_as_cp -f file dest
	same_as_cp --no-preserve=mode file dest
	same_as_cp --preserve=ownership file dest
	same_as_cp --parents dir/sub/deep into
	same_as_cp --sparse=always file dest
	same_as_cp --reflink=never file dest
	same_as_cp -T file dir
	same_as_cp file missing/new
	same_as_cp missing dest
	same_as_cp -d to-file into
}

test_what_stays() {
	is_cp && { skip 'cp has no --atomic'; return; }
	there
	engine=--atomic
	same_as_cp -n file dest
	same_as_cp -u file dest
	same_as_cp -Ru dir/. into/dir
	same_as_cp file file
	same_as_cp file again
	same_as_cp --attributes-only -p file dest
	same_as_cp -l file dest
	same_as_cp -lf file dest
	same_as_cp -sf "$work/file" dest
}

test_backups() {
	is_cp && { skip 'cp has no --atomic'; return; }
	there
	before() { echo older >dest~; }
	engine=--atomic
	same_as_cp -b file dest
	same_as_cp -bv file dest
	same_as_cp --backup=t file dest
	same_as_cp -bS .old file into
	same_as_cp -Rb dir/. into/dir
	same_as_cp -ab dir/. into/dir
	same_as_cp -b file to-dest
	same_as_cp -b missing dest
	same_as_cp -b file again
}

# The copy fails: the old file has its name, and no other.
test_backup_of_a_failure() {
	is_cp && { skip 'cp has no --atomic'; return; }
	can_strace || { skip 'no strace'; return; }
	there
	new_twins
	run_in pcp strace -f -qq -o /dev/null -e trace=renameat \
		-e inject=renameat:error=EIO:when=1 pcp --atomic -b file dest
	assert_ran 1 'Input/output error'
	assertEquals 'old' "$(cat "$work/pcp/dest")"
	assertFalse 'no backup' "[ -e '$work/pcp/dest~' ]"
	assertEquals 'no other name' '' "$(find "$work/pcp" -name '.copyfile-*')"
}

test_remove_destination() {
	is_cp && { skip 'cp has no --atomic'; return; }
	there
	engine=--atomic
	compare='status err tree'
	for words in 'file dest' 'file again' 'file to-dest' 'file dangling' 'file loop' \
		'file into' '-R dir/. into/dir'; do
		same_as_cp --remove-destination $words
	done
}

# The permissions of what is replaced stay; it belongs to the user who copies.
test_modes() {
	is_cp && { skip 'cp has no --atomic'; return; }
	there
	for mode in 600 666 444 755; do
		before() { chmod $mode dest; chmod 640 file; }
		engine=--atomic
		same_as_cp file dest
		same_as_cp -p file dest
		same_as_cp --no-preserve=mode file dest
		mask=077
		same_as_cp file dest
		mask=022
	done
}

# Nor does the group get the rights that were others', by an ACL.
test_acl() {
	is_cp && { skip 'cp has no --atomic'; return; }
	there
	run_pcp --version
	setfacl -m u:1:rwx,g::r,m::rwx "$work/pcp/dest" 2>/dev/null ||
		{ skip 'there are no ACLs'; return; }
	assertEquals 'the mode before' 674 "$(stat -c %a "$work/pcp/dest")"
	(cd "$work/pcp" && pcp --atomic file dest)
	assertEquals 'the mode' 644 "$(stat -c %a "$work/pcp/dest")"
	assertEquals 'no ACL' '' "$(getfacl -cs "$work/pcp/dest" 2>/dev/null)"
}

test_symlinks() {
	is_cp && { skip 'cp has no --atomic'; return; }
	there
	for link in to-dest dangling loop; do
		run_pcp --atomic file $link
		assert_ran 0
		assertFalse "$link is replaced" "[ -L '$work/pcp/$link' ]"
		assertEquals "$link" new "$(cat "$work/pcp/$link")"
		assertEquals 'what it led to' old "$(cat "$work/pcp/dest")"
		assertFalse 'nowhere' "[ -e '$work/pcp/nowhere' ]"
	done
	run_pcp --atomic file to-file
	assert_ran 0
	assertEquals 'the source stays' new "$(cat "$work/pcp/file")"
	assertFalse 'the link goes' "[ -L '$work/pcp/to-file' ]"
	new_twins
	(cd "$work/pcp" && POSIXLY_CORRECT=1 pcp --atomic file dangling)
	assertEquals 'status' 0 $?
	assertFalse 'nothing is written through it' "[ -e '$work/pcp/nowhere' ]"
}

# Other names keep the old file.
# What -u leaves alone is the copy for further names; but not a symlink, which would be replaced.
test_symlink_that_is_newer() {
	is_cp && { skip 'cp has no --atomic'; return; }
	cd "$scratch" || return
	rm -rf room && mkdir -p room/src room/dst && cd room || return
	echo data >src/first
	ln src/first src/second
	touch -d 2001-02-03 src/*
	for name in first second; do
		ln -s ../src/first dst/$name
		pcp -a -u --atomic -T src dst 2>err
		assertEquals "[$name] status; $(cat err)" 0 $?
		other=$([ $name = first ] && echo second || echo first)
		assertTrue "[$name] it stays" "[ -L dst/$name ]"
		assertFalse "[$name] the other name is a file" "[ -L dst/$other ]"
		assertEquals "[$name] with the data" data "$(cat dst/$other)"
		rm dst/*
	done
}

test_other_names() {
	is_cp && { skip 'cp has no --atomic'; return; }
	there
	run_pcp --atomic dest file
	assert_ran 0
	assertEquals 'file' old "$(cat "$work/pcp/file")"
	assertEquals 'again' new "$(cat "$work/pcp/again")"
}

# A device, a FIFO, or an open file is written to, by its own name or through a symlink.
test_special() {
	is_cp && { skip 'cp has no --atomic'; return; }
	prepare() {
		echo new >file
		mkfifo fifo
		ln -s fifo to-fifo
		ln -s /dev/null null
		ln -s /proc/self/fd/1 out
	}
	for link in fifo to-fifo; do
		new_twins
		timeout 10 cat "$work/pcp/fifo" >"$work/read" &
		run_in pcp pcp --atomic file $link
		wait $!
		assert_ran 0
		assertEquals "through $link" new "$(cat "$work/read")"
		assertTrue 'the FIFO stays' "[ -p '$work/pcp/fifo' ]"
	done
	run_pcp --atomic file null
	assert_ran 0
	assertTrue 'the link to a device stays' "[ -L '$work/pcp/null' ]"
	run_pcp --atomic file out
	assert_ran 0
	assertEquals 'through it' new "$(cat "$work/pcp.stdout")"
	assertTrue 'the link to an open file stays' "[ -L '$work/pcp/out' ]"
}

# A file that another program makes meanwhile is asked about.
test_meanwhile() {
	is_cp && { skip 'cp has no --atomic'; return; }
	can_strace || { skip 'no strace'; return; }
	prepare() {
		mkdir d to
		echo new >d/file
	}
	for option in -n ''; do
		new_twins
		# The thread that would give the file its name waits for a second.
		(cd "$work/pcp" && strace -f -qq -o /dev/null -e trace=linkat \
			-e inject=linkat:delay_enter=1000000 pcp -R --atomic $option d/. to) &
		sleep 0.5
		echo other >"$work/pcp/to/file"
		wait $!
		assertEquals "status with [$option]" 0 $?
		wanted=new
		[ ! "$option" ] || wanted=other
		assertEquals "with [$option]" $wanted "$(cat "$work/pcp/to/file")"
		assertEquals 'no other name' file "$(ls -A "$work/pcp/to")"
	done
}

# litter NAME: leaves a temporary name beside NAME, as of a run that was killed
litter() {
	dir=${1%/*}
	strace -f -qq -o /dev/null -e trace=rename,renameat,renameat2 \
		-e inject=rename,renameat,renameat2:signal=KILL \
		pcp --atomic --reflink=never file "$1" 2>/dev/null
	ls -A "$dir" | grep -q '^\.copyfile-'
}

test_temporary_names() {
	is_cp && { skip 'cp has no --atomic'; return; }
	can_strace || { skip 'no strace'; return; }
	prepare() {
		mkdir -p d/sub to/sub
		echo new >file
		echo new >d/sub/file
		echo old >to/file
		echo old >to/sub/file
	}
	new_twins
	cd "$work/pcp" || return
	litter to/file || fail 'no temporary name was left'
	litter to/sub/file || fail 'no temporary name was left'
	assertEquals 'the old file' old "$(cat to/file)"
	cp -a to copy
	pcp -R d/. to
	assertEquals 'without --atomic they stay' 2 "$(find to -name '.copyfile-*' | wc -l)"
	pcp -R --atomic d/. to
	assertEquals 'they are removed' '' "$(find to -name '.copyfile-*')"
	pcp -R --atomic d/. copy
	assertEquals 'those in a copy stay' 2 "$(find copy -name '.copyfile-*' | wc -l)"
	litter to/file || fail 'no temporary name was left'
	pcp --atomic file to/another
	assertEquals 'by a single file' '' "$(find to -name '.copyfile-*')"
	cd "$work" || return
}

. shunit2
