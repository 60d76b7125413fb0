#!/bin/sh
# SPDX-License-Identifier: GPL-3.0-or-later
#
# mirror.sh [FS...]: pcp --mirror on FS (tmpfs ext4) of DIRS (2000) directories of FILES (20)
# small files, RUNS (5) times each, with all of it in the caches:
#
#   same     half of them, in which nothing has changed; rsync -a --delete does it as well, also
#            with -HAX, since --mirror preserves hard links, ACLs and extended attributes
#   delete   the second half is in the destination alone; rm -r removes the same, but does not
#            look at the first half
#
# Both also with SLOW_DIRS (100) directories on a file system where each operation takes MS (2)
# milliseconds (SLOWFS; see tests/tools/slowfs.md), mounted anew for each run.

. "$(dirname "$0")/common.sh"

DIRS=${DIRS:-2000}
SLOW_DIRS=${SLOW_DIRS:-100}
FILES=${FILES:-20}
MS=${MS:-2}

[ $# -gt 0 ] || set -- tmpfs ext4
begin
programs='pcp rsync rsync-HAX'
command -v rsync >/dev/null || {
	echo "$self: rsync left out: it is missing" >&2
	programs=
}

# two_halves DIR DIRS: DIR/dst, of which DIR/src has the first half, and DIR/half the second
two_halves() {
	small_tree "$1/half" "$2" "$FILES" 1000
	mkdir "$1/src"
	number=0
	while [ $number -lt $(($2 / 2)) ]; do
		mv "$1/half/$number" "$1/src/"
		number=$((number + 1))
	done
	"$CP" -a "$1/src" "$1/dst"
}

# run NAME DIR
run() {
	case $1 in
	pcp) measure pcp "$PCP" --mirror --max-delete=100% "$2/src/." "$2/dst/" ;;
	rsync) measure rsync rsync -a --delete "$2/src/" "$2/dst/" ;;
	rsync-HAX) measure rsync-HAX rsync -aHAX --delete "$2/src/" "$2/dst/" ;;
	rm)
		# shellcheck disable=SC2046
		measure rm rm -r $(ls "$2/half" | sed "s,^,$2/dst/,")
		# As it was for the other
		touch -r "$2/src" "$2/dst"
		;;
	esac
}

# What the turns of both cases do: back is where the files are, in front of it there may be slowfs.
turn() {
	[ "$work" = same ] || "$CP" -a "$back/half/." "$back/dst/"
	[ "$slow" ] || sync -f "$back"
	[ ! "$slow" ] || mount_slow "$MS"
	run "$1" "${slow:-$back}"
	[ ! "$slow" ] || unmount
	[ ! -e "$back/dst/$last" ] || [ "$work" = same ] || fail "$1 has left $last"
}

# by PROGRAM CASE GOAL: a row of the two
by() {
	row "$2" "$(seconds "$1")" "$(seconds pcp)" "$(ratio "$1" pcp)" "$3"
}

# rows WHERE GOAL_OF_RSYNC GOAL_OF_RM
rows() {
	if [ "$programs" ]; then
		work=same
		# shellcheck disable=SC2086
		turns $programs
		by rsync "$1, same, by rsync -a" "$2"
		by rsync-HAX "$1, same, by rsync -aHAX" "$2"
	fi
	work=delete
	last=$(ls "$back/half" | tail -n 1)
	turns pcp rm
	by rm "$1, delete, by rm -r" "$3"
}

columns='%-34s %9s %9s   %-20s %-16s'
echo "seconds to mirror $((DIRS * FILES / 2)) files, $RUNS runs, $(nproc) cores;" \
	"slowfs: $((SLOW_DIRS * FILES / 2)) files"
print_row '' other pcp other/pcp goal
slow='' last=''
for fs; do
	possible "$fs" || continue
	prepare "$fs" $((DIRS * FILES * 6 / 128 + 200))
	back=$place
	two_halves "$back" "$DIRS"
	sync -f "$back"
	rows "$fs" 2 -
	clean
done

if slow_possible; then
	slow=$dir/mnt back=$dir/back
	mkdir "$back"
	two_halves "$back" "$SLOW_DIRS"
	rows "slowfs $MS ms" 10 5
fi
