#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
# check: long
# Nothing outlives its command, and no command gives up what it cannot clean:
# ended, in another network namespace, with the device elsewhere, without
# descriptors; what was opened before the lock is looked at again under it;
# nobody waits for a file, and who waits for the lock says so.
# shellcheck source=../lib/hosts.sh
. "$(dirname "$0")/../lib/hosts.sh"
# shellcheck source=../lib/snapshot.sh
. "$root/tests/lib/snapshot.sh"

traced=1
strace -qq -o /dev/null true 2>/dev/null || traced=

before() {
	snapshot "$near" "$far" >"$tmp/before"
}

same() { # NAME
	snapshot "$near" "$far" >"$tmp/after"
	tap_ok "$1" diff "$tmp/before" "$tmp/after"
}

# faultline on the near host, with one system call as strace(1) has it.
inject() { # WHAT WORDS...
	local what=$1

	shift
	nsenter --net="/run/netns/$near" timeout -k 5 60 strace -qq \
		-o /dev/null -e "inject=$what" "$faultline" "$@"
}

fails() { # CODE PATTERN NAME COMMAND...
	local code=$1 pattern=$2 name=$3 status

	shift 3
	"$@" >"$tmp/out" 2>&1
	status=$?
	if [ $status -ne "$code" ]; then
		tap_fail "$name" "status $status: $(cat "$tmp/out")"
	else
		tap_like "$(cat "$tmp/out")" "$pattern" "$name"
	fi
}

# ---- ended -----------------------------------------------------------------

# The record goes last, and signals wait.
test_ended_detach() {
	[ -n "$traced" ] || return
	before
	fl attach fla --exact >/dev/null 2>&1
	inject rmdir:signal=KILL:when=1 detach fla >/dev/null 2>&1
	tap_ok "detach killed at its end: detach again" fl detach fla
	same "offloads and gso_max_segs are back"
	fl attach fla --exact >/dev/null 2>&1
	inject rmdir:signal=INT:when=1 detach fla >"$tmp/out" 2>&1
	tap_is $? 130 "detach interrupted: it ends by the signal"
	same "but only when all is done"
	for signal in TERM HUP QUIT; do
		fl attach fla --exact >/dev/null 2>&1
		inject "unlink:signal=$signal:when=3" detach fla \
			>"$tmp/out" 2>&1
		same "by $signal: the same"
	done
	inject bpf:signal=INT:when=200 attach fla --exact >/dev/null 2>&1
	tap_ok "attach interrupted: whole when it ends" \
		test "$(stats .degraded)" = false
	fl detach fla >/dev/null 2>&1
	same "and goes without a trace"
} 2>/dev/null # the shell's "Killed"

# One in another network namespace finds what is half done, and ends it.
test_ended_elsewhere() {
	local when

	[ -n "$traced" ] || return
	at "$near" tc qdisc add dev fla clsact
	before
	for when in 3 6 9; do
		fl attach fla --exact >/dev/null 2>&1
		fl add fla both proto icmp loss 100% >/dev/null 2>&1
		inject sendto:signal=KILL:when=$when detach fla >/dev/null 2>&1
		at "$far" "$faultline" attach flb >/dev/null 2>&1
		at "$far" "$faultline" detach flb >/dev/null 2>&1
		fl detach fla >/dev/null 2>&1
		same "killed at the ${when}th sendto, swept from elsewhere"
	done
	at "$near" tc qdisc del dev fla clsact
} 2>/dev/null

# It could not be undone: it stays on record until it can.
test_refused_detach() {
	[ -n "$traced" ] || return
	before
	fl attach fla --exact >/dev/null 2>&1
	fails 1 "offloads.*detach again" "offloads that cannot be restored" \
		inject ioctl:error=ENOMEM detach fla
	fails 1 "cannot be undone" "attach says so" \
		inject ioctl:error=ENOMEM attach fla
	tap_ok "detach once more" fl detach fla
	same "and all is restored"
}

# ---- what was opened before the lock ---------------------------------------

has_opened_lock() {
	find /proc/[0-9]*/fd -lname "$FAULTLINE_RUN/lock" 2>/dev/null |
		grep -q .
}

# Opens the device, and takes the lock some seconds later.
late_add() {
	inject flock:delay_enter=5000000:when=1 add fla in loss 1% \
		>"$tmp/late" 2>&1 &
	late=$!
	e2e_until has_opened_lock
}

test_meanwhile() {
	[ -n "$traced" ] || return
	fl attach fla >/dev/null 2>&1
	late_add
	fl detach fla >/dev/null 2>&1
	wait $late
	tap_is $? 1 "detached meanwhile: add fails"
	tap_like "$(cat "$tmp/late")" "detached meanwhile" "and says so"
	fl attach fla >/dev/null 2>&1
	late_add
	fl detach fla >/dev/null 2>&1
	fl attach fla >/dev/null 2>&1
	wait $late
	tap_is $? 1 "detached and attached again meanwhile: add fails"
	tap_like "$(cat "$tmp/late")" "again meanwhile" "and says so"
	tap_is "$(fl list fla -q)" "" "no rule is there"
	fl detach fla >/dev/null 2>&1
}

# ---- the lock --------------------------------------------------------------

test_lock() {
	local begin=$SECONDS status

	fl attach fla >/dev/null 2>&1
	e2e_spawn flock -o "$FAULTLINE_RUN/lock" sleep 3
	sleep 0.3
	fl add fla in loss 1% name waited >"$tmp/out" 2>"$tmp/err"
	tap_is $? 0 "add waits for the lock"
	tap_like "$(cat "$tmp/err")" \
		"waiting for process $e2e_pid \(flock\)" "and says for whom"
	e2e_spawn flock -o "$FAULTLINE_RUN/lock" sleep 3
	sleep 0.3
	nsenter --net="/run/netns/$near" "$tools/e2e_kill" 2 300000 \
		"$faultline" detach fla >/dev/null 2>&1 3>"$tmp/took"
	read -r status _ <"$tmp/took"
	tap_is "$status" 130 "whoever waits can be interrupted"
	sleep 3
	[ -z "${E2E_QUICK-}" ] || return 0
	e2e_spawn flock -o "$FAULTLINE_RUN/lock" sleep 60
	sleep 0.3
	begin=$SECONDS
	fails 1 "process $e2e_pid \(flock\).* 30 s" "not for ever" \
		fl add fla in loss 1%
	tap_ok "but for 30 s" test $((SECONDS - begin)) -le 33
	e2e_kill "$e2e_pid"
}

# Nobody waits for a file while others wait for him.
test_files() {
	local file begin=$SECONDS

	fl attach fla >/dev/null 2>&1
	mkfifo "$tmp/fifo"
	for file in "$tmp/fifo" /dev/zero /dev/null /dev/tty; do
		fails 1 "this is a (FIFO|device)|No such device" \
			"a trace: $file" \
			fl add fla out loss trace "$file"
		fails 1 "this is a (FIFO|device)|No such device" \
			"a distribution: $file" \
			fl add fla out delay 1ms 1ms distribution "$file"
	done
	tap_ok "at once" test $((SECONDS - begin)) -lt 5
	fl detach fla >/dev/null 2>&1
}

# ---- without descriptors, memory or rights ---------------------------------

test_transient() {
	local count
	at "$near" tc qdisc add dev fla clsact
	before
	fl attach fla --mode tc >/dev/null 2>&1
	fl add fla out proto icmp loss 100% name stays >/dev/null 2>&1
	for count in 3 4 5 6 7 8 10 12; do
		ip netns exec "$far" prlimit --nofile=$count:$count \
			"$faultline" attach flb >"$tmp/out" 2>&1 &&
			at "$far" "$faultline" detach flb >/dev/null 2>&1
		ip netns exec "$near" prlimit --nofile=$count:$count \
			"$faultline" list fla >"$tmp/list" 2>&1
		tap_like "$(cat "$tmp/list")" \
			"name stays|Too many|error while loading|cannot" \
			"$count descriptors: list does not say that nothing is"
	done
	tap_is "$(rule stays name)" stays "and the rule is there"
	tap_ok "detach" fl detach fla
	same "nothing is left"
	at "$near" tc qdisc del dev fla clsact
}

# As root without these capabilities.
without() { # CAPS COMMAND...
	local caps=$1

	shift
	nsenter --net="/run/netns/$near" setpriv --bounding-set "$caps" \
		--inh-caps "$caps" "$@"
}

test_rights() {
	fl attach fla >/dev/null 2>&1
	install -m 755 "$faultline" "$tmp/faultline"
	chmod 711 "$tmp"
	fails 5 "root" "list without privilege" nsenter \
		--net="/run/netns/$near" setpriv --reuid=65534 --regid=65534 \
		--clear-groups "$tmp/faultline" list
	fl detach fla >/dev/null 2>&1
	fails 5 "CAP_SYS_ADMIN" "attach without CAP_SYS_ADMIN" \
		without -sys_admin "$faultline" attach fla
	fails 1 "Too many open files" "attach with 12 descriptors" \
		nsenter --net="/run/netns/$near" prlimit --nofile=12:12 \
		"$faultline" attach fla
	# With a bpffs that is there already.
	fl attach fla >/dev/null 2>&1
	at "$far" "$faultline" attach flb >/dev/null 2>&1
	fl detach fla >/dev/null 2>&1
	fails 5 "CAP_PERFMON" "attach without CAP_PERFMON" \
		without -sys_admin,-perfmon "$faultline" attach fla
	at "$far" "$faultline" detach flb >/dev/null 2>&1
}

test_read_only() {
	local run=$FAULTLINE_RUN

	before
	FAULTLINE_RUN=$tmp/read-only
	mkdir -m 700 "$FAULTLINE_RUN"
	mount -t tmpfs -o mode=700 none "$FAULTLINE_RUN"
	fl attach fla >/dev/null 2>&1
	mount -o remount,ro "$FAULTLINE_RUN"
	tap_ok "a run directory that has become read-only: detach" fl detach fla
	umount "$FAULTLINE_RUN/bpf" 2>/dev/null
	umount "$FAULTLINE_RUN"
	rmdir "$FAULTLINE_RUN"
	FAULTLINE_RUN=$run
	same "nothing is left"
}

# Whatever has mounts of its own has another current directory there.
test_relative() {
	local run=$FAULTLINE_RUN

	cd "$tmp" || return
	before
	FAULTLINE_RUN=relative
	tap_ok "a relative run directory, in \"ip netns exec\"" \
		ip netns exec "$near" "$faultline" attach fla
	tap_ok "is found again" fl list fla
	tap_ok "and by detach" ip netns exec "$near" "$faultline" detach fla
	tap_ok "not in the root directory" test ! -e /relative
	rm -rf --one-file-system relative
	FAULTLINE_RUN=$run
	same "nothing is left"
	cd "$root" || return
}

# ---- devices that are not what they were -----------------------------------

test_degraded() {
	local id

	e2e_veth flx fly 78
	fl attach fla --mode native >/dev/null 2>&1
	fl add fla out proto icmp blackhole name first >/dev/null 2>&1
	id=$(bpftool -j link show pinned \
		"$(echo "$FAULTLINE_RUN"/bpf/*/xdp_link)" | jq .id)
	bpftool link detach id "$id" 2>"$tmp/out" ||
		tap_diag "$(cat "$tmp/out")"
	fails 1 "XDP program is gone.*detach fla" \
		"the XDP program is gone: add fails" fl add fla in loss 100%
	fails 1 "degraded" "and attach says that it is degraded" fl attach fla
	fl attach flx >/dev/null 2>&1
	fl detach flx >/dev/null 2>&1
	tap_is "$(fl list fla -q | wc -l)" 1 \
		"others leave what works still as it is"
	tap_ok "the other side loses" bash -c "! nsenter \
		--net=/run/netns/$near ping -q -c 2 -i 0.1 -W 0.2 $far4"
	tap_ok "detach" fl detach fla
	at "$near" ip link del flx
}

# Somebody else's device has the name of ours.
test_name_taken() {
	local name

	fl attach fla >/dev/null 2>&1
	name=fl$(at "$near" ip -j link show fla | jq -r '.[0].ifindex' |
		xargs printf %x)out
	at "$near" ip link add "$name" type veth peer name flother
	fails 1 "$name exists" "a device that has the name of ours" \
		fl add fla out delay 1ms
	tap_is "$(at "$near" ip -br link | grep -c '^fl[0-9]')" 1 \
		"is left alone"
	at "$near" ip link del "$name"
	fl detach fla >/dev/null 2>&1
}

# With its offloads.
test_moved() { # WHERE: there or home
	local third=fle-$$-third offloads

	e2e_namespace "$third"
	e2e_veth flx fly 78
	offloads=$(at "$near" ethtool -k flx; at "$near" ip -d link show flx |
		grep -o 'gso_max_segs [0-9]*')
	fl attach flx --exact >/dev/null 2>&1
	at "$near" ip link set flx netns "$third"
	at "$far" "$faultline" attach flb >/dev/null 2>&1
	at "$far" "$faultline" detach flb >/dev/null 2>&1
	fails 1 "moved|not attached" "moved: add fails" \
		at "$third" "$faultline" add flx in loss 1%
	if [ "$1" = there ]; then
		at "$third" "$faultline" detach flx >"$tmp/out" 2>&1
	else
		fl detach --all >"$tmp/out" 2>&1
	fi
	tap_is "$?" 0 "moved: detach $1"
	tap_is "$(at "$third" ethtool -k flx; at "$third" ip -d link show flx |
		grep -o 'gso_max_segs [0-9]*')" "$offloads" \
		"its offloads are as they were"
	at "$far" ip link del fly
	ip netns del "$third"
}

# What the owner has changed since, so that an offload cannot come back: that is
# said once, and the device is free.
test_kept_off() {
	fl attach fla --exact --mode tc >/dev/null 2>&1
	at "$near" ethtool -K fla tx off >/dev/null 2>&1
	fails 1 "could not restore: offloads" \
		"an offload that cannot come back is said" fl detach fla
	at "$near" ethtool -K fla tx on tso on >/dev/null 2>&1
	tap_ok "and does not keep the device" fl attach fla
	tap_ok "which detaches" fl detach fla
}

e2e_hosts
fl attach fla >/dev/null 2>&1
fl detach --all >/dev/null 2>&1
[ -n "$traced" ] || tap_skip "this kernel does not let strace trace"
test_ended_detach
test_ended_elsewhere
test_refused_detach
test_meanwhile
test_lock
test_files
test_transient
test_rights
test_read_only
test_relative
test_degraded
test_name_taken
test_moved there
test_moved home
test_kept_off
tap_done
