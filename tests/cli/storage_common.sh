# SPDX-License-Identifier: GPL-3.0-or-later
#
# Read after common.sh by the tests of storage that is full, breaks, or changes while it is read:
# trees with one of everything, and what must hold after a run that has failed.
#
# EVERY says which part of the cases is tried: every one with 1, every twelfth with 12.

: "${EVERY:=12}"
case_number=0
# Not a script that looks for the interpreter, each time
python=$(python3 -c 'import sys; print(sys.executable)' 2>/dev/null)

# its_turn: true for the cases that are tried
its_turn() {
	case_number=$((case_number + 1))
	[ $((case_number % EVERY)) = 0 ]
}

# with_engines FUNCTION: calls it with options about threads; with more of them if every case is
# tried
with_engines() {
	$1
	[ $EVERY != 1 ] || {
		$1 -j1 --window=1
		$1 -j16 --window=64
		$1 --atomic
	}
}

# one_of_each DIR: 15 names; those of links and attributes are so long that they take blocks of
# their own
one_of_each() {
	long=$(head -c 190 /dev/zero | tr '\0' l)
	mkdir -p "$1/a/b" "$1/c"
	(cd "$1" && for name in one two a/one a/two a/b/one c/one; do
		echo "$name" >$name
	done
	head -c 30000 /dev/urandom >a/big
	head -c 9000 /dev/urandom >c/big
	ln a/one c/again
	ln -s "$long" a/link
	ln -s one c/link
	mkfifo c/fifo
	setfattr -n user.long -v "$long$long$long" two a/b c/one 2>/dev/null) || :
}

# run ARGUMENT...: sets status; what is said is in $scratch/err, what failed in $scratch/list
run() {
	rm -f "$scratch/list"
	(cd "$scratch" && timeout -k 5 60 pcp --failed-to=list "$@" >out 2>err </dev/null)
	status=$?
}

# names DIR: every name below it
names() {
	(cd "$1" 2>/dev/null && find . -mindepth 1 -printf '%P\n' | LC_ALL=C sort)
}

# missing SRC DST: the names that DST lacks, and that were neither listed as failed, nor are below
# a directory that was
missing() {
	names "$scratch/$1" >"$scratch/want"
	names "$scratch/$2" >"$scratch/have"
	comm -23 "$scratch/want" "$scratch/have" | awk -v top="$1" -v list="$scratch/list" '
		BEGIN { while ((getline name < list) > 0) { sub("/\\.?$", "", name)
			sub("/\\./", "/", name); listed[name] = 1 } }
		{
			name = top "/" $0
			while (name != top && !(name in listed))
				sub("/[^/]*$", "", name)
			if (!(name in listed))
				print $0
		}'
}

# unlisted TOP: of names like ./a/b those that were not listed as TOP/a/b
unlisted() {
	sed "s,^\.,$1," | grep -vxFf "$scratch/list"
}

# judge WHAT SRC DST STATUS...: what holds after a run, which has ended with one of these.  Each
# message came once, and so did each name in the list; what is not there was listed, unless the
# run has stopped; what is there is whole, or with unremovable set, where a failed copy cannot be
# removed, listed; and nothing else is there.
judge() {
	what=$1 src=$2 dst=$3
	shift 3
	case " $* " in
	*" $status "*) ;;
	*) fail "$what: status $status, not $*; $(head -n 5 "$scratch/err")" ;;
	esac
	assertEquals "$what: said twice" '' "$(sort "$scratch/err" | uniq -d | head -n 5)"
	assertEquals "$what: listed twice" '' "$(sort "$scratch/list" | uniq -d | head -n 5)"
	partial=$(not_whole "$scratch/$dst" "$scratch/$src")
	[ ! "${unremovable-}" ] || partial=$(echo "$partial" | unlisted "$src")
	assertEquals "$what: partial files" '' "$partial"
	left_out=$(missing "$src" "$dst" | head -n 5)
	[ $status = 3 ] ||
		assertEquals "$what: not there, nor listed; $(head -n 5 "$scratch/err")" '' \
			"$left_out"
	assertEquals "$what: nothing else is there" '' \
		"$(comm -13 "$scratch/want" "$scratch/have" | head -n 5)"
	[ $status = 0 ] || assertTrue "$what: a failure says why" "[ -s '$scratch/err' ]"
}

# complete WHAT SRC DST OPTION...: run again, when all is well, the copy becomes what the source is
complete() {
	what=$1 src=$2 dst=$3
	shift 3
	run "$@" -T "$src" "$dst"
	assertEquals "$what: run again; $(head -n 5 "$scratch/err")" 0 $status
	assertEquals "$what: run again: the trees" '' \
		"$($python "$tests/tools/treecmp.py" "$scratch/$src" "$scratch/$dst" | head -n 5)"
}
