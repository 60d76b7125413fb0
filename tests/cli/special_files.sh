#!/bin/sh
# SPDX-License-Identifier: GPL-3.0-or-later
#
# FIFOs, devices, sockets, symbolic links, and files that are not what they say.

. "$(dirname "$0")/common.sh"

oneTimeSetUp() { tool oddnode; }

specials() {
	prepare() {
		mkdir d to
		mkfifo -m 0640 d/fifo
		oddnode socket d/socket
		chmod 0606 d/socket
		echo data >d/file
		! is_root || mknod -m 0620 d/null c 1 3
		! is_root || mknod -m 0604 d/loop b 7 0
	}
}

test_special_files() {
	specials
	is_root || { skip 'not root, no devices'; return; }
	same_as_cp -R d new
	same_as_cp -a d new
	same_as_cp -Rp d new
	same_as_cp -a d/fifo d/socket d/null d/loop to
	same_as_cp -R d/fifo new
	same_as_cp -R d/null new
	# again, onto what is there
	prepare() {
		mkdir d to
		mkfifo -m 0640 d/fifo to/fifo
		mknod -m 0620 d/null c 1 3
		mknod -m 0620 to/null c 1 5
		mkfifo to/file
		echo data >d/data
		mkfifo to/data
		echo data >to/other
		mkfifo d/other
	}
	same_as_cp -RT d/null to/null
	same_as_cp -aT d/fifo to/fifo
	same_as_cp -aT d/other to/other
	same_as_cp -aT d/fifo to
}

test_special_files_as_ordinary_user() {
	specials
	unprivileged
	same_as_cp -R d new
	same_as_cp -a d new
}

# Somebody else may have put a FIFO or a device where a file is to be copied.
test_special_file_in_the_way() {
	prepare() {
		mkdir -p d to/d
		echo data >d/x
		cp d/x x
		mkfifo to/d/x to/x
		! is_root || mknod to/d/null c 1 3
		echo data >d/null
	}
	limit=10
	run_pcp -R d to
	assert_ran 1 "not writing to special file 'to/d/x'"
	! is_root || assert_ran 1 "not writing to special file 'to/d/null'"
	run_pcp x to
	assert_ran 1 "not writing to special file 'to/x'"
	run_pcp -R --attributes-only d to
	assert_ran 1 "not writing to special file 'to/d/x'"
	for options in -Rf '-R --remove-destination' '-R -b'; do
		run_pcp $options d to
		assert_ran 0
		assertEquals "[$options]" data "$(cat "$work/pcp/to/d/x")"
	done
	run_pcp -Rn d to
	assert_ran 0
}

# Without -R a FIFO is read, a device too.
test_contents_of_special_files() {
	prepare() { mkdir d; echo data >file; }
	same_as_cp /dev/null new
	same_as_cp /dev/null file
	same_as_cp -p /dev/null new
	same_as_cp /dev/null d
	same_as_cp d/missing /dev/null
	same_as_cp file /dev/null
	same_as_cp file file /dev/null
	same_as_cp file /dev/full
	same_as_cp -T file /dev/null
	before() { mkfifo fifo; (timeout 20 sh -c 'echo through >fifo' &) }
	after() { rm fifo; }
	same_as_cp fifo new
	before() { mkfifo fifo; (timeout 20 sh -c 'cat fifo >got' &) }
	after() {
		rm fifo
		i=0
		while [ ! -s got ] && [ $i -lt 50 ]; do sleep 0.1; i=$((i + 1)); done
	}
	same_as_cp file fifo
}

# is_sparse WHAT FILE: it is as the image, and takes little space
is_sparse() {
	cmp "$work/image" "$2"
	assertTrue "$1: another content" $?
	assertTrue "$1: $(stat -c %b "$2") blocks" "[ $(stat -c %b "$2") -le 512 ]"
}

# --sparse=always makes holes of zeros whatever they are read from.
test_holes_from_streams() {
	cd "$work" || return
	{
		head -c 1000 /dev/urandom
		head -c 9000000 /dev/zero
		head -c 5000 /dev/urandom
		head -c 7000001 /dev/zero
	} >image
	for engine in '' '-j1 --window=1' '-j16 --window=128'; do
		rm -f out
		cat image | pcp $engine --sparse=always /dev/stdin out
		is_sparse "pipe $engine" out
		# in the place of something longer
		head -c 20000000 /dev/urandom >out
		cat image | pcp $engine --sparse=always /dev/stdin out
		is_sparse "pipe, over a file $engine" out
	done
	for options in '--sparse=auto' '--sparse=never' ''; do
		rm -f out
		cat image | pcp $options /dev/stdin out
		cmp image out
		assertTrue "pipe $options: another content" $?
		assertTrue 'no hole is made unasked' "[ $(stat -c %b out) -ge 30000 ]"
	done
	: | pcp --sparse=always /dev/stdin nothing
	assertEquals 'nothing at all' 0 "$(stat -c %s nothing)"
	head -c 3000000 /dev/zero | pcp --sparse=always /dev/stdin zeros
	assertEquals 'zeros alone' '3000000 0' "$(stat -c '%s %b' zeros)"
	# in pieces that are no blocks
	(printf a; sleep 0.1; head -c 5000 /dev/zero; sleep 0.1; printf b
		head -c 70000 /dev/zero) |
		pcp --sparse=always /dev/stdin pieces
	(printf a; head -c 5000 /dev/zero; printf b; head -c 70000 /dev/zero) | cmp - pieces
	assertTrue 'in pieces: another content' $?
	mkfifo fifo
	mkdir into
	cat image >fifo &
	pcp -R --copy-contents --sparse=always fifo into
	wait
	is_sparse 'FIFO' into/fifo
	# where there are no holes to make
	assertEquals 'into a pipe' "$(cksum <image)" \
		"$(cat image | pcp --sparse=always /dev/stdin /dev/stdout | cksum)"
	# what it moved and what it left out
	cat image | pcp --json=3 --sparse=always /dev/stdin counted 3>json
	assertEquals 'all is told' '16006001 holes' \
		"$(sed -n 's/.*"bytes":{"total":\([0-9]*\),.*"holes":1[56][0-9]*}.*/\1 holes/p' \
			json)"
	cd /
}

test_holes_from_a_device() {
	can_mount || { skip 'not root, or no namespace'; return; }
	cd "$work" || return
	truncate -s 16M image
	printf hello | dd of=image bs=1 seek=8000000 conv=notrunc status=none
	device=$(losetup -f --show image 2>/dev/null) || { skip 'no loop device'; return; }
	pcp --sparse=always "$device" out
	losetup -d "$device"
	is_sparse 'block device' out
	cd /
}

# Errors are those of a copy without holes, and leave as little.
test_holes_and_failures() {
	can_mount || { skip 'mounting is not permitted'; return; }
	mkdir "$scratch/small" && mount -t tmpfs -o size=1m none "$scratch/small"
	cd "$work" || return
	head -c 4000000 /dev/urandom | pcp --sparse=always /dev/stdin "$scratch/small/out" 2>err
	assertEquals 'status' 1 $?
	grep -q "error writing '$scratch/small/out': No space left on device" err
	assertTrue "$(cat err)" $?
	assertFalse 'it is removed' "[ -e '$scratch/small/out' ]"
	cd /
	umount "$scratch/small"
}

test_socket_without_recursion() {
	specials
	same_as_cp d/socket new
	same_as_cp d/socket d/file to
	same_as_cp d/file d/socket
}

# Their size is 0 or 4096, whatever they hold.
test_proc_and_sys() {
	[ -r /proc/version ] && [ -r /sys/class/net/lo/address ] || {
		skip 'no /proc or /sys'
		return
	}
	prepare() { mkdir d; echo old old old >file; }
	same_as_cp /proc/version new
	same_as_cp /proc/version file
	same_as_cp /proc/version /proc/filesystems /sys/class/net/lo/address d
	same_as_cp -R /proc/sys/net/core d
	same_as_cp /proc/kallsyms new
	# some of these can't be read; cp leaves an empty file then
	compare='status out err'
	same_as_cp -R /sys/devices/virtual/mem/null d
	assertTrue 'the rest is there' "[ -s '$work/pcp/d/null/dev' ]"
}

links() {
	prepare() {
		mkdir -p d/sub to
		echo data >file
		echo inner >d/sub/inner
		ln -s file to-file
		ln -s d to-d
		ln -s nowhere dangling
		ln -s loop loop
		ln -s /etc/passwd absolute
		ln -s sub/inner d/to-inner
		ln -s nowhere d/dangling
		ln -s ../d d/up
		ln -s loop d/loop
	}
}

test_symlink_operands() {
	links
	for options in '' -R -r -P -RP -PR -d -a -p; do
		same_as_cp $options to-file new
		same_as_cp $options to-d new
		same_as_cp $options to-d/ new
		same_as_cp $options dangling new
		same_as_cp $options loop new
		same_as_cp $options absolute to
		same_as_cp $options to-file to-d dangling d to
	done
}

test_dangling_destination() {
	links
	same_as_cp file dangling
	same_as_cp -R d dangling
	same_as_cp -P dangling to-file
	same_as_cp file loop
	same_as_cp file dangling/
	same_as_cp -T file dangling
	same_as_cp -a file dangling
	same_as_cp -a dangling to
	prepare() {
		mkdir -p d to/d
		echo data >d/file
		echo data >d/other
		ln -s nowhere to/d/file
		echo kept >to/target
		ln -s ../target to/d/other
	}
	same_as_cp -R d to
	same_as_cp -a d to
}

test_existing_symlinks() {
	prepare() {
		mkdir -p d/sub to/d to/elsewhere
		ln -s new d/link
		ln -s old to/d/link
		ln -s new d/onto-file
		echo file >to/d/onto-file
		ln -s new d/onto-dir
		mkdir to/d/onto-dir
		echo x >d/sub/x
		ln -s ../elsewhere to/d/sub
	}
	same_as_cp -R d to
	same_as_cp -a d to
	same_as_cp -aT d/link to/d/link
	same_as_cp -aT d/sub to/d/sub
	same_as_cp -RT d/sub to/d/sub
	same_as_cp -R d/sub/. to/d/sub
}

. shunit2
