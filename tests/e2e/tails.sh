#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
# What carries out effects and delays is loaded by the first rule that needs
# it, once; and where that fails, the rule is refused and all is as before.
# shellcheck source=../lib/hosts.sh
. "$(dirname "$0")/../lib/hosts.sh"

e2e_hosts

tails() { # the kernel's ids of the programs that were loaded so
	bpftool -j map dump pinned "$FAULTLINE_RUN"/bpf/*/tails |
		jq -r '.[] | .value | if type == "array" then join(" ")
			else . end'
}

needless() { # WORDS...
	add "$@"
	tap_is "$(tails)" "" "$mode: no need: $*"
}

needed() { # WORDS...
	fl attach fla --mode "$mode" >/dev/null 2>&1
	add "$@"
	tap_like "$(tails)" . "$mode: loaded: $*"
	fl detach fla >/dev/null 2>&1
}

test_need() { # MODE
	local mode=$1 first

	fl attach fla --mode "$mode" >/dev/null 2>&1
	tap_is "$(tails)" "" "$mode: nothing at attach"
	needless in loss 1%
	needless out loss 1% burst 3 scope rule
	needless out blackhole for 1s dport 9
	needless out corrupt 1% proto udp dry-run
	add out proto udp duplicate 1%
	first=$(tails)
	tap_like "$first" . "$mode: the first effect brings it"
	add in proto udp reject
	add out proto udp mark-ce 1%
	tap_is "$(tails)" "$first" "$mode: and others find it there"
	fl detach fla >/dev/null 2>&1
	needed in reject
	needed out proto udp corrupt 1%
	needed both mangle ttl 7
}

rules() {
	fl list fla -j | jq -c '[.rules[].name]'
}

# A limit on descriptors lets the pins be opened, but no program be loaded.
test_refused() { # MODE
	local mode=$1

	fl attach fla --mode "$mode" >/dev/null 2>&1
	add in proto udp loss 1% name one
	tap_ok "$mode: a load that fails refuses the rule" \
		fails prlimit --nofile=41 nsenter --net="/run/netns/$near" \
		"$faultline" add fla both proto udp duplicate 1% name two
	tap_like "$(cat "$tmp/err")" "cannot load the BPF programs: Too many" \
		"$mode: why: $(cat "$tmp/err")"
	tap_is "$(tails)" "" "$mode: nothing is loaded"
	tap_is "$(rules)" '["one"]' "$mode: and the rules are as before"
	tap_is "$(find "$FAULTLINE_RUN/bpf" -name in_link | wc -l)" \
		"$([ "$mode" = native ] && echo 0 || echo 1)" \
		"$mode: nothing more is attached"
	tap_ok "$mode: the next try may work" \
		fl add fla both proto udp duplicate 1% name two
	tap_is "$(rules)" '["one","two"]' "$mode: and does"
	fl detach fla >/dev/null 2>&1
}

fails() { # COMMAND...
	! "$@" >/dev/null 2>"$tmp/err"
}

for mode in native tc; do
	test_need $mode
	test_refused $mode
done
tap_done
