#!/bin/sh
# SPDX-License-Identifier: GPL-3.0-or-later
#
# Whoever owns a directory may give a name in it to another file while pcp copies to it.
# That one gets none of the attributes of the copy. strace holds pcp up at each call that
# takes a name, so that there is time for it.

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
	rm -f "$log"
	new_twins
	seen=$(picture_of_victim)
	(cd "$work/pcp" && umask $mask && timeout -k 5 60 \
		strace -f -o "$log" -e trace=$calls -e inject=$calls:delay_enter=250000 \
		"$bin/pcp" -j1 --window=1 "$@" 2>"$work/pcp.stderr"
		echo $? >"$work/pcp.status") &
	swapped=
	for i in $(seq 3000); do
		if sed -n "/$since/,\$p" "$log" 2>/dev/null | grep -q "$regex"; then
			(cd "$work/pcp" && swap) && swapped=yes
			break
		fi
		[ ! -s "$work/pcp.status" ] || break
		sleep 0.01
	done
	wait
	sed 's/^pcp: /cp: /' "$work/pcp.stderr" >"$work/pcp.err"
	assertEquals "swapped in time; $(cat "$log")" yes "$swapped"
	assertEquals "the victim, after [$*]; $(cat "$work/pcp.err")" "$seen" "$(picture_of_victim)"
}

picture_of_victim() { (cd "$work/pcp" && stat -c '%n %a %u:%g %h %Y' victim*); }

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
	swap() { symlink x; }
	swap_when '"\(to\/\)\?x", O_WRONLY' -- -p --attributes-only x to
	assert_ran 1 "'to/x': Too many levels of symbolic links"
	swap() { mv to/x to/old && mv to/link to/x; }
	swap_when '"\(to\/\)\?x", O_WRONLY' -- -p --attributes-only x to
	assert_ran 1 "'to/x': Stale file handle"
}

test_symlink() {
	prepare() { victims; echo x >x; ln victim link; }
	swap() { mv link new; }
	swap_when 'symlinkat(.* = 0' -- -sp x new
	assert_ran 1 "preserving times for 'new': Stale file handle"
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
	swap() {
		for name in x y; do
			[ ! -f to/d/$name ] ||
				{ mv to/d/$name to/d/old && ln -s ../../victim to/d/$name; }
		done
	}
	swap_when 'linkat(' -- -RL --preserve=links d to
}

. shunit2
