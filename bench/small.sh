#!/bin/sh
# SPDX-License-Identifier: GPL-3.0-or-later
#
# small.sh: start-up, by the copy of one tiny file: cp, pcp, and `true`, which
# is what starting any process costs.  RUNS (10) rounds of BATCH (20) runs each.

RUNS=${RUNS:-10}
. "$(dirname "$0")/common.sh"

BATCH=${BATCH:-20}

begin
echo tiny >"$dir/file"
mkdir "$dir/copies"

# batch NAME COMMAND...
batch() {
	i=0
	while [ $i -lt "$BATCH" ]; do
		measure "$@" "$dir/file" "$dir/copies/$i"
		i=$((i + 1))
	done
	rm -rf "$dir/copies"
	mkdir "$dir/copies"
}

turn() {
	case $1 in
	cp) batch cp "$CP" ;;
	pcp) batch pcp "$PCP" ;;
	true) batch true /bin/true ;;
	esac
}

per=$BATCH scale=1000000 digits=0
heading "microseconds per process, one tiny file, $BATCH times" true 'less true'
turns cp pcp true
true=$(seconds true)
versus 'tiny file' "$(calculate '1 / 1.2')" "$(show "$true")" \
	"$(printf %.2f "$(calculate "($(seconds cp) - $true) / ($(seconds pcp) - $true)")")"
