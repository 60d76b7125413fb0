#!/bin/sh
# SPDX-License-Identifier: GPL-3.0-or-later
#
# --beneath: what would be followed is refused, and everything else copied.

. "$(dirname "$0")/common.sh"

tree() {
	prepare() {
		mkdir -p d/sub out to/d
		echo secret >out/secret
		echo x >d/x
		echo y >d/sub/y
		ln -s ../out/secret d/link
		ln -s ../out d/dir
		ln -s d/x top
		ln -s sub/y d/inside
	}
}

# refused MESSAGE... -- ARGUMENT...: pcp fails, with each MESSAGE and no other
refused() {
	wanted=
	while [ "$1" != -- ]; do
		wanted="$wanted$1
"
		shift
	done
	shift
	run_pcp --beneath "$@"
	assertEquals "[$*]" 1 "$(cat "$work/pcp.status")"
	assertEquals "[$*]" "$wanted" "$(sed 's/^cp: //' "$work/pcp.err" | sort)
"
}

test_source() {
	tree
	refused "not following symbolic link 'd/dir'" "not following symbolic link 'd/inside'" \
		"not following symbolic link 'd/link'" -- -RL d new
	assertEquals 'the rest is copied' y "$(cat "$work/pcp/new/sub/y")"
	assertFalse 'nothing else' "[ -e '$work/pcp/new/link' ] || [ -e '$work/pcp/new/dir' ]"
	refused "not following symbolic link 'top'" -- top new
	refused "not following symbolic link 'd/dir'" -- -RH d/dir new
}

test_what_is_not_followed_anyway() {
	tree
	for options in -R -a '-RH'; do
		run_pcp --beneath $options d new
		assert_ran 0
		assertEquals ../out/secret "$(readlink "$work/pcp/new/link")"
	done
	run_pcp --beneath d/x d/sub/y to
	assert_ran 0
	# what leads to an operand
	run_pcp --beneath -R d/dir/. new
	assert_ran 0
	assertEquals secret "$(cat "$work/pcp/new/secret")"
}

test_destination() {
	prepare() {
		mkdir -p d/sub to/d out
		echo x >d/x
		echo y >d/sub/y
		echo secret >out/secret
		ln -s ../../out/secret to/d/x
		ln -s ../../out to/d/sub
	}
	refused "cannot overwrite non-directory 'to/d/sub' with directory 'd/sub'" \
		"not writing through symbolic link 'to/d/x'" -- -R d to
	assertEquals secret "$(cat "$work/pcp/out/secret")"
	refused "cannot overwrite non-directory 'to/d/sub' with directory 'd/sub'" \
		"not writing through symbolic link 'to/d/x'" -- -R --keep-directory-symlink d to
	refused "not writing through symbolic link 'to/d/x'" -- d/x to/d
	refused "not writing through symbolic link 'to/d/x'" -- -f d/x to/d/x
	run_pcp --beneath --remove-destination d/x to/d
	assert_ran 0
	assertFalse 'it is replaced' "[ -L '$work/pcp/to/d/x' ]"
	refused "'to/d/sub' exists but is not a directory" -- --parents d/sub/y to
}

test_dangling_destination() {
	prepare() { echo x >x; mkdir to; ln -s nowhere to/x; }
	as='env POSIXLY_CORRECT=1'
	refused "not writing through dangling symlink 'to/x'" -- x to
	as=
	assertFalse 'nothing is made' "[ -e '$work/pcp/to/nowhere' ]"
}

test_parents_above_the_target() {
	prepare() { mkdir -p d c to/t; echo x >c/x; }
	refused "'to/t/d/..' is not below the target directory" -- --parents d/../c/x to/t
	assertFalse 'nothing is made' "[ -e '$work/pcp/to/c' ]"
}

. shunit2
