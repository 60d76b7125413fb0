# SPDX-License-Identifier: GPL-3.0-or-later
#
# What cold.sh and arm.sh share; both read it first.  A tree lies on an ext4 of which
# nothing is cached (see tests/tools/colddisk), mounted at $dir/mnt.  It is the script's first
# argument, or DIRS (100) directories of FILES (20) files of 1 to 16 KiB.

# In a mount namespace of its own: copies of the mount in those of others would keep its cache.
if [ "$(id -u)" = 0 ] && [ ! "${IN_NAMESPACE-}" ]; then
	IN_NAMESPACE=yes exec unshare --mount --propagation private sh "$0" "$@"
fi
. "$(dirname "$0")/common.sh"

COLDDISK=${COLDDISK:-$top/tests/tools/colddisk}
export SLOWFS="${SLOWFS:-$build/tests/tools/slowfs}"
DIRS=${DIRS:-100}
FILES=${FILES:-20}
JOBS=${JOBS:-1 2 4 8 16 32 64}
SRC=${1-}

# generate DIR: the tree, if there is no SRC
generate() {
	seq "$DIRS" | while read -r i; do
		mkdir "$1/$i"
		seq "$FILES" | while read -r j; do
			head -c $((1024 + (i * FILES + j) * 7919 % 15361)) /dev/urandom >"$1/$i/$j"
		done
	done
}

# begin_disk: makes the image, and fills it
begin_disk() {
	need "$SLOWFS" "$build/tests tools/slowfs"
	need fusermount3
	need mkfs.ext4
	[ "$(id -u)" = 0 ] || fail 'only root can mount an image'
	begin
	trap 'leave_disk; clean; rm -rf --one-file-system "$dir"' EXIT
	size=$((DIRS * FILES / 100))
	[ ! "$SRC" ] || size=$(du -sm "$SRC" | cut -f 1)
	enough_room ext4 "$size"
	mkdir "$dir/images"
	"$COLDDISK" make "$dir/images/one" $((size * 3 + 1024))M
	"$COLDDISK" mount "$dir/images/one" "$dir/mnt"
	if [ "$SRC" ]; then
		"$CP" -R "$SRC" "$dir/mnt/src"
	else
		mkdir "$dir/mnt/src"
		generate "$dir/mnt/src"
	fi
	"$COLDDISK" umount "$dir/mnt"
}

# on_disk OPTION VALUE: from here on the disk is slow, as colddisk mount has it
on_disk() {
	leave_disk
	"$COLDDISK" mount "$1" "$2" "$dir/images/one" "$dir/mnt"
}

leave_disk() {
	"$COLDDISK" umount "$dir/mnt"
}

# turn NAME: a copy of the tree to the new directory $to, of a disk that is cold
turn() {
	"$COLDDISK" drop "$dir/mnt"
	# shellcheck disable=SC2046
	case $1 in
	cp) measure cp "$CP" -R "$dir/mnt/src" "$to" ;;
	*) measure "$1" "$PCP" $(jobs_option "$1") -R "$dir/mnt/src" "$to" ;;
	esac
	rm -rf "$to"
}

# to_place NAME: copies go to tmpfs, or the disk itself
to_place() {
	case $1 in
	tmpfs) to=$dir/dst ;;
	disk) to=$dir/mnt/dst ;;
	esac
}

# describe: the tree, for the heading
describe() {
	if [ "$SRC" ]; then
		echo "seconds per tree of $(find "$SRC" | wc -l) entries"
	else
		echo "seconds per $DIRS directories of $FILES files"
	fi
}

columns='%-22s %9s %9s   %-20s %-16s'
