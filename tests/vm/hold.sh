#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
# The hold process on this kernel, by the way of kernels without sch_fq: packets
# of all sizes are held and arrive, and it comes and goes.
# shellcheck source=../lib/owd.sh
. "$(dirname "$0")/../lib/owd.sh"

rtt() { # SIZE
	at "$near" ping -q -c 3 -i 0.1 -W 5 -s "$1" $far4 | tee "$tmp/ping" |
		awk -F'[ /]' '/^rtt/ { print $7 }'
}

e2e_hosts
tap_ok "attach" fl attach fla --engine hold --seed 7 || tap_done
add both proto icmp delay 10ms name i
add both proto tcp delay 2ms name t
at "$near" ip link set fla mtu 65535
at "$far" ip link set flb mtu 65535
for size in 56 1400 15900 16100 65507; do
	check "$size bytes, ms" "$(rtt $size) >= 20" "$(cat "$tmp/ping")"
done
tap_is "$(rule i '| [.delayed, .skipped] | @text')" "[30,0]" \
	"all of them were held"
e2e_iperf_server "$far" 5201
tap_ok "a stream arrives" at "$near" iperf3 -c $far4 -n 20M
tap_is "$(stats .totals.lost)" 0 "none is lost"
whole "all"
kill -KILL "$(e2e_holders | sort -n | tail -1)"
delayed() {
	awk -v ms="$(rtt 56)" 'BEGIN { exit !(ms >= 20) }'
}
tap_ok "killed: delayed again" e2e_until delayed
tap_ok "detach" fl detach fla
none_left() {
	[ -z "$(e2e_holders)" ]
}
tap_ok "leaves no process" e2e_until none_left
tap_done
