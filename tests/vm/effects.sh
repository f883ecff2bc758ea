#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
# What is done to packets beyond losing them depends on the kernel more than
# anything else does: every effect in every direction, by XDP with a ticket and
# by tc, and nothing that the kernel has to complain of. For tools/vmtest, but
# runs wherever tests/e2e does.
# shellcheck source=../lib/hosts.sh
. "$(dirname "$0")/../lib/hosts.sh"

e2e_hosts

complaints() {
	dmesg | grep -cE 'WARNING|BUG|Oops|Call Trace|bad checksum|refcount'
}

# Whose requests a rule for this direction sees, and where they go.
side() { # in|out
	from=$far to4=$near4 to6=$near6
	[ "$1" = out ] && from=$near to4=$far4 to6=$far6
	:
}

# Prints "SENT RECEIVED DUPLICATES" and keeps what ping said.
pings() { # NS ADDR COUNT [PING_ARGS...]
	at "$1" ping -n -i 0.03 -W 0.5 -c "$3" "${@:4}" "$2" >"$tmp/ping" 2>&1
	awk '/packets tr/ {
		print $1, $4, /duplicates/ ? substr($6, 2) : 0
	}' "$tmp/ping"
}

# In native mode nothing else of ours is at tc ingress: a filter, or a link, of
# which older bpftools do not know.
late_there() {
	{
		at "$near" bpftool net show dev fla | grep ingress
		find "$FAULTLINE_RUN/bpf" -name in_link
	} | wc -l
}

# A rule on requests of both families, as "proto icmp" and "proto icmp6".
test_duplicate() { # MODE
	local way proto to

	for way in in out; do
		side $way
		for proto in icmp icmp6; do
			to=$to4
			[ $proto = icmp6 ] && to=$to6
			add $way proto $proto duplicate 100% name d
			# ping does not wait for the last one's.
			tap_like "$(pings "$from" "$to" 10)" "10 10 (9|10)" \
				"$1: $way $proto: duplicate 100%: DUPs"
			tap_is "$(rule d packets) $(rule d duplicated)" \
				"10 10" "$1: $way $proto: copies not seen twice"
			none
			tap_is "$(pings "$from" "$to" 5)" "5 5 0" \
				"$1: $way $proto: none without the rule"
		done
	done
}

test_corrupt() { # MODE
	local way proto to line size

	for way in in out; do
		side $way
		for proto in icmp icmp6; do
			to=$to4
			[ $proto = icmp6 ] && to=$to6
			for size in 56 1200; do
				add $way proto $proto corrupt 100% payload \
					name c
				line=$(pings "$from" "$to" 8 -s $size)
				tap_is "$line $(rule c corrupted)" \
					"8 0 0 8" "$1: $way $proto $size:\
 corrupt: the receiver noticed every one"
				none
			done
			# Seen by ping unless it hit the time in the front.
			add $way proto $proto corrupt 100% payload silent \
				name c
			line=$(pings "$from" "$to" 8 -s 1200)
			tap_is "$line $(rule c corrupted)" "8 8 0 8" \
				"$1: $way $proto: silent: all arrive"
			tap_ok "$1: $way $proto: silent: the data is wrong" \
				grep -q "wrong data byte" "$tmp/ping"
			none
		done
	done
}

test_corrupt_udp() { # MODE
	local in before after

	for in in $near4 $near6; do
		add in proto udp dport 9999 corrupt 100% payload name c
		before=$(checksum_errors)
		at "$far" "$tools/e2e_udp" $in 9999 20 >/dev/null
		after=$(checksum_errors)
		tap_is "$(rule c corrupted) $((after - before))" "20 20" \
			"$1: in UDP to $in: the kernel counts checksum errors"
		none
	done
}

# Nobody listens, so a datagram that is right is counted as for no port.
checksum_errors() {
	at "$near" cat /proc/net/snmp /proc/net/snmp6 | awk '
		$1 == "Udp:" && $2 + 0 == $2 { n += $8 }
		$1 == "Udp6InCsumErrors" { n += $2 }
		END { print n + 0 }'
}

connects() { # NS ADDR
	at "$1" timeout 5 bash -c "exec 3<>/dev/tcp/$2/7777" 2>&1
}

test_reject() { # MODE
	local way to

	for way in in out; do
		side $way
		for to in "$to4" "$to6"; do
			add $way proto tcp reject name r
			tap_like "$(connects "$from" "$to")" \
				"Connection refused" "$1: $way TCP to $to: RST"
			tap_is "$(rule r rejected)" 1 "$1: counted"
			none
		done
		tap_is "$(connects "$from" "$to4")" "" \
			"$1: $way: connects without the rule"
		add $way proto icmp reject name r
		pings "$from" "$to4" 3 >/dev/null
		tap_is "$(grep -c 'Port Unreachable' "$tmp/ping")" 3 \
			"$1: $way: ICMP tells the sender of pings"
		tap_is "$(rule r rejected)" 3 "$1: $way: counted"
		none
		add $way proto icmp6 reject name r
		pings "$from" "$to6" 3 >/dev/null
		tap_is "$(grep -c 'Port unreachable' "$tmp/ping")" 3 \
			"$1: $way: ICMPv6 tells the sender of pings"
		none
	done
}

# Replies carry what is done to them on their way out, and on their way in.
test_mangle() { # MODE
	local way word proto

	for way in in out; do
		side $way
		# The replies of requests that come from the other side.
		if [ $way = out ]; then side in; else side out; fi
		for proto in icmp icmp6; do
			word=$to4
			[ $proto = icmp6 ] && word=$to6
			add $way proto $proto mangle ttl 77 mangle dscp ef \
				name m
			pings "$from" "$word" 4 >/dev/null
			tap_is "$(grep -cE '(ttl|hlim)=77 ' "$tmp/ping")" 4 \
				"$1: $way $proto: mangle ttl 77: ping shows it"
			tap_is "$(rule m mangled)" 4 "$1: $way $proto: counted"
			none
		done
		side $way
		# ECT(0) is 2 in the last bits of the traffic class.
		add $way proto icmp mark-ce 100% name e
		tap_is "$(pings "$from" "$to4" 4 -Q 2) $(rule e marked)" \
			"4 4 0 4" "$1: $way: mark-ce 100% of ECT: marked"
		tap_is "$(pings "$from" "$to4" 4) $(rule e not_ect)" \
			"4 4 0 4" "$1: $way: the others are not"
		none
	done
}

test_models() { # MODE
	local model

	printf '0001000100\n' >"$tmp/trace"
	for model in "loss netem 20% 25%" "loss 30% burst 3" \
		"loss gemodel 10% 50%" "loss state 10% 50%" \
		"loss netem 20% 25% scope rule" "loss nth 3 scope rule" \
		"loss 20% burst 2 scope rule"; do
		# shellcheck disable=SC2086
		add in proto udp $model seed 5 name l
		frames 200 flows=5
		tap_is "$(($(rule l passed) + $(rule l dropped)))" 200 \
			"$1: $model: all accounted for"
		tap_ok "$1: $model: loses some ($(rule l dropped) of 200)" \
			test "$(rule l dropped)" -gt 0
		none
	done
	add in proto udp loss trace "$tmp/trace" name l
	frames 200
	tap_is "$(rule l packets) $(rule l dropped)" "200 40" \
		"$1: loss trace: exact"
	none
	add in proto icmp duplicate 100% loss nth 2 corrupt 0% mangle ttl 9 \
		name l
	tap_is "$(pings "$far" $near4 10) $(rule l duplicated)" "10 10 5 5" \
		"$1: duplicate and loss nth 2: one of two goes on"
	none
}

test_mode() { # MODE
	e2e_state >"$tmp/before"
	tap_ok "$1: attach" fl attach fla --mode "$1" --seed 7 || return
	[ "$1" = native ] && tap_is "$(late_there)" 0 \
		"$1: the late program is not there before it is needed"
	test_models "$1"
	test_duplicate "$1"
	[ "$1" = native ] && tap_is "$(late_there)" 1 \
		"$1: the late program has come"
	test_corrupt "$1"
	test_corrupt_udp "$1"
	test_reject "$1"
	test_mangle "$1"
	tap_is "$(stats '.totals | .packets - .passed - .dropped')" 0 \
		"$1: seen = passed + dropped"
	tap_ok "$1: detach" fl detach fla
	e2e_same_state "$1: detach leaves nothing"
}

before=$(complaints)
for ns in "$near" "$far"; do
	e2e_spawn_at "$ns" busybox nc -ll -p 7777 -e true >/dev/null 2>&1
	e2e_until e2e_listening "$ns" 7777 || e2e_bail "nobody on 7777"
done
for mode in native tc; do
	test_mode $mode
done
tap_is "$(complaints)" "$before" "the kernel has nothing to complain of"
tap_done
