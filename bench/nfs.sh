#!/bin/sh
# SPDX-License-Identifier: GPL-3.0-or-later
#
# nfs.sh [CASE...]: the time to copy small files on NFS 4.2 by cp -R and pcp -R, RUNS (3)
# times each, and how many operations were sent for the data.  A CASE is DIRSxFILES@MS:
# directories, files in each, and milliseconds that a round trip takes.  The server has
# SERVER_FS (ext4), where files are copied, not cloned.  It runs in NFSBOX (see
# tests/tools/nfsbox.md), whose C library must do for the two programs.
#
# JOBS='1 2 4 8 16' compares pcp with pcp -j1, -j2 and so on: a row for each, and the time of
# pcp divided by that of the best.  OPERATIONS=yes lists the operations of cp and pcp by kind.
#
# The programs take turns in one box for each round.  Before each turn the client is mounted
# anew, so that its caches are cold.

RUNS=${RUNS:-3}
. "$(dirname "$0")/common.sh"

NFSBOX=${NFSBOX:-$top/tests/tools/nfsbox}
SERVER_FS=${SERVER_FS:-ext4}
JOBS=${JOBS:-}
OPERATIONS=${OPERATIONS:-no}
[ $# -gt 0 ] || set -- 1x200@5 7x50@5 20x10@5 1x1@0 1x200@0 7x50@0 1x10000@0

need "$NFSBOX"
begin
share=$dir/share
mkdir "$share"
cp "$PCP" "$share/pcp"
cp "$CP" "$share/cp"

# make_source DIRS FILES: as a tarball, which the box can read quickly
make_source() {
	rm -rf "$dir/src"
	i=0
	while [ $i -lt "$1" ]; do
		small_files "$dir/src/$i" "$2" 1000
		i=$((i + 1))
	done
	tar -c -f "$share/src.tar" -C "$dir" src
}

# In the box: run NAME...: a turn for each, with the counts after a line "turn NAME".
# The first start of a program reads it through the slow /host.
cat >"$share/run" <<-'END'
	cp /host/pcp /host/cp /tmp
	for name; do
		rm -rf "$S/dst"
		/tmp/pcp --version >/dev/null
		/tmp/cp --version >/dev/null
		cold
		echo "turn $name" >&2
		case $name in
		pcp-j*) ops /tmp/pcp -R "-${name#pcp-}" "$T/src" "$T/dst" ;;
		*) ops "/tmp/$name" -R "$T/src" "$T/dst" ;;
		esac || exit
	done
END

# turn_all NAME...: one round
turn_all() {
	# shellcheck disable=SC2016
	"$NFSBOX" run --quiet --server-fs "$SERVER_FS" --latency "$ms" --share "$share" \
		--setup 'tar -x -f /host/src.tar -C "$S"' -- bash /host/run "$@" 2>"$dir/err" ||
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

# rounds NAME...: another one is first in each round
rounds() {
	: >"$log"
	round=0
	while [ $round -lt "$RUNS" ]; do
		turn_all "$@"
		name=$1
		shift
		set -- "$@" "$name"
		round=$((round + 1))
	done
}

# operations PROGRAM: COPY/READ/WRITE
operations() {
	for operation in COPY READ WRITE; do
		statistic 3 "$1-$operation" | cut -d ' ' -f 1
	done | paste -s -d /
}

# How many operations of each kind a run of cp and of pcp takes for a file
list_operations() {
	awk -v files="$files" '
	$2 ~ /^p?cp-[A-Z_]+$/ {
		split($2, name, "-")
		kinds[name[2]]
		sum[name[1], name[2]] += $3
		rounds[name[1], $1]
	}
	END {
		for (key in rounds) {
			split(key, part, SUBSEP)
			n[part[1]]++
		}
		for (kind in kinds)
			printf "  %-16s %9.2f %9.2f\n", kind,
				sum["cp", kind] / n["cp"] / files,
				sum["pcp", kind] / n["pcp"] / files
	}' "$log" | sort
}

# The rows of pcp with each of JOBS, and what the default takes of the best of all
compare_jobs() {
	best=$(seconds pcp)
	for jobs in $JOBS; do
		# shellcheck disable=SC2046
		print_row "  pcp -j$jobs" '' "$(show "$(seconds "pcp-j$jobs")")" \
			"$(spread $(ratio cp "pcp-j$jobs"))" ''
		time=$(seconds "pcp-j$jobs")
		best=$(calculate "$best < $time ? $best : $time")
	done
	times=$(calculate "$(seconds pcp) / $best")
	printf '  pcp takes %.2f times as long as the best\n' "$times"
}

# goal DIRS MS
goal() {
	case $1@$2 in
	*@0) echo 0.95 ;;
	1@*) echo 5 ;;
	7@*) echo 8 ;;
	*) echo 10 ;;
	esac
}

heading 'seconds, DIRSxFILES@MS; COPY/READ/WRITE by' cp pcp
for nfs_case; do
	ms=${nfs_case#*@}
	dirs=${nfs_case%x*}
	files=${nfs_case#*x}
	files=$((dirs * ${files%@*}))
	make_source "$dirs" $((files / dirs))
	# shellcheck disable=SC2046,SC2086
	rounds cp pcp $(printf 'pcp-j%s\n' $JOBS | grep '[0-9]$')
	versus "nfs $nfs_case" "$(goal "$dirs" "$ms")" "$(operations cp)" "$(operations pcp)"
	[ ! "$JOBS" ] || compare_jobs
	[ "$OPERATIONS" != yes ] || list_operations
done
