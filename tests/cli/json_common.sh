# SPDX-License-Identifier: GPL-3.0-or-later
#
# Read first by the tests of --json: a room to copy in, and what its stream says.

. "$(dirname "$0")/common.sh"

schema=$tests/../doc/pcp-json.schema.json
python_with jsonschema

# need_json: what all tests of a file need
need_json() {
	! is_cp || skip_all 'cp has no --json'
	has_json || skip_all 'this pcp was built without --json'
	[ "$python" ] || skip_all 'no python3-jsonschema'
}

setUp() {
	as='' room=$scratch/room
	is_root || chmod -R u+rwx "$room" 2>/dev/null
	rm -rf "$room"
	mkdir -p "$room/src"
	cd "$room" || exit
}

tearDown() {
	cd /
	! mountpoint -q "$room/slow" || fusermount3 -u "$room/slow" || umount -l "$room/slow"
}

# slow ARGUMENT...: the room's src, as slow/, by a slow file system with these options
slow() {
	has_fuse || { skip 'no FUSE'; return 1; }
	mkdir slow && slowfs -x "$@" src slow || { fail 'slowfs cannot be mounted'; return 1; }
}

# run ARGUMENT...: in the room; sets status.  The stream is in out.
run() {
	timeout -k 5 60 $as pcp "$@" >out 2>err </dev/null
	status=$?
}

jsonlines() { "$python" "$tests/tools/jsonlines.py" "$@"; }

# values PATH...: of the stream, in one line; and what is wrong with it
values() {
	echo $(jsonlines --status=$status out "$schema" "$@" 2>&1)
}

# assert_values WHAT EXPECTED PATH...
assert_values() {
	what=$1 expected=$2
	shift 2
	assertEquals "$what [$*]" "$expected" "$(values "$@")"
}

# count TYPE [DIR]: how many of those find finds
count() { find "${2-src}" -type "$1" -printf . | wc -c; }

# bytes_of DIR: of all regular files; of those with several names once
bytes_of() {
	find "$1" -type f -printf '%i %s\n' | sort -u | awk '{ sum += $2 } END { print sum + 0 }'
}

# mixed: whatever a tree may have in it
mixed() {
	mkdir -p src/dir/deep src/empty
	head -c 3000000 /dev/urandom >src/dir/deep/big
	for i in $(seq 50); do echo $i >src/dir/$i; done
	: >src/nothing
	ln src/dir/1 src/linked
	ln src/dir/1 src/empty/linked
	ln -s nowhere src/dangling
	ln -s dir src/symlink
	mkfifo src/fifo
	truncate -s 2000000 src/hole
	printf data | dd of=src/hole bs=1 seek=1000000 conv=notrunc 2>/dev/null
}
