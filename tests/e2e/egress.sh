#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
# Loss on the way out looks like loss on a wire: the sender is not told. Only
# "fail" tells it. By clsact filters and by tcx links.
# shellcheck source=../lib/hosts.sh
. "$(dirname "$0")/../lib/hosts.sh"

e2e_hosts
e2e_iperf_server "$far" 5202

send() { # ADDR
	at "$near" "$tools/e2e_udp" "$1" 9999 1000
}

retransmits() {
	at "$near" cat /proc/net/snmp |
		awk '$1 == "Tcp:" && $13 + 0 == $13 { print $13 }'
}

test_udp() { # HOW
	local address line

	for address in $far4 $far6; do
		fl add fla out proto udp loss 20% name l >/dev/null 2>&1
		line=$(send $address)
		tap_is "$line" "sent 1000 errors 0 nobufs 0" \
			"$1: $address: no error to the sender under 20 % loss"
		tap_ok "$1: $address: and yet some were lost" \
			test "$(rule l dropped)" -gt 100
		fl del fla all >/dev/null 2>&1
		fl add fla out proto udp blackhole name b >/dev/null 2>&1
		line=$(send $address)
		tap_is "$line" "sent 1000 errors 0 nobufs 0" \
			"$1: $address: no error to the sender when all is lost"
		tap_is "$(rule b dropped)" 1000 "$1: $address: all were lost"
		fl del fla all >/dev/null 2>&1
	done
}

test_fail() { # HOW
	local address line

	for address in $far4 $far6; do
		fl add fla out proto udp fail name f >/dev/null 2>&1
		line=$(send $address)
		tap_is "$line" "sent 0 errors 1000 nobufs 1000" \
			"$1: $address: fail is told to the sender: ENOBUFS"
		tap_is "$(rule f failed)" 1000 "$1: $address: counted as failed"
		tap_is "$(rule f 'packets - .passed - .dropped')" 0 \
			"$1: $address: failed ones are among those dropped"
		fl del fla all >/dev/null 2>&1
	done
	fl add fla out proto icmp fail name f >/dev/null 2>&1
	tap_like "$(at "$near" ping -c 1 -W 1 $far4 2>&1)" \
		"No buffer space" "$1: ping is told too"
	fl del fla all >/dev/null 2>&1
}

test_tcp() { # HOW
	local before after

	fl add fla out proto tcp dport 5202 loss nth 50 name t >/dev/null 2>&1
	before=$(retransmits)
	at "$near" timeout 60 iperf3 -c $far4 -p 5202 -n 30M >/dev/null
	after=$(retransmits)
	tap_ok "$1: TCP retransmits what was lost ($((after - before)))" \
		test $((after - before)) -ge "$(rule t dropped)"
	tap_ok "$1: something was lost" test "$(rule t dropped)" -gt 0
	fl del fla all >/dev/null 2>&1
}

test_all() { # HOW
	tap_ok "$1: attach" fl attach fla || return
	test_udp "$1"
	test_fail "$1"
	test_tcp "$1"
	tap_ok "$1: detach" fl detach fla
}

at "$near" tc qdisc add dev fla clsact
test_all clsact
at "$near" tc qdisc del dev fla clsact
if e2e_foreign "$near" fla tcx-out 0; then
	test_all tcx
else
	tap_skip "no tcx in this kernel: before 6.6"
fi
tap_done
