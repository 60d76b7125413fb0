#!/bin/sh
# SPDX-License-Identifier: GPL-3.0-or-later
#
# What bash, zsh and fish offer, and type, after the beginning of a command.

. "$(dirname "$0")/common.sh"

files=$(cd "$tests/../completions" && pwd)
here=$scratch/here

# The beginning of a command, and all that may come next
table="
pcp --refl|--reflink
pcp --no-t|--no-target-directory
pcp --st|--stats --stop-at --strict --strip-trailing-slashes
pcp file --st|--stats --stop-at --strict --strip-trailing-slashes
pcp -t dir --st|--stats --stop-at --strict --strip-trailing-slashes
pcp -Rtdir --st|--stats --stop-at --strict --strip-trailing-slashes
pcp -- --st|
pcp --nonsense|
pcp --reflink=|always auto never
pcp --reflink=a|always auto
pcp --sparse=|always auto never
pcp --sparse n|never
pcp -R --sparse=al|always
pcp --backup=|existing never nil none numbered off simple t
pcp --backup=n|never nil none numbered
pcp --update=|all changed checksum none none-fail older
pcp --update=none|none none-fail
pcp --preserve=|all context links mode ownership timestamps xattr
pcp --preserve=mode,links,|all context ownership timestamps xattr
pcp --preserve=mode,ti|timestamps
pcp --no-preserve=mode,ti|timestamps
pcp --no-preserve x|xattr
pcp --no-preserve mode,x|xattr
pcp -t |dir dirs two
pcp -t d|dir dirs
pcp -Rt t|two
pcp -t f|
pcp --target-directory=|dir dirs two
pcp --target-directory=dirs|dirs
pcp --target-directory di|dir dirs
pcp -j |
pcp --jobs=|
pcp --window |
pcp --chunk=|
pcp -S |
pcp --suffix=|
pcp --context=|
"

# A command, with a ^ for each TAB, and what the program gets for it
typing='
pcp --no-targ^|--no-target-directory
pcp --spa^al^|--sparse=always
pcp --sparse nev^|--sparse never
pcp --backup=num^|--backup=numbered
pcp --preserve=mode,ti^|--preserve=mode,timestamps
pcp --preserve=ti^,xa^|--preserve=timestamps,xattr
pcp fi^|file
pcp -t fi^|-t fi
pcp fi^ -t dirs^|file -t dirs
pcp -t tw^ fi^|-t two words file
pcp --target-directory=tw^|--target-directory=two words
pcp -- --st^ fi^|-- --st file
pcp dirs/in^|dirs/inner
'

oneTimeSetUp() {
	mkdir -p "$here/dir" "$here/dirs" "$here/two words"
	: >"$here/file"
	: >"$here/dirs/inner"
	HOME=$scratch INPUTRC=/dev/null HISTFILE=
	export HOME INPUTRC HISTFILE here files scratch
	printf '%s\n' "$table" "pcp -|" | sed -n 's/|.*//p' >"$scratch/lines"
}

# options_of_help: the names that --help has, sorted
options_of_help() {
	pcp --help | grep -E '^ {2,6}-' | sed 's/^ *//; s/  .*//; s/, /\n/g' |
		sed 's/[^-a-zA-Z0-9].*//' | sort | tr '\n' ' ' | sed 's/ $//'
}

# offers_all FILE: it has lines of a command, a "|", and words that were offered, in
# any form; they are what the table says
offers_all() {
	while IFS='|' read -r line want; do
		[ "$line" ] || continue
		assertEquals "after [$line]" "$want" "$(offered "$1" "$line")"
	done <<-END
	$table
	END
	assertEquals 'after [pcp -]' "$(options_of_help)" "$(offered "$1" 'pcp -')"
}

# Of a value its last part: what stands before it is repeated by some shells.
offered() {
	awk -F '|' -v line="$2" '$1 == line { print $2 }' "$1" |
		sed -e 's/\\//g' -e 's/^two words.*/two/' -e 's/.*[=,]two words.*/two/' \
			-e 's/=$//' -e 's/^.*[=,]//' -e 's,/$,,' | LC_ALL=C sort -u |
			tr '\n' ' ' | sed 's/ $//'
}

# typed RC SHELL...: types all that is in "typing" into a shell that reads RC first, and
# compares what pcp got, in order
typed() {
	rc=$1
	shift
	printf '%s\n' "$typing" | sed -n '/|/s/|.*//p' >"$scratch/keys"
	rm -f "$scratch/got"
	terminal "$@" >"$scratch/screen" 2>&1
	printf '%s\n' "$typing" | sed -n 's/^[^|]*|//p' >"$scratch/want"
	# a directory may have its slash or not
	sed 's,/\( \|$\),\1,g' "$scratch/got" 2>/dev/null >"$scratch/args"
	assertEquals "typed into $1 (< wanted, > got)" '' "$(diff "$scratch/want" "$scratch/args")"
	cmp -s "$scratch/want" "$scratch/args" || cat -v "$scratch/screen"
}

# terminal SHELL...: runs it in a terminal of its own; it gets the lines of "keys"
terminal() {
	(cd "$here" && rc=$rc timeout -k 5 120 python3 - "$@") <<-'END'
	import fcntl, os, pty, select, sys, termios

	scratch = os.environ["scratch"]
	os.environ.update(TERM="vt100", PS1="> ", PS2="> ")

	def await_prompt(fd):
	    """Pass on what the shell says, until it has shown a prompt and says no more."""
	    said = b""
	    while b"> " not in said or select.select([fd], [], [], 0.05)[0]:
	        said += os.read(fd, 4096)
	    sys.stdout.buffer.write(said)

	fd, slave = pty.openpty()
	# What is typed before the shell is ready is not for the terminal to edit.
	mode = termios.tcgetattr(slave)
	mode[3] &= ~(termios.ICANON | termios.ECHO)
	termios.tcsetattr(slave, termios.TCSANOW, mode)
	pid = os.fork()
	if pid == 0:
	    os.setsid()
	    fcntl.ioctl(slave, termios.TIOCSCTTY, 0)
	    for stream in range(3):
	        os.dup2(slave, stream)
	    os.execvp(sys.argv[1], sys.argv[1:])
	os.close(slave)
	lines = [". " + os.environ["rc"]]
	lines += open(scratch + "/keys").read().replace("^", "\t").splitlines()
	for line in lines + ["exit"]:
	    # What is typed before that some shells forget.
	    await_prompt(fd)
	    os.write(fd, line.encode() + b"\r")
	try:
	    while data := os.read(fd, 4096):
	        sys.stdout.buffer.write(data)
	except OSError:
	    pass
	os.waitpid(pid, 0)
	END
}

need() {
	for program; do
		command -v "$program" >/dev/null || { skip "$program is not installed"; return 1; }
	done
}

# ------------------------------------------------------------------ bash

test_bash_offers() {
	need bash || return 0
	cat >"$scratch/offers.bash" <<-'END'
	. "$files/pcp.bash" || exit
	cd "$here"
	while IFS= read -r line; do
		# as bash parts them
		IFS=' ' read -ra COMP_WORDS <<<"${line//=/ = }"
		[[ $line != *[\ =] ]] || [[ $line == *= ]] || COMP_WORDS+=('')
		COMP_CWORD=$((${#COMP_WORDS[@]} - 1)) COMP_LINE=$line COMPREPLY=()
		_pcp pcp "${COMP_WORDS[COMP_CWORD]}" "${COMP_WORDS[COMP_CWORD - 1]}"
		[[ ! ${COMPREPLY[@]} ]] || printf "$line|%s\n" "${COMPREPLY[@]}"
	done
	END
	bash "$scratch/offers.bash" <"$scratch/lines" >"$scratch/bash" 2>"$scratch/bash.err"
	assertEquals 'no complaints' '' "$(cat "$scratch/bash.err")"
	offers_all "$scratch/bash"
	assertEquals 'what follows the "=" is offered' 'auto always never' \
		"$(sed -n 's/^pcp --reflink=|//p' "$scratch/bash" | tr '\n' ' ' | sed 's/ $//')"
}

# Where "=" does not part words
test_bash_offers_without_word_breaks() {
	need bash || return 0
	cat >"$scratch/whole.bash" <<-'END'
	. "$files/pcp.bash" || exit
	cd "$here"
	COMP_WORDBREAKS=' '
	while IFS= read -r line; do
		IFS=' ' read -ra COMP_WORDS <<<"$line"
		[[ $line != *' ' ]] || COMP_WORDS+=('')
		COMP_CWORD=$((${#COMP_WORDS[@]} - 1)) COMPREPLY=()
		_pcp
		[[ ! ${COMPREPLY[@]} ]] || printf "$line|%s\n" "${COMPREPLY[@]}"
	done
	END
	bash "$scratch/whole.bash" <"$scratch/lines" >"$scratch/bash"
	offers_all "$scratch/bash"
	assertEquals 'the whole word is offered' '--sparse=always' \
		"$(sed -n 's/^pcp -R --sparse=al|//p' "$scratch/bash")"
}

# The caller's settings do not matter, and stay as they are.
test_bash_with_odd_settings() {
	need bash || return 0
	cat >"$scratch/odd.bash" <<-'END'
	. "$files/pcp.bash" || exit
	cd "$here"
	IFS=a
	set -fu
	before=$(shopt -p; set +o)
	COMP_WORDS=(pcp --sparse a) COMP_CWORD=2
	_pcp
	echo "${COMPREPLY[*]}"
	[[ $(shopt -p; set +o) == "$before" ]] || echo 'settings changed'
	compgen -v | grep -x 'options\|words\|token\|value'
	END
	assertEquals 'autoaalways' "$(bash "$scratch/odd.bash" 2>&1)"
}

pcp_for_bash='
pcp() { printf "%s\n" "$*" >>"$scratch/got"; }
set +o history
'

test_bash_typed() {
	need bash python3 || return 0
	echo "$pcp_for_bash . '$files/pcp.bash'" >"$scratch/bashrc"
	typed "$scratch/bashrc" bash --norc --noprofile -i
}

# The package finds the file by its name.
test_bash_completion_loads() {
	need bash python3 || return 0
	package=/usr/share/bash-completion/bash_completion
	[ -r $package ] || { skip 'the package bash-completion is not installed'; return 0; }
	mkdir -p "$scratch/share/bash-completion/completions"
	cp "$files/pcp.bash" "$scratch/share/bash-completion/completions/pcp"
	echo "$pcp_for_bash . $package
		BASH_COMPLETION_USER_DIR=$scratch/share/bash-completion" >"$scratch/bashrc"
	typed "$scratch/bashrc" bash --norc --noprofile -i
}

# cp completes as pcp only where that was asked for.
test_bash_for_cp() {
	need bash || return 0
	assertEquals 'not by itself' '' \
		"$(bash -c '. "$files/pcp.bash"; complete -p cp' 2>/dev/null)"
	assertEquals 'for a link' 'complete -F _pcp cp' \
		"$(bash -c '. "$files/pcp.bash"; complete -F _pcp cp; complete -p cp')"
}

# ------------------------------------------------------------------- zsh

zshrc() {
	cat <<-'END'
	PS1='> '
	unsetopt beep
	fpath=("$files" $fpath)
	autoload -Uz compinit && compinit -u -d "$scratch/zcompdump"
	pcp() { print -r -- "$*" >>$scratch/got }
	END
}

test_zsh_syntax() {
	need zsh || return 0
	assertEquals '' "$(zsh -f -n "$files/_pcp" 2>&1)"
	assertEquals '#compdef pcp' "$(head -n 1 "$files/_pcp")"
}

# Whatever is offered goes through compadd.
test_zsh_offers() {
	need zsh python3 || return 0
	zshrc >"$scratch/zshrc"
	cat >>"$scratch/zshrc" <<-'END'
	compadd() {
		local -a hits
		if [[ " ${argv[1,(i)(-|--)]} " != *' -'[OAD]' '* ]]; then
			builtin compadd -O hits "$@"
			print -rl -- $hits >>$scratch/hits
		fi
		builtin compadd "$@"
	}
	said() {
		grep . $scratch/hits | sed "s/^/$1|/"
		: >$scratch/hits
	} >>$scratch/zsh
	: >$scratch/hits
	END
	# a TAB, and then away with the line
	kill=$(printf '\025')
	sed "s/.*/&^${kill}said '&'/" "$scratch/lines" >"$scratch/keys"
	rm -f "$scratch/zsh"
	rc=$scratch/zshrc
	terminal zsh -f -i >"$scratch/screen" 2>&1
	offers_all "$scratch/zsh"
}

test_zsh_typed() {
	need zsh python3 || return 0
	zshrc >"$scratch/zshrc"
	typed "$scratch/zshrc" zsh -f -i
}

# ------------------------------------------------------------------ fish

test_fish_offers() {
	need fish || return 0
	(cd "$here" && XDG_CONFIG_HOME=$scratch XDG_DATA_HOME=$scratch fish --no-config -c '
		source $files/pcp.fish
		while read -l line
			complete -C $line | string replace -r "\t.*" "" |
				string replace -r "^" "$line|"
		end' <"$scratch/lines") >"$scratch/fish" 2>"$scratch/fish.err"
	assertEquals 'no complaints' '' "$(cat "$scratch/fish.err")"
	offers_all "$scratch/fish"
	assertContains 'with a description' "$(fish --no-config -c '
		source $files/pcp.fish; complete -C "pcp --refl"')" 'Share data'
}

# Operands are files.
test_fish_files() {
	need fish || return 0
	assertEquals 'file' "$(cd "$here" && fish --no-config -c '
		source $files/pcp.fish; complete -C "pcp -R fi"')"
	assertEquals 'after an option that may have a value' 'file' "$(cd "$here" &&
		fish --no-config -c 'source $files/pcp.fish; complete -C "pcp --backup fi"')"
}

. shunit2
