#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
# check: vm
# TCP through a delay, and what a packet costs that may be delayed or lost:
# beside netem, both ways.
# For tools/vmtest --virtual-time, where the time that instructions take is
# their number.
# shellcheck source=../lib/tries.sh
. "$(dirname "$0")/../lib/tries.sh"
# shellcheck source=beside.sh
. "$(dirname "$0")/beside.sh"

declare -A delays=([out]="0 10 50 100" [in]=50)	# ms
seconds=3
least=0.90		# of netem's throughput
packets=20000		# of each flood
delayed=1.80		# times what netem's packet costs, at most
lost=1.05

# Mbit/s from one host to the other.
tcp() { # WAY
	way "$1"
	at "$from" timeout 60 iperf3 -c "$to4" -p 5201 -t $seconds -C cubic \
		-J >"$tmp/iperf" 2>&1
	jq -r '.end | (.sum_received.bits_per_second / 1e6 | floor |
		tostring) + " retransmits " + (.sum_sent.retransmits |
		tostring)' "$tmp/iperf"
}

measure_tcp() { # WHO
	local way ms

	for way in out in; do
		for ms in ${delays[$way]}; do
			if [ "$1" = theirs ]; then
				theirs $way delay "${ms}ms"
			else
				add $way proto tcp delay "${ms}ms" name t
			fi
			result["$1 $way tcp $ms"]="mbit $(tcp $way)"
			if [ "$1" = theirs ]; then
				theirs_end $way
			else
				whole "$way TCP $ms ms"
				none
			fi
		done
	done
}

ratio() { # A B
	awk "BEGIN { printf \"%.3f\", $1 / $2 }" </dev/null
}

judge_tcp() {
	local way ms theirs ours

	for way in out in; do
		for ms in ${delays[$way]}; do
			theirs=${result["theirs $way tcp $ms"]}
			ours=${result["ours $way tcp $ms"]}
			theirs=$(of mbit "$theirs") ours=$(of mbit "$ours")
			tap_diag "$way TCP $ms ms, Mbit/s: netem $theirs, ours\
 $ours: $(ratio "$ours" "$theirs") of it"
			check "$way TCP $ms ms, Mbit/s, ours and netem's" \
				"$ours >= $least * $theirs"
		done
	done
}

# By the kernel's own generator, to nobody: ns each, from the first to the last.
flood() { # WAY
	local dev=fla dir=/proc/net/pktgen word

	way "$1"
	[ "$1" = in ] && dev=flb
	{
		echo "kpktgend_0 rem_device_all"
		echo "kpktgend_0 add_device $dev"
		for word in "count $packets" "pkt_size 60" "delay 0" \
			"xmit_mode queue_xmit" "dst $to4" \
			"dst_mac 02:00:00:00:00:99" "udp_dst_min 9" \
			"udp_dst_max 9"; do
			echo "$dev $word"
		done
		echo "pgctrl start"
	} | at "$from" sh -c "while read -r file words; do
		echo \"\$words\" >$dir/\$file || exit
	done"
	at "$from" sed -nE 's/^Result: OK: ([0-9]+)\(.*/\1/p' $dir/$dev |
		awk -v n=$packets '{ printf "ns %.0f\n", $1 * 1000 / n }'
}

# Sockets at both ends.
socket_flood() { # WAY
	owd "$1" count=$packets pps=0 size=18 wait=3e8 |
		awk '{ for (i = 1; i < NF; i++) {
			if ($i == "pps")
				pps = $(i + 1)
			if ($i == "received")
				received = $(i + 1)
		} }
		END { printf "ns %.0f received %d\n", 1e9 / pps, received }'
}

measure_paths() { # WHO
	local way kind

	for way in out in; do
		for kind in flood socket_flood; do
			result["$1 $way $kind none"]=$($kind $way)
		done
	done
}

measure_floods() { # WHO WORD VALUE
	local way kind

	for way in out in; do
		for kind in flood socket_flood; do
			if [ "$1" = theirs ]; then
				theirs $way "${@:2}"
			else
				add $way proto udp "${@:2}" name f
			fi
			result["$1 $way $kind $2"]=$($kind $way)
			if [ "$1" = theirs ]; then
				theirs_end $way
			else
				whole "$way $kind $2"
				none
			fi
		done
	done
}

judge_floods() { # WORD LIMIT
	local way kind name path theirs ours

	for way in out in; do
		for kind in flood socket_flood; do
			name="$way, $1, a packet $([ $kind = flood ] &&
				echo "by itself" || echo "of a socket"), ns"
			path=$(of ns "${result["theirs $way $kind none"]}")
			theirs=$(of ns "${result["theirs $way $kind $1"]}")
			ours=$(of ns "${result["ours $way $kind $1"]}")
			tap_diag "$name: path alone $path, with faultline\
 $(of ns "${result["ours $way $kind none"]}"), netem $theirs, ours $ours:\
 $(ratio "$ours" "$theirs") times netem's"
			check "$name, ours and netem's" \
				"$ours < $2 * $theirs"
		done
	done
}

judge_received() {
	local way received

	for way in out in; do
		received=${result["ours $way socket_flood delay"]}
		tap_is "$(of received "$received")" $packets \
			"$way: all of the flood arrive"
	done
}

beside_hosts
for ns in "$near" "$far"; do
	e2e_iperf_server "$ns" 5201
done
measure_tcp theirs
measure_paths theirs
measure_floods theirs delay 1ms
measure_floods theirs loss 1%
# XDP on a veth would take incoming TCP apart, delayed or not.
attach fq --mode tc
measure_tcp ours
measure_paths ours
measure_floods ours delay 1ms
measure_floods ours loss 1%
judge_tcp
judge_floods delay $delayed
judge_floods loss $lost
judge_received
detach
tap_done
