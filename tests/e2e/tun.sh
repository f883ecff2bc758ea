#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
# Rules on a device without link header (tun): what was held leaves and arrives
# whole, both ways, by IPv4 and IPv6.
# shellcheck source=../lib/owd.sh
. "$(dirname "$0")/../lib/owd.sh"

count=20

ask() { # ADDRESS
	at "$near" python3 "$root/tests/e2e/tun.py" ask "$1" $count
}

test_round_trip() { # MIN_US WORDS...
	local min=$1 address line

	shift
	for address in 10.78.0.2 fd78::2; do
		fl add t0 "$@" name x -q >/dev/null ||
			tap_fail "add t0 $*"
		line=$(ask $address)
		tap_is "$(of received "$line") $(of wrong "$line")" "$count 0" \
			"$*: $address answers, byte for byte"
		check "$*: $address, us" "$(of min_us "$line") >= $min" "$line"
		tap_is "$(rule x held t0) $(rule x dropped t0)" "0 0" \
			"$*: $address: none is left, none lost"
		tap_is "$(rule x delayed t0)" "$(rule x packets t0)" \
			"$*: $address: all were delayed"
		fl del t0 x -q
	done
}

if ! command -v python3 >/dev/null; then
	tap_skip "no python3"
	tap_done
fi
e2e_namespace "$near"
at "$near" ip tuntap add t0 mode tun
at "$near" sysctl -qw net.ipv6.conf.t0.router_solicitations=0
at "$near" ip addr add 10.78.0.1/24 dev t0
at "$near" ip addr add fd78::1/64 dev t0 nodad
at "$near" ip link set t0 up
e2e_spawn_at "$near" python3 "$root/tests/e2e/tun.py" echo t0 >"$tmp/far"
e2e_until grep -q ready "$tmp/far" || e2e_bail "no tun device"
tap_ok "attach" fl attach t0 --seed 3
tap_like "$(fl doctor t0)" "native xdp +not used, for want of a link header" \
	"doctor says what attach does"
line=$(ask 10.78.0.2)
tap_is "$(of received "$line") $(of wrong "$line")" "$count 0" "without a rule"
test_round_trip 20000 out proto udp delay 20ms
test_round_trip 20000 in proto udp delay 20ms
test_round_trip 10000 both proto udp delay 10ms 5ms ordered
tap_ok "a copy" fl add t0 out proto udp duplicate 100% name x
line=$(ask 10.78.0.2)
tap_is "$(of received "$line")" $count "copies disturb nobody"
tap_is "$(rule x duplicated t0)" $count "and are counted"
tap_is "$(grep -c whole "$tmp/far")" 0 "every packet left whole"
tap_ok "detach" fl detach t0
tap_done
