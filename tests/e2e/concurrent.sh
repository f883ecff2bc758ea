#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
# check: long limit=2000
# Many at once, and killed at any moment: one of two attachers wins, no rule is
# lost, the rules are the old ones or the new ones, the next command works, and
# detach leaves nothing.
# shellcheck source=../lib/hosts.sh
. "$(dirname "$0")/../lib/hosts.sh"

rounds=${E2E_ROUNDS:-24}	# of each verb

e2e_hosts

names() {
	fl list fla -j | jq -r '.rules[].name' | sort -V | tr '\n' ' '
}

test_attachers() {
	local i pids=() wins=0 status other=0

	for i in 1 2 3 4 5 6 7 8; do
		nsenter --net="/run/netns/$near" "$faultline" attach fla \
			>"$tmp/attach.$i" 2>&1 &
		pids+=($!)
	done
	for i in "${pids[@]}"; do
		wait "$i"
		status=$?
		[ $status -eq 0 ] && wins=$((wins + 1))
		[ $status -gt 1 ] && other=$((other + 1))
	done
	tap_is "$wins $other" "1 0" "of 8 that attach at once, one wins"
	tap_is "$(cat "$tmp"/attach.* | grep -c 'already attached')" 7 \
		"and 7 are told in words"
}

test_adders() {
	local i want=''

	for i in {1..20}; do
		nsenter --net="/run/netns/$near" "$faultline" add fla in \
			dport "$i" loss 1% name "p$i" >/dev/null 2>&1 &
		want+="p$i "
	done
	wait
	tap_is "$(names)" "$want" "20 that add at once: every rule is there"
	for i in {1..20}; do
		nsenter --net="/run/netns/$near" "$faultline" del fla "p$i" \
			>/dev/null 2>&1 &
	done
	wait
	tap_is "$(names)" "" "20 that delete at once: none is there"
	for i in {1..10}; do
		nsenter --net="/run/netns/$near" "$faultline" add fla in \
			dport "$i" loss 1% >/dev/null 2>&1 &
	done
	wait
	tap_is "$(names)" "r1 r2 r3 r4 r5 r6 r7 r8 r9 r10 " \
		"10 that add without a name: all get one of their own"
	fl detach fla >/dev/null 2>&1
}

# How long the verb takes, in microseconds.
duration() { # WORDS...
	local begin=${EPOCHREALTIME/./}

	fl "$@" >/dev/null 2>&1
	echo $((${EPOCHREALTIME/./} - begin))
}

# Runs the verb and kills it after so many microseconds.
kill_after() { # MICROSECONDS WORDS...
	local wait pid

	wait=$(printf '0.%06d' "$1")
	shift
	nsenter --net="/run/netns/$near" "$faultline" "$@" >/dev/null 2>&1 &
	pid=$!
	sleep "$wait"
	kill -KILL $pid 2>/dev/null
	wait $pid 2>/dev/null
}

leaves_nothing() { # NAME
	fl detach --all >/dev/null 2>&1
	e2e_same_state "$1: in the end detach leaves nothing"
}

test_killed_attach() {
	local i took bad=0 whole=0

	took=$(($(duration attach fla) * 5 / 4))
	fl detach fla >/dev/null 2>&1
	for ((i = 0; i < rounds; i++)); do
		kill_after $((took * i / rounds)) attach fla
		if fl list fla >/dev/null 2>&1; then
			whole=$((whole + 1))
			[ "$(stats .degraded)" = false ] || bad=$((bad + 1))
			fl detach fla >/dev/null 2>&1
		fi
		fl attach fla >"$tmp/out" 2>&1 || {
			bad=$((bad + 1))
			tap_diag "round $i: $(cat "$tmp/out")"
		}
		fl detach fla >/dev/null 2>&1
	done
	tap_is $bad 0 "attach killed $rounds times ($whole were done by then):\
 the next one works"
	leaves_nothing attach
}

test_killed_rules() {
	local i took bad=0 news=0 now

	fl attach fla >/dev/null 2>&1
	fl add fla in dport 1 loss 1% name a >/dev/null 2>&1
	took=$(($(duration add fla in dport 2 loss 1% name b) * 5 / 4))
	fl del fla b >/dev/null 2>&1
	for ((i = 0; i < 2 * rounds; i++)); do
		kill_after $((took * i / rounds / 2)) add fla in dport 2 \
			loss 1% name b
		now=$(names)
		case $now in
		"a ") ;;
		"a b ") news=$((news + 1)) ;;
		*) bad=$((bad + 1)) && tap_diag "add, round $i: '$now'" ;;
		esac
		fl add fla in dport 3 loss 1% name c >/dev/null 2>&1 ||
			bad=$((bad + 1))
		fl del fla c >/dev/null 2>&1 || bad=$((bad + 1))
		fl del fla b >/dev/null 2>&1
	done
	tap_is $bad 0 "add killed $((2 * rounds)) times ($news were done)"
	for ((i = 0, news = 0; i < rounds; i++)); do
		fl add fla in dport 2 loss 1% name b >/dev/null 2>&1
		kill_after $((took * i / rounds)) del fla b
		now=$(names)
		case $now in
		"a ") news=$((news + 1)) ;;
		"a b ") ;;
		*) bad=$((bad + 1)) && tap_diag "del, round $i: '$now'" ;;
		esac
		fl del fla b >/dev/null 2>&1
	done
	tap_is $bad 0 "del killed $rounds times ($news were done)"
	leaves_nothing "add and del"
}

test_killed_detach() {
	local i took bad=0

	fl attach fla >/dev/null 2>&1
	took=$(duration detach fla)
	for ((i = 0; i < rounds; i++)); do
		fl attach fla >/dev/null 2>&1
		fl add fla both blackhole >/dev/null 2>&1
		kill_after $((took * i / rounds)) detach fla
		fl detach fla >"$tmp/out" 2>&1 || {
			bad=$((bad + 1))
			tap_diag "round $i: $(cat "$tmp/out")"
		}
		at "$far" ping -q -c 1 -W 1 $near4 >/dev/null ||
			bad=$((bad + 1))
	done
	tap_is $bad 0 "detach killed $rounds times: the next one finishes"
	leaves_nothing detach
}

# "NAME NUMBER" of each system call of the verb from its lock on: the 5th
# ioctl, the 9th bpf, ... At most 3 x rounds of them, evenly spread.
calls() { # WORDS...
	nsenter --net="/run/netns/$near" strace -qq -o "$tmp/trace" \
		"$faultline" "$@" >/dev/null 2>&1
	sed -n 's/^\([a-z_0-9]*\)(.*/\1/p' "$tmp/trace" | awk '
		{ n[$1]++ }
		$1 == "flock" { locked = 1 }
		locked && !/^exit/ { print $1, n[$1] }' >"$tmp/calls"
	awk -v most=$((3 * rounds)) -v all="$(wc -l <"$tmp/calls")" '
		int(NR * most / all) != int((NR - 1) * most / all) ||
			all <= most' "$tmp/calls"
}

# Killed on the way into each of them.
test_syscalls() { # "COMMANDS BEFORE" "NAMES BEFORE" "NAMES AFTER" WORDS...
	local setup=$1 old=$2 new=$3 call n now bad=0 count=0

	shift 3
	eval "$setup" >/dev/null 2>&1
	calls "$@" >"$tmp/chosen"
	fl detach fla >/dev/null 2>&1
	while read -r call n; do
		eval "$setup" >/dev/null 2>&1
		nsenter --net="/run/netns/$near" strace -qq -o /dev/null \
			-e "inject=$call:signal=KILL:when=$n" \
			"$faultline" "$@" >/dev/null 2>&1
		now=$(names 2>/dev/null)
		case $now in
		"$old" | "$new") ;;
		*) bad=$((bad + 1)) && tap_diag "$*: $call $n: '$now'" ;;
		esac
		fl attach fla >/dev/null 2>"$tmp/err" ||
			grep -q already "$tmp/err" || {
			bad=$((bad + 1))
			tap_diag "$*: $call $n: $(cat "$tmp/err")"
		}
		fl detach fla >/dev/null 2>&1 || bad=$((bad + 1))
		count=$((count + 1))
	done <"$tmp/chosen" 2>/dev/null	# the shell's "Killed"
	tap_ok "$*: killed at $count of $(wc -l <"$tmp/calls") system calls" \
		test $bad -eq 0 -a $count -gt 10
	leaves_nothing "$*"
}

test_all_syscalls() {
	if ! strace -qq -o /dev/null true 2>/dev/null; then
		tap_skip "this kernel does not let strace trace"
		return
	fi
	test_syscalls : "" "" attach fla
	test_syscalls "fl attach fla
		fl add fla in dport 1 loss 1% name a" "a " "a b " \
		add fla in dport 2 loss 1% name b
	test_syscalls "fl attach fla
		fl add fla in dport 1 loss 1% name a
		fl add fla in dport 2 loss 1% name b" "a b " "a " del fla b
	test_syscalls "fl attach fla
		fl add fla in dport 1 loss 1% name a" "a " "" detach fla
}

e2e_state >"$tmp/before"
test_attachers
test_adders
test_killed_attach
test_killed_rules
test_killed_detach
test_all_syscalls
tap_done
