#!/bin/sh
# SPDX-License-Identifier: GPL-3.0-or-later
#
# After pcp --mirror rsync finds nothing to do, and nobody else a difference, whatever was at the
# destination before (mirror.py): on every file system, by root and by an ordinary user, by
# default and with many threads.
#
#   CASES=1000 SEED=7 PCP=/path/to/pcp sh tests/differential/mirror.sh
#
# CASES is the number for each file system, SEED where they come from.

. "$(dirname "$0")/../cli/common.sh"
. "$tests/tools/tap.sh"

trap oneTimeTearDown EXIT
is_cp && skip_all 'cp has no --mirror'
pcp --mirror --help >/dev/null 2>&1 || skip_all 'this program has no --mirror'
need_python
command -v rsync >/dev/null || skip_all 'no rsync'

# A sanitizer takes its time.
[ "${CASES-}" ] || ! sanitized || CASES=8
: "${CASES:=30}" "${SEED:=1}"
first=0

# mirror WHAT DIR COUNT [OPTION...]: the next COUNT cases below DIR, half of them with many
# threads; with further OPTIONs of mirror.py
mirror() {
	what=$1 dir=$2 count=$3
	shift 3
	for words in '' -j16; do
		"$python" "$tests/differential/mirror.py" --pcp="$bin/pcp" \
			"--pcp-options=$words" --dir="$dir" --seed="$SEED" --first=$first \
			--cases=$(((count + 1) / 2)) "$@" >"$scratch/found" 2>&1
		ok $? "$what, ${words:-default}"
		cat -v "$scratch/found" | diag
		first=$((first + (count + 1) / 2))
	done
}

# both WHAT DIR: by both users
both() {
	mkdir "$2/root" "$2/nobody"
	mirror "$1, root" "$2/root" $((CASES / 2))
	chown 65534:65534 "$2/nobody"
	mirror "$1, nobody" "$2/nobody" $((CASES / 2)) --user=65534
}

mkdir "$scratch/here"
if is_root; then
	both 'scratch directory' "$scratch/here"
else
	mirror 'scratch directory' "$scratch/here" "$CASES"
fi
for fs in tmpfs ext4 xfs btrfs; do
	if ! can_mount; then
		skip "$fs: mounting is not permitted"
	elif ! mount_fs $fs "$scratch/$fs" 2>"$scratch/mount.err"; then
		skip "$fs: $(tail -n 1 "$scratch/mount.err")"
	else
		both "$fs" "$scratch/$fs"
		umount "$scratch/$fs"
	fi
done
done_testing
