#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
# Buffers that stand for several packets: conditions are asked of the packets,
# one decision about several is counted and said, and --exact says whom it does
# not reach. Built by TCP, by UDP_SEGMENT, by virtual machines, by GRO, inside
# of VLANs and tunnels.
# shellcheck source=../lib/hosts.sh
. "$(dirname "$0")/../lib/hosts.sh"

e2e_hosts

# Five buffers of TCP, from near, or from far to it.
buffers() { # DIR FAMILY PAYLOAD GSO [KEY=N...]
	local a=near$2 b=far$2 words=(size="$3" gso="$4" proto=6)

	words+=(flags=16 "${@:5}")
	if [ "$1" = out ]; then
		frames_out 5 src="${!a}" dst="${!b}" "${words[@]}"
	else
		frames 5 src="${!b}" dst="${!a}" "${words[@]}"
	fi
}

# So many buffers of ten datagrams.
segments() { # NS ADDRESS COUNT
	at "$1" "$tools/e2e_udp" "$2" 443 "$3" 12000 0 1200 >/dev/null
}

counts() { # RULE: buffers it took, its wire packets, aggregates, mixed ones
	stats ".rules[] | select(.name == \"$1\") |
		\"\(.packets) \(.segments) \(.aggregates) \(.mixed)\""
}

# What a rule for the packets of those buffers counts.
judged() { # WANT "CONDITIONS" DIR FAMILY PAYLOAD GSO [KEY=N...]
	# shellcheck disable=SC2086
	add "$3" proto tcp port 5000 $2 loss 0% name r
	buffers "${@:3}"
	tap_is "$(counts r)" "$1" "$mode: $2 of ${*:3}"
	none
}

# A buffer of 5 packets, 4 of 1,000 bytes of payload and one of 500.
test_conditions() { # DIR FAMILY [KEY=N...]
	local head=40 full last

	[ "$2" = 4 ] || head=60
	full=$((head + 1000)) last=$((head + 500))
	judged "5 25 5 0" "" "$1" "$2" 4500 1000 "${@:3}"
	judged "0 0 0 0" "len $((full + 1))-" "$1" "$2" 4500 1000 "${@:3}"
	judged "5 25 5 5" "len $full-" "$1" "$2" 4500 1000 "${@:3}"
	judged "5 25 5 5" "len $full" "$1" "$2" 4500 1000 "${@:3}"
	judged "5 25 5 0" "len $last-$full" "$1" "$2" 4500 1000 "${@:3}"
	judged "0 0 0 5" "len 0-$last" "$1" "$2" 4500 1000 "${@:3}"
	judged "0 0 0 0" "len 0-$((last - 1))" "$1" "$2" 4500 1000 "${@:3}"
	judged "5 20 5 0" "len $full" "$1" "$2" 4000 1000 "${@:3}"
}

test_flags() { # DIR FAMILY
	judged "5 25 5 0" "flags ACK" "$1" "$2" 4500 1000 flags=24
	judged "0 0 0 5" "flags PSH" "$1" "$2" 4500 1000 flags=24
	judged "5 25 5 5" "flags !FIN" "$1" "$2" 4500 1000 flags=17
	judged "5 25 5 5" "flags CWR" "$1" "$2" 4500 1000 flags=144
}

# Generic XDP is told of nothing: packets are as long as the MTU, or shorter.
test_guessed() { # FAMILY
	judged "5 20 5 0" "len 20-1500" in "$1" 4500 1000
	judged "0 0 0 0" "len 1501-" in "$1" 4500 1000
	judged "5 20 5 5" "len 1400-" in "$1" 4500 1000
	judged "0 0 0 5" "len 0-1000" in "$1" 4500 1000
}

# One packet per buffer: no aggregates, whatever their length.
test_plain() {
	add in len 1501- loss 0% name long
	add in len 0-1500 loss 0% name short
	at "$far" "$tools/e2e_udp" $near4 9 3 4000 >/dev/null
	at "$far" "$tools/e2e_udp" $near6 9 3 4000 >/dev/null
	at "$far" ping -q -n -c 2 -s 5000 $near4 >/dev/null
	tap_is "$(counts long), $(rule short aggregates)" "0 0 0 0, 0" \
		"$mode: fragments are as long as they are"
	tap_ok "$mode: and there are as many" \
		[ "$(rule short packets)" -ge 26 ]
	none
}

# A black hole for what no wire takes.
test_hole() { # ADDRESS DIR
	add "$2" len 1501- blackhole name hole
	tap_ok "$mode: $2 len 1501- blackhole: TCP to $1 lives" at "$near" \
		curl -gsS -m 20 -o "$tmp/got" "http://$1:8080/big"
	tap_is "$(rule hole packets)" 0 "and nothing was longer than the MTU"
	none
}

# UDP_SEGMENT: 4 buffers of 10 packets.
test_segments() { # DIR FAMILY
	local a=$near b=far$2 head=28 dir=$1

	[ "$2" = 4 ] || head=48
	[ "$1" = out ] || a=$far b=near$2
	add "$dir" proto udp dport 443 len $((head + 1201))- loss 0% name long
	add "$dir" proto udp dport 443 len $((head + 1200)) loss nth 2 name r
	segments "$a" "${!b}" 4
	tap_is "$(counts long), $(counts r), $(rule r dropped)" \
		"0 0 0 0, 4 40 4 0, 2" "$mode: $dir: UDP_SEGMENT to ${!b}"
	none
}

# What is told of one decision for several packets.
test_said() {
	local exact=$1

	fl add fla out proto udp dport 443 loss nth 2 name r 2>"$tmp/err" \
		>"$tmp/out"
	tap_is "$(grep -c "attach --exact" "$tmp/err")" $((1 - exact)) \
		"$mode: add advises --exact where it is not on"
	segments "$near" $far4 4
	fl stats fla >"$tmp/text"
	tap_is "$(stats '"\(.exact) \(.totals.out.aggregates)"')" \
		"$([ "$exact" = 1 ] && echo true || echo false) 4" \
		"$mode: stats counts them"
	if [ "$exact" = 1 ]; then
		tap_like "$(cat "$tmp/text")" \
			"not exact: 4 buffers .* in spite of --exact" \
			"$mode: and says so"
		tap_is "$(grep -c "(--exact)" "$tmp/text")" 0 \
			"$mode: without the advice that was taken"
	else
		tap_like "$(cat "$tmp/text")" \
			"4 buffers of several packets counted .*(--exact)" \
			"$mode: and says so"
	fi
	none
}

has_socket() {
	at "$far" ss -Hlun "sport = :443" | grep -q .
}

# Two buffers to the far host, and what it receives: "received N damaged N
# repeated N".
received() {
	e2e_spawn_at "$far" "$tools/e2e_recv" 443 1 >"$tmp/received"
	e2e_until has_socket
	segments "$near" $far4 2
	wait "$e2e_pid"
	cut -d " " -f 1-6 "$tmp/received"
}

# Twice all of the packets, or none with a wrong bit.
test_effects() { # EXACT
	local count

	add out proto udp dport 443 duplicate 100% name r
	received >"$tmp/count"
	count=$(<"$tmp/count")
	tap_is "$(rule r duplicated) $count" \
		"2 received 40 damaged 0 repeated 20" \
		"$mode: an aggregate is duplicated with all of its packets"
	none
	add out proto udp dport 443 corrupt 100% payload name r
	received >"$tmp/count"
	count=$(<"$tmp/count")
	tap_is "$(rule r corrupted) $(rule r skipped) $count" \
		"0 2 received 20 damaged 0 repeated 0" \
		"$mode: no packet of one is corrupted"
	fl stats fla >"$tmp/text"
	tap_is "$(grep -c "not applied: .* aggregate (--exact)" "$tmp/text") \
$(grep -c "not applied: .* in spite of --exact" "$tmp/text")" \
		"$((1 - $1)) $1" "$mode: and that is said"
	none
}

# Merged on arrival, though the sender sent single packets.
test_gro() {
	at "$far" ethtool -K flb tso off gso off tx-udp-segmentation off \
		>/dev/null 2>&1
	at "$near" ethtool -K fla gro on rx-udp-gro-forwarding on \
		>/dev/null 2>&1
	mode="gro"
	fl attach fla --mode tc >/dev/null 2>&1
	add in proto tcp len 1501- blackhole name long
	add in proto tcp len 1000- loss 0% name r
	add in proto udp len 1228 loss 0% name u
	tap_ok "$mode: a transfer completes" at "$near" \
		curl -sS -m 20 -o "$tmp/got" "http://$far4:8080/big"
	segments "$far" $near4 10
	tap_is "$(rule long packets)" 0 "$mode: none is longer than the MTU"
	tap_is "$(rule u segments)" 100 "$mode: UDP, whoever merges it"
	tap_ok "$mode: of merged packets" [ "$(rule r aggregates)" -gt 0 ]
	fl detach fla >/dev/null 2>&1
	at "$far" ethtool -K flb tso on gso on >/dev/null 2>&1
}

# More than 64 KiB in one buffer.
test_big() {
	at "$near" ip link set fla gso_max_size 180000 2>/dev/null || {
		tap_skip "no BIG TCP: ip or this kernel cannot"
		return
	}
	mode="BIG TCP"
	fl attach fla --mode tc --no-guards >/dev/null 2>&1
	add out len 1501- blackhole name long
	add out len 1500 loss 0% name r
	tap_ok "$mode: a transfer completes" at "$far" \
		curl -gsS -m 20 -o "$tmp/got" "http://[$near6]:8080/big"
	tap_is "$(counts long), $(stats '.rules[] | select(.name == "r") |
		.segments > 600')" "0 0 0 0, true" "$mode: of 1,500 bytes each"
	fl detach fla >/dev/null 2>&1
	at "$near" ip link set fla gso_max_size 65536
}

# On the device below, the packets have more headers than one can see outside.
test_tunnel() { # NAME KIND...
	local ns a b dev=ft$1

	for ns in "$near" "$far"; do
		a=$near4 b=$far4
		[ "$ns" = "$near" ] || { a=$far4 b=$near4; }
		at "$ns" ip link add "$dev" type "${@:2}" local "$a" \
			remote "$b" 2>/dev/null || {
			tap_skip "tunnel $1: this kernel has none"
			return
		}
		at "$ns" ip addr add "10.99.0.${b##*.}/24" dev "$dev"
		at "$ns" ip link set "$dev" up
	done
	mode="tunnel $1"
	fl attach fla --mode tc >/dev/null 2>&1
	add out len 1501- blackhole name long
	add out len 1400-1500 loss 0% name r
	tap_ok "$mode: a transfer completes" at "$far" \
		curl -sS -m 20 -o "$tmp/got" http://10.99.0.2:8080/big
	tap_is "$(rule long packets) $(rule long mixed)" "0 0" \
		"$mode: no packet is longer than the MTU"
	tap_is "$(stats '.rules[] | select(.name == "r") |
		.aggregates > 0 and .segments > 500')" true \
		"$mode: and aggregates are of long ones: $(counts r)"
	fl detach fla >/dev/null 2>&1
	at "$near" ip link del "$dev"
	at "$far" ip link del "$dev"
}

# A tap brings in aggregates of which it does not say how many packets they are.
test_tap() {
	local conf

	e2e_spawn "$tools/e2e_cable" tap "$near" flt "$far" flu >"$tmp/ready"
	e2e_until grep -q ready "$tmp/ready"
	at "$near" ip addr add 10.98.0.1/24 dev flt
	at "$far" ip addr add 10.98.0.2/24 dev flu
	at "$near" ip link set flt up
	at "$far" ip link set flu up
	mode="tap"
	fl attach flt --mode tc --exact >/dev/null 2>&1
	fl add flt in len 1501- blackhole name long >/dev/null 2>&1
	fl add flt in proto tcp len 1000- loss 0% name r >/dev/null 2>&1
	tap_ok "$mode: a transfer completes" at "$near" \
		curl -sS -m 20 -o "$tmp/got" http://10.98.0.2:8080/big
	conf=$(stats '.rules[] | select(.name == "r") | .segments > .packets and
		.aggregates > 0' flt)
	tap_is "$(rule long packets flt) $conf" "0 true" \
		"$mode: its packets are counted, and none is too long"
	tap_like "$(fl stats flt)" "not exact: .* in spite of --exact" \
		"$mode: --exact does not reach the other side"
	fl detach flt >/dev/null 2>&1
}

e2e_web_server "$near"
e2e_web_server "$far"
for mode in native tc generic; do
	fl attach fla --mode $mode --no-guards >/dev/null 2>&1
	for family in 4 6; do
		if [ $mode = native ]; then
			test_conditions out $family
			test_flags out $family
			test_segments out $family
		elif [ $mode = tc ]; then
			test_conditions in $family
			test_flags in $family
			test_segments in $family
		else
			test_guessed $family
		fi
		address=far$family
		[ $family = 4 ] && host=${!address} || host="[${!address}]"
		test_hole "$host" in
		test_hole "$host" out
	done
	[ $mode = native ] && test_conditions out 4 vlan=7
	[ $mode = tc ] && test_conditions in 6 vlan=7
	test_plain
	fl detach fla >/dev/null 2>&1
done
for exact in 0 1; do
	mode="exact $exact"
	words=(--mode tc)
	[ $exact = 0 ] || words+=(--exact)
	fl attach fla "${words[@]}" >"$tmp/out" 2>"$tmp/err"
	[ $exact = 0 ] || tap_like "$(cat "$tmp/out" "$tmp/err")" \
		"does not reach .*UDP_SEGMENT" "--exact says for whom it is not"
	tap_is "$(fl doctor fla | grep -A1 "aggregates" | grep -c -- --exact)" \
		$((1 - exact)) "$mode: doctor advises it where it is not on"
	test_said $exact
	test_effects $exact
	fl detach fla >/dev/null 2>&1
done
test_gro
test_big
test_tunnel gre gretap
test_tunnel ipip ipip
test_tunnel vxlan vxlan id 7 dstport 4789
test_tap
tap_done
