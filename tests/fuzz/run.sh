#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
# run.sh [SECONDS]: builds the fuzz targets' programs into ${O:-build}/fuzz and
# lets each look for trouble that long, from its corpus and with a fixed seed.
# TAP, one test per target. Needs clang with libFuzzer.
set -eu

seconds=${1:-20}
cd "$(dirname "$0")/../.."
build=${O:-build}
out=$build/fuzz
clang=${CLANG:-clang}
mkdir -p "$out"

skip_all() {
	echo "1..0 # SKIP $1"
	exit 0
}

# Whether a program is newer than all that it may be made of.
fresh() { # PROGRAM
	[ -x "$out/$1" ] && [ -z "$(find user include tests/fuzz tests/lib \
		-name '*.[chd]*' -type f -newer "$out/$1")" ]
}

links() {
	printf '%s\n' '#include <stddef.h>' \
		'int LLVMFuzzerTestOneInput(const void *d, size_t n);' \
		'int LLVMFuzzerTestOneInput(const void *d, size_t n)' \
		'{ return d && n > (size_t)-2; }' >"$out/probe.c"
	"$clang" -fsanitize=fuzzer,address,undefined "$out/probe.c" \
		-o "$out/probe" 2>"$out/probe.log"
}

command -v "$clang" >/dev/null || skip_all "no $clang"
[ -x "$out/probe" ] || links ||
	skip_all "$clang cannot link libFuzzer: install libclang-rt-14-dev"

# The words of the grammar, from its tables: all that is between quotes.
dictionary() {
	sed -n 's/^[A-Z]*([A-Z_0-9]*,[[:space:]]*"\([^"]*\)".*/"\1"/p' \
		include/faultline/fields.def include/faultline/impairs.def \
		user/grammar/options.def
	printf '"%s"\n' in out both forever flow tcp udp icmp 1% 10m ::1 \
		10.0.0.1 SYN,!ACK 5- af11 10ms 1s ordered distribution normal \
		gap 1mbit 2kbps overhead -14 cell celloverhead ecn packets \
		bytes burst silent
}

build() { # TARGET SOURCE...
	target=$1
	shift
	! fresh "$target" || return 0
	"$clang" -std=gnu11 -g -O1 -Wall -Wextra -D_GNU_SOURCE \
		-Iinclude "-I$build/include" -iquote user -iquote tests \
		-fsanitize=fuzzer,address,undefined \
		-fno-sanitize-recover=undefined "tests/fuzz/$target.c" "$@" \
		-ljansson -lm -o "$out/$target" 2>"$out/$target.log"
}

run() { # TARGET CORPUS
	mkdir -p "$out/corpus/$2"
	"$out/$1" -max_total_time="$seconds" -max_len=512 -seed=1 \
		-dict="$out/dictionary" -artifact_prefix="$out/" \
		-print_final_stats=1 "$out/corpus/$2" \
		"tests/fuzz/corpus/$2" >"$out/$1.log" 2>&1
}

dictionary >"$out/dictionary"
make -s O="$build" "$build/include/faultline/impairs.h"
if build grammar_fuzz user/grammar/*.c user/base/error.c \
	user/base/input.c user/base/nearest.c user/base/table.c \
	user/base/text.c user/base/unit.c &&
	run grammar_fuzz grammar; then
	count=$(sed -n 's/.*number_of_executed_units: *//p' \
		"$out/grammar_fuzz.log")
	echo "ok 1 - grammar: $count inputs in $seconds s"
	status=0
else
	echo "not ok 1 - grammar"
	tail -n 40 "$out/grammar_fuzz.log" | sed 's/^/# /'
	status=1
fi
echo 1..1
exit $status
