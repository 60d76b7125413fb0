#!/bin/sh
# SPDX-License-Identifier: GPL-3.0-or-later
#
# Whoever owns a directory may give a name in it to another file while pcp copies to it.
# That one gets neither the data nor the attributes of the copy. strace stops pcp after each
# call that takes a name, so that there is time for it. tests/hostile does it at random.

. "$(dirname "$0")/common.sh"

oneTimeSetUp() {
	! sanitized && can_strace || skip_all 'no strace, or a sanitizer'
}

calls=openat,newfstatat,mknodat,mkdirat,symlinkat,linkat,fchmodat,fchmod,utimensat

# swap_when REGEX [LEAST] -- ARGUMENT...: runs pcp, and calls swap in its directory once
# the log has a line like it after one like LEAST.
swap_when() {
	regex=$1
	since=.
	[ "$2" = -- ] || { since=$2; shift; }
	shift 2
	log=$scratch/log
	: >"$log"
	new_twins
	seen=$(picture_of_victim)
	(cd "$work/pcp" && umask $mask && timeout -k 5 60 \
		strace -f -o "$log" -e trace=$calls -e inject=$calls:signal=STOP \
		"$bin/pcp" -j1 --window=1 "$@" 2>"$work/pcp.stderr"
		echo $? >"$work/pcp.status") &
	swapped=
	stops=0
	until [ -s "$work/pcp.status" ]; do
		[ "$(grep -c 'stopped by SIGSTOP' "$log")" -gt $stops ] ||
			{ sleep 0.002; continue; }
		stops=$((stops + 1))
		[ "$swapped" ] || ! sed -n "/$since/,\$p" "$log" | grep -q "$regex" ||
			{ (cd "$work/pcp" && swap) && swapped=yes; }
		kill -CONT "$(sed -n '1s/ .*//p' "$log")"
	done
	wait
	sed 's/^pcp: /cp: /' "$work/pcp.stderr" >"$work/pcp.err"
	assertEquals "swapped in time; $(cat "$log")" yes "$swapped"
	assertEquals "the victim, after [$*]; $(cat "$work/pcp.err")" "$seen" "$(picture_of_victim)"
}

picture_of_victim() {
	(cd "$work/pcp" && stat -c '%n %a %u:%g %h %Y' victim* && cat victim && ls victim.d)
}

victims() {
	echo secret >victim
	chmod 600 victim
	mkdir victim.d to
	chmod 500 victim.d
}

# symlink NAME: to a victim, instead of what pcp has made
symlink() { mv "to/$1" to/old && ln -s ../victim "to/$1"; }

test_file() {
	prepare() { victims; echo x >x; }
	swap() { symlink x; }
	made='"\(to\/\)\?x", O_WRONLY|O_CREAT|O_EXCL.* = '
	swap_when "$made" -- --no-preserve=mode x to
	swap_when "$made" -- --no-preserve=mode --attributes-only x to
	swap_when "$made" -- -p --no-preserve=mode x to
	swap_when "$made" -- -p x to
}

test_file_below_a_default_acl() {
	prepare() { victims; echo x >x; setfacl -d -m u:1234:rwx to 2>/dev/null; }
	swap() { symlink x; }
	swap_when '"\(to\/\)\?x", O_WRONLY|O_CREAT|O_EXCL.* = ' -- --no-preserve=mode x to
	assertEquals 'the mode' 644 "$(stat -c %a "$work/pcp/to/old")"
}

# calls_of ARGUMENT...: what pcp calls to make the copy goes to $log.
calls_of() {
	log=$scratch/log
	new_twins
	(cd "$work/pcp" && umask $mask && strace -f -o "$log" "$bin/pcp" -j1 --window=1 "$@")
	assertEquals "[$*]" 0 $?
}

# The user whom the ACL gives rights to does not have them for a moment either.
test_rights_below_a_default_acl() {
	prepare() {
		mkdir to d
		echo x >d/x
		chmod 700 d
		chmod 600 d/x
		setfacl -d -m u:1234:rwx to 2>/dev/null
	}
	new_twins
	getfacl -p "$work/pcp/to" 2>/dev/null | grep -q default ||
		{ skip 'no ACLs here'; return; }
	mask=077
	calls_of --no-preserve=mode -R d to
	grep -q 'mkdirat(.*"d", 0700)' "$log"
	assertTrue "the directory: $(grep mkdirat "$log")" $?
	grep -q 'openat(.*"x", O_WRONLY|O_CREAT|O_EXCL.*, 0600) = ' "$log"
	assertTrue "the file: $(grep O_CREAT "$log")" $?
	mask=022
}

# The new contents are never readable by those whom the source does not admit.
test_mode_of_what_is_overwritten() {
	prepare() { echo secret >x; chmod 600 x; echo old >y; chmod 666 y; }
	calls_of -p --reflink=never x y
	order=$(sed -n 's/.* fchmod(.* 0600) .*/mode/p
		s/.* \(copy_file_range\|sendfile\|pwrite64\)(.* = 7$/data/p' "$log" | xargs)
	assertEquals "in that order; $(cat "$log")" 'mode data' "${order% mode}"
}

test_fifo() {
	prepare() { victims; mkfifo -m 666 x; }
	swap() { symlink x; }
	for options in --no-preserve=mode -p -Lp '-L --preserve=ownership' \
		'-pL --no-preserve=mode'; do
		swap_when 'mknodat(.* = 0' -- -R $options x to
		assert_ran 1 "setting attributes for 'to/x': Stale file handle"
	done
}

# Of another name of somebody else's FIFO: nor does that get them.
test_fifo_by_a_link() {
	prepare() { victims; mkfifo -m 666 x; mkfifo -m 600 victim.fifo; ln victim.fifo to/link; }
	swap() { mv to/x to/old && mv to/link to/x; }
	swap_when 'mknodat(.* = 0' -- -Rp x to
	assert_ran 1 "setting attributes for 'to/x': Stale file handle"
}

# Made without its owner's rights, which it then gets
test_directory_by_a_symlink() {
	prepare() { victims; mkdir x; }
	swap() { mv to/x to/old && ln -s ../victim.d to/x; }
	mask=0277
	swap_when 'newfstatat(.*"\(to\/\)\?x".* = 0' 'mkdirat(.* = 0' -- -R x to
	assert_ran 1 'Stale file handle'
}

# A directory of somebody else's that the owner of its parent can rename
test_directory_by_another() {
	prepare() { victims; mkdir x; chmod 755 x; mkdir to/victim; chmod 700 to/victim; }
	swap() { mv to/x to/old && mv to/victim to/x; }
	for options in -p --no-preserve=mode; do
		mask=0002
		swap_when 'newfstatat(.*"\(to\/\)\?x".* = 0' 'mkdirat(.* = 0' -- -R $options x to
		assert_ran 1 'Stale file handle'
		assertEquals 'its mode' 700 "$(stat -c %a "$work/pcp/to/x")"
	done
}

test_attributes_of_what_was_there() {
	prepare() { victims; echo x >x; chmod 666 x; echo old >to/x; ln victim to/link; }
	looked='newfstatat(.*x", {st_mode=S_IFREG|0644, st_size=4'
	swap() { symlink x; }
	swap_when "$looked" -- -p --attributes-only x to
	assert_ran 1 "'to/x': Too many levels of symbolic links"
	swap() { mv to/x to/old && mv to/link to/x; }
	swap_when "$looked" -- -p --attributes-only x to
	assert_ran 1 "'to/x': Stale file handle"
}

test_symlink() {
	prepare() { victims; echo x >x; ln victim link; }
	swap() { mv link new; }
	swap_when 'symlinkat(.* = 0' -- -sp x new
	assert_ran 1 "preserving times for 'new': Stale file handle"
}

# A file that is looked at, and then overwritten
test_overwritten_file() {
	prepare() { victims; mkdir d to/d; echo new >d/x; echo older >to/d/x; }
	looked='newfstatat(.*"x", {st_mode=S_IFREG|0644, st_size=6'
	swap() { mv to/d/x to/old && ln -s ../../victim to/d/x; }
	for options in -R -a '-R --copy-contents' '-R --attributes-only'; do
		swap_when "$looked" -- $options d to
		assert_ran 1 "'to/d/x': Too many levels of symbolic links"
	done
	swap() { mv to/d/x to/old && mkfifo to/d/x; }
	for options in -R -a '-R --attributes-only'; do
		swap_when "$looked" -- $options d to
		assert_ran 1 "'to/d/x': \(Stale file handle\|No such device or address\)"
	done
	assertEquals 'the file that was there' older "$(cat "$work/pcp/to/old")"
}

# A file that was found to have one name is not written to if it is another by then.
test_overwritten_by_a_link() {
	prepare() { victims; mkdir d to/d; echo new >d/x; echo older >to/d/x; ln victim to/link; }
	swap() { mv to/d/x to/old && mv to/link to/d/x; }
	swap_when 'newfstatat(.*"x", {st_mode=S_IFREG|0644, st_size=6' -- -a d to
	assert_ran 1 "'to/d/x': Stale file handle"
}

# A directory that is there, and is found, is the one that is filled.
test_merged_directory() {
	prepare() {
		victims
		mkdir -p d/sub to/d/sub to/d/victim
		echo x >d/sub/x
		chmod 750 to/d/sub
	}
	swap() { mv to/d/sub to/d/old && mv to/d/victim to/d/sub; }
	for options in -R -a '-R --keep-directory-symlink'; do
		swap_when 'newfstatat(.*"sub", {st_mode=S_IFDIR|0750' -- $options d to
		assert_ran 1 "cannot access 'to/d/sub': Stale file handle"
		assertEquals "[$options] what is in it" '' "$(ls "$work/pcp/to/d/sub")"
	done
}

# The directory to copy into is the one that was there at first.
test_target_directory() {
	prepare() { victims; mkdir d; echo x >d/x; }
	swap() { mv to old && ln -s victim.d to; }
	for options in -R -a '--parents -R'; do
		swap_when '"to", O_RDONLY.*O_DIRECTORY.* = \|"to", O_PATH.* = ' -- $options d to
		assert_ran 0
		assertEquals "[$options]" x "$(cat "$work/pcp/old/d/x")"
	done
	swap_when '"to\/*", O_RDONLY.*O_DIRECTORY.* = \|"to\/*", O_PATH.* = ' -- -RT d to/new
	assert_ran 0
	assertEquals x "$(cat "$work/pcp/old/new/x")"
}

# So are the directories that lead to an operand.
test_parents() {
	prepare() { victims; mkdir -p a/b to/a/b; echo x >a/b/x; }
	swap() { mv to/a old && ln -s ../victim.d to/a; }
	swap_when 'newfstatat(.*"a", {st_mode=S_IFDIR.* = 0' 'O_DIRECTORY' -- --parents a/b/x to
	assert_ran 1 "cannot access 'to/a': Stale file handle"
}

# A file that was looked at becomes a FIFO, whose writer may never come.
test_source_by_a_fifo() {
	prepare() { victims; echo x >x; }
	swap() { mv x old && mkfifo x; }
	swap_when 'newfstatat(.*"x".* = 0' -- --attributes-only x to
	assert_ran 1 "skipping file 'x', as it was replaced while being copied"
}

# A FIFO's attributes are its own.
test_source_of_a_fifo() {
	prepare() { victims; mkfifo -m 640 x; }
	swap() { mv x old && mkfifo -m 666 x; }
	swap_when 'mknodat(.* = 0' -- -aL x to
	assert_ran 1 "setting attributes for 'to/x': Stale file handle"
}

# The first name was written through a symlink, which leads elsewhere when the second is
# linked to what it led to.
test_hard_link_through_a_symlink() {
	prepare() {
		victims
		mkdir d to/d
		echo x >d/x
		ln d/x d/y
		echo old >to/real
		ln -s ../real to/d/x
		ln -s ../real to/d/y
	}
	swap() { for name in x y; do ln -sfn ../../victim to/d/$name; done; }
	swap_when 'linkat(.*EEXIST' -- -RL --preserve=links d to
	assert_ran 0
}

# A new symlink has one name.
test_copied_symlink_by_a_link() {
	prepare() { victims; ln -s y x; ln -s y victim.link; ln -P victim.link to/link; }
	swap() { mv to/x to/old && mv to/link to/x; }
	swap_when 'symlinkat(.* = 0' -- -a x to
	assert_ran 1 'Stale file handle'
}

# A symlink that is copied; its name becomes one of somebody else's file.
test_copied_symlink() {
	prepare() { victims; ln -s y x; ln victim to/link; }
	swap() { mv to/x to/old && mv to/link to/x; }
	swap_when 'symlinkat(.* = 0' -- -a x to
	assert_ran 1 'Stale file handle'
}

# The second of two names is linked to the first, whatever that is then.
test_hard_link() {
	prepare() { victims; mkdir d to/d; echo x >d/x; ln d/x d/y; }
	swap() { mv to/d/x to/d/old && ln -s ../../victim to/d/x; }
	swap_when 'newfstatat(.*"y", {' -- -RL --preserve=links d to
}

. shunit2
