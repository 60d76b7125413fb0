#!/bin/sh
# SPDX-License-Identifier: GPL-3.0-or-later
#
# With --fsync, what was reported as copied is on the disk at that moment (images.py).
#
#   IMAGES=200 FS=ext4 SEED=7 PCP=/path/to/pcp sh tests/crash/images.sh
#
# OPTIONS are those of pcp: without --fsync it must fail.

. "$(dirname "$0")/../cli/common.sh"
. "$tests/tools/tap.sh"

trap oneTimeTearDown EXIT
is_cp && skip_all 'cp has no --fsync'
can_mount || skip_all 'mounting is not permitted'
need_python

: "${IMAGES:=3}" "${SEED:=1}" "${FS:=ext4}" "${OPTIONS=--fsync}"
command -v "mkfs.$FS" >/dev/null || skip_all "no mkfs.$FS"

# Where files can be cloned, at one moment, as all of the image
for cloning in xfs btrfs ''; do
	[ "$cloning" ] ||
		skip_all "no file system that can clone: $(tail -n 1 "$scratch/mount.err")"
	! mount_fs $cloning "$scratch/disk" 2>"$scratch/mount.err" || break
	rm -rf "$scratch/disk" "$scratch/disk.img"
done

# images WHAT MORE OPTION...: with MORE, an option of images.py, and the OPTIONs of pcp
images() {
	what=$1 more=$2
	shift 2
	mkdir "$scratch/disk/$FS"
	"$python" "$tests/crash/images.py" --pcp="$bin/pcp" --dir="$scratch/disk/$FS" \
		--images="$IMAGES" --seed="$SEED" --fs="$FS" $more -- "$@" >"$scratch/found" 2>&1
	ok $? "$FS, $what: $(tail -n 1 "$scratch/found")"
	cat -v "$scratch/found" | diag
	rm -rf "${scratch:?}/disk/$FS"
}

images "$OPTIONS" '' $OPTIONS
images "$OPTIONS --atomic" '' $OPTIONS --atomic
# A sanitizer makes each run three times as long, and finds nothing here that others do not.
sanitized || images "$OPTIONS --journal" --resume $OPTIONS
done_testing
