#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
# check: long
# A capture through the programs: always the same, exactly what was asked for,
# valid packets, the packets that a device loses, and no device touched.
# shellcheck source=../lib/hosts.sh
. "$(dirname "$0")/../lib/hosts.sh"

python=/usr/bin/python3
"$python" -c 'import scapy, jsonschema' 2>/dev/null ||
	tap_skip_all "no python3 with scapy and jsonschema"
for tool in tshark editcap tcpdump taskset; do
	command -v $tool >/dev/null || tap_skip_all "no $tool"
done
pcap() {
	"$python" "$root/tests/e2e/replay_pcap.py" "$@"
}

in=$tmp/in.pcap
after=$tmp/after.pcap
pcap make "$in" || e2e_bail "cannot make a capture"

# What it says goes to $tmp/err, and to $tmp/json with -j.
replay() {
	timeout -k 5 60 "$faultline" replay "$@" >"$tmp/json" 2>"$tmp/err"
}

count() { # MEMBER of the totals
	jq ".totals.$1" "$tmp/json"
}

test_same() {
	local rule="loss 10% burst 2 duplicate 10% corrupt 5% payload silent"

	# shellcheck disable=SC2086
	replay $rule "$in" "$after"
	# shellcheck disable=SC2086
	taskset -c 0 "$faultline" replay -q $rule "$in" "$tmp/again.pcap"
	tap_ok "the same seed: the same file, on any CPU" \
		cmp "$after" "$tmp/again.pcap"
	# shellcheck disable=SC2086
	replay $rule --seed 1 "$in" "$tmp/again.pcap"
	tap_ok "another --seed: another file" \
		test "$(cmp "$after" "$tmp/again.pcap" | wc -l)" -eq 1
	# shellcheck disable=SC2086
	replay $rule seed 9 "$in" "$after"
	# shellcheck disable=SC2086
	replay $rule seed 9 --seed 1 "$in" "$tmp/again.pcap"
	tap_ok "a rule's own seed goes before --seed" \
		cmp "$after" "$tmp/again.pcap"
	# The clock must not say which flow has to go.
	# shellcheck disable=SC2086
	replay $rule --flows 64 "$in" "$after"
	tap_ok "a flow table that is too small is said" grep -q flows \
		"$tmp/err"
	# shellcheck disable=SC2086
	replay $rule --flows 64 "$in" "$tmp/again.pcap"
	tap_ok "and has the same outcome too" cmp "$after" "$tmp/again.pcap"
	replay loss 0% "$in" "$after"
	tap_ok "loss 0%: not a byte differs" cmp "$in" "$after"
	"$faultline" replay loss 5% "$in" "$after" 2>/dev/null
	"$faultline" replay loss 5% - - <"$in" 2>/dev/null |
		cmp - "$after" >"$tmp/err"
	tap_is "${PIPESTATUS[*]}" "0 0" "from stdin to stdout: the same"
}

# Python knows by KIND what must come out.
judge() { # KIND "RULE" ARGUMENT, a counter or what KIND wants
	local kind=$1 rule=$2 want

	# shellcheck disable=SC2086
	replay -j $rule "$in" "$after" || {
		tap_fail "$rule" "$(cat "$tmp/err")"
		return
	}
	case $3 in
	*[a-z]*) want=$(jq ".totals | $3" "$tmp/json") ;;
	*) want=$3 ;;
	esac
	tap_ok "$rule: what must come out ($want)" \
		pcap "$kind" "$in" "$after" "$want"
}

test_victims() {
	judge nth "proto tcp loss nth 3" 3
	judge nth "out proto tcp loss nth 2" 2
	judge first "proto tcp loss first 4" 4
	judge pattern "proto tcp loss pattern 0110100" 0110100
	printf '001 # a comment\n1' >"$tmp/trace"
	judge pattern "proto tcp loss trace $tmp/trace" 0011
	judge nth "proto tcp blackhole" 1
	judge nth "out proto tcp fail" 1
}

test_effects() {
	local bad

	judge corrupt "corrupt 20%" .corrupted
	judge corrupt "proto tcp corrupt 100% header" .corrupted
	judge silent "corrupt 30% payload silent" .corrupted
	judge duplicate "duplicate 20%" .duplicated
	judge duplicate "duplicate 100%" .duplicated
	judge mangle "mangle ttl 3 mangle dscp ef" .mangled
	judge mark "mark-ce 50%" .marked
	tap_ok "mark-ce: what has no ECN is counted apart" \
		test "$(count not_ect)" -gt 200
	# A tagged frame cannot be answered: lost, and counted as skipped.
	judge reject "reject" ".rejected - .skipped"
	bad='ip.checksum.status==0 or tcp.checksum.status==0 or
		icmp.checksum.status==0 or icmpv6.checksum.status==0'
	tap_is "$(tshark -n -r "$after" -o ip.check_checksum:TRUE \
		-o tcp.check_checksum:TRUE -Y "$bad" 2>/dev/null | wc -l)" 0 \
		"reject: no bad checksum, by tshark"
	replay -j blackhole dry-run "$in" "$after"
	tap_ok "dry-run: not a byte differs" cmp "$in" "$after"
	tap_is "$(count would_drop)" "$(count packets | xargs expr -40 +)" \
		"dry-run: counts all that is IP"
}

test_counts() {
	cat >"$tmp/rules" <<-END
		# what list prints, of any device
		eth7 in proto tcp loss 10% burst 3 for 10m name t # expires
		both proto udp duplicate 30% loss 10% name u
		eth8 out proto icmp reject
	END
	replay -j -f "$tmp/rules" --local 10.77.0.1,fd77::1 "$in" "$after"
	tap_is "$(jq -c '[.rules[].name]' "$tmp/json")" '["t","u","r1"]' \
		"a file of rules, with and without a device"
	tap_is "$(jq '[(.packets == .totals.packets),
		(.totals | .packets == .passed + .dropped),
		(.totals | .packets == .in + .out),
		(.totals.packets == .totals.unmatched + .totals.unparsed +
			.totals.exempt + ([.rules[].packets] | add)),
		(.totals | .rejected > 0 and .duplicated > 0),
		(.written == .packets - .totals.dropped + .totals.duplicated +
			.totals.rejected - .totals.skipped)] | all' \
		"$tmp/json")" true "the counters add up"
	tap_is "$(pcap frames "$after" | wc -l)" "$(jq .written "$tmp/json")" \
		"so many packets are in the file"
	tap_ok "the JSON follows its schema" "$python" -c '
import json, sys, jsonschema
schema = json.load(open(sys.argv[1]))
jsonschema.validate(json.load(open(sys.argv[2])), schema)
' "$root/docs/schema/replay.json" "$tmp/json"
	replay -f "$tmp/rules" --local 10.77.0.1,fd77::1 "$in" "$after"
	tap_like "$(cat "$tmp/err")" "t \(loss 10% burst 3\): [0-9]+ packets" \
		"one line for each rule"
	replay -q -f "$tmp/rules" "$in" "$after"
	tap_is "$(cat "$tmp/json" "$tmp/err")" "" "-q: nothing"
}

test_sides() {
	local of_near

	of_near=$(tshark -n -r "$in" -Y 'ip.src==10.77.0.1 or
		ipv6.src==fd77::1' 2>/dev/null | wc -l)
	replay -j both blackhole --local 10.77.0.1/32,fd77::1 "$in" "$after"
	tap_is "$(count out)" "$of_near" "--local: what comes from there is out"
	replay -j out blackhole "$in" "$after"
	tap_is "$(count in)" 0 "a rule that says out: all go out"
	replay -j both blackhole "$in" "$after"
	tap_is "$(count out)" 0 "a rule that says both: all come in"
	printf 'in proto tcp loss 1%%\nout proto udp loss 1%% name o\n' \
		>"$tmp/rules"
	replay -f "$tmp/rules" "$in" "$after"
	tap_like "$(cat "$tmp/err")" "o is for outgoing packets" \
		"a rule for what does not go out: says so"
}

test_formats() {
	pcap convert "$in" "$tmp/x.pcap" nano=1
	replay loss 0% "$tmp/x.pcap" "$after"
	tap_ok "nanoseconds stay nanoseconds" cmp "$tmp/x.pcap" "$after"
	pcap convert "$in" "$tmp/x.pcap" big=1
	replay loss 0% "$tmp/x.pcap" "$after"
	tap_ok "the other byte order is read" cmp "$in" "$after"
	editcap -F pcapng "$in" "$tmp/x.pcapng" 2>/dev/null
	replay loss 5% "$tmp/x.pcapng" "$after"
	pcap frames "$after" >"$tmp/ng"
	replay loss 5% "$in" "$after"
	tap_is "$(pcap frames "$after" | cmp - "$tmp/ng" 2>&1)" "" \
		"pcapng is read"
	pcap convert "$in" "$tmp/x.pcap" snap=96
	replay -j proto tcp loss nth 3 "$tmp/x.pcap" "$after"
	tap_ok "cut frames are decided by their headers" \
		pcap nth "$tmp/x.pcap" "$after" 3
	tap_is "$(jq -c '[.cut > 500, .totals.unparsed]' "$tmp/json")" \
		"[true,20]" "and counted"
	pcap convert "$in" "$tmp/x.pcap" snap=60
	replay corrupt 100% "$tmp/x.pcap" "$after"
	tap_is "$(tshark -r "$after" -T fields -e frame.len 2>/dev/null |
		md5sum)" "$(tshark -r "$tmp/x.pcap" -T fields -e frame.len \
		2>/dev/null | md5sum)" "their lengths on the wire are kept"
	pcap convert "$in" "$tmp/x.pcap" snap=13
	replay -j loss 0% "$tmp/x.pcap" "$after"
	tap_is "$(jq -c '[.too_short, .totals.packets]' "$tmp/json")" \
		"[$(jq .packets "$tmp/json"),0]" \
		"less than a link header passes"
	tap_ok "and is as it was" cmp "$tmp/x.pcap" "$after"
	pcap convert "$in" "$tmp/x.pcap" pad=4000
	replay -j proto tcp loss nth 3 "$tmp/x.pcap" "$after"
	tap_ok "more than the kernel runs is decided by its head" \
		pcap nth "$tmp/x.pcap" "$after" 3
	tap_is "$(jq '.packets == .totals.packets' "$tmp/json")" true \
		"and is counted"
}

# The packets alone, without link header: untagged ones, to compare.
test_plain_ip() {
	tshark -r "$in" -F pcap -w "$tmp/eth.pcap" \
		-Y '(ip or ipv6) and !vlan' 2>/dev/null
	replay -q both loss 10% duplicate 10% corrupt 5% "$tmp/eth.pcap" \
		"$tmp/eth.out"
	pcap convert "$tmp/eth.pcap" "$tmp/raw.pcap" strip=14 link=101
	replay -q both loss 10% duplicate 10% corrupt 5% "$tmp/raw.pcap" \
		"$after"
	tap_ok "plain IP: the same packets" \
		pcap same "$tmp/eth.out" "$after" 14
	replay -q reject "$tmp/eth.pcap" "$tmp/eth.out"
	replay -q reject "$tmp/raw.pcap" "$after"
	tap_ok "plain IP: the same answers" \
		pcap same "$tmp/eth.out" "$after" 14
	pcap convert "$in" "$tmp/x.pcap" link=105
	replay loss 1% "$tmp/x.pcap" "$tmp/none.pcap"
	tap_is "$?" 3 "any other link type: exit code 3"
	tap_like "$(cat "$tmp/err")" "x.pcap: the link type is 802.11" \
		"and its name"
}

refused() { # CODE PATTERN WORDS...
	local status

	rm -f "$tmp/none.pcap"
	replay "${@:3}"
	status=$?
	tap_is "$status $(wc -l <"$tmp/err")" "$1 1" "replay ${*:3}: $1"
	tap_like "$(cat "$tmp/err")" "$2" "replay ${*:3}: says why"
	[ ! -e "$tmp/none.pcap" ] || tap_fail "replay ${*:3}: made a file"
}

test_refusals() {
	local none=$tmp/none.pcap

	refused 2 "missing IN.pcap"
	refused 2 "missing OUT.pcap" "$in"
	refused 2 "missing RULE" "$in" "$none"
	refused 2 "\"los\"" los 1% "$in" "$none"
	refused 2 "unexpected argument \"x\"" -f "$tmp/rules" x "$in" "$none"
	refused 2 "\"10.1.2\" is not an address" --local ::1,10.1.2 loss 1% \
		"$in" "$none"
	refused 2 "both be written to stdout" -j loss 1% "$in" -
	refused 2 "both be read from stdin" -f - - "$none"
	refused 2 "is also the input" loss 1% "$in" "$in"
	refused 1 "absent: No such file" loss 1% "$tmp/absent" "$none"
	refused 1 "absent: No such file" -f "$tmp/absent" "$in" "$none"
	refused 1 "absent: No such file" loss trace "$tmp/absent" "$in" "$none"
	refused 1 "hosts.sh: cannot read this as a capture" loss 1% \
		"$root/tests/lib/hosts.sh" "$none"
	refused 1 "no/such: No such file" loss 1% "$in" "$tmp/no/such"
	refused 1 "/dev/full: No space left" loss 1% "$in" /dev/full
	refused 2 "<stdin>:2:1: .*\"lss\"" -f - "$in" "$none" \
		<<<$'in loss 1%\nlss 2%'
	printf 'loss 1%% name a\nloss 2%% name a\n' >"$tmp/rules"
	refused 1 "two rules are named \"a\"" -f "$tmp/rules" "$in" "$none"
	head -c 100000 "$in" >"$tmp/x.pcap"
	replay -j loss 0% "$tmp/x.pcap" "$after"
	tap_is "$? $(wc -l <"$tmp/err")" "7 1" "a capture that is cut off: 7"
	tap_like "$(cat "$tmp/err")" "x.pcap: cut off in packet [0-9]+:" \
		"and the packet's number"
	tap_is "$(head -c 50000 "$after" | cmp -n 50000 - "$in")" "" \
		"what was before is written"
	tap_is "$(jq -c '[.capture.cut_off, .packets == .written]' \
		"$tmp/json")" "[true,true]" "and is in the summary"
	"$faultline" replay loss 0% "$in" - 2>"$tmp/err" |
		head -c 100 >/dev/null
	tap_is "${PIPESTATUS[0]}" 0 "a reader that has seen enough: 0"
}

test_alone() {
	local before

	before=$(unshare -n ip -d link)
	# shellcheck disable=SC2016
	unshare -n sh -c '"$1" replay -q loss 10% "$2" "$3"; ip -d link' sh \
		"$faultline" "$in" "$after" >"$tmp/links"
	tap_is "$?" 0 "needs no device"
	tap_is "$(cat "$tmp/links")" "$before" "touches none"
	tap_ok "pins nothing" test ! -e "$FAULTLINE_RUN"
	install -m 755 "$faultline" "$tmp/faultline"
	chmod 755 "$tmp"
	setpriv --reuid=65534 --regid=65534 --clear-groups "$tmp/faultline" \
		replay loss 1% "$in" /dev/null 2>"$tmp/err"
	tap_is "$? $(wc -l <"$tmp/err")" "5 1" "without privileges: 5"
}

# Sends the capture through a device with the same rules and seed. What is
# left of it on the way to, or behind, the device is what replay says.
live() { # NAME DIRECTION WHERE DEV FROM SENDER
	local name=$1

	e2e_spawn_at "$3" tcpdump -Z root -i "$4" -w "$tmp/live.pcap" -U \
		-B 65536 --immediate-mode ether src 02:00:00:00:00:01 \
		>/dev/null 2>"$tmp/tcpdump"
	e2e_until grep -q listening "$tmp/tcpdump"
	at "$5" taskset -c 0 "$python" "$root/tests/e2e/replay_pcap.py" \
		send "$6" "$in"
	e2e_until test "$(stats ".totals.$2.packets")" -ge 2070
	sleep 0.5
	e2e_kill "$e2e_pid" INT
	fl list fla | timeout 60 "$faultline" replay -q --seed 42 -f - "$in" \
		"$after"
	pcap frames "$tmp/live.pcap" | sort >"$tmp/live"
	pcap frames "$after" | sort >"$tmp/replayed"
	# What the capture missed is not what faultline did.
	tap_like "$(cat "$tmp/tcpdump")" "0 packets dropped by kernel" \
		"$name: all of it is captured"
	tap_is "$(comm -3 "$tmp/live" "$tmp/replayed" | wc -l)" 0 \
		"$name: of $(pcap frames "$in" | wc -l) frames the same" \
		"$(wc -l <"$tmp/live") go on"
}

# Rules get their seeds in order: those of a new device are those of replay.
again() {
	fl detach fla >/dev/null
	tap_ok "attach" fl attach fla --seed 42 --no-guards --mode native
}

test_live() {
	e2e_hosts
	again
	fl add fla -f - >/dev/null <<-END
		in proto tcp loss 10%
		in proto udp loss 20% burst 3
		in proto icmp loss gemodel 10% 30%
		in flows 50% loss nth 2
	END
	live "in, by XDP" in "$near" fla "$far" flb
	again
	fl add fla -f - >/dev/null <<-END
		out proto tcp duplicate 20% loss 20%
		out proto udp corrupt 30% mangle ttl 9 scope rule loss state 9%
		out proto icmp mark-ce 60% drop
		out mangle dscp 3 loss pattern 0010
	END
	live "out, by tc" out "$far" flb "$near" fla
}

test_same
test_victims
test_effects
test_counts
test_sides
test_formats
test_plain_ip
test_refusals
test_alone
test_live
tap_done
