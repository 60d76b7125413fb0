#!/bin/sh
# SPDX-License-Identifier: GPL-3.0-or-later
#
# nfs.sh: the time to copy DIRS (20) directories of FILES (10) small files on NFS
# 4.2 with a round trip of MS (5) milliseconds, by cp -R and pcp -R, RUNS (3)
# times each, and how many operations were sent for the data.  The server has
# SERVER_FS (ext4), where files are copied, not cloned.  It runs in NFSBOX (see
# tests/tools/nfsbox.md), whose C library must do for the two programs.
#
# Each run has a box of its own, so that caches are cold and none has what
# another left.

RUNS=${RUNS:-3}
. "$(dirname "$0")/common.sh"

NFSBOX=${NFSBOX:-$top/tests/tools/nfsbox}
SERVER_FS=${SERVER_FS:-ext4}
DIRS=${DIRS:-20}
FILES=${FILES:-10}
MS=${MS:-5}

need "$NFSBOX"
begin
share=$dir/share
mkdir "$share"
cp "$PCP" "$share/pcp"
cp "$CP" "$share/cp"
i=0
while [ $i -lt "$DIRS" ]; do
	small_files "$share/src/$i" "$FILES" 1000
	i=$((i + 1))
done
# In the box; the first start of a program reads it through the slow /host.
cat >"$share/run" <<-'END'
	"/host/$1" --version >/dev/null && ops "/host/$1" -R "$T/src" "$T/dst"
END

turn() {
	# shellcheck disable=SC2016
	"$NFSBOX" run --quiet --server-fs "$SERVER_FS" --latency "$MS" --share "$share" \
		--setup 'cp -r /host/src "$S/src"' -- sh /host/run "$1" 2>"$dir/err" ||
		fail "$1: $(cat "$dir/err")"
	# "nfsbox: ops NAME=COUNT ... elapsed_ms=MS": each but the time is a name
	awk -v round="$round" -v program="$1" '
	/^nfsbox: ops / {
		for (i = 3; i <= NF; i++) {
			split($i, count, "=")
			if (count[1] == "elapsed_ms")
				print round, program, count[2] / 1000
			else
				print round, program "-" count[1], count[2]
		}
		found = 1
	}
	END { exit !found }' "$dir/err" >>"$log" || fail "no counts: $(cat "$dir/err")"
}

# operations PROGRAM: COPY/READ/WRITE
operations() {
	for operation in COPY READ WRITE; do
		statistic 3 "$1-$operation" | cut -d ' ' -f 1
	done | paste -s -d /
}

heading "seconds per $DIRS directories of $FILES files, $MS ms, COPY/READ/WRITE by" cp pcp
turns cp pcp
versus "nfs $MS ms" 10 "$(operations cp)" "$(operations pcp)"
