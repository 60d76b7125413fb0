#!/bin/sh
# SPDX-License-Identifier: GPL-3.0-or-later
#
# A directory into itself, a file onto itself, two sources onto one name.

. "$(dirname "$0")/common.sh"

tree() {
	prepare() {
		mkdir -p d/sub/deep other
		echo one >d/file
		echo two >d/sub/two
		ln -s d to-d
		ln -s . d/dot
	}
}

# What cp has copied when it meets itself depends on the directory's order, so
# the trees may differ; but neither may be without end, nor touch the source.
into_itself() {
	compare='status out err'
	same_as_cp "$@"
	entries=$(find "$work/pcp" | wc -l)
	assertTrue "[$*] made 9 entries $entries" "[ $entries -le 18 ]"
	assertEquals "[$*] changed the source" 'one two' \
		"$(cat "$work/pcp/d/file") $(cat "$work/pcp/d/sub/two")"
}

test_into_itself() {
	tree
	into_itself -R d d
	into_itself -R d d/new
	into_itself -R d d/sub
	into_itself -R d d/sub/deep
	into_itself -R d d/sub/deep/new
	into_itself -R d/. d/sub
	into_itself -R d/.. d/sub
	into_itself -R d/sub/.. other/../d/sub
	into_itself -R . d
	into_itself -R . new
	into_itself -a d d/sub
	into_itself -R d other d/sub
	into_itself -R d/sub d/sub/deep d/sub
	into_itself -RT d d
	into_itself -R d/sub d
	into_itself -RT d/. d
	into_itself -RT d d/sub/..
}

# The second operand replaces a file that the first one reads, after that has been read.
test_operand_into_the_source_of_an_earlier_one() {
	has_fuse || { skip 'no FUSE'; return; }
	prepare() {
		mkdir -p back/sub/deep mnt
		for i in 1 2 3 4 5 6 7 8; do echo old >back/sub/deep/$i; done
		echo old >back/sub/f
		echo new >f
	}
	before() { slowfs -x -d open=100000,readdir=100000 back mnt; }
	after() { fusermount3 -u mnt; }
	# cp ends when it comes to what it has made, which may be first by the number of its inode.
	new_twins
	(cd "$work/pcp" && before && pcp -R mnt/sub f mnt/sub/. 2>err; after)
	assertEquals 'the copies of the first' '9 old' \
		"$(cd "$work/pcp/back/sub/sub" && cat f deep/* | sort | uniq -c | xargs)"
	assertEquals 'the second' new "$(cat "$work/pcp/back/sub/f")"
	same_as_cp -RL mnt/sub/deep f mnt/sub
	before() { :; }
	after() { :; }
}

# With -n what is there is not compared with the source.
test_onto_itself_twice() {
	tree
	same_as_cp -n -R d d .
	same_as_cp -n -R other other .
	same_as_cp -R other other .
	same_as_cp -R other d other d new
}

test_into_itself_by_symlink() {
	tree
	into_itself -R d to-d
	into_itself -R d to-d/new
	into_itself -R d to-d/sub
	into_itself -R to-d/ d/sub
	into_itself -R d d/dot/new
	into_itself -RT d to-d
	into_itself -a to-d d
}

# By way of a symlink that an operand is, what is met is another name of the copy.
test_into_itself_by_symlinked_operand() {
	prepare() {
		mkdir -p p/dst q
		echo one >p/f
		ln -s p link
		ln -s ../p q/up
		ln -s .. p/dst/up
	}
	compare='status out err'
	for engine in '' '-j1 --window=1' '-j16 --window=128'; do
		for source in link link/ q/up p/dst/up link/dst/..; do
			for target in p link p/dst link/dst p/new link/new q; do
				same_as_cp -RH $source $target
				same_as_cp -R $source $target
			done
		done
		same_as_cp -aH link p
		same_as_cp -RHT link p/new
	done
}

test_into_itself_by_bind_mount() {
	can_mount || { skip 'mounting is not permitted'; return; }
	tree
	before() { mount --bind d other; }
	after() { umount other; }
	into_itself -R d other
	into_itself -R d other/new
	into_itself -R d other/sub
	into_itself -R other d/sub
	into_itself -RT d other
	# The mount holds the directory that holds the mount: how far cp gets until
	# it sees that, and what it says then, depends on the order.
	before() { mount --bind . d/sub/deep; }
	after() { umount d/sub/deep; }
	compare=status
	same_as_cp -R d/sub d/sub/deep/new
	assertTrue 'an end' "[ $(find "$work/pcp" | wc -l) -le 40 ]"
	# The source is within itself, as the operand, or as a directory below that.
	before() { mount --bind d d/sub/deep; }
	compare='status out err tree'
	for options in -R -a -RL -RH; do
		same_as_cp $options d new
		same_as_cp $options --parents d other
	done
	before() { mount --bind d/sub d/sub/deep; }
	for options in -R -RL; do
		same_as_cp $options d new
		same_as_cp $options d/sub new
	done
}

test_same_file() {
	prepare() {
		echo data >f
		ln f hard
		ln -s f soft
		ln -s soft softer
		mkdir d
		ln f d/f
		echo g >d/g
		ln -s ../d/g d/soft
		ln -s f hard-soft
	}
	same_as_cp f f
	same_as_cp f ./f
	same_as_cp f .
	same_as_cp f d/../f
	same_as_cp f hard
	same_as_cp f d
	same_as_cp f soft
	same_as_cp soft f
	same_as_cp softer soft
	same_as_cp f softer
	same_as_cp -P soft f
	same_as_cp -P f soft
	same_as_cp -P soft soft
	same_as_cp -d soft softer
	same_as_cp -a f hard
	same_as_cp -a f f
	same_as_cp -p f soft
	same_as_cp -R soft f
	same_as_cp -R d/g d
	same_as_cp -R d/. .
	same_as_cp -aT d d
	same_as_cp f d/g d
}

test_just_created() {
	prepare() {
		mkdir -p a/sub b/sub c d
		echo a >a/f
		echo b >b/f
		echo c >c/f
		ln -s a c/link
		ln -s b b/link
		echo a >a/link
	}
	same_as_cp a/f b/f d
	same_as_cp a/f b/f c/f d
	same_as_cp a/f a/f d
	same_as_cp a/f a/f b/f d
	same_as_cp -a a/f b/f d
	same_as_cp -a b/link c/link d
	same_as_cp -a b/link a/link d
	same_as_cp -a a/link c/link d
	same_as_cp -R a/f b d
	same_as_cp -R a/sub b/sub d
	same_as_cp -R a a d
	same_as_cp -R a ./a d
	same_as_cp -R a a/ b d
}

# The target directory is one directory, by whatever name.
test_just_created_by_symlinked_target() {
	prepare() {
		mkdir -p a/sub b d
		ln -s d to-d
	}
	same_as_cp -R a/sub a/. to-d
	same_as_cp -R a/sub b a/. to-d
	same_as_cp -R a a/sub to-d
	same_as_cp -R a/sub a/. -t to-d/.
}

# The names meet below the operands: the first operand's file wins.
test_just_created_below() {
	prepare() {
		mkdir -p a/x/y b/x/y c/x/y d
		for i in 1 2 3 4 5 6 7 8; do
			echo "a$i" >a/x/y/$i
			echo "b$i" >b/x/y/$i
			echo "c$i" >c/x/$i
		done
		echo a >a/x/file
		echo b >b/x/file
		ln -s a a/x/link
		ln -s b b/x/link
		mkdir b/x/1
		echo a >a/x/1
	}
	same_as_cp -R a/. b/. d
	same_as_cp -a a/. b/. d
	same_as_cp -R a/. c/. b/. d
	same_as_cp -R a/x b/x c/x d
	same_as_cp -R a/x/. b/x/. c/x/. d
}

# one_file ARGUMENT...: it is refused, and nothing is lost
one_file() {
	new_twins
	(cd "$work/pcp" && before)
	run_in pcp pcp "$@"
	(cd "$work/pcp" && after)
	assert_ran 1 "cp: '[^']*' and '[^']*' are the same file"
	assertEquals "[$*] contents and time" "$contents" \
		"$(cd "$work/pcp" && find l -type f -exec stat -c '%n %s %Y' {} + -exec cksum {} + |
			sort)"
}

shown_again() {
	prepare() {
		mkdir l m u w
		seq 1000 >l/f
		seq 100000 >l/g
		ln l/f l/name
	}
	new_twins
	contents=$(cd "$work/pcp" && find l -type f -exec stat -c '%n %s %Y' {} + \
		-exec cksum {} + | sort)
	after() { umount m; }
}

# What another file system shows again has other numbers there.
# Several names of one file at once, each of which is looked at by making it longer
test_onto_itself_by_fuse_at_once() {
	is_cp && { skip 'cp loses it'; return; }
	has_fuse && can_mount || { skip 'no FUSE, or no mounting'; return; }
	for options in -x '-x -I' '-x -o attr_timeout=0,entry_timeout=0'; do
		rm -rf "$work"
		mkdir -p "$work/l" "$work/m"
		for i in 1 2 3 4 5 6 7 8; do
			head -c 3000 /dev/urandom >"$work/l/$i"
			for name in a b c d; do ln "$work/l/$i" "$work/l/$i$name"; done
		done
		contents=$(cat "$work"/l/* | cksum)
		slowfs $options -d truncate=300,getattr=200 "$work/l" "$work/m"
		for round in 1 2 3; do
			pcp -RT -j16 --window=64 "$work/l" "$work/m" 2>"$scratch/err"
			assertEquals "$options: status" 1 $?
			pcp -RT -j16 --window=64 "$work/m" "$work/l" 2>"$scratch/err"
			assertEquals "$options: status of the other way" 1 $?
			assertEquals "$options: contents" "$contents" "$(cat "$work"/l/* | cksum)"
		done
		fusermount3 -u "$work/m"
	done
}

test_onto_itself_by_fuse() {
	is_cp && { skip 'cp loses it'; return; }
	has_fuse && can_mount || { skip 'no FUSE, or no mounting'; return; }
	shown_again
	for options in -x '-x -o attr_timeout=0,entry_timeout=0' '-o attr_timeout=60'; do
		before() { set -f; slowfs $options l m; }
		one_file m/f l/f
		one_file l/f m/f
		one_file m/f l/name
		one_file -a l/g m/g
		one_file -f m/g l/g
		one_file --sparse=always m/g l/g
		one_file -RT -j1 --window=1 m l
		one_file -RT l m
	done
	# where two names of one file have two numbers
	before() { slowfs -x -I l m; }
	one_file m/f m/name
	one_file --sparse=never m/name m/f
	# seen by it just before, at another size
	before() { slowfs -x l m; cat m/f >seen; echo more >>l/f; }
	contents=$(cd "$work/pcp" && echo more >>l/f && find l -type f -exec stat -c '%n %s' {} + \
		-exec cksum {} + | sort)
	new_twins
	(cd "$work/pcp" && before)
	run_in pcp pcp m/f l/f
	(cd "$work/pcp" && after)
	assert_ran 1 "cp: 'm/f' and 'l/f' are the same file"
	assertEquals 'contents' "$contents" "$(cd "$work/pcp" &&
		find l -type f -exec stat -c '%n %s' {} + -exec cksum {} + | sort)"
}

test_onto_itself_by_overlay() {
	is_cp && { skip 'cp loses it'; return; }
	can_mount || { skip 'mounting is not permitted'; return; }
	shown_again
	before() {
		mount -t tmpfs none w && mkdir w/u w/w &&
			mount -t overlay -o lowerdir=l,upperdir=w/u,workdir=w/w none m
	}
	after() { umount m w; }
	new_twins
	(cd "$work/pcp" && before && after) 2>/dev/null || { skip 'no overlayfs'; return; }
	one_file m/f l/f
	one_file -a m/g l/g
	# the other way it is another file, in the upper layer
	run_overlay() { (cd "$work/pcp" && before); run_in pcp pcp "$@"; }
	new_twins
	run_overlay l/f m/f
	assert_ran 0
	assertTrue 'it has the contents' "cmp '$work/pcp/l/f' '$work/pcp/m/f'"
	(cd "$work/pcp" && after)
}

. shunit2
