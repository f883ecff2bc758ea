#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
# The rate of a link with its queue, and slots: beside netem, both ways. For
# tools/vmtest --virtual-time.
# shellcheck source=beside.sh
. "$(dirname "$0")/beside.sh"

# NAME|NETEM'S WORDS|OURS|TRAFFIC. netem's queue is as long as may be.
shapes=(
	"10 Mbit/s|rate 10mbit|rate 10mbit queue 10s|count=1500 pps=1500\
 size=1400"
	"10 Mbit/s after 20 ms|delay 20ms rate 10mbit|delay 20ms rate 10mbit\
 queue 10s|count=1500 pps=1500 size=1400"
	"half of 10 Mbit/s|rate 10mbit|rate 10mbit|count=1000 pps=433\
 size=1400"
	"cells|rate 1mbit 20 48 5|rate 1mbit overhead 20 cell 48 celloverhead\
 5 queue 10s|count=600 pps=1500 size=100"
	"less overhead|rate 1mbit -14|rate 1mbit overhead -14 queue 10s|\
count=600 pps=1500 size=100"
	"slot 20 ms|slot 20ms|slot 20ms|count=2000 pps=1000"
	"slot 10 to 30 ms|slot 10ms 30ms|slot 10ms 30ms|count=4000 pps=1000"
	"slot of 8 packets|slot 20ms 20ms packets 8|slot 20ms 20ms packets 8|\
count=1000 pps=500"
	"slot of 1000 bytes|slot 20ms 20ms bytes 1000|slot 20ms 20ms bytes\
 1000|count=1000 pps=300"
	"slot normal|slot distribution normal 20ms 2ms|slot 20ms 2ms\
 distribution normal|count=2000 pps=1000"
	"slot after 30 ms|delay 30ms slot 20ms|delay 30ms slot 20ms|\
count=1000 pps=1000"
)

# How many bursts arrived, of one packet or more, 2 ms apart from each other;
# and the time from one to the next.
bursts() { # FILE
	awk '{
		us = $3 / 1000
		if (NR == 1 || us - last > 2000) {
			if (!n++)
				first = us
			begin = us
		}
		last = us
	}
	END {
		apart = n > 1 ? (begin - first) / (n - 1) : 0
		printf " bursts %d apart %.0f\n", n, apart
	}' "$1"
}

measure_shapes() { # WHO
	local way entry name theirs ours traffic words

	for way in out in; do
		for entry in "${shapes[@]}"; do
			IFS='|' read -r name theirs ours traffic <<<"$entry"
			words=$theirs
			[ "$1" = ours ] && words=$ours
			# shellcheck disable=SC2086
			"measure_$1" "$way $name" $way "$words" $traffic \
				wait=3e9 arrivals="$tmp/arrivals"
			result["$1 $way $name"]+=$(bursts "$tmp/arrivals")
		done
	done
}

judge_shapes() {
	local way entry name theirs ours traffic word share

	for way in out in; do
		for entry in "${shapes[@]}"; do
			IFS='|' read -r name _ _ traffic <<<"$entry"
			theirs=${result["theirs $way $name"]}
			ours=${result["ours $way $name"]}
			tap_diag "netem: $theirs"
			tap_diag "ours:  $ours"
			traffic=${traffic#*count=}
			tap_is "$(of received "$ours")" "${traffic%% *}" \
				"$way $name: all arrive"
			# How long slots are, and what is in them, is left to
			# chance.
			share=0.005
			[[ $name != slot* ]] || share=0.1
			check "$way $name: a second" "$(within pps 0.03 0)"
			for word in mean p50 p99; do
				check "$way $name: $word" \
					"$(within $word $share 200)"
			done
			[[ $name == slot* ]] || continue
			check "$way $name: bursts" "$(within bursts 0.15 2)"
			check "$way $name: from one to the next, us" \
				"$(within apart 0.15 200)"
		done
	done
}

# 17 Mbit/s into a link of 10: what would wait for too long is lost.
test_queue() { # WAY
	local line lost

	add "$1" proto udp rate 10mbit queue 50ms name q
	line=$(owd "$1" count=3000 pps=1500 size=1400)
	lost=$(of lost "$line")
	# 866.9 packets a second of 1442 bytes, and 50 ms more of them.
	check "$1: queue 50ms: lost" "$lost > 1200 && $lost < 1250" "$line"
	check "$1: queue 50ms: longest wait, us" \
		"$(of max "$line") > 50000 && $(of max "$line") < 51500"
	check "$1: queue 50ms: a second" "$(of pps "$line") > 862 &&\
 $(of pps "$line") < 872"
	tap_is "$(rule q overflow)" "$lost" "$1: counted as overflow"
	none
	add "$1" proto udp rate 10mbit queue 20 name q
	line=$(owd "$1" count=1000 pps=1500 size=1400)
	check "$1: queue 20: longest wait, us" \
		"$(of max "$line") > 20000 && $(of max "$line") < 24500" \
		"$line"
	tap_is "$(rule q overflow)" "$(of lost "$line")" \
		"$1: counted as overflow"
	none
}

# From half of the queue on, those that speak ECN are marked.
test_ecn() { # WAY
	local line

	add "$1" proto udp rate 10mbit queue 50ms ecn name q
	line=$(owd "$1" count=1000 pps=1500 size=1400 tos=2)
	check "$1: ecn: marked" \
		"$(rule q marked) > 500 && $(rule q marked) < 900" "$line"
	none
	add "$1" proto udp rate 10mbit queue 50ms ecn name q
	line=$(owd "$1" count=300 pps=1500 size=1400)
	tap_is "$(rule q marked)" 0 "$1: ecn: none of those that do not"
	none
}

# Each rule and direction has a link of its own.
test_two_links() { # WAY
	local a b

	add "$1" proto udp dport 7001 rate 10mbit queue 10s name a
	add "$1" proto udp dport 7002 rate 5mbit queue 10s name b
	owd_start "$tmp/a" "$1" port=7001 count=800 pps=1500 size=1400 wait=3e9
	owd_start "$tmp/b" "$1" port=7002 count=800 pps=1500 size=1400 wait=3e9
	owd_wait
	a=$(of pps "$(cat "$tmp/a")") b=$(of pps "$(cat "$tmp/b")")
	check "$1: two links: 10 Mbit/s" "$a > 862 && $a < 872"
	check "$1: two links: 5 Mbit/s" "$b > 431 && $b < 436"
	none
}

beside_hosts
measure_shapes theirs
attach
measure_shapes ours
judge_shapes
for way in out in; do
	test_queue $way
	test_ecn $way
	test_two_links $way
done
detach
tap_done
