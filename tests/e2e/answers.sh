#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
# check: limit=1800
# One answer: what doctor says of a device, in advance and once it is attached,
# is what attach and add then do. On devices of every kind that this kernel has,
# with capabilities of every kind, for each impairment in each direction.
# shellcheck source=../lib/hosts.sh
. "$(dirname "$0")/../lib/hosts.sh"
# shellcheck source=../lib/devices.sh
. "$root/tests/lib/devices.sh"

user=65534
install -m 755 "$faultline" "$tmp/faultline"
chmod 711 "$tmp"

# What needs more than one word of these to be said, and those.
declare -A words=(
	["loss trace"]="loss trace $tmp/trace"
	["loss pattern"]="loss pattern 01"
	[reorder]="delay 1ms reorder 5%" [queue]="rate 9mbit queue 9"
)
arguments=("" 1% 9 1ms 9mbit)
echo 01 >"$tmp/trace"
chmod 644 "$tmp/trace"

# With what a command runs: "root", or those capabilities of a user's.
as() { # SET WORDS...
	local set=-all word

	if [ "$1" = root ]; then
		fl "${@:2}"
		return
	fi
	for word in $1; do
		[ "$word" = none ] || set=$set,+$word
	done
	nsenter --net="/run/netns/$near" setpriv --reuid=$user --regid=$user \
		--clear-groups --inh-caps="$set" --ambient-caps="$set" \
		timeout -k 5 60 "$tmp/faultline" "${@:2}"
}

prepare_run() { # SET
	export FAULTLINE_RUN=$tmp/run-${1// /-}
	[ "$1" != root ] && [ ! -d "$FAULTLINE_RUN" ] || return
	install -d -m 700 -o $user "$FAULTLINE_RUN"
	mkdir "$FAULTLINE_RUN/bpf"
	mount -t bpf faultline "$FAULTLINE_RUN/bpf"
	chmod 700 "$FAULTLINE_RUN/bpf"
	chown $user "$FAULTLINE_RUN/bpf"
	runs+=("$FAULTLINE_RUN")
}

runs=()
forget_runs() {
	local run

	for run in "${runs[@]}"; do
		mountpoint -q "$run/bpf" && umount "$run/bpf"
	done
}
trap 'forget_runs; e2e_cleanup' EXIT

# "IMPAIRMENT DIRECTION WORKS" a line.
said() { # FILE
	jq -r '.impairments[] | "\(.impairment)|\(.direction)|\(.works)"' "$1"
}

add_one() { # SET DIRECTION IMPAIRMENT
	local argument status

	for argument in "${arguments[@]}"; do
		# shellcheck disable=SC2086
		as "$1" add "$device" "$2" ${words[$3]-$3 $argument} name x \
			>/dev/null 2>"$tmp/err"
		status=$?
		[ $status -eq 2 ] || break
	done
	return $status
}

# Each as doctor said it.
compare_rules() { # SET
	local name direction works status wrong=''

	while IFS='|' read -r name direction works; do
		add_one "$1" "$direction" "$name"
		status=$?
		[ $status -ne 0 ] || as "$1" del "$device" x >/dev/null 2>&1
		case "$works $status" in
		"true 0" | "false 3" | "false 5") ;;
		*) wrong+="$name $direction: $works, $status; " ;;
		esac
	done < <(said "$tmp/now")
	tap_is "$wrong" "" "$kind, $1: add does as doctor says"
}

# Both say what does not pass it.
compare_bridge() { # SET
	local found notes

	found=$(jq -r '.results[] | select(.what == "bridge") | .found' \
		"$tmp/before")
	notes=$(jq -r '.notes[]' "$tmp/attach")
	tap_like "$found" "between its ports passes by: un$" \
		"$kind, $1: doctor names its ports"
	tap_like "$notes" "between the ports of fmn passes it by: un;" \
		"$kind, $1: attach does"
}

# In advance, and once the device is attached.
compare() { # SET
	local ready status

	prepare_run "$1"
	as "$1" doctor "$device" -j >"$tmp/before"
	ready=$(jq .ready "$tmp/before")
	tap_ok "$kind, $1: doctor answers for each impairment" \
		[ "$(said "$tmp/before" | wc -l)" -ge 40 ]
	as "$1" attach "$device" -j >"$tmp/attach" 2>"$tmp/err"
	status=$?
	tap_is "$ready" "$([ $status -eq 0 ] && echo true || echo false)" \
		"$kind, $1: attach does as doctor says ($status $(<"$tmp/err"))"
	if [ $status -ne 0 ]; then
		tap_is "$(said "$tmp/before" | grep -c 'true$')" 0 \
			"$kind, $1: nothing works then"
		return
	fi
	[ "$kind" != bridge ] || compare_bridge "$1"
	as "$1" doctor "$device" -j >"$tmp/now"
	tap_is "$(said "$tmp/now")" "$(said "$tmp/before")" \
		"$kind, $1: nothing else is said once it is attached"
	compare_rules "$1"
	tap_is "$(as "$1" stats "$device" -j | jq .degraded)" false \
		"$kind, $1: stats finds nothing wrong"
	as "$1" detach "$device" >/dev/null 2>&1
}

try_kind() { # KIND FUNCTION WORDS...
	local kind=$1 set

	near=fle-$$-$1-near far=fle-$$-$1-far
	e2e_namespace "$near"
	e2e_namespace "$far"
	device_defaults
	if ! "${@:2}" >"$tmp/make" 2>&1; then
		tap_skip "$kind: $(grep -v '^$' "$tmp/make" | tail -n 1)"
	else
		for set in "${sets[@]}"; do
			compare "$set"
		done
	fi
	[ ${#e2e_pids[@]} -eq 0 ] || e2e_kill "${e2e_pids[-1]}"
	ip netns del "$near"
	ip netns del "$far"
}

# States of a device that others have left.
make_busy() {
	make_veth && e2e_foreign "$near" fmn xdp 2
}

make_jumbo() {
	make_veth && at "$near" ip link set fmn mtu 9000
}

make_down() {
	make_veth && at "$near" ip link set fmn down
}

make_ingress() {
	make_veth && at "$near" tc qdisc add dev fmn ingress
}

devices+=("veth-busy make_busy" "veth-jumbo make_jumbo" "veth-down make_down"
	"veth-ingress make_ingress")
all="bpf perfmon net_admin"
for row in "${devices[@]}"; do
	read -ra parts <<<"$row"
	[[ -z ${E2E_QUICK-} || ${parts[0]} =~ ^(veth|lo$|tun$|bridge$) ]] ||
		continue
	case ${parts[0]} in
	veth) sets=(root "$all" "bpf net_admin" "bpf perfmon"
		"perfmon net_admin" "$all sys_admin"
		"$all dac_override" none) ;;
	lo | tun) sets=(root "$all") ;;
	*) sets=(root) ;;
	esac
	try_kind "${parts[@]}"
done
tap_done
