#!/bin/sh
# SPDX-License-Identifier: GPL-3.0-or-later
#
# pcp is disturbed at random while it copies random trees with random options (soak.py): on
# several file systems, as root and as an ordinary user.
#
#   DURATION=1800 SEED=7 PCP=/path/to/pcp sh tests/soak/soak.sh
#
# DURATION is the number of seconds for all of these together.

. "$(dirname "$0")/../cli/common.sh"
. "$tests/tools/tap.sh"

trap oneTimeTearDown EXIT
is_cp && skip_all 'cp leaves parts of files behind'
need_python

: "${DURATION:=8}" "${SEED:=1}"
if can_mount; then settings=4; else settings=1; fi
seconds=$((DURATION / settings))

# soak WHAT DIR SOAK_OPTION...: for an equal part of the time
soak() {
	what=$1 dir=$2
	shift 2
	if sanitized; then set -- "$@" --sanitized; fi
	{
		"$python" "$tests/soak/soak.py" --pcp="$bin/pcp" --dir="$dir" --seed="$SEED" \
			--seconds="$seconds" "$@" 2>&1
		echo $? >"$scratch/status"
	} | cat -v | diag
	ok "$(cat "$scratch/status")" "$what, $seconds s"
}

if ! can_mount; then
	mkdir "$scratch/plain"
	soak 'in place' "$scratch/plain"
	done_testing
fi
for fs in tmpfs ext4; do
	if ! mount_fs $fs "$scratch/$fs" 2>"$scratch/mount.err"; then
		skip "$fs: $(tail -n 1 "$scratch/mount.err")"
		continue
	fi
	soak "$fs, root" "$scratch/$fs"
	[ $fs = ext4 ] || soak "$fs, nobody" "$scratch/$fs" --user=65534
done
if has_fuse; then
	soak 'a FUSE server that fails, root' "$scratch/tmpfs" --slowfs
else
	skip 'no FUSE'
fi
done_testing
