#!/bin/sh
# SPDX-License-Identifier: GPL-3.0-or-later
#
# Storage that breaks: each operation of a file system fails, be it that of the source or of the
# destination; one becomes read-only, loses its device or its server in mid-run.  Every name that
# could not be copied is told, once; all others are copied; and nothing hangs.
#
#   EVERY=1 PCP=/path/to/pcp sh tests/cli/storage_broken.sh
#
# tries every case; see storage_common.sh.

. "$(dirname "$0")/common.sh"
: "${EVERY:=37}"
. "$tests/cli/storage_common.sh"

oneTimeSetUp() {
	is_cp && skip_all 'cp has no lists'
	has_fuse || skip_all 'no FUSE'
	[ "$python" ] || skip_all 'no python3'
	mkdir "$scratch/under" "$scratch/mnt"
}

tearDown() {
	[ -d "$scratch" ] || return 0
	fusermount3 -u -z "$scratch/mnt" 2>/dev/null
	! can_mount || umount -l "$scratch/fs" 2>/dev/null
	rm -rf "$scratch/under" "$scratch/dst" "$scratch/fs" "$scratch/src" "$scratch/src2"
	mkdir -p "$scratch/under" "$scratch/mnt"
}

# ------------------------------------------- each operation, with each error

# with_sick_ones DIR: a tree in which one name of each kind is sick: a temporary name, which is
# hexadecimal, is never taken for one
with_sick_ones() {
	one_of_each "$1"
	(cd "$1" && echo x >sick && mkdir sick.d && echo x >sick.d/x &&
		ln -s nowhere sick.link &&
		mkfifo sick.fifo && ln two sick.hard &&
		head -c 300000 /dev/urandom >sick.big &&
		truncate -s 200000 sick.sparse && echo x >>sick.sparse &&
		chmod 640 sick sick.d &&
		setfattr -n user.short -v x sick sick.d sick.big 2>/dev/null)
	! is_root || chown -h 1234:5678 "$1/sick" "$1/sick.d" "$1/sick.link" "$1/sick.fifo"
}

errors='EIO ESTALE ETIMEDOUT ENOSPC EDQUOT'
of_source='getattr open opendir read readdir readlink lseek listxattr getxattr flush release copy
	releasedir statfs'
of_destination='getattr mknod mkdir symlink rename link chmod chown truncate utimens open create
	write copy flush release fsync fallocate lseek statfs opendir releasedir setxattr getxattr
	listxattr removexattr unlink read'

# mount_faults WHICH OPERATION...: slowfs at mnt, in which operations on what is sick below
# OPERATION-ERROR/ fail so; with "all", those on everything below that
mount_faults() {
	glob='/*sick*'
	[ $1 = sick ] || glob='/*'
	shift
	set -f
	faults=
	for op; do
		for error in $errors; do
			faults="$faults -e $op:1+:$error:/$op-$error$glob"
		done
	done
	slowfs $faults -o attr_timeout=0,entry_timeout=0,negative_timeout=0 "$scratch/under" \
		"$scratch/mnt"
	mounted=$?
	set +f
	assertEquals 'slowfs is mounted' 0 $mounted
	return $mounted
}

# others WHAT SRC DST: what is not sick was copied
others() {
	assertEquals "$1: the others; $(head -n 3 "$scratch/err")" '' \
		"$(missing_others "$2" "$3" | head -n 5)"
}

missing_others() {
	names "$scratch/$1" >"$scratch/want"
	names "$scratch/$2" >"$scratch/have"
	comm -23 "$scratch/want" "$scratch/have" | grep -v sick
}

# fail_destination WHICH OPERATION ERROR OPTION...
fail_destination() {
	which=$1 place=mnt/$2-$3
	what="$which $2 of the destination: $3"
	shift 3
	what="$what, [$*]"
	run "$@" -T src "$place"
	judge "$what" src "under/${place#mnt/}" 0 1 3
	[ $which = all ] || [ $status = 3 ] || others "$what" src "under/${place#mnt/}"
	[ $status != 0 ] || assertEquals "$what: said nothing, and copied all" '' \
		"$($python "$tests/tools/treecmp.py" "$scratch/src" "$scratch/under/${place#mnt/}")"
	complete "$what" src "under/${place#mnt/}" -a
	rm -rf "$scratch/under/${place#mnt/}"
}

# fail_source WHICH OPERATION ERROR OPTION...
fail_source() {
	which=$1 place=$2-$3
	what="$which $2 of the source: $3"
	shift 3
	what="$what, [$*]"
	mv "$scratch/src" "$scratch/under/$place"
	run "$@" -T "mnt/$place" dst
	mv "$scratch/under/$place" "$scratch/src"
	! [ -f "$scratch/list" ] || sed -i "s,^mnt/$place,src," "$scratch/list"
	judge "$what" src dst 0 1
	[ $which = all ] || others "$what" src dst
	[ $status != 0 ] || assertEquals "$what: said nothing, and copied all" '' \
		"$($python "$tests/tools/treecmp.py" "$scratch/src" "$scratch/dst")"
	complete "$what" src dst -a
	rm -rf "$scratch/dst"
}

# each_operation WHICH SIDE OPERATION...: fails each of them, with each error
each_operation() {
	which=$1 side=$2
	shift 2
	with_sick_ones "$scratch/src"
	mount_faults $which "$@" || return
	for op; do
		# As with cp, extended attributes that are lost are passed over by -a alone.
		strict=
		[ "$op" = "${op%xattr}" ] || strict=--strict
		for error in $errors; do
			its_turn && fail_$side $which $op $error -a $strict
			its_turn && fail_$side $which $op $error -a -j1 --window=1 --atomic $strict
		done
	done
	fusermount3 -u "$scratch/mnt"
}

test_sick_names_in_the_destination() { each_operation sick destination $of_destination; }
test_sick_names_in_the_source() { each_operation sick source $of_source; }
test_broken_destination() { each_operation all destination $of_destination; }
test_broken_source() { each_operation all source $of_source; }

# ------------------------------------------------------------- the server dies

# many_files DIR: 200 of them, in ten directories
many_files() {
	mkdir -p "$1"
	(cd "$1" && for dir in $(seq 10); do
		mkdir $dir
		for i in $(seq 20); do echo "$dir $i" >$dir/$i; done
	done)
}

# slowly SOURCE: a slowfs at mnt, in the foreground, which does one thing at a time, so that many
# threads are no faster; its process is $server
slowly() {
	slowfs -f -x -s 1 -d open=3000,create=3000 "$1" "$scratch/mnt" &
	server=$!
	for i in $(seq 500); do
		! [ -r "$scratch/mnt/.slowfs" ] || return 0
		sleep 0.01
	done
	fail 'slowfs is not mounted'
	return 1
}

# once_some_are_there DIR COMMAND...: runs it when there are some files in DIR
once_some_are_there() {
	dir=$1
	shift
	for i in $(seq 1000); do
		[ "$(find "$dir" -type f 2>/dev/null | head -n 20 | wc -l)" -lt 20 ] || break
		sleep 0.01
	done
	"$@"
}

# broken_while SRC DST COMMAND...: copies from one to the other, with the options in $engine, while
# COMMAND is run; sets status
broken_while() {
	from=$1 to=$2
	shift 2
	once_some_are_there "$scratch/$seen" "$@" &
	run -R $engine -T $from $to
	wait $!
}

test_server_of_the_destination_dies() {
	many_files "$scratch/src"
	seen=under/dst
	with_engines destination_dies
}

destination_dies() {
	engine=$*
	slowly "$scratch/under" || return
	broken_while src mnt/dst kill -KILL $server
	wait $server 2>/dev/null
	fusermount3 -u -z "$scratch/mnt"
	# A temporary name that could not be removed goes with the next run with --atomic.
	cp -a "$scratch/under/dst" "$scratch/dst"
	find "$scratch/dst" -name '.copyfile-*' -delete
	unremovable=yes judge "the destination's server is killed [$engine]" src dst 1
	assertTrue "$(head -n 3 "$scratch/err")" \
		"grep -q 'Transport endpoint is not connected' '$scratch/err'"
	complete "the server is back [$engine]" src under/dst -a $engine
	rm -rf "$scratch/under/dst" "$scratch/dst"
}

test_server_of_the_source_dies() {
	many_files "$scratch/src2/src"
	seen=dst
	with_engines source_dies
}

source_dies() {
	engine=$*
	slowly "$scratch/src2" || return
	broken_while mnt/src dst kill -KILL $server
	wait $server 2>/dev/null
	fusermount3 -u -z "$scratch/mnt"
	sed -i "s,^mnt/src,src2/src," "$scratch/list"
	judge "the source's server is killed [$engine]" src2/src dst 1
	complete "the server is back [$engine]" src2/src dst -a
	rm -rf "$scratch/dst"
}

# ------------------------------------------------- the file system, or its device

# on_image TYPE: a file system at fs, on an image; its loop device is $loop
on_image() {
	can_mount || { skip 'mounting is not permitted'; return 1; }
	command -v mkfs.$1 >/dev/null || { skip "no mkfs.$1"; return 1; }
	case $1 in
	ext4) mkfs='mkfs.ext4 -q -F -E lazy_itable_init=0' size=16M options=,errors=remount-ro ;;
	xfs) mkfs='mkfs.xfs -q -f' size=320M options= ;;
	esac
	mkdir -p "$scratch/fs"
	rm -f "$scratch/image"
	truncate -s $size "$scratch/image"
	$mkfs "$scratch/image" >/dev/null &&
		mount -o "loop$options" "$scratch/image" "$scratch/fs" ||
		{ fail "no $1"; return 1; }
	loop=$(sed -n "s,^\([^ ]*\) $scratch/fs .*,\1,p" /proc/mounts)
}

# from_slow_source: what is in src is seen, slowly, at mnt
from_slow_source() {
	many_files "$scratch/src"
	slowfs -x -s 1 -d open=3000 "$scratch/src" "$scratch/mnt"
}

# broken_fs WHAT COMMAND...: copies to fs/dst while COMMAND breaks that
broken_fs() {
	what=$1
	shift
	seen=fs/dst
	broken_while mnt fs/dst "$@"
	sed -i "s,^mnt,src," "$scratch/list"
}

until_read_only() {
	until mount -o remount,ro "$scratch/fs" 2>/dev/null; do :; done
}

test_remounted_read_only() {
	can_mount || { skip 'mounting is not permitted'; return; }
	from_slow_source
	mkdir "$scratch/fs"
	read_only
	[ $EVERY != 1 ] || read_only --atomic
}

# Between two files nothing is open for writing, or it could not be remounted.
read_only() {
	engine="-j1 --window=1 $*"
	mount -t tmpfs none "$scratch/fs"
	broken_fs "remounted read-only [$engine]" until_read_only
	judge "$what" src fs/dst 3
	assertEquals "$what: one message; $(cat "$scratch/err")" '1 1' \
		"$(grep -c ': Read-only file system$' "$scratch/err") $(
		grep -c '^pcp: stopped: nothing more' "$scratch/err")"
	mount -o remount,rw "$scratch/fs"
	complete "$what" src fs/dst -a
	umount "$scratch/fs"
}

# What ext4 does when it finds an error: it becomes read-only, whoever is writing.
test_error_makes_it_read_only() {
	engine='-j16 --window=64'
	on_image ext4 || return 0
	trigger=/sys/fs/ext4/${loop#/dev/}/trigger_fs_error
	[ -w "$trigger" ] || { skip 'no errors can be triggered here'; return; }
	from_slow_source
	broken_fs 'an error of ext4' sh -c "echo test >$trigger"
	unremovable=yes judge "$what" src fs/dst 1 3
	umount "$scratch/fs"
	e2fsck -fy "$scratch/image" >/dev/null 2>&1
	mount -o loop "$scratch/image" "$scratch/fs"
	complete "$what" src fs/dst -a
}

# Every call fails from then on, as without a device.
test_shut_down() {
	command -v xfs_io >/dev/null || { skip 'no xfs_io'; return; }
	from_slow_source
	with_engines shut_down
}

shut_down() {
	engine=$*
	for type in xfs ext4; do
		on_image $type || continue
		broken_fs "$type is shut down [$engine]" xfs_io -x -c shutdown "$scratch/fs"
		umount "$scratch/fs"
		mount -o loop "$scratch/image" "$scratch/fs"
		# What was not on the disk is lost with it: the directories may be, too.
		assertEquals "$what: status" 1 $status
		assertEquals "$what: said twice" '' "$(sort "$scratch/err" | uniq -d)"
		complete "$what" src fs/dst -a
		umount "$scratch/fs"
	done
}

# The device becomes smaller while it is read, as if the rest of it had been taken away.
test_device_of_the_source_goes() {
	on_image ext4 || return 0
	many_files "$scratch/src"
	for dir in $(seq 10); do head -c 200000 /dev/urandom >"$scratch/src/$dir/big"; done
	cp -a "$scratch/src" "$scratch/fs/src"
	umount "$scratch/fs"
	with_engines device_goes
}

device_goes() {
	mount -o loop,ro "$scratch/image" "$scratch/fs"
	loop=$(sed -n "s,^\([^ ]*\) $scratch/fs .*,\1,p" /proc/mounts)
	cp -a "$scratch/image" "$scratch/image.whole"
	truncate -s 1M "$scratch/image"
	losetup -c "$loop"
	run -R "$@" -T fs/src dst
	sed -i "s,^fs/src,src," "$scratch/list"
	judge "the device ends early [$*]" src dst 1
	umount "$scratch/fs"
	mv "$scratch/image.whole" "$scratch/image"
	mount -o loop,ro "$scratch/image" "$scratch/fs"
	complete "the device is back [$*]" fs/src dst -a
	umount "$scratch/fs"
	rm -rf "$scratch/dst"
}

# With --fsync a disk that does not take what it was given is an error, and nothing counts as
# copied; without, the kernel finds that when nobody waits for it any more.
test_device_of_the_destination_fails() {
	on_image ext4 || return 0
	many_files "$scratch/src"
	umount "$scratch/fs"
	cp -a "$scratch/image" "$scratch/under/image"
	slowfs -x -e "write:20+:EIO:/image" "$scratch/under" "$scratch/mnt"
	if mount -o loop,errors=remount-ro "$scratch/mnt/image" "$scratch/fs" 2>/dev/null; then
		run -a --fsync -v -T src fs/dst
		assertTrue "status $status; $(head -n 5 "$scratch/err")" \
			"[ $status = 1 ] || [ $status = 3 ]"
		assertTrue "$(head -n 5 "$scratch/err")" "grep -q 'cannot sync' '$scratch/err'"
		assertEquals 'nothing counts as copied' '' "$(cat "$scratch/out")"
		umount -l "$scratch/fs"
	else
		skip 'no loop devices on FUSE'
	fi
}

. shunit2
