#!/bin/sh
# SPDX-License-Identifier: GPL-3.0-or-later
#
# A run that is interrupted at any moment leaves whole files or none, says so, and
# dies by the signal; a second signal ends it at once; SIGUSR1 asks how far it is.

. "$(dirname "$0")/common.sh"

src=$scratch/src interrupt_out=/dev/null interrupt_err=$scratch/err

oneTimeSetUp() {
	is_cp && skip_all 'cp leaves what it was at'
	command -v python3 >/dev/null || skip_all 'no python3'
	busy_tree "$src" 6000000
}

test_interrupted_at_any_moment() {
	for signal in INT TERM HUP; do
		case $signal in
		INT) number=2 ;;
		TERM) number=15 ;;
		HUP) number=1 ;;
		esac
		for seconds in 0.002 0.004 0.006 0.008 0.01 0.015 0.02 0.03 0.04 0.06 0.09; do
			rm -rf "$scratch/dst"
			interrupt $signal $seconds pcp -R --sparse=never --reflink=never \
				"$src" "$scratch/dst"
			assert_whole "$signal after $seconds s" "$scratch/dst" "$src"
			case $status in
			0) ;;
			$((128 + number))) ended=$signal ;;
			*) fail "$signal after $seconds s: status $status, $(cat "$scratch/err")" ;;
			esac
			[ $status = 0 ] || [ ! -s "$scratch/err" ] || assertTrue 'what is said' \
				"grep -q '^pcp: interrupted: .* files\{0,1\}, ' '$scratch/err'"
		done
	done
	assertNotNull 'some were interrupted' "${ended-}"
}

test_interrupted_in_any_mode() {
	for options in -a '-R -j1 --window=1' '-R -j16 --window=64' '-Rv' '-R --chunk=64K'; do
		for seconds in 0.005 0.02 0.05; do
			rm -rf "$scratch/dst"
			interrupt TERM $seconds pcp $options --sparse=never "$src" "$scratch/dst"
			assert_whole "$options after $seconds s" "$scratch/dst" "$src"
		done
	done
}

# In place: what is there stays incomplete, and that is said.
test_overwriting_is_interrupted() {
	rm -rf "$scratch/one" "$scratch/two"
	head -c 300000000 /dev/zero | tr '\0' x >"$scratch/one"
	for seconds in 0.01 0.02 0.04; do
		: >"$scratch/two"
		interrupt TERM $seconds pcp --sparse=never "$scratch/one" "$scratch/two"
		if [ $status != 0 ] && [ -s "$scratch/two" ] &&
			! cmp -s "$scratch/one" "$scratch/two"; then
			assertTrue "$(cat "$scratch/err")" "grep -q 'is incomplete' '$scratch/err'"
		fi
	done
	rm -f "$scratch/one" "$scratch/two"
}

# neither_nor DST: the files that are neither as in $src nor as in $scratch/old
neither_nor() {
	(cd "$1" && find . -type f) | while IFS= read -r name; do
		cmp -s "$1/$name" "$src/$name" || cmp -s "$1/$name" "$scratch/old/$name" ||
			echo "${name#./}"
	done
}

# Of many at a time: each is as it was, or as it is to be, or said to be incomplete, by
# what has become of it and not by how far its copy was.
test_overwriting_many_is_interrupted() {
	has_fuse || { skip 'no FUSE'; return; }
	interrupt_out=$scratch/json
	(cd "$src" && find . -type d -exec mkdir -p "$scratch/old/{}" ';' &&
		find . -type f -exec sh -c 'echo old >"$1/$2"' sh "$scratch/old" '{}' ';')
	mkdir "$scratch/slow"
	hit=
	for how in '-RT 0.05' '-RTf 0.08' '-RT 0.11' '-RTf 0.14' '-RT 0.17' '-RTf 0.2' '-RT 0.25' \
		'-RTf 0.3' '-RT 0.4' '-RTf 0.5'; do
		seconds=${how#* }
		rm -rf "$scratch/dst"
		cp -R "$scratch/old" "$scratch/dst"
		slowfs -x -d truncate=20000,write=2000,open=2000 "$scratch/dst" "$scratch/slow" ||
			{ fail 'no slowfs'; return; }
		interrupt TERM $seconds pcp ${how% *} -j16 --window=64 \
			--sparse=never --json --progress=never \
			"$src" "$scratch/slow"
		fusermount3 -u "$scratch/slow"
		neither_nor "$scratch/dst" | while IFS= read -r name; do
			grep -q "interrupted: '$scratch/slow/$name' is incomplete" "$scratch/err" ||
				echo "not named: $name"
			grep '"type":"error"' "$scratch/json" | grep -F "$scratch/slow/$name" |
				grep -q '"partial":"kept"' || echo "not in JSON: $name"
		done >"$scratch/missing"
		assertEquals "after $seconds s" '' "$(cat "$scratch/missing")"
		assertEquals "$how: gone" '' "$(diff -rq "$scratch/old" "$scratch/dst" | grep Only)"
		sed -n "s,.*interrupted: '$scratch/slow/\(.*\)' is incomplete,\1,p" "$scratch/err" |
			while IFS= read -r name; do
				! cmp -s "$scratch/dst/$name" "$scratch/old/$name" || echo "$name"
			done >"$scratch/wrong"
		assertEquals "untouched after $seconds s" '' "$(cat "$scratch/wrong")"
		! grep -q 'is incomplete' "$scratch/err" || hit=yes
	done
	assertEquals 'some were interrupted' yes "$hit"
	interrupt_out=/dev/null
	rm -rf "$scratch/slow" "$scratch/old"
}

test_ignored_stays_ignored() {
	rm -rf "$scratch/dst"
	(trap '' HUP && pcp -R "$src" "$scratch/dst" 2>"$scratch/err") &
	pid=$!
	sleep 0.01
	pkill -HUP -x pcp
	wait $pid
	assertEquals 'nohup' 0 $?
	assertTrue 'all of it' "diff -r '$src' '$scratch/dst'"
}

test_snapshot() {
	rm -rf "$scratch/dst"
	mkfifo "$scratch/fifo"
	pcp "$scratch/fifo" "$scratch/dst" 2>"$scratch/err" &
	pid=$!
	exec 8>"$scratch/fifo"
	sleep 0.2
	kill -USR1 $pid
	sleep 0.2
	echo data >&8
	exec 8>&-
	wait $pid
	assertEquals status 0 $?
	assertEquals data "$(cat "$scratch/dst")"
	assertTrue "$(cat "$scratch/err")" "grep -q '^pcp: [0-9]* files, .* copying' '$scratch/err'"
	rm -f "$scratch/fifo"
}

test_broken_pipe() {
	rm -rf "$scratch/dst"
	{
		pcp -Rv --sparse=never "$src" "$scratch/dst" 2>"$scratch/err"
		echo $? >"$scratch/status"
	} | head -n 1 >/dev/null
	status=$(cat "$scratch/status")
	assertTrue "status $status" "[ $status = 141 ] || [ $status = 0 ]"
	assert_whole 'broken pipe' "$scratch/dst" "$src"
}

# What is read from a FIFO or a device is not kept either.
test_interrupted_fifo() {
	mkfifo "$scratch/fifo"
	rm -rf "$scratch/dst"
	(echo data && sleep 5) >"$scratch/fifo" &
	writer=$!
	interrupt TERM 0.3 pcp "$scratch/fifo" "$scratch/dst"
	assertEquals 'a new one' '143 gone' "$status $([ -e "$scratch/dst" ] || echo gone)"
	kill $writer 2>/dev/null
	wait $writer 2>/dev/null
	echo old >"$scratch/dst"
	(echo data && sleep 5) >"$scratch/fifo" &
	writer=$!
	interrupt TERM 0.3 pcp "$scratch/fifo" "$scratch/dst"
	assertEquals 'one that was there' 143 $status
	assertTrue "$(cat "$scratch/err")" "grep -q 'dst. is incomplete$' '$scratch/err'"
	kill $writer 2>/dev/null
	wait $writer 2>/dev/null
	rm -f "$scratch/fifo"
}

# One that nobody writes to yet, in main or in another thread
test_interrupted_waiting_for_a_writer() {
	rm -rf "$scratch/dst" "$scratch/tree"
	mkdir "$scratch/tree"
	mkfifo "$scratch/tree/fifo"
	echo x >"$scratch/tree/x"
	for options in '' '-j1 --window=1' '-R --copy-contents' \
		'-R --copy-contents -j8 --window=32' \
		'-R --copy-contents -j1 --window=1'; do
		from=$scratch/tree
		[ "${options#-R}" != "$options" ] || from=$scratch/tree/fifo
		for writer in none idle; do
			[ $writer = none ] || sleep 30 >"$scratch/tree/fifo" &
			pid=$!
			interrupt TERM 0.3 timeout --foreground -k 1 4 pcp $options "$from" \
				"$scratch/dst"
			# what it waits for, or a writer that is late
			[ $writer = none ] || kill $pid
			assertEquals "[$options], writer: $writer" 143 $status
			assertEquals "[$options] said" 0 \
				"$(grep -vc ': interrupted: ' "$scratch/err")"
			assertFalse "[$options]" \
				"[ -e '$scratch/dst/fifo' ] || [ -f '$scratch/dst' ]"
			rm -rf "$scratch/dst"
		done
	done
	wait 2>/dev/null
}

# One that is full, and that nobody reads, in main or in another thread
test_interrupted_waiting_for_a_reader() {
	rm -rf "$scratch/dst" "$scratch/tree" "$scratch/from"
	mkdir "$scratch/tree" "$scratch/dst"
	head -c 1000000 /dev/zero >"$scratch/from"
	mkfifo "$scratch/dst/fifo" "$scratch/tree/fifo"
	for options in '' -R '-j1 --window=1' '-RL --copy-contents' \
		'-RL --copy-contents -j1 --window=1'; do
		from=$scratch/from to=$scratch/dst/fifo
		cat "$scratch/from" >"$scratch/tree/fifo" 2>/dev/null &
		writer=$!
		[ "$options" = "${options#*contents}" ] || from=$scratch/tree/. to=$scratch/dst
		sleep 30 <>"$scratch/dst/fifo" &
		idle=$!
		interrupt TERM 0.3 timeout --foreground -k 1 4 pcp $options "$from" "$to"
		kill $idle $writer 2>/dev/null
		assertEquals "[$options]" 143 $status
		assertTrue "[$options] $(cat "$scratch/err")" \
			"grep -q 'interrupted: .*fifo. is incomplete$' '$scratch/err'"
	done
	rm -rf "$scratch/dst" "$scratch/tree" "$scratch/from"
	wait 2>/dev/null
}

# It goes on after what asks for no end, and what comes later is copied.
test_asked_waiting_for_a_writer() {
	rm -rf "$scratch/dst" "$scratch/tree"
	mkdir "$scratch/tree"
	mkfifo "$scratch/tree/fifo"
	for options in '' '-j1 --window=1' '-R --copy-contents -T'; do
		from=$scratch/tree to=$scratch/dst
		[ "$options" != "${options#-R}" ] || from=$scratch/tree/fifo
		pcp $options "$from" "$to" 2>"$scratch/err" &
		pid=$!
		sleep 0.2
		kill -USR1 $pid
		sleep 0.2
		kill -USR1 $pid
		sleep 0.1
		timeout 5 sh -c 'echo data >"$1"; exec sleep 0' sh "$scratch/tree/fifo"
		wait $pid
		assertEquals "[$options] status; $(cat "$scratch/err")" 0 $?
		[ ! -d "$to" ] || to=$to/fifo
		assertEquals "[$options] data" data "$(timeout 5 cat "$to")"
		assertEquals "[$options] both are answered" 2 "$(grep -c copying "$scratch/err")"
		rm -rf "$scratch/dst"
	done
}

# The first process of a PID namespace, a container's command say, cannot die by a signal.
first_process() {
	can_mount || { skip 'no PID namespaces'; return 1; }
	rm -rf "$scratch/dst"
	interrupt_child=yes interrupt "$@"
}

test_first_process_is_interrupted() {
	mkfifo "$scratch/fifo"
	sleep 20 >"$scratch/fifo" &
	writer=$!
	for signal in 'INT 130' 'TERM 143' 'HUP 129'; do
		first_process ${signal% *} 0.3 unshare --pid --fork "$bin/pcp" "$scratch/fifo" \
			"$scratch/dst" || break
		assertEquals "one file, $signal" "${signal#* }" $status
		assertFalse 'a partial file' "[ -e '$scratch/dst' ]"
	done
	kill $writer
	wait $writer 2>/dev/null
	rm -f "$scratch/fifo"
}

test_first_process_in_any_mode() {
	for options in '' '-j1 --window=1' '-j16 --window=64'; do
		first_process TERM 0.03 unshare --pid --fork "$bin/pcp" -R $options \
			--sparse=never "$src" "$scratch/dst" || return
		assert_whole "[$options]" "$scratch/dst" "$src"
		[ $status = 143 ] || assertEquals "[$options]: $status, and all of it" '0 ' \
			"$status $(diff -r "$src" "$scratch/dst")"
	done
}

# stuck FIRST SECOND COMMAND...: what ends a run that waits for the reader of a FIFO; sets
# status.
stuck() {
	status=$(python3 -c '
import os, signal, subprocess, sys, time
child = subprocess.Popen(sys.argv[3:], stderr=subprocess.DEVNULL)
time.sleep(0.3)
pid = child.pid
if sys.argv[3] == "unshare":
    with open(f"/proc/{pid}/task/{pid}/children") as children:
        pid = int(children.read())
for name in sys.argv[1:3]:
    os.kill(pid, getattr(signal, "SIG" + name))
    time.sleep(0.2)
try:
    status = child.wait(5)
except subprocess.TimeoutExpired:
    os.kill(pid, signal.SIGKILL)
    status = child.wait()
print(128 - status if status < 0 else status)' "$@")
}

test_second_signal() {
	# A terminal that shows nothing: what is written to it waits for ever
	python3 -c '
import os, time, tty
other, terminal = os.openpty()
tty.setraw(terminal)
print(os.ttyname(terminal), flush=True)
time.sleep(60)' >"$scratch/terminal" &
	reader=$!
	for i in $(seq 50); do
		[ -s "$scratch/terminal" ] && break
		sleep 0.1
	done
	for how in '' 'unshare --pid --fork'; do
		[ ! "$how" ] || can_mount || continue
		for signals in 'INT INT 130' 'INT TERM 143' 'TERM TERM 143'; do
			set -- $signals
			stuck $1 $2 $how "$bin/pcp" "$src/1/big" "$(cat "$scratch/terminal")"
			assertEquals "$how: $1, $2" $3 "$status"
		done
	done
	kill $reader
	wait $reader 2>/dev/null
	rm -f "$scratch/terminal"
}

# The reader of the messages went with the same interrupt: that is no second signal.
test_messages_have_no_reader() {
	for seconds in 0.03 0.04 0.05 0.06; do
		rm -rf "$scratch/dst"
		mkdir "$scratch/dst"
		for d in 1 2 3 4 5 6 7 8; do
			mkdir "$scratch/dst/$d"
			echo old >"$scratch/dst/$d/big"
		done
		status=$(python3 -c '
import signal, subprocess, sys, time
child = subprocess.Popen(sys.argv[2:], stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
time.sleep(float(sys.argv[1]))
child.stdout.close()
child.send_signal(signal.SIGINT)
print(-child.wait())' $seconds "$bin/pcp" -R -j16 --sparse=never --reflink=never "$src/." \
			"$scratch/dst")
		assertTrue "status $status" "[ $status = 2 ] || [ $status = 0 ]"
		rm -f "$scratch"/dst/[1-8]/big
		assert_whole "after $seconds s" "$scratch/dst" "$src"
	done
	rm -rf "$scratch/dst"
}

# A FIFO that nobody reads, in the place of the destination
test_waiting_for_a_reader() {
	mkfifo "$scratch/fifo"
	echo data >"$scratch/data"
	for options in '' -f; do
		interrupt INT 0.3 timeout -s KILL 20 pcp $options "$scratch/data" "$scratch/fifo"
		# timeout has the signal, too, and sends it on
		case $status in
		124 | 130) ;;
		*) fail "[$options] status $status" ;;
		esac
		assertFalse "[$options] what is said: $(cat "$scratch/err")" \
			"grep -q 'incomplete' '$scratch/err'"
	done
	rm "$scratch/fifo"
}

. shunit2
