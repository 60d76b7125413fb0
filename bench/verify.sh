#!/bin/sh
# SPDX-License-Identifier: GPL-3.0-or-later
#
# verify.sh [FROM TO]...: what --verify costs: a file of SIZE (1G), and DIRS (50) directories of
# FILES (20) files of BYTES (65536), copied by pcp -R (in the place of cp) and pcp -R --verify.
# Each pair of FROM and TO, file systems as in tree.sh, is a way; TO may be "same".  If none is
# given: from tmpfs to ext4, from one ext4 to another, and within one.  Nothing of the source
# is cached before a run, unless it is in tmpfs, and a run ends when all is on the disk.  SCRATCH
# should be on a disk: in memory the two reads and the hash are all that there is.  Root only.

. "$(dirname "$0")/common.sh"

SIZE=${SIZE:-1G}
DIRS=${DIRS:-50}
FILES=${FILES:-20}
BYTES=${BYTES:-65536}

[ "$(id -u)" = 0 ] || fail 'only root can mount'
[ $# -gt 0 ] || set -- tmpfs ext4 ext4 ext4 ext4 same
[ $(($# % 2)) = 0 ] || fail "$*: not in pairs"
begin

# forget: nothing of the source is in the page cache
forget() {
	[ "$(stat -f -c %T "$from")" != tmpfs ] || return 0
	find "$from/$case" -type f -exec sh -c 'for file; do
		dd if="$file" iflag=nocache count=0 status=none
	done' sh {} +
}

# synced OPTION...: pcp with these, and a sync
synced() {
	sync -f "$place"
	forget
	copy_of "$case" "$what" sh -c 'place=$1; shift; "$@" && sync -f "$place"' sh "$place" \
		"$PCP" -R "$@"
}

turn() {
	what=$1
	case $1 in
	plain) synced ;;
	verify) synced --verify ;;
	esac
}

# way WHERE BAR: the rows of one way
way() {
	for case in big small; do
		turns plain verify
		row "$case, $1" "$(seconds plain)" "$(seconds verify)" "$(ratio plain verify)" \
			"$(calculate "1 / $2")"
	done
}

room=$(($(mib "$SIZE") + DIRS * FILES * BYTES / 1048576))
heading "seconds for $SIZE in a file, and for $((DIRS * FILES)) files of $BYTES bytes;
cp is pcp without --verify"
while [ $# -gt 0 ]; do
	if [ "$2" = same ]; then
		prepare "$1" $((room * 2))
	else
		prepare "$2" "$room"
		prepare_from "$1" "$room"
	fi
	mkdir "$from/big"
	big_file "$from/big/file" "$SIZE"
	small_tree "$from/small" "$DIRS" "$FILES" "$BYTES"
	if [ "$2" = same ]; then
		way "within $1" 1.6
	else
		way "$1 to $2" 1.3
	fi
	clean
	shift 2
done
