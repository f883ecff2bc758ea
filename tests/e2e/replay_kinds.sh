#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
# check: long
# Captures of every kind that people have: formats, interfaces, link types, cut
# and long packets, and files that are damaged.
# shellcheck source=../lib/hosts.sh
. "$(dirname "$0")/../lib/hosts.sh"

python=/usr/bin/python3
[ -x "$python" ] || tap_skip_all "no python3"
kinds() {
	"$python" "$root/tests/e2e/replay_kinds.py" "$@"
}

in=$tmp/in
after=$tmp/after

replay() {
	timeout -k 5 60 "$faultline" replay "$@" >"$tmp/json" 2>"$tmp/err"
}

count() { # MEMBER
	jq -c "$1" "$tmp/json"
}

# RULE of the judge, the words of ours, and a FILE.
judge() {
	replay -j "${@:3}" "$2" "$after" || tap_fail "$*" "$(cat "$tmp/err")"
	tap_ok "${2##*/}: ${*:3}" kinds judge "$1" "$2" "$after"
}

test_kind() { # KIND
	local file=$tmp/$1

	kinds make "$1" "$file"
	replay -j loss 0% "$file" "$after"
	tap_is "$(cmp "$file" "$after" 2>&1)" "" "$1: not a byte differs"
	tap_is "$(count '[.packets == .written, .totals.unparsed,
		.too_short]')" "[true,0,0]" "$1: all were read"
	judge nth "$file" proto udp loss nth 2
	judge ttl "$file" mangle ttl 9
	judge reject "$file" reject
}

# Those that are whole in the file.
test_corrupt() {
	local kind

	for kind in ethernet vlan sll2 null ppp-hdlc long long-sll ng-big; do
		judge corrupt "$tmp/$kind" corrupt 100%
		judge silent "$tmp/$kind" corrupt 100% payload silent
	done
	# Most of what is hit is not in the file.
	replay -j corrupt 100% payload "$tmp/cut" "$after"
	tap_is "$(count '[.totals.skipped > 2, .totals.corrupted +
		.totals.skipped == 12, .cut]')" "[true,true,12]" \
		"cut: a bit that is not there is skipped"
	replay -j corrupt 100% payload silent "$tmp/cut" "$after"
	tap_is "$(count '.totals.corrupted + .totals.skipped')" 12 \
		"cut: and one that a sum would need"
}

test_lengths() {
	replay -j len 30000- loss 100% "$tmp/long" "$after"
	tap_is "$(count '[.totals.dropped, .written]')" "[12,0]" \
		"long: conditions see the length"
	replay -j len 68 loss 100% "$tmp/cut" "$after"
	tap_is "$(count '.totals.dropped')" 8 \
		"cut: conditions see the length on the wire"
	# 82 bytes at 80 kbit/s are 8.2 ms, whatever the file has of them.
	replay -q rate 80kbit queue 10s "$tmp/ethernet" "$after"
	replay -q rate 80kbit queue 10s "$tmp/cut" "$tmp/cut.after"
	tap_is "$(times "$tmp/cut.after")" "$(times "$after")" \
		"cut: a rate sees it too"
}

times() { # FILE
	"$python" -c '
import struct, sys
data, at = open(sys.argv[1], "rb").read(), 24
while at < len(data):
    head = struct.unpack_from("<IIII", data, at)
    at += 16 + head[2]
    print(*head[:2])' "$1"
}

test_ng() {
	local file=$tmp/ng-sections

	judge delay "$tmp/ng" delay 5ms
	judge delay "$tmp/ng-several" delay 5ms
	judge delay "$tmp/ng-several-big" delay 5ms
	replay -j delay 5s "$file" "$after"
	tap_is "$(count '[.packets == .written, .totals.held]')" "[true,0]" \
		"ng-sections: what waits at the end of a section is written"
	tap_is "$(count '.capture | [.format, .cut_off, .interfaces,
		(.link_types | length),
		([.link_types[] | .interfaces] | add),
		([.link_types[].read] | all)]')" \
		'["pcapng",false,28,10,28,true]' "and its interfaces counted"
	replay loss 5% "$file" "$after"
	"$faultline" replay loss 5% - - <"$file" 2>/dev/null |
		cmp - "$after" >"$tmp/err"
	tap_is "${PIPESTATUS[*]}" "0 0" "from stdin to stdout: the same"
	printf '\1\0\0\0\24\0\0\0\151\0\0\0\0\0\0\0\24\0\0\0' |
		cat "$tmp/ng" - >"$in"
	printf '\6\0\0\0\44\0\0\0\1\0\0\0\0\0\0\0\0\0\0\0\4\0\0\0' >>"$in"
	printf '\4\0\0\0abcd\44\0\0\0' >>"$in"
	replay loss 0% "$in" "$after"
	tap_is "$?" 0 "a link type that nobody looks into, beside another: 0"
	tap_like "$(cat "$tmp/err")" "1 passed: of link type 105 \(802.11" \
		"and is said"
	replay -j loss 0% "$in" "$after"
	tap_is "$(count '[.totals.unparsed, (.capture.link_types[1] |
		[.number, .read, .packets])]')" "[1,[105,false,1]]" \
		"and counted as unparsed"
}

test_schema() {
	"$python" -c 'import jsonschema' 2>/dev/null || {
		tap_skip "no jsonschema"
		return
	}
	tap_ok "the JSON follows its schema" "$python" -c '
import json, sys, jsonschema
schema = json.load(open(sys.argv[1]))
jsonschema.validate(json.load(open(sys.argv[2])), schema)
' "$root/docs/schema/replay.json" "$tmp/json"
}

# Somebody else's reader, where it is there.
test_tshark() {
	local kind pppd

	# It does not know the one of pppd.
	pppd='[.capture.link_types[] | select(.number == 166).packets, 0] | add'

	command -v tshark >/dev/null || {
		tap_skip "no tshark"
		return
	}
	for kind in sll2 ng-several ng-sections ng-old-big; do
		replay -j proto udp loss nth 2 "$tmp/$kind" "$after"
		tap_is "$(tshark -n -r "$after" -T fields -e frame.protocols \
			2>/dev/null | grep -c ':udp')" \
			"$(count ".written - ($pppd) / 2")" \
			"$kind: tshark finds those packets"
	done
	tap_is "$(tshark -n -r "$tmp/ng-several" -Y ip.id%2==0 -T fields \
		-e frame.time_epoch -e frame.comment 2>/dev/null | sort -u |
		md5sum)" "$(replay -q loss 0% "$tmp/ng-several" "$after" &&
		tshark -n -r "$after" -Y ip.id%2==0 -T fields \
		-e frame.time_epoch -e frame.comment 2>/dev/null | sort -u |
		md5sum)" "with their times and comments"
}

# The start of FILE, of SIZE bytes, must come out as it is, so far.
test_cut_off() { # KIND SIZE PATTERN
	local file=$tmp/$1

	rm -f "$after"
	head -c "$2" "$file" >"$in"
	replay -j loss 0% "$in" "$after"
	tap_is "$? $(wc -l <"$tmp/err")" "7 1" "$1, $2 bytes: 7, and one line"
	tap_like "$(cat "$tmp/err")" "$3" "and where"
	tap_is "$(count '[.capture.cut_off, .packets > 3,
		.packets == .written]')" "[true,true,true]" "and a summary"
	tap_ok "and a whole file" whole "$after" "$file"
}

# A part of ORIGINAL that ends where a packet does.
whole() { # FILE ORIGINAL
	cmp -n "$(wc -c <"$1")" "$1" "$2" && kinds judge all "$1" "$1"
}

no_capture() { # WHAT CODE PATTERN: of $in
	local code

	rm -f "$after"
	replay loss 0% "$in" "$after"
	code=$?
	tap_is "$code $(wc -l <"$tmp/err")" "$2 1" "$1: $2, and one line"
	tap_like "$(cat "$tmp/err")" "$3" "$1: says why"
	tap_ok "$1: no file is left" test ! -e "$after"
}

test_damage() {
	test_cut_off sll 600 "cut off in packet 6"
	test_cut_off ng-several 1000 "cut off at byte [0-9]+"
	: >"$in"
	no_capture "nothing" 1 "cannot read this as a capture"
	head -c 20 "$tmp/ng" >"$in"
	no_capture "a part of the first block" 1 "cannot read this as a capture"
	printf '\n%.0s' {1..100} >"$in"
	no_capture "empty lines" 1 "cannot read this as a capture"
	printf '\n\0\0\0\20\0\0\0body\20\0\0\0' >"$in"
	no_capture "another block" 1 "no section begins in it"
	head -c 20 "$tmp/sll" >"$in"
	no_capture "a part of the header" 1 "cannot read this as a capture"
	{
		head -c 1000 "$tmp/ng"
		head -c 200 /dev/zero
	} >"$in"
	no_capture "zeros in the middle" 1 "byte [0-9]+, .*packet [0-9]+"
	{
		cat "$tmp/ng"
		printf '\6\0\0\0\4\0\0\xff'
	} >"$in"
	no_capture "a block of 4 GB" 1 "more than 16 MiB"
	ln -s "$tmp/target" "$tmp/link"
	replay loss 0% "$in" "$tmp/link"
	tap_ok "the target of a link is not left either" \
		test ! -e "$tmp/target"
	replay loss 0% /dev/zero "$after"
	tap_is "$?" 1 "zeros without end: 1"
}

# Whatever is in the file, it ends, with a code that is documented.
test_mutants() {
	local kind seed wrong=0 made=0 times=${MUTANTS:-20}

	for kind in sll2 cut long ng ng-several-big ng-sections ng-old; do
		for ((seed = 0; seed < times; seed++)); do
			kinds mutate "$tmp/$kind" "$in" "$seed"
			rm -f "$after"
			replay corrupt 50% delay 5ms "$in" "$after"
			case $? in
			0 | 7) [ -e "$after" ] || wrong=$((wrong + 1)) ;;
			1 | 3) [ ! -e "$after" ] || wrong=$((wrong + 1)) ;;
			*) wrong=$((wrong + 1)) ;;
			esac
			made=$((made + 1))
		done
	done
	tap_is "$wrong" 0 "$made mutants: each ends as it should"
}

while read -r kind; do
	test_kind "$kind"
done < <(kinds kinds)
test_corrupt
test_lengths
test_ng
test_schema
test_tshark
test_damage
test_mutants
tap_done
