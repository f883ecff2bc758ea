#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
# The numbers of rules that hold packets: what is said of them, as JSON and as
# text, while they hold and after. How well they do is for delay.sh.
# shellcheck source=../lib/owd.sh
. "$(dirname "$0")/../lib/owd.sh"
# shellcheck source=../lib/documents.sh
. "$root/tests/lib/documents.sh"

e2e_hosts

# What is said of a rule's delays, in ms: not less than what was asked for, nor
# more than the receiver saw (a quantile is known within a bucket).
between() { # RULE WHAT LOW HIGH
	local got

	got=$(rule "$1" "$2 | . / 1e6")
	check "$1: $2, ms" "$got >= $3 && $got <= $4"
}

let_go() {
	[ "$(stats .totals.held)" = 0 ]
}

test_delays() {
	local mixed

	fl detach fla >/dev/null 2>&1
	tap_ok "attach" fl attach fla --seed 7
	if [ "$(stats .engine)" = none ]; then
		tap_skip "this kernel cannot delay"
		return
	fi
	fl add fla in proto udp dport 1001 delay 4s name slow >/dev/null 2>&1
	fl add fla in proto udp dport 1002 delay 20ms 10ms reorder 25% \
		name mixed >/dev/null 2>&1
	fl add fla in proto udp dport 1003 delay 20ms loss 10% dry-run \
		name dry >/dev/null 2>&1
	fl add fla in proto udp dport 1004 rate 10kbit queue 10 name link \
		>/dev/null 2>&1
	tap_is "$(rule slow delay_ns)" null "no mean of nothing"
	mixed=$(owd in port=1002 sport=4000 flows=4 count=5000 pps=0)
	frames 1000 dport=1003
	frames 100 dport=1004
	owd_start "$tmp/slow" in port=1001 count=100 pps=0 wait=9e9
	e2e_until has_seen slow 100
	# All at once, before they go; what it is comes afterwards.
	fl stats fla -j >"$tmp/stats"
	fl stats fla >"$tmp/out"
	tap_ok "stats while packets are held follows the schema" \
		jsonschema "$tmp/stats"
	tap_is "$(jq -c "$coherent" "$tmp/stats")" true \
		"packets = passed + dropped + held, while some are"
	tap_ok "currently held, in text" grep -qE \
		'currently held +100$' "$tmp/out"
	tap_is "$(jq -c '.rules[] | select(.name == "slow") |
		[.held, .passed, .delayed]' "$tmp/stats")" "[100,0,100]" \
		"held ones have not passed"
	owd_wait
	tap_ok "in the end they have" e2e_until let_go
	tap_is "$(rule slow 'held, .passed, .delayed' | xargs)" "0 100 100" \
		"and are held no more"
	fl stats fla >"$tmp/out"
	fl stats fla -j >"$tmp/stats"
	fl flows fla -j >"$tmp/flows"
	test_delay_numbers
	test_delay_text
}

# Many more flows than there is room for: delays of packets that found none are
# counted as such.
test_untracked() {
	fl attach fla --mode tc --flows 64 >/dev/null 2>&1
	add in proto udp delay 1ms name every
	frames 3000 flows=1000
	tap_ok "flood: all are delayed" e2e_until all_delayed
	fl stats fla -j >"$tmp/stats"
	fl flows fla -j >"$tmp/flows"
	tap_ok "flood: some found no room" jq -e \
		'.totals.flow_untracked.delayed > 0' "$tmp/stats"
	tap_is "$(jq "[.flows[] | .in.delayed, .out.delayed] | add" \
		"$tmp/flows")" "$(jq ".totals | .delayed -
		.flow_evicted.delayed - .flow_untracked.delayed" \
		"$tmp/stats")" "flood: the flows add up to the total: delayed"
	fl detach fla >/dev/null 2>&1
}

all_delayed() {
	[ "$(rule every delayed)" -eq 3000 ]
}

test_delay_numbers() {
	local label slow

	tap_is "$(jq -c "$coherent" "$tmp/stats")" true \
		"packets = passed + dropped + held, at rest"
	for label in delayed reordered dropped; do
		tap_is "$(jq "[.flows[] | .in, .out | .$label] | add" \
			"$tmp/flows")" "$(jq ".totals | .$label -
			.flow_evicted.$label - .flow_untracked.$label" \
			"$tmp/stats")" "the flows add up to the total: $label"
	done
	tap_is "$(rule slow 'delay_ns.asked, .in.delay_ns.asked' | xargs)" \
		"4000000000 4000000000" "asked, of the rule and its direction"
	slow=$(cat "$tmp/slow")
	between slow delay_ns.mean 4000 "$(of mean "$slow") / 1e3"
	between slow delay_ns.p50 4000 "$(of p50 "$slow") * 1.1 / 1e3"
	between slow delay_ns.p999 4000 "$(of max "$slow") * 1.1 / 1e3"
	between mixed delay_ns.asked 19.9 20.1
	# Those that were sent ahead are among what the receiver saw.
	between mixed delay_ns.mean 19.5 "$(of mean "$mixed") / 1e3 *\
 5000 / $(rule mixed delayed)"
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
	local s='[4-9](\.[0-9]+)?s'

	tap_is "$(awk 'length > 80' "$tmp/out" | wc -l)" 0 \
		"stats with delays fits 80 columns"
	tap_ok "who holds them" grep -q 'delayed packets are held by' "$tmp/out"
	tap_ok "requested and actual" grep -qE \
		"delayed 100 4s $s in mean $s p50 $s p99 $s p99\.9 $s late" \
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
	e2e_spawn_at "$near" "$faultline" stats fla -w 0.2 >"$tmp/out" 2>&1
	tap_ok "-w has columns for them" e2e_until grep -qE \
		'DELAYED/S +HELD +DELAY$' "$tmp/out"
	e2e_kill "$e2e_pid"
	tap_is "$(awk 'length > 80' "$tmp/out" | wc -l)" 0 "80 of them at most"
}

undisturbed test_delays
fl detach fla >/dev/null 2>&1
test_untracked
tap_done
