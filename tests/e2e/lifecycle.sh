#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
# Attach and detach, and all that can happen in between: the host ends up as it
# was, what is somebody else's stays, and nothing works on unseen.
# shellcheck source=../lib/hosts.sh
. "$(dirname "$0")/../lib/hosts.sh"

e2e_hosts

is_attached() { # [DEV]
	fl list "${1:-fla}" -q >/dev/null 2>&1
}

loses_all() { # ADDR: nothing comes through
	! at "$far" ping -q -c 3 -i 0.02 -W 0.2 "$1" >/dev/null
}

pins() {
	find "$FAULTLINE_RUN/bpf" -mindepth 1 2>/dev/null | wc -l
}

test_twice() {
	tap_ok "detach where nothing was ever attached" fl detach fla
	tap_ok "detach --all where nothing was ever attached" fl detach --all
	tap_ok "attach" fl attach fla
	text=$(fl attach fla 2>&1)
	tap_is "$? $text" "1 faultline: fla is already attached" \
		"attach again is refused"
	tap_ok "detach" fl detach fla
	tap_ok "detach again is fine" fl detach fla
	tap_ok "detach --all with nothing there is fine" fl detach --all
	tap_ok "so is the very same in \"ip netns exec\"" \
		ip netns exec "$near" "$faultline" detach fla
}

# Byte for byte, for every mode and with --exact.
# A record of another version, longer than ours: begun with VERSION, then 0.
plant_record() { # VERSION
	local pin

	pin=$(echo "$FAULTLINE_RUN"/bpf/*/device)
	rm "$pin"
	# shellcheck disable=SC2046 # one a byte
	bpftool map create "$pin" type array key 4 value 8192 entries 1 \
		name device &&
		bpftool map update pinned "$pin" key 0 0 0 0 value "$1" \
			$(yes 0 | head -n 8191)
}

test_versions() {
	local version want

	command -v bpftool >/dev/null || PATH=$PATH:/usr/sbin
	for version in 1 99; do
		want=older
		[ $version -eq 1 ] || want=newer
		fl attach fla >/dev/null 2>&1
		tap_ok "a record of version $version" plant_record $version
		tap_like "$(fl list fla 2>&1)" "$want version" \
			"list says that a version $want than this attached"
		tap_like "$(fl add fla loss 1% 2>&1)" "$want version" "so add"
		tap_ok "detach removes it" fl detach fla
		tap_is "$(find "$FAULTLINE_RUN/bpf" -type f 2>/dev/null)" "" \
			"and nothing is left"
	done
}

test_traces() {
	local args each=("--mode native" "--mode generic" "--mode tc" --exact
		"--mode tc --exact --flows 1000 --no-guards")

	[ -z "${E2E_QUICK-}" ] || each=("${each[0]}" "${each[4]}")
	e2e_state >"$tmp/before"
	for args in "${each[@]}"; do
		# shellcheck disable=SC2086
		tap_ok "attach $args" fl attach fla $args
		e2e_state >"$tmp/during"
		tap_ok "attach $args can be seen" \
			test "$(cat "$tmp/during")" != "$(cat "$tmp/before")"
		fl add fla both loss 1% >/dev/null 2>&1
		at "$far" ping -q -c 20 -i 0.01 $near4 >/dev/null
		tap_ok "detach after it" fl detach fla
		e2e_same_state "the host is as before attach $args"
	done
}

test_exact() {
	local before after

	before=$(at "$near" ethtool -k fla)
	fl attach fla --exact >/dev/null 2>&1
	after=$(at "$near" ethtool -k fla)
	tap_like "$after" "tcp-segmentation-offload: off" "--exact: no TSO"
	tap_like "$after" "generic-receive-offload: off" "--exact: no GRO"
	tap_like "$(at "$near" ip -d link show fla)" "gso_max_segs 1 " \
		"--exact: gso_max_segs is 1"
	e2e_iperf_server "$far" 5202
	at "$near" timeout 30 iperf3 -c $far4 -p 5202 -n 2M >/dev/null
	tap_is "$(stats '.totals.out | .packets - .segments')" 0 \
		"--exact: each buffer out is one packet"
	fl detach fla >/dev/null 2>&1
	tap_is "$(at "$near" ethtool -k fla)" "$before" "detach restores them"
	e2e_kill "$e2e_pid"
}

# Somebody takes our programs away.
test_degraded() {
	at "$near" tc qdisc add dev fla clsact
	fl attach fla >/dev/null 2>&1
	fl add fla both blackhole >/dev/null 2>&1
	at "$near" tc qdisc del dev fla clsact
	tap_is "$(stats .degraded)" true "our tc filter deleted: degraded"
	tap_like "$(fl stats fla 2>&1)" "degraded|gone" "and stats says so"
	tap_ok "detach cleans up" fl detach fla
	tap_is "$(pins)" 0 "no pins are left"
}

says_degraded() {
	grep -q '"degraded":true' "$tmp/watched"
}

# Counters are read again and again; whether all is there is asked now and then.
test_degraded_watched() {
	local asked

	at "$near" tc qdisc add dev fla clsact
	fl attach fla >/dev/null 2>&1
	e2e_spawn_at "$near" "$faultline" stats fla -w 0.1 -j >"$tmp/watched"
	e2e_until test -s "$tmp/watched"
	at "$near" tc qdisc del dev fla clsact
	tap_ok "stats -w: says when it becomes degraded" e2e_until says_degraded
	e2e_kill "$e2e_pid"
	fl detach fla >/dev/null 2>&1
	if ! strace -qq -o /dev/null true 2>/dev/null; then
		tap_skip "this kernel does not let strace trace"
		return
	fi
	fl attach fla >/dev/null 2>&1
	at "$near" timeout 3 strace -qq -e trace=sendto -o "$tmp/asked" \
		"$faultline" stats fla -w 0.02 -j >"$tmp/watched"
	asked=$(grep -c NETLINK "$tmp/asked")
	tap_diag "$(wc -l <"$tmp/watched") samples"
	tap_ok "stats -w 0.02, 3 s: asks netlink $asked times" \
		test "$asked" -le 40
	fl detach fla >/dev/null 2>&1
}

test_updown() {
	fl attach fla >/dev/null 2>&1
	fl add fla both proto icmp blackhole name b >/dev/null 2>&1
	at "$near" ip link set fla down
	at "$near" ip link set fla up
	at "$near" ip addr add fd77::1/64 dev fla nodad 2>/dev/null
	e2e_neighbours
	tap_ok "link down and up: the rule holds" loses_all $near4
	tap_is "$(stats .degraded)" false "and nothing is degraded"
	at "$near" ip link set fla down
	at "$near" ip link set fla name flren.1
	at "$near" ip link set flren.1 up
	at "$near" ip neigh replace $far4 lladdr "$far_mac" dev flren.1
	tap_ok "renamed, with a dot: the rule holds" loses_all $near4
	tap_is "$(fl list flren.1 -q | wc -l)" 1 "the new name works"
	tap_ok "the old one does not" bash -c "! nsenter \
		--net=/run/netns/$near '$faultline' list fla 2>/dev/null"
	tap_ok "detach by the new name" fl detach flren.1
	at "$near" ip link set flren.1 down
	at "$near" ip link set flren.1 name fla
	at "$near" ip link set fla up
	at "$near" ip addr add fd77::1/64 dev fla nodad 2>/dev/null
	e2e_neighbours
	tap_is "$(pins)" 0 "no pins are left"
}

test_deletion() {
	e2e_veth flx fly 78
	fl attach flx >/dev/null 2>&1
	fl add flx both blackhole >/dev/null 2>&1
	at "$near" ip link del flx
	tap_ok "the pins outlive the device" test "$(pins)" -gt 0
	fl list -q >/dev/null 2>&1
	e2e_veth flx fly 78
	tap_ok "a new device of the same name is not attached" \
		bash -c "! nsenter --net=/run/netns/$near '$faultline' \
		list flx 2>/dev/null"
	at "$near" ping -q -c 3 -i 0.02 10.78.0.2 >"$tmp/ping"
	tap_ok "nor does it lose anything" grep -q ' 0% packet loss' \
		"$tmp/ping"
	tap_ok "attach to the new one" fl attach flx
	tap_is "$(fl list flx -q)" "" "no rules came back"
	tap_ok "detach" fl detach flx
	tap_is "$(pins)" 0 "the old one's pins are swept"
	fl attach flx >/dev/null 2>&1
	at "$near" ip link del flx
	tap_ok "detach --all after a deletion" fl detach --all
	tap_is "$(pins)" 0 "sweeps the pins"
}

# The same index and name, in the place of another device.
test_same_index() {
	ip -n "$near" link add flx index 777 type veth peer name fly \
		netns "$far"
	fl attach flx --mode tc >/dev/null 2>&1
	fl add flx both blackhole >/dev/null 2>&1
	at "$near" ip link del flx
	ip -n "$near" link add flx index 777 type veth peer name fly \
		netns "$far"
	tap_ok "same name, same index, another device: not attached" \
		bash -c "! nsenter --net=/run/netns/$near '$faultline' \
		stats flx >'$tmp/out' 2>&1 || grep -qi degraded '$tmp/out'"
	tap_ok "detach cleans up" fl detach flx
	tap_is "$(pins)" 0 "no pins are left"
	at "$near" ip link del flx
}

test_move() { # ATTACH_ARGS
	local third=fle-$$-third text

	e2e_namespace "$third"
	e2e_veth flx fly 78
	# shellcheck disable=SC2086
	fl attach flx $1 >/dev/null 2>&1
	fl add flx both blackhole >/dev/null 2>&1
	e2e_move_flx "$third"
	text=$(at "$third" "$faultline" stats flx 2>&1)
	if at "$third" ping -q -c 3 -i 0.02 -W 0.2 10.78.0.2 >/dev/null; then
		tap_pass "moved to another netns ($1): both hooks stop"
	else
		tap_like "$text" "degraded|moved" \
			"moved to another netns ($1): said to be degraded"
	fi
	tap_ok "detach in the new place" at "$third" "$faultline" detach flx
	fl detach --all >/dev/null 2>&1
	at "$third" ping -q -c 3 -i 0.02 -W 2 10.78.0.2 >"$tmp/ping"
	tap_ok "and nothing is lost any more ($1)" \
		grep -q ' 0% packet loss' "$tmp/ping"
	tap_is "$(at "$third" ip -d link show flx | grep -c xdp)" 0 \
		"no XDP program is left"
	tap_is "$(pins)" 0 "no pins are left"
	at "$far" ip link del fly	# or it lingers for a while
	ip netns del "$third"
}

# What would be held passes where our devices are not.
test_move_delayed() { # ATTACH_ARGS
	local third=fle-$$-third

	e2e_namespace "$third"
	e2e_veth flx fly 78
	# shellcheck disable=SC2086
	fl attach flx $1 >/dev/null 2>&1
	tap_ok "a delaying rule ($1)" fl add flx both proto icmp delay 5ms
	e2e_move_flx "$third"
	at "$far" ping -q -c 20 -i 0.02 -W 2 10.78.0.1 >"$tmp/ping"
	tap_like "$(cat "$tmp/ping")" " 0% packet loss" \
		"moved to another netns ($1): nothing is lost"
	tap_ok "detach in the new place" at "$third" "$faultline" detach flx
	tap_is "$(pins) $(at "$near" ip -br link | grep -c '^fl')" "0 1" \
		"no pins are left, nor devices of ours"
	at "$far" ip link del fly
	ip netns del "$third"
}

# Moved away, and asked about in the old place.
test_move_old() {
	local third=fle-$$-third

	e2e_namespace "$third"
	e2e_veth flx fly 78
	fl attach flx >/dev/null 2>&1
	fl add flx both blackhole >/dev/null 2>&1
	at "$near" ip link set flx netns "$third"
	fl detach --all >/dev/null 2>&1
	at "$third" ip addr add 10.78.0.1/16 dev flx
	at "$third" ip link set flx up
	at "$third" ping -q -c 3 -i 0.02 -W 2 10.78.0.2 >"$tmp/ping"
	tap_ok "moved away: detach --all in the old place stops it" \
		grep -q ' 0% packet loss' "$tmp/ping"
	tap_is "$(pins)" 0 "no pins are left"
	at "$far" ip link del fly
	ip netns del "$third"
}

# The kernel takes its time with a namespace.
swept() {
	fl detach --all && [ "$(pins)" = 0 ]
}

test_netns_deletion() {
	local third=fle-$$-third

	e2e_namespace "$third"
	at "$third" ip link add flz type veth peer name flw
	at "$third" "$faultline" attach flz >/dev/null 2>&1
	tap_ok "attached in a third namespace" test "$(pins)" -gt 0
	ip netns del "$third"
	tap_ok "the namespace is deleted: the next command sweeps" \
		e2e_until swept
}

test_all() {
	e2e_veth flx fly 78
	fl attach fla >/dev/null 2>&1
	fl attach flx --mode tc >/dev/null 2>&1
	fl add flx in loss 1% name x >/dev/null 2>&1
	tap_is "$(fl list -q)" "flx in loss 1% name x for 10m$(fl list -q |
		sed -n 's/.*10m//p')" "list without a device lists all"
	text=$(fl detach --all 2>&1)
	tap_is $? 0 "detach --all"
	tap_ok "neither is attached now" bash -c \
		"! nsenter --net=/run/netns/$near '$faultline' list fla ||
		! nsenter --net=/run/netns/$near '$faultline' list flx"
	tap_is "$(pins)" 0 "no pins are left"
	at "$near" ip link del flx
}

expired() { # NAME
	[ "$(rule "$1" expired)" = true ]
}

# The lease ends in the kernel: no process of ours is there.
test_lease() {
	local rule

	fl attach fla >/dev/null 2>&1
	fl add fla both proto icmp blackhole for 8s name l >/dev/null 2>&1
	tap_ok "for 8s: all is lost at first" loses_all $near4
	tap_is "$(pgrep -x faultline -a | grep -c "$tmp")" 0 \
		"no process of ours"
	tap_ok "then the rule is said to have expired" e2e_until expired l
	at "$far" ping -q -c 10 -i 0.01 -W 1 $near4 >"$tmp/ping"
	tap_ok "and nothing is lost" grep -q ' 0% packet loss' "$tmp/ping"
	rule="both proto icmp blackhole name f"
	# shellcheck disable=SC2086
	tap_ok "for forever" fl add fla $rule for forever
	tap_is "$(rule f lease_ns)" null "has no end"
	fl del fla f >/dev/null 2>&1
	# shellcheck disable=SC2086
	fl add fla $rule >/dev/null 2>&1
	tap_is "$(rule f lease_ns)" 600000000000 "without a word: 10 minutes"
	fl detach fla >/dev/null 2>&1
}

# "ip netns exec" has mounts of its own: the pins must not go with it.
test_netns_exec() {
	local run=$FAULTLINE_RUN

	# A place that the first process sees as well, in a chroot, too.
	FAULTLINE_RUN=/run/fle-$$
	ip netns exec "$near" "$faultline" attach fla >/dev/null 2>&1
	tap_is $? 0 "attach in \"ip netns exec\""
	ip netns exec "$near" "$faultline" add fla both proto icmp blackhole \
		name lost >/dev/null 2>&1
	tap_ok "loses after the command has ended" loses_all $near4
	tap_ok "a second command finds it" \
		ip netns exec "$near" "$faultline" list fla
	tap_ok "and deletes its rule" \
		ip netns exec "$near" "$faultline" del fla lost
	tap_ok "detach" ip netns exec "$near" "$faultline" detach fla
	rm -rf --one-file-system "/run/fle-$$"
	[ ! -d "/proc/1/root/run/fle-$$" ] ||
		rm -rf --one-file-system "/proc/1/root/run/fle-$$"
	FAULTLINE_RUN=$run
}

test_twice
test_versions
test_traces
test_exact
test_degraded
test_degraded_watched
test_updown
test_deletion
test_same_index
test_move "--mode native"
[ -n "${E2E_QUICK-}" ] || test_move "--mode tc"
[ -n "${E2E_QUICK-}" ] || test_move_delayed "--mode native"
test_move_delayed "--mode tc"
test_move_old
test_netns_deletion
test_all
test_lease
test_netns_exec
tap_done
