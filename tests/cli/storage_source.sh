#!/bin/sh
# SPDX-License-Identifier: GPL-3.0-or-later
#
# Sources that vanish or change while they are copied: what is said, what is counted, and what
# the exit status is, with and without --strict.

. "$(dirname "$0")/common.sh"
. "$tests/cli/storage_common.sh"

oneTimeSetUp() {
	is_cp && skip_all 'cp counts nothing'
	has_fuse || skip_all 'no FUSE'
}

setUp() {
	cd "$scratch" || exit
	rm -rf src dst
	mkdir -p src mnt
}

tearDown() {
	fusermount3 -u -z "$scratch/mnt" 2>/dev/null || :
}

# counted VANISHED CHANGED: that is what --stats, the log and JSON say of the last run
counted() {
	assertEquals "--stats; $(cat err)" "sources: $1 vanished, $2 changed" \
		"$(grep '^sources: ' err)"
	words=
	[ $1 = 0 ] || words=", $1 vanished"
	[ $2 = 0 ] || words="$words, $2 changed"
	assertEquals 'the last line in the log' "$words" \
		"$(sed -n 's/.* note: pcp: .* copied\(.*\)/\1/p' log)"
	assertEquals 'lines in the log' "$1 $2" "$(grep -c ': vanished: ' log) $(
		grep -c ': changed: ' log)"
	[ ! "$with_json" ] || assertEquals 'JSON' "$1 $2 $1 $2" "$(
		sed -n 's/.*"vanished":\([0-9]*\),"changed":\([0-9]*\).*/\1 \2/p' json) $(
		grep -c '"source":"vanished"' json) $(grep -c '"source":"changed"' json)"
}

# copy ARGUMENT...: sets status; what it says is in err, log and json
copy() {
	rm -rf log json list
	with_json='--json=3'
	has_json || with_json=
	timeout -k 5 60 pcp --stats --log=log --failed-to=list $with_json "$@" 3>json 2>err \
		>/dev/null </dev/null
	status=$?
}

# Names that were read, and are gone when their turn comes
test_vanished() {
	mkdir src/dir src/stale.d src/gone.d src/kept
	for name in gone stale moved torn dir/gone stale.d/x gone.d/x kept/1 kept/2 1 2 3; do
		echo x >src/$name
	done
	ln -s nowhere src/gone.link
	set -f
	slowfs -x -e 'getattr:1+:ENOENT:*/gone*' -e 'open:1+:ENOENT:*/gone*' \
		-e 'readlink:1+:ENOENT:*/gone*' -e 'opendir:1+:ENOENT:*/gone*' \
		-e 'open:1+:ESTALE:*/stale' -e 'opendir:1+:ESTALE:*/stale.d' \
		-e 'read:1+:ESTALE:*/torn' -o attr_timeout=0,entry_timeout=0 src mnt
	set +f
	for set in '' -a -aL --strict '-j1 --window=1'; do
		rm -rf dst
		copy -R $set mnt dst
		assertEquals "[$set] status" 1 $status
		counted 7 0
		assertEquals "[$set] each is listed once" "mnt/dir/gone mnt/gone mnt/gone.d/ \
mnt/gone.link mnt/stale mnt/stale.d/ mnt/torn" "$(sort list | tr '\n' ' ' | sed 's/ $//')"
		assertEquals "[$set] the rest is copied" '1 2 3 dir kept moved stale.d' \
			"$(ls dst | tr '\n' ' ' | sed 's/ $//')"
	done
}

# An operand that is not there has not vanished; nor has what a symlink leads to.
test_never_there() {
	echo x >src/x
	ln -s nowhere src/dangling
	mkdir dst
	copy -RL missing src --parents dst
	assertEquals "$(cat err)" 1 $status
	assertEquals "$(cat err)" 'sources: 0 vanished, 0 changed' "$(grep '^sources: ' err)"
	copy missing src/x dst
	assertEquals "$(cat err)" 'sources: 0 vanished, 0 changed' "$(grep '^sources: ' err)"
}

# A tree is removed while it is walked, with so few descriptors that directories are opened again.
test_tree_is_removed() {
	deep=1/2/3/4/5/6/7/8/9/10/11/12
	mkdir -p src/m/$deep
	for dir in a b c d e w x y z; do mkdir src/$dir && echo $dir >src/$dir/f; done
	(cd src/m && for dir in $(seq 12); do
		cd $dir && for i in 1 2 3 4 5 6; do echo x >f$i; done
	done)
	slowfs -x -d open=20000 -o attr_timeout=0,entry_timeout=0,negative_timeout=0 src mnt
	for descriptors in 1024 32; do
		rm -rf dst
		cp -a src/m m
		(while [ ! -e dst/m/1/2/f1 ] && [ -d mnt ]; do sleep 0.01; done; rm -rf src/m) &
		(ulimit -n $descriptors; copy -R -j2 mnt dst; echo $status >status)
		wait
		assertEquals "status; $(head -n 3 err)" 1 "$(cat status)"
		assertEquals 'said twice' '' "$(sort err | uniq -d)"
		assertEquals 'listed twice' '' "$(sort list | uniq -d)"
		gone=$(sed -n 's/^sources: \([0-9]*\) vanished.*/\1/p' err)
		assertTrue "vanished: $gone" "[ '$gone' -gt 0 ]"
		assertEquals "each message is about one; $(cat err)" \
			"$(grep -c '^pcp: cannot' err)" "$gone"
		assertEquals 'the others' 'a b c d e w x y z' \
			"$(cd dst && echo */f | sed 's,/f,,g')"
		mv m src/m
	done
}

# once_opened N COMMAND...: runs it when so many files of the slow file system have been opened,
# and are being read
once_opened() {
	n=$1
	shift
	for i in $(seq 1000); do
		[ "$(sed -n 's/^open calls \([0-9]*\).*/\1/p' mnt/.slowfs)" != $n ] || break
		sleep 0.01
	done
	sleep 0.05
	"$@"
}

# changes: what happens to the files below src while they are read
changes() {
	for dir in src/big src/small; do
		echo more >>$dir/grows
		truncate -s 100 $dir/shrinks
		printf x | dd of=$dir/written conv=notrunc status=none
		echo new >$dir/.new && mv $dir/.new $dir/replaced
		rm $dir/removed
		mv $dir/moved $dir/.moved
	done
}

slow_reads() {
	slowfs -x -d read=300000 -o attr_timeout=0,entry_timeout=0 src mnt
}

# restless ARGUMENT...: copies files by a process each while that happens; what each says is in
# dst/DIR/NAME.err, with its status as the last line
restless() {
	rm -rf src dst
	mkdir -p src/big src/small dst/big dst/small
	slow_reads
	for name in grows shrinks written replaced removed moved stays; do
		head -c 200000 /dev/urandom >src/big/$name
		head -c 5000 /dev/urandom >src/small/$name
	done
	for file in $(cd src && echo */*); do
		(pcp "$@" mnt/$file dst/$file 2>dst/$file.err; echo $? >>dst/$file.err) &
	done
	once_opened 14 changes
	wait
	fusermount3 -u mnt
}

# said FILE: what the process has said of it, and its status
said() { tr '\n' ' ' <dst/$1.err; }

test_changed() {
	restless
	for name in grows shrinks written replaced removed moved; do
		assertEquals "pcp: warning: 'mnt/big/$name' changed while it was copied 0 " \
			"$(said big/$name)"
	done
	assertEquals "pcp: warning: 'mnt/small/shrinks' changed while it was copied 0 " \
		"$(said small/shrinks)"
	# They are not looked at: as many bytes were read as the size said.
	for name in written grows; do
		assertEquals 0 "$(tail -n 1 dst/small/$name.err)"
	done
	for file in big/stays small/stays; do
		assertEquals "$file" '0 ' "$(said $file)"
		assertTrue "$file is whole" "cmp src/$file dst/$file"
	done
	assertEquals 'all are there' 14 "$(find dst -type f ! -name '*.err' | wc -l)"
}

test_changed_is_a_failure() {
	restless --strict
	for file in $(cd src && echo */grows */shrinks */written */replaced) big/removed \
		small/removed big/moved small/moved; do
		assertEquals "pcp: 'mnt/$file' changed while it was copied 1 " "$(said $file)"
	done
	for file in big/stays small/stays; do
		assertEquals "$file" '0 ' "$(said $file)"
	done
	assertEquals 'all are there' 14 "$(find dst -type f ! -name '*.err' | wc -l)"
}

test_changes_are_counted() {
	for set in '' --strict; do
		rm -rf src dst
		mkdir src dst
		for name in stays grows; do head -c 100000 /dev/urandom >src/$name; done
		slow_reads
		once_opened 2 sh -c 'echo more >>src/grows' &
		copy -j1 --window=1 $set mnt/stays mnt/grows dst
		wait
		fusermount3 -u mnt
		counted 0 1
		wanted='0 '
		[ ! "$set" ] || wanted='1 mnt/grows'
		assertEquals "[$set] $(cat err)" "$wanted" "$status $(cat list)"
	done
}

test_nothing_changes() {
	for name in 1 2 3; do head -c 100000 /dev/urandom >src/$name; done
	mkdir src/dir
	for set in -R -a '-a --atomic' '-R --reflink=never'; do
		rm -rf dst
		copy $set --strict src dst
		assertEquals "[$set]; $(cat err)" 0 $status
		counted 0 0
	done
	# What the kernel makes up has no size and no time.
	copy --strict /proc/version /proc/self/limits /sys/class/net/lo/mtu dst
	assertEquals "$(cat err)" 0 $status
}

# A name that comes into a directory while that is read may be missing.
test_directory_changes() {
	mkdir src/dir
	echo x >src/dir/x
	for set in '' --strict; do
		rm -rf dst
		set -f
		slowfs -x -d readdir=300000 -o attr_timeout=0,entry_timeout=0 src mnt
		set +f
		(for i in $(seq 500); do
			[ "$(sed -n 's/^readdir calls \([0-9]*\).*/\1/p' mnt/.slowfs)" != 2 ] ||
				break
			sleep 0.01
		done
		echo y >src/dir/y) &
		copy -R $set mnt dst
		wait
		fusermount3 -u mnt
		rm src/dir/y
		said=$(grep -c "^pcp: 'mnt/dir' changed while it was read" err)
		listed=$(cat list)
		wanted='0 0 '
		[ ! "$set" ] || wanted='1 1 mnt/dir/'
		assertEquals "[$set] $(cat err)" "$wanted" "$status $said $listed"
	done
}

test_directory_is_removed() {
	can_strace || { skip 'no strace'; return; }
	mkdir src/a src/b
	(cd src/a && seq -f %0200.0f 2000 | xargs touch)
	echo x >src/b/x
	for set in '' --strict; do
		rm -rf dst
		copy_traced -R $set src dst
		counted 1 0
		wanted='0 '
		[ ! "$set" ] || wanted='1 src/a/'
		assertEquals "[$set] $(cat err)" "$wanted" "$status $(cat list)"
		assertEquals "$(cat err)" 1 \
			"$(grep -c "^pcp: .*'src/a' was removed while it was read" err)"
		assertEquals x "$(cat dst/b/x)"
	done
}

# As copy, but the second call that reads src/a finds that it has been removed.
copy_traced() {
	rm -rf log json list
	with_json=
	timeout -k 5 60 strace -f -qq -o /dev/null -P "$scratch/src/a" -e trace=getdents64 \
		-e inject=getdents64:error=ENOENT:when=2+ \
		pcp --stats --log=log --failed-to=list "$@" 2>err </dev/null
	status=$?
}

# Attributes that are passed over otherwise
test_lost_attributes() {
	echo x >src/x
	setfattr -n user.name -v value src/x 2>/dev/null ||
		{ skip 'no extended attributes'; return; }
	mkdir dst
	slowfs -x dst mnt
	for set in '' --strict; do
		copy -a $set src/x mnt/x$set
		assertEquals "[$set] xattr; $(cat err)" "$([ "$set" ] && echo 1 1 || echo 0 0)" \
			"$status $(wc -l <list)"
	done
	is_root || return 0
	chmod 777 dst
	for set in '' --strict; do
		setpriv --reuid=65534 --regid=65534 --clear-groups "$bin/pcp" -p $set src/x \
			dst/owner$set 2>err
		assertEquals "[$set] owner; $(cat err)" "$([ "$set" ] && echo 1 || echo 0)" $?
	done
}

. shunit2
