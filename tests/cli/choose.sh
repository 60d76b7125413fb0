#!/bin/sh
# SPDX-License-Identifier: GPL-3.0-or-later
#
# What is left out: by name (--exclude and its kin), and by size.

. "$(dirname "$0")/common.sh"

room=$scratch/room

oneTimeSetUp() {
	! is_cp || skip_all 'cp has no such options'
}

setUp() {
	rm -rf "${room:?}"
	mkdir "$room"
	cd "$room" || exit
	mkdir -p src/cache src/dir/src/cache 'src/a b'
	for file in src/a.c src/a.o src/cache/x src/dir/B.O src/dir/b.c src/dir/src/cache/y \
		'src/a b/c'; do
		echo "$file" >"$file"
	done
	ln -s a.c src/link.o
}

tearDown() { cd /; }

# entries DIR: what is in there, in one line
entries() {
	(cd "$1" && find . ! -name . | sed 's|^\./||' | sort | tr '\n' ' ')
}

# copies WHAT EXPECTED OPTION...: a copy of src has just these entries
copies() {
	what=$1 expected=$2
	shift 2
	for jobs in '' '-j1 --window=1' '-j16'; do
		rm -rf dst
		pcp $jobs -R "$@" src dst >out 2>&1
		assertEquals "[$what] status" 0 $?
		assertEquals "[$what] output" '' "$(cat out)"
		assertEquals "[$what] $jobs" "$expected" "$(entries dst)"
	done
}

# leaves_out WHAT NAME|NAME... OPTION...: it has all entries of src but these
leaves_out() {
	cp -R src wanted
	echo "$2" | tr '|' '\n' | (cd wanted && while IFS= read -r name; do
		[ ! "$name" ] || rm -rf "./$name"
	done)
	left=$(entries wanted)
	rm -r wanted
	what=$1
	shift 2
	copies "$what" "$left" "$@"
}

test_names() {
	leaves_out 'none' '' --exclude=
	leaves_out 'a wildcard' 'a.o|link.o' --exclude='*.o'
	leaves_out 'a name anywhere, and what is below' 'cache|dir/src/cache' --exclude=cache
	leaves_out 'the last component counts, not a part' '' --exclude=cach
	leaves_out 'several' 'a b/c|a.o|cache|dir/src/cache|link.o' \
		--exclude=cache --exclude='*.o' --exclude='a b/c'
	leaves_out 'from the middle' 'dir/src/cache' --exclude=dir/src/cache
}

test_matching() {
	leaves_out 'anchored' 'cache' --anchored --exclude=src/cache
	leaves_out 'anchored: a component alone is none' '' --anchored --exclude=cache
	leaves_out 'not anchored again' 'cache|dir/src/cache' \
		--anchored --no-anchored --exclude=src/cache
	leaves_out 'capitals' 'a.o|dir/B.O|link.o' --ignore-case --exclude='*.o'
	leaves_out 'for one pattern alone' 'a.c|dir/B.O' \
		--ignore-case --exclude='b.o' --no-ignore-case --exclude='A.O' --exclude=a.c
	leaves_out 'no wildcards' '' --no-wildcards --exclude='*.o'
	leaves_out 'wildcards again' 'a.c|dir/b.c' --no-wildcards --wildcards --exclude='*.c'
	leaves_out 'a wildcard and a slash' 'dir/B.O|dir/src/cache/y' \
		--anchored --exclude='src/dir/*[Oy]'
	leaves_out 'a wildcard without slashes' 'dir/B.O' \
		--no-wildcards-match-slash --anchored --exclude='src/dir/*[Oy]'
}

test_include() {
	leaves_out 'taken back' 'link.o' --exclude='*.o' --include='a.*'
	leaves_out 'the last one counts' 'a.o|link.o' \
		--exclude='*.o' --include='a.*' --exclude=a.o
	leaves_out 'alone it does nothing' '' --include='*.c'
	leaves_out 'first it does nothing' 'a.o|link.o' --include='*.o' --exclude='*.o'
	leaves_out 'not below what is left out' 'cache|dir/src/cache' \
		--exclude=cache --include=x --include=y
}

test_from_a_file() {
	printf '*.o  \n\ncache\n' >rules
	leaves_out 'a file' 'a.o|cache|dir/src/cache|link.o' -X rules
	: >none
	leaves_out 'an empty file' '' -X none --include='*.c'
	printf 'cache' | pcp -R --exclude-from=- src fed
	assertEquals 'standard input' 'a b a b/c a.c a.o dir dir/B.O dir/b.c dir/src link.o ' \
		"$(entries fed)"
	rm -rf dst
	pcp -R -X missing src dst 2>err
	assertEquals 'a missing file: status' 1 $?
	assertEquals "pcp: cannot read the patterns in 'missing': No such file or directory" \
		"$(cat err)"
	assertFalse 'nothing is copied' '[ -e dst ]'
	pcp -R -X src src dst 2>err
	assertEquals 'a directory: status' 1 $?
	assertEquals "pcp: cannot read the patterns in 'src': Is a directory" "$(cat err)"
}

# A tag is copied, and nothing else of its directory.
test_tags() {
	signature='Signature: 8a477f597d28d172789f06886806bc55'
	for dir in src/cache src/dir 'src/a b'; do echo "$signature" >"$dir/CACHEDIR.TAG"; done
	echo "$signature" | tr S s >src/dir/CACHEDIR.TAG
	rm 'src/a b/CACHEDIR.TAG'
	ln -s ../cache/CACHEDIR.TAG 'src/a b/CACHEDIR.TAG'
	leaves_out 'caches' cache/x --exclude-caches
	leaves_out 'a name' 'cache/x|dir/B.O|dir/b.c|dir/src|a b/c' --exclude-tag=CACHEDIR.TAG
	leaves_out 'a directory as a tag' 'dir/B.O|dir/b.c|dir/CACHEDIR.TAG' --exclude-tag=src
	leaves_out 'the last one counts' 'dir/B.O|dir/src|dir/CACHEDIR.TAG' \
		--exclude-tag=B.O --exclude-tag=b.c --exclude-tag=none
	leaves_out 'a tag may be left out itself' 'dir/B.O|dir/b.c|dir/src|dir/CACHEDIR.TAG' \
		--exclude-tag=b.c --exclude=b.c
	mkfifo src/cache/pipe
	rm src/cache/CACHEDIR.TAG
	mkfifo src/cache/CACHEDIR.TAG
	leaves_out 'no FIFO is opened' none --exclude-caches
	leaves_out 'a FIFO as a tag' 'cache/CACHEDIR.TAG|cache/x' --exclude-tag=pipe
	for name in '' . .. a/b; do
		pcp -R --exclude-tag=$name src none 2>err
		assertEquals "[$name] status" 1 $?
		assertEquals "pcp: invalid name of a file for --exclude-tag: '$name'" \
			"$(head -n 1 err)"
	done
}

# What cannot be told is reported, and then all is copied that can be.
test_tag_that_fails() {
	has_fuse || { skip 'no FUSE'; return; }
	mkdir mnt
	echo 'Signature: 8a477f597d28d172789f06886806bc55' >src/cache/CACHEDIR.TAG
	cp -R src whole
	for fault in open read; do
		slowfs -x -e "$fault:1+:EIO:*CACHEDIR.TAG" src mnt
		pcp -R --exclude-caches mnt/. dst 2>err
		assertEquals "[$fault] status" 1 $?
		fusermount3 -u mnt
		assertContains "[$fault] reported" "$(cat err)" "pcp: cannot tell whether\
 'mnt/./cache/CACHEDIR.TAG' leaves its directory out: Input/output error"
		rm -f dst/cache/CACHEDIR.TAG whole/cache/CACHEDIR.TAG
		assertEquals "[$fault] the rest" '' "$(diff -r --no-dereference whole dst)"
		rm -rf dst
	done
}

test_sizes() {
	rm -rf src
	mkdir src src/dir
	for size in 0 1 1023 1024 1025; do
		truncate -s $size src/$size src/dir/$size
	done
	ln -s 1025 src/link
	mkfifo src/fifo
	copies 'at least' '1024 1025 dir dir/1024 dir/1025 fifo link ' --min-size=1K
	copies 'at most' '0 1 1023 1024 dir dir/0 dir/1 dir/1023 dir/1024 fifo link ' --max-size=1K
	copies 'between' '1 1023 dir dir/1 dir/1023 fifo link ' --min-size=1 --max-size=1023
	copies 'only empty ones' '0 dir dir/0 fifo link ' --max-size=0
	copies 'with links kept' '1025 dir dir/1025 fifo link ' -a --min-size=1025
	rm src/fifo
	copies 'what a link leads to' '1024 1025 dir dir/1024 dir/1025 link ' -L --min-size=1K
	copies 'what a link leads to' '0 1 1023 1024 dir dir/0 dir/1 dir/1023 dir/1024 ' \
		-L --max-size=1K
	mkdir into
	pcp --max-size=1 src/0 src/1 src/1025 into
	assertEquals 'operands' '0 1 ' "$(entries into)"
	for size in -1 x 1Q ''; do
		pcp --max-size=$size src/0 none 2>err
		assertEquals "[$size] status" 1 $?
		assertEquals "[$size]" "pcp: invalid size: '$size'" "$(head -n 1 err)"
	done
}

test_dates() {
	touch -d '2001-01-01 00:00:00.5 UTC' src/cache/x src/a.c
	touch -d '2001-01-01 00:00:00.6 UTC' src/dir/b.c
	touch -h -d '1960-01-01 UTC' src/link.o
	new='a.o|a b/c|dir/B.O|dir/src/cache/y'
	leaves_out 'newer' link.o --newer='2001-01-01 00:00:00.5 UTC'
	leaves_out 'not as new' 'link.o|cache/x|a.c' --newer='2001-01-01 00:00:00.6 UTC'
	leaves_out 'older' "$new|dir/b.c" --older='2001-01-01 00:00:00.6 UTC'
	leaves_out 'not as old' "$new|dir/b.c|cache/x|a.c" --older='2001-01-01 00:00:00.5 UTC'
	leaves_out 'between' "$new|dir/b.c|link.o" --newer=@946684800 --older=./src/dir/b.c
	leaves_out 'a file' 'link.o|cache/x|a.c' --newer="$PWD/src/dir/b.c"
	leaves_out 'words' 'link.o|cache/x|a.c|dir/b.c' --newer='2 days ago'
	leaves_out 'any time' '' --older='2400-01-01'
	leaves_out 'and by size' "$new|dir/b.c|cache/x|a.c" --older=2001-01-02 --min-size=100
	run() { pcp -R "$@" src none 2>err; echo $?; head -n 1 err; }
	assertEquals 'no date' "1
pcp: invalid date for --newer: 'yesteryear'" "$(run --newer=yesteryear)"
	assertEquals 'no file' "1
pcp: cannot stat './missing': No such file or directory" "$(run --older=./missing)"
	assertFalse 'nothing is copied' '[ -e none ]'
}

# Programs that read JSON learn of it.
test_filtered() {
	has_json || { skip 'built without --json'; return; }
	pcp -R --json src whole >json
	assertContains 'nothing is left out' "$(head -n 1 json)" '"filtered":false,'
	for option in --exclude=x --exclude-tag=x --exclude-caches --min-size=1 --max-size=1 \
		--newer=now --older=@0; do
		pcp -R --json $option src part >json
		assertContains "$option" "$(head -n 1 json)" '"filtered":true,'
	done
}

test_operands() {
	mkdir into
	pcp -R --exclude='*.o' src/a.c src/a.o src/link.o src/dir into
	assertEquals 'status' 0 $?
	assertEquals 'files that are named' \
		'a.c dir dir/B.O dir/b.c dir/src dir/src/cache dir/src/cache/y ' "$(entries into)"
	rm -rf into dst
	pcp -R --exclude=src src dst
	assertEquals 'the only one' 0 $?
	assertFalse 'nothing is made' '[ -e dst ]'
	mkdir into
	pcp -R --parents --exclude=src/dir src/dir src/a.c into
	assertEquals 'with --parents' 'src src/a.c ' "$(entries into)"
	mkdir full
	pcp -R --anchored --exclude=cache --exclude=a.o src/. full
	cp -R src some
	rm -r some/cache some/a.o
	assertEquals 'what is in src' "$(entries some)" "$(entries full)"
	mkdir more
	(cd src && pcp -R --exclude='.*' --anchored --exclude=dir . ../more)
	assertEquals '"." stands for what is in it' 'a b a b/c a.c a.o cache cache/x link.o ' \
		"$(entries more)"
	mkdir last
	(cd src/dir && pcp -R --exclude='*.[cOo]' .. ../../last)
	cp -R src without
	find without -name '*.[cOo]' -exec rm {} +
	assertEquals 'and so does ".."' "$(entries without)" "$(entries last)"
}

test_not_opened() {
	! is_root || is_cp || command -v setpriv >/dev/null || { skip 'no setpriv'; return; }
	unprivileged
	chmod 700 src/cache
	chmod a+rx . .. 2>/dev/null
	mkdir -m 777 out
	is_root || chmod 0 src/cache
	$as pcp -R --exclude=cache src out 2>err
	assertEquals 'status' 0 $?
	assertEquals 'messages' '' "$(cat err)"
	chmod 700 src/cache
}

# What is left out is not in the totals: of the run, and of the thread that goes ahead.
test_totals() {
	has_fuse || { skip 'no FUSE'; return; }
	has_json || { skip 'built without --json'; return; }
	head -c 100000 /dev/zero >src/cache/big
	head -c 50000 /dev/zero >src/big.o
	echo some >src/dir/src/tag
	echo more >src/dir/src/other
	head -c 3000000 /dev/zero >src/slow
	mkdir mnt
	slowfs -x -m 2000000 src mnt
	pcp -R --json --json-interval=0.1 --exclude=cache --exclude='*.o' --min-size=5 \
		--exclude-tag=tag mnt/. dst >json
	fusermount3 -u mnt 2>/dev/null || umount mnt
	files=$(find dst -type f | wc -l)
	bytes=$(find dst -type f -exec cat {} + | wc -c)
	last=$(tail -n 1 json)
	assertContains 'files of the run' "$last" "\"files\":{\"total\":$files,\"copied\":$files,"
	assertContains 'bytes of the run' "$last" "\"bytes\":{\"total\":$bytes,"
	ahead=$(grep '"totals_final":true' json | head -n 1)
	assertContains 'bytes ahead' "$ahead" "\"bytes_total\":$bytes,"
	assertContains 'files ahead' "$ahead" "\"files_total\":$files,"
	assertNotContains 'they were known before the end' "$ahead" "\"bytes_done\":$bytes,"
}

. shunit2
