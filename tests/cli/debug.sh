#!/bin/sh
# SPDX-License-Identifier: GPL-3.0-or-later
#
# --debug: how the data were copied, in the words of the newest cp, which the system's may
# not know.

. "$(dirname "$0")/common.sh"

# files: what there is to copy, in the working directory
files() {
	head -c 100000 /dev/urandom >data
	: >empty
	truncate -s 1M hole
	head -c 65536 /dev/urandom >part
	truncate -s 1M part
	truncate -s 1M late
	echo end >>late
}

# says OFFLOAD REFLINK SPARSE FILE OPTION...: so with each engine
says() {
	want="copy offload: $1, reflink: $2, sparse detection: $3"
	file=$4
	shift 4
	for engine in '' '-j1 --window=1' '-j16 --window=128'; do
		rm -f out
		assertEquals "$file $* $engine" "$want" \
			"$(timeout 60 pcp --debug $engine "$@" "$file" out 2>/dev/null | sed 1d)"
		if [ "$1" != --reflink=always ]; then
			cmp "$file" out
			assertTrue "$file $*: another content" $?
		fi
	done
}

# the same with and without clones
test_without_clones() {
	cd "$work" || return
	files
	for reflink in auto never; do
		r=--reflink=$reflink
		says avoided no no data --sparse=never $r
		says avoided no no empty --sparse=never $r
		says unknown no SEEK_HOLE hole --sparse=never $r
		says avoided no SEEK_HOLE part --sparse=never $r
		says avoided no SEEK_HOLE late --sparse=never $r
	done
	for sparse in auto always; do
		s=--sparse=$sparse
		says unknown no SEEK_HOLE hole --reflink=never $s
	done
	says avoided no no data --reflink=never
	says avoided no no empty --reflink=never
	says avoided no SEEK_HOLE part --reflink=never
	says avoided no zeros data --reflink=never --sparse=always
	says avoided no zeros empty --reflink=never --sparse=always
	says avoided no 'SEEK_HOLE + zeros' part --reflink=never --sparse=always
	says avoided no 'SEEK_HOLE + zeros' late --reflink=never --sparse=always
}

# where no clone can be had
refused() {
	says yes unsupported no data
	says unknown unsupported no empty
	says unknown unsupported SEEK_HOLE hole
	says yes unsupported SEEK_HOLE part
	says yes unsupported SEEK_HOLE late
	says avoided unsupported zeros data --sparse=always
	says avoided unsupported zeros empty --sparse=always
	says unknown unsupported SEEK_HOLE hole --sparse=always
	says avoided unsupported 'SEEK_HOLE + zeros' part --sparse=always
	says unknown unsupported unknown data --reflink=always
	says unknown unsupported unknown empty --reflink=always
}

test_clones_refused() {
	can_mount || { skip 'mounting is not permitted'; return; }
	for fs in tmpfs ext4; do
		mount_fs $fs "$scratch/$fs" || { skip "no $fs"; continue; }
		cd "$scratch/$fs" || return
		files
		refused
		cd /
		umount "$scratch/$fs"
	done
}

test_clones() {
	can_mount || { skip 'mounting is not permitted'; return; }
	for fs in btrfs xfs; do
		mount_fs $fs "$scratch/$fs" 2>/dev/null || { skip "no $fs"; continue; }
		cd "$scratch/$fs" || return
		files
		for file in data empty hole part late; do
			says unknown yes unknown $file
			says unknown yes unknown $file --sparse=always
			says unknown yes unknown $file --reflink=always
		done
		says avoided no zeros data --sparse=always --reflink=never
		# from another file system
		cd "$work" || return
		files
		for file in data empty; do
			rm -f "$scratch/$fs/out"
			assertEquals "from elsewhere: $file" \
			'copy offload: unsupported, reflink: unsupported, sparse detection: no' \
				"$(pcp --debug $file "$scratch/$fs/out" | sed 1d)"
		done
		umount "$scratch/$fs"
	done
}

# said WANT ARGUMENT...: all that is printed, but for the names
said() {
	want=$1
	shift
	assertEquals "$*" "$want" "$(timeout 60 pcp --debug "$@" 2>/dev/null | sed "/->/d")"
}

test_no_file() {
	cd "$work" || return
	files
	rm -f out
	unsupported='copy offload: unsupported, reflink: unsupported, sparse detection: no'
	said "$unsupported" /dev/null out
	said 'copy offload: avoided, reflink: unsupported, sparse detection: zeros' \
		--sparse=always /dev/null out
	said 'copy offload: avoided, reflink: no, sparse detection: no' \
		--reflink=never /dev/null out
	said "$unsupported" data /dev/null
	said 'copy offload: unsupported, reflink: unsupported, sparse detection: SEEK_HOLE' \
		--sparse=always part /dev/null
	echo x | said "$unsupported" /dev/stdin out
	[ ! -r /proc/version ] || said "$unsupported" /proc/version out
	mkfifo fifo
	said '' -R fifo out2
	said '' -s "$work/data" link
	said '' -l data hard
	said '' --attributes-only data out
}

test_failures() {
	cd "$work" || return
	files
	rm -f dangling
	unknown='copy offload: unknown, reflink: unknown, sparse detection: unknown'
	said "$unknown" data missing/out
	ln -s nowhere dangling
	said "$unknown" data dangling
	said "$unknown" /dev/null dangling
	said '' missing out
	said '' data data
}

. shunit2
