#!/bin/sh
# SPDX-License-Identifier: GPL-3.0-or-later
#
# big.sh [FS...]: the time to copy one file of SIZE (4G), by cp and pcp, RUNS (5)
# times each.  FS as in tree.sh (tmpfs ext4 xfs btrfs).  xfs and btrfs clone it.

. "$(dirname "$0")/common.sh"

SIZE=${SIZE:-4G}

[ $# -gt 0 ] || set -- tmpfs ext4 xfs btrfs
begin

# What a clone takes is mostly the start of a process: see small.sh.
goal() {
	case $1 in
	xfs | btrfs) echo - ;;
	*) calculate '1 / 1.05' ;;
	esac
}

scale=1000 digits=1
heading "milliseconds per file of $SIZE"
for fs; do
	possible "$fs" || continue
	prepare "$fs" $(($(mib "$SIZE") * 2))
	big_file "$place/src" "$SIZE"
	turns cp pcp
	versus "$fs" "$(goal "$fs")"
	clean
done
