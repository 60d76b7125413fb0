#!/bin/sh
# SPDX-License-Identifier: GPL-3.0-or-later
#
# Links in place of copies (-l, -s), which symlinks are followed (-H, -L, -P), whole
# paths (--parents), and one file system (-x).

. "$(dirname "$0")/common.sh"

tree() {
	prepare() {
		mkdir -p dir/sub/deep into
		echo one >file
		echo two >dir/inner
		echo three >dir/sub/deep/x
		ln -s file to-file
		ln -s dir to-dir
		ln -s nowhere dangling
		ln -s ../file dir/up
		ln -s sub dir/to-sub
		ln -s nowhere dir/dangling
		echo old >into/file
	}
}

test_hard_links() {
	tree
	same_as_cp -l file new
	same_as_cp -l file into
	same_as_cp -lf file into
	same_as_cp -lv file new
	same_as_cp -l to-file new
	same_as_cp -lP to-file new
	same_as_cp -lL to-file new
	same_as_cp -l dangling new
	same_as_cp -lR dir new
	same_as_cp -lRP dir new
	same_as_cp -la dir new
	same_as_cp -l file file
	same_as_cp -l missing new
	same_as_cp -lu file into
	same_as_cp -l --remove-destination file into
}

test_symbolic_links() {
	tree
	same_as_cp -s file new
	same_as_cp -s file into
	same_as_cp -sf file new
	same_as_cp -s file to-file
	same_as_cp -sf file to-file
	same_as_cp -s file file
	same_as_cp -s /etc/passwd into
	same_as_cp -sv /etc/passwd new
	same_as_cp -sR dir new
	same_as_cp -sR /etc/alternatives new
	same_as_cp -sl file new
	# What cannot be linked stays.
	run_pcp -sf file into
	assert_ran 1 'can make relative symbolic links only in current directory'
	assertEquals old "$(cat "$work/pcp/into/file")"
}

test_following() {
	tree
	for follow in -H -L -P -d '-H -P' '-P -L'; do
		same_as_cp $follow to-file new
		same_as_cp -R $follow to-dir new
		same_as_cp -R $follow dir new
		same_as_cp -R $follow to-dir/ new
		same_as_cp -R $follow dangling new
		same_as_cp -R $follow to-dir to-file into
		same_as_cp -a $follow to-dir new
	done
}

test_cycles() {
	prepare() {
		mkdir -p a/b into
		ln -s .. a/b/up
		ln -s . a/dot
		echo x >a/b/x
	}
	same_as_cp -RL a new
	same_as_cp -RL a/b new
	same_as_cp -RL a into
	engine='-j1 --window=1'
	same_as_cp -RL a new
}

test_links_by_way_of_symlinks() {
	prepare() {
		mkdir -p a into
		echo x >a/x
		ln -s x a/s
		ln -s a/x s2
	}
	same_as_cp -L --preserve=links -R a new
	same_as_cp -H --preserve=links -R a/x s2 into
	same_as_cp -aL a new
}

test_parents() {
	tree
	prepare_more() { chmod 711 dir/sub; chmod 2750 dir; mkdir ' to'; }
	before() { prepare_more; }
	same_as_cp --parents dir/sub/deep/x into
	same_as_cp --parents file into
	same_as_cp --parents -v dir/sub/deep/x into
	same_as_cp --parents -v dir/sub/deep/x ' to'
	same_as_cp --parents -R dir/sub into
	same_as_cp --parents -R dir/sub/ into
	same_as_cp --parents -a dir/sub/deep into
	same_as_cp --parents -p dir/sub/deep/x dir/inner into
	same_as_cp --parents "$work/cp/dir/inner" into
	same_as_cp --parents ./dir/../dir/inner into
	same_as_cp --parents dir/inner new
	same_as_cp --parents dir/inner -t into
	same_as_cp --parents -T dir/inner new
	same_as_cp --parents missing/x into
	same_as_cp --parents to-dir/inner into
	same_as_cp --parents file/x into
	unprivileged
	same_as_cp --parents -a dir/sub/deep/x into
	before() { mkdir -p into/dir; echo x >into/dir/sub; }
	same_as_cp --parents dir/sub/deep/x into
}

# What leads to an operand is not what it may not lead back to.
test_parents_of_a_cycle() {
	prepare() {
		mkdir -p d/e into
		ln -s . d/dot
		ln -s .. d/e/up
		echo x >d/x
	}
	for options in -RL '-R -l' -aL; do
		compare='status out err'
		same_as_cp --parents $options d/dot into
		same_as_cp --parents $options d/e/up into
		same_as_cp --parents $options d into
	done
}

# What leads to it is no directory: nothing is made, and that is said once.
test_parents_through_a_file() {
	prepare() {
		mkdir -p a/b into
		echo x >file
		echo x >a/b/file
		ln -s file to-file
		ln -s nowhere dangling
	}
	for options in '' -p -a -R -Rp -d -f -s -l --attributes-only '--sparse=always -v' -b -u; do
		for name in file/x file/. file/x/y to-file/x dangling/x; do
			same_as_cp --parents $options $name into
			assertEquals "messages of $options $name" 1 "$(wc -l <"$work/pcp.err")"
		done
		same_as_cp --parents $options file/x file -t into
	done
	# cp leaves directories unfinished that were made before it failed
	for options in '' -p -a -R -s; do
		compare='status out err'
		[ "${options#-[ap]}" != "$options" ] || compare="$compare tree"
		same_as_cp --parents $options a/b/file/x into
		same_as_cp --parents $options a/./b/../b/file/x into
	done
	compare='status out err tree'
	for engine in '-j1 --window=1' '-j16 --window=128'; do
		same_as_cp --parents -R file/x a/b/file/x a/b into
	done
}

test_trailing_slashes() {
	tree
	same_as_cp file/ new
	same_as_cp --strip-trailing-slashes file/ into
	same_as_cp --strip-trailing-slashes -d to-dir/ into
	same_as_cp -R to-dir/ into
	same_as_cp --strip-trailing-slashes -R to-dir/ into
}

test_one_file_system() {
	can_mount || { skip 'mounting is not permitted'; return; }
	tree
	before() {
		mount -t tmpfs -o mode=750 none dir/sub && touch dir/sub/foreign &&
			touch -d @0 dir/sub
	}
	after() { umount dir/sub; }
	same_as_cp -Rx dir new
	same_as_cp -ax dir new
	same_as_cp -Rx dir/sub new
	same_as_cp -R dir new
	same_as_cp -RLx dir new
}

test_contents_of_special_files() {
	prepare() {
		mkdir dir
		ln -s /dev/null null
	}
	same_as_cp /dev/null new
	same_as_cp null new
	same_as_cp -L null new
	same_as_cp -R --copy-contents /dev/null new
	# who reads a FIFO waits for who writes
	before() { mkfifo dir/fifo; (echo fed >dir/fifo) & }
	compare='status out err'
	same_as_cp -R --copy-contents dir new
	assertEquals fed "$(cat "$work/pcp/new/fifo")"
	same_as_cp dir/fifo new
	assertEquals fed "$(cat "$work/pcp/new")"
}

# Operands that meet each other come out as if copied one after the other.
test_operands_in_order() {
	prepare() {
		mkdir -p a/sub b/sub d
		for i in 1 2 3 4 5 6 7 8 9; do
			echo a$i >a/sub/f$i
			echo b$i >b/sub/f$i
		done
		echo a >a/x
		echo b >b/x
		ln a/x b/linked
	}
	for engine in '' -j16 '-j1 --window=1' '-j16 --window=128'; do
		same_as_cp -R a/sub b/sub d
		same_as_cp -R b/. a/. d
		same_as_cp a/x b/x d
		same_as_cp -R a/. a/x d
		same_as_cp -R a d/a d
		same_as_cp -a a b/linked d
		same_as_cp -a b/linked a d
		same_as_cp -R a b/../a d
		same_as_cp -R a/sub a d
		same_as_cp -R a a/sub d
		same_as_cp -R a/x b/. d
	done
}

. shunit2
