#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
# Capabilities alone: a user other than root, with a run directory that root has
# prepared, and no more than doctor says that each verb needs. Verbs drop what
# they have beyond that, the hold process too.
# shellcheck source=../lib/hosts.sh
. "$(dirname "$0")/../lib/hosts.sh"

user=65534
e2e_hosts
install -m 755 "$faultline" "$tmp/faultline"
chmod 711 "$tmp"
install -d -m 700 -o $user "$FAULTLINE_RUN"
mkdir "$FAULTLINE_RUN/bpf"
mount -t bpf faultline "$FAULTLINE_RUN/bpf"
chmod 700 "$FAULTLINE_RUN/bpf"
chown $user "$FAULTLINE_RUN" "$FAULTLINE_RUN/bpf"

with() { # CAPABILITIES WORDS...
	local set=-all word

	for word in $1; do
		set=$set,+$word
	done
	shift
	nsenter --net="/run/netns/$near" setpriv --reuid=$user --regid=$user \
		--clear-groups --inh-caps="$set" --ambient-caps="$set" \
		"$tmp/faultline" "$@"
}

# The capabilities of a verb, in setpriv's words, as doctor says.
needs() { # VERB
	jq -r --arg verb "$1" '.results[] |
		select(.what | split(", ") | index($verb)) | .found' \
		"$tmp/doctor" | grep -o 'CAP_[A-Z_]*' |
		sed 's/CAP_//' | tr 'A-Z\n' 'a-z '
}

fl doctor -j >"$tmp/doctor"
all=$(needs attach)
tap_is "$(tr ' ' '\n' <<<"$all" | sort | xargs)" "bpf net_admin perfmon" \
	"attach needs $all"
tap_is "$(needs list)" "" "list needs none"

test_verbs() {
	tap_ok "attach, with $all" with "$all" attach fla --mode "$1"
	tap_ok "add, with the same" with "$(needs add)" add fla out proto udp \
		corrupt 1% silent payload name one
	tap_ok "list, with none" with "$(needs list)" list fla
	tap_ok "stats, with none" with "$(needs stats)" stats fla
	tap_ok "flows, with none" with "$(needs flows)" flows fla
	tap_ok "del, with none" with "$(needs del)" del fla one
	tap_ok "detach, with $(needs detach)" with "$(needs detach)" detach fla
}

tap_diag "each with what it needs"
test_verbs native
test_verbs tc
printf '\xd4\xc3\xb2\xa1\x02\0\x04\0\0\0\0\0\0\0\0\0\xff\xff\0\0\x01\0\0\0' \
	>"$tmp/none.pcap"
chmod 644 "$tmp/none.pcap"
tap_ok "replay, with $(needs replay)" with "$(needs replay)" replay loss 1% \
	"$tmp/none.pcap" /dev/null

tap_diag "one less"
for left in $all; do
	some=$(tr ' ' '\n' <<<"$all" | grep -vx "$left" | xargs)
	for verb in "attach fla" "replay loss 1% $tmp/none.pcap /dev/null"; do
		# shellcheck disable=SC2086
		text=$(with "$some" $verb 2>&1)
		tap_is $? 5 "${verb%% *} without $left: exit code 5"
		tap_like "$text" "CAP_${left^^}" "and it is named"
		tap_is "$(wc -l <<<"$text")" 1 "in one line"
	done
	with "$some" doctor -j >"$tmp/less"
	tap_is $? 3 "doctor without $left: exit code 3"
	tap_like "$(jq -r '.results[] | select(.what ==
		"capabilities") | .found' "$tmp/less")" "CAP_${left^^}" \
		"which names it too"
done
with "$all" doctor -j >"$tmp/just"
tap_is $? 0 "doctor with just these: it will work"
tap_is "$(jq -r '.results[] | select(.what | test("attach|hold|detach")) |
	.state' "$tmp/just" | sort -u)" ok "every verb"

status() { # PID WORD
	sed -n "s/^$2:[[:space:]]*//p" "/proc/$1/status"
}

# As many bits as the words; in any order.
bits() { # CAPABILITIES
	local word sum=0

	for word in $1; do
		sum=$((sum | 1 << $(awk -v word="CAP_${word^^}" \
			'$1 == "#define" && $2 == word { print $3 }' \
			/usr/include/linux/capability.h)))
	done
	printf '%016x' $sum
}

test_hold() { # CAPABILITIES NAME
	local pid

	tap_ok "$2: attach" with "$1" attach fla --engine hold
	tap_ok "$2: delay" with "$1" add fla out proto icmp delay 80ms name slow
	tap_ok "$2: it is delayed" e2e_until is_slow
	for pid in $(e2e_holders); do
		tap_is "$(status "$pid" CapPrm)" "$(bits "$3")" \
			"$2: the hold process has $3"
		tap_is "$(status "$pid" CapEff)" "$(bits "$3")" \
			"$2: in effect"
		tap_is "$(status "$pid" NoNewPrivs)" 1 "$2: and gets no more"
		tap_is "$(status "$pid" Seccomp)" 2 "$2: behind a filter"
	done
	tap_ok "$2: detach" with "$1" detach fla
	tap_ok "$2: and it ends" e2e_until no_holder
}

is_slow() {
	at "$near" ping -c1 -W2 $far4 | grep -q 'time=8[0-9]'
}

no_holder() {
	[ -z "$(e2e_holders)" ]
}

tun=
setpriv --reuid=$user --clear-groups test -w /dev/net/tun || tun=dac_override
if [ -c /dev/net/tun ]; then
	test_hold "$all $tun" "without CAP_SYS_ADMIN" "net_admin bpf $tun"
	test_hold "$all $tun sys_admin net_raw chown setuid" "with more" \
		"net_admin bpf sys_admin $tun"
else
	tap_pass "# SKIP no /dev/net/tun"
fi

mountpoint -q "$FAULTLINE_RUN/bpf" && umount "$FAULTLINE_RUN/bpf"

# What root has beyond that is gone before the verb begins.
export FAULTLINE_RUN=$tmp/root
fl attach fla >/dev/null 2>&1
fl stats fla -w 0.1 >"$tmp/out" 2>&1 &
e2e_until test -s "$tmp/out"
pid=$(pgrep -xf "$faultline stats fla -w 0.1")
for word in sys_admin net_raw setuid chown sys_module; do
	tap_is $((0x$(status "$pid" CapPrm) & 0x$(bits $word))) 0 \
		"stats does without $word"
done
kill "$pid"
fl detach fla >/dev/null 2>&1
tap_done
