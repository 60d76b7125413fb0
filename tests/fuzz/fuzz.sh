#!/bin/sh
# SPDX-License-Identifier: GPL-3.0-or-later
#
# libFuzzer looks for inputs that the fuzz targets cannot take: all that tests/fuzz and the
# sanitizers of addresses and of undefined behaviour can tell.
#
#   FUZZ_SECONDS=60 SEED=7 TARGETS='names temp' make fuzz
#
# FUZZ_SECONDS is for each target. Needs clang with its runtime (on Debian: clang, libclang-rt-dev
# or what is called libclang-rt-14-dev). What it builds, the corpora, which later runs begin
# with, and inputs that have failed are in fuzz/libfuzzer of the build folder's tests/.

. "$srcdir/tools/tap.sh"

: "${FUZZ_SECONDS:=60}" "${SEED:=0}" "${TARGETS:=cmdline names structures temp}"
place=$builddir/fuzz/libfuzzer
mkdir -p "$place"
trap 'rm -rf "$place/tmp"' EXIT

echo 'int LLVMFuzzerTestOneInput(const char *d, unsigned long n) { return d && n > 9; }' \
	>"$place/probe.c"
clang -fsanitize=fuzzer,address "$place/probe.c" -o "$place/probe" 2>/dev/null ||
	skip_all 'no clang with libFuzzer'

build() {
	cd "$place" || return
	[ -f config.status ] || "$(readlink -f "$top_srcdir")/configure" CC=clang CXX=clang++ \
		CFLAGS='-g -O1 -fsanitize=fuzzer-no-link' --enable-asan --enable-ubsan \
		--disable-shared || return
	for folder in gl lib src; do
		make -C $folder -j2 || return
	done
	for target in $TARGETS; do
		make -C tests "fuzz/$target" CPPFLAGS=-DFUZZ_BY_LIBFUZZER \
			LDFLAGS=-fsanitize=fuzzer || return
	done
}

(build) >"$place/build.log" 2>&1 </dev/null || {
	ok 1 "the build: see $place/build.log"
	done_testing
}

# figure NAME: one of those at the end of the target's log
figure() {
	sed -n "s/^stat::$1: *//p" "$place/$target.log"
}

for target in $TARGETS; do
	rm -rf "$place/tmp"
	mkdir -p "$place/corpus/$target" "$place/tmp"
	# A command line that is refused ends the run, which frees nothing.
	if [ "$target" = cmdline ]; then leaks=0; else leaks=1; fi
	UBSAN_OPTIONS=halt_on_error=1:print_stacktrace=1 ASAN_OPTIONS=detect_leaks=$leaks \
		TMPDIR=$place/tmp "$place/tests/fuzz/$target" -max_total_time="$FUZZ_SECONDS" \
		-seed="$SEED" -max_len=1024 -timeout=20 -print_final_stats=1 \
		-artifact_prefix="$place/$target-" "$place/corpus/$target" \
		>"$place/$target.log" 2>&1 </dev/null
	status=$?
	edges=$(sed -n 's/.*DONE *cov: \([0-9]*\).*/\1/p' "$place/$target.log")
	ok $status "$target: $(figure number_of_executed_units) inputs, $edges edges reached"
	[ $status = 0 ] || tail -n 40 "$place/$target.log" | cat -v | diag
done
done_testing
