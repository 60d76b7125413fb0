#!/bin/sh
# SPDX-License-Identifier: GPL-3.0-or-later
#
# Unit test of tools/colddisk: what has been read once is not read again until it is dropped,
# and as many reads are under way at the disk as there are readers.

. "$(dirname "$0")/../cli/common.sh"

files=64

oneTimeSetUp() {
	has_fuse || skip_all 'no FUSE'
	can_mount || skip_all 'needs root'
	[ -b /dev/loop0 ] && tool mkfs.ext4 || skip_all 'no loop devices, or no mkfs.ext4'
	cd "$work" || exit
	mkdir images disk
	colddisk make images/one 64M && colddisk mount images/one disk ||
		skip_all 'an image cannot be mounted'
	seq $files | while read -r n; do
		head -c 10000 /dev/urandom >"disk/$n"
	done
	colddisk umount disk
}

tearDown() {
	[ ! -d disk.slowfs ] || colddisk umount disk
}

# counted NAME FIELD
counted() {
	colddisk counts disk | awk -v name="$1" -v field="$2" '
		$1 == name { n = $field }
		END { print n + 0 }'
}

# settled NAME FIELD: the same, when nothing is read ahead any more, for which nobody waits
settled() {
	last=
	until now=$(counted "$@") && [ "$now" = "$last" ]; do
		last=$now
		sleep 0.1
	done
	echo "$now"
}

# read_all READERS: all files by so many at a time
read_all() {
	seq $files | xargs -n 1 -P "$1" sh -c 'exec cat "disk/$0" >/dev/null'
}

# took COMMAND...: milliseconds
took() {
	begin=$(date +%s%N)
	"$@"
	echo $((($(date +%s%N) - begin) / 1000000))
}

test_what_was_read_is_cached_until_it_is_dropped() {
	colddisk mount -l 100 images/one disk || return
	read_all 4
	first=$(settled read 3)
	assertTrue "$first reads" "[ $first -ge $files ]"
	read_all 4
	assertEquals 'the second time' "$first" "$(settled read 3)"
	colddisk drop disk
	read_all 4
	again=$(counted read 3)
	assertTrue "$again reads after drop" "[ $again -ge $files ]"
}

test_readers_wait_at_the_same_time() {
	colddisk mount -l 100000 images/one disk || return
	ls -l disk >/dev/null
	colddisk counts disk >/dev/null
	slow=$(took read_all 16)
	assertTrue "16 readers: $(counted read 5) at once" "[ $(counted read 5) -gt 8 ]"
	# One after the other they wait for twice as long, at least.
	assertTrue "$files files in $slow ms" "[ $slow -lt $((files * 100)) ]"
}

test_an_arm() {
	colddisk mount -a settle=2000 images/one disk || return
	began=$(counted arm 3)
	slow=$(took read_all 16)
	moves=$(($(counted arm 3) - began))
	assertTrue "$moves moves" "[ $moves -ge $files ]"
	assertTrue "$slow ms" "[ $slow -ge $(($(counted arm 7) / 1000 / 2)) ]"
	device=$(findmnt -no SOURCE disk)
	assertEquals 1 "$(cat "/sys/block/${device##*/}/queue/rotational")"
}

test_umount_leaves_nothing() {
	colddisk mount -l 100 images/one disk || return
	device=$(findmnt -no SOURCE disk)
	colddisk umount disk
	assertFalse 'slowfs is gone' '[ -e disk.slowfs ]'
	losetup "$device" 2>/dev/null | grep -q "$work" && fail "$device is left"
	return 0
}

test_a_mount_elsewhere_is_noticed() {
	colddisk mount -l 100 images/one disk || return
	unshare --mount --propagation private sleep 60 &
	other=$!
	until [ "$(cat /proc/$other/comm)" = sleep ]; do sleep 0.1; done
	colddisk drop disk 2>err
	assertEquals 1 $?
	assertTrue "$(cat err)" 'grep -q "another namespace" err'
	kill $other
	wait $other
	colddisk umount disk
}

. shunit2
