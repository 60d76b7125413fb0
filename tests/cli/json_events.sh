#!/bin/sh
# SPDX-License-Identifier: GPL-3.0-or-later
#
# The stream of --json: what is tried again, what is found to be a bad copy, what is removed.

. "$(dirname "$0")/json_common.sh"

oneTimeSetUp() {
	need_json
}

# What is tried again is told, with why and in which round: also without --json-files.
test_retries() {
	mkdir src/dir
	for name in a b "$(printf 'c\377')" dir/d; do echo x >"src/$name"; done
	slow -e 'open:1+2:EIO:/a' -e 'opendir:1:EIO:/dir' || return 0
	run -a --retry=3 --json --json-files slow dst
	assertEquals "status; $(cat err)" 0 $status
	assert_values 'both' 'ok 3 3' summary.status summary.retried '#retry'
	assert_values 'the rounds' '1 1 2' 'retry[].round'
	assert_values 'the last' 'slow/a dst/a file open EIO' retry.src retry.dst retry.kind \
		retry.op retry.errno_name
	assertEquals 'the directory' 1 "$(grep -c \
		'^{"type":"retry".*"src":"slow/dir","dst":"dst/dir",.*"errno_name":"EIO"' out)"
	assertEquals 'the number of the file' \
		"$(sed -n 's/.*"type":"file","id":\([0-9]*\),.*"src":"slow\/a".*/\1/p' out)" \
		"$(values retry.id)"
	umount slow
	slowfs -x -e "open:1:EIO:/c*" src slow
	rm -rf dst
	run -a --retry=1 --json slow dst
	assert_values 'no lines of files' '1 0 1' '#retry' '#file' summary.retried
	assertEquals 'its name' 1 "$(grep -c '^{"type":"retry".*"src_b64":"c2xvdy9j/w=="' out)"
}

test_verification() {
	has_fuse || { skip 'no FUSE'; return; }
	mkdir store mnt
	head -c 1000 /dev/urandom >src/f
	cp src/f src/g
	for times in 1 0; do
		rm -rf store/*
		slowfs -x -b "write:100:$times:/out/f" store mnt ||
			{ fail 'slowfs cannot be mounted'; return; }
		run -R --verify --json -T src mnt/out
		fusermount3 -u mnt || umount -l mnt
		[ $times = 1 ] || break
		assertEquals "status; $(cat err)" 0 $status
		assert_values 'mended' '2 1 1 100 src/f mnt/out/f' summary.verified \
			summary.differed verify.attempt verify.differs_at verify.src verify.dst
	done
	assertEquals 'status' 1 $status
	assert_values 'lasting' 'partial 1 2' summary.status summary.verified summary.differed
	assert_values 'each attempt' '1 2' 'verify[].attempt'
}

test_removed() {
	mixed
	run -a --json src dst
	mkdir dst/extra
	run --mirror --json --json-files src/. dst
	assert_values 'a deletion' 'ok 1 directory extra dst/./extra' summary.status \
		summary.deleted removed.kind removed.reason removed.dst
}

. shunit2
