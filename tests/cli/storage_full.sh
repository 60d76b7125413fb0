#!/bin/sh
# SPDX-License-Identifier: GPL-3.0-or-later
#
# File systems that are full: at every stage of a copy, on each kind of them, by blocks, by inodes
# and by quota.  One that is full stops what goes to it, and nothing else.
#
#   EVERY=1 PCP=/path/to/pcp sh tests/cli/storage_full.sh
#
# tries every case; see storage_common.sh.

. "$(dirname "$0")/common.sh"
. "$tests/cli/storage_common.sh"

oneTimeSetUp() {
	is_cp && skip_all 'cp goes on, and has no lists'
	can_mount || skip_all 'mounting is not permitted'
	[ "$python" ] || skip_all 'no python3'
	one_of_each "$scratch/src"
	mkdir "$scratch/fs"
}

# Sets of options, one a line
options='
-a
-a --atomic
-a -j1 --window=1
-a -j16 --window=64 --sparse=always
-a --atomic -j1 --window=1 --fsync
'

# in_turn FUNCTION ARGUMENT...: calls it with each set of options behind them, if it is its turn
in_turn() {
	while IFS= read -r set; do
		[ ! "$set" ] || ! its_turn || "$@" $set
	done <<-END
	$options
	END
}

# ---------------------------------------------------------------- tmpfs

# small_tmpfs WHAT LIMIT ROOMY OPTION...: copies to a tmpfs with that limit; then there is room
small_tmpfs() {
	limit=$1 roomy=$2
	shift 2
	mount -t tmpfs -o "$limit" none "$scratch/fs" || return
	echo keep >"$scratch/fs/keep"
	run "$@" -T src fs/dst
	judge "tmpfs, $limit, [$*]" src fs/dst 1 3
	assertEquals "tmpfs, $limit, [$*]: another file" keep "$(cat "$scratch/fs/keep")"
	mount -o "remount,$roomy" "$scratch/fs"
	complete "tmpfs, $limit, [$*]" src fs/dst "$@"
	umount "$scratch/fs"
}

test_tmpfs_inodes() {
	for inodes in 3 4 5 6 7 8 9 10 11 12 13 14; do
		in_turn small_tmpfs nr_inodes=$inodes nr_inodes=1000
	done
}

test_tmpfs_blocks() {
	for kib in 4 8 16 24 32 40 44 48 52 56 60 64; do
		in_turn small_tmpfs size=${kib}k size=10m
	done
}

# -------------------------------------------------------------- on disks

# make_fs TYPE: a small file system at $scratch/fs
make_fs() {
	image=$scratch/image
	rm -f "$image"
	case $1 in
	ext4) size=4M mkfs='mkfs.ext4 -q -F -b 1024 -N 64 -m 0' ;;
	xfs) size=320M mkfs='mkfs.xfs -q -f' ;;
	btrfs) size=120M mkfs='mkfs.btrfs -q -f --mixed' ;;
	esac
	truncate -s $size "$image"
	$mkfs "$image" >/dev/null 2>&1 && mount -o loop "$image" "$scratch/fs"
}

# leave_room KIB: fills the file system at $scratch/fs, all but about that
leave_room() {
	free=$(($(stat -f -c '%a * %S' "$scratch/fs") / 1024 - $1))
	[ $free -le 0 ] || fallocate -l ${free}K "$scratch/fs/filler" 2>/dev/null ||
		head -c ${free}K /dev/zero >"$scratch/fs/filler" 2>/dev/null
}

# small_disk TYPE KIB OPTION...: copies to what has so much room
small_disk() {
	type=$1 kib=$2
	shift 2
	echo keep >"$scratch/fs/keep"
	leave_room $kib
	run "$@" -T src fs/dst
	judge "$type, $kib KiB, [$*]" src fs/dst 0 1 3
	[ $status = 0 ] || failures=$((failures + 1))
	assertEquals "$type, $kib KiB, [$*]: another file" keep "$(cat "$scratch/fs/keep")"
	rm "$scratch/fs/filler"
	complete "$type, $kib KiB, [$*]" src fs/dst "$@"
	rm -rf "$scratch/fs/dst"
	sync -f "$scratch/fs"
}

# on_disk TYPE KIB...: copies to such a file system with each of these rooms
on_disk() {
	type=$1
	shift
	command -v mkfs.$type >/dev/null && make_fs $type ||
		{ skip "no $type here"; return; }
	failures=0
	for kib; do
		in_turn small_disk $type $kib
	done
	umount "$scratch/fs"
	assertNotEquals "$type: some runs have failed" 0 $failures
}

test_ext4() { on_disk ext4 0 1 2 3 4 6 8 10 12 16 20 30 40 50 60; }
test_xfs() { on_disk xfs 0 8 16 24 32 48; }
test_btrfs() { on_disk btrfs 0 16 48 96; }

test_ext4_inodes() {
	command -v mkfs.ext4 >/dev/null && make_fs ext4 || { skip 'no ext4 here'; return; }
	for inodes in 1 2 3 5 7 9 11 13; do
		in_turn few_inodes $inodes
	done
	umount "$scratch/fs"
}

# few_inodes N OPTION...: copies to an ext4 with so many inodes left
few_inodes() {
	inodes=$1
	shift
	mkdir "$scratch/fs/filler"
	(cd "$scratch/fs/filler" &&
		for i in $(seq $(($(stat -f -c %d .) - inodes))); do : >$i; done)
	run "$@" -T src fs/dst
	judge "ext4, $inodes inodes, [$*]" src fs/dst 1 3
	rm -r "$scratch/fs/filler"
	complete "ext4, $inodes inodes, [$*]" src fs/dst "$@"
	rm -rf "$scratch/fs/dst"
}

# btrfs has quotas that hold for root, too.
test_quota() {
	command -v btrfs >/dev/null && make_fs btrfs && btrfs quota enable "$scratch/fs" ||
		{ umount "$scratch/fs"; skip 'no quotas on btrfs here'; return; }
	for kib in 16 24 32 40 48; do
		in_turn small_quota $kib
	done
	umount "$scratch/fs"
}

# small_quota KIB OPTION...: copies to a subvolume that may take so much
small_quota() {
	kib=$1
	shift
	btrfs -q subvolume create "$scratch/fs/vol" >/dev/null
	btrfs qgroup limit ${kib}K "$scratch/fs/vol"
	run "$@" -T src fs/vol/dst
	judge "quota of $kib KiB, [$*]" src fs/vol/dst 1 3
	assertTrue "quota of $kib KiB, [$*]: $(cat "$scratch/err")" \
		"grep -q 'Disk quota exceeded\$' '$scratch/err'"
	btrfs qgroup limit none "$scratch/fs/vol"
	complete "quota of $kib KiB, [$*]" src fs/vol/dst "$@"
	btrfs -q subvolume delete -c "$scratch/fs/vol" >/dev/null
}

# ----------------------------------------------- what is overwritten, and what is not

# With --atomic a file that is there is whole, be it the old or the new one.
test_atomic_keeps_the_old_file() {
	for kib in 24 60; do
		mount -t tmpfs -o size=${kib}k none "$scratch/fs"
		mkdir -p "$scratch/fs/dst/a" "$scratch/fs/dst/c" "$scratch/old"
		for name in one a/big c/big; do
			echo old | tee "$scratch/fs/dst/$name" >/dev/null
		done
		run -a --atomic -T src fs/dst
		assertTrue "$kib KiB: status $status" "[ $status = 1 ] || [ $status = 3 ]"
		for name in one a/big c/big; do
			cmp -s "$scratch/src/$name" "$scratch/fs/dst/$name" ||
				assertEquals "$kib KiB: $name" old "$(cat "$scratch/fs/dst/$name")"
		done
		mount -o remount,size=1m "$scratch/fs"
		complete "$kib KiB, over old files" src fs/dst -a --atomic
		umount "$scratch/fs"
	done
}

# The files that pcp writes besides: each is named once, and all is copied.
test_lists() {
	mount -t tmpfs -o size=4k none "$scratch/fs"
	mkdir "$scratch/many"
	(cd "$scratch/many" && for i in $(seq 300); do : >"a file with a name, number $i"; done)
	head -c 4096 /dev/zero >"$scratch/fs/filler"
	for option in --log --checksum-file; do
		run -R $option=fs/file -T many dst
		judge "$option" many dst 1
		assertEquals "$option: all are copied" '' "$(missing many dst)"
		assertEquals "pcp: error writing 'fs/file': No space left on device" \
			"$(cat "$scratch/err")"
		rm -rf "$scratch/dst"
	done
	mkdir "$scratch/dst"
	(cd "$scratch/many" && for i in $(seq 300); do
		mkdir "$scratch/dst/a file with a name, number $i"
	done)
	(cd "$scratch" && pcp -R --failed-to=fs/file -T many dst 2>err)
	assertEquals '--failed-to' "1 pcp: error writing 'fs/file': No space left on device" \
		"$? $(tail -n 1 "$scratch/err")"
	umount "$scratch/fs"
	rm -rf "$scratch/dst"
	first_write_fails
	rm -rf "$scratch/dst" "$scratch/many"
}

# What is lost early is an error, too, though all can be written at the end.
first_write_fails() {
	has_fuse || return
	mkdir "$scratch/logs"
	slowfs -x -e write:1:ENOSPC "$scratch/logs" "$scratch/fs"
	run -R --log=fs/file -T many dst
	assertEquals "$(cat "$scratch/err")" "1 pcp: error writing 'fs/file'" \
		"$status $(cat "$scratch/err")"
	fusermount3 -u "$scratch/fs"
}

# ------------------------------------------------------------ several mounts

# The destination, with file systems below each other: those with a number of KiB are full
# beyond that.
#
#   dst  dst/a  dst/a/b  dst/c  dst/c/d
several_mounts() {
	for place; do
		kib=${place#*:} dir=$scratch/fs/${place%:*}
		mkdir -p "$dir"
		mount -t tmpfs -o size=${kib}k none "$dir"
	done
}

no_mounts() {
	sed -n "s,^[^ ]* \($scratch/fs[^ ]*\) .*,\1,p" /proc/mounts | sort -r | xargs -r umount
}

# spread: a tree of five directories, each with 20 files of 4 KiB
spread() {
	for dir in . a a/b c c/d; do
		mkdir -p "$scratch/spread/$dir"
		(cd "$scratch/spread/$dir" && for i in $(seq 20); do
			head -c 4096 /dev/urandom >$i
		done)
	done
}

# whole DIR...: all files in these directories were copied
whole() {
	for dir; do
		for i in $(seq 20); do
			cmp "$scratch/spread/$dir/$i" "$scratch/fs/dst/$dir/$i" 2>&1
		done
	done | head -n 3
}

# full_ones N: there was one message for each of N file systems, and a last line
full_ones() {
	assertEquals "$what: one message for each; $(cat "$scratch/err")" "$1 $1" \
		"$(grep -c ': No space left on device$' "$scratch/err") $(
		grep -c '^pcp: stopped: nothing more' "$scratch/err")"
}

test_several_mounts() {
	spread
	with_engines several
}

# stops_for N WHOLE PLACE...: a tree is copied to the file systems PLACE (see several_mounts),
# of which N are full; what goes to the directories WHOLE, a list, is there
stops_for() {
	full=$1 there=$2
	shift 2
	several_mounts "$@"
	run -R $engine -T spread fs/dst
	judge "$what" spread fs/dst 3
	full_ones "$full"
	assertEquals "$what" '' "$(whole $there)"
	no_mounts
}

several() {
	engine=$*
	what="the outermost is full [$*]"
	stops_for 1 'a a/b c c/d' dst:40 dst/a:400 dst/a/b:400 dst/c:400 dst/c/d:400
	what="two in the midst are full [$*]"
	stops_for 2 '. a/b c/d' dst:400 dst/a:20 dst/a/b:400 dst/c:40 dst/c/d:400
	what="the innermost is full [$*]"
	stops_for 1 '. a c c/d' dst:400 dst/a:400 dst/a/b:40 dst/c:400 dst/c/d:400
}

# Operands, each of which goes to a file system of its own
test_operands_on_several_file_systems() { with_engines operands_apart; }

operands_apart() {
	what="the first of three [$*]"
	several_mounts dst:400 dst/a:20 dst/c:400 dst/b:400
	run -R "$@" spread/a spread/c spread/a/b fs/dst
	full_ones 1
	assertEquals "$what: status" 3 $status
	assertEquals "$what" '' "$(whole c
		diff -r "$scratch/spread/a/b" "$scratch/fs/dst/b")"
	no_mounts

	what="files and a directory [$*]"
	several_mounts dst:20 dst/c:400
	run -R "$@" spread/1 spread/2 spread/3 spread/4 spread/5 spread/6 spread/7 spread/8 \
		spread/c fs/dst
	full_ones 1
	assertEquals "$what: status" 3 $status
	assertEquals "$what" '' "$(whole c)"
	no_mounts
}

. shunit2
