#!/bin/sh
# SPDX-License-Identifier: GPL-3.0-or-later
#
# session.sh [GIB [MIB_PER_SECOND]]: the progress bar of a longer copy (5 GiB at 150 MiB a
# second, if not said otherwise), frame by frame by the rules of cli/progress.sh, and what
# its times to go were worth.  Not a test of make check: it takes as long as that takes.
#
#   PCP=/path/to/pcp TMPDIR=/with/room sh tests/tools/session.sh

gib=${1-5} speed=${2-150}
set --
. "$(dirname "$0")/../cli/common.sh"
trap oneTimeTearDown EXIT

python=python3
python3 -c 'import pyte' 2>/dev/null || python=/usr/bin/python3
has_fuse || { echo "$0: no FUSE" >&2; exit 1; }
SCRATCH=$scratch $python "$tests/cli/progress_cases.py" session "$gib" "$speed"
