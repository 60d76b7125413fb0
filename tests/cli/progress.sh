#!/bin/sh
# SPDX-License-Identifier: GPL-3.0-or-later
#
# The progress bar, as a terminal shows it: what is on the screen at any moment, and in
# the end.  The cases are those of progress_cases.py; most of their time they sleep, so
# many run at once, and none of them depends on how long anything takes.

. "$(dirname "$0")/common.sh"
. "$tests/tools/languages.sh"

python_with pyte

# cases 'CASE ARGUMENT...'...: they run from now on, up to six at a time
cases() {
	printf '%s\n' "$@" | SCRATCH=$scratch xargs -d '\n' -P 6 -I{} sh -c '
		timeout 120 "$1" "$2/cli/progress_cases.py" $3 >"$4/log.$3" 2>&1
		[ $? = 0 ] || echo "$3" >>"$4/failed"' sh "$python" "$tests" {} "$scratch"
}

# check 'CASE ARGUMENT...'...: none of them finds anything
check() {
	rm -f "$scratch/failed"
	cases "$@"
	assertFalse "$(sed 's/^/case failed: /' "$scratch/failed" 2>&1
		[ ! -f "$scratch/failed" ] || while read -r name; do
			cat -v "$scratch/log.$name" | cut -c 1-2000 | tail -n 60
		done <"$scratch/failed")" "[ -f '$scratch/failed' ]"
}

oneTimeSetUp() {
	is_cp && skip_all 'cp shows no progress'
	[ "$python" ] || skip_all 'no python3-pyte'
	has_fuse || skip_all 'no FUSE'
	command -v fusermount3 >/dev/null || skip_all 'no fusermount3'
}

test_numbers_and_time() {
	check totals stall lost long_stop line_pipe 'silent background'
}

test_not_wanted() {
	check short 'silent dumb' 'silent unset' 'silent -q' 'silent --progress=never' 'silent pipe'
}

test_fits_any_terminal() {
	check 'size 80 24 2' 'size 80 10 3 -v' 'size 40 10 30' 'size 200 50 2' \
		'size 20 3 5' 'size 6 3 2' \
		resize
}

test_kinds() {
	check line always
}

test_last_words() {
	check 'summary long' 'summary failed' 'summary pipe' 'summary short' 'summary -q'
}

test_one_write_each() {
	can_strace || { skip 'no strace'; return; }
	check one_write
}

test_characters_and_colours() {
	check 'look C' 'look C.UTF-8' 'look C.UTF-8 NO_COLOR=1' 'look C.UTF-8 NO_COLOR='
}

test_languages() {
	languages_make "$scratch/locales" && languages_of_cp "$scratch/packages" &&
		languages_of_pcp "$scratch/own" || { skip "$languages_lack"; return; }
	check 'language de_DE.UTF-8' 'language fr_FR.UTF-8'
}

test_taskbar() {
	check 'taskbar none none' 'taskbar ghostty none' 'taskbar ghostty INT' \
		'taskbar WezTerm TERM'
}

test_nasty_names() {
	check 'names C' 'names C.UTF-8'
}

test_signals() {
	check suspended snapshot asked
}

test_interrupted_at_any_moment() {
	check 'interrupted INT 1 7' 'interrupted INT 2 7' 'interrupted INT 3 6' \
		'interrupted TERM 4 7' 'interrupted TERM 5 7' 'interrupted TERM 6 6'
}

. shunit2
