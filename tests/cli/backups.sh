#!/bin/sh
# SPDX-License-Identifier: GPL-3.0-or-later
#
# Backups of what is at the destination: their names, what excludes them, and that they get
# their old names back where nothing is copied.

. "$(dirname "$0")/common.sh"

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
	assertEquals 'new old' \
		"$(cat "$work/pcp/into/file" "$work/pcp/into/file~" | tr '\n' ' ' | sed 's/ $//')"
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
		assertEquals "status of $*: $(cat "$work/pcp.err")" "$status" \
			"$(cat "$work/pcp.status")"
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

test_backup_excludes() {
	there
	for option in -n --update=none --update=none-fail; do
		run_pcp -b $option file dest
		assert_ran 1 'mutually exclusive'
		assertEquals old "$(cat "$work/pcp/dest")"
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
