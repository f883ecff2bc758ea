# shellcheck shell=bash
# SPDX-License-Identifier: GPL-2.0-only
# Two hosts in network namespaces of this test's own, joined by a veth pair:
# "near" has faultline on device fla, "far" is the other side with flb. All
# that it starts, makes or mounts goes away when the script ends, however.

root=$(cd "$(dirname "${BASH_SOURCE[0]}")/../.." && pwd)
out=$root/${O:-build}
case ${O:-} in /*) out=$O ;; esac
# shellcheck source=tests/lib/tap.sh
. "$root/tests/lib/tap.sh"

faultline=${FAULTLINE:-$out/faultline}
tools=$out/tests/tools
near=fle-$$-near
far=fle-$$-far
near4=10.77.0.1 far4=10.77.0.2
near6=fd77::1 far6=fd77::2

e2e_bail() {
	echo "Bail out! $*"
	exit 255
}

[ "$(id -u)" -eq 0 ] || e2e_bail "run as root"
[ -x "$faultline" ] || e2e_bail "$faultline is not built: make all tests"
for tool in ip tc ethtool jq nsenter; do
	command -v $tool >/dev/null || e2e_bail "no $tool: run tools/deps"
done

tmp=$(mktemp -d /tmp/fle-XXXXXX) || e2e_bail "no temporary directory"
export FAULTLINE_RUN=$tmp/run
unset SSH_CONNECTION NO_COLOR
# From here on nobody's terminal or input can change what happens.
exec </dev/null

e2e_pids=()
e2e_namespaces=()

# Sweeps this test's namespaces, and unmounts its pins: lost programs too.
e2e_cleanup() {
	local pid ns

	trap - EXIT INT TERM HUP
	for pid in "${e2e_pids[@]}"; do
		kill "$pid" 2>/dev/null
	done
	for pid in "${e2e_pids[@]}"; do
		wait "$pid" 2>/dev/null
	done
	for ns in "${e2e_namespaces[@]}"; do
		ip netns del "$ns" 2>/dev/null
	done
	"$faultline" detach --all >/dev/null 2>&1
	mountpoint -q "$FAULTLINE_RUN/bpf" && umount "$FAULTLINE_RUN/bpf"
	rm -rf --one-file-system "$tmp"
}
trap e2e_cleanup EXIT
trap 'exit 130' INT
trap 'exit 143' TERM HUP

# The processes of this test that hold packets: a worker and its supervisor,
# for all devices. One pid a line.
e2e_holders() {
	local dir name verb

	for dir in /proc/[0-9]*; do
		name='' verb=''
		{ read -r -d '' name && read -r -d '' verb; } <"$dir/cmdline"
		[ "$name $verb" = "faultline hold" ] &&
			tr '\0' '\n' <"$dir/environ" |
			grep -qx "FAULTLINE_RUN=$FAULTLINE_RUN" &&
			echo "${dir#/proc/}"
	done 2>/dev/null
}

# In a namespace but in our own mounts, unlike "ip netns exec".
at() { # NS COMMAND...
	local ns=$1

	shift
	nsenter --net="/run/netns/$ns" "$@"
}

# faultline on the near host, never for longer than 60 s.
fl() {
	nsenter --net="/run/netns/$near" timeout -k 5 60 "$faultline" "$@"
}

# A rule on fla that must be taken, and an end to all of them.
add() { # WORDS...
	fl add fla "$@" >/dev/null 2>"$tmp/err" ||
		tap_fail "add $*" "$(cat "$tmp/err")"
}

none() {
	fl del fla all >/dev/null 2>&1
}

e2e_namespace() { # NAME
	local conf=/proc/sys/net/ipv6/conf/default

	ip netns add "$1" || e2e_bail "cannot make network namespaces"
	e2e_namespaces+=("$1")
	at "$1" ip link set lo up
	at "$1" sh -c "echo 0 >$conf/router_solicitations"
}

# A veth pair: its ends in near and far.
e2e_veth() { # NEAR_DEV FAR_DEV NUMBER
	ip link add "$1" netns "$near" numrxqueues 2 numtxqueues 2 type veth \
		peer name "$2" netns "$far" numrxqueues 2 numtxqueues 2 ||
		e2e_bail "cannot make veth devices"
	at "$near" ip addr add "10.$3.0.1/16" dev "$1"
	at "$near" ip addr add "fd$3::1/64" dev "$1" nodad
	at "$far" ip addr add "10.$3.0.2/16" dev "$2"
	at "$far" ip addr add "fd$3::2/64" dev "$2" nodad
	at "$near" ip link set "$1" up
	at "$far" ip link set "$2" up
}

e2e_hosts() {
	e2e_namespace "$near"
	e2e_namespace "$far"
	e2e_veth fla flb 77
	e2e_neighbours
}

# Known beforehand, so that no neighbour discovery disturbs the counts.
e2e_neighbours() {
	local a b

	a=$(at "$near" ip -j link show fla | jq -r '.[0].address')
	b=$(at "$far" ip -j link show flb | jq -r '.[0].address')
	near_mac=$a
	far_mac=$b
	at "$near" ip neigh replace $far4 lladdr "$b" dev fla nud permanent
	at "$near" ip neigh replace $far6 lladdr "$b" dev fla nud permanent
	at "$far" ip neigh replace $near4 lladdr "$a" dev flb nud permanent
	at "$far" ip neigh replace $near6 lladdr "$a" dev flb nud permanent
}

e2e_spawn() { # COMMAND... in the background, ended at the end
	"$@" &
	e2e_pid=$!
	e2e_pids+=("$e2e_pid")
}

# As e2e_spawn, but without a shell function in between, so that the pid is
# the program's own.
e2e_spawn_at() { # NS COMMAND...
	local ns=$1

	shift
	nsenter --net="/run/netns/$ns" "$@" &
	e2e_pid=$!
	e2e_pids+=("$e2e_pid")
}

e2e_kill() { # PID [SIGNAL]
	kill "-${2:-TERM}" "$1" 2>/dev/null
	wait "$1" 2>/dev/null
}

# Polls for 20 s or more: a busy machine is slow.
e2e_until() { # COMMAND...
	local i

	for ((i = 0; i < 400; i++)); do
		"$@" >/dev/null 2>&1 && return 0
		sleep 0.05
	done
	return 1
}

e2e_listening() { # NS PORT
	at "$1" ss -Hltn "sport = :$2" | grep -q .
}

e2e_iperf_server() { # NS PORT
	e2e_spawn_at "$1" nice -n -5 iperf3 -s -p "$2" >/dev/null 2>&1
	e2e_until e2e_listening "$1" "$2" || e2e_bail "iperf3 does not listen"
}

# One million bytes at http://NS:8080/big, one word at /word.
e2e_web_server() { # NS
	local dir=$tmp/web

	mkdir -p "$dir"
	head -c 1000000 /dev/urandom >"$dir/big"
	echo hello >"$dir/word"
	cat >"$dir/nginx.conf" <<-END
		daemon off;
		master_process off;
		worker_processes 1;
		user root;
		pid $dir/pid;
		error_log $dir/error.log;
		events { worker_connections 256; }
		http {
			access_log off;
			client_body_temp_path $dir;
			proxy_temp_path $dir;
			fastcgi_temp_path $dir;
			uwsgi_temp_path $dir;
			scgi_temp_path $dir;
			server {
				listen 8080;
				listen [::]:8080;
				root $dir;
			}
		}
	END
	e2e_spawn_at "$1" nginx -p "$dir" -c "$dir/nginx.conf" \
		2>>"$dir/error.log"
	e2e_until e2e_listening "$1" 8080 || e2e_bail "nginx does not listen"
}

# One number out of the JSON of stats.
stats() { # JQ_FILTER [DEV]
	fl stats "${2:-fla}" -j | jq -r "$1"
}

rule() { # NAME MEMBER [DEV]
	stats ".rules[] | select(.name == \"$1\") | .$2" "${3:-fla}"
}

has_seen() { # RULE PACKETS
	[ "$(rule "$1" packets)" -ge "$2" ]
}

frames() { # COUNT [KEY=VALUE...], from the far host to the near one
	at "$far" "$tools/e2e_frames" flb "$1" "mac=$near_mac" "${@:2}" \
		>/dev/null
}

frames_out() { # COUNT [KEY=VALUE...], from the near host
	at "$near" "$tools/e2e_frames" fla "$1" "mac=$far_mac" \
		src=$near4 dst=$far4 "${@:2}" >/dev/null
}

# How the kernel sees the near host: all that attach may touch. The ids and
# times that change by themselves are left out.
e2e_state() {
	local dev

	at "$near" ip -d link
	at "$near" tc qdisc show
	for dev in fla flx; do
		at "$near" ip link show dev "$dev" >/dev/null 2>&1 || continue
		at "$near" tc filter show dev "$dev" ingress
		at "$near" tc filter show dev "$dev" egress
		at "$near" ethtool -k "$dev"
		at "$near" bpftool net show dev "$dev" | grep -v '^$'
	done
	find "$FAULTLINE_RUN" -mindepth 1 ! -name lock -printf '%M %u %P\n' \
		2>/dev/null
	grep "$tmp" /proc/mounts
}

# As it was when e2e_state wrote to $tmp/before.
e2e_same_state() { # NAME
	e2e_state >"$tmp/after"
	tap_ok "$1" diff "$tmp/before" "$tmp/after"
}

# From Linux 6.6. The doctor is asked once: it takes its time.
e2e_tcx=
e2e_has_tcx() {
	[ -n "$e2e_tcx" ] ||
		e2e_tcx=$("$faultline" doctor | grep -c "tcx .*present")
	[ "$e2e_tcx" -gt 0 ]
}

# To another network namespace, where it has an address of "e2e_veth flx fly
# 78" and is up.
e2e_move_flx() { # NS
	at "$near" ip link set flx netns "$1"
	at "$1" ip addr add 10.78.0.1/16 dev flx
	at "$1" ip link set flx up
}

# Starts somebody else's program and waits until it is there.
e2e_foreign() { # NS DEV HOOK VERDICT
	local hold=$tmp/hold.$3

	[ -p "$hold" ] || mkfifo "$hold"
	# shellcheck disable=SC2034 # open for as long as we live
	exec {e2e_hold}<>"$hold"
	nsenter --net="/run/netns/$1" "$tools/e2e_prog" "$2" "$3" "$4" \
		<"$hold" >"$tmp/foreign.$3" 2>&1 &
	e2e_pid=$!
	e2e_pids+=("$e2e_pid")
	e2e_until grep -q ready "$tmp/foreign.$3"
}
