#!/bin/sh
# SPDX-License-Identifier: LGPL-2.1-or-later
#
# fault/corrupt on file systems that have a device, where small copies are read back past the page
# cache, by O_DIRECT; and that this is how they are read.

. "$(dirname "$0")/../cli/common.sh"
. "$tests/tools/tap.sh"

trap oneTimeTearDown EXIT
corrupt=${builddir:-$tests}/fault/corrupt
[ -x "$corrupt" ] || skip_all 'fault/corrupt is not built'
can_mount || skip_all 'cannot mount'
cd "$work" || exit

# on FS: fault/corrupt, and one good copy
on() {
	TMPDIR=$work/$1 CORRUPTIONS=${CORRUPTIONS:-36} "$corrupt" >log 2>&1
	ok $? "$1: corruptions are found"
	grep -v '^ok' log | diag
	sanitized || ! can_strace || {
		strace -f -o calls "$bin/pcp" --verify src "$1/dst" &&
			grep -q 'F_SETFL.*O_DIRECT' calls
		ok $? "$1: a small copy is read directly"
	}
}

head -c 5000 /dev/urandom >src
for fs in ext4 xfs; do
	if mount_fs "$fs" "$fs" 2>/dev/null; then
		on "$fs"
		umount "$fs"
	else
		skip "no $fs"
	fi
done
done_testing
