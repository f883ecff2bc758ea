#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
# The numbers of rules that hold packets: what is said of them, as JSON and as
# text, while they hold and after. How well they do is for delay.sh.
# shellcheck source=./lib.sh
. "$(dirname "$0")/lib.sh"
# shellcheck source=../lib/documents.sh
. "$root/tests/lib/documents.sh"

e2e_hosts

# Of the rule: the times that must be ordered so, in ms.
ordered() { # RULE WHAT LOW HIGH
	tap_ok "$1: $3 <= $2 <= $4 ms ($(rule "$1" "$2"))" \
		test "$(rule "$1" "$2 | . >= $3e6 and . <= $4e6")" = true
}

let_go() {
	[ "$(stats .totals.held)" = 0 ]
}

test_delays() {
	tap_ok "attach" fl attach fla --seed 7
	if [ "$(stats .engine)" = none ]; then
		tap_skip "this kernel cannot delay"
		return
	fi
	fl add fla in proto udp dport 1001 delay 1s name slow >/dev/null 2>&1
	fl add fla in proto udp dport 1002 delay 20ms 10ms reorder 25% \
		name mixed >/dev/null 2>&1
	fl add fla in proto udp dport 1003 delay 20ms loss 10% dry-run \
		name dry >/dev/null 2>&1
	fl add fla in proto udp dport 1004 rate 1mbit queue 10 name link \
		>/dev/null 2>&1
	tap_is "$(rule slow delay_ns)" null "no mean of nothing"
	frames 5000 dport=1002 flows=4
	frames 1000 dport=1003
	frames 100 dport=1004
	frames 100 dport=1001
	valid "stats while packets are held" stats fla
	tap_is "$(jq -c "$coherent" "$tmp/document")" true \
		"packets = passed + dropped + held, while some are"
	fl stats fla >"$tmp/out"
	tap_ok "currently held, in text" grep -qE \
		'currently held +100$' "$tmp/out"
	tap_is "$(rule slow 'held, .passed, .delayed' | xargs)" "100 0 100" \
		"held ones have not passed"
	tap_ok "in the end they have" e2e_until let_go
	tap_is "$(rule slow 'held, .passed, .delayed' | xargs)" "0 100 100" \
		"and are held no more"
	fl stats fla >"$tmp/out"
	fl stats fla -j >"$tmp/stats"
	fl flows fla -j >"$tmp/flows"
	test_delay_numbers
	test_delay_text
}

test_delay_numbers() {
	local label

	tap_is "$(jq -c "$coherent" "$tmp/stats")" true \
		"packets = passed + dropped + held, at rest"
	for label in delayed reordered dropped; do
		tap_is "$(jq "[.flows[] | .in, .out | .$label] | add" \
			"$tmp/flows")" "$(jq ".totals | .$label -
			.flow_evicted.$label - .flow_untracked.$label" \
			"$tmp/stats")" "the flows add up to the total: $label"
	done
	tap_is "$(rule slow 'delay_ns.asked, .in.delay_ns.asked' | xargs)" \
		"1000000000 1000000000" "asked, of the rule and its direction"
	ordered slow delay_ns.mean 1000 1100
	ordered slow delay_ns.p50 1000 1100
	ordered slow delay_ns.p999 1000 1200
	ordered mixed delay_ns.asked 19.9 20.1
	ordered mixed delay_ns.mean 19.5 25
	tap_is "$(rule mixed 'delay_ns | .low < .mean and .high > .mean')" \
		true "jitter has an interval"
	tap_is "$(judged mixed)" "- inside" "reorder is as asked"
	tap_is "$(rule mixed '| .delayed + .reordered == 5000')" true \
		"what is not delayed is reordered"
	tap_is "$(rule dry '| [.delayed, .held, .late, .delay_ns] | @text')" \
		"[0,0,0,null]" "a dry run delays nothing"
	tap_ok "and says what it would have" jq -e '.rules[] |
		select(.name == "dry") | .would_delayed + .would_drop ==
		1000 and .would_drop > 0' "$tmp/stats"
	tap_ok "a queue of 10 is full: parts of dropped" jq -e '.rules[] |
		select(.name == "link") | .overflow > 50 and
		.overflow == .dropped and (.delay_ns | has("asked") | not)' \
		"$tmp/stats"
}

test_delay_text() {
	tap_is "$(awk 'length > 80' "$tmp/out" | wc -l)" 0 \
		"stats with delays fits 80 columns"
	tap_ok "who holds them" grep -q 'delayed packets are held by' "$tmp/out"
	tap_ok "requested and actual" grep -qE 'delayed 100 1s 1\.0[0-9]+s in '\
'mean 1\.0[0-9]+s p50 1\.0[0-9]+s p99 1\.[0-9]+s p99\.9 1\.[0-9]+s late' \
		<<<"$(shown slow)"
	tap_ok "with an interval where there is jitter" grep -qE \
		'delayed [0-9,]+ 20ms [0-9.]+ms [0-9.]+-[0-9.]+ms in mean' \
		<<<"$(shown mixed)"
	tap_ok "a full queue" grep -qE 'queue full [0-9]+ delayed [0-9]+ - ' \
		<<<"$(shown link)"
	fl flows fla >"$tmp/out"
	tap_is "$(awk 'length > 80' "$tmp/out" | wc -l)" 0 \
		"flows with delays fits 80 columns"
	tap_ok "and says so" grep -q 'DROPPED DELAYED' "$tmp/out"
	COLUMNS=100 fl flows fla >"$tmp/out"
	tap_ok "more with more room" grep -q 'DROPPED DELAYED REORDERED' \
		"$tmp/out"
	nsenter --net="/run/netns/$near" timeout -s TERM 0.5 "$faultline" \
		stats fla -w 0.2 >"$tmp/out" 2>&1
	tap_ok "-w has columns for them" grep -qE 'DELAYED/S +HELD +DELAY$' \
		"$tmp/out"
	tap_is "$(awk 'length > 80' "$tmp/out" | wc -l)" 0 "80 of them at most"
}

test_delays
tap_done
