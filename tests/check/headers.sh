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

host() {
	# shellcheck disable=SC2086
	${CC:-cc} -std=gnu11 -D_GNU_SOURCE "${flags[@]}" -isystem "$out/bpf" \
		$LIBRARY_FLAGS -include "$1" -x c /dev/null
}

bpf() { # [FLAG...] HEADER
	${CLANG:-clang} -g -O2 -target bpf -mcpu=v3 "${flags[@]}" \
		-Wno-unused-variable -idirafter "/usr/include/$multiarch" \
		"${@:1:$#-1}" -include "${!#}" -x c /dev/null
}

# verdict.h and what it includes are the stages: maps.h comes before them, as
# each door's entry (or the reference model) has it.
staged() {
	bpf -include bpf/maps.h "$1"
}

# "HOW HEADER" a line: how each is compiled.
headers() {
	local header

	for header in include/faultline/*.h include/faultline/*/*.h; do
		printf '%s %s\n' host "$header" bpf "$header"
	done
	printf 'host %s\n' user/*/*.h tests/lib/*.h
	for header in bpf/*.h; do
		case $header in
		bpf/common.h | bpf/maps.h | bpf/parse.h | bpf/key.h)
			echo "bpf $header"
			;;
		*) echo "staged $header" ;;
		esac
	done
}

# This script again, for some of those lines: what is wrong goes to files.
if [ $# -gt 0 ]; then
	for ((i = 2; i < $#; i += 2)); do
		how=${!i} next=$((i + 1))
		header=${!next}
		"$how" "$header" >"$1/$how-${header//\//_}" 2>&1 &&
			: >"$1/$how-${header//\//_}.good"
	done
	exit 0
fi

LIBRARY_FLAGS=$(pkg-config --cflags libbpf libmnl jansson)
export LIBRARY_FLAGS
said=$(mktemp -d)
trap 'rm -rf "$said"' EXIT
headers | xargs -P"$(nproc)" -L10 tests/check/headers.sh "$said"
while read -r how header; do
	tap_ok "$header ($how)" sh -c 'cat "$1"; test -e "$1.good"' sh \
		"$said/$how-${header//\//_}"
	[ "$how" = bpf ] ||
		tap_ok "$header: once" grep -q '^#pragma once' "$header"
done < <(headers)
tap_done
