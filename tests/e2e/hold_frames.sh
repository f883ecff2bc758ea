#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
# Packets that the hold process has held are what they were: large ones, those
# that stand for many, those whose checksum was yet to be computed, with their
# mark and priority; and the process gives the memory back.
# shellcheck source=../lib/owd.sh
. "$(dirname "$0")/../lib/owd.sh"

# In turns both ways: the words of hold_frames.py.
arrives() { # NAME KIND KEY=VALUE...
	local name=$1 kind=$2

	tap_ok "out: $name" python3 "$root/tests/e2e/hold_frames.py" \
		"$kind" "$near" "$far" $far4 "${@:3}"
	tap_ok "in: $name" python3 "$root/tests/e2e/hold_frames.py" \
		"$kind" "$far" "$near" $near4 "${@:3}"
	tap_ok "out, IPv6: $name" python3 "$root/tests/e2e/hold_frames.py" \
		"$kind" "$near" "$far" $far6 "${@:3}"
}

# Of the worker, which is the younger one of our two, in KiB.
memory() {
	awk '/^RssAnon:/ { print $2 }' \
		"/proc/$(e2e_holders | sort -n | tail -1)/status"
}

has_little() {
	[ "$(memory)" -lt 6000 ]
}

test_sizes() { # MTU
	at "$near" ip link set fla mtu "$1"
	at "$far" ip link set flb mtu "$1"
	arrives "MTU $1: large ones" datagrams size=$(($1 - 100)) count=20
	arrives "MTU $1: of a few bytes" datagrams size=1 count=50
	arrives "MTU $1: a buffer of many" datagrams size=40000 count=5 \
		segment=1200
	arrives "MTU $1: a stream" stream size=20000000
}

# The first and the last byte of the largest packet that there is.
test_largest() {
	at "$near" ping -q -c 3 -i 0.1 -s 65507 $far4 >"$tmp/ping"
	tap_like "$(cat "$tmp/ping")" " 0% packet loss" "65,535 bytes"
	check "they were delayed" "$(awk -F'[ /]' '/^rtt/ { print $7 }' \
		"$tmp/ping") > 10"
}

# Where the checksum is to be: whoever completes it writes there.
test_checksums() {
	local size

	for size in 1001 15000 20000 60001; do
		tap_ok "the checksum of $size bytes is completed in its place" \
			python3 "$root/tests/e2e/hold_frames.py" checksums \
			"$near" "$far" $far4 size=$size device=flb
	done
}

# The kernel cuts buffers of 64 KB up on their way to the process, which lo has
# all the time: each was held once, and is released once.
test_pieces() {
	at "$near" ip link set lo mtu 65536 up
	tap_ok "attach lo" fl attach lo --engine hold --seed 7
	fl add lo out proto tcp delay 1ms name tcp -q >/dev/null
	fl add lo out proto udp delay 5s name udp -q >/dev/null
	tap_ok "a stream on lo" python3 "$root/tests/e2e/hold_frames.py" \
		stream "$near" "$near" ::1 size=30000000
	tap_ok "another" python3 "$root/tests/e2e/hold_frames.py" \
		stream "$near" "$near" 127.0.0.1 size=30000000
	tap_is "$(rule tcp held lo)" 0 "all of it was released"
	at "$near" "$tools/e2e_udp" 127.0.0.1 9 50 >/dev/null
	tap_is "$(stats '.totals.held' lo)" 50 \
		"and what is held besides is not taken for released"
	tap_ok "detach lo" fl detach lo --now
}

# Behind our hook, and so behind the process, a filter takes only what has the
# mark, and a class what has the priority.
test_marks() {
	at "$near" tc qdisc add dev fla root handle 1: htb default 2
	at "$near" tc class add dev fla parent 1: classid 1:2 htb rate 1gbit
	at "$near" tc class add dev fla parent 1: classid 1:5 htb rate 1gbit
	at "$near" tc qdisc add dev fla clsact 2>/dev/null
	# ld mark; jeq 7, next, after next; ret TC_ACT_UNSPEC; ret TC_ACT_SHOT
	at "$near" tc filter add dev fla egress pref 99 bpf da bytecode \
		'4,32 0 0 4294963220,21 0 1 7,6 0 0 4294967295,6 0 0 2' ||
		e2e_bail "no cls_bpf"
	arrives_marked 7 $((0x10005))
	tap_is "$(at "$near" tc -s class show dev fla classid 1:5 |
		awk '/Sent/ { print $4 }')" 10 "and they have the priority"
	add out proto udp dport 7101 delay 5ms name other
	owd out port=7101 count=10 pps=1000 wait=1e8 >"$tmp/unmarked"
	tap_is "$(of received "$(cat "$tmp/unmarked")")" 0 \
		"others do not have the mark"
	at "$near" tc filter del dev fla egress pref 99
	at "$near" tc qdisc del dev fla root
}

arrives_marked() { # MARK PRIORITY
	tap_ok "mark $1, priority $2" python3 \
		"$root/tests/e2e/hold_frames.py" datagrams "$near" "$far" \
		$far4 size=100 count=10 mark="$1" priority="$2"
}

# What is held is in memory, and what is not is not.
test_memory() {
	local before most

	tap_ok "little memory" e2e_until has_little
	before=$(memory)
	add out proto udp dport 7001 delay 400ms name long
	owd_start "$tmp/long" out port=7001 count=16000 pps=40000 size=1400
	sleep 0.6
	most=$(memory)
	owd_wait
	check "16,000 packets of 1,400 bytes, KiB" "$most > $before + 8000" \
		"$(cat "$tmp/long")"
	tap_ok "little memory again" e2e_until has_little
	tap_diag "$(memory) KiB"
	fl del fla long >/dev/null 2>&1
}

e2e_hosts
tap_ok "attach" fl attach fla --engine hold --seed 7 || tap_done
add both proto udp dport 7100 delay 5ms name u
add both proto tcp delay 5ms name t
add both proto icmp delay 5ms name i
test_sizes 65535
test_largest
test_checksums
test_sizes 9000
test_sizes 1500
test_marks
test_memory
test_pieces
tap_is "$(stats '[.totals.skipped, .totals.lost] | @text')" "[0,0]" \
	"all of them were held, and none was lost"
whole "all"
fl detach fla >/dev/null 2>&1
tap_done
