#!/bin/sh
# SPDX-License-Identifier: GPL-3.0-or-later
#
# Which operand is copied where, and what is refused.

. "$(dirname "$0")/common.sh"

operands() {
	prepare() {
		mkdir -p dir/sub dir2 full/dir full/file
		echo one >file
		echo two >other
		echo three >dir/inner
		echo four >dir/sub/deep
		echo five >full/other
		ln -s dir to-dir
		ln -s file to-file
		ln -s nowhere dangling
		: >empty
	}
}

test_missing_operand() {
	operands
	same_as_cp
	same_as_cp -R
	same_as_cp file
	same_as_cp -T
	same_as_cp -T file
	same_as_cp -t dir
	same_as_cp -t
	same_as_cp --target-directory
	same_as_cp -- file
	same_as_cp ''
	same_as_cp '' dir
	same_as_cp file ''
	same_as_cp '' ''
	same_as_cp -t '' file
}

test_new_name() {
	operands
	same_as_cp file new
	same_as_cp empty new
	same_as_cp -R dir new
	same_as_cp -r dir new
	same_as_cp --recursive dir new
	same_as_cp -R file new
	same_as_cp -RT dir new
	same_as_cp -R dir2 new
}

test_existing_file() {
	operands
	same_as_cp file other
	same_as_cp empty other
	same_as_cp -R file other
	same_as_cp -T file other
	same_as_cp file to-file
	same_as_cp other to-file
}

test_into_directory() {
	operands
	same_as_cp file dir
	same_as_cp file dir/
	same_as_cp file other dir
	same_as_cp file to-dir
	same_as_cp file to-dir/
	same_as_cp -R dir dir2
	same_as_cp -R dir file dir2
	same_as_cp -R dir to-dir file full
	same_as_cp other full
	same_as_cp file .
	same_as_cp dir/inner .
	same_as_cp -R dir/sub .
}

test_target_directory() {
	operands
	same_as_cp -t dir file
	same_as_cp -t dir file other
	same_as_cp --target-directory=dir2 file other
	same_as_cp --target-directory dir2 file other
	same_as_cp file -t dir other
	same_as_cp file other -tdir
	same_as_cp -R -t dir2 dir file
	same_as_cp -t missing file
	same_as_cp -t other file
	same_as_cp -t dangling file
	same_as_cp -t to-dir file
	same_as_cp -t dir -t dir2 file
}

test_no_target_directory() {
	operands
	same_as_cp -T file dir
	same_as_cp -RT dir dir2
	same_as_cp -RT dir full
	same_as_cp -RT dir to-dir
	same_as_cp -T file dir2 other
	same_as_cp -T file to-dir
	same_as_cp -t dir -T file
	same_as_cp -T -t dir file other
	same_as_cp --no-target-directory file dir
}

test_not_a_directory() {
	operands
	same_as_cp file other empty
	same_as_cp file other missing
	same_as_cp file other dangling
	same_as_cp file missing/new
	same_as_cp file missing/
	same_as_cp file other/
	same_as_cp file other/new
	same_as_cp -R dir missing/new
	same_as_cp -R dir file other missing/new
	same_as_cp -R dir missing/
	same_as_cp -R dir other/
}

test_missing_source() {
	operands
	same_as_cp missing new
	same_as_cp missing dir
	same_as_cp missing file dir
	same_as_cp file missing other dir
	same_as_cp -R missing dir2 dir
	same_as_cp missing other
	same_as_cp dangling new
	same_as_cp file/ new
	same_as_cp file/x new
	same_as_cp missing missing/new
	same_as_cp missing missing2 missing3 dir
}

# The first operand lets the second one be looked for.
test_source_behind_an_earlier_operand() {
	prepare() { mkdir -p d other/d; echo x >other/d/x; chmod 600 d; }
	unprivileged
	same_as_cp -a other/d d/missing .
	same_as_cp -a other/d d/x e
}

test_wrong_type() {
	operands
	same_as_cp -R dir other
	same_as_cp -R dir file other
	same_as_cp dir other
	same_as_cp dir new
	same_as_cp dir dir2
	same_as_cp dir file dir2
	same_as_cp dir/ dir2
	same_as_cp to-dir new
	same_as_cp -T file dir
	same_as_cp file full
	same_as_cp other full
	same_as_cp -R dir full/other
	# below the operands
	prepare() {
		mkdir -p from/a from/b to/from to/from/b
		echo x >from/a/x
		echo x >from/b/x
		echo x >from/f
		echo old >to/from/a
		mkdir -p to/from/b/x to/from/f
	}
	same_as_cp -R from to
	same_as_cp -a from to
}

test_trailing_slashes() {
	operands
	same_as_cp -R dir/ new
	same_as_cp -R dir// new
	same_as_cp -R dir new/
	same_as_cp -R dir/ new//
	same_as_cp -R dir/ dir2
	same_as_cp -R dir/ dir2/
	same_as_cp -R to-dir/ new
	same_as_cp -R to-dir/ dir2
	same_as_cp -R -P to-dir/ dir2
	same_as_cp -a to-dir/ dir2
	same_as_cp -a dir/sub/// dir2
	same_as_cp file dir2//
	same_as_cp -R .//dir//sub dir2
}

test_dot_sources() {
	operands
	same_as_cp -R dir/. dir2
	same_as_cp -R dir/. new
	same_as_cp -R dir/./ dir2
	same_as_cp -R dir/sub/.. dir2
	same_as_cp -R dir/. full
	same_as_cp -a dir/. dir2
	same_as_cp -RT dir/. dir2
	same_as_cp -R -t dir2 dir/. full/.
	same_as_cp dir/. dir2
}

test_unknown_options() {
	operands
	same_as_cp -y file new
	same_as_cp -Ry dir new
	same_as_cp --nonsense file new
	same_as_cp --nonsense=3 file new
	same_as_cp --recursive=yes dir new
	same_as_cp --help=me
	same_as_cp -% file new
}

test_abbreviated_options() {
	operands
	same_as_cp --recu dir new
	same_as_cp --target=dir file
	same_as_cp --targ dir file
	same_as_cp --t=dir file
	same_as_cp --ver file new
	same_as_cp --archi dir new
	same_as_cp --verb file new
	same_as_cp --no-t file dir
	same_as_cp --no-d -R to-dir new
}

test_end_of_options() {
	prepare() {
		mkdir dir
		echo x >-R
		echo y >file
	}
	same_as_cp -- -R dir
	same_as_cp ./-R dir
	same_as_cp file dir -R
	same_as_cp file dir --recursive
	same_as_cp - dir
}

test_options_after_operands() {
	operands
	same_as_cp dir new -R
	POSIXLY_CORRECT=1
	export POSIXLY_CORRECT
	same_as_cp dir new -R
	same_as_cp file other -v
	unset POSIXLY_CORRECT
}

test_odd_names() {
	prepare() {
		mkdir dir
		for name in 'a b' "it's" '$x' '*' "$(printf 'a\nb')" "$(printf 'a\377')" \
			"$(printf 'a\033[1m')" 'back\slash' "$(printf %0255d 0)"; do
			echo "$name" >"dir/$name"
			echo "$name" >"$name"
		done
	}
	same_as_cp -R dir new
	same_as_cp -Rv dir new
	same_as_cp 'a b' "it's" '$x' '*' "$(printf 'a\nb')" "$(printf 'a\377')" \
		"$(printf 'a\033[1m')" 'back\slash' missing "$(printf 'missing\n\377')" \
		"no such it's" -v dir
	same_as_cp '*' "x$(printf %0255d 0)"
}

# A target directory that cannot be opened just now is none the less not the copy's name.
test_target_cannot_be_opened() {
	strace -qq -o /dev/null true 2>/dev/null || { skip 'no strace'; return; }
	cd "$scratch" || return
	mkdir opened dir
	echo x >dir/f
	for error in ENFILE ENOMEM EIO; do
		strace -f -qq -o /dev/null -P "$PWD/opened" -e inject=openat:error=$error \
			"$bin/pcp" -R dir "$PWD/opened" 2>err
		assertEquals "$error" 1 $?
		assertTrue "$error: $(cat err)" "grep -q ': target .*/opened.: ' err"
		assertEquals "$error" '' "$(ls opened)"
	done
}

. shunit2
