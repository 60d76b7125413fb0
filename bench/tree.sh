#!/bin/sh
# SPDX-License-Identifier: GPL-3.0-or-later
#
# tree.sh SRC [FS...]: the time to copy the tree SRC within one file system, by
# cp -R, pcp -R and floor (see floor.c), RUNS (5) times each.  FS is a type of
# file system (tmpfs ext4 xfs btrfs, if none is given), which is made in a file
# below SCRATCH (/dev/shm) and needs root, or a directory (a name with a slash)
# to do it in.  Knows PCP, CP, FLOOR, RUNS and SCRATCH.
#
# The source is in the page cache.  Before every run all is on the disk and the
# destination is gone; the run ends with the program, not with the writeback.
# The three take turns, another one first in each round, and ratios are taken
# within a round; the table has their median (min-max).

set -eu
export LC_ALL=C

here=$(cd "$(dirname "$0")" && pwd)
PCP=${PCP:-$here/../src/pcp}
CP=${CP:-/bin/cp}
FLOOR=${FLOOR:-$here/floor}
RUNS=${RUNS:-5}

fail()
{
	echo "tree.sh: $*" >&2
	exit 1
}

[ $# -gt 0 ] || fail 'usage: tree.sh SRC [FS...]'
SRC=$1
shift
[ -d "$SRC" ] || fail "$SRC: no directory"
[ $# -gt 0 ] || set -- tmpfs ext4 xfs btrfs

dir=$(mktemp -d "${SCRATCH:-/dev/shm}/tree.XXXXXX")
place=

# Also after a failure: whatever is there goes.
clean()
{
	[ ! "$place" ] || rm -rf "$place"
	! mountpoint -q "$dir/mnt" || umount "$dir/mnt"
	rm -rf "$dir/image" "$dir/log"
}
trap 'clean; rm -rf --one-file-system "$dir"' EXIT
trap 'exit 1' HUP INT TERM
mkdir "$dir/mnt"

# prepare FS: sets place, a new directory there
prepare()
{
	# The tree twice; what metadata takes; a log
	size=$(($(du -sm "$SRC" | cut -f 1) * 3 + 1024))M
	root=$dir/mnt
	case $1 in
	*/*)
		root=$1
		;;
	tmpfs)
		mount -t tmpfs -o "size=$size" tmpfs "$root"
		;;
	*)
		truncate -s "$size" "$dir/image"
		"mkfs.$1" -q "$dir/image" >"$dir/log" 2>&1 || fail "$(cat "$dir/log")"
		rm "$dir/log"
		mount -o loop "$dir/image" "$root"
		;;
	esac
	place=$(mktemp -d "$root/bench.XXXXXX")
	"$CP" -R "$SRC" "$place/src"
}

# run PROGRAM: adds "PROGRAM SECONDS" to the log
run()
{
	rm -rf "$place/dst"
	sync -f "$place"
	begin=$(date +%s%N)
	case $1 in
	cp) "$CP" -R "$place/src" "$place/dst" ;;
	pcp) "$PCP" -R "$place/src" "$place/dst" ;;
	floor) "$FLOOR" "$place/src" "$place/dst" ;;
	esac
	end=$(date +%s%N)
	echo "$1 $((end - begin))" >>"$dir/log"
}

# row FS: from the log
row()
{
	awk -v fs="$1" '
	function sort(a, n,	i, j, x)
	{
		for (i = 2; i <= n; i++) {
			x = a[i]
			for (j = i - 1; j > 0 && a[j] > x; j--)
				a[j + 1] = a[j]
			a[j + 1] = x
		}
	}
	function median(a, n)
	{
		return (a[int((n + 1) / 2)] + a[int(n / 2) + 1]) / 2
	}
	function seconds(program,	a, i)
	{
		for (i = 1; i <= rounds; i++)
			a[i] = t[program, i]
		sort(a, rounds)
		return sprintf("%.3f", median(a, rounds))
	}
	function ratio(p, q,	a, i)
	{
		for (i = 1; i <= rounds; i++)
			a[i] = t[p, i] / t[q, i]
		sort(a, rounds)
		return sprintf("%.2f (%.2f-%.2f)", median(a, rounds), a[1], a[rounds])
	}
	{
		t[$1, ++count[$1]] = $2 / 1e9
		rounds = count[$1]
	}
	END {
		printf "%-10s %7s %7s %7s   %-18s %s\n", fs, seconds("cp"), seconds("pcp"),
			seconds("floor"), ratio("cp", "pcp"), ratio("pcp", "floor")
	}' "$dir/log"
}

echo "seconds per tree, $(find "$SRC" | wc -l) entries, $(du -sm "$SRC" | cut -f 1) MiB," \
	"$RUNS runs, $(nproc) cores"
printf '%-10s %7s %7s %7s   %-18s %s\n' '' cp pcp floor cp/pcp pcp/floor
for fs; do
	prepare "$fs"
	set -- cp pcp floor
	n=0
	while [ $n -lt "$RUNS" ]; do
		for program; do
			run "$program"
		done
		set -- "$2" "$3" "$1"
		n=$((n + 1))
	done
	row "$fs"
	clean
	place=
done
