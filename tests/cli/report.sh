#!/bin/sh
# SPDX-License-Identifier: GPL-3.0-or-later
#
# --report: a page that any parser takes, with the numbers of --json, whatever the names are and
# however the run ends.  What it looks like in a browser: tests/browser/report.sh.

. "$(dirname "$0")/common.sh"

oneTimeSetUp() {
	! is_cp || skip_all 'cp has no --report'
}

setUp() {
	room=$scratch/room
	rm -rf "$room"
	mkdir -p "$room/src/dir"
	cd "$room" || exit
	for i in $(seq 50); do echo $i >src/dir/$i; done
	ln -s 1 src/dir/link
	: >src/empty
	head -c 300000 /dev/urandom >src/big
}

tearDown() {
	cd /
	unmount "$room/slow" "$room/small"
}

# run ARGUMENT...: in the room; sets status
run() {
	timeout -k 5 60 pcp "$@" >out 2>err </dev/null
	status=$?
}

# assert_page WHAT EXPECTED QUERY...: what page.py answers, in one line
assert_page() {
	what=$1 expected=$2
	shift 2
	assertEquals "$what [$*]" "$expected" \
		"$(python3 "$tests/tools/page.py" r.html "$@" 2>&1 | tr '\n' ' ' | sed 's/ $//')"
}

test_numbers() {
	run -a --report=r.html src dst
	assertEquals "status; $(cat err)" 0 $status
	assert_page 'the end' 'ok: everything was copied (exit status 0)' text:status
	assert_page 'the command' 'pcp -a --report=r.html src dst' text:command
	assert_page 'entries' '52 52 2 1 55' 'cell:entries:Regular files:Copied' \
		'cell:entries:Regular files:All' cell:entries:Directories:Created \
		'cell:entries:Symbolic links:Copied' cell:entries:All:All
	assert_page 'sizes' '52 3' sum:sizes:Files rows:sizes
	assert_page 'lists' '20 2 20' rows:slowest rows:directories rows:largest
	assertEquals 'the largest' src/big \
		"$(python3 "$tests/tools/page.py" r.html names:largest | sed -n 1p)"
	assert_page 'what is not there' 'no no' has:errors has:proof
	has_json || return 0
	run -a --report=r.html --json=3 src dst 3>json
	files=$(sed -n '$s/.*"files":{"total":\([0-9]*\),"copied":\([0-9]*\).*/\1 \2/p' json)
	assert_page 'as JSON has it' "$files" 'cell:entries:Regular files:All' \
		'cell:entries:Regular files:Copied'
}

test_names() {
	for name in 'a<b>&amp;"c' "it's" 'new\nline' 'tab\t\033[2J' 'byte\377\376' 'gr\303\274n' \
		'rtl\342\200\256x' ']]>' '\\x41' '\357\277\277'; do
		head -c 9000 /dev/zero >"src/$(printf "$name")"
	done
	rm src/big
	run -a --report=r.html "$(printf 'none<\377>')" src/. "$(printf 'dst\001')"
	assertEquals "status; $(cat err)" 1 $status
	mkdir "$(printf 'dst\001')"
	run -a --report=r.html "$(printf 'none<\377>')" src/. "$(printf 'dst\001')"
	assertEquals "status; $(cat err)" 1 $status
	python3 "$tests/tools/page.py" r.html names:largest | sed -n 1,10p | sort >found
	sort >wanted <<-'end'
	src/./a<b>&amp;"c
	src/./it's
	src/./new\nline
	src/./tab\t\x1b[2J
	src/./byte\xff\xfe
	src/./grün
	src/./rtl\u202ex
	src/./]]>
	src/./\x41
	src/./\uffff
	end
	assertEquals 'each is shown' '' "$(diff wanted found)"
	# What is escaped is told from what is in the name.
	assertTrue 'a backslash of the name' "grep -q '>src/./.x41</bdi>' r.html"
	assert_page 'the command' \
		"pcp -a --report=r.html 'none<'\$'\\377''>' src/. 'dst'\$'\\001'" text:command
}

test_errors() {
	mkdir dst
	run -R --report=r.html n1 n2 n3 n4 n5 src dst
	assertEquals 'status' 1 $status
	assert_page 'the end' 'partial: something failed (exit status 1) 1 5' \
		text:status rows:errors sum:errors:Number
	assert_page 'the first three' 3 count:li
	assertEquals 'why' 1 "$(grep -c '<b>ENOENT</b> (No such file or directory)' r.html)"
	assertEquals 'which' 1 "$(grep -c "<li>cannot stat 'n1': No such" r.html)"
	run -R --max-errors=1 --report=r.html n1 n2 src dst
	assert_page 'stopped' 'failed: stopped before everything was tried (exit status 3)' \
		text:status
}

test_deletions() {
	mkdir -p dst/extra dst/link
	echo x >'dst/extra/<file>'
	run -a --update=changed --delete --max-delete=100% --report=r.html src/. dst
	assertEquals "status; $(cat err)" 0 $status
	assertEquals 'they are listed' 1 "$(grep -c '>dst/./extra/&lt;file&gt;</bdi>' r.html)"
	assertEquals 'and counted' 1 \
		"$(grep -c '<p>Deleted: 3 (directories: 2, regular files: 1).</p>' r.html)"
}

# In the room, as run
interrupt_out=out interrupt_err=err

test_interrupted() {
	truncate -s 300M src/huge
	for signal in INT TERM; do
		rm -rf dst r.html
		number=$([ $signal = INT ] && echo 130 || echo 143)
		for seconds in 0.05 0.03 0.02 0.1 0.01; do
			interrupt $signal $seconds pcp -R --sparse=never --reflink=never \
				--report=r.html src dst
			[ $status != $number ] || [ ! -s r.html ] || break
			rm -rf dst r.html
		done
		[ -s r.html ] || { skip 'no run could be interrupted'; return; }
		assert_page "$signal" "interrupted: interrupted before everything was copied (exit \
status $number, by SIG$signal)" text:status
	done
}

# The page is replaced as a whole, or stays.
test_replaced() {
	echo old >r.html
	ln r.html before
	run -a --report=r.html src dst
	assertEquals 'what was there' old "$(cat before)"
	assert_page 'the page' yes has:status
	cp r.html before
	run --report=r.html
	assertEquals 'a mistake leaves it' '' "$(cmp r.html before)"
	for name in /dev/null none/r.html src; do
		rm -rf copy
		run --report=$name src/empty copy
		assertEquals "[$name] status" 1 $status
		assertFalse "[$name] nothing is copied" '[ -e copy ]'
	done
	run --report=r.html --metrics=./r.html src/empty copy
	assertEquals "pcp: './r.html' is named by two options" \
		"$(sed 's/r.html/.\/r.html/; s/\.\/\.\//.\//' err)"
	can_mount || { skip 'mounting takes root'; return; }
	mkdir small && mount -t tmpfs -o size=4k none small
	run -a --report=small/r.html src dst
	assertEquals "status; $(cat err)" 1 $status
	assertEquals "pcp: error writing 'small/r.html': No space left on device" "$(cat err)"
	assertEquals 'nothing is left' '' "$(ls -A small)"
}

test_over_time() {
	has_fuse || { skip 'no FUSE'; return; }
	mkdir slow
	slowfs -x -d open=30000 src slow || { fail 'slowfs cannot be mounted'; return; }
	run -R -j1 --window=1 --report=r.html slow dst
	assertEquals "status; $(cat err)" 0 $status
	assert_page 'four drawings' 4 count:figure
	assertEquals 'with lines' 7 "$(grep -c '<path class="line ' r.html)"
	assertEquals 'the file system' 1 "$(grep -c '<td>fuse</td>' r.html)"
	rm -rf dst
	run -Rn --dry-run --report=r.html src dst
	assert_page 'a dry run' 'ok: a dry run, in which nothing was copied (exit status 0)' \
		text:status
}

. shunit2
