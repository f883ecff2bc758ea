#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
# The devices and the process that hold packets, by whichever engine this
# kernel has: made for the first rule that needs them, made good by the next
# when somebody or something took them away, and gone without a trace.
# shellcheck source=../lib/owd.sh
. "$(dirname "$0")/../lib/owd.sh"

delay=(both proto udp dport 7001 delay 20ms)

# Ours that are there in a namespace, one a line.
helpers() { # [NS]
	at "${1:-$near}" ip -o link show group 1024023 2>/dev/null |
		sed -E 's/^[0-9]+: ([^@:]+).*/\1/' | sort
}

has_no_helpers() {
	[ -z "$(helpers)" ]
}

has_no_process() {
	[ -z "$(e2e_holders)" ]
}

gone() { # NAME [NS]
	tap_is "$(helpers "${2:-$near}")" "" "$1: no helper device is left"
	tap_ok "$1: nor a process" e2e_until has_no_process
}

have_ended() { # PID...
	local pid

	for pid; do
		[ ! -d "/proc/$pid" ] || return 1
	done
}

is_whole() {
	[ "$(stats '"\(.degraded) \(.degraded_why)"')" = "false null" ]
}

is_degraded() {
	[ "$(stats .degraded)" = true ]
}

delays() { # NAME
	local line

	line=$(owd out port=7001 count=20 pps=1000)
	check "$1: delayed, us" "$(of received "$line") == 20 &&\
 $(of min "$line") > 19900" "$line"
}

is_well() { # NAME: packets are delayed again
	tap_ok "$1: not degraded" e2e_until is_whole
	undisturbed delays "$1"
}

repairs() { # NAME
	tap_ok "$1: degraded" e2e_until is_degraded
	tap_diag "$(stats .degraded_why)"
	tap_ok "$1: the next rule makes it good" \
		fl add fla in proto tcp dport 9 delay 1ms
	is_well "$1"
}

test_first() {
	local devices

	e2e_state >"$tmp/before"
	fl attach fla >/dev/null 2>&1
	index=$(at "$near" ip -j link show fla | jq '.[0].ifindex')
	prefix=$(printf 'fl%x' "$index")
	engine=$(stats .engine)
	fl add fla in loss 0% >/dev/null 2>&1
	fl add fla in dry-run delay 1ms >/dev/null 2>&1
	gone "no rule that delays"
	add "${delay[@]}"
	devices="${prefix}in ${prefix}out"
	tap_is "$(helpers | tr '\n' ' ')" "$devices " \
		"engine $engine: the first one makes devices"
	is_well "the first"
	tap_is "$(at "$near" ip -d link show group 1024023 | grep -cE \
		'NOARP,UP,LOWER_UP|addrgenmode none|alias faultline')" \
		$((3 * $(helpers | wc -l))) "quiet ones, with an alias"
	tap_is "$(at "$near" ip -o addr show | grep -c " $prefix")" 0 \
		"without addresses"
	if [ "$engine" = fq ]; then
		tap_like "$(at "$near" tc -d qdisc show dev "${prefix}in")" \
			"buckets 4096 orphan_mask 2097151 nopacing .*\
timer_slack 1us" "with fq as we want it"
	else
		tap_like "$(at "$near" ip link show "${prefix}in")" \
			"qdisc noqueue .*qlen 32767" "with long queues"
	fi
	e2e_state >"$tmp/first"
	add "${delay[@]}"
	tap_ok "the second makes none" \
		diff "$tmp/first" <(e2e_state)
	tap_ok "detach" fl detach fla
	gone "detach"
	e2e_same_state "the host is as before"
}

test_option() {
	local other=fq text

	[ "$engine" = fq ] && other=hold
	tap_like "$(fl doctor | grep "delay engine")" "$engine: " \
		"doctor says $engine as well"
	text=$(fl attach fla --engine nosuch 2>&1)
	tap_is $? 2 "--engine nosuch: $text"
	text=$(fl attach fla --engine $other 2>&1)
	case $? in
	0)
		tap_is "$(stats .engine)" $other "--engine $other"
		add "${delay[@]}"
		is_well "--engine $other"
		;;
	*) tap_is "$? $(wc -l <<<"$text")" "3 1" "--engine $other: $text" ;;
	esac
	fl detach fla >/dev/null 2>&1
	gone "--engine $other"
	tap_is "$(fl attach fla --held 4096 -j | jq -r \
		'"\(.engine) \(.held_max)"')" "$engine 4096" "--held"
	fl detach fla >/dev/null 2>&1
}

# At any moment.
test_killed() {
	local i round after=(5 20 30 40 50 60 80 100 150 300)

	# Where loading the programs takes long, less is done at each.
	[ -z "${E2E_QUICK-}" ] || after=(40 400 900 1600)
	round=${#after[@]}
	for i in "${after[@]}"; do
		fl attach fla >/dev/null 2>&1
		# shellcheck disable=SC2154 # of hosts.sh
		e2e_spawn_at "$near" "$faultline" add fla "${delay[@]}" \
			>/dev/null 2>&1
		sleep "$(printf '%d.%03d' $((i / 1000)) $((i % 1000)))"
		# shellcheck disable=SC2154 # of hosts.sh
		e2e_kill "$e2e_pid" KILL
		if ((i / 10 % 2)); then
			add in proto tcp dport 9 delay 1ms
			e2e_until is_whole && round=$((round - 1))
		else
			round=$((round - 1))
		fi
		fl detach fla >/dev/null 2>&1
		has_no_helpers && e2e_until has_no_process ||
			tap_fail "add killed after $i ms" "$(helpers)"
	done
	tap_is "$round" 0 "add killed: the next is as good as the first"
	gone "add killed"
	e2e_same_state "add killed: the host is as before"
}

test_tampered() {
	fl attach fla >/dev/null 2>&1
	add "${delay[@]}"
	at "$near" ip link del "${prefix}out"
	repairs "devices deleted"
	at "$near" tc qdisc del dev "${prefix}in" clsact
	repairs "a program taken off"
	at "$near" ip link set "${prefix}in" down
	repairs "a device set down"
	if [ "$engine" = fq ]; then
		at "$near" tc qdisc replace dev "${prefix}in" root pfifo
		repairs "another qdisc"
	else
		# shellcheck disable=SC2046
		kill -KILL $(e2e_holders)
		repairs "processes killed"
	fi
	whole "all of it"
	tap_ok "detach" fl detach fla
	gone "tampered with"
	e2e_same_state "the host is as before"
}

# Names are no reason to take what is somebody else's.
test_foreign() {
	local text

	at "$near" ip link add "${prefix}out" type veth peer name flother
	fl attach fla >/dev/null 2>&1
	text=$(fl add fla "${delay[@]}" 2>&1)
	tap_is "$? $(wc -l <<<"$text")" "1 1" "a name is taken: $text"
	fl detach fla >/dev/null 2>&1
	tap_ok "the owner still has it" \
		at "$near" ip link show "${prefix}out"
	at "$near" ip link del "${prefix}out"
	gone "a name is taken"
}

# All get out: at their time, or at once.
test_wait() { # WAY
	local line text

	fl attach fla >/dev/null 2>&1
	add "$1" proto udp dport 7001 delay 4s name w
	owd_start "$tmp/line" "$1" port=7001 count=50 pps=1000 wait=9e9
	e2e_until has_seen w 50
	text=$(fl detach fla 2>&1)
	tap_is $? 0 "$1: detach with packets that are held: $text"
	[ "$engine" = hold ] || tap_like "$text" \
		"waiting up to .* s for 50 packets that are held" \
		"$1: says that it waits for them"
	owd_wait
	line=$(cat "$tmp/line")
	tap_is "$(of received "$line")" 50 "$1: all of them arrive"
	[ "$engine" = hold ] || check "$1: at their time, us" \
		"$(of min "$line") > 3999000" "$line"
	gone "$1: detach"
}

test_now() {
	local lost

	fl attach fla >/dev/null 2>&1
	add out proto udp dport 7001 delay 60s name n
	owd_start "$tmp/line" out port=7001 count=50 pps=1000 wait=5e9
	e2e_until has_seen n 50
	lost=$(timeout 30 nsenter --net="/run/netns/$near" "$faultline" \
		detach fla --now -j | jq .lost)
	owd_wait
	tap_is "$lost" "$(of lost "$(cat "$tmp/line")")" \
		"detach --now: what is lost is said"
	[ "$engine" = hold ] || tap_is "$lost" 50 "and is all of them"
	gone "detach --now"
}

# Everything of ours stays behind.
test_move() {
	local third=fle-$$-third pids

	e2e_namespace "$third"
	e2e_veth flx fly 78
	fl attach flx >/dev/null 2>&1
	fl add flx both delay 1ms >/dev/null 2>&1
	at "$near" ip link set flx netns "$third"
	tap_ok "moved: no rule that delays any more" bash -c "! nsenter \
		--net=/run/netns/$third '$faultline' add flx in delay 1ms"
	tap_ok "moved: detach in the new place" \
		at "$third" "$faultline" detach flx
	gone "moved, in the old place"
	gone "moved, in the new place" "$third"
	at "$far" ip link del fly
	e2e_veth flx fly 78
	fl attach flx >/dev/null 2>&1
	fl add flx both delay 1ms >/dev/null 2>&1
	at "$near" ip link del flx
	tap_ok "deleted: detach --all" fl detach --all
	gone "deleted"
	at "$third" ip link add flx type veth peer name fly
	at "$third" "$faultline" attach flx >/dev/null 2>&1
	at "$third" "$faultline" add flx both delay 1ms >/dev/null 2>&1
	mapfile -t pids < <(e2e_holders)
	ip netns del "$third"
	tap_ok "namespace deleted: detach --all" fl detach --all
	tap_ok "namespace deleted: no process is left" \
		e2e_until have_ended "${pids[@]}"
	tap_is "$(find "$FAULTLINE_RUN" -mindepth 1 ! -name lock)" "" \
		"namespace deleted: nor a pin"
}

# Only lo may have one that is greater than any packet.
test_mtu() {
	local text

	if [ "$engine" = fq ]; then
		tap_skip "engine fq takes any MTU"
		return
	fi
	at "$near" ip link set lo mtu 70000
	text=$(fl attach lo 2>&1)
	tap_like "$text" "MTU 70000: engine hold" "MTU 70000: attach says"
	text=$(fl add lo "${delay[@]}" 2>&1)
	tap_is "$? $(wc -l <<<"$text")" "3 1" "MTU 70000: $text"
	fl detach lo >/dev/null 2>&1
	at "$near" ip link set lo mtu 65536
	gone "MTU 70000"
}

e2e_hosts
test_first
test_option
test_killed
test_tampered
test_foreign
test_wait out
test_wait in
test_now
test_mtu
test_move
tap_done
