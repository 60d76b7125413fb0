#!/bin/sh
# SPDX-License-Identifier: GPL-3.0-or-later
#
# again.sh SRC [FS...]: the time to find that a copy needs no update: -au, after
# cp -a of the same, by cp, pcp and (-a) rsync, if it is there, RUNS (5) times each:
# of the tree SRC on FS (ext4; as in tree.sh), with all of it in the caches; and of
# DIRS (100) directories of FILES (20) small files on a file system where each
# operation takes MS (1) milliseconds (SLOWFS; see tests/tools/slowfs.md), mounted
# anew for each run.

. "$(dirname "$0")/common.sh"

DIRS=${DIRS:-100}
FILES=${FILES:-20}
MS=${MS:-1}

[ $# -gt 0 ] || fail 'usage: again.sh SRC [FS...]'
SRC=$1
shift
[ -d "$SRC" ] || fail "$SRC: no directory"
[ $# -gt 0 ] || set -- ext4
begin

programs='cp pcp'
if command -v rsync >/dev/null; then
	programs='cp pcp rsync'
else
	echo "$self: rsync left out: it is missing" >&2
fi

# update NAME WHERE: WHERE/dst, from WHERE/src
update() {
	case $1 in
	cp) measure cp "$CP" -au -T "$2/src" "$2/dst" ;;
	pcp) measure pcp "$PCP" -au -T "$2/src" "$2/dst" ;;
	rsync) measure rsync rsync -a "$2/src/" "$2/dst" ;;
	esac
}

turn() {
	if [ "$slow" ]; then
		mount_slow "$MS"
		update "$1" "$dir/mnt"
		unmount
	else
		update "$1" "$place"
		sync -f "$place"
	fi
}

# rows CASE GOAL
rows() {
	# shellcheck disable=SC2086
	turns $programs
	versus "$1" "$2"
	case $programs in
	*rsync)
		row "$1, by rsync" "$(seconds rsync)" "$(seconds pcp)" "$(ratio rsync pcp)" 1
		;;
	esac
}

size=$(du -sm "$SRC" | cut -f 1)
heading "seconds to update nothing, $(find "$SRC" | wc -l) entries; slowfs: $DIRS of $FILES files"
slow=
for fs; do
	possible "$fs" || continue
	prepare "$fs" $((size * 2))
	"$CP" -a "$SRC" "$place/src"
	"$CP" -a "$place/src" "$place/dst"
	sync -f "$place"
	rows "$fs" 2
	clean
done

if slow_possible; then
	slow=yes
	small_tree "$dir/back/src" "$DIRS" "$FILES" 1000
	"$CP" -a "$dir/back/src" "$dir/back/dst"
	rows "slowfs $MS ms" 8
fi
