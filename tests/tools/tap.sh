# SPDX-License-Identifier: GPL-3.0-or-later
#
# TAP for scripts: read by `. "$srcdir/tools/tap.sh"`.
#
#   ok STATUS WHAT...     one test point; it is good if STATUS is 0
#   skip REASON...        one test point that can say nothing here
#   skip_all REASON...    nor can the whole script; ends it; a failure where MUST_RUN is set
#   diag TEXT...          a comment; with no text, what comes in on stdin
#   done_testing          the last line of the script; tap_bad counts the failures, of which
#                         the exit status tells if TAP_EXIT is set

tap_count=0
tap_bad=0

ok() {
	tap_count=$((tap_count + 1))
	if [ "$1" = 0 ]; then
		shift
		echo "ok $tap_count - $*"
	else
		shift
		tap_bad=$((tap_bad + 1))
		echo "not ok $tap_count - $*"
	fi
}

skip() {
	tap_count=$((tap_count + 1))
	echo "ok $tap_count # SKIP $*"
}

skip_all() {
	[ ! "${MUST_RUN-}" ] || {
		ok 1 "this may not be skipped: $*"
		done_testing
	}
	echo "1..0 # SKIP $*"
	exit 0
}

diag() {
	if [ $# -gt 0 ]; then
		echo "# $*"
	else
		sed 's/^/# /'
	fi
}

done_testing() {
	echo "1..$tap_count"
	[ ! "${TAP_EXIT-}" ] || [ $tap_bad = 0 ] || exit 1
	exit 0
}

# numbered_files DIR N: files 0 to N - 1 in there, each with its number
numbered_files() {
	number=0
	while [ $number -lt "$2" ]; do
		echo "file number $number" >"$1/$number"
		number=$((number + 1))
	done
}
