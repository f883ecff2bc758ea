#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
# Before the first rule may delay packets, one of ours goes the same way: where
# it does not come back, the rule is refused, and all is as before.
# shellcheck source=../lib/hosts.sh
. "$(dirname "$0")/../lib/hosts.sh"

e2e_hosts
tap_ok "attach" fl attach fla --mode tc
if e2e_foreign "$near" fla xdp-generic 1; then
	e2e_state | grep -v "qdisc noqueue" >"$tmp/before"
	fl add fla in delay 10ms name x 2>"$tmp/err" >/dev/null
	tap_is "$?" 3 "behind somebody's program that drops all: refused"
	tap_like "$(cat "$tmp/err")" "incoming packets cannot be delayed" \
		"and told why"
	tap_is "$(fl list fla 2>/dev/null)" "" "no rule is there"
	e2e_state | grep -v "qdisc noqueue" >"$tmp/after"
	tap_ok "nor anything else that was not there before" \
		diff "$tmp/before" "$tmp/after"
	tap_is "$(e2e_holders | wc -l)" 0 "nor a process"
	tap_ok "the other direction is taken" \
		fl add fla out delay 10ms name y
	tap_ok "which goes again" fl del fla y
	at "$near" ip link set fla xdpgeneric off
else
	tap_skip "no generic XDP here"
fi
tap_ok "without that program it is taken" fl add fla in delay 10ms name x
tap_is "$(fl flows fla -j | grep -c 192.0.2.)" 0 \
	"the packet on trial is counted nowhere"
tap_ok "and packets arrive" at "$far" ping -c 2 -i 0.1 -W 2 $near4
tap_ok "no more" fl del fla x
tap_ok "detach" fl detach fla

tap_ok "attach again" fl attach fla --mode tc
at "$near" ip link set fla down
tap_ok "a rule for a device that is down" fl add fla both delay 10ms name x
at "$near" ip link set fla up
e2e_neighbours
tap_ok "holds when it is up" e2e_until at "$far" ping -c 1 -W 1 $near4
tap_is "$(rule x held)" 0 "and lets go"
tap_ok "detach again" fl detach fla
tap_done
