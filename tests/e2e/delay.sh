#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
# Rules that hold packets, by whichever engine this kernel has: what each word
# means end to end, both ways, by IPv4 and IPv6, what is counted, and what is
# left of it. How exact it is, tests/vm and tools/bench measure: here packets
# may be late, but never early.
# shellcheck source=../lib/owd.sh
. "$(dirname "$0")/../lib/owd.sh"

# How late, in us, the first and most of them may be on a busy machine.
slack=100000
most=1000000

# TEXT's delays are of so many ms, late ones apart.
lasted() { # NAME MS TEXT
	local us=$(($2 * 1000))

	check "$1: $2 ms, us" "$(of min "$3") >= $us - 50 &&\
 $(of min "$3") < $us + $slack && $(of p50 "$3") < $us + $most" "$3"
}

# packets, delayed, passed, dropped, held of a rule.
counts() { # NAME
	stats ".rules[] | select(.name == \"$1\") | [.packets, .delayed,
		.passed, .dropped, .held] | map(tostring) | join(\" \")"
}

attach() {
	e2e_state >"$tmp/before"
	tap_ok "attach" fl attach fla --seed 7
}

detach() { # NAME
	tap_ok "$1: detach" fl detach fla
	e2e_same_state "$1: detach leaves nothing"
}

test_delay() { # WAY
	local line

	add "$1" proto udp delay 20ms name d
	line=$(owd "$1" count=50 pps=500)
	tap_is "$(of received "$line")" 50 "$1: all arrive"
	lasted "$1" 20 "$line"
	line=$(owd6 "$1" count=50 pps=500)
	tap_is "$(of received "$line")" 50 "$1: all of IPv6 arrive"
	lasted "$1 IPv6" 20 "$line"
	tap_is "$(counts d)" "100 100 100 0 0" \
		"$1: seen, delayed, passed, dropped, held"
	whole "$1"
	none
	line=$(owd "$1" count=20 pps=500)
	check "$1: no delay without the rule, us" \
		"$(of min "$line") < 15000" "$line"
}

test_held() { # WAY
	add "$1" proto udp delay 3s name h
	owd_start "$tmp/line" "$1" count=50 pps=1000 wait=9e9
	e2e_until has_seen h 50
	tap_is "$(counts h)" "50 50 0 0 50" "$1: while they wait they are held"
	whole "$1, in flight"
	owd_wait
	tap_is "$(counts h)" "50 50 50 0 0" "$1: then they have passed"
	tap_is "$(of received "$(cat "$tmp/line")")" 50 "$1: all arrive"
	none
}

test_jitter() { # WAY
	local line

	add "$1" proto udp delay 20ms 10ms name j
	line=$(owd "$1" count=400 pps=1000)
	check "$1: 20 ms 10 ms, us" "$(of min "$line") > 9950 &&\
 $(of min "$line") < 12500 + $slack && $(of p90 "$line") > 27000 &&\
 $(of reordered "$line") > 100" "$line"
	none
	add "$1" proto udp delay 20ms 4ms distribution normal name j
	line=$(owd "$1" count=400 pps=1000)
	check "$1: normal, us" "$(of min "$line") > 3000 &&\
 $(of p50 "$line") > 19000 && $(of p99 "$line") > 26000" "$line"
	none
	add "$1" proto udp delay 20ms 10ms ordered name j
	line=$(owd "$1" count=400 pps=1000 flows=4)
	tap_is "$(of received "$line") $(of reordered "$line")" "400 0" \
		"$1: ordered"
	none
}

test_reorder() { # WAY
	local line early

	add "$1" proto udp delay 500ms reorder 25% gap 3 name r
	line=$(owd "$1" count=400 pps=2000 arrivals="$tmp/arrivals")
	early=$(awk '$3 - $2 < 490000000 { n++ } END { print n + 0 }' \
		"$tmp/arrivals")
	# One of 1/p + gap - 1 = 6.
	check "$1: reorder 25% gap 3: ahead" "$early > 40 && $early < 100" \
		"$line"
	tap_is "$(rule r reordered) $(rule r delayed)" \
		"$early $((400 - early))" \
		"$1: counted as reordered and delayed"
	none
}

# A packet of 1400 bytes takes 1153.6 us at 10 Mbit/s.
each=1153.6

# What a queue takes of a burst: its room, what goes meanwhile, and little more.
took_in() { # NAME PACKETS
	local room=$2 gone

	gone=$(awk -v us="$(sent_in "$tmp/arrivals")" -v each=$each \
		'BEGIN { printf "%d", us / each }' </dev/null)
	check "$1: has taken" "$(of received "$line") >= $room - 1 &&\
 $(of received "$line") <= $room + $gone + 3" "$line"
}

test_rate() { # WAY
	local line late

	add "$1" proto udp rate 10mbit queue 10s name r
	line=$(owd "$1" count=300 pps=2000 size=1400 \
		arrivals="$tmp/arrivals")
	read -ra late < <(late_by "$tmp/arrivals" $each)
	check "$1: rate 10mbit: late by us" "${late[0]} > -50 &&\
 ${late[0]} < $slack && ${late[1]} < $most" "$line"
	none
	add "$1" proto udp rate 10mbit queue 50ms name r
	line=$(owd "$1" count=300 pps=0 size=1400 arrivals="$tmp/arrivals")
	took_in "$1: queue 50ms" 43
	tap_is "$(rule r overflow) $(rule r dropped)" \
		"$(of lost "$line") $(of lost "$line")" \
		"$1: counted as overflow"
	none
	add "$1" proto udp rate 10mbit queue 20 name r
	line=$(owd "$1" count=200 pps=0 size=1400 arrivals="$tmp/arrivals")
	took_in "$1: queue 20" 20
	whole "$1: queue 20"
	none
	add "$1" proto udp rate 10mbit queue 50ms ecn name r
	line=$(owd "$1" count=300 pps=0 size=1400 tos=2)
	check "$1: ecn: marked" "$(rule r marked) > 15" "$line"
	none
}

# Packets wait for their slot, and then come together.
test_slot() { # WAY
	local bursts

	add "$1" proto udp slot 50ms name s
	owd "$1" count=300 pps=1000 arrivals="$tmp/arrivals" >"$tmp/line"
	bursts=$(awk '{
		n += NR == 1 || $3 - last > 20000000
		last = $3
	}
	END { print n }' "$tmp/arrivals")
	check "$1: slot 50ms: bursts" "$bursts >= 4 && $bursts <= 12" \
		"$(cat "$tmp/line")"
	check "$1: slot 50ms: half of them wait, us" \
		"$(of p50 "$(cat "$tmp/line")") > 15000" "$(cat "$tmp/line")"
	none
}

test_apart() { # WAY
	local port

	add "$1" proto udp dport 7001 delay 10ms name a
	add "$1" proto udp dport 7002 delay 60ms name b
	for port in 7001 7002 7003; do
		owd_start "$tmp/$port" "$1" port=$port count=80 pps=400
	done
	owd_wait
	lasted "$1: one rule" 10 "$(cat "$tmp/7001")"
	lasted "$1: another" 60 "$(cat "$tmp/7002")"
	check "$1: none, us" "$(of min "$(cat "$tmp/7003")") < 5000"
	tap_is "$(counts a) $(counts b)" "80 80 80 0 0 80 80 80 0 0" \
		"$1: each counts its own"
	none
}

# With what else can be done to a packet.
test_combined() { # WAY
	local line

	add "$1" proto udp loss 30% delay 20ms name c
	line=$(owd "$1" count=200 pps=2000)
	lasted "$1: loss 30%" 20 "$line"
	tap_is "$(counts c)" "200 $(of received "$line") $(of received \
		"$line") $(of lost "$line") 0" "$1: loss 30%: counted"
	check "$1: loss 30%: lost" \
		"$(of lost "$line") > 30 && $(of lost "$line") < 90"
	none
	add "$1" proto udp duplicate 100% delay 20ms name c
	line=$(owd "$1" count=100 pps=2000 expect=200)
	lasted "$1: duplicate" 20 "$line"
	tap_is "$(of received "$line") $(of copies "$line") $(rule c \
		duplicated) $(rule c packets)" "100 100 100 100" \
		"$1: duplicate: every one twice, counted once"
	none
	add "$1" proto udp corrupt 100% payload silent delay 20ms name c
	line=$(owd "$1" count=50 pps=2000)
	tap_is "$(of damaged "$line") $(rule c corrupted)" "50 50" \
		"$1: corrupt silent: all arrive, damaged"
	none
	add "$1" proto udp corrupt 100% payload delay 20ms name c
	line=$(owd "$1" count=50 pps=2000)
	tap_is "$(of received "$line") $(of damaged "$line") $(rule c \
		corrupted)" "0 0 50" "$1: corrupt: the receiver noticed all"
	none
}

# Requests one way and answers the other, through TCP.
test_tcp() {
	local took

	add both proto tcp delay 20ms name t
	took=$(at "$near" curl -s -o "$tmp/got" -w '%{time_total}' \
		"http://$far4:8080/big")
	tap_ok "TCP: a million bytes arrive whole" \
		cmp "$tmp/got" "$tmp/web/big"
	check "TCP: after two round trips, s" "$took > 0.08 && $took < 30"
	took=$(at "$near" curl -gs -o "$tmp/got" -w '%{time_total}' \
		"http://[$far6]:8080/big")
	tap_ok "TCP, IPv6: a million bytes arrive whole" \
		cmp "$tmp/got" "$tmp/web/big"
	whole TCP
	none
}

test_both() {
	local line

	add both proto icmp delay 20ms name p
	line=$(at "$near" ping -n -q -i 0.02 -c 10 -W 1 $far4 |
		sed -n 's,^rtt [^=]*= \([^/]*\)/.*,\1,p')
	check "both: a ping takes twice as long, ms" \
		"$line >= 40 && $line < 140"
	tap_is "$(rule p in.delayed) $(rule p out.delayed)" "10 10" \
		"both: counted by direction"
	none
}

test_del() { # WAY
	add "$1" proto udp dport 7001 delay 200ms name d
	owd_start "$tmp/a" "$1" port=7001 count=200 pps=1000
	owd_start "$tmp/b" "$1" port=7002 count=200 pps=1000
	sleep 0.1
	tap_ok "$1: del with packets in flight" fl del fla d
	owd_wait
	tap_is "$(of received "$(cat "$tmp/a")")" 200 "$1: all of them arrive"
	tap_is "$(of received "$(cat "$tmp/b")")" 200 "$1: and all others"
}

test_detach() { # WAY
	attach || return
	add "$1" proto udp dport 7001 delay 200ms name d
	owd_start "$tmp/a" "$1" port=7001 count=300 pps=1000
	owd_start "$tmp/b" "$1" port=7002 count=300 pps=1000
	sleep 0.15
	detach "$1, packets in flight"
	owd_wait
	tap_is "$(of received "$(cat "$tmp/a")")" 300 "$1: all of them arrive"
	tap_is "$(of received "$(cat "$tmp/b")")" 300 "$1: and all others"
}

test_words() {
	local line status
	local rules=("in delay 10ms" "out proto udp delay 1.5s 20ms 25%"
		"both delay 10ms 2ms distribution pareto ordered"
		"in delay 10ms reorder 25% 50% gap 5"
		"out rate 10mbit overhead -4 cell 53 celloverhead 5"
		"in rate 1mbit queue 100ms ecn" "in delay 1ms queue 50"
		"out slot 10ms 20ms packets 5 bytes 1000"
		"both slot 10ms 1ms distribution normal"
		"in duplicate 1% loss 1% corrupt 1% delay 1ms rate 1gbit")

	for line in "${rules[@]}"; do
		# shellcheck disable=SC2086
		add $line
	done
	fl list fla -q | sed 's/ *#.*//' >"$tmp/first"
	tap_is "$(wc -l <"$tmp/first")" ${#rules[@]} "all are listed"
	none
	tap_ok "add -f takes the list" fl add fla -f "$tmp/first"
	tap_ok "which is then the same" \
		diff <(fl list fla -q | sed 's/ *#.*//') "$tmp/first"
	none
	for line in "delay" "delay 1" "delay 10ms distribution normal" \
		"queue 10ms" "reorder 10%" "rate 0" "slot" "delay 2000s"; do
		# shellcheck disable=SC2086
		fl add fla in $line >"$tmp/out" 2>"$tmp/err"
		status=$?
		tap_is "$status $(wc -l <"$tmp/err")" "2 1" \
			"add in $line: $(cat "$tmp/err")"
	done
	fl add fla in delay 10ms 1ms distribution nosuch >"$tmp/out" \
		2>"$tmp/err"
	tap_is "$? $(cat "$tmp/err")" \
		"1 faultline: nosuch: No such file or directory" \
		"a distribution that is not there"
}

e2e_hosts
e2e_web_server "$far"
attach || tap_done
tap_diag "engine: $(stats .engine)"
for way in out in; do
	for part in delay held jitter reorder rate slot apart combined del; do
		case ${E2E_QUICK:+$way $part} in
		in\ held | in\ jitter | in\ reorder | in\ rate | in\ slot) ;;
		*) undisturbed test_$part $way ;;
		esac
	done
done
undisturbed test_both
undisturbed test_tcp
test_words
detach "all"
test_detach out
[ -n "${E2E_QUICK-}" ] || test_detach in
tap_done
