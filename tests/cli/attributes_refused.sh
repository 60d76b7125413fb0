#!/bin/sh
# SPDX-License-Identifier: GPL-3.0-or-later
#
# Attributes where a file system or the system refuses to set them: what needed no
# change, or is not expected of anyone, is no failure; nor is a signal.

. "$(dirname "$0")/common.sh"

# can_fail: system calls can be made to fail; a sanitizer makes some of its own
can_fail() {
	! sanitized && can_strace || { skip 'no strace, or a sanitizer'; return 1; }
}

# failing CALLS ERROR: pcp runs with these failing
failing() {
	as="strace -f -o /dev/null -e trace=$1 -e inject=$1:error=$2"
}

# Modes and owners that cannot be changed, as on FAT
fat() {
	can_mount && has_fuse || { skip 'no FUSE'; return 1; }
	prepare() {
		mkdir -p d/closed d/open d/shut back mnt
		for mode in 0400 0444 0644 0755; do
			echo x >d/$mode
			chmod $mode d/$mode
		done
		echo x >d/closed/x
		! may_chown || chown 1234:5678 d/0400 d/open
		chmod 0555 d/closed
		chmod 0775 d/open
		chmod 0700 d/shut
	}
	before() {
		slowfs -x -M 0755 -e chown:1+:EPERM \
			-o allow_other,attr_timeout=0,entry_timeout=0 back mnt
	}
	after() { fusermount3 -u mnt; }
}

pcp_to_fat() {
	new_twins
	(cd "$work/pcp" && before)
	run_in pcp pcp "$@"
	(cd "$work/pcp" && after)
}

test_modes_of_its_own() {
	fat || return 0
	for mask in 022 077; do
		same_as_cp -r d mnt
		same_as_cp d/0755 mnt
		same_as_cp -p d/0755 mnt
	done
	# where cp sets a mode of files that is none of the file system's, and fails
	pcp_to_fat -r --no-preserve=mode d mnt
	assert_ran 1 "setting permissions for 'mnt/d'"
	assertEquals 'of directories alone' 4 "$(grep -c 'setting permissions' "$work/pcp.err")"
	mask=022
	pcp_to_fat -r --no-preserve=mode d mnt
	assert_ran 0
}

# What differs from the source is a failure.
test_modes_of_its_own_preserved() {
	fat || return 0
	compare='status err'
	same_as_cp -p d/0644 mnt
	compare=status
	same_as_cp -rp d mnt
	pcp_to_fat -r --preserve=ownership d mnt
	! may_chown || assert_ran 1 "failed to preserve ownership for 'mnt/d/0400'"
}

# no_proc_as_cp ARGUMENT...: pcp makes without /proc what cp makes with it
no_proc_as_cp() {
	new_twins
	run_in cp cp "$@"
	as=$no_proc
	run_in pcp pcp $engine "$@"
	as=
	for name in cp pcp; do
		picture $name >"$work/$name.tree"
	done
	assert_alike "[$engine $*] without /proc" status err tree
}

test_no_proc() {
	can_mount || { skip 'no mount namespace'; return; }
	sanitized && { skip 'a sanitizer needs /proc'; return; }
	prepare() {
		mkdir -p d/sub d/acl to
		echo x >d/x
		echo y >d/sub/y
		ln d/x d/again
		ln -s x d/link
		mkfifo -m 640 d/fifo
		! may_chown || chown -h 1234:5678 d/x d/link d/fifo d/sub
		chmod 2750 d/sub
		chmod 600 d/x
		setfacl -m u:1234:rw d/sub/y 2>/dev/null
		setfacl -m u:1234:rwx d/acl 2>/dev/null
		setfacl -d -m u:1234:rx d/acl 2>/dev/null
		setfattr -n user.x -v y d/sub 2>/dev/null
	}
	no_proc=$scratch/no_proc
	cat >"$no_proc" <<-'END'
		#!/bin/sh
		exec unshare -m sh -c 'mount -t tmpfs none /proc && exec "$@"' sh "$@"
	END
	chmod +x "$no_proc"
	for engine in '' '-j1 --window=1' '-j16 --window=128'; do
		for options in -a -Rp '-R --preserve=ownership' '-R --no-preserve=mode' \
			'-a --no-preserve=mode' '-R --preserve=all' '-R --attributes-only -p' \
			-Rs; do
			no_proc_as_cp $options d new
			no_proc_as_cp $options d to
		done
	done
	for mask in 027 077; do
		no_proc_as_cp -R --preserve=ownership d new
		no_proc_as_cp -R --no-preserve=mode d new
	done
}

# Network file systems have many words for having no ACLs; with none in the source chmod is
# enough.
test_no_acls() {
	can_fail || return 0
	prepare() {
		mkdir d
		mkdir -m 750 d/sub
		echo x >d/x
		chmod 640 d/x
		mkfifo -m 640 d/fifo
	}
	compare='tree'
	for error in EOPNOTSUPP ENOSYS EINVAL EBUSY EACCES; do
		for options in -Rp -a; do
			failing fsetxattr,setxattr,lsetxattr $error
			run_pcp $options d new
			assert_ran 0
			assertEquals "modes, $error, $options" '640 640 750' \
				"$(cd "$work/pcp/new" && stat -c %a x fifo sub | xargs)"
		done
	done
	for error in EINVAL EBUSY; do
		failing flistxattr,listxattr,llistxattr $error
		run_pcp -Rp d new
		assert_ran 0
	done
}

# One that the source has is lost, which cp says, too.
test_acl_lost() {
	can_fail || return 0
	prepare() { echo x >x; setfacl -m u:1234:rw x; }
	new_twins
	getfacl "$work/pcp/x" 2>/dev/null | grep -q 1234 || { skip 'no ACLs here'; return; }
	for error in EOPNOTSUPP EINVAL EACCES; do
		failing fsetxattr,setxattr,lsetxattr $error
		run_pcp -p x new
		assert_ran 1 "preserving permissions for 'new'"
	done
}

# CIFS lets an ordinary user's chown fail with EACCES. The group is tried alone.
test_chown_without_a_right() {
	is_root || { skip 'not root, nobody else has files'; return; }
	can_fail || return 0
	calls=fchown,fchownat,lchown,chown
	prepare() { mkdir -p d/sub; echo x >d/x; ln -s x d/link; mkfifo d/fifo; }
	unprivileged
	touch "$scratch/trace"
	chmod 666 "$scratch/trace"
	for error in EPERM EINVAL EACCES; do
		as="setpriv --reuid=65534 --regid=65534 --clear-groups"
		as="$as strace -f -o $scratch/trace -e trace=$calls -e inject=$calls:error=$error"
		for options in -Rp -a; do
			new_twins
			chown -hR 1234:5678 "$work/pcp/d"
			run_in pcp pcp $options d new
			assert_ran 0
			assertEquals "the group alone, $error" 5 \
				"$(grep -c -- '-1, 5678' "$scratch/trace")"
		done
	done
}

# Where nothing has to change a directory gets no chmod.
test_needless_chmod() {
	can_fail || return 0
	prepare() { mkdir -p d/sub; chmod 0755 d d/sub; echo x >d/sub/x; mkdir to; }
	calls=chmod,fchmod,fchmodat
	for options in -R '-R --no-preserve=mode' -Rp; do
		failing $calls EPERM
		run_pcp $options d new
		assert_ran 0
		run_pcp $options d to
		assert_ran 0
	done
}

# Calls that a signal ends, as those on a FUSE file system, are made again.
test_interrupted() {
	can_fail || return 0
	prepare() {
		mkdir -p d/sub
		echo x >d/x
		ln d/x d/again
		ln -s x d/link
		mkfifo d/fifo
		chmod 0555 d/sub
	}
	calls=mkdirat,mknodat,symlinkat,linkat,fchmod,fchmodat,fchownat,utimensat
	calls=$calls,fsetxattr,flistxattr,fremovexattr,removexattr,listxattr,setxattr
	for options in -R -a '-R --no-preserve=mode' '-R --preserve=ownership' -Rl -sp; do
		from=d
		[ "$options" != -sp ] || from=d/x
		as=
		new_twins
		run_in cp cp $options $from new
		as="strace -f -o /dev/null -e trace=$calls"
		for call in $(echo $calls | tr , ' '); do
			as="$as -e inject=$call:error=EINTR:when=1+2"
		done
		run_in pcp pcp -j1 --window=1 $options $from new
		assert_ran 0
		for name in cp pcp; do
			picture $name >"$work/$name.tree"
		done
		assertEquals "$options" '' "$(diff "$work/cp.tree" "$work/pcp.tree")"
	done
}

. shunit2
