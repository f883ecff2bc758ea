#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
# check: long
# The process that holds packets is killed, stopped and cut off, under load:
# traffic goes on, undelayed, within $pause ms; what is lost was held, and is
# counted; it is delayed again as soon as may be; and nothing is left behind.
# HOLD_ROUNDS=100 for as many kills and stops.
# shellcheck source=../lib/tries.sh
. "$(dirname "$0")/../lib/tries.sh"
# shellcheck source=../lib/owd.sh
. "$(dirname "$0")/../lib/owd.sh"

pause=100
pps=2000
rounds=${HOLD_ROUNDS:-20}
# A new worker comes after up to so many seconds.
again=3

# The processes of the engine: "PID PARENT", one a line.
processes() {
	local pid

	for pid in $(e2e_holders); do
		echo "$pid $(awk '/^PPid:/ { print $2 }' "/proc/$pid/status")"
	done 2>/dev/null
}

# The one whose parent is of them, and the other.
worker() {
	processes | awk '{ parent[$1] = $2 }
		END { for (p in parent) if (parent[p] in parent) print p }'
}

supervisor() {
	processes | awk '{ parent[$1] = $2 }
		END { for (p in parent) if (!(parent[p] in parent)) print p }'
}

has_worker() { # [BUT_NOT]
	local now

	now=$(worker)
	[ -n "$now" ] && [ "$now" != "${1-}" ]
}

has_none() {
	[ -z "$(processes)" ]
}

our_devices() {
	at "$near" ip -o link | grep -oE '\bfl[0-9a-f]+(out|in)\b' | sort -u
}

has_no_devices() {
	[ -z "$(our_devices)" ]
}

attach() {
	tap_ok "attach" fl attach fla --engine hold --seed 7 || tap_done
	add both proto udp dport 7001 delay 20ms name d
	tap_ok "a worker and its supervisor" e2e_until has_worker
}

# How often nothing arrived for longer than it may, and the longest time, in ms.
pauses() { # FILE
	awk -v limit=$pause '{
		ms = ($3 - last) / 1e6
		if (NR > 1 && ms > limit + 20)
			count++
		if (NR > 1 && ms > most)
			most = ms
		last = $3
	}
	END { printf "%d %.1f", count, most }' "$1"
}

# Traffic both ways, and of another flow, while something happens to the
# process.
load() { # SECONDS
	local count=$((pps * $1)) way

	lost_before=$(stats .totals.lost)
	for way in out in; do
		owd_start "$tmp/$way" $way port=7001 count=$count pps=$pps \
			wait=5e8 arrivals="$tmp/arrivals.$way"
	done
	owd_start "$tmp/others" out port=7002 count=$((count / 4)) \
		pps=$((pps / 4)) wait=5e8
	sleep 0.2
}

# What came of it.
judge() { # NAME DEATHS
	local lost=0 way line others count most counted

	owd_wait
	for way in out in; do
		line=$(cat "$tmp/$way")
		tap_diag "$1: $way: $line"
		read -r count most < <(pauses "$tmp/arrivals.$way")
		# Somebody else may have the processor.
		check "$1: $way: pauses ($count), the longest in ms" \
			"$most < 900"
		lost=$((lost + $(of lost "$line")))
		# 20 ms of them, or what came until it was noticed.
		check "$1: $way: lost" "$(of lost "$line") <=\
 2 * $2 * $pps * $pause / 1000"
	done
	others=$(cat "$tmp/others")
	tap_is "$(of lost "$others")" 0 "$1: of others none is lost"
	check "$1: which are not delayed, us" \
		"$(of p50 "$others") < 1000" "$others"
	e2e_until settled
	whole "$1"
	# What was on its way out when it was killed is counted, too.
	counted=$(jq ".totals.lost - $lost_before" "$tmp/stats")
	check "$1: what is lost is counted" \
		"$counted >= $lost && $counted <= $lost + 4 * $2"
	tap_is "$(jq .totals.held "$tmp/stats")" 0 \
		"$1: none is held any more"
}

holding() {
	[ "$(stats .totals.held)" -gt 0 ]
}

settled() {
	[ "$(stats .totals.held)" = 0 ]
}

# Both ways.
delays() {
	local way

	for way in out in; do
		line=$(owd $way port=7001 count=5 pps=1000 wait=3e8)
		awk -v least="$(of min "$line")" \
			'BEGIN { exit !(least > 19900) }' </dev/null || return
	done
}

delays_again() { # NAME
	tap_ok "$1: delayed as before" e2e_until delays || tap_diag "$line"
}

test_kills() {
	local i pid gone=0

	load $((rounds * again + 1))
	for ((i = 0; i < rounds; i++)); do
		pid=$(worker)
		kill -KILL "$pid" && e2e_until has_worker "$pid" &&
			e2e_until holding && gone=$((gone + 1))
	done
	tap_is $gone $rounds "killed, and another worker held packets"
	judge "$rounds kills" $rounds
	delays_again "after kills"
}

test_stops() {
	local i pid

	load $((rounds / 4 + 1))
	for ((i = 0; i < rounds; i++)); do
		pid=$(worker)
		kill -STOP "$pid"
		sleep 0.15
		kill -CONT "$pid"
		sleep 0.05
	done
	judge "$rounds stops" 0
	delays_again "after stops"
}

# It does not go on by itself.
test_hang() {
	local pid

	pid=$(worker)
	load 3
	kill -STOP "$pid"
	judge "hangs" 1
	tap_ok "hangs: another one came" e2e_until has_worker "$pid"
	delays_again "after a hang"
}

# Stopped for less than that: what it holds is late at most, not lost.
test_stalled() {
	local pid lost

	pid=$(worker)
	lost=$(stats .totals.lost)
	add out proto udp dport 7005 delay 2500ms name long
	owd_start "$tmp/long" out port=7005 count=200 pps=1000 wait=4e9
	sleep 0.4
	kill -STOP "$pid"
	sleep 1.2
	kill -CONT "$pid"
	owd_wait
	tap_is "$(of received "$(cat "$tmp/long")")" 200 \
		"stopped for 1.2 s: all arrive"
	tap_is "$(rule long passed) $(rule long held) $(stats .totals.lost)" \
		"200 0 $lost" "and none is counted as lost"
	fl del fla long >/dev/null 2>&1
}

# What passes because nobody holds it takes up no link.
test_link() {
	local pid line

	pid=$(worker)
	add out proto udp dport 7006 rate 1mbit queue 5000 name link
	kill -STOP "$pid"
	sleep 0.15
	line=$(owd out port=7006 count=300 pps=1000 size=1400)
	kill -CONT "$pid"
	check "undelayed while stopped, us" "$(of p99 "$line") < 20000" "$line"
	tap_ok "delayed again" e2e_until delays
	line=$(owd out port=7006 count=1 size=1400 wait=4e9)
	check "the link is free then, us" "$(of min "$line") > 11000 &&\
 $(of min "$line") < 500000" "$line"
	fl del fla link >/dev/null 2>&1
}

# The worker does not outlive it.
test_supervisor() {
	load 2
	kill -KILL "$(supervisor)"
	judge "without supervisor" 1
	tap_ok "without supervisor: none is left" e2e_until has_none
	tap_ok "a rule starts it anew" \
		fl add fla in proto tcp dport 9 delay 1ms name again
	tap_ok "a worker and its supervisor" e2e_until has_worker
	delays_again "after the supervisor's end"
}

test_detach() {
	tap_ok "detach" fl detach fla
	tap_ok "detach leaves no process" e2e_until has_none
	e2e_same_state "detach leaves nothing"
}

test_device() {
	attach
	load 1
	at "$near" ip link del fla
	owd_wait
	tap_ok "device deleted: its processes end" e2e_until has_none
	fl detach --all >/dev/null 2>&1
	tap_ok "device deleted: ours too" e2e_until has_no_devices
	tap_diag "$(our_devices)"
	find "$FAULTLINE_RUN" -mindepth 1 ! -name lock >"$tmp/left"
}

test_namespace() {
	local pids

	e2e_veth fla flb 77
	e2e_neighbours
	attach
	mapfile -t pids < <(processes | cut -d' ' -f1)
	ip netns del "$near"
	tap_ok "namespace deleted: its processes end" e2e_until gone \
		"${pids[@]}"
}

gone() { # PID...
	local pid

	for pid; do
		[ ! -d "/proc/$pid" ] || return 1
	done
}

e2e_hosts
e2e_state >"$tmp/before"
attach
test_kills
test_stops
test_hang
test_stalled
test_link
test_supervisor
test_detach
test_device
test_namespace
tap_done
