#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
# Rules on lo, where a packet that has lost its route is taken for a forgery:
# delays, copies and answers arrive, by IPv4 and IPv6, at 127.0.0.1 and at
# another address of the host; and lo's settings are as before afterwards.
# shellcheck source=../lib/hosts.sh
. "$(dirname "$0")/../lib/hosts.sh"

addresses="127.0.0.1 ::1 10.79.0.1 fd79::1"

# Of ten pings: answers, copies of answers,
# and the shortest round trip in us.
pings() { # ADDRESS
	at "$near" ping -n -c 10 -i 0.02 -W 2 "$1" 2>&1 | awk '
		/bytes from/ {
			split($0, part, "time=")
			time = part[2] * 1000
			answers++
			copies += /DUP/
			if (min == "" || time < min) min = time
		}
		END { printf "%d %d %d\n", answers - copies, copies, min }'
}

conf() {
	at "$near" sysctl -n net.ipv4.conf.lo.accept_local \
		net.ipv4.conf.lo.route_localnet net.ipv4.conf.lo.rp_filter |
		tr '\n' ' '
}

add_lo() { # WORDS...
	fl add lo "$@" name x >/dev/null 2>"$tmp/err" ||
		tap_fail "add lo $*" "$(cat "$tmp/err")"
}

# Round trips with a rule: the request and its answer both go out and come in.
test_delay() { # MIN_US WORDS...
	local min=$1 a text

	shift
	for a in $addresses; do
		add_lo "$@"
		text=$(pings "$a")
		fl del lo x -q
		tap_is "${text% *}" "10 0" "$*: all of $a arrive, once"
		tap_ok "$*: $a not before $min us: ${text##* }" \
			test "${text##* }" -ge "$min"
	done
}

test_duplicate() { # WAY
	local a text copies

	for a in $addresses; do
		add_lo "$1" dst "$a" duplicate 100%
		text=$(pings "$a")
		fl del lo x -q
		# Requests and answers are both sent to this address: each
		# request comes twice, and each of its answers twice again;
		# but ping ends with the tenth answer.
		copies=${text#* }
		tap_ok "$1 duplicate: copies reach $a: $text" \
			test "${text%% *}" = 10 -a "${copies% *}" -ge 27
	done
}

# SYNs that were sent again.
retransmitted() {
	at "$near" awk '/^Tcp:/ && $13 ~ /[0-9]/ { print $13 }' /proc/net/snmp
}

test_reject() { # WAY
	local a before

	for a in $addresses; do
		add_lo "$1" proto tcp dport 99 reject
		before=$(retransmitted)
		at "$near" timeout 5 bash -c "</dev/tcp/$a/99" 2>"$tmp/said"
		tap_ok "$1 reject: $a is told" grep -q refused "$tmp/said"
		tap_is "$(retransmitted)" "$before" "$1 reject: and at once"
		fl del lo x -q
	done
}

e2e_namespace "$near"

at "$near" ip addr add 10.79.0.1/32 dev lo
at "$near" ip addr add fd79::1/128 dev lo nodad
# The strictest setting: it must not matter.
at "$near" sysctl -qw net.ipv4.conf.all.rp_filter=1
before=$(conf)
tap_is "$before" "0 0 0 " "lo as it comes"
tap_ok "attach" fl attach lo --seed 3
tap_is "$(conf)" "$before" "attach alone changes no setting"
add_lo in loss 0%
tap_is "$(conf)" "$before" "nor does a loss"
fl del lo x -q
test_delay 20000 out delay 10ms
test_delay 20000 in delay 10ms
test_delay 40000 both delay 10ms
tap_is "$(conf)" "1 1 0 " "lo lets packets without a route in"
at "$near" sysctl -qw net.ipv4.conf.lo.accept_local=0
tap_is "$(stats .degraded lo)" true "stats says when one is turned off"
at "$near" sysctl -qw net.ipv4.conf.lo.accept_local=1
test_duplicate out
test_duplicate in
test_reject out
test_reject in
tap_is "$(stats '.totals.skipped' lo)" 0 "nothing was skipped"
tap_ok "detach" fl detach lo
tap_is "$(conf)" "$before" "detach restores the settings"

# What somebody had set stays set.
at "$near" sysctl -qw net.ipv4.conf.lo.route_localnet=1
tap_ok "attach again" fl attach lo
add_lo out delay 1ms
tap_is "$(conf)" "1 1 0 " "with one of them set before"
tap_ok "detach again" fl detach lo
tap_is "$(conf)" "0 1 0 " "that one stays"
tap_done
