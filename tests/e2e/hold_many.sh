#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
# check: long
# One process holds the packets of all devices, in all network namespaces: how
# much memory and time it takes, and that each device comes and goes alone.
# shellcheck source=../lib/owd.sh
. "$(dirname "$0")/../lib/owd.sh"

devices=${HOLD_DEVICES:-50}
[ -n "${E2E_QUICK-}" ] && devices=10
third=fle-$$-third

e2e_hosts
e2e_namespace "$third"

# Number I in its namespace: every fifth one is in the third.
space() { # I
	[ $(($1 % 5)) -eq 0 ] && echo "$third" || echo "$near"
}

in_space() { # I WORDS...: faultline there
	nsenter --net="/run/netns/$(space "$1")" timeout -k 5 60 \
		"$faultline" "${@:2}"
}

make_devices() {
	local i

	for ((i = 1; i <= devices; i++)); do
		ip link add many$i netns "$(space $i)" type veth \
			peer name peer$i netns "$far"
		at "$(space $i)" ip addr add 10.100.$i.1/24 dev many$i
		at "$far" ip addr add 10.100.$i.2/24 dev peer$i
		at "$(space $i)" ip link set many$i up
		at "$far" ip link set peer$i up
	done
}

attach_all() {
	local i good=0

	for ((i = 1; i <= devices; i++)); do
		in_space $i attach many$i --engine hold --flows 1024 \
			>/dev/null 2>&1 &&
			in_space $i add many$i both proto icmp delay 20ms \
				>/dev/null 2>&1 && good=$((good + 1))
	done
	tap_is $good "$devices" "devices attached, with a rule that delays"
}

rtt() { # I: in ms
	at "$(space "$1")" ping -q -c 3 -i 0.05 -W 2 10.100."$1".2 |
		awk -F'[ /]' '/^rtt/ { print $7 }'
}

is_delayed() { # I
	awk -v rtt="$(rtt "$1")" 'BEGIN { exit !(rtt >= 40) }'
}

# How many are.
count_delayed() {
	local i count=0

	for ((i = 1; i <= devices; i++)); do
		is_delayed $i && count=$((count + 1))
	done
	echo $count
}

delayed() { # COUNT
	[ "$(count_delayed)" = "$1" ]
}

# Of both processes: what is theirs alone and a share of the rest, in KiB.
memory() {
	local pid

	for pid in $(e2e_holders); do
		grep '^Pss:' "/proc/$pid/smaps_rollup"
	done | awk '{ sum += $2 } END { print sum + 0 }'
}

# CPU time of both, in ms.
cpu() {
	local pid

	for pid in $(e2e_holders); do
		cat /proc/"$pid"/task/*/schedstat | cut -d' ' -f1
	done | awk '{ sum += $1 } END { printf "%.3f", sum / 1e6 }'
}

test_memory() {
	check "memory for $devices devices, KiB" "$(memory) < 150 * 1024"
}

test_idle() {
	local before after seconds=10

	sleep 2
	before=$(cpu)
	sleep $seconds
	after=$(cpu)
	# 0.1 % is what it should be; but the machine may be slow.
	check "CPU time when idle, ms in $seconds s" \
		"$after - $before < 5 * $seconds" "$before $after"
	tap_diag "$before to $after ms"
}

test_alone() {
	tap_is "$(e2e_holders | wc -l)" 2 "a worker and its supervisor"
	tap_is "$(e2e_holders | xargs -I{} sh -c 'cat /proc/{}/task/*/comm' |
		sort -u)" faultline "by that name, with all threads"
	tap_ok "all are delayed" e2e_until delayed "$devices"
	in_space 1 detach many1 >/dev/null 2>&1
	check "one detached, ms" "$(rtt 1) < 20"
	tap_ok "the others are delayed" e2e_until delayed $((devices - 1))
	at "$(space 2)" ip link del many2
	tap_ok "one deleted: the others are" e2e_until delayed $((devices - 2))
	tap_is "$(e2e_holders | wc -l)" 2 "by the same processes"
}

test_again() {
	local worker

	e2e_veth_again 1
	e2e_veth_again 2
	tap_ok "both there again: all are delayed" e2e_until delayed "$devices"
	worker=$(e2e_holders | sort -n | tail -1)
	kill -KILL "$worker"
	tap_ok "killed: all are delayed again" e2e_until delayed "$devices"
	tap_is "$(e2e_holders | wc -l)" 2 "by another worker"
}

e2e_veth_again() { # I
	at "$(space "$1")" ip link add many"$1" type veth \
		peer name peer"$1" netns "$far" 2>/dev/null
	at "$(space "$1")" ip addr add 10.100."$1".1/24 dev many"$1" 2>/dev/null
	at "$far" ip addr add 10.100."$1".2/24 dev peer"$1" 2>/dev/null
	at "$(space "$1")" ip link set many"$1" up
	at "$far" ip link set peer"$1" up
	in_space "$1" attach many"$1" --engine hold --flows 1024 \
		>/dev/null 2>&1
	in_space "$1" add many"$1" both proto icmp delay 20ms >/dev/null 2>&1
}

has_none() {
	[ -z "$(e2e_holders)" ]
}

make_devices
attach_all
test_memory
test_idle
test_alone
test_again
fl detach --all >/dev/null 2>&1
tap_is "$(e2e_holders | wc -l)" 2 "those of the other namespace are left"
at "$third" "$faultline" detach --all >/dev/null 2>&1
tap_ok "without devices no process" e2e_until has_none
tap_done
