#!/bin/sh
# SPDX-License-Identifier: GPL-3.0-or-later
#
# pcp --mirror, while something is wrong with the source (mirror.py): no name that the source has
# goes from the destination.  And a program that believes whatever it reads is found out.
#
#   FAULTS=10000 SEED=7 PCP=/path/to/pcp sh tests/fault/mirror.sh

. "$(dirname "$0")/../cli/common.sh"
. "$tests/tools/tap.sh"

: "${FAULTS:=300}" "${SEED:=1}"

trap oneTimeTearDown EXIT
is_cp && skip_all 'cp has no --mirror'
pcp --mirror --help >/dev/null 2>&1 || skip_all 'this program has no --mirror'
! sanitized || skip_all 'a sanitizer allocates in its own way, and has to be loaded first'
[ "$(getconf LONG_BIT)" = 64 ] || skip_all 'the hook is made for 64 bits'
need_python
${CC:-cc} -shared -fPIC -O1 -o "$bin/sweep.so" "$tests/tools/sweep_hook.c" -ldl 2>"$scratch/cc" ||
	skip_all "no hook: $(head -n 1 "$scratch/cc")"
! can_mount || { mount -t tmpfs none "$work" && chmod 755 "$work"; }

# faults PROGRAM COUNT: the status, and in $scratch/found what was found
faults() {
	"$python" "$tests/fault/mirror.py" --pcp="$1" --hook="$bin/sweep.so" --dir="$work" \
		--faults="$2" --seed="$SEED" >"$scratch/found" 2>&1
}

cat >"$bin/believer" <<-'EOF_OF_BELIEVER'
	#!/bin/sh
	# Copies, and removes what was not to be seen in the source.
	for word; do
		src=$dst dst=$word
	done
	[ ! -d "$dst/file" ] || rm -r "$dst/file"
	[ -d "$dst/dir" ] || rm "$dst/dir"
	cp -a --remove-destination "$src" "$dst"
	(cd "$src" && find .) | sort >"$dst.list"
	cd "$dst" && find . | sort | comm -13 "$dst.list" - | tr '\n' '\0' | xargs -0 -r rm -rf
EOF_OF_BELIEVER
chmod +x "$bin/believer"

faults "$bin/pcp" "$FAULTS"
ok $? "$(tail -n 1 "$scratch/found")"
cat -v "$scratch/found" | diag
faults "$bin/believer" 20
[ $? = 1 ]
ok $? "a program that believes what it reads: $(tail -n 1 "$scratch/found")"
done_testing
