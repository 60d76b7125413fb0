#!/bin/sh
# SPDX-License-Identifier: GPL-3.0-or-later
#
# In German and in French pcp says what cp says, word for word; what only pcp says is translated,
# too, and fits into 80 columns; and what programs read is the same in every language.

. "$(dirname "$0")/common.sh"
. "$tests/tools/languages.sh"

oneTimeSetUp() {
	languages_make "$scratch/locales" || skip_all "$languages_lack"
	languages_of_cp "$scratch/packages" || skip_all "$languages_lack"
	chmod -R a+rX "$scratch/locales"
	# Nobody who has set it for himself is asked.
	unset LANGUAGE
	printf '#!/bin/sh\nprintf "$ANSWER\\n" | exec "$@"\n' >"$bin/answering"
	chmod 755 "$bin/answering"
	[ "$(LC_ALL=de_DE.UTF-8 cp 2>&1 | head -n 1)" != 'cp: missing file operand' ] ||
		skip_all 'cp was built without translations'
	! pcp_is_plain || skip_all 'pcp was built without translations'
}

# pcp_is_plain: as with --disable-nls
pcp_is_plain() {
	[ "$(LC_ALL=de_DE.UTF-8 pcp 2>&1 | head -n 1)" = 'pcp: missing file operand' ]
}

nbsp=$(printf '\302\240')

# need_own: pcp's own translations are there, or the test is skipped
need_own() {
	languages_of_pcp "$scratch/own" || { skip "$languages_lack"; return 1; }
	chmod -R a+rX "$scratch/own"
}

# in_each FUNCTION: with as and yes for each language.  By the name of cp, which is in the
# messages.
in_each() {
	program_name=$bin/linked/cp
	compare='status out err'
	privilege=$as
	for language in $languages; do
		case $language in
		de_DE) yes=j ;;
		fr_FR) yes=o ;;
		esac
		as="$privilege env LC_ALL=$language.UTF-8"
		there
		"$1"
	done
}

test_operands() {
	in_each operands
}
operands() {
	same_as_cp
	same_as_cp file
	same_as_cp -T file
	same_as_cp -T file dest again
	same_as_cp -t into -T file
	same_as_cp -t into -t into file
	same_as_cp -t missing file
	same_as_cp file again missing
	same_as_cp file again dest
	same_as_cp file missing/
	same_as_cp file dest/
	same_as_cp missing into
	same_as_cp missing/file dest/file into
	same_as_cp --parents file dest
	same_as_cp file file into
	same_as_cp -R dir dir/. into
}

test_options() {
	in_each options
}
options() {
	same_as_cp -Q file new
	same_as_cp --no-such file new
	same_as_cp --no file new
	same_as_cp --archive=x file new
	same_as_cp --suffix
	for option in --backup --reflink --sparse --preserve --no-preserve; do
		same_as_cp $option=nonsense file new
		same_as_cp $option= file new
	done
	same_as_cp --reflink=a --backup=n file new
	same_as_cp -l -s file new
	same_as_cp --reflink=always --sparse=always file new
	same_as_cp --preserve=context file new
	same_as_cp --context=x file new
}

test_kinds() {
	in_each kinds
}
kinds() {
	same_as_cp dir new
	same_as_cp file file
	same_as_cp file again dest to-dest into
	same_as_cp to-file file
	same_as_cp -R dir dir
	same_as_cp -R dir dir/new
	same_as_cp -R dir dest
	same_as_cp -R -T dir file
	same_as_cp file dangling
	same_as_cp loop new
	same_as_cp -H loop new
	same_as_cp -R -L dir loop new
	same_as_cp -s file into/link
	same_as_cp -l dir new
	same_as_cp -l file dest
	same_as_cp -s file dest
	same_as_cp -b --suffix= -T file file
	same_as_cp --backup=simple -S .x into/dir/inner into/dir/inner.x into
	same_as_cp --reflink=always file new
	same_as_cp "$(printf 'no\nsuch \303\274ml\303\244ut')" new
}

test_questions() {
	in_each questions
}
questions() {
	as="$as ANSWER=$yes\\n$yes answering"
	same_as_cp -i file dest
	same_as_cp -i -r dir file into
	compare='out err tree'
	as="${as%ANSWER=*} ANSWER=n answering"
	same_as_cp -i file dest
	as="${as%ANSWER=*} ANSWER= answering"
	same_as_cp -i file dest
	compare='status out err'
}

# Of what an ordinary user may not do.
test_refused() {
	unprivileged
	in_each refused
}
refused() {
	prepare() {
		mkdir dir sealed closed
		echo x >file
		echo x >secret
		echo x >dest
		echo x >sealed/dest
		chmod 000 secret
		chmod 444 dest
		chmod 555 sealed
	}
	after() { chmod 700 sealed; }
	same_as_cp secret new
	same_as_cp file dest
	same_as_cp -r dir sealed
	same_as_cp file sealed/new
	same_as_cp --remove-destination file sealed/dest
	same_as_cp -b file sealed/dest
	same_as_cp -p /dev/null /etc/passwd /etc/shadow dir
	as="$as ANSWER=$yes answering"
	same_as_cp -i file dest
	same_as_cp -i -f file dest
	after() { :; }
}

test_full() {
	can_mount || { skip 'mounting is not permitted'; return; }
	in_each full
}
full() {
	prepare() {
		mkdir small
		head -c 100000 /dev/urandom >big
	}
	before() { mount -t tmpfs -o size=16k none small; }
	after() { umount small; }
	same_as_cp big small/copy
	same_as_cp big missing small
	before() { mount -t tmpfs -o ro none small; }
	same_as_cp big small/copy
	same_as_cp -R . small
	before() { :; }
	after() { :; }
}

test_lines_of_verbose() {
	in_each verbosely
}
verbosely() {
	same_as_cp -v file new
	same_as_cp -v -b file dest
	same_as_cp -v -r dir into
	same_as_cp -v --remove-destination file dest
	same_as_cp -v -f -s file dest
	same_as_cp -v --parents dir/sub/deep into
}

test_version() {
	for language in $languages; do
		for name in cp pcp; do
			LC_ALL=$language.UTF-8 $name --version |
				grep -A 2 -e '^Li[cz]en[csz]' >"$scratch/$name"
		done
		assertEquals "$language" "$(cat "$scratch/cp")" "$(cat "$scratch/pcp")"
		assertTrue "$language: something is said" "[ -s '$scratch/pcp' ]"
	done
}

# Random ones, too: where both say the same in English they do in German.
test_at_random() {
	need_python
	mkdir "$scratch/random"
	# On a disk it depends on the moment where a file has holes.
	! can_mount || mount -t tmpfs none "$scratch/random"
	"$python" "$tests/differential/random.py" --cp="$bin/cp" --pcp="$bin/pcp" \
		--locale=de_DE.UTF-8 --dir="$scratch/random" --cases="${CASES:-30}" \
		--seed="${SEED:-1}" --max-failures=2 --shrink-time=10 >"$scratch/found" 2>&1
	assertTrue "$(cat -v "$scratch/found")" $?
}

# ------------------------------------------------------------------ pcp's own

# says LANGUAGE TEXT ARGUMENT...: pcp does
says() {
	language=$1 text=$2
	shift 2
	said=$(cd "$work/pcp" && LC_ALL=$language.UTF-8 pcp "$@" 2>&1 </dev/null)
	assertContains "$language: $*" "$said" "$text"
}

test_own_messages() {
	need_own || return 0
	there
	new_twins
	says de_DE "pcp: ungültige Anzahl von Aufträgen: 'x'" -jx file new
	says fr_FR "pcp: nombre de tâches incorrect$nbsp: 'x'" -jx file new
	says de_DE 'pcp: --delete benötigt -R' --delete file new
	says fr_FR 'pcp: --delete exige -R' --delete file new
	says de_DE "kopieren 'file': noch ist nichts da" --dry-run=explain file new
	says fr_FR "copier 'file'$nbsp: il n'y a encore rien" --dry-run=explain file new
	says de_DE 'Threads und Entscheidungen der Engine:' --stats file new
}

test_forms_of_numbers() {
	need_own || return 0
	prepare() {
		mkdir src new
		for i in 1 2 3; do echo $i >src/$i; done
	}
	new_twins
	# One, and several; the status and the decimal comma are those of a summary.
	says de_DE '1 fehlgeschlagen (1 Datei oder Verzeichnis nicht gefunden); 3 kopiert' \
		-R --log=log src missing new
	says fr_FR '1 échec (1 Aucun fichier ou dossier de ce type); 3 copiés' \
		-R --log=log src missing new
	says fr_FR '2 échecs (2 Aucun fichier ou dossier de ce type); 3 copiés' \
		-R --log=log src missing gone new
	head -c 1500000 /dev/zero >"$work/pcp/big"
	for language in $languages; do
		says $language ' 1,4 MiB (1500000)' --stats --reflink=never --sparse=never big new
	done
	says C ' 1.4 MiB (1500000)' --stats --reflink=never --sparse=never big new
}

test_help_fits() {
	need_own || return 0
	need_python
	for language in C $languages; do
		LC_ALL=$language.UTF-8 pcp --help >"$scratch/help"
		assertEquals "$language" '' "$("$python" -c '
import sys
for line in open(sys.argv[1], encoding="utf-8"):
    if len(line.rstrip("\n")) > 79:
        print(line, end="")' "$scratch/help")"
		assertEquals "$language: the options" "$(options_in <"$scratch/help")" \
			"$(LC_ALL=C pcp --help | options_in)"
	done
}

# options_in: the names of options in what --help prints; the words for values are translated
options_in() {
	grep -E '^ {2,6}-' | sed -e 's/^ *//; s/[ =[][^-].*//' -e 's/=.*//'
}

# ------------------------------------------------------------ what programs read

# run_as LANGUAGE: with all that programs read of a run with failures, in a directory of that name
run_as() {
	rm -rf "$work/run"
	mkdir "$work/run" "$scratch/$1"
	(
		cd "$work/run" || exit
		mkdir src
		echo x >src/a
		echo x >src/b
		touch -d 2001-01-01 src/a src/b src
		mkdir -p dst/src/b
		LC_ALL=$1 pcp -j1 --window=1 -R --log=log --metrics=metrics --failed-to=failed \
			--json=9 --json-files --report=page src missing dst 9>json 2>err
		echo $? >status
		# What differs in any two runs is times, numbers of processes and inodes, and
		# whether a copy ends before the next file fails.
		sed -i -E 's/^[^ ]+ //' log
		sed -i -E -e 's/"(time|pid|id)":[^,]*/"\1":0/g' \
			-e 's/[0-9]+\.[0-9]+(e[-+]?[0-9]+)?/0.0/g' json
		sort -o log log
		sort -o json json
		sed -i -E 's/ [0-9.e+]+$//; s/start="[^"]*"//' metrics
	)
	mv "$work/run"/* "$scratch/$1/"
}

test_programs_read_english() {
	need_own || return 0
	for language in C de_DE.UTF-8 fr_FR.UTF-8; do
		run_as $language
	done
	for language in de_DE fr_FR; do
		for file in status log json metrics failed; do
			[ $file != json ] || has_json || continue
			assertEquals "$file, $language" '' \
				"$(diff "$scratch/C/$file" "$scratch/$language.UTF-8/$file" |
					cat -v)"
		done
		assertNotEquals "$language is heard" "$(cat "$scratch/C/err")" \
			"$(cat "$scratch/$language.UTF-8/err")"
		assertEquals "the page is English, $language" 0 \
			"$(grep -c -e 'Verzeichnis' -e 'dossier' "$scratch/$language.UTF-8/page")"
	done
	assertContains 'the log' "$(cat "$scratch/de_DE.UTF-8/log")" \
		"error: cannot stat 'missing': No such file or directory"
	assertEquals 'no decimal commas' 0 "$(grep -c '[0-9],[0-9]' "$scratch/de_DE.UTF-8/metrics")"
}

# A message about which more is said later: that of --retry is kept in both languages.
test_message_that_is_kept() {
	need_own || return 0
	has_fuse || { skip 'no FUSE'; return; }
	mkdir -p "$work/kept/src" "$work/kept/mnt"
	echo x >"$work/kept/src/a"
	cd "$work/kept" || return
	slowfs -x -e open:1+8:EIO:/a src mnt
	LC_ALL=de_DE.UTF-8 pcp -r --retry=1 --log=log mnt dst 2>err
	cd / || return
	unmount "$work/kept/mnt"
	failed="'mnt/a' kann nicht zum Lesen geöffnet werden: Eingabe-/Ausgabefehler"
	assertEquals "pcp: Warnung: $failed; wird erneut versucht
pcp: $failed" "$(cat "$work/kept/err")"
	assertEquals 'in the log' 1 "$(grep -c \
		"warning: warning: cannot open 'mnt/a' for reading: Input/output error; will be" \
		"$work/kept/log")"
	assertEquals 'in the log, in the end' 1 "$(grep -c \
		" error: cannot open 'mnt/a' for reading: Input/output error" "$work/kept/log")"
}

# ------------------------------------------------------------------- catalogues

# Nothing is looked up before there is something to say, and in the C locale never.
test_catalogues_are_not_in_the_way() {
	can_strace || { skip 'no strace'; return; }
	there
	new_twins
	cd "$work/pcp" || return
	for language in C POSIX C.UTF-8 de_DE.UTF-8; do
		LC_ALL=$language strace -f -e trace=openat -o "$scratch/trace" pcp file new
		assertEquals "without a message, $language" 0 "$(grep -c '\.mo"' "$scratch/trace")"
	done
	LC_ALL=C strace -f -e trace=openat -o "$scratch/trace" pcp missing new 2>/dev/null
	assertEquals 'with one' 0 "$(grep -c '\.mo"' "$scratch/trace")"
	cd / || return
}

# Whatever is in the place of a catalogue, pcp copies, and says what has failed.
test_broken_catalogues() {
	need_own || return 0
	there
	new_twins
	own=$scratch/broken/de/LC_MESSAGES
	mkdir -p "$own"
	for how in empty text directory unreadable missing; do
		rm -rf "$own/pcp.mo"
		case $how in
		empty) : >"$own/pcp.mo" ;;
		text) seq 1000 >"$own/pcp.mo" ;;
		directory) mkdir "$own/pcp.mo" ;;
		unreadable) ln -s pcp.mo "$own/pcp.mo" ;;
		esac
		rm -f "$work/pcp/new"
		said=$(cd "$work/pcp" && PCP_LOCALEDIR=$scratch/broken LC_ALL=de_DE.UTF-8 \
			pcp --stats file missing into 2>&1)
		assertEquals "status, $how" 1 $?
		assertContains "$how" "$said" 'bytes:'
		assertTrue "the copy, $how" "[ -f '$work/pcp/into/file' ]"
	done
}

. shunit2
