#!/bin/sh
# SPDX-License-Identifier: GPL-3.0-or-later
#
# --checksum-file: a list that sha256sum -c and xxhsum -c accept, whatever the names, and
# that finds a byte which was changed.

. "$(dirname "$0")/common.sh"

setUp() {
	rm -rf "$work"
	mkdir "$work"
	cd "$work" || exit
	mkdir src
}

# run ARGUMENT...: pcp; its status, and its messages in err
run() {
	timeout -k 5 120 "$bin/pcp" "$@" >out 2>err </dev/null
	status=$?
}

assert_good() {
	assertEquals "status; $(cat err)" 0 "$status"
	assertEquals 'no message' '' "$(cat err)"
}

has_xxh128() {
	"$bin/pcp" --verify=xxh128 --version >/dev/null 2>&1 && command -v xxhsum >/dev/null
}

# xxhsum_unescapes: true where xxhsum -c reads names with \n, as from version 0.8.2 on
xxhsum_unescapes() {
	printf 'x' >"back\\slash"
	printf '\\XXH128 (back\\\\slash) = %s\n' "$(xxhsum -H2 <"back\\slash" | cut -d ' ' -f 1)" |
		xxhsum -c - >/dev/null 2>&1
}

# odd_tree: files whose names are not what programs expect
odd_tree() {
	mkdir "src/d
ir" 'src/ d' "src/bad$(printf '\377\200')"
	for name in plain 'with space' ' lead' 'end ' "new
line" "two

lines" 'back\slash' 'trailing\' '\lead' 'x) = y' 'XXH128 (f) = 00' '*star' '#hash' \
		"cr$(printf '\r')x" "tab$(printf '\t')x" "bad$(printf '\377\200')/f" "d
ir/f" ' d/\' '-' '--'; do
		printf '%s' "the contents of $name" >"src/$name"
	done
	: >src/empty
	head -c 1000000 /dev/urandom >src/big
}

files() {
	find "$1" -type f -print0 | tr -cd '\0' | wc -c
}

test_sha256sum_accepts_an_odd_tree() {
	odd_tree
	run -R --verify=sha256 --checksum-file=list src dst
	assert_good
	assertEquals 'a line for each' "$(files src)" "$(wc -l <list)"
	sha256sum --strict -c list >checked 2>&1
	assertEquals "$(cat checked)" 0 $?
	assertEquals 'each is checked' "$(files src)" "$(grep -c ': OK$' checked)"
}

test_sha256sum_finds_a_change() {
	odd_tree
	run -R --verify=sha256 --checksum-file=list src dst
	find dst -type f -size +0 -print0 >names
	python3 - <<-'END' >changed
		import subprocess
		for name in open("names", "rb").read().split(b"\0")[:-1]:
		    with open(name, "r+b") as f:
		        old = f.read(1)
		        f.seek(0)
		        f.write(bytes([old[0] ^ 1]))
		    bad = subprocess.run(["sha256sum", "--quiet", "-c", "list"],
		                         capture_output=True)
		    if bad.returncode != 1 or bad.stdout.count(b": FAILED\n") != 1:
		        print(name, bad)
		    with open(name, "r+b") as f:
		        f.write(old)
	END
	assertEquals 'each is found' '' "$(cat changed)"
	sha256sum --quiet -c list
	assertEquals 'as it was' 0 $?
}

test_xxhsum_accepts_an_odd_tree() {
	has_xxh128 || { skip 'no XXH128, or no xxhsum'; return; }
	odd_tree
	run -R --checksum-file=list src dst
	assert_good
	assertEquals 'a line for each' "$(files src)" "$(wc -l <list)"
	if xxhsum_unescapes; then
		cp list readable
	else
		grep -av '^\\' list >readable
	fi
	xxhsum --strict -c readable >checked 2>&1
	assertEquals "$(cat checked)" 0 $?
	assertEquals 'each is checked' "$(wc -l <readable)" "$(grep -ac 'OK$' checked)"
	printf X | dd of=dst/big bs=1 seek=777777 conv=notrunc 2>/dev/null
	xxhsum -c readable >checked 2>&1
	assertEquals 'a change is found' 1 $?
	assertEquals 'one' 1 "$(grep -c FAILED checked)"
}

test_escaped_names_of_xxhsum() {
	has_xxh128 || { skip 'no XXH128, or no xxhsum'; return; }
	odd_tree
	run -R --checksum-file=list src dst
	sum=$(xxhsum -H2 <'dst/back\slash' | cut -d ' ' -f 1)
	grep -aqxF "\\XXH128 (dst/back\\\\slash) = $sum" list
	assertTrue "a backslash: $(cat list)" $?
	sum=$(xxhsum -H2 <"dst/new
line" | cut -d ' ' -f 1)
	grep -aqxF "\\XXH128 (dst/new\\nline) = $sum" list
	assertTrue "a newline: $(cat list)" $?
}

test_a_name_that_means_standard_input() {
	echo data >src/f
	run --verify=sha256 --checksum-file=list -- src/f -
	assert_good
	grep -q '^SHA256 (\./-) = ' list
	assertTrue "$(cat list)" $?
	sha256sum -c list </dev/null >/dev/null
	assertEquals 'checked' 0 $?
}

test_each_name_of_a_file_has_a_line() {
	mkdir src/d
	head -c 100000 /dev/urandom >src/1
	for name in 2 3 d/4 d/5; do
		ln src/1 src/$name
	done
	for threads in '-j1 --window=1' '-j4' ''; do
		rm -rf dst
		# shellcheck disable=SC2086
		run -a $threads --verify=sha256 --checksum-file=list src dst
		assert_good
		assertEquals 'five names' 5 "$(sort -u list | wc -l)"
		assertEquals 'one inode' 1 "$(find dst -type f -printf '%i\n' | sort -u | wc -l)"
		sha256sum --strict --quiet -c list
		assertEquals "$threads" 0 $?
	done
}

test_what_is_not_in_the_list() {
	echo data >src/f
	ln -s f src/link
	mkfifo src/fifo
	mkdir src/d
	run -a --checksum-file=list src dst
	assert_good
	assertEquals 1 "$(wc -l <list)"
	run -an --checksum-file=list src/. dst
	assertEquals 'what was left alone' '' "$(cat list)"
	run -au --checksum-file=list src/. dst
	assertEquals 'what is not older' '' "$(cat list)"
	run -Rl --checksum-file=list src links
	assertEquals 'links' '' "$(cat list)"
	rm -f dst/f
	mkdir dst/f
	run -a --checksum-file=list src/. dst
	assertEquals 'what failed' '1 ' "$status $(cat list)"
}

test_lines_are_whole() {
	for d in 1 2 3 4 5 6 7 8; do
		mkdir -p src/$d
		(cd src/$d && for f in $(seq 250); do echo $d$f >"$f
name"; done)
	done
	run -R -j16 --verify=sha256 --checksum-file=list src dst
	assert_good
	assertEquals 2000 "$(grep -c '^\\SHA256 (dst/[1-8]/[0-9]*\\nname) = [0-9a-f]\{64\}$' list)"
	assertEquals 2000 "$(wc -l <list)"
}

test_errors() {
	echo data >src/f
	run --checksum-file=/dev/full src/f dst
	assertEquals 1 "$status"
	assertEquals "pcp: error writing '/dev/full': No space left on device" "$(cat err)"
	assertTrue 'it is copied' 'cmp -s src/f dst'
	run --checksum-file=missing/list src/f other
	assertEquals 1 "$status"
	assertFalse 'nothing is copied' '[ -e other ]'
}

test_the_name_is_that_of_the_copy() {
	mkdir -p into/there
	echo data >src/f
	run --parents --verify=sha256 --checksum-file=list src/f into/there
	assert_good
	grep -q '^SHA256 (into/there/src/f) = ' list
	assertTrue "$(cat list)" $?
	run -b --verify=sha256 --checksum-file=list src/f into/there/src/f
	assertEquals 'a backup has none' 'SHA256 (into/there/src/f)' "$(sed 's/ = .*//' list)"
}

. shunit2
