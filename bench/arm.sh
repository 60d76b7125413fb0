#!/bin/sh
# SPDX-License-Identifier: GPL-3.0-or-later
#
# arm.sh [SRC]: as cold.sh, on a disk that has one arm (ARM, as slowfs -A has it; 'queue=32': of
# the requests that wait the quickest is served first), where more threads may lose.

. "$(dirname "$0")/disk.sh"

ARM=${ARM:-queue=32}

begin_disk
heading "$(describe), of a cold disk with one arm" 'best -j'
on_disk -a "$ARM"
for where in tmpfs disk; do
	to_place $where
	jobs_turns
	versus "to $where" 0.95
	versus_best "to $where, best"
done
