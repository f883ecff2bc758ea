#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
# The numbers: they add up under load and in a table of many flows, never fall,
# stream and end cleanly.
# shellcheck source=../lib/hosts.sh
. "$(dirname "$0")/../lib/hosts.sh"
# shellcheck source=../lib/documents.sh
. "$root/tests/lib/documents.sh"

many=${E2E_QUICK:+20000}
many=${many:-1000000}

e2e_hosts

test_json() {
	valid doctor doctor fla
	valid attach attach fla --seed 5
	valid add add fla in proto udp dport 5201 len 500- loss 10% name u
	fl add fla out proto icmp loss nth 2 for forever name i >/dev/null 2>&1
	fl add fla both vlan 7 flags SYN proto tcp blackhole >/dev/null 2>&1
	valid list list fla
	at "$far" ping -q -c 20 -i 0.01 $near4 >/dev/null
	frames 20 vlan=7 flows=5
	frames 20 src=fd77::2 dst=fd77::1 flows=5
	valid stats stats fla
	valid flows flows fla
	valid "flows MATCH" flows fla --top 3 --sort dropped proto icmp
	valid del del fla i
	valid detach detach fla
	fl attach fla --seed 5 >/dev/null 2>&1
	fl add fla in proto udp loss 10% name u >/dev/null 2>&1
}

# From one document to the next: the flow table and the rest are not read at one
# instant, so flows are compared at rest.
grows='
	def counts: [.totals | .packets, .bytes, .segments, .passed, .dropped];
	[.[:-1], .[1:]] | transpose | length >= 59 and
	all(.[0].epoch_ns == .[1].epoch_ns and
		.[0].time_ns < .[1].time_ns and
		([.[0], .[1] | counts] | transpose | all(.[0] <= .[1])))'

# Sends from one CPU until it is told to stop, and says how much that was.
sender() { # CPU PORT
	local sent=0

	until [ -e "$tmp/enough" ]; do
		at "$far" taskset -c "$1" "$tools/e2e_frames" flb 20000 \
			mac="$near_mac" flows=8 dport="$2" size=500 || break
		sent=$((sent + 20000))
	done >/dev/null
	echo $sent >"$tmp/sent.$2"
}

test_load() {
	local i docs=$tmp/docs pids=()

	sender 0 5201 &
	pids+=($!)
	sender 1 5203 &
	pids+=($!)
	for ((i = 0; i < 60; i++)); do
		fl stats fla -j >>"$docs"
	done
	tap_ok "there was load" e2e_until has_seen u 50000
	: >"$tmp/enough"
	wait "${pids[@]}"
	tap_is "$(jq -c "$coherent" "$docs" | grep -vc true)" 0 \
		"under load on both CPUs: packets = passed + dropped, $i times"
	tap_ok "no counter ever fell" jq -se "$grows" "$docs"
	tap_is "$(rule u packets)" \
		"$(($(cat "$tmp/sent.5201") + $(cat "$tmp/sent.5203")))" \
		"all that was sent was seen"
	tap_is "$(fl flows fla -j | jq '[.flows[] | .in.packets, .out.packets] |
		add + 0')" "$(stats '.totals | .packets - .exempt - .unparsed -
		.flow_evicted.packets - .flow_untracked.packets')" \
		"at rest: the flows add up to the total"
	tap_is "$(fl flows fla -j | jq '[.flows[] | .in.dropped, .out.dropped] |
		add')" "$(stats '.totals | .dropped - .flow_evicted.dropped -
		.flow_untracked.dropped')" "and so do the dropped ones"
}

has_lines() { # COUNT FILE
	[ "$(wc -l <"$2")" -ge "$1" ]
}

test_watch() {
	local status

	e2e_spawn_at "$near" "$faultline" stats fla -w 0.1 -j >"$tmp/stream" \
		2>"$tmp/err"
	e2e_until has_lines 11 "$tmp/stream"
	kill -INT "$e2e_pid"
	wait "$e2e_pid"
	status=$?
	tap_is "$status $(wc -c <"$tmp/err")" "0 0" "-w ends cleanly at SIGINT"
	# A busy machine may make some late, but not all.
	tap_ok "every tenth of a second, by their own times" jq -se '
		map(.time_ns / 1e9) | (last - first) / (length - 1) > 0.09 and
		([.[1:], .[:-1]] | transpose | map(.[0] - .[1]) | min) < 0.5' \
		"$tmp/stream"
	tap_ok "each a whole document" jq -e .schema "$tmp/stream"
	for args in "-j -w 0.05" "-w 0.05"; do
		# shellcheck disable=SC2086
		timeout 60 bash -c "set -o pipefail; nsenter \
			--net=/run/netns/$near '$faultline' stats fla $args |
			head -n 1" >"$tmp/out" 2>"$tmp/err"
		tap_is "$? $(wc -c <"$tmp/err")" "0 0" \
			"stats $args | head -1 ends with 0 and no word"
	done
	timeout 50 bash -c "set -o pipefail; nsenter \
		--net=/run/netns/$near '$faultline' stats fla -j -w 60 |
		head -n 1" >"$tmp/out" 2>"$tmp/err"
	tap_is $? 0 "a reader that goes away is noticed long before the next"
	e2e_spawn_at "$near" "$faultline" stats fla -w >"$tmp/out" 2>&1
	tap_ok "-w without a number works" e2e_until test -s "$tmp/out"
	kill -TERM "$e2e_pid"
	wait "$e2e_pid"
	tap_is $? 0 "and ends at SIGTERM"
	# The device goes away while it is watched.
	e2e_veth flx fly 78
	fl attach flx >/dev/null 2>&1
	e2e_spawn_at "$near" timeout 60 "$faultline" stats flx -w 0.1 \
		>"$tmp/out" 2>"$tmp/err"
	e2e_until test -s "$tmp/out"
	fl detach flx >/dev/null 2>&1
	wait "$e2e_pid"
	status=$?
	tap_is "$status $(wc -l <"$tmp/err")" "1 1" \
		"detached while watched: ends with one line, in time"
	at "$near" ip link del flx
}

test_text() {
	fl stats fla >"$tmp/out"
	tap_is "$(awk 'length > 80' "$tmp/out" | wc -l)" 0 \
		"stats fits 80 columns"
	tap_is "$(grep -c $'\e' "$tmp/out")" 0 "and has no colour in a file"
	fl flows fla >"$tmp/out"
	tap_is "$(awk 'length > 80' "$tmp/out" | wc -l)" 0 \
		"flows fits 80 columns"
	fl list fla >"$tmp/out"
	tap_is "$(grep -c '^fla in proto udp loss 10% name u for 10m' \
		"$tmp/out")" 1 "list says what add was told"
}

listing() { # ARGS...
	fl flows fla "$@" >"$tmp/flows"
}

# Each effect, and what one would have had.
harm='duplicated corrupted marked not_ect mangled delayed reordered skipped'

test_schema() {
	local label known all

	known=$(jq '[.. | .required? // empty | .[]] | unique' \
		"$root"/docs/schema/{stats,flows}.json | jq -s 'add | unique')
	for label in $(sed -nE 's/^(EFFECT|REASON)\([^"]*"([a-z_]+)".*/\2/p' \
		"$root"/include/faultline/{effects,reasons}.def); do
		all="$all $label"
		tap_ok "the schemas know \"$label\"" jq -e \
			"index(\"$label\")" <<<"$known"
	done
	tap_is "$(tr ' ' '\n' <<<"$all" | grep -cxF "${harm// /$'\n'}")" \
		"$(wc -w <<<"$harm")" "and this test every effect"
}

test_effects() {
	local label

	fl detach fla >/dev/null 2>&1
	fl attach fla --seed 7 >/dev/null 2>&1
	fl add fla in proto udp dport 1001 duplicate 20% loss 10% corrupt 10% \
		name mixed >/dev/null 2>&1
	fl add fla in proto udp dport 1002 mark-ce 30% mangle dscp ef \
		name marks >/dev/null 2>&1
	fl add fla in proto udp dport 1003 corrupt 50% payload name bare \
		>/dev/null 2>&1
	fl add fla in proto udp dport 1004 reject name no >/dev/null 2>&1
	fl add fla in proto udp dport 1005 corrupt 10% duplicate 10% loss 10% \
		dry-run name dry >/dev/null 2>&1
	fl add fla in proto udp dport 1006 loss 10% burst 5 name bursts \
		>/dev/null 2>&1
	fl add fla in proto udp dport 1007 loss netem 10% 25% name netem \
		>/dev/null 2>&1
	for label in 1001 1002 1004 1005 1006 1007; do
		frames 10000 dport=$label flows=4
	done
	frames 1000 dport=1003 size=0
	valid "stats with effects" stats fla
	valid "flows with effects" flows fla --sort corrupted
	fl stats fla >"$tmp/out"
	fl stats fla -j >"$tmp/stats"
	fl flows fla -j --sort in.duplicated >"$tmp/flows"
	tap_is "$(jq -c "$coherent" "$tmp/stats")" true \
		"packets = passed + dropped + held, with effects too"
	for label in $harm; do
		tap_is "$(jq "[.flows[] | .in, .out | .$label] | add" \
			"$tmp/flows")" "$(jq ".totals | .$label -
			.flow_evicted.$label - .flow_untracked.$label" \
			"$tmp/stats")" "the flows add up to the total: $label"
		tap_is "$(jq "[.rules[].$label] | add" "$tmp/stats")" \
			"$(jq ".totals.$label" "$tmp/stats")" \
			"and so do the rules"
	done
	tap_ok "sorted by in.duplicated" jq -e '[.flows[].in.duplicated] |
		. == (sort | reverse) and .[0] > 0' "$tmp/flows"
	test_effect_rates
	test_effect_text
}

test_effect_rates() {
	tap_is "$(judged mixed)" "inside inside inside" \
		"loss, duplicates and corruption together are as expected"
	tap_is "$(judged marks)" "- inside -" "so are marks"
	tap_is "$(judged bare)" "- below" "what was skipped explains the rest"
	tap_is "$(judged dry)" "inside inside inside" "a dry run is judged too"
	tap_is "$(judged bursts) $(judged netem)" "inside inside" \
		"correlated losses are as expected"
	tap_is "$(jq '.rules[] | select(.name == "dry") | .corrupted +
		.duplicated + .dropped' "$tmp/stats")" 0 "and does nothing"
	tap_ok "but says what it would have done" jq -e '.rules[] |
		select(.name == "dry") | .would_corrupted > 0 and
		.would_duplicated > 0 and .would_drop > 0' "$tmp/stats"
	tap_is "$(jq -c '.rules[] | select(.name == "no") | [.packets, .dropped,
		.rejected, .realised.asked == 1, .realised.loss == 1]' \
		"$tmp/stats")" "[10000,10000,10000,true,true]" \
		"rejected packets are dropped"
	tap_ok "netem's rate is not what is asked" jq -e '.rules[] |
		select(.name == "netem") | .realised | .asked > 0.09 and
		.expected < 0.02 and .loss < 0.05' "$tmp/stats"
}

test_effect_text() {
	tap_is "$(awk 'length > 80' "$tmp/out" | wc -l)" 0 \
		"stats with effects fits 80 columns"
	tap_ok "a row for what was corrupted" grep -qE \
		'corrupted [0-9,]+ [0-9]+ 10% [0-9.]+% [0-9.]+-[0-9.]+%' \
		<<<"$(shown mixed)"
	tap_ok "what is expected where both would hit" grep -qE \
		'expected: 8%; .* duplicated: expected: 18%;' \
		<<<"$(shown mixed)"
	tap_ok "skipped, and what that means" grep -qE \
		'corrupted 1,000 0 50% 0% .* skipped [0-9]+ .* skipped: not' \
		<<<"$(shown bare)"
	tap_ok "rejected" grep -q 'rejected 10,000' <<<"$(shown no)"
	tap_ok "netem says what it comes to" grep -qE \
		'expected: 1\.75[0-9]*%, because loss netem' <<<"$(shown netem)"
	tap_ok "the totals, too" grep -qE '^  with RST or ICMP +10,000' \
		"$tmp/out"
	fl flows fla >"$tmp/out"
	tap_is "$(awk 'length > 80' "$tmp/out" | wc -l)" 0 \
		"flows with effects fits 80 columns"
	tap_ok "and says so" grep -q 'DROPPED HARMED' "$tmp/out"
	fl flows fla --top 3 --sort out.not_ect >"$tmp/out" 2>&1
	tap_ok "any effect can be sorted by" grep -q 'OUT-NOT-ECT' "$tmp/out"
}

test_many() {
	local flows lost

	fl detach fla >/dev/null 2>&1
	tap_ok "attach for $many flows" fl attach fla --flows "$many" || return
	fl add fla in proto udp dport 7777 loss 1% seed 3 >/dev/null 2>&1
	frames "$many" flows="$many" dport=7777 sport=1000
	fl stats fla -j >"$tmp/stats"
	tap_ok "$many frames of as many flows were seen" test \
		"$(jq .totals.in.packets "$tmp/stats")" -ge "$many"
	listing -j
	flows=$(jq '.flows | length' "$tmp/flows")
	lost=$((many - flows))
	tap_ok "at most 2 in 100 were pushed out ($lost)" \
		test $lost -le $((many / 50))
	tap_is "$(jq '[.flows[] | .in.packets, .out.packets] | add' \
		"$tmp/flows")" "$(stats '.totals | .packets - .exempt -
		.unparsed - .flow_evicted.packets - .flow_untracked.packets')" \
		"the flows add up to the total"
	tap_is "$(jq '[.flows[] | .in.dropped] | add' "$tmp/flows")" \
		"$(stats '.totals | .in.dropped - .flow_evicted.dropped -
		.flow_untracked.dropped')" "and so do the dropped ones"
	listing --top 20 --sort dropped
	tap_ok "the top 20 of them are $(wc -l <"$tmp/flows") lines" \
		test "$(wc -l <"$tmp/flows")" -ge 20
	listing -j src 10.77.0.2
	tap_is "$(jq -r '[.flows[].remote] | unique | join(" ")' \
		"$tmp/flows")" 10.77.0.2 "one source's only"
	fl detach fla >/dev/null 2>&1
}

# More flows than were asked for: nothing is lost from the sums.
test_overfull() {
	fl attach fla --flows 1000 >/dev/null 2>&1
	fl add fla in proto udp loss 10% name u >/dev/null 2>&1
	frames 50000 flows=50000 sport=1000
	fl stats fla -j >"$tmp/stats"
	tap_ok "an overfull table says what it no longer knows" jq -e \
		'.totals | .flow_evicted.flows + .flow_untracked.packets > 0' \
		"$tmp/stats"
	tap_is "$(fl flows fla -j | jq '[.flows[] | .in.packets,
		.out.packets] | add')" "$(stats '.totals | .packets - .exempt -
		.unparsed - .flow_evicted.packets - .flow_untracked.packets')" \
		"and the sums are exact"
	tap_is "$(rule u packets)" 50000 "so is the rule's count"
	fl detach fla >/dev/null 2>&1
}

test_schema
test_json
test_load
test_watch
test_text
test_effects
test_many
test_overfull
tap_done
