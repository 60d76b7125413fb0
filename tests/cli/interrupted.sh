#!/bin/sh
# SPDX-License-Identifier: GPL-3.0-or-later
#
# A run that a signal ends at any moment leaves no partial file, no temporary name, the
# terminal as it was, and a stream of JSON that ends with a summary (moments.py).
#
#   MOMENTS=200 SEED=7 PCP=/path/to/pcp sh tests/cli/interrupted.sh
#
# MOMENTS is how many of each signal, in a fast copy and in a slow one.

. "$(dirname "$0")/common.sh"

: "${SEED:=1}"
if sanitized; then : "${MOMENTS:=4}"; else : "${MOMENTS:=10}"; fi
python_with pyte

oneTimeSetUp() {
	is_cp && skip_all 'cp leaves what it was at'
	[ "$python" ] || skip_all 'no python3-pyte'
	has_json || skip_all 'this pcp was built without --json'
	busy_tree "$scratch/src" 1500000
}

# moments DIRECTORY [OPTION]...: for each signal
moments() {
	dir=$1
	shift
	for signal in INT TERM HUP; do
		"$python" "$tests/tools/moments.py" --signal=$signal --moments=$MOMENTS \
			--seed=$SEED "$@" "$bin/pcp" "$scratch/src" "$dir/dst" \
			>"$scratch/found" 2>&1
		assertEquals "SIG$signal; $(cat -v "$scratch/found")" 0 $?
		cat "$scratch/found"
	done
}

test_fast() {
	mkdir "$scratch/fast"
	moments "$scratch/fast"
}

# Many cookies, so that some are being handed over when the signal comes
test_crowded() {
	mkdir "$scratch/crowded"
	moments "$scratch/crowded" --options='-j8 --window=64'
}

# Who has no other right than that of an owner has to be able to go on.
test_read_only_directory() {
	has_fuse || { skip 'no FUSE'; return; }
	! is_root || command -v setpriv >/dev/null || { skip 'no setpriv'; return; }
	cd "$scratch" || return
	unprivileged
	mkdir ro ro/dir ro-slow
	echo 1 >ro/1
	echo 2 >ro/dir/2
	head -c 3000000 /dev/zero | tr '\0' x >ro/dir/big
	chmod 555 ro/dir ro
	slowfs -x -m 1000000 -o allow_other ro ro-slow
	interrupt_out=out interrupt_err=err
	for options in -r -rp '-r --no-preserve=mode'; do
		mkdir -m 777 open
		interrupt INT 0.7 $as "$bin/pcp" $options ro-slow open/dst
		assertEquals "[$options] interrupted; $(cat err)" 130 "$status"
		assertFalse "[$options] it was in the midst" '[ -e open/dst/dir/big ]'
		$as "$bin/pcp" $options ro-slow/. open/dst 2>err
		assertEquals "[$options] again; $(cat err)" 0 $?
		assertEquals "[$options] all" '' "$(diff -r ro open/dst 2>&1)"
		chmod -R u+w open
		rm -rf open
	done
	fusermount3 -u ro-slow
	chmod -R u+w ro
}

# Long enough for a bar
test_slow() {
	has_fuse || { skip 'no FUSE'; return; }
	mkdir "$scratch/under" "$scratch/slow"
	slowfs -d all=500 -m 150000 "$scratch/under" "$scratch/slow" || {
		fail 'no slowfs'
		return
	}
	# A copy takes seconds here.
	MOMENTS=$(((MOMENTS + 2) / 3))
	moments "$scratch/slow" --seen="$scratch/under/dst"
	fusermount3 -u "$scratch/slow"
}

. shunit2
