#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
# check: vm
# Constant delays: as exact as netem's both ways, by either engine, each rule's
# apart from the others', with what is around them left alone. For tools/vmtest
# --virtual-time.
# shellcheck source=../lib/tries.sh
. "$(dirname "$0")/../lib/tries.sh"
# shellcheck source=beside.sh
. "$(dirname "$0")/beside.sh"

delays="0.1 1 10 100"	# ms
# How much further off than netem's a delay may be, in us: the way through our
# devices, and to the process and back.
declare -A margin=([ours]=60 [hold]=300)
# A process has the only processor here when the scheduler lets it, for one
# packet in a hundred or two some ms later: those are only shown.
declare -A quantiles=([ours]="p50 p90 p99" [hold]="p50 p90")

less() { # A B: rounded
	awk -v a="$1" -v b="$2" 'BEGIN { printf "%.1f", a - b }' </dev/null
}

# The path alone.
base() { # WHO WAY
	result["$1 $2 base"]=$(owd "$2" count=300 pps=500)
}

measure_delays() { # WHO
	local way ms

	for way in out in; do
		base "$1" $way
		for ms in $delays; do
			"measure_$1" "$way ${ms}ms" $way "delay ${ms}ms" \
				count=300 pps=500
		done
	done
}

# By how much it is later than the path alone and the delay asked for.
error() { # WHO WAY MS QUANTILE
	awk -v got="$(of "$4" "${result["$1 $2 ${3}ms"]}")" \
		-v base="$(of p50 "${result["$1 $2 base"]}")" \
		-v ms="$3" 'BEGIN { printf "%.1f", got - base - 1000 * ms }' \
		</dev/null
}

judge_delays() { # ours|hold
	local way ms theirs off name

	for way in out in; do
		tap_diag "$1, $way: path alone, us: $(of p50 \
			"${result["theirs $way base"]}"), with faultline\
 $(of p50 "${result["$1 $way base"]}")"
		for ms in $delays; do
			name="$1, $way $ms ms"
			tap_is "$(of received "${result["$1 $way ${ms}ms"]}")" \
				300 "$name: all arrive"
			for q in ${quantiles[$1]}; do
				theirs=$(error theirs $way "$ms" $q)
				off=$(error "$1" $way "$ms" $q)
				check "$name: $q off by us, netem's beside it" \
					"$off < $theirs + ${margin[$1]}" \
					"${result["$1 $way ${ms}ms"]}"
			done
			tap_diag "$name: p99 off by us: $(error "$1" $way \
				"$ms" p99), netem's $(error theirs $way \
				"$ms" p99)"
			# The path alone has a spread of its own.
			check "$name: never early, us" \
				"$(error "$1" $way "$ms" min) > -20"
		done
	done
}

rtt() { # ADDRESS
	at "$near" ping -n -q -i 0.05 -c 20 -w 20 "$1" |
		sed -n 's,^rtt [^=]*= \([^/]*\)/\([^/]*\)/.*,\2,p'
}

test_rtt() {
	local before after address

	for address in $far4 $far6; do
		before=$(rtt $address)
		add both proto icmp delay 10ms
		add both proto icmp6 delay 10ms
		after=$(rtt $address)
		check "10 ms both ways: ping $address, ms" \
			"$after - $before >= 20 && $after - $before < 20.2"
		none
		check "ping $address as before, ms" \
			"$(rtt $address) < $before + 0.03"
	done
}

# Three flows at once, two rules, and none for the third.
test_apart() { # WAY
	local port wants=(1 40 0) bases

	bases=$(of p50 "${result["ours $1 base"]}")
	add "$1" proto udp dport 7001 delay 1ms name a
	add "$1" proto udp dport 7002 delay 40ms name b
	for port in 7001 7002 7003; do
		owd_start "$tmp/$port" "$1" port=$port count=300 pps=300
	done
	owd_wait
	for port in 7001 7002 7003; do
		line=$(cat "$tmp/$port")
		want=${wants[port - 7001]}
		check "$1 port $port: $want ms, us" "$(less "$(of p50 \
			"$line")" "$bases") - $want * 1000 < 150 && $(less \
			"$(of p99 "$line")" "$bases") - $want * 1000 < 600" \
			"$line"
	done
	none
}

# A thousand slow flows in fq's buckets.
test_crowd() { # WAY
	local line

	add "$1" proto udp dport 7002 delay 100ms name slow
	add "$1" proto udp dport 7001 delay 1ms name fast
	owd_start "$tmp/slow" "$1" port=7002 flows=250 count=4000 pps=4000
	sleep 0.3
	line=$(owd "$1" port=7001 count=300 pps=500)
	owd_wait
	check "$1: 1 ms beside 250 flows of 100 ms, us" \
		"$(of p99 "$line") < 2000 && $(of max "$line") < 4000" "$line"
	tap_is "$(of received "$(cat "$tmp/slow")")" 4000 "$1: which all arrive"
	none
}

# 6.1's fq knows a priority that it lets pass at once.
test_priority() { # WAY
	local prio line

	add "$1" proto udp delay 5ms name p
	for prio in 6 7; do
		line=$(owd "$1" count=50 pps=200 prio=$prio)
		check "$1 priority $prio: 5 ms, us" \
			"$(of min "$line") > 5000 && $(of p99 "$line") < 5800" \
			"$line"
	done
	none
}

test_families() { # WAY
	local line

	add "$1" proto udp delay 5ms name p
	line=$(owd6 "$1" count=50 pps=200)
	check "$1 IPv6: 5 ms, us" \
		"$(of min "$line") > 5000 && $(of p99 "$line") < 5800" "$line"
	none
}

# What is in the engine when it is asked is "held".
test_in_flight() { # WAY
	local n

	add "$1" proto udp delay 200ms name h
	owd_start "$tmp/line" "$1" count=400 pps=1000
	for ((n = 0; n < 4; n++)); do
		sleep 0.1
		whole "$1, in flight"
		tap_diag "$(jq -c '.rules[0] | [.packets, .passed, .held]' \
			"$tmp/stats")"
	done
	owd_wait
	tap_is "$(of received "$(cat "$tmp/line")")" 400 "$1: all arrive"
	tap_is "$(rule h packets) $(rule h passed) $(rule h held)" "400 400 0" \
		"$1: none is held any more"
	none
}

# "del" while packets are held: they come nevertheless, and others do not mind.
test_del() { # WAY
	owd_start "$tmp/a" "$1" port=7001 count=400 pps=1000
	owd_start "$tmp/b" "$1" port=7002 count=400 pps=1000
	add "$1" proto udp dport 7001 delay 100ms name d
	sleep 0.2
	none
	owd_wait
	tap_is "$(of received "$(cat "$tmp/a")")" 400 \
		"$1: del with packets in flight: all arrive"
	tap_is "$(of received "$(cat "$tmp/b")")" 400 "$1: others too"
	check "$1: others' delay, us" "$(of p90 "$(cat "$tmp/b")") < 1000"
}

# The same of "detach": with what is around us.
test_detach() { # WAY
	attach
	add "$1" proto udp dport 7001 delay 100ms name d
	owd_start "$tmp/a" "$1" port=7001 count=600 pps=1000
	owd_start "$tmp/b" "$1" port=7002 count=600 pps=1000
	sleep 0.25
	tap_ok "$1: detach with packets in flight" fl detach fla
	owd_wait
	tap_is "$(of received "$(cat "$tmp/a")")" 600 \
		"$1: detach with packets in flight: all arrive"
	tap_is "$(of received "$(cat "$tmp/b")")" 600 "$1: others too"
}

# More than there may be at once.
test_overflow() { # WAY
	local line lost

	tap_ok "attach --held 100" fl attach fla --seed 7 --held 100 || return
	add "$1" proto udp delay 100ms name o
	line=$(owd "$1" count=500 pps=5000)
	lost=$(of lost "$line")
	check "$1: --held 100: of 500 at once" "$lost > 250 && $lost < 450" \
		"$line"
	tap_is "$(rule o overflow) $(rule o dropped)" "$lost $lost" \
		"$1: counted as overflow, and so as dropped"
	whole "$1: overflow"
	detach
}

# What waits for its time would be lost where our devices are not.
test_moved() {
	local third=fle-$$-third

	e2e_namespace "$third"
	e2e_veth flx fly 78
	tap_ok "attach to flx" fl attach flx --engine fq
	tap_ok "a delaying rule" fl add flx both proto icmp delay 5ms
	e2e_move_flx "$third"
	at "$far" ping -q -c 20 -i 0.02 -W 0.5 10.78.0.1 >"$tmp/ping"
	tap_like "$(cat "$tmp/ping")" " 0% packet loss" \
		"moved to another network namespace: nothing is lost"
	# shellcheck disable=SC2154 # of tests/lib/hosts.sh
	tap_ok "detach it there" at "$third" "$faultline" detach flx
	at "$far" ip link del fly
	ip netns del "$third"
}

qdiscs() {
	at "$near" tc qdisc show | grep -vE 'dev fl[0-9a-f]+(out|in)'
}

beside_hosts
measure_delays theirs
at "$near" tc qdisc add dev fla root handle 7: prio bands 4 ||
	e2e_bail "no prio"
# Or attach and detach would have to make and delete one, at a packet's cost.
e2e_has_tcx || at "$near" tc qdisc add dev fla clsact
qdiscs >"$tmp/qdiscs"
e2e_state >"$tmp/before"
attach
tap_diag "$(fl stats fla -j | jq -c '{mode, engine}')"
measure_delays ours
judge_delays ours
qdiscs >"$tmp/qdiscs.with"
tap_ok "the user's own qdiscs are untouched" \
	diff "$tmp/qdiscs" "$tmp/qdiscs.with"
test_rtt
for way in out in; do
	for part in apart crowd priority families in_flight del; do
		test_$part $way
	done
done
detach
for way in out in; do
	test_detach $way
	test_overflow $way
done
test_moved
attach hold
measure_delays hold
judge_delays hold
detach
e2e_same_state "detach leaves nothing"
tap_done
