#!/bin/sh
# SPDX-License-Identifier: GPL-3.0-or-later
#
# -v: cp's lines, for a list of operands in their order.

. "$(dirname "$0")/common.sh"

tree() {
	prepare() {
		mkdir -p d/a/b d/c to
		for i in 1 2 3 4 5 6 7 8 9; do
			echo $i >$i
			echo $i >d/$i
			echo $i >d/a/b/$i
		done
		ln d/1 d/a/hard
		ln -s 1 d/link
		mkfifo d/fifo
		echo "it's" >"d/it's"
	}
}

test_lines() {
	tree
	same_as_cp -Rv d new
	same_as_cp -Rv d to
	same_as_cp -av d new
	same_as_cp -av d/. to
	same_as_cp -v 1 new
	same_as_cp -v 1 2 3 to
	same_as_cp -v 1 missing 3 to
	same_as_cp -v d 1 to
	same_as_cp -dv d/1 d/a/hard to
	same_as_cp -RTv d to
	same_as_cp --recursive --verbose d new
	same_as_cp -Rvt to d 1
}

test_lines_onto_existing() {
	tree
	before() { mkdir -p to/d/a; echo old >to/d/2; ln -s x to/d/link; }
	same_as_cp -Rv d to
	same_as_cp -av d to
	# the first is copied, the second linked to it
	before() { echo old >to/1; echo old >to/hard; }
	same_as_cp -av d/1 d/a/hard to
	same_as_cp -dv d/1 d/a/hard to
}

test_order_of_operands() {
	tree
	compare='status stdout words'
	same_as_cp -v 9 8 7 6 5 4 3 2 1 to
	same_as_cp -v 1 3 5 7 9 2 4 6 8 to
	same_as_cp -Rv 9 d/c 8 d/link 7 d/fifo 6 to
	same_as_cp -av 9 d/c 8 d/link 7 d/fifo 6 d/1 to
}

test_lines_cannot_be_written() {
	tree
	for options in -v -Rv -av; do
		new_twins
		(cd "$work/pcp" && timeout 60 pcp $options 1 new >/dev/full 2>"$work/pcp.err")
		assertEquals 'status' 1 $?
		assertEquals 'write error: No space left on device' \
			"$(sed 's/^pcp: //' "$work/pcp.err")"
	done
}

. shunit2
