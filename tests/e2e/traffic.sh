#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
# Real programs over a real link, in every attach mode: what ping and iperf3
# missed is what we say we dropped, to the packet.
# shellcheck source=../lib/hosts.sh
. "$(dirname "$0")/../lib/hosts.sh"

e2e_hosts
e2e_iperf_server "$near" 5201
e2e_iperf_server "$far" 5202
e2e_web_server "$near"

overflows() { # NS: datagrams that the receiving socket had no room for
	at "$1" cat /proc/net/snmp /proc/net/snmp6 | awk '
		$1 == "Udp:" && $2 + 0 == $2 { n += $6 }
		$1 == "Udp6RcvbufErrors" { n += $2 }
		END { print n + 0 }'
}

ping_missed() { # NS ARGS...
	at "$1" timeout 60 ping -q -i 0.002 -W 1 "${@:2}" |
		awk '/transmitted/ { print $1 - $4 }'
}

test_ping() { # MODE WORD ADDR
	local mode=$1 proto=$2 address=$3 missed

	fl add fla in proto "$proto" loss 5% name pi seed 1 >/dev/null 2>&1
	fl add fla out proto "$proto" loss 5% name po seed 2 >/dev/null 2>&1
	missed=$(ping_missed "$far" -c 1500 "$address")
	tap_is "$(stats '[.rules[].dropped] | add')" "$missed" \
		"$mode: $proto: ping missed what we dropped ($missed of 1500)"
	tap_is "$(rule pi packets)" 1500 "$mode: $proto: each request counted"
	tap_is "$(rule po packets)" "$(rule pi passed)" \
		"$mode: $proto: a reply to each request that was let in"
	fl del fla all >/dev/null 2>&1
}

# Not the last ones: the receiver cannot know that more was sent. The first of
# the flow is iperf3's hello, so 7,899 of 8,000 are for the rule.
test_udp() { # MODE DIRECTION CLIENT_NS SERVER_NS ADDR PORT
	local mode=$1 way=$2 client=$3 server=$4 address=$5 port=$6
	local lost name="$1: UDP $2 to $5" before overflowed dropped

	fl add fla "$way" proto udp dport "$port" len 500- packets 1-7900 \
		loss 3% name u seed 3 >/dev/null 2>&1
	before=$(overflows "$server")
	lost=$(at "$client" timeout 60 iperf3 -J -u -c "$address" -p "$port" \
		-b 40M -l 1000 -k 8000 | jq -r .end.sum.lost_packets)
	overflowed=$(($(overflows "$server") - before))
	tap_is "$(rule u packets)" 7899 "$name: every datagram was decided on"
	dropped=$(rule u dropped)
	# A receiver that overflows may not see the last ones.
	tap_ok "$name: iperf3 lost what we dropped ($lost, $dropped)" test \
		"$lost" -ge $((dropped - overflowed)) -a \
		"$lost" -le $((dropped + overflowed))
	tap_ok "$name: some were lost" test "$lost" -gt 0
	fl del fla all >/dev/null 2>&1
}

test_tcp() { # MODE DIRECTION ADDR
	local mode=$1 way=$2 address=$3 json dropped retransmits

	fl add fla "$way" proto tcp port 5201 loss nth 60 name t >/dev/null 2>&1
	json=$(at "$far" timeout 60 iperf3 -J -c "$address" -p 5201 -n 20M \
		"${@:4}")
	dropped=$(rule t dropped)
	retransmits=$(jq -r '.end.sum_sent.retransmits' <<<"$json")
	tap_ok "$mode: TCP $way to $address: 20 MiB got through" test \
		"$(jq -r '.end.sum_sent.bytes // 0' <<<"$json")" -ge 20971520
	tap_ok "$mode: TCP $way to $address: some were lost ($dropped)" \
		test "$dropped" -gt 0
	tap_ok "$mode: TCP $way to $address: retransmitted ($retransmits)" \
		test "$retransmits" -gt 0
	fl del fla all >/dev/null 2>&1
}

test_web() { # MODE
	local way sum

	sum=$(sha256sum <"$tmp/web/big")
	for way in in out; do
		fl add fla $way proto tcp port 8080 loss 2% name w seed 5 \
			>/dev/null 2>&1
		tap_is "$(at "$far" timeout 50 curl -s -m 45 \
			"http://$near4:8080/big" | sha256sum)" "$sum" \
			"$1: curl under 2 % loss $way: the file is whole"
		tap_ok "$1: the web traffic was in the rule ($way)" \
			test "$(rule w packets)" -gt 5
		fl del fla all >/dev/null 2>&1
	done
	fl add fla in proto tcp dport 8080 blackhole name w >/dev/null 2>&1
	at "$far" curl -s -m 1 "http://$near4:8080/word" >/dev/null
	tap_is $? 28 "$1: curl times out when every request is lost"
	tap_is "$(at "$far" ping -q -c 20 -i 0.01 $near4 |
		grep -c ' 0% packet loss')" 1 "$1: ping goes on meanwhile"
	fl del fla all >/dev/null 2>&1
	tap_is "$(at "$far" curl -s -m 5 "http://[$near6]:8080/word")" hello \
		"$1: with the rule gone curl works (IPv6)"
}

test_mode() { # MODE ATTACH_ARGS...
	local mode=$1 seen

	shift
	tap_ok "$mode: attach" fl attach fla --seed 7 "$@" || return
	test_ping "$mode" icmp $near4
	test_ping "$mode" icmp6 $near6
	test_udp "$mode" in "$far" "$near" $near4 5201
	test_udp "$mode" in "$far" "$near" $near6 5201
	test_udp "$mode" out "$near" "$far" $far4 5202
	test_udp "$mode" out "$near" "$far" $far6 5202
	test_tcp "$mode" in $near4
	test_tcp "$mode" in $near6
	test_tcp "$mode" out $near4 -R
	test_tcp "$mode" out $near6 -R
	test_web "$mode"
	seen=$(stats '.totals | .packets - .passed - .dropped')
	tap_is "$seen" 0 "$mode: seen = passed + dropped"
	tap_ok "$mode: detach" fl detach fla
}

wanted() { # MODE: all, or those named on the command line
	[ -z "$modes" ] || [[ " $modes " == *" $1 "* ]]
}

modes=$*
[ -z "${E2E_QUICK-}" ] || modes=${modes:-native}
for mode in native generic tc; do
	wanted $mode && test_mode $mode --mode $mode
done
if wanted tcx; then
	# A final verdict: no clsact filter would ever run behind it.
	if e2e_foreign "$near" fla tcx-out 0 &&
		e2e_foreign "$near" fla tcx-in 0; then
		test_mode tcx --mode tc
		tap_is "$(at "$near" tc qdisc show dev fla |
			grep -c clsact)" 0 "tcx: no clsact was made"
	else
		tap_skip "no tcx in this kernel: before 6.6"
	fi
fi
tap_done
