#!/bin/sh
# SPDX-License-Identifier: GPL-3.0-or-later
#
# --verify: what is read back, and that a wrong byte is found and named, every time.
# CORRUPTIONS says how many bytes are changed (20).

. "$(dirname "$0")/common.sh"

count=${CORRUPTIONS:-20}

setUp() {
	cd "$scratch" || exit
	umount_all
	rm -rf "$work"
	mkdir "$work"
	cd "$work" || exit
	mkdir src store mnt
	head -c 300000 /dev/urandom >src/f
}

umount_all() {
	for place in "$work"/mnt "$work"/ext4 "$work"/btrfs "$work"/tmpfs; do
		! mountpoint -q "$place" || fusermount3 -u "$place" 2>/dev/null ||
			umount -l "$place"
	done
}

# run ARGUMENT...: pcp; its status, and its messages in err
run() {
	timeout -k 5 120 "$bin/pcp" "$@" >out 2>err </dev/null
	status=$?
}

# assert_run STATUS [MESSAGES]: how it ended, and all that it said
assert_run() {
	assertEquals "status; $(cat err)" "$1" "$status"
	assertEquals 'messages' "${2-}" "$(sort err)"
}

# field NAME: its values in the lines about files
field() {
	grep '"type":"file"' out | grep '"kind":"file"' |
		sed -n "s/.*\"$1\":\"\{0,1\}\([^,\"}]*\).*/\1/p" | sort | uniq
}

json() {
	"$bin/pcp" --json --json-files --version >/dev/null 2>&1 &&
		"$bin/pcp" --json src/f scrap >/dev/null 2>&1
}

test_a_good_copy() {
	for hash in '' =sha256 $(pcp_has_xxh128 && echo =xxh128); do
		rm -rf dst
		run -R "--verify$hash" src dst
		assert_run 0
		assertTrue "$hash" "cmp -s src/f dst/f"
		run -R "--verify$hash" src/. dst
		assert_run 0
		assertTrue "$hash, rewritten" "cmp -s src/f dst/f"
	done
}

pcp_has_xxh128() {
	"$bin/pcp" --verify=xxh128 --version >/dev/null 2>&1
}

test_an_unknown_hash() {
	run --verify=md5 src/f dst
	assertEquals 1 "$status"
	grep -q "invalid argument 'md5' for '--verify'" err
	assertTrue "$(cat err)" $?
}

test_times_and_modes_are_kept() {
	touch -d 2001-02-03 src/f
	chmod 400 src/f
	run -p --verify src/f dst
	assert_run 0
	assertEquals "$(stat -c '%a %Y' src/f)" "$(stat -c '%a %Y' dst)"
}

test_holes_and_odd_sizes() {
	truncate -s 5M src/hole
	printf x | dd of=src/hole bs=1 seek=3000001 conv=notrunc 2>/dev/null
	: >src/empty
	printf 1 >src/one
	for sparse in auto always never; do
		run -R --verify --sparse=$sparse src "dst-$sparse"
		assert_run 0
		assertTrue "$sparse" "diff -r src dst-$sparse"
	done
}

# ------------------------------------------------------ what was compared

test_compared_with_a_device() {
	can_mount && json || { skip 'cannot mount, or no JSON'; return; }
	mount_fs ext4 ext4 || { skip 'no ext4'; return; }
	run -R --verify --json --json-files src ext4/dst
	assertEquals device "$(field compared)"
	assertEquals "$(sha256sum <src/f | cut -d ' ' -f 1)" \
		"$(run --verify=sha256 --json --json-files src/f ext4/g; field checksum)"
	assertEquals SHA256 "$(field checksum_type)"
	run -R --json --json-files src ext4/plain
	assertEquals 'null null' "$(field compared) $(field checksum)"
}

test_compared_with_memory() {
	can_mount && json || { skip 'cannot mount, or no JSON'; return; }
	mount_fs tmpfs tmpfs
	run -R --verify --json --json-files src tmpfs/dst
	assertEquals memory "$(field compared)"
}

test_compared_with_what_is_shared() {
	can_mount && json || { skip 'cannot mount, or no JSON'; return; }
	mount_fs btrfs btrfs || { skip 'no btrfs'; return; }
	cp -r src btrfs/src
	run -R --verify --json --json-files btrfs/src btrfs/dst
	assertEquals 'shared reflink' "$(field compared) $(field method)"
	run -R --verify --reflink=never --json --json-files btrfs/src btrfs/other
	assertEquals 'device buffer' "$(field compared) $(field method)"
}

test_compared_with_a_server() {
	has_fuse && json || { skip 'no FUSE, or no JSON'; return; }
	cp -r src store
	slowfs -x store mnt
	run -R --verify --json --json-files mnt/src mnt/dst
	assertEquals 'server copy_file_range' "$(field compared) $(field method)"
}

# ----------------------------------------------------------- corruptions

test_a_passing_error_is_mended() {
	has_fuse || { skip 'no FUSE'; return; }
	slowfs -x -b write:299999:1:/f store mnt
	run --verify src/f mnt/f
	assert_run 0 "pcp: warning: 'mnt/f' differs from 'src/f' at byte 299999; copying once more"
	assertTrue 'the same' 'cmp -s src/f mnt/f'
}

test_a_lasting_error_is_told() {
	has_fuse || { skip 'no FUSE'; return; }
	slowfs -x -b write:4711:0:/f store mnt
	run --verify src/f mnt/f
	assert_run 1 "pcp: 'mnt/f' differs from 'src/f' at byte 4711
pcp: warning: 'mnt/f' differs from 'src/f' at byte 4711; copying once more"
	assertEquals 'nothing is left' '' "$(ls store)"
	run -q src/f mnt/f
	assert_run 0
	cmp -s src/f store/f
	assertFalse 'without --verify nobody notices' $?
}

test_a_file_that_is_rewritten() {
	has_fuse || { skip 'no FUSE'; return; }
	echo old >store/f
	slowfs -x -b write:100:0:/f store mnt
	run -q --verify src/f mnt/f
	assert_run 1 "pcp: 'mnt/f' differs from 'src/f' at byte 100"
	assertEquals 'as after any failure it stays' f "$(ls store)"
}

# A copy that is wrong never gets the name; one that was mended does.
test_with_atomic_and_fsync() {
	has_fuse || { skip 'no FUSE'; return; }
	echo old >store/f
	slowfs -x -b write:100:0 store mnt
	run -q --verify --atomic --fsync src/f mnt/f
	assert_run 1 "pcp: 'mnt/f' differs from 'src/f' at byte 100"
	assertEquals 'the old file, and nothing else' 'f 4' "$(ls -A store) $(stat -c %s store/f)"
	fusermount3 -u mnt
	slowfs -x -b write:100:1 store mnt
	run --verify --atomic --fsync src/f mnt/f
	assert_run 0 "pcp: warning: 'mnt/f' differs from 'src/f' at byte 100; copying once more"
	assertTrue 'the same' 'cmp -s src/f store/f'
	assertEquals 'nothing else' f "$(ls -A store)"
}

test_hard_links_of_a_bad_copy() {
	has_fuse || { skip 'no FUSE'; return; }
	ln src/f src/g
	slowfs -x -b 'write:5:0:/dst/[fg]' store mnt
	run -aq --verify src mnt/dst
	assertEquals 1 "$status"
	assertEquals 'each is told' 2 "$(grep -c 'differs from .* at byte 5' err)"
	assertEquals 'neither is left' '' "$(ls store/dst)"
}

test_json_of_an_error() {
	has_fuse && json || { skip 'no FUSE, or no JSON'; return; }
	slowfs -x -b write:0:0:/f store mnt
	run --verify --json --json-files src/f mnt/f
	assertEquals 'verify verify' "$(sed -n 's/.*"op":"\([a-z]*\)".*/\1/p' out | tr '\n' ' ' |
		sed 's/ $//')"
	assertEquals 'failed server' "$(field action) $(field compared)"
}

# bad_bytes: files with a bad byte each: options for slowfs in options, and in expected the
# messages.  A third are wrong as they are written, a third as they are read back, and a third
# as the server copies them.
bad_bytes() {
	rm -rf src
	mkdir src store/src
	echo warm >store/warm
	awk -v n="$count" -v seed="${SEED:-1}" 'BEGIN {
		srand(seed)
		for (i = 0; i < n; i++) {
			size = 1 + int(rand() * (i % 4 ? 20000 : 600000))
			print i, i % 3, size, int(rand() * size)
		}
	}' >plan
	while read -r i how size at; do
		case $how in
		0) op=write from=src place=src to=out ;;
		1) op=read from=src place=src to=out ;;
		2) op=copy from=store/src place=mnt/src to=in ;;
		esac
		head -c "$size" /dev/urandom >$from/f$i
		echo "-b $op:$at:0:/$to/f$i" >>options
		echo "pcp: 'mnt/$to/f$i' differs from '$place/f$i' at byte $at" >>expected
	done <plan
}

test_each_bad_byte_is_found() {
	has_fuse || { skip 'no FUSE'; return; }
	bad_bytes
	# shellcheck disable=SC2046
	slowfs -x $(cat options) store mnt
	"$bin/pcp" mnt/warm mnt/warmer	# see "Limits" in slowfs.md
	run -Rq --verify -T src mnt/out
	assertEquals 1 "$status"
	mv err found
	run -Rq --verify -T mnt/src mnt/in
	assertEquals 1 "$status"
	cat err >>found
	sort -o found found
	sort -o expected expected
	assertEquals "$count bad bytes" '' "$(diff found expected | head)"
	echo "of $count bad bytes $(wc -l <found) were found"
	assertEquals 'no bad copy is left' 0 "$(find store/out store/in -type f | wc -l)"
}

. shunit2
