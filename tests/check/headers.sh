#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
# Every header can be included by itself, and says "pragma once".
cd "$(dirname "$0")/../.." || exit 1
# shellcheck source=../lib/tap.sh
. tests/lib/tap.sh

out=${O:-build}
multiarch=$(${CC:-cc} -print-multiarch)
flags=(-Wall -Wextra -Wno-unused-function -Iinclude "-I$out/include"
	-iquote user -iquote tests -fsyntax-only)

user() {
	# shellcheck disable=SC2046
	${CC:-cc} -std=gnu11 -D_GNU_SOURCE "${flags[@]}" -isystem "$out/bpf" \
		$(pkg-config --cflags libbpf libmnl jansson) \
		-include "$1" -x c /dev/null
}

bpf() {
	${CLANG:-clang} -g -O2 -target bpf -mcpu=v3 "${flags[@]}" \
		-Wno-unused-variable -idirafter "/usr/include/$multiarch" \
		-include "$1" -x c /dev/null
}

# verdict.h and what it includes are the stages: maps.h comes before them, as
# each door's entry (or the reference model) has it.
staged() {
	${CLANG:-clang} -g -O2 -target bpf -mcpu=v3 "${flags[@]}" \
		-Wno-unused-variable -idirafter "/usr/include/$multiarch" \
		-include bpf/maps.h -include "$1" -x c /dev/null
}

once() {
	grep -q '^#pragma once' "$1"
}

for header in include/faultline/*.h include/faultline/impair/*.h; do
	tap_ok "$header (host)" user "$header"
	tap_ok "$header (BPF)" bpf "$header"
	tap_ok "$header: once" once "$header"
done
for header in user/*/*.h tests/lib/*.h; do
	tap_ok "$header" user "$header"
	tap_ok "$header: once" once "$header"
done
for header in bpf/*.h; do
	case $header in
	bpf/common.h | bpf/maps.h | bpf/parse.h | bpf/key.h)
		tap_ok "$header" bpf "$header"
		;;
	*) tap_ok "$header" staged "$header" ;;
	esac
	tap_ok "$header: once" once "$header"
done
tap_done
