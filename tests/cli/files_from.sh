#!/bin/sh
# SPDX-License-Identifier: GPL-3.0-or-later
#
# --files-from: what a name stands for, and where it goes; and that the list of --failed-to,
# given back, copies just what is missing.
#
#   NAMES=1000000 ROUNDS=20 PCP=/path/to/pcp sh tests/cli/files_from.sh
#
# NAMES is how many a long list has; ROUNDS is how often each kind of operand is tried.

. "$(dirname "$0")/common.sh"

! sanitized || : "${NAMES:=10000}"
: "${NAMES:=100000}" "${ROUNDS:=1}"
room=$scratch/room

oneTimeSetUp() {
	! is_cp || skip_all 'cp has no such option'
}

setUp() {
	as=''
	is_root || chmod -R u+rwx "$room" 2>/dev/null
	rm -rf "$room"
	mkdir -m 777 "$room"
	cd "$room" || exit
	mkdir -p src/a/b src/c src/src other/d
	for file in src/a/b/1 src/a/2 src/c/3 src/top src/src/x src/x other/d/4; do
		echo "$file" >"$file"
	done
	ln -s a src/link
	chmod 750 src/a
	chmod 555 src/c
	touch -d 2001-02-03 src/a/b/1 src/a/b src/a src/c src/src src other/d other
}

tearDown() { cd /; }

# entries DIR: what is in there, in one line
entries() {
	(cd "$1" && find . ! -name . | sed 's|^\./||' | sort | tr '\n' ' ')
}

# run NAMES ARGUMENT...: pcp with a list of these, which are parted by "|"; sets status
run() {
	echo "$1" | tr '|' '\n' >list
	shift
	timeout -k 5 60 $as pcp --files-from=list "$@" >out 2>err </dev/null
	status=$?
}

# copies WHAT NAMES EXPECTED DST ARGUMENT...: without a word, and DST has just these entries
copies() {
	what=$1 names=$2 expected=$3 dst=$4
	shift 4
	run "$names" "$@"
	assertEquals "[$what] status" 0 $status
	assertEquals "[$what] messages" '' "$(cat err)"
	assertEquals "[$what]" "$expected" "$(entries "$dst")"
}

# refuses WHAT NAMES MESSAGE ARGUMENT...: with that message, and status 1
refuses() {
	what=$1 names=$2 message=$3
	shift 3
	run "$names" "$@"
	assertEquals "[$what] status" 1 $status
	assertEquals "[$what]" "pcp: $message" "$(cat err)"
}

# same WHAT SRC DST [OPTION]: the trees are alike in everything
same() {
	assertEquals "[$1]" '' "$(python3 "$tests/tools/treecmp.py" $4 "$2" "$3" 2>&1)"
}

test_which_operand() {
	mkdir into
	copies 'relative, to a name that is missing' 'a/b/1|./top' 'a a/b a/b/1 top ' dst src dst
	copies 'into a directory' 'a/2' 'src src/a src/a/2 ' into src into
	copies 'by the operand' 'src/a/2|src/top' 'a a/2 top ' dst2 src dst2
	copies 'of a name that is as that of the operand' 'src/x|./src/x|src/src/x' \
		'src src/x x ' dst3 src dst3
	copies 'slashes do not matter' 'src//a///2|.//././/top' 'a a/2 top ' dst4 src// dst4
	copies 'an operand that ends in a dot' 'src/./a/2|top' 'a a/2 top ' dst5 src/. dst5
	copies 'an absolute one' "$room/src/top|x" 'top x ' dst6 "$room/src" dst6
	(cd src && echo ./top | pcp --files-from=- . ../dst7)
	assertEquals 'the working directory' 'top ' "$(entries dst7)"
	mkdir into8 into9
	copies 'several' 'other/d/4|src/top' 'other other/d other/d/4 src src/top ' into8 \
		src other into8
	copies 'the longest counts' 'src/src/x' 'src src/x ' into9 src src/src -t into9
	mkdir into10 into11
	copies 'a file' 'src/top' 'top ' into10 src/top src/x into10
	copies 'with --parents' 'src/a/b/1' 'src src/a src/a/b src/a/b/1 ' into11 \
		--parents src/a into11
}

test_names_that_are_none() {
	mkdir into
	refuses 'several sources' 'top' "'top', named in 'list', is below no SOURCE" src other into
	refuses 'absolute' "$room/src/top" "'$room/src/top', named in 'list', is below no SOURCE" \
		src into
	refuses 'a name that only begins so' 'srcs/x' \
		"cannot stat 'src/srcs/x': No such file or directory" src into
	refuses 'dots' 'src/a/../top' "'src/a/../top' leads out of 'src'" src into
	refuses 'dots alone' '..' "'..' leads out of 'src'" src into
	refuses 'what is missing' 'none' "cannot stat 'src/none': No such file or directory" \
		src into
	refuses 'in what is missing' 'no/ne' \
		"cannot stat 'src/no/ne': No such file or directory" src into
	refuses 'below a file' 'top/ne' "cannot stat 'src/top/ne': Not a directory" src into
	refuses 'a symlink on the way' 'link/2' "not following symbolic link 'src/link'" \
		src into
	refuses 'nor with -R' 'link/2' "not following symbolic link 'src/link'" \
		-R src into
	refuses 'a whole directory without -R' 'a/' \
		"-r not specified; omitting directory 'src/a/'" src into
	assertFalse 'nothing came of that' '[ -e into/src/top ] || [ -e into/src/2 ]'
	run 'none|top' src into
	assertEquals 'the rest is copied' src/top "$(cat into/src/top)"
	assertEquals 'and the status tells' 1 $status
	printf 'a\0b\ntop\n' >list
	pcp --files-from=list src into 2>err
	assertContains 'a NUL' "$(cat err)" "'list' has a name that is too long or has a NUL"
	{ head -c 3000000 /dev/zero | tr '\0' x; printf '\nx\n'; } >list
	pcp --files-from=list src into 2>err
	assertContains 'three million bytes' "$(cat err)" "'list' has a name that is too long"
	assertEquals 'and what follows' src/x "$(cat into/src/x)"
}

test_the_list_itself() {
	mkdir into
	printf '\n\ntop\n\nx' | pcp --files-from=- src into 2>err
	assertEquals 'empty lines, and no end' 'src src/top src/x ' "$(entries into)"
	echo odd >"src/new
line"
	printf 'new\nline\0\0top' | pcp -0 --files-from=- -T src dst0
	assertEquals 'with -0' odd "$(cat "dst0/new
line")"
	pcp --files-from=missing src dst 2>err
	assertEquals 'no such list: status' 1 $?
	assertEquals 'no such list' \
		"pcp: cannot open 'missing' for reading: No such file or directory" "$(cat err)"
	echo top >list
	pcp --files-from=list --failed-to=list src dst 2>err
	assertEquals 'lists are two' "pcp: 'list' is named by two options" "$(cat err)"
	assertEquals 'and it is there' top "$(cat list)"
	pcp --files-from=src src dst 2>err
	assertEquals 'a directory: status' 1 $?
	assertEquals 'a directory' "pcp: error reading 'src': Is a directory" "$(cat err)"
	pcp -i --files-from=- src dst 2>err </dev/null
	assertEquals 'questions: status' 1 $?
	assertContains 'questions' "$(cat err)" 'both read standard input'
	assertFalse 'nothing is made' '[ -e dst ]'
	pcp -R --files-from=/dev/null src dst
	assertEquals 'no name' 0 $?
	assertFalse 'nothing is made of it' '[ -e dst ]'
	run 'x' -T src into
	assertEquals 'with -T' x "$(basename into/x)"
	run 'x|a/2' -s "$room/src" links
	assertEquals 'with -s' "$room/src/a/2" "$(readlink links/a/2)"
	run 'x|a/2' -l src hard
	assertEquals 'with -l' "$(stat -c %i src/a/2)" "$(stat -c %i hard/a/2)"
}

test_directories() {
	copies 'alone' 'a' 'a ' dst -a src dst
	assertEquals 'its mode' 750 "$(stat -c %a dst/a)"
	assertEquals 'its time' "$(stat -c %Y src/a)" "$(stat -c %Y dst/a)"
	copies 'whole' 'a/' 'a a/2 a/b a/b/1 ' dst2 -a src dst2
	copies 'the operand alone' '.' '' dst3 -a src dst3
	copies 'the operand alone, by its name' 'src' '' dst4 -a src dst4
	for name in ./ src/ .//; do
		rm -rf dst5
		run "$name" -a src dst5
		assertEquals "[$name]" '' "$(cat err)"
		same "the operand as a whole: $name" src dst5
	done
	rm -rf dst5
	copies 'without -R' 'a|a/2' 'a a/2 ' dst6 src dst6
	copies 'a slash means nothing to a file' 'top/|link/' 'link top ' dst10 -a src dst10
	copies 'a symlink' 'link' 'link ' dst7 -a src dst7
	assertEquals 'is one' a "$(readlink dst7/link)"
	copies 'a symlink to a directory without -R' 'link|a/2' 'a a/2 link ' dst8 src dst8
	assertTrue 'is a directory' '[ -d dst8/link ] && [ ! -L dst8/link ]'
	copies '-L leads through it' 'link/2' 'link link/2 ' dst9 -L src dst9
}

# In any order, and by a user whom modes bind.
test_orders() {
	! is_root || command -v setpriv >/dev/null || { skip 'no setpriv'; return; }
	unprivileged
	mkdir -p src/ro/deep
	for i in 1 2 3 4 5; do
		echo $i >src/ro/$i
		echo $i >src/ro/deep/$i
		echo $i >src/a/b/$i
	done
	touch -d 2002-02-03 src/ro src/ro/deep src/a/b src/a src
	chmod 555 src/ro/deep src/ro
	! is_root || chown -hR 65534:65534 src
	seq 1000 >seed1
	for how in cat tac 'shuf --random-source=seed1'; do
		for options in -a '-a -j1 --window=1' '-a -j16' '-Rp --atomic'; do
			chmod -R u+w dst 2>/dev/null
			rm -rf dst
			(cd src && find . && find . ! -type d) | $how |
				timeout -k 5 60 $as pcp $options --files-from=- src dst 2>err
			assertEquals "[$how $options] status; $(cat err)" 0 $?
			same "$how $options" src dst
		done
	done
	chmod -R u+w dst
	rm -rf dst
	$as pcp -a src dst
	touch src/x src/ro/1
	touch -d 2003-02-03 src/ro
	run 'ro/1|x|ro/2|./' -a -T src dst
	assertEquals "into what is there; $(cat err)" 0 $status
	same 'into what is there' src dst
	chmod -R u+w dst src
}

# --dry-run does not let an owner into a directory.
test_dry_run() {
	! is_root || command -v setpriv >/dev/null || { skip 'no setpriv'; return; }
	unprivileged
	! is_root || chown -hR 65534:65534 src "$room"
	run 'a/b/1' -a src dst
	for mode in 500 100; do
		for options in -a -Rp '-a --update=changed'; do
			chmod $mode dst/a/b
			before=$(stat -c '%a %z' dst/a/b)
			run 'a/b/1|a/2' $options --dry-run -T src dst
			assertEquals "[$options, $mode] status; $(cat err)" 0 $status
			assertEquals "[$options, $mode] as before" "$before" \
				"$(stat -c '%a %z' dst/a/b)"
		done
	done
}

# come_back: names lead to directories that were left, and deny their owner something by then
come_back() {
	for try in 1 2 3 4 5 6 7 8; do
		chmod -R u+rwx dst
		rm -rf dst/d
		run 'd/e/f/g/h|d/e/f|d/e/f/g/h|x|d/e/f/g|d|d/e/f/g/h/i/j/1|d/e/f/g|d/e/f/g/2' \
			"$@" -T src dst
		assertEquals "[$what, $*] status; $(cat err)" 0 $status
		chmod -R u+rwx dst
		assertEquals "[$what, $*]" "one
two" "$(cat dst/d/e/f/g/h/i/j/1 dst/d/e/f/g/2)"
	done
}

test_closed_directories() {
	! is_root || command -v setpriv >/dev/null || { skip 'no setpriv'; return; }
	unprivileged
	mkdir -p src/d/e/f/g/h/i/j dst
	echo one >src/d/e/f/g/h/i/j/1
	echo two >src/d/e/f/g/2
	! is_root || chown -hR 65534:65534 src dst
	for mask in 0300 0700; do
		what="umask $mask"
		umask $mask
		come_back -R
		come_back -R --no-preserve=mode
		umask 022
	done
	setfacl -d -m u::rw,g::r,o::r dst 2>/dev/null || { skip 'no ACLs here'; return; }
	what='default ACL'
	come_back -R
	come_back -a
}

# Walks and names that get in each other's way
test_names_among_walks() {
	mkdir -p src/w
	for d in 1 2 3 4 5 6 7 8; do
		mkdir src/w/$d
		for f in 1 2 3 4 5 6 7 8 9; do echo $d$f >src/w/$d/$f; done
	done
	for options in -a '-a -j16' '-a -j1 --window=1' '-a --atomic' '-a -u' '-a -b'; do
		rm -rf dst
		run 'w/1/2|w/1/|w/1/3|w/2|w/2/|w/2/4|w/|w/3/1|w/4/|w/4/|x|w/5|src/|w/6/1|./' \
			$options src dst
		assertEquals "[$options] status; $(cat err)" 0 $status
		find dst -name '*~' -exec rm {} +
		same "$options" src dst --no-times
	done
}

test_twice() {
	ln src/x src/again
	ln src/x src/a/more
	for options in '' -a -an -au '-a --atomic' '-a -j1 --window=1' '-a -f' -ab; do
		rm -rf dst
		run 'x|x|again|x|again|a/more|a/more|x' $options src dst
		assertEquals "[$options] status; $(cat err)" 0 $status
		case $options in
		-a*) find dst -name '*~' -exec rm {} +
			assertEquals "[$options] links" 3 "$(stat -c %h dst/x)" ;;
		esac
		assertEquals "[$options] contents" src/x "$(cat dst/a/more)"
	done
}

# A name of an inode with several, by itself and then with the directory that it is in
test_links_twice() {
	mkdir -p tree/sub
	echo data >tree/hard
	ln tree/hard tree/sub/second
	for list in 'sub/\nhard\n./\n' 'sub/\n./\n' 'hard\n./\nhard\n'; do
		rm -rf copy
		# shellcheck disable=SC2059
		printf "$list" | pcp -aT -j1 --files-from=- tree copy 2>err
		assertEquals "[$list] status: $(cat err)" 0 $?
		assertTrue "[$list] one file" '[ copy/hard -ef copy/sub/second ]'
	done
}

test_left_out() {
	head -c 5000 /dev/zero >src/a/big
	echo tag >src/a/b/TAG
	copies 'by name' 'a/2|a/b/1|top|x' 'top ' dst --exclude=a --exclude=x src dst
	copies 'below a directory that is left out' 'a/2|a/b/1|top' 'top ' dst2 \
		--anchored --exclude=src/a --include=src/a/2 src dst2
	copies 'by size' 'a/big|a/2' 'a a/2 ' dst3 --max-size=1K src dst3
	copies 'by a tag' 'a/2|a/b/1|a/b/TAG' 'a a/2 a/b a/b/TAG ' dst4 --exclude-tag=TAG src dst4
	run 'top|a' --exclude=src src dst5
	assertEquals 'the operand: status' 0 $status
	assertFalse 'the operand' '[ -e dst5 ]'
	if can_mount && mount -t tmpfs none src/c; then
		echo there >src/c/there
		copies 'another file system' 'c/there|c|c/|x' 'c x ' dst6 -Rx src dst6
		umount src/c
	fi
}

# The first file is there before the list ends, and memory does not grow with the list.
test_long() {
	mkdir many
	(cd many && for d in $(seq 10); do
		mkdir $d
		for f in $(seq 100); do echo $f >$d/$f; done
	done; find . -type f) >once
	peak() {
		awk -v n=$1 '{ line[NR] = $0 }
			END { for (i = 0; i < n; i++) print line[i % NR + 1] }' once >long
		python3 -c '
import os, sys
pid = os.spawnvp(os.P_NOWAIT, "pcp", ["pcp", *sys.argv[1:]])
pid, status, usage = os.wait4(pid, 0)
print(usage.ru_maxrss if status == 0 else "failed")' -u --files-from=long many dst
	}
	few=$(peak $((NAMES / 10)))
	rm -rf dst
	lots=$(peak $NAMES)
	sanitized || assertTrue "flat: $few KB, then $lots KB" "[ $((lots - few)) -lt 2048 ]"
	assertEquals 'all are there' '' "$(diff -r many dst)"
	(cd many && find . -type f | sed 's/$/.none/') >once
	lots=$(peak $NAMES 2>err)
	assertEquals 'names that are none' "$NAMES" "$(wc -l <err)"
	mkfifo pipe
	rm -rf dst
	pcp -a --files-from=pipe many dst &
	exec 3>pipe
	echo 1/1 >&3
	for i in $(seq 100); do
		[ ! -s dst/1/1 ] || break
		sleep 0.05
	done
	assertEquals 'while the list stands still' 1 "$(cat dst/1/1)"
	exec 3>&-
	wait $!
	assertEquals 'and then it ends' 0 $?
}

# While the list stands still copies end, and a signal is acted upon.
test_signal() {
	mkfifo pipe
	{ echo top; echo x; sleep 2; } >pipe &
	interrupt_out=out interrupt_err=err
	before=$(date +%s%N)
	interrupt INT 0.7 "$bin/pcp" -a --failed-to=failed --files-from=pipe src dst
	took=$((($(date +%s%N) - before) / 1000000))
	assertEquals "status; $(cat err)" 130 "$status"
	assertTrue "at once: $took ms" "[ $took -lt 1800 ]"
	assertEquals 'what was named is there' 'top x ' "$(entries dst)"
	assertEquals 'its times' "$(stat -c %Y src)" "$(stat -c %Y dst)"
	wait
}

test_stop() {
	has_json || { skip 'built without --json'; return; }
	run 'none|x|top|a/' -a --max-errors=1 --failed-to=failed --json=3 src dst 3>json
	assertEquals 'status' 3 $status
	assertEquals 'the rest of the list' 'src/none x top a/ ' "$(tr '\n' ' ' <failed)"
	assertContains 'counts' "$(tail -n 1 json)" '"untried":3,'
	assertContains 'the option' "$(head -n 1 json)" '"files_from":true,'
	run 'none|x|top' -a --max-errors=1 src dst
	assertEquals 'without a list: status' 3 $status
}

# ------------------------------------------------------------ round trips

# tree DIR: with names of every kind, and directories that deny their owner something
tree() {
	mkdir -p "$1"
	for d in 'one' 'two words' 'three' 'three/deep' 'three/deep/er' 'ro' 'ro/below'; do
		mkdir "$1/$d"
		for f in 1 2 3 4 'a b' -n '*'; do echo "$d $f" >"$1/$d/$f"; done
	done
	printf odd >"$1/one/new
line"
	ln -s 1 "$1/one/link"
	ln -s nowhere "$1/three/dangling"
	find "$1" -depth -exec touch -h -d '2003-04-05 06:07:08.5' {} +
	chmod 555 "$1/ro/below" "$1/ro"
}

# damage SEED PATH...: makes some files and directories unreadable; mend undoes it
damage() {
	python3 - "$@" <<-'PY'
	import os, random, stat, sys
	random.seed(int(sys.argv[1]))
	all = []
	for top in sys.argv[2:]:
	    if os.path.isfile(top):
	        all.append(top)
	    for at, dirs, files in os.walk(top):
	        all += [at + "/" + name for name in dirs + files]
	with open("damaged", "w") as out:
	    for name in sorted(set(all), reverse=True):
	        st = os.lstat(name)
	        if not stat.S_ISLNK(st.st_mode) and random.random() < .2:
	            out.write("%o %r\n" % (st.st_mode & 0o7777, name))
	            os.chmod(name, 0)
	PY
}

mend() {
	python3 -c '
import ast, os
for line in open("damaged").read().splitlines()[::-1]:
    mode, name = line.split(" ", 1)
    os.chmod(ast.literal_eval(name), int(mode, 8))'
}

# trip WHAT SEED ARGUMENT...: pcp with these, for which DST stands in the last, and then with
# what has failed; the copy must be as that of a run in which nothing fails
trip() {
	what=$1 seed=$2
	shift 2
	chmod -R u+rwx dst whole 2>/dev/null
	rm -rf dst whole
	$as mkdir dst whole
	$as pcp -a "$@" whole 2>err
	assertEquals "[$what] as a whole; $(cat err)" 0 $?
	damage $seed x/src x/other x/file
	$as pcp -a -0 --failed-to=failed "$@" dst 2>err
	mend
	grep -qz . failed || return 0
	cp failed failed.was
	$as pcp -a -0 --files-from=failed --failed-to=failed2 "$@" dst 2>err
	assertEquals "[$what, seed $seed] again; $(cat err)" 0 $?
	assertEquals "[$what, seed $seed] nothing failed" '' "$(tr '\0' '\n' <failed2)"
	# the directory that all goes into has the time of the run
	case $what in
	*dot* | *name*) ;;
	*parents*) touch -d 2005-01-01 dst whole dst/x whole/x ;;
	*) touch -d 2005-01-01 dst whole ;;
	esac
	same "$what, seed $seed; $(tr '\0\n' '\n ' <failed.was)" whole dst --no-links
}

test_round_trips() {
	! is_root || command -v setpriv >/dev/null || { skip 'no setpriv'; return; }
	unprivileged
	mkdir x
	tree x/src
	tree x/other
	echo file >x/file
	! is_root || chown -hR 65534:65534 . x
	touch -d 2003-04-05 x
	for seed in $(seq "$ROUNDS"); do
		trip 'into a directory' $seed x/src
		trip 'a dot and slashes' $seed x//src/.//
		trip 'absolute' $seed "$room/x/src"
		trip 'several' $seed x/src x/other/ x/file
		trip 'to a name' $seed -T x/src
		trip 'one in another' $seed x/src x/src/three x/src/three/deep/er/1
		trip 'with --parents' $seed --parents x/src x/other
		trip 'with --parents, deeper' $seed --parents x/src/three/deep ./x/other
	done
	chmod -R u+rwx x dst whole
}

# Errors of a disk, a run that stops, and one that has no room
test_round_trips_of_other_kinds() {
	tree under
	for n in 1 2 3; do
		head -c 30000 /dev/urandom >under/three/big$n
	done
	touch -d 2003-04-05 under/three
	pcp -a under whole
	if has_fuse; then
		mkdir src-slow
		slowfs -x -e 'open:1:EIO:*/3' -e 'open:3:EIO' -e 'read:5:EIO' -e 'opendir:4:EIO' \
			-e 'readdir:6:EIO' -e 'getattr:30:EIO' under src-slow
		pcp -a -0 --failed-to=failed -T src-slow dst 2>err
		assertNotEquals 'slowfs: status' 0 $?
		fusermount3 -u src-slow 2>/dev/null || umount src-slow
		slowfs -x under src-slow
		pcp -a -0 --files-from=failed -T src-slow dst 2>err
		assertEquals "slowfs: again; $(tr '\0' '\n' <failed; cat err)" 0 $?
		same "slowfs; $(tr '\0' '\n' <failed)" whole dst --no-links
		fusermount3 -u src-slow 2>/dev/null || umount src-slow
		chmod -R u+w dst
		rm -rf dst
	fi
	# Whichever comes first cannot be copied, and more are left out than there are threads.
	for n in $(seq 40); do
		mkdir "under/$n"
		echo "$n" >"under/$n/file"
	done
	pcp -a -T under whole
	for options in '' '-j1 --window=1' '-j16'; do
		mkdir dst
		for d in under/*/; do
			echo x >"dst/$(basename "$d")"
		done
		pcp -a -0 $options --max-errors=1 --failed-to=failed -T under dst 2>err
		assertEquals "[$options] stopped; $(cat err)" 3 $?
		for d in under/*/; do
			[ -d "dst/$(basename "$d")" ] || rm -f "dst/$(basename "$d")"
		done
		pcp -a -0 $options --files-from=failed -T under dst 2>err
		assertEquals "[$options] again; $(cat err)" 0 $?
		same "[$options] stopped" whole dst --no-links
		chmod -R u+w dst
		rm -rf dst
	done
	can_mount || return 0
	mkdir dst
	mount -t tmpfs -o size=64k,nr_inodes=30 none dst
	pcp -a -0 --failed-to=failed under/. dst 2>err
	assertEquals "full; $(cat err)" 3 $?
	mount -o remount,size=10m,nr_inodes=1000 dst
	pcp -a -0 --files-from=failed under/. dst 2>err
	assertEquals "full: again; $(cat err)" 0 $?
	same 'full' whole dst --no-links
	umount dst
}

# Signals at any moment
test_round_trips_of_signals() {
	busy_tree src2 300000
	pcp -a src2 whole
	interrupt_out=out interrupt_err=err
	for wait in 0.01 0.02 0.04; do
		rm -rf dst
		interrupt TERM $wait "$bin/pcp" -a --failed-to=failed -T src2 dst
		[ $status != 0 ] || continue
		# before anything has begun there is no list
		[ -e failed ] || continue
		pcp -a --files-from=failed -T src2 dst 2>err
		assertEquals "[$wait] again; $(cat err)" 0 $?
		[ -s failed ] && same "$wait; $(cat failed)" whole dst --no-links
		rm -f failed
	done
}

. shunit2
