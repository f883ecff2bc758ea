#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
# Captures on this kernel: frames longer than it runs, cut ones, other link
# types, a pcapng of several interfaces.
cd "$(dirname "$0")/../.." || exit 1
# shellcheck source=../lib/tap.sh
. tests/lib/tap.sh

tmp=$(mktemp -d)
trap 'rm -rf "$tmp"' EXIT
faultline=${O:-build}/faultline

word32() { # NUMBER...: in this machine's order, as a printf format
	local number

	for number; do
		printf '\\x%02x\\x%02x\\x%02x\\x%02x' $((number & 255)) \
			$((number >> 8 & 255)) $((number >> 16 & 255)) \
			$((number >> 24 & 255))
	done
}

# An IPv4 packet of UDP without checksum, but for its payload of zeros.
head_of() { # PAYLOAD: bytes, as a printf format
	local upper=$(($1 + 8)) all=$(($1 + 28))

	printf '\\x45\\0\\x%02x\\x%02x\\0\\1\\0\\0\\x40\\x11\\0\\0' \
		$((all >> 8)) $((all & 255))
	printf '\\x0a\\0\\0\\1\\x0a\\0\\0\\2\\x0f\\xa0\\x0f\\xa1'
	printf '\\x%02x\\x%02x\\0\\0' $((upper >> 8)) $((upper & 255))
}

begin() { # LINKTYPE
	# shellcheck disable=SC2059
	printf "$(word32 0xa1b2c3d4 0x00040002 0 0 262144 "$1")"
}

# A record, of CAPTURED bytes where the packet is cut.
record() { # LINK HEADER as a format, ITS LENGTH, PAYLOAD, CAPTURED
	local wire=$(($2 + 28 + $3)) captured=${4:-$(($2 + 28 + $3))}

	# shellcheck disable=SC2059
	{
		printf "$(word32 1700000000 0 "$captured" "$wire")"
		{
			printf "$1$(head_of "$3")"
			head -c "$3" /dev/zero
		} | head -c "$captured"
	}
}

ethernet='\2\0\0\0\0\2\2\0\0\0\0\1\x08\0'
sll2='\x08\0\0\0\0\0\0\3\0\1\4\6\2\0\0\0\0\1\0\0'

replay() { # what is wanted of the JSON; RULE and IN
	"$faultline" replay -j "${@:2}" "$tmp/out" >"$tmp/json" 2>"$tmp/err" ||
		tap_fail "replay ${*:2}" "$(cat "$tmp/err")"
	jq -c "$1" "$tmp/json"
}

changed() { # FILE: bytes that differ
	cmp -l "$1" "$tmp/out" | wc -l
}

test_long() {
	local file=$tmp/long

	{
		begin 1
		for payload in 100 3000 3600 9000 30000 65000; do
			record "$ethernet" 14 $payload
		done
	} >"$file"
	tap_is "$(replay '[.packets, .totals.dropped]' proto udp loss nth 2 \
		"$file")" "[6,3]" "frames up to 64 KiB are decided"
	tap_is "$(replay .totals.dropped len 9000- loss 100% "$file")" 3 \
		"by their true length"
	tap_is "$(replay '[.totals.corrupted, .totals.skipped]' \
		corrupt 100% payload silent "$file")" "[6,0]" \
		"corrupt reaches all of them"
	tap_is "$(changed "$file")" 6 "a byte of each"
	tap_is "$(replay '[.totals.rejected, .totals.skipped, .written]' \
		reject "$file")" "[6,0,6]" "reject answers all of them"
}

test_cut() {
	local file=$tmp/cut

	{
		begin 1
		record "$ethernet" 14 1000 96
		record "$ethernet" 14 30000 42
		record "$ethernet" 14 1000 41
	} >"$file"
	tap_is "$(replay '[.cut, .totals.dropped, .totals.unparsed]' \
		loss 100% "$file")" "[3,2,1]" "cut frames are, by their headers"
	tap_is "$(replay '[.totals.mangled, .totals.skipped]' mangle ttl 9 \
		"$file")" "[2,0]" "and rewritten"
}

test_cooked() {
	local file=$tmp/cooked

	{
		begin 276
		record "$sll2" 20 10
		record "$sll2" 20 20000
	} >"$file"
	tap_is "$(replay .totals.dropped src 10.0.0.1 loss 100% "$file")" 2 \
		"Linux cooked: what is in it"
	tap_is "$(replay .totals.mangled mangle ttl 9 "$file")" 2 \
		"and written back there"
	# TTL, and the high byte of the checksum, of each.
	tap_is "$(changed "$file")" 4 "and nowhere else"
}

test_ng() {
	local file=$tmp/ng block

	block=$(word32 0x0a0d0d0a 28 0x1a2b3c4d 1 0xffffffff 0xffffffff 28)
	block+=$(word32 1 20 101 0 20)$(word32 1 20 228 65535 20)
	for interface in 0 1; do
		block+=$(word32 6 64 $interface 0 0 32 32)$(head_of 4)
		block+=$(word32 0 64)
	done
	# shellcheck disable=SC2059
	printf "$block" >"$file"
	tap_is "$(replay '[.packets, .capture.interfaces, .totals.unparsed]' \
		loss 0% "$file")" "[2,2,0]" "pcapng with two interfaces"
	tap_is "$(cmp "$file" "$tmp/out" 2>&1)" "" "goes on as it is"
}

test_long
test_cut
test_cooked
test_ng
tap_done
