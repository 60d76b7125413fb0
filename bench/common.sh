# SPDX-License-Identifier: GPL-3.0-or-later
#
# What the benchmarks share; each reads it first.  A benchmark prepares a place,
# lets programs take turns there, which meter (see meter.c) writes to a log, and
# prints rows made from the log.
#
# PCP, CP, FLOOR and METER are the programs, RUNS is the number of rounds, and
# SCRATCH (/dev/shm) the folder to work below.  BUILD_DIR is the build folder, as
# for quickstart.  If BENCH_TSV names a file, rows are added to it, too:
#
#	benchmark  case  seconds of cp, of pcp  ratio  its min  its max  the ratio wanted
#
# separated by tabs, "-" for what there is not.

set -eu
export LC_ALL=C

here=$(cd "$(dirname "$0")" && pwd)
self=${0##*/}
top=${here%/*}
build=${BUILD_DIR:-build}
case $build in
/*) ;;
*) build=$top/$build ;;
esac
[ -d "$build" ] || build=$top
PCP=${PCP:-$build/src/pcp}
CP=${CP:-/bin/cp}
FLOOR=${FLOOR:-$build/bench/floor}
METER=${METER:-$build/bench/meter}
SLOWFS=${SLOWFS:-$build/tests/tools/slowfs}
RUNS=${RUNS:-5}

fail() {
	echo "$self: $*" >&2
	exit 1
}

# need PROGRAM [MAKE...]: it is there, or can be made by make with those arguments
need() {
	program=$1
	shift
	command -v "$program" >/dev/null ||
		fail "$program is missing${1:+; make it: make -C $*}"
}

# ---------------------------------------------------------------- places

dir=
place=		# where the copying is done; if a directory was named, in there
from=		# where the sources are; the same, without prepare_from

# Also after a failure: whatever is there goes.  Lazily, should a process that
# was killed still be leaving.
clean() {
	[ ! "$place" ] || rm -rf "$place" "$from"
	place='' from=''
	for point in "$dir/mnt" "$dir/mnt.from"; do
		! mountpoint -q "$point" || unmount "$point"
		rm -f "$point.image"
	done
}

# unmount [POINT]
unmount() {
	point=${1:-$dir/mnt}
	if [ "$(id -u)" = 0 ]; then
		umount "$point" 2>/dev/null || umount -l "$point"
	else
		fusermount3 -u "$point" 2>/dev/null || fusermount3 -u -z "$point"
	fi
}

# begin: makes dir, the script's own, that goes when the script ends
begin() {
	need "$PCP" "$build"
	need "$CP"
	need "$METER" "$build/bench meter"
	dir=$(mktemp -d "${SCRATCH:-/dev/shm}/bench.XXXXXX")
	trap 'clean; rm -rf --one-file-system "$dir"' EXIT
	trap 'exit 1' HUP INT TERM
	log=$dir/log
	mkdir "$dir/mnt" "$dir/mnt.from"
}

# possible FS: says so if it is not
possible() {
	case $1 in
	*/* | tmpfs) ;;
	*)
		command -v "mkfs.$1" >/dev/null || {
			echo "$self: $1 left out: mkfs.$1 is missing" >&2
			return 1
		}
		;;
	esac
}

# prepare FS MIB: sets place, a new directory there, with room for MIB.  FS is a
# type of file system, which is made in a file in dir, or a directory (a name
# with a slash).
prepare() {
	place=$(new_place "$1" "$2" "$dir/mnt")
	from=$place
}

# prepare_from FS MIB: after that; sets from, a directory of another file system
prepare_from() {
	from=$(new_place "$1" "$2" "$dir/mnt.from")
}

# new_place FS MIB POINT: prints the directory; at POINT FS is mounted
new_place() {
	root=$3
	case $1 in
	*/*)
		root=$1
		[ -d "$root" ] || fail "$root: no directory"
		;;
	*)
		[ "$(id -u)" = 0 ] ||
			fail "only root can mount $1; name a directory instead (with a slash)"
		enough_room "$1" "$2"
		# Half as much again for metadata, and a log
		make_fs "$1" $(($2 * 3 / 2 + 1024))M "$3"
		;;
	esac
	mktemp -d "$root/bench.XXXXXX"
}

# enough_room FS MIB: or the system would run out of memory, not the file system
enough_room() {
	free=$(($(df -m --output=avail "$dir" | tail -n 1)))
	memory=$(awk '$1 == "MemAvailable:" { print int($2 / 1024) }' /proc/meminfo)
	if [ "$1" = tmpfs ]; then
		free=$memory
	elif [ "$(stat -f -c %T "$dir")" = tmpfs ] && [ "$memory" -lt "$free" ]; then
		free=$memory
	fi
	[ "$2" -le "$free" ] || fail "$1: needs $2 MiB below SCRATCH, and $free MiB are free"
}

# make_fs FS SIZE POINT
make_fs() {
	if [ "$1" = tmpfs ]; then
		mount -t tmpfs -o "size=$2,nr_inodes=0" tmpfs "$3"
		return
	fi
	truncate -s "$2" "$3.image"
	"mkfs.$1" -q "$3.image" >"$dir/mkfs" 2>&1 || fail "$(cat "$dir/mkfs")"
	mount -o loop "$3.image" "$3"
}

# slow_possible: says so if it is not
slow_possible() {
	if [ ! -x "$SLOWFS" ]; then
		echo "$self: slowfs left out; make it: make -C $build/tests tools/slowfs" >&2
	elif [ ! -w /dev/fuse ] || ! command -v fusermount3 >/dev/null; then
		echo "$self: slowfs left out: no FUSE here" >&2
	else
		return 0
	fi
	return 1
}

# mount_slow MS: dir/back, again as dir/mnt, where each operation takes MS milliseconds
mount_slow() {
	"$SLOWFS" -x -d "all=$(($1 * 1000))" "$dir/back" "$dir/mnt"
	# Some kernels take copying for unsupported if the first two come at once.
	echo one >"$dir/mnt/one"
	"$CP" "$dir/mnt/one" "$dir/mnt/two"
	rm "$dir/mnt/one" "$dir/mnt/two"
}

# big_file FILE SIZE: no holes, and nothing that a file system would compress away
big_file() {
	head -c "$2" /dev/urandom >"$1"
}

# small_files DIR N BYTES: N files in the new directory DIR
small_files() {
	mkdir -p "$1"
	if [ "$3" -gt 0 ]; then
		head -c $(($2 * $3)) /dev/urandom | split -a 7 -d -b "$3" - "$1/f"
	else
		seq -f "$1/f%07.0f" "$2" | xargs touch
	fi
}

# small_tree DIR DIRS N BYTES: DIRS such directories in the new directory DIR
small_tree() {
	number=0
	while [ $number -lt "$2" ]; do
		small_files "$1/$number" "$3" "$4"
		number=$((number + 1))
	done
}

# mib SIZE: a size such as 4G in MiB
mib() {
	echo $(($(numfmt --from=iec "$1") / 1048576))
}

# ------------------------------------------------------------------ runs

# measure NAME COMMAND...: adds "ROUND NAME SECONDS CPU-SECONDS PEAK-KIB" to the log
measure() {
	what=$1
	shift
	"$METER" "$log" "$round $what" "$@"
}

# copy_of SRC NAME COMMAND...: measures COMMAND SRC dst; dst is in the place.  Before
# it all is on the disk and dst is gone; the run ends without the writeback.
copy_of() {
	src=$from/$1
	what=$2
	shift 2
	rm -rf "$place/dst"
	sync -f "$place"
	measure "$what" "$@" "$src" "$place/dst"
}

# turn NAME: one run; most scripts have their own
option=-R
floor_options=		# those that do for floor what option does
turn() {
	# shellcheck disable=SC2086
	case $1 in
	cp) copy_of src cp "$CP" "$option" ;;
	pcp) copy_of src pcp "$PCP" "$option" ;;
	floor) copy_of src floor "$FLOOR" $floor_options ;;
	esac
}

# turn_all NAME...: one round
turn_all() {
	for name; do
		turn "$name"
	done
}

# turns NAME...: all of them once in each round, and another one first in each
turns() {
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

# jobs_turns: cp, pcp, and pcp with each -j of JOBS in turns, whose names are pcp-jN
jobs_turns() {
	# shellcheck disable=SC2046,SC2086
	turns cp pcp $(printf 'pcp-j%s ' $JOBS)
}

# jobs_option NAME: the option that a turn of that name has
jobs_option() {
	case $1 in
	pcp-j*) echo "-${1#pcp-}" ;;
	esac
}

# --------------------------------------------------------------- results

# What is printed of a time: seconds per unit of work, by scale, with digits
per=1 scale=1 digits=3

# statistic FIELD NAME [OTHER]: "MEDIAN MIN MAX" of what the rounds have in a field
# of the log; of NAME, or of NAME divided by OTHER in the same round
statistic() {
	awk -v field="$1" -v name="$2" -v other="${3-}" -v per="$per" '
	$2 == name { a[$1] += $field }
	$2 == other { b[$1] += $field }
	END {
		for (round in a) {
			x = a[round] / (other == "" ? per : b[round])
			for (i = ++n; i > 1 && sorted[i - 1] > x; i--)
				sorted[i] = sorted[i - 1]
			sorted[i] = x
		}
		print (sorted[int((n + 1) / 2)] + sorted[int(n / 2) + 1]) / 2, sorted[1], sorted[n]
	}' "$log"
}

# The field of the log that rows are of: 3 is the time, 4 that of the processors
field=3

seconds() {
	statistic "$field" "$1" | cut -d ' ' -f 1
}

ratio() {
	statistic "$field" "$1" "$2"
}

# calculate EXPRESSION: of numbers, as awk has it
calculate() {
	awk "BEGIN { print $1 }"
}

# show SECONDS: as the table has it
show() {
	printf "%.${digits}f" "$(calculate "$1 * $scale")"
}

# spread MEDIAN MIN MAX
spread() {
	printf '%.2f (%.2f-%.2f)' "$@"
}

# verdict RATIO BAR: of a ratio that is to reach the bar
verdict() {
	[ "$2" != - ] || return 0
	awk -v ratio="$1" -v bar="$2" 'BEGIN {
		printf ">= %.2f: %s", bar, (ratio >= bar ? "met" : "missed")
	}'
}

# heading TITLE [COLUMN...]: above the rows; COLUMNs are the further ones
columns='%-22s %9s %9s   %-20s %-16s'
heading() {
	title=$1
	shift
	echo "$title, $RUNS runs, $(nproc) cores"
	print_row '' cp pcp cp/pcp goal "$@"
}

print_row() {
	# shellcheck disable=SC2059
	line=$(printf "$columns" "$1" "$2" "$3" "$4" "$5")
	shift 5
	for column; do
		line="$line $(printf '%-12s' "$column")"
	done
	echo "$line" | sed 's/ *$//'
}

# row CASE CP PCP "RATIO MIN MAX" BAR [COLUMN...]: a row, here and in BENCH_TSV
row() {
	case=$1 cp=$2 pcp=$3 ratio=$4 bar=$5
	shift 5
	# shellcheck disable=SC2086
	print_row "$case" "$(show "$cp")" "$(show "$pcp")" "$(spread $ratio)" \
		"$(verdict "${ratio%% *}" "$bar")" "$@"
	record "$case" "$cp" "$pcp" "$ratio" "$bar"
}

# record CASE CP PCP "RATIO MIN MAX" BAR: in BENCH_TSV alone
record() {
	[ "${BENCH_TSV-}" ] || return 0
	# shellcheck disable=SC2086
	printf '%s\t%s\t%s\t%s\t%s\t%s\t%s\t%s\n' \
		"${self%.sh}" "$1" "$2" "$3" $4 "$5" >>"$BENCH_TSV"
}

# versus CASE BAR [COLUMN...]: the row of cp and pcp, from the log
versus() {
	case=$1 bar=$2
	shift 2
	row "$case" "$(seconds cp)" "$(seconds pcp)" "$(ratio cp pcp)" "$bar" "$@"
}

# versus_best CASE: the row of the best of JOBS and pcp without -j, from the log
versus_best() {
	best=$(for jobs in $JOBS; do
		echo "$(seconds "pcp-j$jobs") $jobs"
	done | sort -n | sed -n '1s/.* //p')
	row "$1" "$(seconds "pcp-j$best")" "$(seconds pcp)" "$(ratio "pcp-j$best" pcp)" 0.87 \
		"-j$best"
}

# versus_floor CASE: cp, pcp and floor, from the log: a row of the time, and one of that
# of the processors, which noise hardly touches
versus_floor() {
	field=3
	floor_row "$1" 1.10
	field=4
	floor_row "$1, cpu" 1.05
	field=3
}

# floor_row CASE LIMIT: the goal is that pcp/floor is not above LIMIT, as cp/pcp
floor_row() {
	goal=$(ratio cp floor | awk -v limit="$2" '{ print $1 / limit }')
	# shellcheck disable=SC2046
	versus "$1" "$goal" "$(show "$(seconds floor)")" "$(spread $(ratio pcp floor))"
}
