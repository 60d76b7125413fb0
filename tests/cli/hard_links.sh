#!/bin/sh
# SPDX-License-Identifier: GPL-3.0-or-later
#
# Hard links: kept with -a and -d, separate files without.

. "$(dirname "$0")/common.sh"

pairs() {
	prepare() {
		mkdir -p a/b a/c to
		echo data >a/one
		ln a/one a/two
		ln a/one a/b/three
		ln a/one four
		echo other >five
		ln five a/c/five
		: >a/empty
		ln a/empty a/c/empty
		ln -s one a/soft
		ln -P a/soft a/c/soft
		mkfifo a/fifo
		ln a/fifo a/b/fifo
	}
}

test_tree() {
	pairs
	same_as_cp -a a new
	same_as_cp -dR a new
	same_as_cp -R a new
	same_as_cp -Rp a new
	same_as_cp -RP a new
	same_as_cp -a a/. to
}

test_across_operands() {
	pairs
	same_as_cp -a a four five to
	same_as_cp -a four a five to
	same_as_cp -d four five a/one a/two to
	same_as_cp -a a/one a/two a/b/three to
	same_as_cp -p a/one a/two to
	same_as_cp -a -t to five a/c
	same_as_cp -d a/soft a/one to
	same_as_cp -a a/one a/one to
}

test_many_names() {
	prepare() {
		echo data >first
		for i in 0 1 2 3 4 5 6 7 8 9; do
			mkdir -p "a/$i"
			for j in 0 1 2 3 4 5 6 7 8 9; do
				ln first "a/$i/$j"
				echo "$i$j" >"a/$i/x$j"
				ln "a/$i/x$j" "a/y$i$j"
			done
		done
		seq 100000 >a/big
		ln a/big a/9/big
	}
	same_as_cp -a a new
	same_as_cp -R a new
	same_as_cp -a first a new
	same_as_cp -a a first .
	for engine in "-j1 --window=1" "-j16 --window=64" "-j2 --window=3"; do
		is_cp || same_as_cp -a a new
	done
}

# Most names are met while copies are under way, and it is these that find the further names.
test_far() {
	has_fuse || { skip 'no FUSE'; return; }
	prepare() {
		mkdir src mnt
		for i in 0 1 2 3 4 5 6 7; do
			mkdir src/$i
			for j in 0 1 2 3 4 5 6 7; do echo $i$j >src/$i/$j; done
			ln src/$i/3 src/$i/further
			ln src/$i/5 src/elsewhere$i
			[ $i = 0 ] || ln src/0/0 src/$i/of0
		done
		ln -s 1 src/1/soft
		ln -P src/1/soft src/2/soft
	}
	before() { slowfs -x -m 2000 src mnt; }
	after() { fusermount3 -u mnt; }
	same_as_cp -a mnt new
	same_as_cp -dR mnt new
	for engine in "-j1 --window=1" "-j16 --window=64" "-j2 --window=3"; do
		is_cp || same_as_cp -a mnt new
	done
	engine=
}

test_onto_existing() {
	pairs
	before() {
		mkdir -p to/a/b to/a/c
		echo longer old data >to/a/one
		echo old >to/a/two
		ln to/a/two to/a/other
		ln to/a/one to/a/b/three
		ln -s one to/a/c/five
	}
	same_as_cp -a a to
	# Which name comes first, and is copied, matters to the dangling symlink.
	engine=-j1
	same_as_cp -a a four five to
	engine=
	same_as_cp -d a/one a/two to/a
	# all are there, and linked as they should be
	prepare() {
		mkdir -p a to/a
		echo data >a/one
		ln a/one a/two
		echo old >to/a/one
		ln to/a/one to/a/two
	}
	before() { :; }
	same_as_cp -a a to
	same_as_cp -R a to
	same_as_cp -d a/one a/two to/a
}

# Two files onto two names of one file: the second wins, or the first, but whole.
test_two_names_of_one_destination() {
	prepare() {
		mkdir from to
		for i in 1 2 3 4 5 6 7 8; do
			head -c 3000000 /dev/zero | tr '\0' $i >from/$i
			echo old >to/1
			[ $i = 1 ] || ln to/1 to/$i
		done
	}
	run_pcp -R from/. to
	assert_ran 0
	sum=$(cksum <"$work/pcp/to/1")
	assertTrue 'one of them, whole' "cksum '$work'/pcp/from/* | grep -q '^$sum '"
}

# If the first name can't be copied, the second one is.
test_first_copy_fails() {
	is_root || has_fuse || { skip 'no FUSE'; return; }
	has_fuse || { skip 'no FUSE'; return; }
	prepare() {
		mkdir src mnt to
		echo data >src/one
		ln src/one src/two
		ln src/one src/three
	}
	before() { slowfs -e 'open:1+:EIO:/one' -o attr_timeout=0 src mnt; }
	after() { fusermount3 -u mnt; }
	same_as_cp -a mnt/one mnt/two mnt/three to
	same_as_cp -a mnt/two mnt/one mnt/three to
	same_as_cp -a mnt/two mnt/one to
}

# Each of its names is tried, and none on top of the other: the stack is small.
test_many_names_of_what_cannot_be_read() {
	prepare() {
		mkdir src
		seq 2000 | sed 's,.*,src/&,' | (cd src && xargs -n 500 sh -c '
			[ -e 0 ] || echo secret >0
			for name; do ln 0 "${name#src/}"; done' sh)
		echo open >src/open
	}
	before() { chmod 0 src/0; }
	stack=$(ulimit -S -s)
	sanitized || ulimit -S -s 512
	for engine in '' '-j1 --window=1' '-j16 --window=64'; do
		unprivileged
		same_as_cp -a src dst
	done
	ulimit -S -s "$stack"
	engine=
	before() { :; }
}

# The first copy goes through a symlink that is there: the others are names of its end.
test_links_to_what_a_symlink_leads_to() {
	prepare() {
		mkdir a dst
		echo x >a/1
		ln a/1 a/2
		echo old >e
		ln -s ../e dst/1
	}
	same_as_cp --preserve=links a/1 a/2 dst
	same_as_cp -H --preserve=links a/1 a/2 dst
	same_as_cp -d a/1 a/2 dst
}

. shunit2
