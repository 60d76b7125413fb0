#!/bin/sh
# SPDX-License-Identifier: GPL-3.0-or-later
#
# The stream of --json: each line by the schema, and its numbers by what find counts;
# always a summary at the end.  And the example that reads it.

. "$(dirname "$0")/json_common.sh"

wrapper=$tests/../doc/examples/progress.py

oneTimeSetUp() {
	need_json
	busy_tree "$scratch/many" 6000000
}

# ------------------------------------------------------------- all is well

test_success() {
	mixed
	run -a --json --json-files src dst
	assertEquals "status; $(cat err)" 0 $status
	assert_values 'of each kind' "ok $(count f) 2 0 0 $(count d) 0 $(count l) $(count p)" \
		summary.status summary.files.total summary.files.linked summary.files.skipped \
		summary.files.failed summary.dirs.created summary.dirs.merged summary.links \
		summary.specials
	assert_values 'all bytes' "$(bytes_of src)" summary.bytes.total
	set -- $(values summary.bytes.written summary.bytes.cloned summary.bytes.holes)
	assertEquals 'parts of the sum' "$(bytes_of src)" $(($1 + $2 + $3))
	assertTrue "some holes: $3" "[ $3 -gt 1000000 ]"
	assert_values 'a line for each' "$(find src | wc -l)" '#file'
	assert_values 'what is asked for' 'src dst true never 1' start.sources.0 start.dest \
		start.options.recursive start.options.dereference start.schema
	run -a --json --json-files src/. dst
	assert_values 'merged' "ok $(count d) 0" summary.status \
		summary.dirs.merged summary.dirs.created
}

# Without -a each name is a file of its own, and its bytes are.
test_names_of_one_file() {
	mixed
	run -R --json src dst
	assert_values 'all are copied' "$(count f) $(count f)" \
		summary.files.total summary.files.copied
	assert_values 'all bytes' \
		"$(find src -type f -printf '%s\n' | awk '{ s += $1 } END { print s }')" \
		summary.bytes.total
	assert_values 'no lines of files' 0 '#file'
}

test_methods() {
	head -c 100000 /dev/urandom >src/f
	run --json --json-files --reflink=never src/f dst
	assert_values 'one file' 'copied file src/f dst 100000 null null' \
		file.action file.kind file.src \
		file.dst file.bytes file.checksum file.synced
	run --json --json-files -l src/f link
	assert_values 'a link' 'linked 1 0' file.action summary.files.linked summary.bytes.written
	run --json --json-files -s "$room/src/f" symlink
	assert_values 'a symlink' 'linked' file.action
}

# ---------------------------------------------------------------- failures

# reader: who cannot read what nobody may; in place of root another user runs pcp
reader() {
	is_root || return 0
	setpriv --reuid=65534 --regid=65534 --clear-groups true 2>/dev/null ||
		{ skip 'setpriv is not permitted'; return 1; }
	as='setpriv --reuid=65534 --regid=65534 --clear-groups'
	chmod 777 .
}

test_failures() {
	reader || return 0
	for d in $(seq 10); do
		mkdir src/$d
		for f in $(seq 100); do echo $d $f >src/$d/$f; done
		chmod 0 src/$d/*7
	done
	run -R --json --json-files src dst
	assertEquals "status; $(head -n 3 err)" 1 $status
	assert_values 'files' 'partial 1000 900 100' summary.status \
		summary.files.total summary.files.copied summary.files.failed
	assert_values 'all bytes' "$(bytes_of src)" summary.bytes.total
	assert_values 'by errno' '{"EACCES": 100}' summary.errors_by_errno
	assertEquals 'each has a line' "$(find src -name '*7' -type f | sort)" \
		"$(jsonlines out "$schema" 'error[].src' | sort)"
	assertEquals 'which says why' '    100 EACCES' \
		"$(jsonlines out "$schema" 'error[].errno_name' | sort | uniq -c)"
	assertEquals 'at what' '    100 open' \
		"$(jsonlines out "$schema" 'error[].op' | sort | uniq -c)"
	assertEquals 'and of which file' 0 "$(jsonlines out "$schema" 'error[].id' | grep -c null)"
}

# All names of a file fail, each by itself: its number is told each time.
test_failures_of_one_file() {
	reader || return 0
	echo x >src/1
	ln src/1 src/2
	ln src/1 src/3
	chmod 0 src/1
	run -R --preserve=links --json --json-files src dst
	assert_values 'files' 'failed 3 3' summary.status summary.files.failed '#error'
	assertEquals 'the same numbers' \
		"$(sed -n 's/^{"type":"file","id":\([0-9]*\),"action":"failed".*/\1/p' out |
			sort)" \
		"$(jsonlines out "$schema" 'error[].id' | sort)"
}

test_nothing_copied() {
	run -R --json --json-files none1 none2 src
	assertEquals status 1 $status
	assert_values 'none' 'failed 2 {"ENOENT": 2} stat none2' summary.status \
		summary.files.failed \
		summary.errors_by_errno error.op error.src
	assertEquals 'with its number' "$(values file.id)" "$(values error.id)"
	run --json src dst
	assert_values 'a directory' 'failed null check src' summary.status \
		error.errno error.op error.src
}

test_partial_files() {
	head -c 1000000 /dev/urandom >src/bad
	echo old >old
	slow -e 'read:2+:EIO:*bad' -e 'copy:1+:EIO:*bad' || return 0
	run --json --json-files slow/bad new
	assert_values 'new' 'failed EIO removed slow/bad failed' summary.status error.errno_name \
		error.partial error.src file.action
	assertFalse 'nothing is left' '[ -e new ]'
	# nothing can be read: what is there stays
	run --json --json-files slow/bad old
	assert_values 'old' 'failed EIO none' summary.status error.errno_name error.partial
	assertEquals 'the old contents' old "$(cat old)"
	# something can
	echo >slow/.slowfs
	run --json --json-files slow/bad old
	assert_values 'old' 'failed EIO kept' summary.status error.errno_name error.partial
}

test_skips() {
	mixed
	run -R --json src dst
	run -Rn --json --json-files src/. dst
	assertEquals "status; $(cat err)" 0 $status
	n=$(find src ! -type d | wc -l)
	assert_values 'all of them' "ok $(count f) $n 0" summary.status summary.files.skipped \
		progress.skipped summary.bytes.written
}

test_same_operand_twice() {
	mkdir dst src/dir
	echo x >src/f
	run -R --json --json-files --failed-to=list src/dir src/dir src/f src/f dst
	assert_values 'skipped, which is no failure' 'ok 1 0 1 0 2 0' summary.status \
		summary.dirs.skipped summary.dirs.failed summary.files.skipped \
		summary.files.failed \
		summary.warnings summary.errors
	assertEquals 'none has failed' '' "$(cat list)"
}

test_max_errors() {
	run -R --max-errors=3 --json none1 none2 none3 none4 src dst
	assertEquals status 1 $status
	mkdir dst
	run -R --max-errors=3 --json none1 none2 none3 none4 src dst
	assertEquals status 3 $status
	assert_values 'the end' 'failed 3 3' summary.status summary.errors start.options.max_errors
}

# ---------------------------------------------------- before it has begun

test_mistakes() {
	echo x >src/f
	while read -r arguments; do
		run $arguments
		assertEquals "[$arguments] status" 1 $status
		assert_values "[$arguments]" 'failed 1 0 1 error' summary.status summary.exit_code \
			summary.files.total summary.errors error.severity
		assertTrue "[$arguments] is said" '[ -s err ]'
	done <<-end
	--json --bogus a b
	--bogus --json a b
	-R --bogus -v --json a b
	--json
	--json src/f
	--json -t src/f src/f
	-t src/f --json src/f
	--json -t a -t b src/f
	-t a -t b --json src/f
	--json --reflink=bogus a b
	--reflink=bogus --json a b
	-j0 --json a b
	--json --json-interval=0 a b
	--json -ls a b
	--json a b missing
	--json -T a b c
	--json --log=missing/log src/f b
	end
	run --json a b missing
	assert_values 'it has its line' "target 'missing': No such file or directory" error.message
	run --json=99 a b
	assertEquals 'no such descriptor' 1 $status
	assertEquals 'no stream' '' "$(cat out)"
	assertTrue "$(cat err)" "grep -q \"invalid file descriptor for --json: '99'\" err"
	run --json=1 --json=bogus a b
	assert_values 'the first that is good' failed summary.status
}

# ----------------------------------------------------------- interruptions

# In the room, as run
interrupt_out=out interrupt_err=err

test_interrupted() {
	ended=
	for signal in INT TERM HUP; do
		case $signal in
		INT) number=2 ;;
		TERM) number=15 ;;
		HUP) number=1 ;;
		esac
		for seconds in 0.005 0.015 0.03 0.06; do
			rm -rf dst
			interrupt $signal $seconds pcp -R --sparse=never --reflink=never --json \
				--json-files "$scratch/many" dst
			case $status in
			0) assert_values "$signal after $seconds s" ok summary.status ;;
			$((128 + number)))
				# Before it was ready for signals there is no stream.
				[ -s out ] || continue
				ended=yes
				assert_values "$signal after $seconds s" \
					"interrupted $(count f dst 2>/dev/null)" \
					summary.status summary.files.copied
				;;
			*) fail "$signal after $seconds s: status $status, $(cat err)" ;;
			esac
			assert_whole '' dst "$scratch/many"
		done
	done
	assertNotNull 'some were interrupted' "$ended"
}

# The signal comes while pcp waits for who reads the first line; then it fails.
test_interrupted_before_it_began() {
	status=$("$python" -c '
import fcntl, os, signal, subprocess, time
F_SETPIPE_SZ = 1031
r, w = os.pipe()
os.write(w, b" " * fcntl.fcntl(w, F_SETPIPE_SZ, 4096))
child = subprocess.Popen(["pcp", f"--json={w}", "--log=missing/log", "a", "b"], pass_fds=[w])
os.close(w)
time.sleep(0.5)
child.send_signal(signal.SIGINT)
time.sleep(0.1)
with open(r, "rb") as stream, open("out", "wb") as out:
    out.write(stream.read().lstrip())
status = child.wait()
print(128 - status if status < 0 else status)' 2>err)
	assertEquals "status; $(cat err)" 130 "$status"
	assert_values 'the same' 'interrupted 1' summary.status '#error'
}

# ------------------------------------------------------------------- names

test_names() {
	mkdir "src/$(printf 'dir\377')"
	for name in 'plain' 'gr\303\274n' '\377' 'a\300\257b' 'half\303' '\355\240\200' \
		'new\nline' \
		'quote"\\"' 'tab\t\001\033[31m\177' '\360\237\230\200\200'; do
		file=$(printf "%b." "$name")
		echo x >"src/${file%.}"
		echo x >"src/$(printf 'dir\377')/${file%.}"
	done
	run -R --json --json-files src "$(printf 'dst\376')"
	assertEquals "status; $(cat err)" 0 $status
	assert_values 'all of them' "$(count f)" summary.files.total
	for field in src dst; do
		from=src
		[ $field = src ] || from=$(printf 'dst\376')
		find "$from" -print0 | sort -z >wanted
		jsonlines --names=$field out "$schema" | sort -z >found
		assertEquals "$field" "$(od -c wanted)" "$(od -c found)"
	done
	# 0xff, and what UTF-8 may not have: overlong, cut off, a surrogate, one too many
	assertEquals 'in base64 where needed' $((1 + 10 + 5)) "$(grep -c '"src_b64"' out)"
	assertEquals 'the destination too' 1 "$(grep -c '"dest_b64":"ZHN0/g=="' out)"
	run --json "$(printf 'none\377')" "src/plain" dst
	assertEquals 'operands' 1 "$(grep -c '"sources_b64":\["bm9uZf8=","c3JjL3BsYWlu"\]' out)"
	mkdir dst
	run --json "$(printf 'none\377')" "src/plain" dst
	assertEquals 'in an error' 1 "$(grep -c '^{"type":"error".*"src_b64":"bm9uZf8="' out)"
	assert_values 'one of them' partial summary.status
}

# ------------------------------------------------------------- descriptors

test_descriptors() {
	mixed
	timeout 60 pcp -Rv --json=3 src dst 3>stream >out 2>err
	assertEquals "status; $(cat err)" 0 $?
	assertEquals 'what -v says' "$(find src | wc -l)" "$(grep -c "^'src.*' -> 'dst" out)"
	mv stream out
	status=0
	assert_values 'the stream' ok summary.status
	rm -rf dst
	run -Rv --json src dst
	assert_values 'nothing else' ok summary.status
	assertEquals 'what -v says is there' "$(find src | wc -l)" \
		"$(grep -c "^'src.*' -> 'dst" err)"
	rm -rf dst
	run --json=2 src/nothing dst
	assertEquals 'not where messages are' 1 $status
	assertTrue "$(cat err)" "grep -q \"invalid file descriptor for --json: '2'\" err"
}

# What waits for a thread is not shown as if it were being copied.
test_queued() {
	for i in $(seq 40); do head -c 1048576 /dev/urandom >src/$i; done
	slow -m 500000 || return 0
	run -R -j4 --window=32 --json --json-interval=0.1 slow dst
	assert_values 'all' ok summary.status
	most=$(values 'progress[].copying' | tr " " "\n" | sort -n | tail -n 1)
	assertTrue "copying: $most" "[ $most -ge 2 ] && [ $most -le 4 ]"
	most=$(values 'progress[].queued' | tr " " "\n" | sort -n | tail -n 1)
	assertTrue "queued: $most" "[ $most -ge 16 ]"
	assertEquals 'more than threads are active' '' \
		"$(values 'progress[].active.4.src' | grep slow)"
	assertTrue 'some are' "jsonlines out '$schema' 'progress[].active.1.src' | grep -q ^slow/"
}

test_intervals() {
	for i in 1 2 3 4 5; do head -c 1048576 /dev/urandom >src/$i; done
	slow -m 500000 || return 0
	run -R -j1 --json --json-files --json-interval=0.1 slow dst
	assert_values 'all' ok summary.status
	n=$(values '#progress')
	assertTrue "ten a second: $n" "[ $n -ge 10 ] && [ $n -le 60 ]"
	assertTrue 'files under way' \
		"jsonlines out '$schema' 'progress[].active.0.src' | grep -q ^slow/"
	assertTrue 'time to go' \
		"jsonlines out '$schema' 'progress[].eta_s' | sed '\$d' | grep -q '^[0-9]'"
	assertTrue 'all totals' \
		"jsonlines out '$schema' 'progress[].bytes_total' | sed '\$d' | grep -qx 5242880"
	assertTrue 'a rate' "jsonlines out '$schema' 'progress[].rate_bps' | grep -q '^[1-9]'"
	rm -rf dst src/4 src/5
	run -R -j1 --json slow dst
	n=$(values '#progress')
	assertTrue "one a second: $n" "[ $n -ge 2 ] && [ $n -le 4 ]"
}

test_reader_goes_away() {
	{
		timeout -k 5 60 pcp -R --json --json-files --sparse=never "$scratch/many" dst 2>err
		echo $? >status
	} | head -n 1 >/dev/null
	assertEquals 'by the signal' 141 "$(cat status)"
	assert_whole '' dst "$scratch/many"
	rm -rf dst
	{
		(trap '' PIPE && timeout -k 5 60 pcp -R --json --json-files \
			"$scratch/many" dst 2>err)
		echo $? >status
	} | head -n 1 >/dev/null
	assertEquals 'where that is ignored' 1 "$(cat status)"
}

# -------------------------------------------------------------- many files

# million DIRS: as many directories of a thousand files in tmpfs/src
million() {
	mkdir tmpfs
	if can_mount; then
		mount -t tmpfs -o nr_inodes=3000000 none tmpfs
	else
		rmdir tmpfs && large=$(mktemp -d /dev/shm/pcp-test.XXXXXX) && ln -s "$large" tmpfs
	fi 2>/dev/null || { skip 'no tmpfs'; return 1; }
	free=$(stat -f -c %d tmpfs/.)
	# Two inodes for each file, of a kilobyte each
	memory=$(awk '/^MemAvailable/ { print $2 }' /proc/meminfo)
	[ "$(stat -f -c %T tmpfs/.)" = tmpfs ] && [ "$free" -gt $(($1 * 2100)) ] &&
		[ "$memory" -gt $(($1 * 3000)) ] || {
		skip "not enough room: $free inodes, $memory KiB of memory"
		return 1
	}
	"$python" -c '
import os, sys
os.mkdir("tmpfs/src")
if os.fork() == 0:
    first = 0
else:
    first = 1
for d in range(first, int(sys.argv[1]), 2):
    os.mkdir(f"tmpfs/src/{d}")
    at = os.open(f"tmpfs/src/{d}", os.O_RDONLY)
    for f in range(1000):
        os.close(os.open(str(f), os.O_CREAT | os.O_WRONLY, dir_fd=at))
    os.close(at)
if first:
    sys.exit(os.wait()[1])
' "$1"
}

test_a_million_files() {
	large='' dirs=1000
	! sanitized || dirs=20
	if million $dirs; then
		run -R --json --json-interval=0.2 tmpfs/src tmpfs/dst
		assert_values 'all of them' "ok ${dirs}000 $((dirs + 1)) 0" summary.status \
			summary.files.copied summary.dirs.created '#file'
		mkdir tmpfs/some
		run -R --json --json-files tmpfs/src/? tmpfs/src/1? tmpfs/some
		assert_values 'some of them' "ok 20000 20020" summary.status \
			summary.files.copied '#file'
		jsonlines --names=src out "$schema" | tr '\0' '\n' | sort >found
		find tmpfs/src/? tmpfs/src/1? | sort >wanted
		assertTrue 'each has its line' 'cmp wanted found'
	fi
	! mountpoint -q tmpfs || umount tmpfs
	[ ! "$large" ] || rm -rf "$large"
}

# ------------------------------------------------- the wrapper, the checker

test_wrapper() {
	mixed
	run_wrapper() { PCP=$bin/pcp timeout -k 5 60 "$python" "$wrapper" "$@" >out 2>err; }
	run_wrapper -a src dst
	assertEquals "status; $(cat err)" 0 $?
	assertEquals 'the copy' '' "$(treecmp.py src dst)"
	assertEquals 'what it says' "ok: $(count f) of $(count f) files, 0 failed, 0 skipped" \
		"$(cat err)"
	assertEquals 'standard output is left alone' '' "$(cat out)"
	run_wrapper -Rv src none dst
	assertEquals 'a failure' 1 $?
	assertTrue "$(cat err)" "grep -q \"^error: cannot stat 'none'\" err"
	assertTrue 'what -v says' "grep -q \"^'src/nothing' -> 'dst/src/nothing'\" out"
	run_wrapper --bogus
	assertEquals 'a mistake' 1 $?
	assertTrue "$(cat err)" "grep -q \"^pcp: unrecognized option '--bogus'\" err"
}

test_wrapper_cancels() {
	for i in $(seq 20); do head -c 1048576 /dev/urandom >src/$i; done
	slow -m 200000 || return 0
	timeout -k 5 60 "$python" "$wrapper" --pcp="$bin/pcp" --cancel-after=3000000 \
		-R -j2 slow dst 2>err
	assertEquals "status; $(cat err)" 130 $?
	assert_whole '' dst "$room/src"
	n=$(count f dst)
	assertTrue "some of them: $n" "[ $n -gt 0 ] && [ $n -lt 20 ]"
	assertTrue "$(cat err)" "grep -q '^interrupted: $n of ' err"
	rm -rf dst
	PCP=$bin/pcp interrupt INT 1 "$python" "$wrapper" -R -j2 slow dst
	assertEquals "like Ctrl-C; $(cat err)" 130 $status
	assert_whole '' dst "$room/src"
}

# wrong SCRIPT: a good stream that sed has changed so is found to be wrong.
wrong() {
	sed "$1" good >out
	assertFalse "sed '$1'" "cmp -s good out || jsonlines --status=1 out '$schema' >found"
}

test_the_checker() {
	echo x >src/f
	mkdir dst
	run -R --json --json-files src none dst
	assert_values 'good' partial summary.status
	mv out good
	wrong 1d
	wrong '$d'
	wrong '$p'
	wrong '1p'
	wrong '/"file"/{p;q}'
	wrong '/"progress"/d;s/"errors":1/"errors":2/'
	wrong '/"error"/d'
	wrong 's/"exit_code":1/"exit_code":3/'
	wrong 's/"status":"partial"/"status":"good"/'
	wrong 's/"status":"partial"/"status":"ok"/'
	wrong 's/"eta_s":[0-9.]*,//'
	wrong 's/"phase":"finalize"/"phase":"copy"/'
	wrong 's/"elapsed_s":/"elapsed_s":-/'
	wrong '/"action":"copied"/d'
	wrong 's/"action":"copied"/"action":"cloned and copied"/'
	wrong '/"file"/s/"id":[0-9]*/"id":1/'
	wrong 's/"errno_name":"ENOENT"/"errno_name":"EIO"/'
	wrong 's/"op":"stat"/"op":null/'
	wrong 's/"bytes":2/"bytes":3/'
	wrong 's/"src":"src\/f"/"src":"src\/f","src_b64":"c3JjL2Y="/'
	wrong 's/$/x/'
	wrong '/"progress"/{p;s/"bytes_done":2/"bytes_done":1/}'
}

# Sparse files can have more bytes altogether than a number of JSON's can tell.
test_more_than_can_be_told() {
	can_mount || { skip 'no file system with files so big'; return; }
	most=9223372036854775807
	mkdir big
	mount -t tmpfs -o size=64m none big
	mkdir big/src
	for i in 1 2 3 4; do
		truncate -s 5E big/src/$i
		[ $i -gt 1 ] || continue
		for options in '' '-j1 --window=1' '-j16 --window=128'; do
			run -R $options --json --json-files big/src big/dst
			assert_values "$i of 5 EiB $options" "ok $most $most $most $most" \
				summary.status summary.bytes.total summary.bytes.holes \
				progress.bytes_done progress.bytes_total
			rm -r big/dst
		done
	done
	# left out
	mkdir big/dst
	touch big/dst/1 big/dst/2 big/dst/3 big/dst/4
	run -Rn --json -T big/src big/dst
	assert_values 'skipped' "ok $most 0 0 $most" summary.status summary.bytes.total \
		summary.bytes.holes progress.bytes_done progress.bytes_total
	umount big
	: >src/f
	run --json --max-errors=18446744073709551615 src/f dst
	assert_values 'as an option' "ok $most" summary.status start.options.max_errors
}

. shunit2
