#!/bin/sh
# SPDX-License-Identifier: GPL-3.0-or-later
#
# Few descriptors, little memory, few system calls, trees that are wide, deep or
# slow.

. "$(dirname "$0")/common.sh"

room=$scratch/room
mkdir "$room"

oneTimeSetUp() {
	tool oddnode
	! can_mount || mount -t tmpfs -o size=2g,mode=755 none "$room"
	printf '#!/bin/sh\nulimit -n "$1"\nshift\nexec "$@"\n' >"$bin/descriptors"
	chmod 755 "$bin/descriptors"
	ASAN_OPTIONS=detect_leaks=0:${ASAN_OPTIONS-}
	export ASAN_OPTIONS
}

tearDown() {
	cd / && rm -rf "${room:?}"/*
}

# many DIRS FILES: makes src with so many directories and files in each
many() {
	mkdir "$room/src"
	for dir in $(seq "$1"); do
		mkdir "$room/src/$dir"
		(cd "$room/src/$dir" && seq "$2" | xargs touch)
	done
}

# copies COMMAND...: succeeds without a word, and dst is as src is
copies() {
	cd "$room" || return
	timeout -k 5 300 "$@" >out 2>err </dev/null
	assertEquals "[$*]" "0, 0 lines, $(sum src)" "$?, $(wc -l <err) lines, $(sum dst)"
	head -n 2 err | sed 's,\(ddddd/\)\+,...,g'
	rm -rf dst
}

# GNU tar, too, walks from directory to directory, whatever the depth.
sum() {
	tar -c --sort=name --mtime=@0 -C "$1" . | cksum
}

test_few_descriptors_wide() {
	many 300 20
	for n in 64 32; do
		copies descriptors $n pcp -R src dst
		copies descriptors $n pcp -a src dst
		is_cp || copies descriptors $n pcp -R -j16 --window=256 src dst
	done
}

test_few_descriptors_deep() {
	oddnode deep "$room/src" 300
	for n in 64 32; do
		copies descriptors $n pcp -R src dst
		copies descriptors $n pcp -a src dst
		is_cp || copies descriptors $n pcp -R -j16 --window=256 src dst
	done
}

# Many deep branches at once, with files to do in each level.
test_few_descriptors_bushy() {
	for branch in 1 2 3 4 5 6 7 8 9; do
		oddnode deep "$room/src$branch" 100
		mkdir -p "$room/src" && mv "$room/src$branch" "$room/src/"
	done
	for n in 64 32; do
		copies descriptors $n pcp -a src dst
		is_cp || copies descriptors $n pcp -R -j64 --window=1000 src dst
	done
}

# Paths of 18 000 bytes: no name of them fits into PATH_MAX.
test_deeper_than_path_max() {
	is_cp && { skip 'cp cannot'; return; }
	oddnode deep "$room/src" 3000
	copies pcp -R src dst
	copies pcp -a src dst
	copies pcp -a -j1 --window=1 src dst
	copies descriptors 64 pcp -R src dst
	copies descriptors 32 pcp -a src dst
}

test_wide_directory() {
	mkdir "$room/src"
	(cd "$room/src" && i=0 && while [ $i -lt 20000 ]; do
		echo $i >$i
		i=$((i + 1))
	done)
	copies pcp -R src dst
	copies pcp -a src dst
	copies descriptors 32 pcp -R src dst
	is_cp || copies pcp -R -j16 --window=64 src dst
}

# The memory does not grow with the number of files: 48 MiB do for any.
test_memory() {
	command -v /usr/bin/time >/dev/null || { skip 'no /usr/bin/time'; return; }
	sanitized && { skip 'a sanitizer takes more memory'; return; }
	many 200 1000
	for options in -R -a; do
		copies /usr/bin/time -o "$room/peak" -f %M pcp $options src dst
		peak=$(tail -n 1 "$room/peak")
		assertTrue "$options of 200000 files took $peak KiB" "[ $peak -lt 49152 ]"
	done
}

test_memory_of_hard_links() {
	command -v /usr/bin/time >/dev/null || { skip 'no /usr/bin/time'; return; }
	sanitized && { skip 'a sanitizer takes more memory'; return; }
	many 20 1000
	mkdir "$room/src/links"
	cp -al "$room"/src/1 "$room"/src/2 "$room"/src/3 "$room/src/links"
	copies /usr/bin/time -o "$room/peak" -f %M pcp -a src dst
	peak=$(tail -n 1 "$room/peak")
	assertTrue "took $peak KiB" "[ $peak -lt 49152 ]"
}

# calls COMMAND...: how many system calls all its threads make on files.  Not counted is what a
# busy machine brings, where strace makes each call slow: copies are measured more often
# (getrusage, clock_gettime, a file of /proc opened, read and closed), and the library may take
# the slowness for that of a file system and hand copies over to threads (futex, epoll, and an
# eventfd opened, written, read and closed).
calls() {
	strace -f -c -qq -U calls,name -o "$room/calls" "$@" </dev/null >/dev/null 2>&1
	awk '$2 == "total" {total = $1}
		$2 ~ /^(futex|epoll_.*|read|write)$/ {aside += $1}
		$2 == "getrusage" {aside += 4 * $1}
		$2 == "eventfd2" {aside += 2 * $1}
		END {print total - aside}' "$room/calls"
}

# few_calls OPTION MOST: a copy of src makes no more system calls on files than MOST
few_calls() {
	rm -rf dst
	total=$(calls pcp $1 src dst)
	assertEquals "the copy with $1" "$(sum src)" "$(sum dst)"
	assertTrue "$1: $total calls for 1000 files: $(
		awk '$1 > 20 {printf "%s %d, ", $2, $1}' "$room/calls")" "[ $total -le $2 ]"
}

test_system_calls() {
	command -v strace >/dev/null || { skip 'no strace'; return; }
	is_cp && { skip 'cp makes ten calls a file'; return; }
	sanitized && { skip 'a sanitizer makes calls of its own'; return; }
	mkdir "$room/src" "$room/none"
	(cd "$room/src" && for i in $(seq 1000); do echo $i >$i; done)
	cd "$room" || return
	start=$(calls pcp -R none dst0)
	assertTrue "$start calls for none" "[ $start -le 300 ]"
	few_calls -R 6600
	# The times, and the names of extended attributes; owner and mode are as they were made
	few_calls -a 8600
}

# all_but_one SOURCE...: with each engine all small files are copied while the
# big one still takes its minute
all_but_one() {
	cd "$room" || return
	mkdir src src/tree mnt
	for dir in 1 2 3; do
		mkdir src/tree/$dir
		for i in $(seq 100); do echo $i >src/tree/$dir/$i; done
	done
	head -c 30000000 /dev/zero | tr '\0' x >src/tree/big
	slowfs -x -m 2000000 src mnt
	for options in '-j2 --window=2' '-j2 --window=4' '-j4 --window=64' ''; do
		rm -rf dst
		mkdir dst
		pcp $options -R "$@" dst 2>err &
		pid=$!
		tries=0
		while [ $tries -lt 100 ] && [ "$(small_files)" -lt 300 ]; do
			sleep 0.1
			tries=$((tries + 1))
		done
		assertEquals "[$options $*] the others" 300 "$(small_files)"
		kill -0 $pid 2>/dev/null
		assertTrue "[$options $*] the big one is not done yet; $(cat err)" $?
		kill -KILL $pid
		wait $pid 2>/dev/null
	done
	fusermount3 -u -z mnt
}

small_files() {
	find dst -type f ! -name big -size +0 | wc -l
}

test_slow_file_stalls_nobody_in_a_tree() {
	has_fuse || { skip 'no FUSE'; return; }
	is_cp && { skip 'cp copies one after the other'; return; }
	all_but_one mnt/tree
}

test_slow_file_stalls_no_operand() {
	has_fuse || { skip 'no FUSE'; return; }
	is_cp && { skip 'cp copies one after the other'; return; }
	all_but_one mnt/tree/big mnt/tree/1 mnt/tree/2 mnt/tree/3
}

# Where an operation takes its time, many are under way at once.
test_slow_file_system_is_used_in_parallel() {
	has_fuse || { skip 'no FUSE'; return; }
	is_cp && { skip 'cp copies one after the other'; return; }
	cd "$room" || return
	mkdir src mnt
	mkdir src/from
	for dir in $(seq 20); do
		mkdir src/from/$dir
		for i in $(seq 10); do echo $i >src/from/$dir/$i; done
	done
	slowfs -x -d all=3000 -s 64 src mnt
	pcp -R -j16 --window=64 mnt/from mnt/to 2>err
	assertEquals "status; $(cat err)" 0 $?
	peak=$(sed -n 's/^all peak //p' mnt/.slowfs)
	assertTrue "$peak operations at once" "[ $peak -ge 8 ]"
	fusermount3 -u mnt
	assertEquals 'the copy' "$(sum src/from)" "$(sum src/to)"
}

. shunit2
