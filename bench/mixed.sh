#!/bin/sh
# SPDX-License-Identifier: GPL-3.0-or-later
#
# mixed.sh [FS...]: the time to copy a tree of one file of SIZE (4G) and a
# directory of FILES (20000) of BYTES (4096), by cp -R and pcp -R, RUNS (5) times
# each, and by pcp the big file alone, and the directory alone.  FS as in tree.sh
# (tmpfs ext4).
#
# Together they should take as long as the longer of the two takes alone; "alone"
# has that in the place of cp.  But if both keep all cores busy that cannot be:
# "cores" is the processor time of the two alone, divided by the cores.

. "$(dirname "$0")/common.sh"

SIZE=${SIZE:-4G}
FILES=${FILES:-20000}
BYTES=${BYTES:-4096}

[ $# -gt 0 ] || set -- tmpfs ext4
begin

turn() {
	case $1 in
	cp) copy_of src cp "$CP" -R ;;
	pcp) copy_of src pcp "$PCP" -R ;;
	big) copy_of src/big big "$PCP" -R ;;
	small) copy_of src/small small "$PCP" -R ;;
	esac
}

# What can be expected, as further lines of the log
expect() {
	awk -v cores="$(nproc)" '
	$2 == "big" || $2 == "small" {
		if ($3 > alone[$1])
			alone[$1] = $3
		cpu[$1] += $4
	}
	END {
		for (round in alone) {
			least = cpu[round] / cores
			print round, "alone", alone[round]
			print round, "cores", least
			print round, "bound", (least > alone[round] ? least : alone[round])
		}
	}' "$log" >"$dir/expected"
	cat "$dir/expected" >>"$log"
}

heading "seconds per tree of one file of $SIZE and $FILES of $BYTES bytes" \
	big small cores
for fs; do
	possible "$fs" || continue
	prepare "$fs" $((($(mib "$SIZE") + FILES * (BYTES + 4096) / 1048576) * 2))
	small_files "$place/src/small" "$FILES" "$BYTES"
	big_file "$place/src/big" "$SIZE"
	turns cp pcp big small
	expect
	versus "$fs" 1 "$(show "$(seconds big)")" "$(show "$(seconds small)")" \
		"$(show "$(seconds cores)")"
	for bound in alone bound; do
		row "$fs $bound" "$(seconds $bound)" "$(seconds pcp)" "$(ratio $bound pcp)" \
			"$(calculate '1 / 1.05')"
	done
	clean
done
