#!/bin/sh
# SPDX-License-Identifier: GPL-3.0-or-later
#
# Modes, owners, times, ACLs, and who may set them.

. "$(dirname "$0")/common.sh"

modes() {
	prepare() {
		mkdir -p d/open d/closed d/sticky to
		for mode in 0400 0444 0600 0644 0755 0777 1644 2755 4755 6711; do
			echo x >d/$mode
			! may_chown || chown 1234:5678 d/$mode
			chmod $mode d/$mode
		done
		echo x >d/closed/x
		! may_chown || chown 1234:5678 d/open
		chmod 0777 d/open
		chmod 1777 d/sticky
		chmod 0500 d/closed
	}
}

modes_with_any_umask() {
	modes
	for mask in 000 022 027 077 0777; do
		same_as_cp -R d new
		same_as_cp -a d new
		same_as_cp d/0777 d/4755 d/0600 to
		same_as_cp -p d/0777 d/4755 to
	done
}

test_umask() {
	modes_with_any_umask
}

test_umask_as_ordinary_user() {
	unprivileged
	modes_with_any_umask
}

# A new directory where many files have the same mode: what the first of them got tells what the
# others will get, unless they have another owner, an ACL, an attribute or a special bit.
many_files_of_each_mode() {
	prepare() {
		mkdir -p d/sub/deep d/far to
		for dir in d d/sub d/sub/deep d/far; do
			for mode in 0000 0400 0444 0600 0640 0644 0666 0755 0775 0777; do
				for i in 1 2 3 4; do
					echo $i >$dir/$mode.$i
					chmod $mode $dir/$mode.$i
				done
			done
		done
		chmod 4755 d/sub/0755.3
		chmod 2640 d/sub/0640.4
		setfacl -m u:1234:r d/0644.3 d/sub/0444.3 d/sub/deep/0775.4
		setfattr -n user.b -v x d/0644.4 d/sub/0755.4 d/far/0600.3 d/0444.2 d/0444.4
		! may_chown || chown 1234:5678 d/0600.3 d/sub/0777.4 d/sub/deep/*.2 d/far
		! may_chown || chgrp 5678 d/0444.3 d/far/*.3
	}
	# one that an ordinary user may not set, after one that he may
	before() {
		! is_root || setfattr -n security.capability \
			-v 0x0100000200200000000000000000000000000000 d/0444.4 d/sub/0755.4
	}
	# Without the right to write cp gives a user's files no extended attributes.
	for mask in 000 027 077; do
		for options in -a -Rp '-R --preserve=mode' '-R --preserve=mode,timestamps'; do
			same_as_cp $options d new
		done
		same_as_cp -a d/sub d/far to
	done
	before() { setfacl -d -m u:1234:rwx to; }
	same_as_cp -a d to
	# cp 9.1 has directories inherit the bit.
	before() { chmod 2770 to && chmod 2755 d d/*/ d/sub/deep; ! may_chown || chgrp 5678 to; }
	same_as_cp -a d to
	before() { :; }
}

test_many_files_of_each_mode() {
	many_files_of_each_mode
}

test_many_files_of_each_mode_as_ordinary_user() {
	unprivileged
	many_files_of_each_mode
}

test_preserve() {
	modes
	same_as_cp -p d/0400 new
	same_as_cp -p d/0400 d/6711 d/1644 to
	same_as_cp -Rp d new
	same_as_cp -Rp d/. to
	same_as_cp -p -R -P d new
	same_as_cp d/0400 d/6711 new to
}

# Somebody else's files: owner and set-uid are lost, the rest is kept.
# Of several things that fail, each has its own reason; -a is silent about attributes.
test_reason_of_the_failure() {
	is_root || { skip 'not root, nobody else has files'; return; }
	prepare() { mkdir d to; setfattr -n user.b -v x d; }
	before() { chown 1000:1000 to; }
	unprivileged
	same_as_cp -a -T d to
}

test_preserve_what_others_own() {
	is_root || { skip 'not root, nobody else has files'; return; }
	prepare() {
		chmod 0777 .
		mkdir -p d/sub to
		for mode in 0444 0644 2755 4755 6755 7777; do
			echo x >d/$mode
			chmod $mode d/$mode
		done
		ln -s 0444 d/link
		chmod 6777 d/sub
		chmod 0777 to
	}
	before() {
		chown -hR 1234:5678 d
		chmod 6755 d/6755
		chmod 4755 d/4755
		chmod 7777 d/7777
		chmod 6777 d/sub
	}
	unprivileged
	same_as_cp -a d new
	same_as_cp -Rp d new
	same_as_cp -R d new
	same_as_cp -p d/4755 d/6755 d/7777 to
}

test_existing_file_keeps_its_mode() {
	prepare() {
		mkdir -p d to/d
		for name in a b c; do
			echo new >d/$name
			echo longer than new >to/d/$name
		done
		chmod 0755 d/a
		chmod 0600 to/d/a
		chmod 0666 d/b
		chmod 4755 to/d/b
		chmod 0444 to/d/c
		ln -s ../d/a to/link
		! may_chown || chown 1234:5678 to/d/a to/d/b
		! may_chown || chmod 4755 to/d/b
	}
	same_as_cp d/a to/d/a
	same_as_cp d/b to/d/b
	same_as_cp -R d to
	same_as_cp -p d/a to/d/a
	same_as_cp -Rp d to
	same_as_cp -a d to
	unprivileged
	same_as_cp -R d to
	same_as_cp -a d to
	same_as_cp d/c to/d/c
}

test_existing_directory_keeps_its_mode() {
	prepare() {
		mkdir -p d/sub to/d/sub
		chmod 0755 d d/sub
		chmod 0700 to/d
		chmod 1770 to/d/sub
		echo x >d/sub/x
	}
	same_as_cp -R d to
	same_as_cp -R d/. to/d
	same_as_cp -RT d to/d
	# with -p, cp 9.1 leaves the sticky bit
	before() { chmod 0770 to/d/sub; }
	same_as_cp -Rp d to
	same_as_cp -a d to
	same_as_cp -aT d to/d
	before() { :; }
}

# The mode is exactly the source's, whatever bits were there, or would be inherited.  Of cp
# 9.1 some stay; the newest does as pcp.
test_mode_without_special_bits() {
	is_cp && { skip 'cp 9.1 leaves them'; return; }
	prepare() {
		mkdir -p d/new to/d
		echo x >d/f
		echo x >d/acl
		echo old >to/d/f
		echo old >to/d/acl
		setfacl -m u:1:r d/acl to/d/acl
		chmod 0755 d d/new
		chmod 0644 d/f d/acl
		chmod 6755 to/d/f
		chmod 1644 to/d/acl
		chmod 3770 to/d
	}
	for options in -a -Rp '-R --preserve=mode'; do
		run_pcp $options d to
		assert_ran 0
		assertEquals "$options" '755 755 644 644' \
			"$(cd "$work/pcp/to" && stat -c %a d d/new d/f d/acl | paste -sd' ')"
	done
}

test_set_gid_directories() {
	prepare() {
		mkdir -p d/sub/deep to
		echo x >d/sub/x
		! may_chown || chgrp 5678 to
		chmod 2775 to
		chmod 2755 d/sub
	}
	same_as_cp -R d to
	same_as_cp d/sub/x to
	# with -p, cp 9.1 has directories inherit the bit
	before() { chmod 2755 d d/sub d/sub/deep; }
	same_as_cp -a d to
	same_as_cp -Rp d to
	before() { :; }
	mask=027
	same_as_cp -R d to
	# one that takes rights of the owner
	before() { setfacl -bd to; setfacl -d -m u::rw,g::r,o::r to; }
	for mask in 022 027; do
		same_as_cp -R d to
		same_as_cp -R --no-preserve=mode d to
	done
	before() { :; }
	unprivileged
	same_as_cp -R d to
	before() { chmod 2755 d d/sub d/sub/deep; }
	unprivileged
	same_as_cp -a d to
	before() { :; }
}

test_read_only_directories() {
	prepare() {
		mkdir -p d/a/b/c d/empty to
		echo x >d/a/x
		echo y >d/a/b/y
		echo z >d/a/b/c/z
		chmod 0555 d/a/b/c d/a/b d/a d/empty
		chmod 0500 d
	}
	for user in '' unprivileged; do
		$user
		same_as_cp -R d new
		same_as_cp -a d new
		same_as_cp -Rp d/. to
		same_as_cp -a d/a d/empty to
	done
}

test_acl() {
	prepare() {
		mkdir -p d/sub to
		echo acl >d/acl
		echo plain >d/plain
		setfacl -m u:1234:rw,g:5678:r,m::rw d/acl && setfacl -m u:1234:rwx d/sub &&
			setfacl -d -m u:1234:rx d/sub
		echo old >to/acl
		setfacl -m u:1:r to/acl
		echo old >to/plain
		setfacl -m u:1:r to/plain
	}
	same_as_cp -R d new
	same_as_cp -a d new
	same_as_cp -Rp d new
	same_as_cp d/acl d/plain to
	same_as_cp -p d/acl d/plain to
	same_as_cp -a d/. to
	unprivileged
	same_as_cp -a d new
	same_as_cp -R d new
}

# What a default ACL gives must not stay where the source has none.
test_default_acl() {
	prepare() {
		mkdir -p d/sub to
		echo plain >d/plain
		echo plain >d/sub/plain
		mkfifo d/fifo
		python3 -c 'import socket; socket.socket(socket.AF_UNIX).bind("d/socket")'
		chmod 0600 d/plain d/fifo
		chmod 0700 d/sub
		setfacl -d -m u::rwx,u:1234:rwx,g::rwx,o::rx,m::rwx to
	}
	for mask in 022 077 027; do
		same_as_cp -R --no-preserve=mode d to
		same_as_cp -R d to
		same_as_cp -a d to
		same_as_cp -Rp d to
		same_as_cp d/plain to
		same_as_cp -p d/plain to
		same_as_cp -R d/. to
		same_as_cp -a d/. to
		same_as_cp -R --preserve=ownership d to
		same_as_cp --preserve=ownership,timestamps d/sub/plain to
		same_as_cp -R --preserve=ownership d/fifo d/socket to
	done
	unprivileged
	same_as_cp -R d to
	same_as_cp -a d to
}

test_xattr() {
	prepare() {
		mkdir -p d/sub to
		echo x >d/x
		echo y >to/x
		setfattr -n user.one -v 1 d/x
		setfattr -n user.dir -v 1 d/sub
		setfattr -n user.one -v old to/x
		setfattr -n user.two -v old to/x
		chmod 0444 d/x
	}
	(cd "$work" && : >x && setfattr -n user.x -v 1 x 2>/dev/null) ||
		{ skip 'no xattrs on this file system'; return; }
	for user in '' unprivileged; do
		$user
		same_as_cp -R d new
		same_as_cp -a d new
		same_as_cp -Rp d new
		same_as_cp -a d/. to
		same_as_cp -p d/x to
		same_as_cp -a d/x to
	done
}

# -a is quiet where the destination knows neither ACLs nor xattrs.
test_destination_without_xattr() {
	can_mount && has_fuse || { skip 'no FUSE'; return; }
	prepare() {
		mkdir -p d/sub back mnt
		echo x >d/x
		echo acl >d/acl
		setfattr -n user.one -v 1 d/x
		setfacl -m u:1234:rw d/acl
		setfacl -d -m u:1234:rw d/sub
	}
	before() { slowfs -x back mnt; }
	after() { fusermount3 -u mnt; }
	same_as_cp -a d mnt
	same_as_cp -a d/acl d/x mnt
	same_as_cp -Rp d/sub mnt
	same_as_cp -p d/x mnt
	same_as_cp -p d/acl mnt
}

test_times() {
	prepare() { mkdir -p d/sub/deep to; echo x >d/sub/x; ln -s x d/link; }
	before() {
		touch -h -d '1970-01-01 00:00:00.000000001 UTC' d/sub/x
		touch -h -d '1969-12-31 23:59:58.5 UTC' d/link
		touch -d '1999-12-31 23:59:59.999999999' d/sub/deep
		touch -d '2005-05-05 05:05:05.5' d/sub
	}
	same_as_cp -a d new
	same_as_cp -Rp d new
	same_as_cp -R d new
	same_as_cp -p d/sub/x new
	same_as_cp -pP d/link new
	same_as_cp -a d/sub d/link to
}

. shunit2
