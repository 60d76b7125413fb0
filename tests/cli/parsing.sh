#!/bin/sh
# SPDX-License-Identifier: GPL-3.0-or-later
#
# The command line: abbreviations, permutation, combinations, mistakes.

. "$(dirname "$0")/common.sh"

one_file() {
	prepare() {
		mkdir dir
		echo data >file
		echo old >dest
	}
}

test_abbreviations() {
	one_file
	for option in --rec --recurs --verb --arch --attr --no-d --deref --forc --str --strip \
		--st --rem --par --path --one --sy --lin --no-t; do
		same_as_cp $option file new
	done
	for option in --re --no --p --s --ver --c --i= --verbose=x --target; do
		same_as_cp $option file new
	done
	same_as_cp --targ=dir file
	same_as_cp --targ dir file
	same_as_cp --suf .x -b file dest
	same_as_cp --back=t file dest
	same_as_cp --spar=always file new
	same_as_cp --spars=al file new
	same_as_cp --refl=au file new
	same_as_cp --pres=mode,time file new
	same_as_cp --preserve=m file new
	same_as_cp --no-pres=a -a file new
}

# Longer by pcp's own options, but no abbreviation of cp's changes its meaning.
test_own_options_take_nothing_away() {
	one_file
	run_pcp --sta file new
	assert_ran 0 '^copies: '
	run_pcp --jobs=2 --win=3 --chu=1M file new
	assert_ran 0
}

test_permutation() {
	one_file
	same_as_cp file new -v
	same_as_cp file -v new
	same_as_cp file dir -R
	same_as_cp -- file new
	same_as_cp -v -- file new
	same_as_cp file -- new
	same_as_cp -- -v new
	as='env POSIXLY_CORRECT=1'
	same_as_cp file new -v
	same_as_cp file -v dir
}

test_combinations() {
	one_file
	same_as_cp -Rpv file new
	same_as_cp -vtdir file
	same_as_cp -vt dir file
	same_as_cp -bS.x file dest
	same_as_cp -fv file dest
	same_as_cp -Rdpx dir new
	same_as_cp -T -v file new
	same_as_cp -Tt dir file
	same_as_cp -t dir -t dir file
}

test_mistakes() {
	one_file
	for options in -Q --bogus --bogus=1 -y -S -t --suffix --target-directory --sparse \
		--preserve=bogus --no-preserve=bogus --no-preserve --reflink=bogus \
		--sparse=bogus --backup=bogus --recursive=yes -ls '--parents -T'; do
		same_as_cp $options file new
	done
	same_as_cp -R -S
	same_as_cp --version=1
	run_pcp --jobs
	assert_ran 1 "option '--jobs' requires an argument"
	run_pcp -j0 file new
	assert_ran 1 "invalid number of jobs: '0'"
}

test_help() {
	new_twins
	run_in pcp pcp --help
	assert_ran 0
	(cd "$work" && "$bin/cp" --help) | grep -o -e '--[a-z-]*' | sort -u >"$work/cps"
	grep -o -e '--[a-z-]*' "$work/pcp.stdout" | sort -u >"$work/pcps"
	assertEquals "every option of cp is there" '' "$(comm -23 "$work/cps" "$work/pcps")"
	assertEquals 'Usage: pcp [OPTION]... [-T] SOURCE DEST' "$(head -n 1 "$work/pcp.stdout")"
	run_in pcp pcp --version
	assert_ran 0
	(cd "$work" && ln -s "$bin/pcp" "$work/renamed" &&
		"$work/renamed" missing x) 2>"$work/words"
	assertEquals "renamed: cannot stat 'missing': No such file or directory" \
		"$(cat "$work/words")"
}

. shunit2
