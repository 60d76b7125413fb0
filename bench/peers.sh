#!/bin/sh
# SPDX-License-Identifier: GPL-3.0-or-later
#
# peers.sh SRC: the time that pcp -a and other programs take, RUNS (5) times each, in
# turn, for
#
#	tree	the tree SRC, within a tmpfs
#	across	the same, from ext4 to tmpfs
#	flat	FLAT (20000) files of 4 KiB in one directory, within a tmpfs
#	again	the tree, of which there is a copy already: nothing has changed
#	slow	DIRS (20) directories of FILES (20) small files, where each operation
#		takes MS (1) milliseconds (SLOWFS; see tests/tools/slowfs.md)
#
# or those of ROWS.  The others are those of PEERS that are installed: cp -a, rsync
# -a, rclone copy, fpsync, one tar that writes to another, and find | xargs -P cp.
# Each preserves what it can.  Those that are told how much to do at a time do as
# much as there are cores, and SLOW_THREADS (16) in the row slow.  With the seconds
# stands how many times those of pcp they are.

. "$(dirname "$0")/common.sh"

ROWS=${ROWS:-tree across flat again slow}
PEERS=${PEERS:-cp rsync rclone fpsync tar xargs}
FLAT=${FLAT:-20000}
DIRS=${DIRS:-20}
FILES=${FILES:-20}
MS=${MS:-1}
SLOW_THREADS=${SLOW_THREADS:-16}

[ $# = 1 ] || fail 'usage: peers.sh SRC'
SRC=$1
[ -d "$SRC" ] || fail "$SRC: no directory"
begin

# installed: those of PEERS that are
installed() {
	for peer in $PEERS; do
		case $peer in
		cp) program=$CP ;;
		*) program=$peer ;;
		esac
		if command -v "$program" >/dev/null; then
			echo "$peer"
		else
			echo "$self: $peer left out: it is missing" >&2
		fi
	done
}

# run NAME FROM TO
run() {
	measure "$1" sh "$here/peer.sh" "$1" "$2" "$3" "$threads" "$dir/scratch" \
		2>"$dir/errors" || fail "$1: $(cat "$dir/errors")"
}

turn() {
	case $row in
	tree | across | flat)
		rm -rf "$place/dst"
		sync -f "$place"
		run "$1" "$from/src" "$place/dst"
		;;
	again)
		run "$1" "$from/src" "$place/dst"
		sync -f "$place"
		;;
	slow)
		mount_slow "$MS"
		run "$1" "$dir/mnt/src" "$dir/mnt/dst"
		unmount
		rm -rf "$dir/back/dst"
		;;
	esac
}

# possible_for ROW PEER: tar would copy all again
possible_for() {
	[ "$1 $2" != 'again tar' ]
}

prepare_row() {
	case $1 in
	tree | again) prepare tmpfs $((size * 2)) ;;
	across)
		possible ext4 || return 1
		prepare tmpfs "$size"
		prepare_from ext4 "$size"
		;;
	flat)
		prepare tmpfs $((FLAT / 100))
		small_files "$from/src" "$FLAT" 4096
		;;
	slow)
		slow_possible || return 1
		threads=$SLOW_THREADS
		small_tree "$dir/back/src" "$DIRS" "$FILES" 1000
		;;
	esac
	case $1 in
	tree | again | across) "$CP" -a "$SRC" "$from/src" ;;
	esac
	if [ "$1" = again ]; then
		"$CP" -a "$from/src" "$place/dst"
		option=-au
	fi
}

# cell ROW PEER: its seconds, and how many times pcp's they are
cell() {
	if possible_for "$1" "$2"; then
		# shellcheck disable=SC2046
		set -- "$2" $(ratio "$2" pcp)
		printf '%.2f x%.1f' "$(seconds "$1")" "$2"
	else
		printf -- -
	fi
}

# print_line ROW CELL...
print_line() {
	line=$(printf '%-8s' "$1")
	shift
	line=$line$(printf ' %-13s' "$@")
	echo "$line" | sed 's/ *$//'
}

measure_row() {
	row=$1 option=-a threads=$(nproc)
	prepare_row "$row" || return 0
	programs=
	for peer in pcp $peers; do
		! possible_for "$row" "$peer" || programs="$programs $peer"
	done
	# shellcheck disable=SC2086
	turns $programs
	set -- "$row" "$(printf %.2f "$(seconds pcp)")"
	for peer in $peers; do
		set -- "$@" "$(cell "$row" "$peer")"
		! possible_for "$row" "$peer" ||
			record "$row, $peer" "$(seconds "$peer")" "$(seconds pcp)" \
				"$(ratio "$peer" pcp)" -
	done
	print_line "$@"
	clean
}

mkdir "$dir/scratch"
export PCP CP option
peers=$(installed)
size=$(du -sm "$SRC" | cut -f 1)
echo "seconds, and how many times those of pcp; $RUNS runs, $(nproc) cores; the tree:" \
	"$(find "$SRC" | wc -l) entries, $size MiB"
# shellcheck disable=SC2086
print_line '' pcp $peers
for row in $ROWS; do
	measure_row "$row"
done
