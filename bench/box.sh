# SPDX-License-Identifier: GPL-3.0-or-later
#
# Read by the benchmarks that run programs in NFSBOX (see tests/tools/nfsbox.md), whose C library
# must do for them, on NFS 4.2.  The server has SERVER_FS (ext4), where files are copied, not
# cloned.  It reads common.sh.
#
# There is a box for each of RUNS (3) rounds.  A benchmark writes what is done there as the
# script $share/run, which is called as `run NAME...`: for each NAME it says "turn NAME" on standard
# error, then calls its program by `ops`, which prints the counts and the time.

RUNS=${RUNS:-3}
. "$(dirname "$0")/common.sh"

NFSBOX=${NFSBOX:-$top/tests/tools/nfsbox}
SERVER_FS=${SERVER_FS:-ext4}

# What is done in each box before the rounds, without latency: the tarball is unpacked.
# shellcheck disable=SC2016
setup='tar -x -f /host/src.tar -C "$S"'

# begin_box: instead of begin; sets share, the directory that the box sees as /host
begin_box() {
	need "$NFSBOX"
	begin
	share=$dir/share
	mkdir "$share"
	cp "$PCP" "$share/pcp"
}

# read_case DIRSxFILES@MS: sets dirs, files (of all directories together) and ms
read_case() {
	ms=${1#*@}
	dirs=${1%x*}
	files=${1#*x}
	files=$((dirs * ${files%@*}))
}

# make_source: the files of the case, as a tarball, which the box can read quickly
make_source() {
	rm -rf "$dir/src"
	small_tree "$dir/src" "$dirs" $((files / dirs)) 1000
	tar -c -f "$share/src.tar" -C "$dir" src
}

# turn_all NAME...: one round, in one box
turn_all() {
	"$NFSBOX" run --quiet --server-fs "$SERVER_FS" --latency "$ms" --share "$share" \
		--setup "$setup" -- bash /host/run "$@" 2>"$dir/err" ||
		fail "$(cat "$dir/err")"
	# "nfsbox: ops NAME=COUNT ... elapsed_ms=MS": each but the time is a name
	awk -v round="$round" -v wanted="$#" '
	/^turn / { program = $2 }
	/^nfsbox: ops / {
		for (i = 3; i <= NF; i++) {
			split($i, count, "=")
			if (count[1] == "elapsed_ms")
				print round, program, count[2] / 1000
			else
				print round, program "-" count[1], count[2]
		}
		found++
	}
	END { exit found != wanted }' "$dir/err" >>"$log" || fail "no counts: $(cat "$dir/err")"
}
