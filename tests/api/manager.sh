#!/bin/sh
# SPDX-License-Identifier: LGPL-2.1-or-later
#
# doc/examples/manager.c, the loop of a file manager, does what its head says:
# percentages, commands, and what is left of a copy that was cancelled or failed.
#
# Nothing here depends on how fast the machine is: a command is sent when a line of
# the output shows that it is time, and the copies that are to be cancelled would
# take a minute.
#
# As root it runs in a mount and a process namespace of its own: what it mounts and
# starts is gone when it ends, however it ends.

if [ "$(id -u)" = 0 ] && [ ! "${IN_NAMESPACE-}" ] &&
	unshare --mount --pid --fork --mount-proc true 2>/dev/null; then
	IN_NAMESPACE=yes exec unshare --mount --pid --fork --kill-child --mount-proc \
		--propagation private sh "$0" "$@"
fi

srcdir=${srcdir:-$(cd "$(dirname "$0")/.." && pwd)}
builddir=${builddir:-$srcdir}
. "$srcdir/tools/tap.sh"
. "$srcdir/tools/link.sh"

LC_ALL=C
export LC_ALL
umask 022

dir=$(mktemp -d "${TMPDIR:-/tmp}/manager.XXXXXX") || exit 99
mounted=
trap 'cd /; unmount; rm -rf "$dir"' EXIT

# compile PROGRAM [OPTION...]; link_manager PROGRAM [OBJECT...]
compile() {
	object=$dir/$1.o
	shift
	$cc -Wall -Wextra -Werror "$@" -I "$srcdir/../lib" -c -o "$object" \
		"$srcdir/../doc/examples/manager.c" 2>"$dir/err"
}

link_manager() {
	built=$dir/$1
	shift
	link "$built" "$built.o" "$@" >"$dir/err" 2>&1
}

# begin FILE...: starts $manager, whose commands come from descriptor 3
begin() {
	rm -f commands ended
	mkfifo commands
	{
		timeout -k 5 120 "$manager" "$@" >out 2>err
		echo $? >ended
	} <commands &
	exec 3>commands
}

# await REGEX: until a line of the output is like that
await() {
	tries=0
	until grep -q "$1" out; do
		tries=$((tries + 1))
		if [ -e ended ] || [ $tries = 600 ]; then
			# It may have been its last word.
			grep -q "$1" out
			return
		fi
		sleep 0.1
	done
}

# Not by this shell, which a broken pipe would end.
send() {
	(printf "$@" >&3) 2>/dev/null
}

# Until it has ended, by itself; sets status
finish() {
	wait
	exec 3>&-
	status=$(cat ended)
}

# said NAME...: exactly these lines, in any order, besides the percentages
said() {
	printf '%s\n' "$@" | sort >expected
	grep -v ': [0-9]*%$' out | sort | diff expected - >diff
}

# "done" for each of the names that come in
done_lines() {
	sed 's/$/: done/'
}

# Of each copy they lie in 0..100 and never go back; 100 comes with "done", and only then.
percentages() {
	awk '
	full != "" && $0 != full ": done" { print full ": 100% and then: " $0 }
	full == "" && / done$/ { print "without 100%: " $0 }
	{ full = "" }
	/%$/ {
		name = $0
		sub(/: [^:]*$/, "", name)
		percent = substr($0, length(name) + 3) + 0
		if ($0 != name ": " percent "%" || percent < 0 || percent > 100)
			print "no percentage: " $0
		if (percent < last[name])
			print "back from " last[name] ": " $0
		last[name] = percent
		if (percent == 100)
			full = name
	}
	END { if (full != "") print full ": 100% and no more" }
	' out >diff
	[ ! -s diff ]
}

# same DIR DIR
same() {
	diff -r "$1" "$2" >diff 2>&1
}

# slow OPTION... REAL MOUNTPOINT; mounted is empty if it cannot be, and why says why
slow() {
	why='no /dev/fuse'
	[ -r /dev/fuse ] && [ -w /dev/fuse ] || return
	why='slowfs is not built'
	command -v slowfs >/dev/null || return
	why='slowfs cannot mount'
	for mountpoint; do :; done
	mkdir -p "$mountpoint"
	slowfs -x "$@" >err 2>&1 && mounted=$mountpoint
}

unmount() {
	[ "$mounted" ] || return 0
	fusermount3 -u "$mounted" || umount -l "$mounted"
	rmdir "$mounted"
	mounted=
}

compile manager
ok $? 'manager.c compiles without a warning'
diag <"$dir/err"
if ! can_link; then
	skip "there is no $library to link with"
	done_testing
fi
link_manager manager
linked=$?
ok $linked 'it links with the library'
diag <"$dir/err"
[ $linked = 0 ] || done_testing
manager=$dir/manager

cd "$dir" || exit 99
mkdir src dst
numbered_files src 300
chmod 666 src/7
head -c 2000000 /dev/urandom >src/large

# Several times its window; its commands are at their end at once

"$manager" dst src/* </dev/null >out 2>err
ok $? 'it copies 301 files'
[ ! -s err ]
ok $? 'without a complaint'
diag <err
same src dst
ok $? 'each of them is a copy'
diag <diff
[ "$(stat -c %a dst/7)" = 666 ]
ok $? 'with its mode, whatever the umask'
said "$(ls src | done_lines)"
ok $? 'and said to be done, once'
diag <diff
percentages
ok $? 'the percentages are sound'
diag <diff

rm -rf dst
mkdir dst
(ulimit -n 40 && exec "$manager" dst src/* </dev/null >out 2>err)
ok $? 'it copes with fewer cookies than its window holds'
said "$(ls src | done_lines)" && same src dst
ok $? 'all are done'
diag <diff

rm -rf dst
mkdir dst
"$manager" dst src/* <&- >out 2>err
ok $? 'it copes with a closed standard input'
said "$(ls src | done_lines)" && same src dst
ok $? 'all are done'
diag <diff

# Every second poll() is interrupted, and leaves rubbish.  It would then hang in reading
# a command: there is none, and no end of them either.

cat >rubbish.c <<'END'
#include <errno.h>
#include <poll.h>

int rubbish(struct pollfd *fds, nfds_t n, int timeout);

int rubbish(struct pollfd *fds, nfds_t n, int timeout)
{
	static int calls;

	if (calls++ % 2)
		return poll(fds, n, timeout);
	while (n-- > 0)
		fds[n].revents = POLLIN;
	errno = EINTR;
	return -1;
}
END
rm -rf dst
mkdir dst
$cc -c -o rubbish.o rubbish.c && compile interrupted -Dpoll=rubbish &&
	link_manager interrupted rubbish.o
ok $? 'another one, which is interrupted, compiles and links'
diag <err
manager=$dir/interrupted
begin dst src/*
finish
[ "$status" = 0 ]
ok $? 'it copes, and ends when all copies have, though commands might come'
said "$(ls src | done_lines)" && same src dst
ok $? 'all are done'
diag <diff
manager=$dir/manager

# Some that fail

mkdir many
ln src/large src/1 src/2 src/3 many
rm -rf dst
mkdir dst
echo already >dst/2
"$manager" dst absent many/* many/ / src/. </dev/null >out 2>err
[ $? = 1 ]
ok $? 'it fails where copies fail'
said 'absent: opening the source: No such file or directory' \
	'2: opening the destination: File exists' \
	'many/: opening the source: Operation not supported' \
	'/: opening the source: Operation not supported' \
	'.: opening the source: Operation not supported' \
	'large: done' '1: done' '3: done'
ok $? 'it reports each, with the stage, and the others as done'
diag <diff
[ "$(cat dst/2)" = already ]
ok $? 'what was there is untouched'
cp many/2 dst/2
same many dst
ok $? 'the others are copies'
diag <diff

"$manager" absent src/1 </dev/null >out 2>err
[ $? = 1 ] && grep -q '^absent: No such file or directory$' err
ok $? 'it says so where there is no such directory'

# A source that fails in the middle

rm -rf dst
mkdir dst
head -c 2000000 /dev/urandom >many/bad
slow -e 'read:2+:EIO:/bad' many mnt
if [ "$mounted" ]; then
	"$manager" dst mnt/* </dev/null >out 2>err
	[ $? = 1 ]
	ok $? 'it fails where reading fails'
	sed -i 's/^bad: copying:/bad: reading:/' out
	said 'bad: reading: Input/output error' \
		'large: done' '1: done' '2: done' '3: done'
	ok $? 'it reports that, and the others as done'
	diag <diff
	unmount
	rm many/bad
	same many dst
	ok $? 'it leaves the others, and no part of that one'
	diag <diff
else
	skip "a source that fails in the middle: $why"
fi

# One of two large files is cancelled; 256 KiB are written in a second.

rm -rf dst many
mkdir dst many
head -c 16000000 /dev/zero | tr '\0' x >many/big
head -c 800000 /dev/urandom >many/bigger
cp src/1? many
slow -m 4000000 -d flush=300000 dst mnt
if [ "$mounted" ]; then
	begin mnt many/*
	await '^big: [1-9][0-9]*%$'
	ok $? 'a slow copy gets on'
	[ -s dst/big ]
	ok $? 'there is a part of it'
	for part in 'cancel bi\nnonsense\n\ncan' 'cel ' 'big\n'; do
		send "$part"
		sleep 0.2	# so that it may read them one by one
	done
	await '^big: cancelled$'
	ok $? 'it is cancelled by a command'
	finish
	[ "$status" = 0 ]
	ok $? 'which is no failure'
	said 'big: cancelled' "$(ls many | grep -vx big | done_lines)"
	ok $? 'the others are done'
	diag <diff
	percentages
	ok $? 'the percentages are sound'
	diag <diff
	printf 'manager: unknown command: %s\n' nonsense '' | diff - err >diff
	ok $? 'what is no command is complained about'
	diag <diff
	unmount
	rm many/big
	same many dst
	ok $? 'it leaves the others, and no part of that one'
	diag <diff
else
	skip "a copy that is cancelled: $why"
fi

# More than its window of large files, after some small ones

rm -rf dst many
mkdir dst many small
ln src/1? small
head -c 16000000 /dev/zero | tr '\0' x >many/x01
for i in $(seq -w 2 80); do
	ln many/x01 many/x$i
done
slow -m 4000000 dst mnt
if [ "$mounted" ]; then
	begin mnt small/* many/*
	await '^x[0-9]*: [1-9][0-9]*%$'
	ok $? 'some slow copies get on'
	for name in $(ls small); do
		await "^$name: done$" || break
	done
	ok $? 'the small ones are done'
	send 'cancel x80\n'
	await '^x80: cancelled$'
	ok $? 'one that has not been started is cancelled'
	[ "$(find dst -name 'x*' -size +0)" ]
	ok $? 'there are parts of others'
	send 'quit\n'
	finish
	[ "$status" = 0 ]
	ok $? 'it quits, which is no failure'
	said "$(ls small | done_lines)" "$(ls many | sed 's/$/: cancelled/')"
	ok $? 'the large ones are cancelled, each said once'
	diag <diff
	percentages
	ok $? 'the percentages are sound'
	diag <diff
	unmount
	same small dst
	ok $? 'it leaves the small ones, and no part of the others'
	diag <diff
else
	skip "a quit with copies under way: $why"
fi

done_testing
