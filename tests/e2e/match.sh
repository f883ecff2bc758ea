#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
# Every match field with packets on a wire: those it names are lost, the others
# are not. Then order, both directions, shares of flows, fragments, jumbo
# frames and VLAN tags. By XDP and by tc.
# shellcheck source=../lib/hosts.sh
. "$(dirname "$0")/../lib/hosts.sh"

e2e_hosts

# The rule loses 5 frames of the first shape and none of 3 of the second.
check() { # "MATCH" "SHAPE" ["OTHER SHAPE"], shapes as for e2e_frames
	local name="$mode: in $1"

	# shellcheck disable=SC2086
	fl add fla in $1 blackhole name m >/dev/null 2>"$tmp/err" || {
		tap_fail "$name" "$(cat "$tmp/err")"
		return
	}
	# shellcheck disable=SC2086
	frames 5 $2
	# shellcheck disable=SC2086
	[ -z "${3-}" ] || frames 3 $3
	tap_is "$(rule m dropped)" 5 "$name"
	fl del fla m >/dev/null 2>&1
}

check_out() { # "MATCH" "SHAPE" ["OTHER SHAPE"]
	# shellcheck disable=SC2086
	fl add fla out $1 blackhole name m >/dev/null 2>&1
	# shellcheck disable=SC2086
	frames_out 5 $2
	# shellcheck disable=SC2086
	[ -z "${3-}" ] || frames_out 3 $3
	tap_is "$(rule m dropped)" 5 "$mode: out $1"
	fl del fla m >/dev/null 2>&1
}

test_fields() {
	local v6="src=fd77::2 dst=fd77::1"

	check "proto udp" "proto=17" "proto=6"
	check "proto tcp" "proto=6" "proto=17"
	check "proto sctp" "proto=132" "proto=17"
	check "proto icmp" "proto=1" "proto=17"
	# With the address: listener reports of the kernel are ICMPv6 as well.
	check "proto icmp6 src $far6" "proto=58 $v6" "proto=17 $v6"
	check "proto 99" "proto=99" "proto=100"
	check "src 10.77.0.2" "" "src=10.77.0.3"
	check "src 10.77.4.0/22" "src=10.77.7.255" "src=10.77.8.0"
	check "dst 10.77.0.1" "" "dst=10.77.0.7"
	check "host 10.9.9.9" "src=10.9.9.9" "src=10.9.9.8"
	check "host 10.9.9.9" "dst=10.9.9.9" "dst=10.9.9.8"
	check "src fd77::2" "$v6" "src=fd77::3 dst=fd77::1"
	check "dst fd77::/64" "$v6" "src=fd77::2 dst=fd78::1"
	check "proto udp src ::/0" "$v6" ""
	check "proto udp src 0.0.0.0/0" "" "$v6"
	check "sport 4000" "" "sport=4001"
	check "sport 3990-4000" "" "sport=4001"
	check "dport 5000" "" "dport=5001"
	check "dport 5000" "$v6 proto=6" "$v6 proto=6 dport=4000"
	check "port 5000" "" "dport=1 sport=2"
	check "port 5000" "sport=5000 dport=1" "dport=1"
	check "local 10.77.0.1" "" "dst=10.77.0.5"
	check "remote 10.77.0.2" "" "src=10.77.0.5"
	check "local port 5000" "" "dport=4000 sport=5000"
	check "remote port 4000" "" "dport=4000 sport=5000"
	check "dscp ef" "dscp=46" "dscp=45"
	check "dscp 10" "$v6 dscp=10" "$v6"
	check "flags SYN,!ACK" "proto=6 flags=2" "proto=6 flags=18"
	check "flags RST" "proto=6 flags=20 $v6" "proto=6 flags=16 $v6"
	check "len 100" "size=72" "size=73"
	check "len 0-99" "size=71" "size=72"
	check "len 100-" "size=72" "size=71"
	check "len 100-200" "size=172" "size=173"
	check "payload" "size=1" "size=0"
	check "payload proto tcp" "proto=6 size=1" "proto=6 size=0"
	check "packets 1-5" "sport=4101" "sport=4101"
	check "proto udp dport 5000 src 10.77.0.2 len 38" "" "size=11"
}

# Packets 1-3 of each flow, counted by the rule's own flows.
test_packets() {
	fl add fla in packets 1-3 dport 6000 blackhole name m >/dev/null 2>&1
	frames 50 dport=6000 sport=7000 flows=10
	tap_is "$(rule m dropped)" 30 "$mode: the first 3 of each of 10 flows"
	fl del fla m >/dev/null 2>&1
	fl add fla in dport 6001 loss nth 5 name m >/dev/null 2>&1
	frames 100 dport=6001 sport=7000 flows=10
	tap_is "$(rule m dropped)" 20 "$mode: every 5th of each of 10 flows"
	fl del fla m >/dev/null 2>&1
	fl add fla in dport 6002 loss first 2 name m >/dev/null 2>&1
	frames 100 dport=6002 sport=7000 flows=10
	tap_is "$(rule m dropped)" 20 "$mode: the first 2 of each of 10 flows"
	fl del fla m >/dev/null 2>&1
	fl add fla in dport 6003 loss pattern 0110 name m >/dev/null 2>&1
	frames 80 dport=6003 sport=7000 flows=10
	tap_is "$(rule m dropped)" 40 "$mode: pattern 0110 in each of 10 flows"
	fl del fla m >/dev/null 2>&1
}

test_out() {
	check_out "proto udp dport 5000" "" "dport=5001"
	check_out "dst $far4" "" "dst=10.77.0.9"
	check_out "local $near4" "" "src=10.77.0.9"
	check_out "remote $far4" "" "dst=10.77.0.9"
	check_out "local port 4000" "" "sport=5000 dport=4000"
	check_out "remote port 5000" "" "sport=5000 dport=4000"
	check_out "dscp cs1" "dscp=8" "dscp=9"
	check_out "flags SYN" "proto=6" "proto=6 flags=16"
}

test_order() {
	fl add fla in proto udp loss 0% name first >/dev/null 2>&1
	fl add fla in proto udp dport 5000 blackhole name second \
		>/dev/null 2>&1
	frames 5
	tap_is "$(rule first packets) $(rule second packets)" "5 0" \
		"$mode: the older of two rules of one prio matches"
	fl add fla in proto udp dport 5000 blackhole name third prio 5 \
		>/dev/null 2>&1
	frames 5
	tap_is "$(rule first packets) $(rule third dropped)" "5 5" \
		"$mode: a lower prio goes before, also in open flows"
	fl del fla third >/dev/null 2>&1
	frames 5
	tap_is "$(rule first packets)" 10 "$mode: and deleted, it does not"
	fl del fla all >/dev/null 2>&1
	fl add fla in proto udp blackhole dry-run name dry >/dev/null 2>&1
	frames 5
	tap_is "$(rule dry '| [.packets, .dropped, .would_drop] | @text')" \
		"[5,0,5]" "$mode: dry-run only counts"
	fl del fla all >/dev/null 2>&1
}

test_both() {
	fl add fla both host $far4 proto icmp loss 0% name b >/dev/null 2>&1
	at "$far" ping -q -c 10 -i 0.01 $near4 >/dev/null
	tap_is "$(rule b packets) $(rule b in.packets) $(rule b out.packets)" \
		"20 10 10" "$mode: both directions in one rule"
	fl del fla all >/dev/null 2>&1
	fl add fla both flows 30% dport 6004 blackhole name s >/dev/null 2>&1
	frames 4000 dport=6004 sport=8000 flows=2000
	local lost
	lost=$(rule s dropped)
	tap_is $((lost % 2)) 0 "$mode: flows 30%: all of a flow or nothing"
	# 2,000 flows: 3.9 standard deviations are 80.
	tap_ok "$mode: flows 30%: $((lost / 2)) of 2,000 flows" \
		test $((lost / 2)) -ge 520 -a $((lost / 2)) -le 680
	fl del fla all >/dev/null 2>&1
}

# 8,000 bytes in six fragments: the first has the ports, five do not.
test_fragments() {
	local before line

	before=$(stats .totals.in.fragments)
	fl add fla in proto udp dport 9999 loss 0% name p >/dev/null 2>&1
	fl add fla in proto udp loss 0% name l3 >/dev/null 2>&1
	at "$far" "$tools/e2e_udp" $near4 9999 10 8000 >/dev/null
	line="$(rule p packets) $(rule l3 packets)"
	tap_is "$line $(($(stats .totals.in.fragments) - before))" "10 50 50" \
		"$mode: UDP of 8,000 bytes: first fragment by port, later not"
	fl del fla all >/dev/null 2>&1
	before=$(stats .totals.in.fragments)
	fl add fla in proto icmp6 src $far6 loss 0% name p >/dev/null 2>&1
	at "$far" ping -q -c 5 -i 0.05 -s 4000 $near6 >"$tmp/ping"
	tap_is "$(rule p packets) $(($(stats .totals.in.fragments) - before))" \
		"15 10" "$mode: IPv6 ping of 4,000 bytes: 3 fragments each"
	tap_ok "$mode: and all are answered" grep -q ' 0% packet loss' \
		"$tmp/ping"
	fl del fla all >/dev/null 2>&1
}

# A tag in the frame, as AF_PACKET puts it there.
test_vlan() {
	check "vlan 12" "vlan=12" "vlan=13"
	check "vlan 12" "vlan=12 inner=13" "vlan=13 inner=12"
	check "vlan 0" "vlan=0" ""
	check "vlan 12 proto udp dport 5000" "vlan=12" "vlan=12 dport=5001"
	check "vlan 4095" "vlan=4095 src=fd77::2 dst=fd77::1" "vlan=1"
	check_out "vlan 12" "vlan=12" "vlan=13"
}

test_oddities() {
	local before

	before=$(stats .totals.in.unparsed)
	frames 5 type=0x88cc
	tap_is "$(($(stats .totals.in.unparsed) - before))" 5 \
		"$mode: what is not IP passes as unparsed"
	before=$(stats .totals.in.exempt)
	fl add fla in blackhole name all4 >/dev/null 2>&1
	frames 5 type=0x0806
	frames 5 sport=68 dport=67
	tap_is "$(($(stats .totals.in.exempt) - before))" 10 \
		"$mode: ARP and DHCP are exempt"
	at "$far" ip neigh del $near6 dev flb
	at "$far" ping -q -c 1 -W 1 $near6 >/dev/null
	tap_is "$(at "$far" ip neigh show $near6 | grep -c "$near_mac")" 1 \
		"$mode: neighbours are found while everything is lost"
	fl del fla all >/dev/null 2>&1
	e2e_neighbours
}

test_jumbo() {
	at "$near" ip link set fla mtu 9000
	at "$far" ip link set flb mtu 9000
	tap_ok "$mode: attach at MTU 9000" fl attach fla --mode "$mode" ||
		return
	fl add fla in proto udp dport 9999 loss nth 2 name j >/dev/null 2>&1
	at "$far" "$tools/e2e_udp" $near4 9999 20 8900 >/dev/null
	tap_is "$(rule j packets) $(rule j dropped) $(rule j bytes)" \
		"20 10 $((20 * (8900 + 42)))" \
		"$mode: frames of 8,942 bytes are seen whole and lost"
	at "$far" ping -q -M 'do' -c 10 -i 0.01 -s 8900 $near4 >"$tmp/ping"
	tap_ok "$mode: jumbo frames that pass, pass whole" \
		grep -q ' 0% packet loss' "$tmp/ping"
	fl detach fla >/dev/null 2>&1
	at "$near" ip link set fla mtu 1500
	at "$far" ip link set flb mtu 1500
}

modes="native generic tc"
[ -z "${E2E_QUICK-}" ] || modes=native
for mode in $modes; do
	tap_ok "$mode: attach" fl attach fla --mode $mode --seed 1 || continue
	test_fields
	test_packets
	[ $mode = native ] && test_out
	test_order
	test_both
	test_fragments
	test_vlan
	test_oddities
	tap_is "$(stats '.totals | .packets - .passed - .dropped')" 0 \
		"$mode: seen = passed + dropped"
	fl detach fla >/dev/null 2>&1
	test_jumbo
done
tap_done
