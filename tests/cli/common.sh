# SPDX-License-Identifier: GPL-3.0-or-later
#
# Read first by every script of the command's tests: a scratch directory, the
# command under test, and the comparison with cp. A script ends in `. shunit2`.
#
#   PCP=/path/to/pcp sh tests/cli/operands.sh
#
# As root a script runs in a mount and a process namespace of its own: what it
# mounts and starts is gone when it ends, however it ends.

if [ "$(id -u)" = 0 ] && [ ! "${IN_NAMESPACE-}" ] &&
	unshare --mount --pid --fork --mount-proc true 2>/dev/null; then
	IN_NAMESPACE=yes exec unshare --mount --pid --fork --kill-child --mount-proc \
		--propagation private sh "$0" "$@"
fi

LC_ALL=C
export LC_ALL
unset POSIXLY_CORRECT SIMPLE_BACKUP_SUFFIX VERSION_CONTROL
umask 022

tests=$(cd "$(dirname "$0")/.." && pwd -P)
if [ ! "${PCP-}" ]; then
	PCP=$tests/../build/src/pcp
	[ -x "$PCP" ] || PCP=$tests/../src/pcp
fi
[ -x "$PCP" ] || { echo "$0: no pcp at $PCP" >&2; exit 99; }

scratch=$(mktemp -d "${TMPDIR:-/tmp}/pcp-test.XXXXXX") || exit 99
chmod 755 "$scratch"
bin=$scratch/bin
work=$scratch/work
mkdir "$bin" "$work"
PATH=$bin:$tests/tools:$PATH

# A copy of the program, where any user can run it; of a libtool script the
# program and the library that it stands for.
take_pcp() {
	program=$PCP
	for f in pcp lt-pcp; do
		[ "$(head -c 2 "$PCP")" != '#!' ] || [ ! -x "${PCP%/*}/.libs/$f" ] ||
			program=${PCP%/*}/.libs/$f
	done
	cp "$program" "$bin/pcp"
	if [ "$program" != "$PCP" ]; then
		cp -P "${PCP%/*}"/../lib/.libs/*.so* "$bin/"
		LD_LIBRARY_PATH=$bin${LD_LIBRARY_PATH:+:$LD_LIBRARY_PATH}
		export LD_LIBRARY_PATH
	fi
	# the same, by the name of cp
	mkdir -p "$bin/linked"
	ln -sf ../pcp "$bin/linked/cp"
	chmod -R a+rX "$bin"
}

ln -s "${CP:-/bin/cp}" "$bin/cp"
take_pcp

# true where the command under test is cp itself, to prove the tests
is_cp() { "$bin/pcp" --version | grep -q 'cp (GNU coreutils)'; }
is_root() { [ "$(id -u)" = 0 ]; }
can_mount() { [ "${IN_NAMESPACE-}" ]; }
# mount_fs TYPE DIR: a new file system of 1 GiB at DIR, which is made; its image, if it has
# one, is DIR.img
mount_fs() {
	mkdir "$2" || return
	case $1 in
	tmpfs)
		mount -t tmpfs -o size=1g none "$2"
		return
		;;
	ext4) mkfs='mkfs.ext4 -q -F' ;;
	xfs) mkfs='mkfs.xfs -q -f' ;;
	btrfs) mkfs='mkfs.btrfs -q -f' ;;
	esac
	truncate -s 1G "$2.img"
	$mkfs "$2.img" >/dev/null && mount -o loop "$2.img" "$2"
}

# unmount DIR...: those that are mounts
unmount() {
	for at; do
		! mountpoint -q "$at" || fusermount3 -u "$at" 2>/dev/null || umount -l "$at"
	done
}

# need_box DIR: the box of tools/nfsbox is built, and pcp in DIR, a new directory that it can
# share; else the whole test is skipped
need_box() {
	sanitized && skip_all 'a sanitizer is too slow in the box'
	is_root || nfsbox ready || skip_all "not without 120 MB of packages: run 'nfsbox build'"
	nfsbox build 2>"$scratch/build" || skip_all "no box: $(tail -n 1 "$scratch/build")"
	mkdir "$1"
	cp -P "$bin"/pcp "$bin"/*.so* "$1/" 2>/dev/null
}

has_fuse() { [ -r /dev/fuse ] && [ -w /dev/fuse ] && tool slowfs; }
has_json() { ! pcp --json 2>&1 | grep -q 'built without --json'; }
has_journal() { "$bin/pcp" --version | grep -q ' journal=yes'; }
sanitized() { [ "${SANITIZERS-}" ] || grep -qa -e __asan_init -e __tsan_init "$bin/pcp"; }

# tool NAME: sees to it that a compiled tool is in PATH
tool() {
	! command -v "$1" >/dev/null || return 0
	libs=
	[ "$1" != slowfs ] || libs=$(pkg-config --cflags --libs fuse3 2>/dev/null) || return
	${CC:-cc} -O1 -o "$bin/$1" "$tests/tools/$1.c" $libs -pthread
}

# can_strace: true where strace works.  A traced process is not searched for leaks, which
# the address sanitizer could not do.
can_strace() {
	strace -qq -o /dev/null true 2>/dev/null || return
	ASAN_OPTIONS=detect_leaks=0:${ASAN_OPTIONS-}
	export ASAN_OPTIONS
}

# python_with MODULE: sets python to one that has it; that may be Debian's own, and not
# what PATH finds.  Empty: none has, or it is older than 3.9.
python_with() {
	for python in python3 /usr/bin/python3 ''; do
		[ ! "$python" ] || ! "$python" -c "import $1, os; os.waitstatus_to_exitcode" \
			2>/dev/null || break
	done
}

# need_python: sets python, or skips the whole test
need_python() {
	python_with os
	[ "$python" ] || skip_all 'no python3, or older than 3.9'
}

# busy_tree DIR BYTES: small ones in many directories, and big ones of so many BYTES that
# have no holes for long
busy_tree() {
	mkdir "$1"
	(cd "$1" && for d in $(seq 20); do
		mkdir $d
		for f in $(seq 10); do
			echo $d $f >$d/$f
		done
		head -c "$2" /dev/urandom >$d/big
	done)
}

# interrupt SIGNAL SECONDS COMMAND...: runs it, and sends it that, so much later; sets
# status.  Its output is in $interrupt_out, its messages in $interrupt_err.  Not by the
# shell, which has what it starts in the background ignore SIGINT.  With interrupt_child
# set, the signal goes to the first child of COMMAND.
interrupt() {
	status=$(interrupt_child=${interrupt_child-} python3 -c '
import os, signal, subprocess, sys, time
with open(sys.argv[1], "wb") as out, open(sys.argv[2], "wb") as err:
    child = subprocess.Popen(sys.argv[5:], stdout=out, stderr=err)
time.sleep(float(sys.argv[4]))
pid, number = child.pid, getattr(signal, "SIG" + sys.argv[3])
if os.environ["interrupt_child"]:
    with open(f"/proc/{pid}/task/{pid}/children") as children:
        pid = int((children.read().split() or [0])[0])
if pid:
    os.kill(pid, number)
status = child.wait()
print(128 - status if status < 0 else status)' "$interrupt_out" "$interrupt_err" "$@")
}

# not_whole DST SRC: the files of DST that are not as that in SRC
not_whole() {
	[ -d "$1" ] || return 0
	(cd "$1" && find . -type f | while IFS= read -r name; do
		cmp -s "$name" "$2/$name" || echo "$name"
	done)
}

# assert_whole WHAT DST SRC: each file of DST is as that in SRC, and there is nothing
# besides.
assert_whole() {
	assertEquals "$1: partial files" '' "$(not_whole "$2" "$3")"
}

# What a test may set: program_name, $bin/linked/cp where pcp is to be called cp;
# as, a command to run it by; engine, options for pcp alone;
# mask, the umask; compare, what of the two runs; limit, the seconds that it may take.
# unprivileged: the next same_as_cp runs as an ordinary user, who owns it all
unprivileged() {
	! is_root || as='setpriv --reuid=65534 --regid=65534 --clear-groups'
	nobody=yes
}

# may_chown: the tree that prepare makes may have other owners
may_chown() { is_root && [ ! "$nobody" ]; }

setUp() {
	as='' nobody='' engine='' mask=022 limit=60 program_name=pcp
	compare='status out err tree'
	# a test redefines these: what to copy; what happens around the copying,
	# in the twin itself
	prepare() { :; }
	before() { :; }
	after() { :; }
}

oneTimeTearDown() {
	cd /
	! can_mount || sed -n "s,^[^ ]* \($scratch/[^ ]*\) .*,\1,p" /proc/mounts | sort -r |
		xargs -r umount -l
	is_root || chmod -R u+rwx "$scratch" 2>/dev/null
	rm -rf "$scratch"
}

# new_twins: prepares the directories cp and pcp alike, all in them dated to 2001
new_twins() {
	is_root || chmod -R u+rwx "$work" 2>/dev/null
	rm -rf "$work"
	mkdir "$work"
	for name in cp pcp; do
		mkdir "$work/$name"
		(cd "$work/$name" && prepare)
		! is_root || [ ! "$nobody" ] || chown -hR 65534:65534 "$work/$name"
		find "$work/$name" -exec touch -h -d '2001-02-03 04:05:06.789012345' {} + \
			2>/dev/null
	done
}

# run_in TWIN COMMAND...: leaves its status, stdout and words (stderr, by cp's
# name) beside the twin; the same sorted, out and err
run_in() {
	twin=$work/$1
	shift
	(cd "$twin" && umask $mask && timeout -k 5 "$limit" $as "$@") \
		</dev/null >"$twin.stdout" 2>"$twin.stderr"
	echo $? >"$twin.status"
	sort "$twin.stdout" >"$twin.out"
	# the newest cp names the other one, too
	sed -e 's/^pcp: /cp: /' -e "s/'pcp --help'/'cp --help'/" -e "s,$work/pcp,$work/cp,g" \
		-e "s/^\(cp: cannot overwrite directory .* with non-directory\) .*/\1/" \
		"$twin.stderr" >"$twin.words"
	sort "$twin.words" >"$twin.err"
}

# picture TWIN: everything that can be seen of it; "new" is the time of all that
# was made or changed since new_twins
picture() (
	cd "$work/$1" || exit
	find . -mindepth 1 \( -newermt 2010-01-01 -printf '%P\t%y %m %U:%G new' -o \
		-printf '%P\t%y %m %U:%G %T@' \) \( -type d -printf '\n' -o -printf ' %s %l\n' \) |
		sort
	find . ! -type d -links +1 -printf '%P\t%i\n' | sort |
		awk -F '\t' '{ if (!($2 in first)) first[$2] = $1; print $1 " = " first[$2] }'
	find . -type f -exec cksum {} + | sort
	find . ! -type l -exec getfacl -n -s {} + | tr '\n' ' ' | sed 's/  # file/\n# file/g' | sort
	find . -exec getfattr -d -m '^[^.]*\.[^p]' -h -e hex {} + | sort
) 2>&1

# assert_alike RUN WHAT...: what is beside both twins, such as err or tree, is one
assert_alike() {
	run=$1
	shift
	for what; do
		assertEquals "$what of $run (< cp, > pcp)" '' \
			"$(diff -a "$work/cp.$what" "$work/pcp.$what" | cat -v)"
	done
}

# there: prepares sources, and what copies of them may meet at their destinations
there() {
	prepare() {
		mkdir -p dir/sub into/dir
		echo new >file
		echo old >dest
		echo old >into/file
		echo old >into/dir/inner
		echo new >dir/inner
		echo new >dir/sub/deep
		ln -s file to-file
		ln -s dest to-dest
		ln -s nowhere dangling
		ln -s loop loop
		ln file again
	}
}

# same_as_cp ARGUMENT...: runs cp and pcp with them, each in its twin
same_as_cp() {
	new_twins
	for name in cp pcp; do
		(cd "$work/$name" && before)
		case $name in
		cp) run_in cp cp "$@" ;;
		pcp) run_in pcp "$program_name" $engine "$@" ;;
		esac
		(cd "$work/$name" && after)
		picture $name >"$work/$name.tree"
	done
	assert_alike "[${as:+$as }$*]" $compare
}

# run_pcp ARGUMENT...: runs it in the prepared directory, for what cp can't show
run_pcp() {
	new_twins
	run_in pcp pcp "$@"
}

# assert_ran STATUS [REGEX]: how the last run ended, and a line of its messages
assert_ran() {
	assertEquals "status; $(cat "$work/pcp.err")" "$1" "$(cat "$work/pcp.status")"
	if [ $# = 1 ]; then
		assertEquals 'no message' '' "$(cat "$work/pcp.stderr")"
	else
		grep -aq -e "$2" "$work/pcp.err"
		assertTrue "no message like $2 but $(cat -v "$work/pcp.err")" $?
	fi
}
