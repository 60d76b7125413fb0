#!/bin/sh
# SPDX-License-Identifier: GPL-3.0-or-later
#
# What becomes of a destination that is there: -f, -i, -n, -u, --remove-destination, and
# files that are the same one.

. "$(dirname "$0")/common.sh"
. "$tests/tools/languages.sh"

test_directory_and_file() {
	there
	run_pcp -T file dir
	grep -qxF "pcp: cannot overwrite directory 'dir' with non-directory 'file'" \
		"$work/pcp.stderr"
	assertTrue "$(cat "$work/pcp.stderr")" $?
	run_pcp -RT dir file
	grep -qxF "pcp: cannot overwrite non-directory 'file' with directory 'dir'" \
		"$work/pcp.stderr"
	assertTrue "$(cat "$work/pcp.stderr")" $?
	for options in -b -bf --backup=t; do
		run_pcp $options -T file dir
		assert_ran 1 "'dir': Is a directory"
		assertFalse 'it stays' "[ -e '$work/pcp/dir~' ]"
		run_pcp $options -T file dir/
		assert_ran 1 "'dir/': Is a directory"
	done
	run_pcp -b -T file missing/
	assert_ran 1 "'missing/': Not a directory"
}

test_force() {
	there
	before() { chmod 000 dest into/file; }
	unprivileged
	same_as_cp file dest
	unprivileged
	same_as_cp -f file dest
	unprivileged
	same_as_cp -fv file dest
	unprivileged
	same_as_cp -Rf dir/. into
	unprivileged
	same_as_cp --remove-destination -v file dest
	before() { :; }
	same_as_cp file loop
	same_as_cp -f file loop
	same_as_cp -f file dangling
	same_as_cp --remove-destination file dangling
	same_as_cp --remove-destination file to-dest
	same_as_cp --remove-destination file again
	same_as_cp --remove-destination to-file file
	same_as_cp -f file again
	same_as_cp -f file file
	same_as_cp -f file to-file
	before() { chmod 555 into; }
	unprivileged
	same_as_cp -f file into
}

# -i: answers come from standard input
answered() {
	answers=$1
	shift
	for name in cp pcp; do
		(cd "$work/$name" && printf "$answers" | "$name" "$@") \
			>"$work/$name.stdout" 2>"$work/$name.words"
		echo $? >"$work/$name.status"
		sed 's/^pcp: /cp: /; s/? pcp: /? cp: /g' "$work/$name.words" >"$work/$name.err"
		picture $name >"$work/$name.tree"
	done
	assert_alike "[$*] answered $answers" stdout err tree
}

test_interactive() {
	there
	for answers in 'y\n' 'n\n' '' 'Yes\n' 'no\n' '\n' 'y\nn\ny\n'; do
		new_twins
		answered "$answers" -i file dest
		new_twins
		answered "$answers" -iv file dest
		new_twins
		answered "$answers" -i file to-file dir/inner into
		new_twins
		answered "$answers" -Ri dir into
	done
	# As with cp since 9.2: what was not to be copied is a failure.
	new_twins
	(cd "$work/pcp" && echo n | pcp -i file dest 2>/dev/null)
	assertEquals 1 $?
	(cd "$work/pcp" && echo y | pcp -i file dest 2>/dev/null)
	assertEquals 0 $?
}

# german COMMAND...: with the answers that a German may give
german() { LC_ALL=de_DE.UTF-8 "$@"; }

test_answers_in_the_language_of_the_locale() {
	languages_make "$scratch/locale" || { skip "$languages_lack"; return; }
	assertEquals jJ "$(german locale yesexpr | tr -d '^[+1]yY')"
	there
	for answer in j J ja Ja y yes; do
		new_twins
		(cd "$work/pcp" && echo "$answer" | german pcp -i file dest 2>/dev/null)
		assertEquals "$answer" '0 new' "$? $(cat "$work/pcp/dest")"
	done
	for answer in n nein '' ' j' Nj x; do
		new_twins
		(cd "$work/pcp" && echo "$answer" | german pcp -i file dest 2>/dev/null)
		assertEquals "$answer" '1 old' "$? $(cat "$work/pcp/dest")"
	done
	# no end of the line, and no answer
	new_twins
	(cd "$work/pcp" && printf j | german pcp -i file dest 2>/dev/null)
	assertEquals 'no newline' '0 new' "$? $(cat "$work/pcp/dest")"
	(cd "$work/pcp" && german pcp -i file dest 2>/dev/null </dev/null)
	assertEquals 'nothing' 1 $?
	# elsewhere that is no yes
	new_twins
	(cd "$work/pcp" && echo j | pcp -i file dest 2>/dev/null)
	assertEquals 'C' '1 old' "$? $(cat "$work/pcp/dest")"
}

test_interactive_overrides() {
	there
	for options in '-i -n' '-n -i' '-i -f' '-f -i' '-u -n' '-n -u'; do
		new_twins
		answered 'n\n' $options file dest
		new_twins
		answered 'y\n' $options file dest
	done
}

test_unwritable_is_asked_for() {
	is_root || { skip 'only root can run both as another'; return; }
	there
	for options in -i '-i -f' '-i --remove-destination'; do
		new_twins
		for name in cp pcp; do
			chown -R 65534:65534 "$work/$name"
			(cd "$work/$name" && chmod 444 dest &&
				echo n | setpriv --reuid=65534 --regid=65534 --clear-groups \
				"$name" $options file dest) 2>&1 |
				sed 's/^pcp: /cp: /' >"$work/$name.words"
		done
		assertEquals "prompt of $options" "$(cat "$work/cp.words")" \
			"$(cat "$work/pcp.words")"
	done
}

test_no_clobber() {
	there
	same_as_cp -n file dest
	same_as_cp -nv file dest
	same_as_cp -n file new
	same_as_cp -nR dir into
	same_as_cp -n file file
	same_as_cp -n dir dest
	same_as_cp -nR dir dest
	same_as_cp -n file dangling
}

test_update() {
	prepare() {
		mkdir -p dir into/dir
		for f in older newer same; do
			echo src >dir/$f
			echo dst >into/dir/$f
		done
		echo src >dir/only
	}
	before() {
		touch -d '2005-01-01' dir/* into/dir/same
		touch -d '2006-01-01' into/dir/older
		touch -d '2004-01-01' into/dir/newer
	}
	same_as_cp -uR dir into
	same_as_cp --update -R dir into
	same_as_cp -uRv dir into
	same_as_cp -uRp dir into
	same_as_cp -ua dir into
	same_as_cp -u dir/older dir/newer dir/same into/dir
}

# A symlink that is in the way, older, but the same, will do.
test_update_of_a_symlink() {
	prepare() {
		mkdir into
		ln -s nowhere a
		ln -s nowhere into/a
		ln -s elsewhere b
		ln -s nowhere into/b
	}
	before() { touch -h -d '2005-01-01' into/a into/b; }
	same_as_cp -R -u --attributes-only a into
	same_as_cp -R -u --attributes-only b into
	same_as_cp -R --attributes-only a into
	same_as_cp -R -u a b into
}

# Names of one inode become one, by way of what is there and as new.
test_update_of_hard_links() {
	prepare() {
		mkdir -p dir into/dir
		echo src >dir/a
		ln dir/a dir/b
		echo dst >into/dir/a
		echo dst >into/dir/b
	}
	before() {
		touch -d '2005-01-01' dir/*
		touch -d '2006-01-01' into/dir/*
	}
	same_as_cp -ua dir into
	same_as_cp -u --preserve=links dir/a dir/b into/dir
	# Not where links were not to be kept: there cp makes them, and one file is lost.
	run_pcp -uR dir into
	assert_ran 0
	assertEquals 1 "$(stat -c %h "$work/pcp/into/dir/b")"
}

test_update_values() {
	there
	run_pcp --update=all file dest
	assert_ran 0
	assertEquals new "$(cat "$work/pcp/dest")"
	run_pcp --update=none file dest
	assert_ran 0
	assertEquals old "$(cat "$work/pcp/dest")"
	run_pcp --update=none-fail file dest
	assert_ran 1 "not replacing 'dest'"
	assertEquals old "$(cat "$work/pcp/dest")"
	run_pcp --update=none-fail file absent
	assert_ran 0
	run_pcp -n --update=all file dest
	assert_ran 0
	assertEquals '-n is the stronger' old "$(cat "$work/pcp/dest")"
	run_pcp --update=bogus file dest
	assert_ran 1 'invalid argument .bogus. for .--update.'
}

test_dangling_and_posix() {
	there
	as='env POSIXLY_CORRECT=1'
	same_as_cp file dangling
	same_as_cp -R file dangling
	same_as_cp -p file dangling
	as=
	same_as_cp file dangling
	# cp leaves the file that the symlink leads to
	as='env POSIXLY_CORRECT=1'
	compare='status out err'
	same_as_cp --reflink file dangling
	as=
}

test_keep_directory_symlink() {
	prepare() {
		mkdir -p src/d real dst
		echo new >src/d/file
		ln -s ../real dst/d
	}
	same_as_cp -R src/. dst
	run_pcp -R --keep-directory-symlink src/. dst
	assert_ran 0
	assertEquals new "$(cat "$work/pcp/real/file")"
	assertTrue 'it is still a symlink' "[ -L '$work/pcp/dst/d' ]"
}

test_debug() {
	there
	run_pcp --debug file absent
	assert_ran 0
	assertEquals "'file' -> 'absent'" "$(sed -n 1p "$work/pcp.stdout")"
	grep -q '^copy offload: [a-z]*, reflink: [a-z]*, sparse detection: ' "$work/pcp.stdout"
	assertTrue 'how' $?
	run_pcp --debug -n file dest
	assertEquals "skipped 'dest'" "$(cat "$work/pcp.stdout")"
}

# What is left of several is one of them, not the bytes of two.
test_names_that_differ_in_case() {
	is_cp && { skip 'it is one after the other with cp'; return; }
	has_fuse || { skip 'no FUSE'; return; }
	prepare() {
		mkdir src dst mnt
		for i in 1 2 3 4; do
			head -c 6M /dev/zero | tr '\0' A >src/FILE$i
			head -c 2M /dev/zero | tr '\0' b >src/file$i
			head -c 300k /dev/zero | tr '\0' A >src/Small$i
			head -c 100k /dev/zero | tr '\0' b >src/small$i
			echo tiny >src/Tiny$i
			echo more >src/tiny$i
		done
	}
	for options in '' '-j1 --window=1' '-j16 --window=128' --sparse=never -a; do
		new_twins
		(cd "$work/pcp" && slowfs -x -i -d write=2000 dst mnt)
		run_in pcp pcp -R $options src/. mnt
		fusermount3 -u "$work/pcp/mnt"
		assert_ran 0
		mixed=$(cd "$work/pcp" && for one in src/[FST]*; do
			name=$(basename $one | tr A-Z a-z)
			cmp -s $one dst/$name || cmp -s src/$name dst/$name || echo $name
		done)
		assertEquals "[$options] files that are mixtures" '' "$mixed"
	done
}

# Two runs at a time: each file is that of one of them.
test_two_runs_at_a_time() {
	is_cp && { skip 'cp does not care'; return; }
	prepare() {
		mkdir a b dst
		for i in $(seq 10); do
			head -c 9M /dev/zero | tr '\0' a >a/$i
			head -c 5M /dev/zero | tr '\0' b >b/$i
		done
	}
	for options in '-R --reflink=never' '-R --sparse=never' -a; do
		new_twins
		for round in new over; do
			(cd "$work/pcp" && pcp $options a/. dst & cd "$work/pcp" &&
				pcp $options b/. dst; s=$?; wait; exit $s)
			assertEquals "[$options] status" 0 $?
			mixed=$(cd "$work/pcp" && for i in $(seq 10); do
				cmp -s a/$i dst/$i || cmp -s b/$i dst/$i || echo $i
			done)
			assertEquals "[$options] $round: mixtures" '' "$mixed"
		done
	done
}

# As an object store has it: a file is written as a whole, or not at all.
test_only_with_truncation() {
	has_fuse || { skip 'no FUSE'; return; }
	prepare() {
		mkdir src dst mnt
		for i in 1 2 3; do
			echo "new $i" >src/$i
			echo "the old contents of $i" >dst/$i
		done
		seq 400000 >src/big
		echo old >dst/big
		: >dst/3
	}
	before() { slowfs -x -T dst mnt; }
	after() { fusermount3 -u mnt; }
	same_as_cp -R src/. mnt
	same_as_cp src/1 src/big mnt
	engine='-j16 --window=128'
	same_as_cp -Rp src/. mnt
	engine='-j1 --window=1'
	same_as_cp -Rf src/. mnt
}

# A file system that takes O_NONBLOCK seriously for regular files
test_reading_does_not_block() {
	has_fuse || { skip 'no FUSE'; return; }
	prepare() {
		mkdir src mnt
		echo hello >src/small
		: >src/empty
		seq 400000 >src/big
	}
	before() { slowfs -x -N src mnt; }
	after() { fusermount3 -u mnt; }
	for engine in '' '-j1 --window=1' '-j16 --window=128' --chunk=64K; do
		same_as_cp -R mnt new
		same_as_cp -a mnt new
		same_as_cp --sparse=always mnt/big new
	done
}

. shunit2
