#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
# check: long
# The loss models on real traffic: the receiver misses what we say we lost, as
# often as was asked for, and streams come whole. Their words, and back.
# shellcheck source=../lib/hosts.sh
. "$(dirname "$0")/../lib/hosts.sh"

e2e_hosts
e2e_iperf_server "$near" 5201
e2e_iperf_server "$far" 5202
e2e_web_server "$near"
printf '0001000100 # a remark\n' >"$tmp/trace"
models=(
	"loss 3% burst 3"
	"loss gemodel 1% 40% 90% 0.5%"
	"loss netem 8% 25%"
	"loss state 2% 60% 10% 50% 1%"
	"loss trace $tmp/trace"
)
[ -z "${E2E_QUICK-}" ] || models=("${models[@]:0:3}")

overflows() { # NS: datagrams that the receiving socket had no room for
	at "$1" awk '$1 == "Udp:" && $2 + 0 == $2 { print $6 }' \
		/proc/net/snmp
}

# iperf3's ports are never the same, so neither are the draws: three times the
# interval of 99 %, which chance leaves less than once in a billion.
near_expected() { # NAME
	rule "$1" 'realised | if .high then (.loss - .expected |
		fabs) <= 1.5 * (.high - .low) else true end'
}

# As in traffic.sh: iperf3 cannot miss its last datagrams.
test_udp() { # MODE DIRECTION MODEL
	local client=$far server=$near to=$near4 port=5201 lost before
	local name="$1 $2: $3"

	[ "$2" = out ] && client=$near server=$far to=$far4 port=5202
	# shellcheck disable=SC2086
	add "$2" proto udp dport $port len 500- packets 1-4900 $3 name u
	before=$(overflows "$server")
	lost=$(at "$client" timeout 30 iperf3 -J -u -c $to -p $port -b 100M \
		-l 1000 -k 5000 | jq -r .end.sum.lost_packets)
	lost=$((lost - $(overflows "$server") + before))
	tap_is "$lost of 4899" "$(rule u dropped) of $(rule u packets)" \
		"$name: iperf3 lost what we dropped ($lost)"
	tap_is "$(near_expected u)" true "$name: about as many as asked for"
	none
}

# Sets size to what COMMAND... prints. A stream may stall for minutes, when one
# segment is lost again and again: that is what its rule is for. So it has three
# tries.
transfer() { # LEAST COMMAND...
	local try

	for try in 1 2 3; do
		size=$("${@:2}")
		[ "${size:-0}" -ge "$1" ] && return
		tap_diag "try $try: ${*:2}: $size bytes"
	done
}

by_curl() {
	at "$far" timeout 20 curl -s -m 15 "http://$near4:8080/big" | wc -c
}

by_iperf() { # [-R]
	at "$far" timeout 20 iperf3 -J -c $near4 -p 5201 -n 2M "$@" |
		jq -r '.end.sum_sent.bytes // 0'
}

test_streams() { # MODE DIRECTION MODEL
	local reverse=() size

	[ "$2" = out ] && reverse=(-R)
	# shellcheck disable=SC2086
	add "$2" proto tcp $3 name t
	transfer 1000000 by_curl
	tap_is "$size" 1000000 "$1 $2: $3: curl has the whole megabyte"
	transfer 2097152 by_iperf "${reverse[@]}"
	tap_ok "$1 $2: $3: 2 MiB of TCP" test "$size" -ge 2097152
	fl stats fla -j >"$tmp/stats"
	tap_ok "$1 $2: $3: all accounted for" jq -e '.rules[0] |
		.packets == .passed + .dropped' "$tmp/stats"
	none
}

test_netem() {
	local text

	fl attach fla --seed 7 >/dev/null 2>&1
	text=$(fl add fla in proto udp loss netem 10% 25% name n seed 3 \
		2>&1 >/dev/null)
	tap_like "$text" "netem's correlation.* 1\.75" "the rate is foretold"
	frames 30000 flows=50
	tap_is "$(rule n 'realised | (.expected * 1000 | round), .verdict' |
		paste -sd' ')" "18 inside" "and is what comes of it"
	fl detach fla >/dev/null 2>&1
}

# In any order of words, and back.
test_words() {
	local model line first second words=(
		"loss 1% burst 2.5 duplicate 2% mangle ttl 9"
		"mangle ttl 9 duplicate 2% loss 1% burst 2.5"
		"duplicate 2% mangle ttl 9 loss 1% burst 2.5")

	fl attach fla --seed 7 >/dev/null 2>&1
	for model in "${words[@]}"; do
		# shellcheck disable=SC2086
		add in $model name w
		line=$(fl list fla -q | sed 's/ *#.*//')
		first=${first:-$line}
		tap_is "$line" "$first" "any order: $model"
		none
	done
	for model in "${models[@]}" "loss 1% burst 2.5 scope rule" \
		"loss gemodel 1%" "loss gemodel 1% 20%" "loss state 1%" \
		"loss netem 1%" "loss nth 3 scope rule seed 9" "${words[@]}" \
		"corrupt 1% silent mark-ce 2% drop mangle dscp af11 reject"; do
		# shellcheck disable=SC2086
		add both $model name w
		first=$(fl list fla -j | jq -c '.rules[0] | .rule, .asked')
		line=$(fl list fla -q | sed 's/ *#.*//')
		none
		# shellcheck disable=SC2086
		tap_ok "add takes back $line" fl add $line
		second=$(fl list fla -j | jq -c '.rules[0] | .rule, .asked')
		tap_is "$second" "$first" "which is the same rule"
		none
	done
	fl detach fla >/dev/null 2>&1
}

test_netem
test_words
fl attach fla --mode native >/dev/null 2>&1
for model in "${models[@]}"; do
	for way in in out; do
		test_udp native $way "$model"
		test_streams native $way "$model"
	done
done
fl detach fla >/dev/null 2>&1
fl attach fla --mode tc >/dev/null 2>&1
for way in in out; do
	test_udp tc $way "${models[0]}"
	test_streams tc $way "${models[0]}"
done
fl detach fla >/dev/null 2>&1
tap_done
