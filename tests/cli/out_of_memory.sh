#!/bin/sh
# SPDX-License-Identifier: GPL-3.0-or-later
#
# Out of memory in the middle of a run: it ends with one message and status 1; what was
# being copied is not left half done.

. "$(dirname "$0")/common.sh"

big=30000000

oneTimeSetUp() {
	! sanitized || skip_all 'a sanitizer allocates in its own way'
	is_cp && skip_all 'cp has nothing under way'
	${CC:-cc} -shared -fPIC -O1 -o "$bin/nomemory.so" "$tests/tools/nomemory.c" 2>/dev/null &&
		LD_PRELOAD=$bin/nomemory.so NOMEMORY=1 "$bin/pcp" /dev/null "$work/none" 2>&1 |
		grep -q 'memory exhausted' ||
		skip_all 'another C library, or a static program: no allocation can be made to fail'
	cd "$work" || return
	mkdir src
	for i in 1 2 3 4; do head -c $big /dev/urandom >src/big$i; done
	(cd src && seq 1000 | xargs touch)
}

# without_memory N COMMAND...: fails the Nth allocation, and all others, after a big file
# has begun to be there
without_memory() {
	n=$1
	shift
	NOMEMORY=$n NOMEMORY_FILE=$work/$begun LD_PRELOAD=$bin/nomemory.so \
		timeout -k 5 60 "$@" 2>err
	status=$?
	parts=$(find dst -name 'big*' ! -size ${big}c)
	assertEquals "[$n: $*] incomplete files" '' "$parts"
	# The last copies need none.
	if [ $status != 0 ]; then
		ended=$((ended + 1))
		assertEquals "[$n: $*] status, and what is said" '1, pcp: memory exhausted' \
			"$status, $(cat err)"
	fi
}

test_operands() {
	ended=0
	begun=dst/big1
	for n in 1 3 8 40 300; do
		rm -rf dst
		mkdir dst
		without_memory $n pcp --reflink=never --sparse=never --window=64 src/* dst
	done
	assertTrue "$ended of them ended so" "[ $ended -gt 1 ]"
}

test_walkers() {
	ended=0
	begun=dst/src/big1
	# The workers run out of it one after the other.
	mkdir src/more
	for d in $(seq 30); do
		mkdir src/more/$d
		(cd src/more/$d && seq 40 | xargs touch)
	done
	for n in 1 3 8; do
		rm -rf dst
		mkdir dst
		without_memory $n pcp --reflink=never --sparse=never -R -j8 src dst
	done
}

. shunit2
