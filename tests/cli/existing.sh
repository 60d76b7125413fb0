#!/bin/sh
# SPDX-License-Identifier: GPL-3.0-or-later
#
# What becomes of a destination that is there: backups, -f, -i, -n, -u,
# --remove-destination, and files that are the same one.

. "$(dirname "$0")/common.sh"

there() {
	prepare() {
		mkdir -p dir/sub into/dir
		echo new >file
		echo old >dest
		echo old >into/file
		echo old >into/dir/inner
		echo new >dir/inner
		echo new >dir/sub/deep
		ln -s file to-file
		ln -s dest to-dest
		ln -s nowhere dangling
		ln -s loop loop
		ln file again
	}
}

# By name only: the backups of cp 9.1 may land in the working directory.
test_backups() {
	there
	for control in none off numbered t existing nil simple never; do
		same_as_cp --backup=$control file dest
		same_as_cp -v --backup=$control file dest
	done
	same_as_cp -b file dest
	same_as_cp -bS .old file dest
	same_as_cp --suffix=.old file dest
	same_as_cp -b file file
	same_as_cp -b file again
	same_as_cp -b to-file file
	same_as_cp -b file to-file
	same_as_cp -bf file file
	same_as_cp --backup=bogus file dest
	same_as_cp -b missing dest
	same_as_cp -b dir dest
	same_as_cp -bs "$work/cp/file" dest
	same_as_cp -bl file dest
}

test_backup_variables() {
	there
	as='env VERSION_CONTROL=numbered'
	same_as_cp -b file dest
	same_as_cp --backup=simple file dest
	as='env SIMPLE_BACKUP_SUFFIX=.bak'
	same_as_cp -b file dest
	same_as_cp -b -S .x file dest
	as='env VERSION_CONTROL=bogus'
	same_as_cp -b file dest
}

test_numbered_backups_count_on() {
	prepare() {
		echo new >file
		echo old >dest
		echo older >dest.~7~
	}
	same_as_cp -b file dest
	same_as_cp --backup=existing file dest
	same_as_cp --backup=numbered file dest
	same_as_cp --backup=simple file dest
}

# A copy that fails gives the backup its name back.
test_backup_is_restored() {
	[ "$(id -u)" = 0 ] || { skip 'only root can make a file that cannot be read'; return; }
	prepare() {
		mkdir into
		echo secret >file
		chmod 000 file
		echo old >dest
	}
	as='setpriv --reuid=65534 --regid=65534 --clear-groups'
	before() { chown -R 65534:65534 . && chown 0:0 file; }
	same_as_cp -b file dest
	same_as_cp -bv file dest
	assertEquals 'the old one' old "$(cat "$work/pcp/dest")"
}

# So does a link that cannot be made.
test_backup_is_restored_for_a_link() {
	is_cp && { skip 'cp 9.1 counts backups in another directory'; return; }
	prepare() {
		mkdir dst
		echo new >a
		echo old >dst/a
	}
	run_pcp -a -H --backup=t a a dst
	assert_ran 1 "cannot create hard link 'dst/a' to 'dst/a': No such file or directory"
	assertEquals 'what is there' 'a a.~1~' "$(ls "$work/pcp/dst" | paste -sd' ')"
	assertEquals 'the copy' new "$(cat "$work/pcp/dst/a")"
	has_fuse || { skip 'no FUSE'; return; }
	# also where the name waits for the copy of the first one
	prepare() {
		mkdir src dst mnt
		echo new >src/a
		ln src/a src/b
		echo old >dst/a
		echo old >dst/b
	}
	for engine in '' '-j1 --window=1'; do
		new_twins
		slowfs -x -d open=200000 -e 'link:1+:EIO' "$work/pcp" "$work/pcp/mnt" ||
			{ fail 'slowfs cannot be mounted'; return; }
		run_in pcp pcp $engine -a --backup=t mnt/src/. mnt/dst
		fusermount3 -u "$work/pcp/mnt"
		assert_ran 1 'cannot create hard link'
		assertEquals "old and new [$engine]" 'new old' \
			"$(cat "$work/pcp/dst/a" "$work/pcp/dst/b" | sort | paste -sd' ')"
	done
	engine=
}

test_backup_would_destroy_the_source() {
	prepare() {
		echo one >a
		echo two >a~
		echo three >a.b
	}
	same_as_cp --backup=simple a~ a
	same_as_cp --backup=numbered a~ a
	same_as_cp -S .b --backup=simple a.b a
}

# backups with names in a directory, where cp 9.1 goes wrong
test_backup_below() {
	there
	run_pcp -b file into
	assert_ran 0
	assertEquals 'new old' "$(cat "$work/pcp/into/file" "$work/pcp/into/file~" | tr '\n' ' ' | sed 's/ $//')"
	run_pcp -bR dir into
	assert_ran 0
	assertEquals old "$(cat "$work/pcp/into/dir/inner~")"
	run_pcp --backup=t -R dir into
	assertEquals old "$(cat "$work/pcp/into/dir/inner.~1~")"
}

# of_kinds WANT_STATUS WANT_LEFT ARGUMENT...: whatever meets a directory, as cp since 9.5
of_kinds() {
	status=$1 left=$2
	shift 2
	for engine in '' '-j1 --window=1' '-j16 --window=128'; do
		run_pcp $engine "$@"
		assertEquals "status of $*: $(cat "$work/pcp.err")" "$status" "$(cat "$work/pcp.status")"
		assertEquals "$*" "$left" "$(cd "$work/pcp" &&
			find f* l* p* -printf '%p:%y\n' | sort | tr '\n' ' ' | sed 's/ $//')"
	done
}

test_backup_gives_way_to_a_directory() {
	prepare() {
		mkdir -p d/sub
		echo new >d/x
		echo old >f
		ln -s d link
		mkfifo pipe
	}
	of_kinds 0 'f/sub:d f/x:f f:d f~:f link:l pipe:p' -R -b -T d f
	of_kinds 0 'f.~1~:f f/sub:d f/x:f f:d link:l pipe:p' -R --backup=t -T d f
	of_kinds 0 'f.old:f f/sub:d f/x:f f:d link:l pipe:p' -a -S .old -T d f
	of_kinds 0 'f/sub:d f/x:f f:d f~:f link:l pipe:p' -R -b -u -T d f
	of_kinds 0 'f:f link/sub:d link/x:f link:d link~:l pipe:p' -R -b -T d link
	of_kinds 0 'f:f link:l pipe/sub:d pipe/x:f pipe:d pipe~:p' -R -b -T d pipe
	of_kinds 1 'f:f link:l pipe:p' -R -T d f
	of_kinds 1 'f:f link:l pipe:p' -R -T d link
	of_kinds 1 'f:f link:l pipe:p' -R --remove-destination -T d f
	# Of what is named "." there is no backup: it stays.
	of_kinds 1 'f:f link:l pipe:p' -R -b -T d/. f
	run_pcp -Rv -b -T d f
	assert_ran 0
	assertEquals "'d' -> 'f'" "$(head -n 1 "$work/pcp.stdout")"
	# below the operands
	prepare() {
		mkdir -p from/a/b to/from
		echo new >from/a/b/x
		echo old >to/from/a
	}
	run_pcp -R -b from to
	assert_ran 0
	assertEquals 'old new' "$(cat "$work/pcp/to/from/a~" "$work/pcp/to/from/a/b/x" |
		tr '\n' ' ' | sed 's/ $//')"
	# what cannot be copied after all gets its name back
	prepare() {
		mkdir -p from to/from
		ln -s . from/loop
		echo old >to/from/loop
	}
	run_pcp -RLbv from to
	assert_ran 1 "cannot copy cyclic symbolic link 'from/loop'"
	assertEquals old "$(cat "$work/pcp/to/from/loop")"
	grep -qxF "'to/from/loop~' -> 'to/from/loop' (unbackup)" "$work/pcp.stdout"
	assertTrue "$(cat "$work/pcp.stdout")" $?
}

test_directory_and_file() {
	there
	run_pcp -T file dir
	grep -qxF "pcp: cannot overwrite directory 'dir' with non-directory 'file'" "$work/pcp.stderr"
	assertTrue "$(cat "$work/pcp.stderr")" $?
	run_pcp -RT dir file
	grep -qxF "pcp: cannot overwrite non-directory 'file' with directory 'dir'" "$work/pcp.stderr"
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

test_backup_excludes() {
	there
	for option in -n --update=none --update=none-fail; do
		run_pcp -b $option file dest
		assert_ran 1 'mutually exclusive'
		assertEquals old "$(cat "$work/pcp/dest")"
	done
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
		(cd "$work/$name" && printf "$answers" | "$name" "$@") >"$work/$name.stdout" 2>"$work/$name.words"
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
german() { LOCPATH=$scratch/locale LC_ALL=de_DE.UTF-8 "$@"; }

test_answers_in_the_language_of_the_locale() {
	mkdir -p "$scratch/locale"
	localedef -i de_DE -f UTF-8 "$scratch/locale/de_DE.UTF-8" 2>/dev/null
	[ "$(german locale yesexpr 2>/dev/null | tr -d '^[+1]yY')" = jJ ] ||
		{ skip 'no localedef, or no German locale'; return; }
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
				"$name" $options file dest) 2>&1 | sed 's/^pcp: /cp: /' >"$work/$name.words"
		done
		assertEquals "prompt of $options" "$(cat "$work/cp.words")" "$(cat "$work/pcp.words")"
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
	assertTrue 'how' "grep -q '^copy offload: [a-z]*, reflink: [a-z]*, sparse detection: ' '$work/pcp.stdout'"
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

# The numbers that are there can't be found: no backup is lost, and the run ends.
test_numbered_backup_in_unreadable_directory() {
	is_cp && { skip 'cp 9.1 replaces the backup'; return; }
	prepare() {
		mkdir dst
		echo new >a
		echo old >dst/a
		echo older >'dst/a.~1~'
	}
	before() { chmod 300 dst; }
	unprivileged
	new_twins
	(cd "$work/pcp" && before)
	limit=10
	run_in pcp pcp --backup=numbered a dst/
	chmod 755 "$work/pcp/dst"
	assert_ran 1 "cannot backup 'dst/a': Permission denied"
	assertEquals 'the backup' older "$(cat "$work/pcp/dst/a.~1~")"
	assertEquals 'the file' old "$(cat "$work/pcp/dst/a")"
}

. shunit2
