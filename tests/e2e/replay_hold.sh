#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
# check: long
# A capture through rules that hold packets: each is there when it would
# depart, to the unit of the capture, and nothing waits in the end.
# shellcheck source=../lib/hosts.sh
. "$(dirname "$0")/../lib/hosts.sh"

python=/usr/bin/python3
[ -x "$python" ] || tap_skip_all "no python3"
timed() {
	"$python" "$root/tests/e2e/replay_time.py" "$@"
}

in=$tmp/in.pcap
nano=$tmp/nano.pcap
after=$tmp/after.pcap
timed make "$in" || e2e_bail "cannot make a capture"
timed make "$nano" nano=1 gap=999983

# What it says goes to $tmp/err, and to $tmp/json with -j.
replay() {
	timeout -k 5 60 "$faultline" replay "$@" >"$tmp/json" 2>"$tmp/err"
}

count() { # MEMBER of the totals
	jq ".totals.$1" "$tmp/json"
}

# Python knows by KIND when each packet goes, and how many are lost or wait:
# "counted" stands for what we say of that.
judge() { # KIND "RULE" FILE [KEY=VALUE...]
	local kind=$1 rule=$2 file=$3 how

	# shellcheck disable=SC2086
	replay -j $rule "$file" "$after" || {
		tap_fail "$rule" "$(cat "$tmp/err")"
		return
	}
	how=${*:4}
	how=${how/counted/"lost=$(count overflow) held=$(count delayed)"}
	# shellcheck disable=SC2086
	tap_ok "$rule: when each packet of ${file##*/} goes" \
		timed "$kind" "$file" "$after" $how
	tap_is "$(jq -c '[.totals.held, (.totals | .packets == .passed +
		.dropped), (.rules[0].held)]' "$tmp/json")" "[0,true,0]" \
		"$rule: nothing waits in the end"
}

exact() { # "RULE" FILE [KEY=VALUE...]
	judge exact "$1" "$2" "${@:3}" counted
}

test_delay() {
	local file

	for file in "$in" "$nano"; do
		exact "delay 5ms" "$file" delay=5000000
		exact "delay 1234567ns" "$file" delay=1234567
		judge jitter "delay 50ms 20ms" "$file" delay=50000000 \
			jitter=20000000
	done
	exact "delay 0ms" "$in"
	exact "delay 100s" "$in" delay=100000000000
	tap_is "$(count delayed)" 270 "and the end of the file lets them go"
	replay "delay" 5ms "$in" "$after"
	tap_like "$(cat "$tmp/err")" \
		"\(delay 5ms\): 270 packets: 270 passed, 270 delayed" \
		"those that were held have passed"
	printf '8192 8192\n' >"$tmp/one.dist"
	exact "delay 5ms 1ms distribution $tmp/one.dist" "$in" delay=6000000
	replay -q delay 50ms 40ms "$nano" "$tmp/alone.pcap"
	replay -q delay 50ms 40ms ordered "$nano" "$after"
	tap_ok "ordered: no packet overtakes another of its flow" \
		timed ordered "$nano" "$after" "$tmp/alone.pcap"
	timed make "$tmp/back.pcap" back=3000000 nano=1
	exact "delay 2500us" "$tmp/back.pcap" delay=2500000
	# What waits is the rewritten packet.
	exact "delay 5ms mark-ce 100%" "$in" delay=5000000 marked=1
}

test_reorder() {
	exact "delay 5ms reorder 100% gap 4" "$in" delay=5000000 gap=4
	tap_is "$(count reordered)" 67 "every fourth of 270 went ahead"
	replay -j delay 5ms reorder 30% "$nano" "$after"
	tap_ok "reorder 30%: the others wait" timed reorder "$nano" "$after" \
		delay=5000000 ahead="$(count reordered)"
	tap_ok "so many: $(count reordered)" test "$(count reordered)" -gt 50 \
		-a "$(count reordered)" -lt 115
}

test_rate() {
	local file

	for file in "$in" "$nano"; do
		exact "rate 20mbit" "$file" rate=20000000
		exact "rate 3mbit" "$file" rate=3000000
		exact "rate 3mbit delay 7ms" "$file" rate=3000000 \
			delay=7000000
		exact "rate 3mbit queue 20ms" "$file" rate=3000000 \
			queue=20000000
		exact "rate 3mbit queue 12" "$file" rate=3000000 packets=12
	done
	tap_ok "some found no room" test "$(count overflow)" -gt 20
	exact "rate 3mbit queue 20ms ecn" "$nano" rate=3000000 \
		queue=20000000 ecn=1
	tap_ok "some were marked" test "$(count marked)" -gt 20
	exact "rate 3mbit queue 12 ecn" "$nano" rate=3000000 packets=12 ecn=1
	exact "delay 9ms queue 5" "$nano" delay=9000000 packets=5
	tap_is "$(jq '.rules[0].overflow' "$tmp/json")" "$(count overflow)" \
		"the rule's own overflow"
	exact "delay 5ms queue 1" "$in" delay=5000000 packets=1
}

test_slot() {
	exact "slot 10ms" "$nano" slot=10000000
	exact "slot 10ms packets 3" "$nano" slot=10000000 slot_packets=3
	exact "delay 4ms rate 20mbit slot 3ms" "$in" delay=4000000 \
		rate=20000000 slot=3000000
}

test_copies() {
	exact "duplicate 100% delay 5ms" "$nano" copies=1 delay=5000000
	exact "duplicate 100% rate 20mbit" "$in" copies=1 rate=20000000
	tap_is "$(jq '.written == .packets + .totals.duplicated' \
		"$tmp/json")" true "all copies are there"
	# One of the two may be lost, or both.
	exact "duplicate 100% rate 3mbit queue 20ms" "$nano" copies=1 \
		rate=3000000 queue=20000000
	exact "duplicate 100% delay 9ms queue 5" "$nano" copies=1 \
		delay=9000000 packets=5
}

test_same() {
	local rule="delay 20ms 10ms 30% distribution pareto duplicate 20%"

	# shellcheck disable=SC2086
	replay $rule "$nano" "$after"
	# shellcheck disable=SC2086
	"$faultline" replay -q $rule "$nano" "$tmp/again.pcap"
	tap_ok "the same seed: the same file" cmp "$after" "$tmp/again.pcap"
	# shellcheck disable=SC2086
	"$faultline" replay -q --seed 1 $rule "$nano" "$tmp/again.pcap"
	tap_ok "another --seed: another file" \
		test "$(cmp "$after" "$tmp/again.pcap" | wc -l)" -eq 1
	replay delay 5ms dry-run "$nano" "$after"
	tap_ok "dry-run: not a byte differs" cmp "$nano" "$after"
	# shellcheck disable=SC2086
	"$faultline" replay -q $rule - - <"$nano" >"$tmp/again.pcap"
	# shellcheck disable=SC2086
	replay -q $rule "$nano" "$after"
	tap_ok "from stdin to stdout: the same" cmp "$after" "$tmp/again.pcap"
	printf 'in proto udp sport 4000 delay 5ms\nin delay 9ms name b\n' \
		>"$tmp/rules"
	replay -j -f "$tmp/rules" "$in" "$after"
	tap_is "$(jq -c '[.rules[] | [.packets, .passed, .delayed]]' \
		"$tmp/json")" "[[90,90,90],[180,180,180]]" \
		"two rules: each counts its own"
}

test_held() {
	timed make "$tmp/long.pcap" count=1000
	replay --held 64 delay 100s "$tmp/long.pcap" "$after"
	tap_is "$? $(wc -l <"$tmp/err")" "1 1" "more than --held: 1"
	tap_like "$(cat "$tmp/err")" "packet 72: 64 packets are held already" \
		"and which packet was too much"
	tap_ok "no part of a file is left" test ! -e "$after"
	replay -j --held 64 delay 50ms "$tmp/long.pcap" "$after"
	tap_is "$? $(count passed)" "0 1000" "no more than --held: 0"
	"$faultline" replay delay 5ms "$tmp/long.pcap" - 2>"$tmp/err" |
		head -c 100 >/dev/null
	tap_is "${PIPESTATUS[0]}" 0 "a reader that has seen enough: 0"
	replay delay 5ms "$tmp/long.pcap" /dev/full
	tap_is "$? $(grep -c 'No space left' "$tmp/err")" "1 1" \
		"a full disk: says so"
	head -c 100000 "$tmp/long.pcap" >"$tmp/x.pcap"
	replay delay 100s "$tmp/x.pcap" "$after"
	tap_is "$? $(grep -c "cut off in packet" "$tmp/err")" "7 1" \
		"a capture that is cut off: 7"
	tap_ok "what waited is written" test "$(wc -c <"$after")" -gt 98000
	replay delay 5ms distribution "$tmp/absent" "$in" "$tmp/none.pcap"
	tap_is "$?" 2 "a distribution without jitter: 2"
	replay delay 5ms 1ms distribution "$tmp/absent" "$in" "$tmp/none.pcap"
	tap_is "$? $(grep -c absent "$tmp/err")" "1 1" \
		"a distribution that is not there: 1"
}

test_delay
test_reorder
test_rate
test_slot
test_copies
test_same
test_held
tap_done
