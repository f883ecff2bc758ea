#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
# Slow flows with per-flow rules, beside a flood of SYNs from spoofed sources
# that takes every place in the flow table many times over: their packets keep
# their numbers, and all is counted.
# shellcheck source=../lib/hosts.sh
. "$(dirname "$0")/../lib/hosts.sh"

# Six packets of one flow, or of both, with pauses that are long for a table.
slowly() { # PORT
	local i

	for i in 1 2 3 4 5 6; do
		frames 1 sport=4000 dport="$1" >/dev/null
		frames_out 1 sport="$1" dport=4000 >/dev/null
		sleep 0.2
	done
}

lost() { # RULE
	rule "$1" dropped
}

test_flood() { # MODE
	local flood

	fl attach fla --mode "$1" --flows 4096 >/dev/null 2>&1
	add in proto udp dport 7001 loss first 3 name first
	add in proto udp dport 7002 loss nth 2 name nth
	add in proto udp dport 7003 loss pattern 100110 name pattern
	add in proto udp dport 7004 packets 2-3 blackhole name numbers
	add out proto udp sport 7005 loss first 4 name out
	e2e_spawn_at "$far" "$tools/e2e_frames" flb 100000000 \
		mac="$near_mac" proto=6 flags=2 dport=80 size=0 flows=200000
	flood=$e2e_pid
	e2e_until evicts
	for port in 7001 7002 7003 7004 7005; do
		slowly $port &
	done
	wait_for_jobs
	e2e_kill "$flood"
	tap_is "$(lost first) $(lost nth) $(lost pattern) $(lost numbers)\
 $(lost out)" "3 3 3 2 4" "$1: beside a flood each flow keeps its numbers"
	fl stats fla -j >"$tmp/stats"
	tap_ok "$1: and the flood went round in the table" \
		jq -e '.totals.flow_evicted.flows > 10000' "$tmp/stats"
	tap_is "$(jq '.totals.flow_evicted.matched_flows' "$tmp/stats")" 0 \
		"$1: no flow with rules had to go"
	tap_is "$(fl flows fla -j | jq '[.flows[] | .in.packets,
		.out.packets] | add')" "$(stats '.totals | .packets - .exempt -
		.unparsed - .flow_evicted.packets - .flow_untracked.packets')" \
		"$1: flows, evicted and untracked add up to the total"
	fl detach fla >/dev/null 2>&1
}

evicts() {
	stats '.totals.flow_evicted.flows' | grep -qv '^0$'
}

# Not for the flood.
wait_for_jobs() {
	local job

	for job in $(jobs -p); do
		[ "$job" = "$flood" ] || wait "$job" 2>/dev/null
	done
}

e2e_hosts
for mode in native tc; do
	test_flood $mode
done
tap_done
