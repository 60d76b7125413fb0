#!/bin/sh
# SPDX-License-Identifier: GPL-3.0-or-later
#
# What pcp --dry-run says is what the run after it does, and it touches nothing (dry_run.py): of
# random pairs of trees, with the options of many kinds of runs.
#
#   CASES=500 SEED=7 PCP=/path/to/pcp sh tests/differential/dry_run.sh

. "$(dirname "$0")/../cli/common.sh"
. "$tests/tools/tap.sh"

trap oneTimeTearDown EXIT
is_cp && skip_all 'cp has no --dry-run'
has_json || skip_all 'this program was built without --json'
need_python

: "${CASES:=40}" "${SEED:=1}"

# said WHAT [OPTION...]: the cases, with options of dry_run.py
said() {
	what=$1
	shift
	mkdir "$scratch/room"
	is_root && chown "${user:-0}" "$scratch/room"
	"$python" "$tests/differential/dry_run.py" --pcp="$bin/pcp" --dir="$scratch/room" \
		--seed="$SEED" --cases="$CASES" "$@" >"$scratch/found" 2>&1
	ok $? "$what"
	cat -v "$scratch/found" | diag
	rm -r "$scratch/room"
}

said 'with many threads' --pcp-options=-j16
! is_root || user=65534 said 'as an ordinary user' --user=65534
is_root || said 'by default'

if sanitized; then
	skip 'a sanitizer makes calls of its own'
elif can_strace; then
	mkdir "$scratch/src" "$scratch/dst"
	mkdir "$scratch/src/dir" "$scratch/dst/old" "$scratch/dst/file"
	touch "$scratch/src/file" "$scratch/src/dir/new" "$scratch/dst/old/x" "$scratch/dst/dir"
	ln "$scratch/src/file" "$scratch/src/link"
	mkfifo "$scratch/src/fifo"
	strace -f -o "$scratch/trace" -e trace=/^.*mkdir,/^.*rename,/^.*link,/^.*mknod,/^.*chmod,\
/^.*chown,/^.*utime,/^.*setxattr,/^.*removexattr,/^.*truncate,creat,open,openat,openat2,\
copy_file_range,sendfile pcp --mirror --max-delete=100% --dry-run "$scratch/src/." "$scratch/dst"
	ok $? 'a run under strace'
	! grep -vE 'open|readlink|exited|^[0-9]+ +(\+\+\+|---)' "$scratch/trace" | grep . | diag
	! grep -vE 'open|readlink|exited|^[0-9]+ +(\+\+\+|---)' "$scratch/trace" | grep -q .
	ok $? 'no call changes anything'
	! grep -E 'O_(WRONLY|RDWR|CREAT|TRUNC)' "$scratch/trace" | grep -v /dev/null | grep -q .
	ok $? 'nothing is opened for writing'
else
	skip 'no strace'
fi
done_testing
