# SPDX-License-Identifier: GPL-3.0-or-later
#
# Read by the scripts of tests/lint that look at the sources, after tools/tap.sh.

tab=$(printf '\t')

# rule WHAT FUNCTION: one test point, good if the function finds nothing to say
rule() {
	findings=$($2)
	[ ! "$findings" ]
	ok $? "$1"
	[ ! "$findings" ] || printf '%s\n' "$findings" | diag
}

own() {
	find lib src bench tests python -name "$1" -type f | sort
}

# sources EXT: the sources of the command
sources() {
	find src -name "$1" -type f | sort
}

# quoted FILE: the names of the headers that it includes in quotes
quoted() {
	sed -n 's/^[[:space:]]*#[[:space:]]*include[[:space:]]*"\([^"]*\)".*/\1/p' "$1"
}
