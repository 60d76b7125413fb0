#!/bin/sh
# SPDX-License-Identifier: GPL-3.0-or-later
#
# Trouble in one directory of the source is reported of that directory, and everything
# else is copied: directories that are mounted when they are opened, that move or go
# while the walk is below them, that can't be read to their end, or whose inode numbers
# change; and few descriptors, which make a run slower and never incomplete.

. "$(dirname "$0")/common.sh"

room=$scratch/room
engines='default|-j1 --window=1|-j16 --window=128'

setUp() {
	mounted=
	rm -rf "${room:?}"
	mkdir "$room"
	cd "$room" || exit
}

tearDown() {
	cd /
	for dir in $mounted; do
		fusermount3 -u "$room/$dir" 2>/dev/null || umount -l "$room/$dir"
	done
	mounted=
}

oneTimeSetUp() {
	! is_cp || skip_all 'cp is not to be proven'
}

# each_engine FUNCTION: calls it with the options of each in $engine
each_engine() {
	for number in 1 2 3; do
		engine=$(echo "$engines" | cut -d '|' -f $number)
		[ "$engine" != default ] || engine=
		"$1"
	done
}

# slow OPTION...: the directory real at slow
slow() {
	has_fuse || { skip 'no FUSE'; return 1; }
	mkdir slow && slowfs -x "$@" real slow || return
	mounted="slow $mounted"
}

# letters DIR: a directory for each letter but m, with a file
letters() {
	for letter in a b c d e f g h i j k l n o p q r s t u v w x y z; do
		mkdir -p "$1/$letter"
		echo $letter >"$1/$letter/f"
	done
}

# assert_letters WHAT DIR
assert_letters() {
	assertEquals "$1: files elsewhere; $(head -n 3 err)" 25 \
		"$(find "$2" -path "$2/?/f" | wc -l)"
}

# ---------------------------------------------------------------- mounts

automount_all() {
	for home in h1 h2 h3 empty; do
		! mountpoint -q auto/$home || umount auto/$home
	done
	rm -rf dst
	pcp $1 auto dst >out 2>err
	assertEquals "$1: status" 0 $?
	assertEquals "$1: messages" '' "$(cat err)"
	if [ "${1#*x}" = "$1" ]; then
		assertEquals "$1: what is there" '' "$(diff -r real dst)"
	else
		assertEquals "$1: files" '' "$(find dst -type f)"
	fi
	[ "${1#-a}" = "$1" ] || assertEquals "$1: a mode" 711 "$(stat -c %a dst/empty)"
}

test_mounted_when_opened() {
	can_mount || { skip 'only root can mount'; return; }
	command -v automount >/dev/null || { skip 'no automount'; return; }
	mkdir -p auto real/h1/1/2/3/4 real/h2/1/2/3 real/h3 real/empty
	chmod 711 real/empty
	find real -type d | while read -r dir; do
		[ "$dir" = real/empty ] || [ "$dir" = real ] || echo "$dir" >"$dir/f"
	done
	for home in h1 h2 h3 empty; do
		echo "$home -fstype=bind :$room/real/$home"
	done >map
	echo "$room/auto $room/map --ghost --timeout=600" >master
	# In a process group of its own: what is in that mounts nothing.
	setsid automount -f --dont-check-daemon -p "$room/pid" "$room/master" >log 2>&1 &
	automount=$!
	for i in 1 2 3 4 5 6 7 8 9 10; do
		grep -q "$room/auto autofs" /proc/mounts && break
		sleep 0.5
	done
	if grep -q "$room/auto autofs" /proc/mounts; then
		for options in -r -a '-a -j1 --window=1' '-a -j16 --window=128' -rL -rx; do
			automount_all "$options"
		done
	else
		skip 'no autofs in this kernel'
	fi
	kill $automount
	wait $automount 2>/dev/null
}

# ----------------------------------------------------- what changes below

# The walk is deep in src/m, stopped; then that moves, or goes.
lose_a_part() {
	for what in moved removed; do
		rm -rf src dst away
		letters src
		mkdir -p src/m/1/2/3/4/5/6/7 away
		(cd src/m/1/2/3/4/5/6/7 && seq -f 'f%g' 3000 | xargs touch)
		pcp $engine -r src dst 2>err &
		copy=$!
		while [ ! -e dst/m/1/2/3/4/5/6/7/f2000 ] && kill -0 $copy 2>/dev/null; do :; done
		kill -STOP $copy 2>/dev/null
		case $what in
		moved) mv src/m/1/2 away/ ;;
		removed) rm -rf src/m ;;
		esac
		kill -CONT $copy 2>/dev/null
		wait $copy
		status=$?
		[ $status = 0 ] || assertEquals "$engine, $what: status" 1 $status
		assert_letters "$engine, $what" dst
		assertEquals "$engine, $what: a stop that nobody asked for" '' "$(grep stopped err)"
	done
}

test_moved_or_removed() {
	each_engine lose_a_part
}

unstable_inodes() {
	rm -rf dst
	pcp $engine -r slow/src dst 2>err
	assertEquals "$engine: status; $(head -n 2 err)" 0 $?
	assertEquals "$engine: what is there" '' "$(diff -r real/src dst)"
}

# deep_with_unstable_inodes FUNCTION: for each engine
deep_with_unstable_inodes() {
	letters real/src
	mkdir -p real/src/m/1/2/3/4/5
	echo deep >real/src/m/1/2/3/4/5/f
	slow -n -o attr_timeout=0,entry_timeout=0 || return
	each_engine "$1"
}

test_inode_numbers_that_change() { deep_with_unstable_inodes unstable_inodes; }

# As well in a destination that is there
merge_unstable_inodes() {
	rm -rf real/dst
	cp -r real/src real/dst
	rm real/dst/m/1/2/3/4/5/f
	pcp $engine -r real/src/. slow/dst 2>err
	assertEquals "$engine: status; $(head -n 2 err)" 0 $?
	assertEquals "$engine: what is there" '' "$(diff -r real/src real/dst)"
}

test_inode_numbers_that_change_in_the_destination() {
	deep_with_unstable_inodes merge_unstable_inodes
}

# ------------------------------------------------- what can't be read

unread() {
	rm -rf dst
	echo reset >slow/.slowfs
	pcp $engine -r slow/src dst 2>err
	assertEquals "$engine: status" 1 $?
	assert_letters "$engine" dst
	assertEquals "$engine: messages" "pcp: cannot access 'slow/src/m': $1" "$(cat err)"
	assertTrue "$engine: no dst/m" '[ -d dst/m ]'
}

unread_io() { unread 'Input/output error'; }
unread_stale() { unread 'Stale file handle'; }

test_reading_fails() {
	letters real/src
	mkdir real/src/m
	touch real/src/m/f
	slow -e 'readdir:1+:EIO:/src/m' || return
	each_engine unread_io
}

test_opening_fails() {
	letters real/src
	mkdir real/src/m
	touch real/src/m/f
	slow -e 'opendir:1+:ESTALE:/src/m' || return
	each_engine unread_stale
}

test_interrupted_calls() {
	letters real/src
	slow -e 'readdir:3:EINTR' -e 'opendir:5:EINTR' -e 'mkdir:4:EINTR' || return
	pcp -r -j1 --window=1 slow/src slow/dst 2>err
	assertEquals "status; $(cat err)" 0 $?
	assertEquals 'what is there' '' "$(diff -r real/src real/dst)"
}

# Every third call of each kind is interrupted: by it a copy of anything onto anything is
# what it is without.
test_interrupted_calls_on_files() {
	faults=
	for call in getattr readlink mknod mkdir unlink symlink rename link chmod utimens \
		open create removexattr; do
		for n in 1 4 7 10 13 16 19 22 25 28; do
			faults="$faults -e $call:$n:EINTR"
		done
	done
	for options in '-a' '-a --remove-destination' '-a --backup=t' '-ab' '-rf' '-au' '-al' \
		'-r --debug' '-rs --remove-destination' '-a --parents' \
		'-r --no-preserve=mode' '-r --attributes-only'; do
		seen_with= seen_without=
		copy_interrupted '' && seen_without=$seen
		copy_interrupted "$faults" && seen_with=$seen
		assertEquals "[$options]" "$seen_without" "$seen_with"
	done
}

# copy_interrupted FAULTS: with $options; sets seen to the status, and all that is there then
copy_interrupted() {
	[ ! -d real ] || { fusermount3 -u slow; rm -rf real slow; mounted=; }
	mkdir -p real/src/d/sub real/dst/src/d
	for name in a b d/c d/sub/e; do echo $name >real/src/$name; done
	ln real/src/a real/src/a2
	ln -s a real/src/link
	mkfifo real/src/fifo
	chmod 750 real/src/d/sub
	for name in a a2 b link d/c; do echo old >real/dst/src/$name; done
	slow -o attr_timeout=0,entry_timeout=0,negative_timeout=0 $1 || return
	pcp $options -j1 --window=1 "$room/slow/src" slow/dst >out 2>err
	status=$?
	seen="status $status $(sort err) $(cd real/dst &&
		find . -printf '%P %y %m %n %l\n' | sort &&
		find . -type f -exec cksum {} + | sort)"
}

# Without the right to read it a directory is made all the same, as with cp.
test_unreadable_directory() {
	prepare() {
		mkdir -p src/a src/m src/z
		echo a >src/a/f
		echo z >src/z/f
		touch src/m/f
	}
	before() { chmod 311 src/m; }
	after() { chmod 755 src/m; }
	for options in -r -a '-r -j16 --window=128'; do
		unprivileged
		engine=${options#-?}
		same_as_cp "${options%% *}" src dst
	done
	for options in -r -a; do
		unprivileged
		engine='-j1 --window=1'
		same_as_cp $options src dst
	done
}

# ------------------------------------------------------ few descriptors

# with_free LIMIT FREE COMMAND...: runs it with so few descriptors free
with_free() {
	python3 -c '
import os, resource, sys
limit, free = int(sys.argv[1]), int(sys.argv[2])
resource.setrlimit(resource.RLIMIT_NOFILE, (limit, limit))
fds = []
try:
    while True:
        fds.append(os.open("/dev/null", os.O_RDONLY))
except OSError:
    pass
for fd in fds[-free:]:
    os.close(fd)
for fd in fds[:-free]:
    os.set_inheritable(fd, True)
os.execvp(sys.argv[3], sys.argv[3:])' "$@"
}

inherited() {
	for limit in 64 256; do
		for free in 8 10 16 24 40; do
			rm -rf dst
			with_free $limit $free pcp $engine -a src dst 2>err
			assertEquals "$engine, $free of $limit: status; $(head -n 2 err)" 0 $?
			assertEquals "$engine, $free of $limit: what is there" '' \
				"$(diff -r src dst)"
		done
	done
}

test_descriptors_inherited() {
	command -v python3 >/dev/null || { skip 'no python3'; return; }
	sanitized && { skip 'a sanitizer opens descriptors of its own'; return; }
	letters src
	mkdir -p src/m/1/2/3/4/5/6/7/8
	letters src/m/1/2/3/4/5/6/7/8
	each_engine inherited
}

# Never silently: status 0 means that all is there.
hardly_any() {
	for limit in 6 7 8 9 10 12 14 16 18 20 24; do
		rm -rf dst
		(ulimit -n $limit && exec pcp $engine -R src dst) 2>err
		status=$?
		if [ $status = 0 ]; then
			assertEquals "$engine, $limit: what is there" '' "$(diff -r src dst)"
		else
			assertTrue "$engine, $limit: status $status" "[ $status = 1 ]"
			assertTrue "$engine, $limit: no message" '[ -s err ]'
		fi
		[ $limit -lt 8 ] ||
			assertEquals "$engine, $limit: status; $(head -n 2 err)" 0 $status
	done
}

test_hardly_any_descriptors() {
	sanitized && { skip 'a sanitizer opens descriptors of its own'; return; }
	for dir in 1 2 3 4 5 6; do
		mkdir -p src/$dir/sub
		(cd src/$dir && seq 100 | xargs touch)
	done
	each_engine hardly_any
}

# A symlink to a directory whose last entry is one: none of them is held open.
test_symlinks_one_in_the_other() {
	mkdir -p src pool
	ln -s ../pool/1 src/next
	for i in $(seq 200); do
		mkdir pool/$i
		echo $i >pool/$i/f
		ln -s ../$((i + 1)) pool/$i/next
	done
	mkdir pool/201
	for engine in '' '-j1 --window=1'; do
		rm -rf dst
		(ulimit -n 32 && exec pcp $engine -rL src dst) 2>err
		assertEquals "$engine: status; $(head -n 2 err)" 0 $?
		assertEquals "$engine: files" 200 "$(find dst -name f | wc -l)"
	done
}

. shunit2
