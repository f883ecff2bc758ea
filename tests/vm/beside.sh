# shellcheck shell=bash
# SPDX-License-Identifier: GPL-2.0-only
# Delay of ours beside the kernel's own netem, on the same path: both hosts of
# tests/lib/hosts.sh, of which the near one has either a netem or a rule. Its
# way "out" is by netem on fla, "in" by netem on an ifb device. Made for a
# machine of virtual time (tools/vmtest --virtual-time), where figures repeat
# within microseconds whatever else its host does; elsewhere none is judged.
# shellcheck disable=SC2034 # result is for those that source us
# shellcheck source=../lib/owd.sh
. "$(dirname "${BASH_SOURCE[0]}")/../lib/owd.sh"

# What came of each measurement: by "WHO WAY NAME".
declare -A result

beside_hosts() {
	modprobe -q sch_netem 2>/dev/null
	[ "${VM_TIME-}" = virtual ] || e2e_bail "run it by tools/vmtest\
 --virtual-time"
	e2e_hosts
	quiet
	at "$near" ip link add ifb77 type ifb || e2e_bail "no ifb"
	at "$near" ip link set ifb77 up
	if ! theirs out delay 1ms; then
		e2e_bail "no netem in this kernel"
	fi
	theirs_end out
}

# Nothing goes over the link but what is measured.
quiet() {
	local ns

	for ns in "$near" "$far"; do
		# shellcheck disable=SC2016 # not our variables
		at "$ns" sh -c 'for dev in all default fla flb; do
			file=/proc/sys/net/ipv6/conf/$dev/accept_ra
			[ ! -e $file ] || echo 0 >$file
		done
		echo "4096 131072 33554432" >/proc/sys/net/ipv4/tcp_rmem
		echo "4096 65536 33554432" >/proc/sys/net/ipv4/tcp_wmem'
	done
}

theirs() { # WAY NETEM_WORDS...
	local device=fla

	if [ "$1" = in ]; then
		device=ifb77
		at "$near" tc qdisc replace dev fla clsact &&
			at "$near" tc filter replace dev fla ingress pref 1 \
				handle 1 matchall action mirred egress \
				redirect dev ifb77 || return
	fi
	at "$near" tc qdisc replace dev $device root netem limit 100000 \
		"${@:2}"
}

theirs_end() { # WAY
	if [ "$1" = in ]; then
		at "$near" tc qdisc del dev fla clsact
		at "$near" tc qdisc del dev ifb77 root
	else
		at "$near" tc qdisc del dev fla root
	fi
}

# Say the same of the same traffic: netem and a rule of ours, by the engine fq,
# or hold. Results go to result["theirs NAME"], "ours NAME" and "hold NAME".
measure_theirs() { # NAME WAY "NETEM WORDS" KEY=VALUE...
	# shellcheck disable=SC2086
	theirs "$2" $3 2>"$tmp/err" || {
		tap_fail "netem $3" "$(cat "$tmp/err")"
		return
	}
	result["theirs $1"]=$(owd "$2" "${@:4}")
	theirs_end "$2"
}

measure_rule() { # WHO NAME WAY "RULE" KEY=VALUE...
	# shellcheck disable=SC2086
	add "$3" proto udp $4 name r || return
	result["$1 $2"]=$(owd "$3" "${@:5}")
	whole "$1 $2"
	none
}

measure_ours() { # NAME WAY "RULE" KEY=VALUE...
	measure_rule ours "$@"
}

measure_hold() { # NAME WAY "RULE" KEY=VALUE...
	measure_rule hold "$@"
}

# That what $ours says is what $theirs does, within this share of it and so
# much more, as a condition for check.
within() { # NAME SHARE MORE
	local a b

	# shellcheck disable=SC2154 # set by those that call us
	a=$(of "$1" "$theirs") b=$(of "$1" "$ours")
	echo "$b - $a < $2 * $a + $3 && $a - $b < $2 * $a + $3"
}

# With which engine rules hold from now on.
attach() { # [fq|hold [ARGS...]]
	tap_ok "attach --engine ${1:-fq} ${*:2}" fl attach fla --seed 7 \
		--engine "${1:-fq}" "${@:2}" || tap_done
}

detach() {
	tap_ok "detach" fl detach fla
}
