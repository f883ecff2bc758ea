#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
# Jitter, its distributions, and who overtakes whom: beside netem and the
# formulae, both ways. For tools/vmtest --virtual-time.
# shellcheck source=beside.sh
. "$(dirname "$0")/beside.sh"

# Of so many values the distance to the distribution they are drawn from is
# beyond 0.027 once in a million times. Ours may be by so much further from the
# formula than netem's are. The process of the engine hold shares the one
# processor here with the traffic, and is some 0.1 ms late: at most what 2 % of
# a deviation of 5 ms are worth.
count=10000
declare -A most=([ours]=0.027 [hold]=0.05) margin=([ours]=0.012 [hold]=0.035)
declare -A distributions=([theirs]="uniform normal pareto paretonormal"
	[ours]="uniform normal pareto paretonormal" [hold]="normal pareto")

# NAME|NETEM'S WORDS|OURS, where they differ
jitters=("uniform 20+-10|delay 20ms 10ms" "uniform 50+-50|delay 50ms 50ms"
	"correlated|delay 20ms 10ms 50%"
	"reorder|delay 20ms reorder 25%"
	"reorder correlated|delay 20ms reorder 25% 50%"
	"gap|delay 20ms reorder 50% gap 5|delay 20ms reorder 50% gap 5"
	"gap alone|delay 20ms reorder 100% gap 4")

measure_distributions() { # WHO
	local way dist words base pps=5000

	[ "$1" = hold ] && pps=1000
	for way in out in; do
		base=$(of p50 "$(owd $way count=300 pps=1000)")
		for dist in ${distributions[$1]}; do
			words="delay 20ms 5ms distribution $dist"
			[ $dist = uniform ] && words="delay 20ms 5ms"
			"measure_$1" "$way $dist" $way "$words" \
				count=$count pps=$pps base="${base}e3" \
				dist=$dist mean=2e7 sigma=5e6
		done
	done
}

judge_distributions() { # ours|hold
	local way dist name theirs one

	for way in out in; do
		for dist in ${distributions[$1]}; do
			name="$way $dist"
			theirs=${result["theirs $name"]}
			one=${result["$1 $name"]}
			tap_is "$(of received "$one")" $count \
				"$1, $name: all arrive"
			check "$1, $name: KS distance, netem's beside it" \
				"$(of ks "$one") < $(of ks "$theirs") +\
 ${margin[$1]} && $(of ks "$one") < ${most[$1]}" "$theirs"$'\n'"$one"
		done
	done
}

measure_jitters() { # WHO
	local way entry name theirs ours words

	for way in out in; do
		for entry in "${jitters[@]}"; do
			IFS='|' read -r name theirs ours <<<"$entry"
			words=$theirs
			[ "$1" = ours ] && words=${ours:-$theirs}
			"measure_$1" "$way $name" $way "$words" count=4000 \
				pps=1000 arrivals="$tmp/arrivals"
			result["$1 $way $name"]+=$(neighbours \
				"$tmp/arrivals")
		done
	done
}

# Of the delays of packets sent one after the other: their correlation, and how
# many took less than half of the mean.
neighbours() { # FILE
	sort -n "$1" | awk '{
		delay[NR] = ($3 - $2) / 1000
		sum += delay[NR]
	}
	END {
		mean = sum / NR
		for (i = 1; i <= NR; i++) {
			x = delay[i] - mean
			own += x * x
			if (i > 1)
				next_to += x * last
			last = x
			early += delay[i] < mean / 2
		}
		printf " correlation %.3f early %d\n", next_to / own, early
	}'
}

judge_jitters() {
	local way entry name theirs ours

	for way in out in; do
		for entry in "${jitters[@]}"; do
			name="$way ${entry%%|*}"
			theirs=${result["theirs $name"]}
			ours=${result["ours $name"]}
			tap_diag "netem: $theirs"
			tap_diag "ours:  $ours"
			tap_is "$(of received "$ours")" 4000 "$name: all arrive"
			check "$name: reordered, ours and netem's" \
				"$(within reordered 0.1 150)"
			check "$name: mean, us" "$(within mean 0.06 200)"
			check "$name: deviation, us" "$(within sd 0.15 100)"
			check "$name: correlation of neighbours" \
				"$(within correlation 0 0.1)"
			check "$name: less than half of the mean" \
				"$(within early 0.1 80)"
		done
	done
}

# Within a flow, and only there.
test_ordered() { # WAY
	local line

	add "$1" proto udp delay 20ms 10ms ordered name o
	line=$(owd "$1" count=3000 pps=1000 flows=4)
	tap_is "$(of received "$line") $(of reordered "$line")" "3000 0" \
		"$1: ordered: none reordered"
	check "$1: ordered: later than without, us" \
		"$(of mean "$line") > 20000 && $(of p999 "$line") < 30500" \
		"$line"
	none
}

# Sparse packets, which nothing else wakes.
test_sparse() {
	local way who base

	for way in out in; do
		for who in theirs ours; do
			check "$way: sparse 50+-50 ms: tenth, us" \
				"$(of p10 "${result["$who $way sparse"]}") >\
 5500 && $(of p10 "${result["$who $way sparse"]}") < 15000"
		done
	done
}

measure_sparse() { # WHO
	local way

	for way in out in; do
		"measure_$1" "$way sparse" $way "delay 50ms 50ms" count=600 \
			pps=20
	done
}

beside_hosts
for part in distributions jitters sparse; do
	measure_$part theirs
done
attach
for part in distributions jitters sparse; do
	measure_$part ours
done
judge_distributions ours
judge_jitters
test_sparse
for way in out in; do
	test_ordered $way
done
detach
attach hold
measure_distributions hold
judge_distributions hold
for way in out in; do
	test_ordered $way
done
detach
tap_done
