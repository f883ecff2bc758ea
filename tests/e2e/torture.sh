#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
# check: limit=4000
# Ended at random moments, and refused system calls: whatever attach, add, del
# and detach had begun, the next command leaves the host byte for byte as it
# was. About 40 s; the long form is
#
#   E2E_KILLS=1000 E2E_CALLS=1500 tests/e2e/torture.sh
#
# E2E_KILLS  how many ends at a random moment, by SIGKILL, SIGINT, SIGTERM or
#            SIGHUP
# E2E_CALLS  how many system calls are refused, evenly spread over all of the
#            four verbs; "all": each, by each of the four errors
# E2E_SEED   of the random numbers; each run names its own
# shellcheck source=../lib/hosts.sh
. "$(dirname "$0")/../lib/hosts.sh"
# shellcheck source=../lib/snapshot.sh
. "$root/tests/lib/snapshot.sh"

kills=${E2E_KILLS:-30}
calls=${E2E_CALLS:-24}
seed=${E2E_SEED:-$((RANDOM << 15 | RANDOM))}
RANDOM=$seed
verbs=(attach add del detach)
ends=(9 9 2 15 1)
errors=(EMFILE ENOMEM EIO EPERM)

declare -A took=()
declare -A hits=() misses=()

pick() { # WORDS... -> $picked
	shift $((RANDOM % $#))
	picked=$1
}

# How the device is to be attached, and the rule whose adding is looked at.
draw_kind() {
	pick "" "" "--mode tc" "--mode generic"
	attach_words=$picked
	pick "" --exact
	attach_words+=" $picked"
	pick "loss 1%" "loss 1%" "delay 200us" "duplicate 2%"
	# What generic XDP does not do.
	case $attach_words in *generic*) picked="loss 1%" ;; esac
	rule_words=$picked
	pick "" "" clsact
	qdisc=$picked
}

# All that comes before the verb; $old and $new: rules before and after it.
prepare() { # VERB
	old='' new='' command=(attach fla)
	[ -z "$qdisc" ] || at "$near" tc qdisc add dev fla clsact
	# shellcheck disable=SC2206
	[ "$1" != attach ] || command+=($attach_words)
	[ "$1" != attach ] || return 0
	# shellcheck disable=SC2086
	fl attach fla $attach_words >/dev/null 2>"$tmp/prepare" &&
		fl add fla in dport 1 loss 1% name a >/dev/null 2>&1
	old="a " new=$old
	# shellcheck disable=SC2206
	command=(add fla out dport 2 $rule_words name b)
	[ "$1" != add ] || new="a b "
	[ "$1" != add ] || return 0
	fl "${command[@]}" >/dev/null 2>&1
	old="a b "
	command=(del fla b)
	[ "$1" != detach ] || { command=(detach fla) && new=; }
}

names() {
	fl list fla -j 2>/dev/null | jq -r '.rules[].name' | sort |
		tr '\n' ' '
}

# The rules are the old ones or the new ones; and then the command after.
fault=
judge() { # VERB
	local now status

	now=$(names)
	case $1-$now in
	attach-* | *-"$old" | *-"$new" | detach-) ;;
	*) fault="rules '$now', not '$old' or '$new'" ;;
	esac
	# One in another network namespace finds it, too.
	if [ $((RANDOM % 4)) -eq 0 ]; then
		at "$far" "$faultline" attach flb >/dev/null 2>&1
		at "$far" "$faultline" detach flb >/dev/null 2>&1
	fi
	pick fla --all
	fl detach "$picked" >"$tmp/next" 2>&1
	status=$?
	[ $status -eq 0 ] || fault="detach: $status: $(cat "$tmp/next")"
	[ -z "$qdisc" ] || at "$near" tc qdisc del dev fla clsact
	snapshot "$near" "$far" >"$tmp/after"
	cmp -s "$tmp/before" "$tmp/after" && return
	# The kernel takes a moment to put some things away.
	sleep 0.3
	snapshot "$near" "$far" >"$tmp/after"
	cmp -s "$tmp/before" "$tmp/after" ||
		fault+=" left: $(diff "$tmp/before" "$tmp/after")"
}

# As before, for whatever comes next, whatever went wrong.
repair() {
	at "$near" tc qdisc del dev fla clsact 2>/dev/null
	fl detach --all >/dev/null 2>&1
	snapshot "$near" "$far" >"$tmp/before"
}

failures=0
check_fault() { # WHAT
	[ -n "$fault" ] || return 0
	failures=$((failures + 1))
	tap_diag "$1, attach$attach_words, $rule_words, ${qdisc:-tcx}:" \
		"$fault"
	fault=
	repair
}

# ---- ended at a random moment ----------------------------------------------

kill_one() { # VERB
	local after status us key

	draw_kind
	prepare "$1"
	pick "${ends[@]}"
	key="$1 $rule_words"
	after=$((RANDOM * ${took[$key]:-50000} / 30000 + 1))
	nsenter --net="/run/netns/$near" "$tools/e2e_kill" "$picked" $after \
		"$faultline" "${command[@]}" >"$tmp/out" 2>&1 3>"$tmp/took"
	read -r status us <"$tmp/took"
	what="$1 ended by signal $picked after $after us"
	case $status in
	$((128 + picked))) hits[$1]=$((${hits[$1]:-0} + 1)) ;;
	0) misses[$1]=$((${misses[$1]:-0} + 1)) ;;
	*) fault="status $status: $(cat "$tmp/out")" ;;
	esac
	# What takes longer than was thought must be hit to its end.
	[ "$status" -ne 0 ] || took[$key]=$((us * 11 / 10))
	judge "$1"
	check_fault "$what"
}

test_kills() {
	local i verb

	for ((i = 0; i < kills; i++)); do
		kill_one "${verbs[i % 4]}"
		[ $((i % 10)) -ne 9 ] || tap_diag "$((i + 1)) ends," \
			"$failures of them left something"
	done
	tap_is $failures 0 "$kills random ends: the next command leaves nothing"
	for verb in "${verbs[@]}"; do
		tap_diag "$verb: ${hits[$verb]:-0} ended," \
			"${misses[$verb]:-0} were done before"
	done
}

# ---- system calls refused --------------------------------------------------

# "VERB NAME NUMBER" of each system call of the verb, from where it begins to
# look at the host: the 9th bpf, the 5th ioctl ...
list_calls() { # VERB
	prepare "$1"
	nsenter --net="/run/netns/$near" strace -qq -o "$tmp/trace" \
		"$faultline" "${command[@]}" >/dev/null 2>&1
	sed -n 's/^\([a-z_0-9]*\)(.*/\1/p' "$tmp/trace" | awk -v verb="$1" '
		{ n[$1]++ }
		/^(socket|statfs|mkdir)/ { begun = 1 }
		begun && !/^(exit|brk|munmap|close|rt_sig|clock_)/ {
			print verb, $1, n[$1] }'
	fl detach --all >/dev/null 2>&1
	[ -z "$qdisc" ] || at "$near" tc qdisc del dev fla clsact
}

refuse_one() { # VERB NAME NUMBER ERROR
	local status

	prepare "$1"
	nsenter --net="/run/netns/$near" timeout -k 5 60 strace -qq \
		-o /dev/null -e "trace=$2" -e "inject=$2:error=$4:when=$3" \
		"$faultline" "${command[@]}" >"$tmp/out" 2>&1
	status=$?
	# To be in the wrong namespace is worse than to end.
	[ $status -lt 124 ] || [ "$2-$status" = setns-134 ] ||
		fault="status $status: $(cat "$tmp/out")"
	[ $status -eq 0 ] || refused=$((refused + 1))
	judge "$1"
	check_fault "$1: $4 by $2, call $3"
}

test_calls() {
	local i=0 verb call number refused=0 all

	if ! strace -qq -o /dev/null true 2>/dev/null; then
		tap_skip "this kernel does not let strace trace"
		return
	fi
	attach_words=" --exact" rule_words="delay 200us" qdisc='' failures=0
	for verb in "${verbs[@]}"; do
		list_calls "$verb"
	done >"$tmp/calls"
	all=$(wc -l <"$tmp/calls")
	if [ "$calls" = all ]; then
		sed p "$tmp/calls" | sed p >"$tmp/chosen"
	else
		awk -v step=$((all / calls + 1)) -v from=$RANDOM \
			'(NR + from) % step == 0' "$tmp/calls" >"$tmp/chosen"
	fi
	while read -r verb call number; do
		refuse_one "$verb" "$call" "$number" "${errors[i % 4]}"
		i=$((i + 1))
		[ $((i % 25)) -ne 0 ] || tap_diag "$i refusals," \
			"after $failures of them something was left"
	done <"$tmp/chosen"
	tap_is $failures 0 "$i of $all system calls refused: the next command \
leaves nothing"
	tap_diag "$refused of them made the command fail"
	tap_ok "and that is most of them" test $((refused * 2)) -gt $i
}

e2e_hosts
tap_diag "E2E_SEED=$seed"
fl attach fla >/dev/null 2>&1
fl detach --all >/dev/null 2>&1
snapshot "$near" "$far" >"$tmp/before"
[ "$kills" = 0 ] || test_kills
[ "$calls" = 0 ] || test_calls
tap_done
