#!/bin/sh
# SPDX-License-Identifier: GPL-3.0-or-later
#
# --preserve and --no-preserve, --attributes-only, holes and shared extents.

. "$(dirname "$0")/common.sh"

files() {
	prepare() {
		mkdir -p dir/sub
		echo data >dir/file
		chmod 640 dir/file
		chmod 711 dir/sub
		ln dir/file dir/again
		ln -s file dir/link
		mkfifo dir/fifo
		setfattr -n user.x -v y dir/file 2>/dev/null
		setfacl -m u:1:r dir/file 2>/dev/null
		! may_chown || chown 7:8 dir/file dir/sub
		echo old >dest
		chmod 604 dest
	}
}

test_lists() {
	files
	for list in mode timestamps ownership links xattr all mode,timestamps \
		ownership,links mode,ownership,timestamps,links all,mode; do
		same_as_cp -R --preserve=$list dir new
		same_as_cp --preserve=$list dir/file dest
	done
	same_as_cp -R --preserve dir new
	same_as_cp -R --preserve=bogus dir new
	same_as_cp -R --preserve= dir new
	same_as_cp -R --preserve=mode, dir new
	same_as_cp -R --preserve=context dir new
}

test_no_lists() {
	files
	for list in mode timestamps ownership links xattr all mode,timestamps; do
		same_as_cp -a --no-preserve=$list dir new
		same_as_cp -R --no-preserve=$list dir new
		same_as_cp -p --no-preserve=$list dir/file new
		same_as_cp --no-preserve=$list dir/file dest
	done
	mask=027
	same_as_cp -a --no-preserve=mode dir new
	same_as_cp --no-preserve=mode dir/file new
}

test_unprivileged() {
	files
	for options in -p --preserve=all --preserve=ownership -a '-a --no-preserve=mode'; do
		unprivileged
		same_as_cp -R $options dir new
	done
}

test_attributes_only() {
	files
	same_as_cp --attributes-only dir/file new
	same_as_cp --attributes-only dir/file dest
	same_as_cp -p --attributes-only dir/file dest
	same_as_cp -a --attributes-only dir new
	same_as_cp -R --attributes-only dir new
	same_as_cp --attributes-only dir/missing dest
}

# A file that lost rights for the time of a copy that got nothing has them back.
test_mode_after_a_failure() {
	prepare() { echo src >x; chmod 600 x; echo dst >dst; chmod 646 dst; }
	same_as_cp -p --reflink=always x dst
}

# With -f what belongs to somebody else goes, and the new one has a mode of its own.
test_attributes_only_by_force() {
	is_root || { skip 'not root, nobody else has files'; return; }
	prepare() { echo src >x; echo dst >dst; }
	before() { chown 1000:1000 dst; chmod 2755 x; }
	unprivileged
	same_as_cp -f --attributes-only --no-preserve=mode x dst
	same_as_cp -f --attributes-only x dst
	same_as_cp -fp --attributes-only x dst
}

test_no_selinux() {
	files
	for option in -Z --context --context=system_u:object_r:tmp_t:s0; do
		same_as_cp $option dir/file new
	done
}

# The holes of cp and pcp, as du sees them
holes() {
	for name in cp pcp; do
		(cd "$work/$name" && "$bin/$name" "$@" sparse copy) || fail "$name $*"
		du -k "$work/$name/copy" | cut -f 1 >"$work/$name.blocks"
		cmp "$work/$name/sparse" "$work/$name/copy"
		assertTrue "$name $*: the data" $?
	done
	assertEquals "blocks of $*" "$(cat "$work/cp.blocks")" "$(cat "$work/pcp.blocks")"
}

test_sparse() {
	prepare() {
		truncate -s 1M sparse
		printf x | dd of=sparse bs=1 seek=500000 conv=notrunc status=none
		head -c 200000 /dev/zero >>sparse
		printf end >>sparse
	}
	new_twins
	holes --sparse=always
	new_twins
	holes --sparse=never
	new_twins
	holes --sparse=always --reflink=never
	new_twins
	holes --sparse=never --reflink=never
	same_as_cp --sparse=bogus sparse copy
	same_as_cp --sparse sparse copy
	same_as_cp --reflink=bogus sparse copy
	same_as_cp --reflink=always --sparse=always sparse copy
}

test_reflink_where_there_is_none() {
	can_mount || { skip 'mounting is not permitted'; return; }
	prepare() {
		mkdir plain
		echo data >file
	}
	before() { mount -t tmpfs none plain && cp file plain/file; }
	after() { umount plain; }
	compare='status out err'
	same_as_cp --reflink plain/file plain/copy
	same_as_cp --reflink=always plain/file plain/copy
	same_as_cp --reflink=auto plain/file plain/copy
	same_as_cp --reflink=never plain/file plain/copy
}

. shunit2
