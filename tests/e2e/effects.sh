#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
# check: long
# What rules do besides losing, as the receiver sees it and its kernel counts
# it: copies, damage, marks, header bytes. All numbers are exact.
# shellcheck source=../lib/hosts.sh
. "$(dirname "$0")/../lib/hosts.sh"

n=400
port=9000
e2e_hosts

bound() { # NS PORT
	at "$1" ss -Hluan "sport = :$2" | grep -q .
}

# From one host to the other; what the receiver says goes to the associative
# array got.
declare -A got
udp() { # DIR ADDRESS [TOS]
	local from=$far words

	to=$near
	[ "$1" = in ] || { from=$near to=$far; }
	e2e_spawn_at "$to" "$tools/e2e_recv" $port 5 >"$tmp/received"
	e2e_until bound "$to" $port
	at "$from" "$tools/e2e_udp" "$2" $port $n 100 "${3:-0}" >/dev/null
	e2e_kill "$e2e_pid"
	read -ra words <"$tmp/received"
	got=([received]=${words[1]} [damaged]=${words[3]}
		[repeated]=${words[5]} [ce]=${words[7]} [ect]=${words[9]}
		[ttl]="${words[11]}-${words[12]}"
		[tos]="${words[14]}-${words[15]}")
}

# As jq sees what the one rule did, the sums of its flows among it.
sums='
	def effects: [.duplicated, .corrupted, .marked, .not_ect, .mangled,
		.skipped];
	.rules[0] as $rule | [input.flows[] | .in, .out] |
	{flows: (map(effects) | transpose | map(add)), rule: $rule,
	of_rule: ($rule | effects), whole: ($rule |
	.packets == .passed + .dropped and .failed + .rejected <= .dropped)}'

# Adds a rule for a port of its own, sends, and looks at what must always be
# so. "r NAME" is the rule's number then.
try() { # DIR ADDRESS TOS IMPAIRMENTS...
	local ce

	port=$((port + 1))
	what="$mode $1 ${2%%[.:]*}: ${*:4}"
	before=() after=()
	fl add fla "$1" proto udp dport $port name r "${@:4}" >/dev/null \
		2>"$tmp/err" || tap_fail "$what" "$(cat "$tmp/err")"
	to=$near
	[ "$1" = in ] || to=$far
	ce=$(errors)
	udp "$1" "$2" "$3"
	read -ra before <<<"$ce"
	read -ra after <<<"$(errors)"
	fl stats fla -j >"$tmp/stats"
	fl flows fla -j port $port >"$tmp/flows"
	jq -c "$sums" "$tmp/stats" "$tmp/flows" >"$tmp/sums"
	fl del fla all >/dev/null 2>&1
	tap_is "$(jq -c '[.whole, .flows == .of_rule, .rule.packets,
		.rule.skipped]' "$tmp/sums")" "[true,true,$n,0]" \
		"$what: all packets, none skipped, as its flows"
}

r() { # MEMBER, or a filter of the rule
	jq ".rule | .$1" "$tmp/sums"
}

# Checksum errors and CE marks that the receiver's kernel counted.
errors() {
	at "$to" nstat -asz | awk '
		/UdpInCsumErrors|Udp6InCsumErrors/ { sums += $2 }
		/IpExtInCEPkts|Ip6InCEPkts/ { ce += $2 }
		END { print sums + 0, ce + 0 }'
}

is() { # "GOT..." "WANT..." NAME
	tap_is "$1" "$2" "$what: $3 (${*:2:1})"
}

test_duplicate() { # DIR ADDRESS
	try "$1" "$2" 0 duplicate 100%
	is "${got[received]} ${got[repeated]} $(r duplicated)" \
		"$((2 * n)) $n $n" "each twice"
	try "$1" "$2" 0 duplicate 30%
	is "${got[received]} ${got[repeated]}" \
		"$((n + $(r duplicated))) $(r duplicated)" "as counted"
	try "$1" "$2" 0 duplicate 100% loss nth 4
	is "${got[received]} ${got[repeated]} $(r dropped)" \
		"$((2 * n - n / 4)) $((n - n / 4)) 0" \
		"of two of which one is lost, one is left"
}

test_corrupt() { # DIR ADDRESS
	local part

	for part in payload header ""; do
		# shellcheck disable=SC2086 # no word at all
		try "$1" "$2" 0 corrupt 30% $part
		is "${got[received]} ${got[damaged]}" \
			"$((n - $(r corrupted))) 0" "noticed by checksums"
		[ "$part" = payload ] || continue
		is "$((after[0] - before[0]))" "$(r corrupted)" "by UDP's"
		is "$(r 'corrupted > 50')" true "and there were some"
	done
	try "$1" "$2" 0 corrupt 30% silent
	is "${got[received]} ${got[damaged]} $((after[0] - before[0]))" \
		"$n $(r corrupted) 0" "noticed by the application alone"
}

test_mark() { # DIR ADDRESS
	try "$1" "$2" 2 mark-ce 30%
	is "${got[received]} ${got[ce]} ${got[ect]}" \
		"$n $(r marked) $((n - $(r marked)))" "as counted"
	is $((after[1] - before[1])) "$(r marked)" "also by the kernel"
	try "$1" "$2" 0 mark-ce 100%
	is "${got[received]} ${got[ce]} $(r marked) $(r not_ect)" \
		"$n 0 0 $n" "without ECN they pass"
	try "$1" "$2" 0 mark-ce 100% drop
	is "${got[received]} $(r marked) $(r dropped)" "0 0 $n" \
		"without ECN they are lost"
}

test_mangle() { # DIR ADDRESS
	try "$1" "$2" 2 mangle ttl 5
	is "${got[received]} ${got[ttl]} ${got[tos]}" "$n 5-5 2-2" "the TTL"
	try "$1" "$2" 2 mangle dscp ef
	is "${got[received]} ${got[ttl]} ${got[tos]}" "$n 64-64 186-186" \
		"DSCP, and ECN left alone"
	is "$(r mangled)" $n "counted"
}

test_together() { # DIR ADDRESS
	try "$1" "$2" 2 duplicate 30% loss 10% corrupt 20% silent \
		mark-ce 30% mangle ttl 9 mangle dscp cs1
	is "${got[received]} ${got[damaged]} ${got[ce]}" \
		"$(r 'passed + .duplicated') $(r corrupted) $(r marked)" \
		"copies are made before the rest"
	is "${got[ttl]} ${got[tos]} $(r 'mangled == .passed')" \
		"9-64 2-35 true" "and are as they were sent"
	try "$1" "$2" 2 duplicate 100% corrupt 100% mark-ce 100% \
		mangle ttl 5 mangle dscp ef dry-run
	is "${got[*]}" "$(dry_got)" "nothing changed"
	is "$(jq -c '.rule | [.duplicated, .corrupted, .marked, .mangled,
		.would_duplicated, .would_corrupted, .would_marked,
		.would_mangled]' "$tmp/sums")" \
		"[0,0,0,0,$n,$n,$n,$n]" "what would have been"
}

dry_got() {
	local -A got=([received]=$n [damaged]=0 [repeated]=0 [ce]=0
		[ect]=$n [ttl]=64-64 [tos]=2-2)

	echo "${got[*]}"
}

# Each damaged segment is noticed, and sent again.
test_tcp() { # DIR FAMILY PART
	local server=near$2 client=$far before

	[ "$1" = out ] || { server=far$2 client=$near; }
	server=${!server}
	what="--exact $1 $server: corrupt 2% ${3-}"
	[ "$2" = 4 ] || server=[$server]
	fl add fla "$1" proto tcp corrupt 2% ${3:+"$3"} name r >/dev/null 2>&1
	before=$(tcp_errors "$client")
	tap_ok "$what: a transfer completes" at "$client" curl -gsS -m 30 \
		-o "$tmp/got" "http://$server:8080/big"
	tap_ok "$what: as it was sent" cmp "$tmp/got" "$tmp/web/big"
	jq -c '{rule: .rules[0]}' < <(fl stats fla -j) >"$tmp/sums"
	fl del fla all >/dev/null 2>&1
	is "$(r 'corrupted > 0')" true "some were damaged"
	[ "${3-}" != payload ] ||
		is $(($(tcp_errors "$client") - before)) "$(r corrupted)" \
			"noticed by TCP"
}

tcp_errors() { # NS
	at "$1" nstat -asz TcpInCsumErrors | awk '/^Tcp/ { print $2 }'
}

test_all() { # DIR ADDRESS
	test_duplicate "$@"
	test_corrupt "$@"
	test_mark "$@"
	test_mangle "$@"
	test_together "$@"
}

# The way out is the same in each mode.
for mode in native tc; do
	fl attach fla --mode $mode >/dev/null 2>&1
	test_all in $near4
	[ -n "${E2E_QUICK-}" ] || test_all in $near6
	if [ $mode = native ]; then
		test_all out $far6
		test_corrupt out $far4
		test_mark out $far4
	fi
	fl detach fla >/dev/null 2>&1
done
# Checksums that are complete when they come to us.
mode="native, complete"
at "$far" ethtool -K flb tx off >/dev/null
at "$near" ethtool -K fla tx off >/dev/null
fl attach fla --exact >/dev/null 2>&1
test_corrupt in $near4
test_corrupt out $far6
at "$far" ethtool -K flb tx on >/dev/null
fl detach fla >/dev/null 2>&1
e2e_web_server "$near"
e2e_web_server "$far"
fl attach fla --exact >/dev/null 2>&1
for dir in in out; do
	test_tcp $dir 4 payload
	test_tcp $dir 6 payload
	test_tcp $dir 4
done
tap_done
