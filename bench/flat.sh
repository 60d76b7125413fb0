#!/bin/sh
# SPDX-License-Identifier: GPL-3.0-or-later
#
# flat.sh [FS...]: the time to copy one directory of FILES (20000) files of BYTES
# (4096), by cp -R and pcp -R, RUNS (5) times each.  FS as in tree.sh (tmpfs ext4).

. "$(dirname "$0")/common.sh"

FILES=${FILES:-20000}
BYTES=${BYTES:-4096}

[ $# -gt 0 ] || set -- tmpfs ext4
begin

heading "seconds per directory of $FILES files of $BYTES bytes"
for fs; do
	possible "$fs" || continue
	prepare "$fs" $((FILES * (BYTES + 4096) * 2 / 1048576))
	small_files "$place/src" "$FILES" "$BYTES"
	turns cp pcp
	versus "$fs" 1.4
	clean
done
