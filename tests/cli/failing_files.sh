#!/bin/sh
# SPDX-License-Identifier: GPL-3.0-or-later
#
# One file fails: it is reported as cp would, all others are copied, status 1.

. "$(dirname "$0")/common.sh"

# A tree of 61 files; the test makes one of them, named bad, fail.
tree() {
	mkdir -p src/a/b src/c dst mnt
	for i in 0 1 2 3 4 5 6 7 8 9; do
		for dir in src src/a src/a/b src/c; do
			echo "$dir/$i" >"$dir/$i"
		done
	done
	seq 20 >src/a/bad
	mkdir src/dir
	echo x >src/dir/x
}

# from_slow FAULT...: the source is seen through a file system with faults
from_slow() {
	has_fuse || { skip 'no FUSE'; return 1; }
	prepare() { tree; }
	faults=$(printf ' -e %s' "$@")
	before() { set -f; slowfs $faults -o attr_timeout=0,entry_timeout=0 src mnt; }
	after() { fusermount3 -u mnt; }
}

# to_slow FAULT...: the destination is
to_slow() {
	from_slow "$@" || return
	before() { set -f; slowfs $faults -o attr_timeout=0,entry_timeout=0 dst mnt; }
}

# all_but NAMES: every file but these was copied whole; these are not there
# (nothing half-made is left), or whole where the failure came too late
all_but() {
	from=$1
	to=$2
	shift 2
	(cd "$work/pcp/$from" && find . -type f -printf '%P\n') | while read -r name; do
		case " $* " in
		*" $name "*)
			[ ! -e "$work/pcp/$to/$name" ] || is_cp || echo "left half-made: $name"
			;;
		*)
			cmp "$work/pcp/$from/$name" "$work/pcp/$to/$name" 2>&1
			;;
		esac
	done >"$work/wrong"
	assertEquals 'all others are copied' '' "$(head "$work/wrong")"
}

test_unreadable_source() {
	prepare() {
		tree
		chmod 000 src/a/bad src/c/3
	}
	unprivileged
	same_as_cp -R src dst
	same_as_cp -a src dst
	same_as_cp src/a/bad new
	same_as_cp src/a/bad src/a/1 src/c/3 src/c/4 dst
	# the destination is not lost either
	same_as_cp src/a/bad src/a/1
}

test_unreadable_directory() {
	prepare() {
		tree
		chmod 000 src/a/b
		chmod 100 src/c
		chmod 400 src/dir
	}
	unprivileged
	same_as_cp -R src dst
	same_as_cp -R --attributes-only src dst
	same_as_cp -a src dst
	same_as_cp -R src/a/b src/c dst
	same_as_cp src/a/b/1 src/a/1 dst
	same_as_cp -R src/a/b/1 src/a/1 dst
	same_as_cp src/c/1 src/dir/x dst
}

test_unwritable_destination() {
	prepare() {
		tree
		mkdir -p dst/src/a dst/closed
		echo old >dst/src/1
		echo old >dst/closed/1
		echo old >dst/2
		chmod 444 dst/src/1 dst/2
		chmod 555 dst/src/a dst/closed
	}
	unprivileged
	same_as_cp src/1 dst/closed/new
	same_as_cp src/1 src/2 dst/closed
	same_as_cp src/1 src/2 dst
	same_as_cp -R src dst
	same_as_cp -a src dst
	same_as_cp -R src dst/closed
	same_as_cp -R src dst/closed/new
	prepare() { tree; chmod 000 dst; }
	same_as_cp src/1 dst
	same_as_cp -R src dst
	same_as_cp -R src src/1 dst
	same_as_cp src/1 dst/new
}

test_read_only_destination() {
	can_mount || { skip 'mounting is not permitted'; return; }
	prepare() { tree; }
	before() { mount -t tmpfs -o ro none dst; }
	after() { umount dst; }
	same_as_cp src/1 dst
	same_as_cp -R src dst
}

test_full_destination() {
	can_mount || { skip 'mounting is not permitted'; return; }
	prepare() {
		mkdir src dst
		head -c 3000000 /dev/zero | tr '\0' x >src/bad
		echo small >src/small
	}
	before() { mount -t tmpfs -o size=1m none dst; }
	after() { mv dst/* . 2>/dev/null; umount dst; }
	compare='status err'
	same_as_cp src/bad dst
	assertTrue 'nothing half-made is left' "is_cp || [ ! -e '$work/pcp/bad' ]"
	same_as_cp src/bad dst/new
	assertTrue 'nothing half-made is left' "is_cp || [ ! -e '$work/pcp/new' ]"
	# more files than there is room for
	prepare() {
		mkdir src dst
		for i in 1 2 3 4 5 6 7 8 9; do
			head -c 300000 /dev/zero | tr '\0' $i >src/$i
		done
	}
	run_full -R src dst
	run_full -R src/. dst
	run_full -a src dst
}

run_full() {
	new_twins
	(cd "$work/pcp" && before)
	run_in pcp pcp "$@"
	# cp fails with each; pcp with the first, and says that the rest was left out
	is_cp && full_status=1 || full_status=3
	assert_ran $full_status 'cp: error \(writing\|copying\).*: No space left on device'
	wrong=$(cd "$work/pcp/dst" && find . -type f ! -size 300000c -print)
	assertEquals 'nothing half-made is left' '' "$(is_cp || echo "$wrong")"
	assertNotEquals 'and some were copied' '' "$(find "$work/pcp/dst" -type f -size 300000c)"
	(cd "$work/pcp" && after)
}

test_no_inodes_left() {
	can_mount || { skip 'mounting is not permitted'; return; }
	prepare() { tree; }
	before() { mount -t tmpfs -o nr_inodes=8 none dst; }
	after() { umount dst; }
	compare=status
	program_name=$bin/linked/cp
	same_as_cp -R src dst
	assert_ran 1 ': No space left on device'
}

test_file_too_large() {
	prepare() {
		mkdir src dst
		head -c 300000 /dev/zero | tr '\0' x >src/bad
		echo x >src/small
	}
	printf '#!/bin/sh\ntrap "" XFSZ\nulimit -f 200\nexec "$@"\n' >"$bin/limited"
	chmod 755 "$bin/limited"
	as=limited
	compare='status err'
	same_as_cp src/bad src/small dst
	all_but src dst bad
}

test_reading_fails() {
	from_slow 'read:1+:EIO:/a/bad' || return 0
	compare='status err'
	same_as_cp -R mnt/. dst
	all_but src dst a/bad
	same_as_cp mnt/a/bad mnt/1 dst
	same_as_cp -a mnt/. dst
	all_but src dst a/bad
}

test_reading_fails_halfway() {
	from_slow 'read:3+:EIO:/big' || return 0
	prepare() { tree; head -c 3000000 /dev/zero | tr '\0' x >src/big; }
	compare='status err'
	same_as_cp -R mnt/. dst
	all_but src dst big
}

# early_end ARGUMENT...: the file system is not to be believed; nothing is left of it
early_end() {
	new_twins
	(cd "$work/pcp" && before)
	run_in pcp pcp "$@"
	(cd "$work/pcp" && after)
	assert_ran 1 "cp: error reading 'mnt/a/bad': Input/output error"
	all_but src dst/mnt a/bad
}

# The end of a file before its size, where that is still so: a file system that has lost
# its server, and says that nothing is left to read.
test_early_end() {
	is_cp && { skip 'cp believes it'; return; }
	from_slow 'read:3+:zero:*/bad' || return 0
	before() { set -f; slowfs -x $faults src mnt; }
	prepare() { tree; seq 400000 >src/a/bad; }
	for options in '' --sparse=never --sparse=always '-j1 --window=1' --chunk=100K -a; do
		early_end -R $options mnt dst
	done
	prepare() { tree; truncate -s 3M src/a/bad; seq 400000 | dd of=src/a/bad bs=1M seek=2 \
		conv=notrunc iflag=fullblock status=none; }
	early_end -R mnt dst
	# in ranges, by several threads
	faults='-d read=10000,write=100 -e read:40+:zero:*/bad'
	prepare() { tree; head -c 48M /dev/urandom >src/a/bad; }
	early_end -R --chunk=1M mnt dst
}

# The kernel makes these up; their sizes mean nothing.
test_early_end_of_pseudo_files() {
	for file in /sys/kernel/mm/transparent_hugepage/enabled /sys/class/net/lo/mtu \
		/proc/version /proc/self/limits; do
		[ ! -r $file ] || { run_pcp $file new; assert_ran 0; }
		[ ! -r $file ] || assertTrue "$file" "cmp '$file' '$work/pcp/new' ||
			[ $file = /proc/self/limits -a -s '$work/pcp/new' ]"
	done
}

# So does lxcfs, for /proc in a container: here with what the kernel makes up.
test_early_end_of_files_as_of_lxcfs() {
	has_fuse && [ -r /sys/class/net/lo/ifindex ] || { skip 'no FUSE, or no sysfs'; return; }
	prepare() { mkdir mnt; }
	before() { slowfs -x /sys/class/net/lo mnt; }
	after() { fusermount3 -u mnt; }
	same_as_cp mnt/ifindex new
	same_as_cp --sparse=always mnt/ifindex new
}

test_opening_fails() {
	from_slow 'open:1+:EIO:/a/bad' || return 0
	same_as_cp -R mnt/. dst
	all_but src dst a/bad
	same_as_cp -a mnt/. dst
	same_as_cp mnt/a/bad mnt/1 dst
}

test_reading_a_directory_fails() {
	from_slow 'readdir:1+:EIO:/a' || return 0
	same_as_cp -R mnt/. dst
	same_as_cp -a mnt/. dst
	from_slow 'opendir:1+:EACCES:/a/b'
	same_as_cp -R mnt/. dst
	same_as_cp -R mnt/a/b mnt/a/1 dst
	from_slow 'opendir:1+:ESTALE:/a'
	same_as_cp -R mnt/. dst
}

# The directory's first part is read, its second fails: never a short success.
test_reading_a_directory_fails_midway() {
	can_strace || { skip 'no strace'; return; }
	prepare() { tree; (cd src/a && seq -f %0200.0f 2000 | xargs touch); }
	new_twins
	run_in pcp strace -f -qq -o /dev/null -P "$work/pcp/src/a" -e trace=getdents64 \
		-e inject=getdents64:error=EIO:when=3+ pcp -R src dst
	assert_ran 1 "cp: .*'src/a'.*: Input/output error"
	(cd "$work/pcp" && rm -rf src/a)
	all_but src dst/src
}

test_source_vanishes() {
	from_slow 'getattr:1+:ENOENT:/a/bad' 'getattr:1+:ENOENT:/c' || return 0
	same_as_cp -R mnt/. dst
	same_as_cp -a mnt/. dst
	same_as_cp mnt/a/bad mnt/1 dst
	# it goes between the look at it and the opening
	from_slow 'open:1+:ENOENT:/a/bad' 'opendir:1+:ENOENT:/c'
	same_as_cp -R mnt/. dst
}

test_looking_at_the_source_fails() {
	from_slow 'getattr:1+:EIO:/a/bad' 'getattr:1+:ESTALE:/c' || return 0
	same_as_cp -R mnt/. dst
	same_as_cp -a mnt/. dst
	same_as_cp -R mnt/c mnt/1 dst
}

test_looking_at_the_destination_fails() {
	to_slow 'getattr:1+:EACCES:/src/a/bad' || return 0
	prepare() { tree; cp -R src dst; echo old >dst/src/a/bad; }
	same_as_cp -R src mnt
	same_as_cp src/a/bad mnt/src/a
}

test_writing_fails() {
	# By its own name it would stop.
	program_name=$bin/linked/cp
	for error in EIO ENOSPC EDQUOT; do
		to_slow "write:1+:$error:*/bad" || return 0
		compare='status err'
		same_as_cp -R src mnt
		all_but src dst/src a/bad
		same_as_cp src/a/bad mnt
		same_as_cp src/a/bad src/1 mnt
	done
}

test_closing_fails() {
	# By its own name it would stop.
	program_name=$bin/linked/cp
	to_slow 'flush:1+:EDQUOT:*/bad' || return 0
	compare='status err'
	same_as_cp -R src mnt
	same_as_cp -a src mnt
	same_as_cp src/a/bad mnt
}

test_creating_fails() {
	# By its own name it would stop.
	program_name=$bin/linked/cp
	to_slow 'create:1+:EDQUOT:*/bad' 'mkdir:1+:EIO:*/c' || return 0
	compare='status err'
	same_as_cp -R src mnt
	rm -rf "$work/pcp/src/c"
	all_but src dst/src a/bad
	same_as_cp src/a/bad src/1 mnt
}

test_making_others_fails() {
	to_slow 'symlink:1+:EIO:*/link' 'mknod:1+:EPERM:*/fifo' || return 0
	prepare() { tree; ln -s x src/link; ln -s x src/other; mkfifo src/fifo src/a/pipe; }
	same_as_cp -R src mnt
	same_as_cp -a src mnt
}

# With -a what can't be preserved is an error, the data are kept. cp preserves
# nothing more after that.
test_preserving_fails() {
	is_root || { skip 'not root, no other owners'; return; }
	for what in utimens chmod chown; do
		to_slow "$what:1+:EIO:*/bad" "$what:1+:EIO:*/c" || return 0
		prepare() {
			tree
			chown 1234:5678 src/a/bad src/c
			chmod 0666 src/a/bad
			chmod 0777 src/c
		}
		# without xattrs the mode is set by chmod, not as an ACL
		before() { set -f; slowfs -x $faults -o attr_timeout=0,entry_timeout=0 dst mnt; }
		compare='status err'
		same_as_cp -a src mnt
		assert_ran 1 ': Input/output error'
		assertTrue 'the data are kept' "cmp '$work/pcp/src/a/bad' '$work/pcp/dst/src/a/bad'"
		same_as_cp -p src/a/bad src/1 mnt
		compare='status err tree'
		same_as_cp -R src mnt
	done
}

# A server without a copy of its own, or one that does it piece by piece.
test_copying_on_the_server() {
	has_fuse || { skip 'no FUSE'; return; }
	for fault in EOPNOTSUPP ENOSYS EXDEV EINVAL EPERM ETXTBSY zero short; do
		prepare() { tree; mkdir all; mv src dst all; seq 100000 >all/src/big; }
		before() { slowfs -e "copy:1+:$fault" -c 65536 -o attr_timeout=0 all mnt; }
		after() { fusermount3 -u mnt; }
		new_twins
		(cd "$work/pcp" && before)
		run_in pcp pcp -R mnt/src mnt/dst
		(cd "$work/pcp" && after)
		# cp takes some of these for failures
		is_cp || assert_ran 0
		is_cp || all_but all/src all/dst/src
	done
	# By its own name it would stop.
	program_name=$bin/linked/cp
	for fault in ENOSPC EIO; do
		# Two first copies at once may make Linux 6.18 believe that there is no
		# copying on the server; so one goes ahead.
		before() {
			slowfs -e "copy:1+:$fault:*/bad" all mnt
			/bin/cp mnt/src/1 mnt/first
		}
		new_twins
		(cd "$work/pcp" && before)
		run_in pcp "$program_name" -R mnt/src mnt/dst
		(cd "$work/pcp" && after)
		assert_ran 1 "cp: error copying 'mnt/src/a/bad' to 'mnt/dst/src/a/bad': "
		all_but all/src all/dst/src a/bad
	done
}

# An error of one file, not a sign that too many are pending
test_busy_destination() {
	has_fuse || { skip 'no FUSE'; return; }
	prepare() {
		mkdir src dst mnt
		for i in 1 2 3; do echo $i >src/$i; done
	}
	before() { slowfs -x -e 'create:1+:EAGAIN:*/2' dst mnt; }
	after() { fusermount3 -u mnt; }
	limit=10
	for engine in '' '-j1 --window=1' '-j16 --window=64'; do
		new_twins
		(cd "$work/pcp" && before)
		run_in pcp pcp $engine src/1 src/2 mnt
		assert_ran 1 "^cp: cannot create regular file 'mnt/2': "
		run_in pcp pcp -R $engine src/. mnt/new
		(cd "$work/pcp" && after)
		assert_ran 1 "^cp: cannot create regular file 'mnt/new/2': "
		assertEquals '1 new new/1 new/3' "$(cd "$work/pcp/dst" && echo * new/*)"
	done
	before() { :; }
	after() { :; }
}

. shunit2
