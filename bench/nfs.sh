#!/bin/sh
# SPDX-License-Identifier: GPL-3.0-or-later
#
# nfs.sh [CASE...]: the time to copy small files on NFS 4.2 by cp -R and pcp -R, RUNS (3)
# times each, and how many operations were sent for the data.  A CASE is DIRSxFILES@MS:
# directories, files in each, and milliseconds that a round trip takes.
#
# JOBS='1 2 4 8 16' compares pcp with pcp -j1, -j2 and so on: a row for each, and the time of
# pcp divided by that of the best.  OPERATIONS=yes lists the operations of cp and pcp by kind.
#
# The programs take turns in one box for each round; see box.sh.

. "$(dirname "$0")/box.sh"

JOBS=${JOBS:-}
OPERATIONS=${OPERATIONS:-no}
[ $# -gt 0 ] || set -- 1x200@5 7x50@5 20x10@5 1x1@0 1x200@0 7x50@0 1x10000@0

begin_box
cp "$CP" "$share/cp"

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
	read_case "$nfs_case"
	make_source
	# shellcheck disable=SC2046,SC2086
	turns cp pcp $(printf 'pcp-j%s\n' $JOBS | grep '[0-9]$')
	versus "nfs $nfs_case" "$(goal "$dirs" "$ms")" "$(operations cp)" "$(operations pcp)"
	[ ! "$JOBS" ] || compare_jobs
	[ "$OPERATIONS" != yes ] || list_operations
done
