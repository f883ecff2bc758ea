#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
# Beside what others have put on the device: XDP programs, tc filters, qdiscs,
# and the packets of others.
# shellcheck source=../lib/hosts.sh
. "$(dirname "$0")/../lib/hosts.sh"
e2e_hosts

loses_all() { # ADDR: nothing comes through
	! at "$far" ping -q -c 3 -i 0.02 -W 0.2 "$1" >/dev/null
}

test_foreign_xdp() {
	local hook text

	for hook in xdp xdp-generic; do
		at "$near" "$tools/e2e_prog" fla $hook 2 >/dev/null
		e2e_state >"$tmp/before"
		text=$(fl attach fla 2>&1)
		tap_is $? 4 "a foreign $hook program: exit code 4"
		tap_like "$text" "e2e_foreign" "it is named"
		e2e_same_state "and untouched"
		tap_ok "--mode tc works beside it" fl attach fla --mode tc
		fl add fla both proto icmp blackhole >/dev/null 2>&1
		tap_ok "and loses" loses_all $near4
		fl detach fla >/dev/null 2>&1
		e2e_same_state "and goes without a trace"
		at "$near" ip link set fla xdp off
		at "$near" ip link set fla xdpgeneric off
	done
}

foreign_filter() { # SIDE PRIORITY
	at "$near" tc filter add dev fla "$1" pref "$2" protocol all \
		bpf bytecode '1,6 0 0 0' flowid 1:1
}

test_foreign_tc() {
	local pref side more="2 49152"

	[ -z "${E2E_QUICK-}" ] || more=
	at "$near" tc qdisc add dev fla clsact
	for pref in 1 $more 65535; do
		for side in ingress egress; do
			foreign_filter $side $pref
		done
		e2e_state >"$tmp/before"
		tap_ok "attach beside foreign tc filters of priority $pref" \
			fl attach fla --mode tc
		fl add fla both proto icmp blackhole >/dev/null 2>&1
		tap_ok "loses beside them" loses_all $near4
		fl detach fla >/dev/null 2>&1
		e2e_same_state "they stay, clsact as well (priority $pref)"
	done
	at "$near" tc qdisc del dev fla clsact
}

clsacts() {
	at "$near" tc qdisc show dev fla | grep -c clsact
}

# Of ours where the kernel has no tcx, and as short as we are there.
test_clsact() {
	local made=0

	e2e_has_tcx || made=1
	fl attach fla >"$tmp/out" 2>&1
	tap_is "$(clsacts) $(grep -c transmit "$tmp/out")" \
		"$made $made" "clsact only without tcx, and with a warning"
	# Somebody moves in after us: their filter keeps a clsact that we made.
	at "$near" tc qdisc add dev fla clsact 2>/dev/null
	foreign_filter egress 7
	tap_ok "detach when a foreign filter has come" fl detach fla
	tap_is "$(at "$near" tc filter show dev fla egress | grep -c pref)" 2 \
		"it stays, and clsact with it"
	at "$near" tc qdisc del dev fla clsact
	fl attach fla >/dev/null 2>&1
	fl detach fla >/dev/null 2>&1
	tap_is "$(clsacts)" 0 "clsact that we made goes"
}

# An ingress qdisc takes the place of clsact.
test_ingress() {
	at "$near" tc qdisc add dev fla ingress
	e2e_state >"$tmp/before"
	if e2e_has_tcx; then
		tap_ok "attach beside an ingress qdisc" fl attach fla
		fl add fla out proto icmp blackhole >/dev/null 2>&1
		tap_ok "it works" loses_all $near4
		fl detach fla >/dev/null 2>&1
	else
		fl attach fla >"$tmp/out" 2>&1
		tap_is $? 4 "not beside an ingress qdisc"
		tap_like "$(cat "$tmp/out")" "takes the place of clsact" \
			"and the reason is said"
	fi
	e2e_same_state "the ingress qdisc stays"
	at "$near" tc qdisc del dev fla ingress
}

# What is sent meanwhile is not lost, but where a clsact has to be made.
test_undisturbed() {
	local i

	e2e_has_tcx || at "$near" tc qdisc add dev fla clsact
	at "$near" tc qdisc add dev fla root pfifo limit 10000
	"$tools/e2e_owd" "$near" "$far" $far4 count=4000000 pps=2000 \
		>"$tmp/owd" &
	e2e_pids+=($!)
	sleep 0.2
	for ((i = 0; i < 2; i++)); do
		fl attach fla --mode native >/dev/null 2>&1
		fl detach fla >/dev/null 2>&1
	done
	tap_ok "attached and detached before the end" kill -INT \
		"${e2e_pids[-1]}"
	wait "${e2e_pids[-1]}"
	tap_like "$(cat "$tmp/owd")" "sent [0-9]{4,} .* lost 0 " \
		"attach and detach lose nothing of others' packets"
	at "$near" tc qdisc del dev fla root
	e2e_has_tcx || at "$near" tc qdisc del dev fla clsact
}

test_foreign_xdp
test_foreign_tc
test_clsact
test_ingress
test_undisturbed
tap_done
