#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
# check: vm
# What must work on every kernel we say we support, in a quarter of the time
# that tests/e2e takes, and VLAN devices. For tools/vmtest, but runs wherever
# tests/e2e does.
# shellcheck source=../lib/hosts.sh
. "$(dirname "$0")/../lib/hosts.sh"

e2e_hosts

# Prints "SENT RECEIVED" of so many pings.
pings() { # NS ADDR COUNT [PING_ARGS...]
	at "$1" ping -q -n -i 0.02 -W 1 -c "$3" "${@:4}" "$2" \
		2>/dev/null |
		sed -nE 's/^([0-9]+) packets tr.*, ([0-9]+) rec.*/\1 \2/p'
}

milliseconds() { # COMMAND...
	local begin=${EPOCHREALTIME/./} status

	"$@"
	status=$?
	took=$(((${EPOCHREALTIME/./} - begin) / 1000))
	return $status
}

attach() { # [ARGS...], and how long the verifier and all else took
	milliseconds tap_ok "attach $*" fl attach fla --seed 7 "$@" || return
	tap_diag "attach $* took $took ms"
}

detach() { # NAME
	tap_ok "$1: detach" fl detach fla
	e2e_same_state "$1: detach leaves nothing"
}

test_doctor() {
	local line

	while IFS= read -r line; do
		tap_diag "$line"
	done < <(fl doctor fla 2>&1)
	tap_ok "doctor finds no problem" fl doctor fla
	tap_is "$(fl doctor fla -j | jq -r '[.results[] |
		select(.state == "fail")] | length')" 0 "nor does its JSON"
}

# Requests on their way in come from far, those on their way out from near.
test_losses() { # MODE
	local side from to4 to6 address line

	for side in in out; do
		from=$far to4=$near4 to6=$near6
		[ $side = out ] && from=$near to4=$far4 to6=$far6
		for address in $to4 $to6; do
			add $side loss nth 2 name l
			line="$(pings "$from" $address 10) $(rule l dropped)"
			tap_is "$line" "10 5 5" "$1: $side $address: nth 2"
			fl del fla all >/dev/null 2>&1
			add $side blackhole name l
			line="$(pings "$from" $address 10) $(rule l dropped)"
			tap_is "$line" "10 0 10" \
				"$1: $side $address: blackhole"
			fl del fla all >/dev/null 2>&1
			add $side loss 50% name l seed 1
			line=$(pings "$from" $address 100)
			# 5 standard deviations around 50.
			tap_ok "$1: $side $address: loss 50% ($line)" \
				test "${line#* }" -ge 25 -a "${line#* }" -le 75
			tap_is "$line" "100 $((100 - $(rule l dropped)))" \
				"$1: $side $address: lost as counted"
			fl del fla all >/dev/null 2>&1
		done
	done
}

test_fail() { # MODE
	local address

	for address in $far4 $far6; do
		add out proto udp fail name f
		tap_is "$(at "$near" "$tools/e2e_udp" $address 9999 50)" \
			"sent 0 errors 50 nobufs 50" \
			"$1: $address: fail is told to the sender"
		tap_is "$(rule f failed)" 50 "$1: $address: counted as failed"
		fl del fla all >/dev/null 2>&1
		add out proto udp blackhole name b
		tap_is "$(at "$near" "$tools/e2e_udp" $address 9999 50)" \
			"sent 50 errors 0 nobufs 0" \
			"$1: $address: blackhole is not"
		tap_is "$(rule b dropped)" 50 "$1: $address: and lost all"
		fl del fla all >/dev/null 2>&1
	done
}

test_counts() { # MODE
	local whole='
		def whole: .packets == .passed + .dropped;
		([.totals, .totals.in, .totals.out, .rules[],
			(.rules[] | .in, .out)] | all(whole)) and
		(.totals | .packets == .in.packets + .out.packets)'

	add both proto udp loss 30% name u
	at "$far" "$tools/e2e_frames" flb 500 mac="$near_mac" flows=20 \
		sport=7000 >/dev/null
	tap_is "$(rule u packets)" 500 "$1: 500 frames of 20 flows were seen"
	fl stats fla -j >"$tmp/stats"
	tap_ok "$1: seen = passed + dropped, everywhere" \
		jq -e "$whole" "$tmp/stats"
	tap_is "$(fl flows fla -j proto udp sport 7000 |
		jq '.flows | length')" 1 \
		"$1: flows finds one by its port"
	tap_is "$(fl flows fla -j | jq '[.flows[] | .in.packets,
		.out.packets] | add')" "$(stats '.totals | .packets - .exempt -
		.unparsed - .flow_evicted.packets - .flow_untracked.packets')" \
		"$1: the flows add up to the total"
	fl del fla all >/dev/null 2>&1
}

# Several impairments in one rule: where a copy and a loss hit, one goes on.
test_joined() { # MODE
	add in proto icmp duplicate 100% loss nth 2 name j
	tap_is "$(pings "$far" $near4 10) $(rule j duplicated)" "10 10 5" \
		"$1: duplicate and loss nth 2"
	none
}

test_lease() { # MODE
	add in proto icmp blackhole name l for 2s
	tap_is "$(pings "$far" $near4 3)" "3 0" "$1: a lease of 2 s: all lost"
	sleep 2
	tap_is "$(pings "$far" $near4 3)" "3 3" "$1: after it: none"
	tap_ok "$1: which list says" grep -q expired <(fl list fla)
	fl del fla all >/dev/null 2>&1
}

# 802.1Q devices on both sides, and one in an 802.1ad one.
vlan_devices() {
	local ns dev n

	modprobe -q 8021q 2>/dev/null
	for n in 1 2; do
		ns=$near dev=fla
		[ $n = 2 ] && ns=$far dev=flb
		at "$ns" ip link add link $dev name v12 type vlan id 12 &&
			at "$ns" ip link add link $dev name s100 type vlan \
				proto 802.1ad id 100 &&
			at "$ns" ip link add link s100 name q13 type vlan \
				id 13 || return
		at "$ns" ip addr add 10.12.0.$n/24 dev v12
		at "$ns" ip addr add 10.13.0.$n/24 dev q13
		at "$ns" ip link set v12 up
		at "$ns" ip link set s100 up
		at "$ns" ip link set q13 up
	done
	# Known beforehand, as in e2e_neighbours.
	for n in 12:v12 13:q13; do
		at "$near" ip neigh replace "10.${n%:*}.0.2" lladdr \
			"$far_mac" dev "${n#*:}" nud permanent
		at "$far" ip neigh replace "10.${n%:*}.0.1" lladdr \
			"$near_mac" dev "${n#*:}" nud permanent
	done
	e2e_until vlans_up
}

# The kernel says so by and by.
vlans_up() {
	[ "$(at "$near" ip -d link show type vlan |
		grep -c "state UP")" = 3 ]
}

txvlan() { # on|off, of the far host: tags beside its frames or in them
	at "$far" ethtool -K flb tx-vlan-hw-insert "$1" \
		tx-vlan-stag-hw-insert "$1" >/dev/null
}

test_vlan() { # NAME
	local line

	tap_is "$(pings "$far" 10.12.0.1 3) $(pings "$far" 10.13.0.1 3)" \
		"3 3 3 3" "$1: pings pass by VLAN and by QinQ"
	add in vlan 12 proto icmp loss nth 2 name v
	line="$(pings "$far" 10.12.0.1 10) $(pings "$far" 10.13.0.1 5)"
	tap_is "$line $(pings "$far" $near4 5) $(rule v packets)" \
		"10 5 5 5 5 5 10" "$1: in vlan 12"
	fl del fla all >/dev/null 2>&1
	add in vlan 100 proto icmp loss nth 2 name v
	line="$(pings "$far" 10.13.0.1 10) $(pings "$far" 10.12.0.1 5)"
	tap_is "$line $(rule v packets)" "10 5 5 5 10" \
		"$1: in vlan 100: QinQ by its outer tag"
	fl del fla all >/dev/null 2>&1
	add out vlan 12 proto icmp blackhole name v
	line="$(pings "$near" 10.12.0.2 5) $(pings "$near" 10.13.0.2 5)"
	tap_is "$line $(rule v dropped)" "5 0 5 5 5" "$1: out vlan 12"
	fl del fla all >/dev/null 2>&1
	add out vlan 100 proto icmp blackhole name v
	line="$(pings "$near" 10.13.0.2 5) $(pings "$near" 10.12.0.2 5)"
	tap_is "$line $(rule v dropped)" "5 0 5 5 5" "$1: out vlan 100"
	fl del fla all >/dev/null 2>&1
}

test_vlans() {
	if ! vlan_devices 2>"$tmp/err"; then
		tap_skip "no VLAN devices in this kernel: $(cat "$tmp/err")"
		return
	fi
	e2e_state >"$tmp/before"
	attach --mode tc && {
		test_vlan "tc, tag beside the frame"
		txvlan off
		test_vlan "tc, tag in the frame"
		txvlan on
		detach "vlan, tc"
	}
	for mode in native generic; do
		txvlan off
		attach --mode $mode && {
			test_vlan "$mode, tag in the frame"
			detach "vlan, $mode"
		}
		txvlan on
	done
	# The VLAN device itself.
	tap_ok "attach to a VLAN device" at "$near" "$faultline" attach v12
	tap_diag "$(at "$near" "$faultline" stats v12 2>&1 | head -n 3)"
	at "$near" "$faultline" add v12 in proto icmp loss nth 2 name d \
		>/dev/null 2>&1
	tap_is "$(pings "$far" 10.12.0.1 10) $(rule d dropped v12)" "10 5 5" \
		"rules on a VLAN device"
	tap_ok "detach from it" at "$near" "$faultline" detach v12
	at "$near" ip link del v12
	at "$near" ip link del s100
	at "$far" ip link del v12
	at "$far" ip link del s100
}

test_exact() {
	local args segments many=1

	e2e_iperf_server "$far" 5202
	e2e_state >"$tmp/before"
	for args in "" --exact; do
		# shellcheck disable=SC2086
		attach --mode tc $args || return
		add out proto tcp dport 5202 loss 0% name t
		at "$near" timeout 60 iperf3 -c $far4 -p 5202 -n 3M >/dev/null
		segments=$(stats '.totals.out | "\(.packets) \(.segments)"')
		tap_diag "packets and segments: $segments"
		tap_is "$((${segments% *} < ${segments#* }))" \
			$many "tc $args: packets that stand for many segments"
		many=0
		detach "tc $args"
	done
}

test_jumbo() {
	local state

	at "$near" ip link set fla mtu 9000
	at "$far" ip link set flb mtu 9000
	e2e_state >"$tmp/before"
	attach --mode native && {
		add in proto udp dport 9999 loss nth 2 name j
		at "$far" "$tools/e2e_udp" $near4 9999 20 8900 >/dev/null
		state="$(rule j packets) $(rule j dropped) $(rule j bytes)"
		tap_is "$state" "20 10 $((20 * (8900 + 42)))" \
			"MTU 9000, native: frames are seen whole and lost"
		tap_is "$(pings "$far" $near4 10 -s 8900 -M 'do')" "10 10" \
			"MTU 9000, native: those that pass, pass whole"
		detach "MTU 9000, native"
	}
	at "$near" ip link set fla mtu 1500
	at "$far" ip link set flb mtu 1500
}

# No link header: the programs as they are for layer 3.
test_tun() {
	if ! at "$near" ip tuntap add dev flt mode tun 2>"$tmp/err"; then
		tap_skip "no tun devices here: $(cat "$tmp/err")"
		return
	fi
	at "$near" ip link set flt up
	tap_ok "attach to a tun device" at "$near" "$faultline" attach flt
	tap_ok "detach from it" at "$near" "$faultline" detach flt
	at "$near" ip link del flt
}

test_foreign() {
	local status

	if e2e_foreign "$near" fla tcx-out 0; then
		attach && {
			tap_is "$(pings "$near" $far4 5)" "5 5" \
				"beside a tcx program: pings pass"
			add out loss nth 2 name l
			tap_is "$(pings "$near" $far4 10) $(rule l dropped)" \
				"10 5 5" "beside a tcx program: out nth 2"
			fl del fla all >/dev/null 2>&1
			test_fail "beside a tcx program"
			tap_ok "beside a tcx program: detach" fl detach fla
		}
		e2e_kill "$e2e_pid"
	else
		tap_skip "no tcx in this kernel: before 6.6"
	fi
	if e2e_foreign "$near" fla xdp 2; then
		fl attach fla --mode native >"$tmp/out" 2>&1
		status=$?
		tap_is $status 4 "a foreign XDP program: exit status 4"
		tap_diag "$(cat "$tmp/out")"
		at "$near" ip link set fla xdp off
	else
		tap_fail "a foreign XDP program" "$(cat "$tmp/foreign.xdp")"
	fi
}

test_doctor
e2e_state >"$tmp/before"
for mode in native generic tc; do
	attach --mode $mode || continue
	tap_is "$(stats .mode)" $mode "stats says $mode"
	test_losses $mode
	[ $mode = native ] && test_fail $mode
	test_counts $mode
	test_lease $mode
	# Generic XDP can only drop what comes in.
	[ $mode = generic ] || test_joined $mode
	detach $mode
done
test_vlans
test_exact
test_jumbo
test_tun
test_foreign
tap_done
