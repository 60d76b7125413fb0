#!/bin/sh
# SPDX-License-Identifier: GPL-3.0-or-later
#
# watch.sh SRC [FS...]: what it costs to be watched: the tree SRC copied with nobody
# looking (in the place of cp), and with a progress bar, with --json, and with a line for
# each file.  FS as in tree.sh (tmpfs ext4, if none is given).  The goal is 2 % for the
# bar and the stream; lines for files have none.

. "$(dirname "$0")/common.sh"

[ $# -gt 0 ] || fail 'usage: watch.sh SRC [FS...]'
SRC=$1
shift
[ -d "$SRC" ] || fail "$SRC: no directory"
[ $# -gt 0 ] || set -- tmpfs ext4
begin

turn() {
	case $1 in
	alone) copy_of src alone "$PCP" -R ;;
	bar) copy_of src bar "$PCP" -R --progress=always 2>"$dir/said" ;;
	json) copy_of src json "$PCP" -R --json >"$dir/said" ;;
	files) copy_of src files "$PCP" -R --json --json-files >"$dir/said" ;;
	esac
}

# watched FS HOW BAR: its row
watched() {
	row "$1 $2" "$(seconds alone)" "$(seconds "$2")" "$(ratio alone "$2")" "$3"
}

size=$(du -sm "$SRC" | cut -f 1)
heading "seconds per tree, $(find "$SRC" | wc -l) entries, $size MiB; cp is pcp alone"
for fs; do
	possible "$fs" || continue
	prepare "$fs" $((size * 2))
	"$CP" -R "$SRC" "$place/src"
	turns alone bar json files
	watched "$fs" bar "$(calculate '1 / 1.02')"
	watched "$fs" json "$(calculate '1 / 1.02')"
	watched "$fs" files -
	clean
done
