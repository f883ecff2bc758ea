#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
# check: long
# What native XDP cannot do is done by a program at tc ingress, attached by the
# first rule that needs it: beside others' programs, killed or not, and gone
# after detach. And where there is no such place, rules are refused.
# shellcheck source=../lib/hosts.sh
. "$(dirname "$0")/../lib/hosts.sh"

rounds=${E2E_QUICK:+6}
rounds=${rounds:-20}
e2e_hosts
needs=("duplicate 1%" reject "corrupt 1%" "corrupt 1% silent" "mark-ce 1%"
	"mangle ttl 1" "mangle dscp cs1")

late() { # whether the late program is there, as a filter or by a tcx link
	{
		at "$near" tc filter show dev fla ingress | grep faultline_late
		find "$FAULTLINE_RUN/bpf" -name in_link 2>/dev/null
	} | wc -l
}

names() {
	fl list fla -j | jq -r '.rules[].name' | xargs
}

# Does it say why, and is nothing left of it?
refused() { # PATTERN RULE...
	local status

	fl add fla "${@:2}" >"$tmp/out" 2>"$tmp/err"
	status=$?
	tap_is "$status $(wc -l <"$tmp/err") $(names)" "3 1 " \
		"$mode: refused: ${*:2}"
	tap_like "$(cat "$tmp/err")" "$1" "$mode: why: $(cat "$tmp/err")"
}

each_impairment() { # FUNCTION
	local need

	for need in "${needs[@]}"; do
		# shellcheck disable=SC2086 # words
		"$1" $need
	done
}

generic_one() { # IMPAIRMENT...
	refused "^faultline: $1.* incoming .*generic" in proto udp "$@"
	tap_ok "$mode: but out: $*" fl add fla out proto udp "$@"
	tap_ok "$mode: and dry-run: $*" fl add fla in proto udp "$@" dry-run
	fl del fla all >/dev/null 2>&1
}

test_refusals() {
	local mode=generic

	fl attach fla --mode generic >/dev/null 2>&1
	each_impairment generic_one
	refused "outgoing.*--exact" out corrupt 1%
	refused "outgoing.*--exact" out proto tcp corrupt 1% payload
	fl detach fla >/dev/null 2>&1
	mode=tc
	fl attach fla --mode tc >/dev/null 2>&1
	refused "incoming.*--exact" in corrupt 1%
	refused "--exact" both proto tcp corrupt 1%
	tap_ok "tc: silent" fl add fla both corrupt 1% silent name s
	tap_ok "tc: not TCP" fl add fla both proto udp corrupt 1% name u
	fl detach fla >/dev/null 2>&1
	mode=native
	fl attach fla --mode native >/dev/null 2>&1
	refused "outgoing.*--exact" both corrupt 1%
	tap_is "$(late)" 0 "native: a refused rule attaches nothing"
	tap_ok "native: in" fl add fla in corrupt 1%
	fl detach fla >/dev/null 2>&1
}

needed_one() { # IMPAIRMENT...
	fl attach fla --mode native >/dev/null 2>&1
	fl add fla in proto udp loss 1% name l >/dev/null 2>&1
	fl add fla out proto udp "$@" name o >/dev/null 2>&1
	tap_is "$(late)" 0 "out $*: not needed yet"
	fl add fla in proto udp "$@" name n >/dev/null 2>&1
	tap_is "$(late) $(stats .degraded)" "1 false" "in $*: needed"
	fl del fla n >/dev/null 2>&1
	tap_ok "again" fl add fla in proto udp "$@" name n
	tap_is "$(late) $(stats .degraded)" "1 false" "in $*: once is enough"
	same_after_detach "in $*"
}

same_after_detach() { # NAME
	fl detach fla >/dev/null 2>&1
	e2e_same_state "$1: detach leaves nothing"
}

sent_twice() { # NAME
	e2e_spawn_at "$near" "$tools/e2e_recv" 9000 5 >"$tmp/received"
	sleep 0.1
	at "$far" "$tools/e2e_udp" $near4 9000 50 >/dev/null
	e2e_kill "$e2e_pid"
	tap_like "$(cat "$tmp/received")" "received 100 .* repeated 50" "$1"
}

test_foreign() {
	local foreign pref

	at "$near" tc qdisc add dev fla clsact
	for pref in 1 2 49152; do
		at "$near" tc filter add dev fla ingress pref $pref protocol \
			all bpf bytecode '1,6 0 0 0' flowid 1:1
		e2e_state >"$tmp/before"
		fl attach fla --mode native >/dev/null 2>&1
		tap_ok "beside a filter of priority $pref" \
			fl add fla in proto udp duplicate 100%
		sent_twice "it works"
		tap_is "$(late)" 1 "it is there"
		same_after_detach "priority $pref"
	done
	at "$near" tc qdisc del dev fla clsact
	if ! e2e_foreign "$near" fla tcx-in -1; then
		tap_skip "no tcx in this kernel: before 6.6"
		return
	fi
	foreign=$e2e_pid
	e2e_state >"$tmp/before"
	fl attach fla --mode native >/dev/null 2>&1
	tap_ok "beside a tcx program" fl add fla in proto udp duplicate 100%
	sent_twice "it works"
	same_after_detach tcx
	e2e_kill "$foreign"
}

# At every system call of "add", or the times that there are.
killed_adds() {
	local call n

	nsenter --net="/run/netns/$near" strace -qq -o "$tmp/trace" \
		"$faultline" "${words[@]}" >/dev/null 2>&1
	sed -n 's/^\([a-z_0-9]*\)(.*/\1/p' "$tmp/trace" | awk '
		{ n[$1]++ }
		$1 == "flock" { locked = 1 }
		locked && !/^exit/ { print $1, n[$1] }' >"$tmp/calls"
	fl detach fla >/dev/null 2>&1
	awk -v most="$rounds" -v all="$(wc -l <"$tmp/calls")" '
		int(NR * most / all) != int((NR - 1) * most / all)' \
		"$tmp/calls" >"$tmp/chosen"
	while read -r call n; do
		fl attach fla --mode native >/dev/null 2>&1
		nsenter --net="/run/netns/$near" strace -qq -o /dev/null \
			-e "inject=$call:signal=KILL:when=$n" \
			"$faultline" "${words[@]}" >/dev/null 2>&1
		after_kill "$call $n"
	done <"$tmp/chosen" 2>/dev/null	# the shell's "Killed"
}

after_kill() { # WHERE
	count=$((count + 1))
	if [ $((count % 2)) -eq 0 ]; then
		fl add fla in proto udp reject name b >"$tmp/err" 2>&1 ||
			bad+=("$1: $(cat "$tmp/err")")
		[ "$(late) $(stats .degraded)" = "1 false" ] ||
			bad+=("$1: late $(late)")
	fi
	fl detach fla >"$tmp/err" 2>&1 || bad+=("$1: $(cat "$tmp/err")")
	e2e_state >"$tmp/after"
	diff "$tmp/before" "$tmp/after" >"$tmp/diff" ||
		bad+=("$1: left: $(head -3 "$tmp/diff")")
}

test_killed() { # NAME
	local bad=() count=0 words=(add fla in proto udp duplicate 5% name a)

	if ! strace -qq -o /dev/null true 2>/dev/null; then
		tap_skip "this kernel does not let strace trace"
		return
	fi
	e2e_state >"$tmp/before"
	fl attach fla --mode native >/dev/null 2>&1
	killed_adds
	tap_is "${bad[*]}" "" "$1: add killed at $count system calls: the\
 next add or detach repairs it"
	tap_ok "there were some" test $count -ge $((rounds / 2))
}

e2e_state >"$tmp/before"
test_refusals
each_impairment needed_one
test_foreign
test_killed "no clsact before"
at "$near" tc qdisc add dev fla clsact
test_killed "a clsact before"
tap_done
