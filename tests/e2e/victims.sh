#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
# check: long
# The loss models to the very packet: which ones are dropped is what the seed,
# the trace or the number says, and the same whenever it happens again.
# shellcheck source=../lib/hosts.sh
. "$(dirname "$0")/../lib/hosts.sh"

e2e_hosts
printf '0001000100 # a remark\n' >"$tmp/trace"
# 70 digits, the last of which is beyond one word.
printf '%s\n%s\n' "$(printf '%.0s0' {1..69})" 1 >"$tmp/long"
models=(
	"loss 10%"
	"loss 3% burst 3"
	"loss netem 8% 25%"
	"loss gemodel 1% 40% 90% 0.5%"
	"loss state 2% 60% 10% 50% 1%"
)
[ -z "${E2E_QUICK-}" ] || models=("${models[@]:0:3}")

# Ports of those flows of UDP that lost something, and how much.
victims() {
	fl flows fla -j proto udp | jq -c '[.flows[] |
		select(.in.dropped > 0) | [.remote_port, .in.dropped]] | sort'
}

# Sends COUNT frames in FLOWS flows through a rule on a device attached anew,
# and leaves in "fallen" the flows that lost some.
chosen() { # SEED COUNT FLOWS WORDS...
	fl attach fla --seed 7 >/dev/null 2>&1
	add in proto udp dport 5000 "${@:4}" seed "$1" name v
	frames "$2" flows="$3"
	seen=$(rule v packets)
	verdict=$(rule v 'realised.verdict')
	fallen=$(victims)
	fl detach fla >/dev/null 2>&1
}

# With as many flows as frames, the very frames are compared.
test_victims() { # MODEL SCOPE FLOWS
	local first name="$1, scope $2"

	# shellcheck disable=SC2086
	chosen 11 6000 "$3" $1 scope "$2"
	first=$fallen
	tap_is "$seen" 6000 "$name: all frames were decided on"
	tap_is "$verdict" inside "$name: as many as asked for"
	# shellcheck disable=SC2086
	chosen 11 6000 "$3" $1 scope "$2"
	tap_is "$fallen" "$first" "$name: same seed, same victims"
	[ -z "${E2E_QUICK-}" ] || return
	# shellcheck disable=SC2086
	chosen 12 6000 "$3" $1 scope "$2"
	tap_ok "$name: other seed, other victims" \
		test "$(md5sum <<<"$fallen")" != "$(md5sum <<<"$first")"
}

# Each frame is a flow here, so the very frames are known: from 4000.
test_trace_rule() {
	local want

	chosen 1 20 20 loss trace "$tmp/trace" scope rule
	tap_is "$fallen" "[[4003,1],[4007,1],[4013,1],[4017,1]]" \
		"trace 0001000100, scope rule: those very frames"
	chosen 1 140 140 loss trace "$tmp/long" scope rule
	tap_is "$fallen" "[[4069,1],[4139,1]]" \
		"trace of 70 digits: the 70th and the 140th"
	chosen 1 50 5 loss trace "$tmp/trace"
	want="[[4000,2],[4001,2],[4002,2],[4003,2],[4004,2]]"
	tap_is "$fallen" "$want" "trace: each flow has its own place in it"
}

test_traces() {
	local n word text dropped=0 asked=0

	fl attach fla --seed 7 >/dev/null 2>&1
	add in proto udp dport 5000 loss trace "$tmp/trace" name t
	add in proto udp dport 6000 loss trace "$tmp/long" name l
	for n in 1 2 1 3 1 6 66 1; do
		frames $n
		frames $n dport=6000
		asked=$((asked + n))
		dropped="$(rule t dropped) $(rule l dropped)"
		tap_is "$dropped" "$((asked / 10 * 2 + (asked % 10 > 3) +
			(asked % 10 > 7))) $((asked / 70))" \
			"two traces after $asked packets"
	done
	none
	word=$(cd "$tmp" && fl add fla in loss trace ./trace name t 2>&1)
	tap_is "${word%%$'\n'*}" t "a relative path is taken"
	text=$(fl list fla -q)
	tap_like "$text" "loss trace $tmp/(\./)?trace " \
		"list has the whole of it"
	none
	# shellcheck disable=SC2086
	tap_ok "add takes that back" fl add ${text%%#*}
	none
	printf '0001\n01x\n' >"$tmp/bad"
	printf '# nothing\n\n' >"$tmp/empty"
	mkdir "$tmp/dir"
	for word in "none:: No such file" "bad::2:3: a trace holds only" \
		"empty:: this trace has no digits" "dir::.*directory"; do
		text=$(fl add fla in loss trace "$tmp/${word%%:*}" 2>&1)
		tap_is $? 1 "a trace that cannot be: ${word%%:*}: exit 1"
		tap_like "$text" "^faultline: $tmp/${word/::/:}" "and why"
	done
	mkdir "$tmp/a b" && cp "$tmp/trace" "$tmp/a b/"
	text=$(cd "$tmp/a b" && fl add fla in loss trace trace 2>&1)
	tap_is $? 1 "a place that list could not say: exit 1"
	tap_like "$text" "trace: the whole path .* without blanks" "and why"
	tap_is "$(fl list fla -q)" "" "nothing of it was added"
	head -c 8000000 /dev/zero | tr '\0' 0 >"$tmp/big"
	for ((n = 0; n < 17; n++)); do
		add in loss trace "$tmp/big" name b
		[ $n -eq 16 ] || none
	done
	tap_is "$(fl list fla -q | wc -l)" 1 "room is used again, 17 times"
	text=$(fl add fla in loss trace "$tmp/big" 2>&1)
	tap_is $? 1 "two of them at once: exit 1"
	tap_like "$text" "big: no room" "and why"
	printf '%.0s1' {1..300000} >"$tmp/little"
	tap_ok "a small one beside it" fl add fla in loss trace "$tmp/little"
	fl detach fla >/dev/null 2>&1
}

# Two senders on two CPUs, 400 flows: the rule numbers them all.
test_scope() {
	local left

	fl attach fla --seed 7 >/dev/null 2>&1
	add in proto udp loss nth 10 scope rule name s
	add in proto tcp loss first 5 scope rule name f
	add in proto sctp loss first 5 name each
	for left in 1 2 3; do
		at "$far" taskset -c 0 "$tools/e2e_frames" flb 20003 \
			mac="$near_mac" flows=200 >/dev/null &
		at "$far" taskset -c 1 "$tools/e2e_frames" flb 20003 \
			mac="$near_mac" flows=200 sport=9000 >/dev/null
		wait $!
		tap_is "$(rule s dropped)" $(($(rule s packets) / 10)) \
			"loss nth 10 scope rule: exact ($left of 3)"
	done
	tap_ok "of $(rule s packets) packets" \
		test "$(rule s packets)" -gt 60000
	frames 400 proto=6 flows=100
	frames 400 proto=132 flows=100
	tap_is "$(rule f dropped) of $(rule f packets)" "5 of 400" \
		"loss first 5 scope rule: five of all"
	tap_is "$(rule each dropped) of $(rule each packets)" "400 of 400" \
		"loss first 5: five of each flow"
	fl detach fla >/dev/null 2>&1
}

# The same flows fall whenever the rule's seed is the same, in both directions.
test_share() {
	local first back port

	chosen 21 400 400 flows 30% blackhole
	first=$fallen
	tap_ok "flows 30%: some of 400 ($(jq length <<<"$first"))" \
		jq -e 'length > 60 and length < 180' <<<"$first"
	chosen 21 400 400 flows 30% blackhole
	tap_is "$fallen" "$first" "flows 30%: same seed, same flows"
	chosen 22 400 400 flows 30% blackhole
	tap_ok "flows 30%: another, others" test "$fallen" != "$first"
	fl attach fla --seed 7 >/dev/null 2>&1
	add out proto udp flows 30% blackhole seed 21 name o
	for ((port = 4000; port < 4060; port++)); do
		frames_out 1 sport=5000 dport=$port
	done
	back=$(fl flows fla -j proto udp | jq -c '[.flows[] |
		select(.out.dropped > 0) | [.remote_port, .out.dropped]] |
		sort')
	tap_is "$back" "$(jq -c 'map(select(.[0] < 4060))' <<<"$first")" \
		"flows 30%: the same flows on their way out"
	fl detach fla >/dev/null 2>&1
}

for model in "${models[@]}"; do
	test_victims "$model" flow 300
	test_victims "$model" rule 6000
done
test_trace_rule
test_traces
test_scope
test_share
tap_done
