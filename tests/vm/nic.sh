#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
# Pairs of network cards that qemu emulates, with their drivers' own rings and
# offloads: every impairment by each mode that the driver has; then what the
# owner of a card does to it while we are attached. For tools/nictest, which
# says in NICS which pairs there are.
# shellcheck source=../lib/hosts.sh
. "$(dirname "$0")/../lib/hosts.sh"
# shellcheck source=../lib/devices.sh
. "$(dirname "$0")/../lib/devices.sh"

matrix=$(dirname "$0")/../../tools/matrix

# ---- every impairment

# What tools/matrix found to be wrong there, or "none wrong".
judged() { # NIC MODE
	"$matrix" --json --mode "$2" --margin 60 "$1" >"$tmp/document" \
		2>"$tmp/said"
	jq -r '([.cells[] | select(.result == "WRONG") | .id + ": " + .why] +
		[.failed[] | .why] + [.absent[] | .why]) |
		if . == [] then "none wrong" else join("; ") end' \
		"$tmp/document" 2>/dev/null || cat "$tmp/said"
}

cells() { # RESULT
	jq "[.cells[] | select(.result == \"$1\")] | length" "$tmp/document"
}

# ---- one pair, from here on fmn and fmf

begin() { # NIC
	near=fln-$$-$1-near far=fln-$$-$1-far
	e2e_namespace "$near"
	e2e_namespace "$far"
	make_nic "$1" >"$tmp/make" 2>&1 || return
	near_mac=$(mac_of "$near" fmn)
	at "$near" ip neigh replace 10.71.0.2 lladdr "$(mac_of "$far" fmf)" \
		dev fmn
	at "$far" ip neigh replace 10.71.0.1 lladdr "$near_mac" dev fmf
	driver=$(at "$near" ethtool -i fmn | sed -n 's/^driver: //p')
}

end() {
	ip netns del "$near"
	ip netns del "$far"
}

# All that attach may touch, but for what a driver counts and measures.
state() {
	at "$near" ip -d link show dev fmn
	at "$near" tc qdisc show
	at "$near" tc filter show dev fmn ingress
	at "$near" tc filter show dev fmn egress
	at "$near" ethtool -k fmn
	at "$near" ethtool -l fmn 2>/dev/null
	at "$near" ethtool -g fmn 2>/dev/null
	at "$near" ip link | grep -c .
	find "$FAULTLINE_RUN" -mindepth 1 ! -name lock 2>/dev/null
}

same_state() { # NAME
	state >"$tmp/after"
	tap_ok "$1" diff "$tmp/before" "$tmp/after"
}

# Whether doctor expects native XDP to work: its row begins so.
expects_native() {
	fl doctor fmn -j | jq -e '.results[] | select(.what == "native xdp") |
		.found | startswith("expected")'
}

ours() { # MEMBER of the rule
	fl stats fmn -j | jq ".rules[] | select(.name == \"half\") | .$1"
}

# Twenty frames by the card, of which the rule drops ten: "SEEN DROPPED".
twenty() {
	local seen dropped

	seen=$(ours packets) dropped=$(ours dropped)
	at "$far" "$tools/e2e_frames" fmf 20 mac="$near_mac" \
		src=10.71.0.2 dst=10.71.0.1 dport=7100 >/dev/null
	sleep 0.3
	echo "$(($(ours packets) - seen)) $(($(ours dropped) - dropped))"
}

# The last of ten tries, or what is right: a card takes its time to come back.
twenty_again() {
	local i said

	for i in 1 2 3 4 5 6 7 8 9 10; do
		said=$(twenty)
		[ "$said" != "20 10" ] || break
	done
	echo "$said"
}

# What the owner of the card does; traffic goes on all the while.
disturb() { # WHAT COMMAND...
	if ! at "$near" "${@:2}" >"$tmp/said" 2>&1; then
		tap_skip "$nic $mode: $1: the driver says: $(tail -n 1 \
			"$tmp/said")"
		return
	fi
	e2e_until nic_has_link
	at "$far" ip neigh replace 10.71.0.1 lladdr "$near_mac" dev fmf
	tap_is "$(twenty_again)" "20 10" "$nic $mode: $1: rules are in force"
	tap_is "$(fl stats fmn -j | jq -c .degraded)" false \
		"$nic $mode: $1: nothing is missing"
}

ring() { # how many descriptors it has now
	at "$near" ethtool -g fmn 2>/dev/null |
		awk '/^Current/ { now = 1 } now && /^RX:/ { print $2; exit }'
}

disturbances() {
	local size

	disturb "link down and up" bash -c "ip link set fmn down &&
		ip link set fmn up"
	disturb "driver reset" ethtool -r fmn
	size=$(ring)
	if [ -n "$size" ]; then
		disturb "smaller ring" ethtool -G fmn rx $((size / 2))
		disturb "ring as before" ethtool -G fmn rx "$size"
	fi
	if at "$near" ethtool -l fmn >/dev/null 2>&1; then
		disturb "one queue" ethtool -L fmn combined 1
		disturb "queues as before" ethtool -L fmn combined "$queues"
	fi
	disturb "rx checksums off" ethtool -K fmn rx off
	disturb "rx checksums on" ethtool -K fmn rx on
}

# Tags in the frame and beside it. XDP sees none where the card takes them off.
tags() {
	local setting

	# A card may take only tags that somebody wants.
	at "$near" ip link add link fmn name fmn.5 up type vlan id 5
	for setting in off on; do
		at "$near" ethtool -K fmn rxvlan $setting >/dev/null 2>&1 ||
			continue
		[ "$mode $setting" != "native on" ] &&
			[ "$mode $setting" != "generic on" ] || continue
		e2e_until nic_has_link
		fl add fmn in vlan 5 proto udp dport 7200 blackhole \
			name tagged >/dev/null 2>&1
		at "$far" "$tools/e2e_frames" fmf 10 mac="$near_mac" vlan=5 \
			src=10.71.0.2 dst=10.71.0.1 dport=7200 >/dev/null
		sleep 0.3
		tap_is "$(fl stats fmn -j | jq '.rules[] |
			select(.name == "tagged") | .dropped')" 10 \
			"$nic $mode: tags with rxvlan $setting"
		fl del fmn tagged >/dev/null 2>&1
	done
	at "$near" ip link del fmn.5
}

sent_there() {
	at "$far" ip -s -j link show dev fmf | jq '.[0].stats64.tx.packets'
}

# What the peer's card says that it has sent, and we that we have seen.
counted() {
	local sent seen

	sent=$(sent_there)
	seen=$(fl stats fmn -j | jq '.totals.in.packets')
	at "$far" "$tools/e2e_frames" fmf 500 mac="$near_mac" flows=7 \
		src=10.71.0.2 dst=10.71.0.1 dport=7300 >/dev/null
	sleep 0.5
	tap_is "$(($(fl stats fmn -j | jq '.totals.in.packets') - seen))" \
		"$(($(sent_there) - sent))" \
		"$nic $mode: seen here is what the peer's card sent"
}

# Frames that a ring of pages has to put together.
large() {
	local ns=("$near" "$far") dev=(fmn fmf) end

	for end in 0 1; do
		at "${ns[end]}" ip link set "${dev[end]}" mtu 9000 \
			>"$tmp/said" 2>&1 || break
	done
	if [ -s "$tmp/said" ]; then
		tap_skip "$nic $mode: MTU 9000: the driver says: $(tail -n 1 \
			"$tmp/said")"
	else
		e2e_until nic_has_link
		fl add fmn in proto icmp delay 5ms name large >/dev/null 2>&1
		at "$far" ping -q -c 1 -s 8900 -w 10 10.71.0.1 >/dev/null
		tap_like "$(at "$far" ping -q -c 5 -i 0.05 -s 8900 -W 5 \
			10.71.0.1)" " 5 received" \
			"$nic $mode: packets of 8,900 bytes are delayed"
		fl del fmn large >/dev/null 2>&1
	fi
	for end in 0 1; do
		at "${ns[end]}" ip link set "${dev[end]}" mtu 1500
	done
	e2e_until nic_has_link
}

# Whether the card, with an XDP program that only lets pass, receives after its
# link was down: some do not, with anybody's program.
comes_back() {
	local came=''

	e2e_foreign "$near" fmn xdp 2
	at "$near" bash -c "ip link set fmn down && ip link set fmn up"
	e2e_until nic_has_link
	at "$near" ping -q -c 1 -w 10 10.71.0.2 >/dev/null && came=1
	at "$near" ip link set dev fmn xdpdrv off
	at "$near" bash -c "ip link set fmn down && ip link set fmn up"
	e2e_until nic_has_link
	at "$near" ip neigh replace 10.71.0.2 lladdr "$(mac_of "$far" fmf)" \
		dev fmn
	[ -n "$came" ]
}

handle() { # NIC MODE
	local nic=$1 mode=$2 expected='' status queues lame=

	queues=$(at "$near" ethtool -l fmn 2>/dev/null |
		awk '/^Combined:/ { n = $2 } END { print n }')
	if [ "$mode" = native ]; then
		expects_native >/dev/null && expected=1
		comes_back || lame=1
	fi
	state >"$tmp/before"
	fl attach fmn --mode "$mode" >"$tmp/said" 2>&1
	status=$?
	if [ "$mode" = native ]; then
		tap_is "$([ $status -eq 0 ] && echo 1)" "$expected" \
			"$nic ($driver): native XDP, as doctor says"
	else
		tap_is "$status" 0 "$nic ($driver): attach --mode $mode"
	fi
	if [ $status -eq 0 ]; then
		fl add fmn both proto udp dport 7100 loss nth 2 scope rule \
			name half >/dev/null 2>&1
		tap_is "$(twenty)" "20 10" "$nic $mode: a rule is in force"
		counted
		tags
		[ "$mode" != generic ] || large
		if [ -n "$lame" ]; then
			tap_skip "$nic $mode: resets: with any XDP program the\
 card receives nothing after its link was down"
		elif [ "$mode" != generic ]; then
			disturbances
		fi
		fl detach fmn >/dev/null 2>&1
	fi
	same_state "$nic $mode: all is as it was"
}

for nic in $NICS; do
	if ! begin "$nic"; then
		tap_skip "no card $nic here: $(tail -n 1 "$tmp/make")"
		end
		continue
	fi
	for mode in native generic tc; do
		handle "$nic" $mode
	done
	end
	for mode in native tc; do
		said=$(judged "$nic" $mode)
		tap_is "$said" "none wrong" "$nic $mode: every impairment,\
 $(cells right) right, $(cells refused) refused"
	done
done
tap_done
