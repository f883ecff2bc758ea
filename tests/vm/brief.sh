#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
# check: vm-brief
# The least that must work on every kernel, in a tenth of the time of smoke.sh:
# attach in each mode, drops, effects, delays, detach. For tools/vmtest, but
# runs wherever tests/e2e does.
# shellcheck source=../lib/owd.sh
. "$(dirname "$0")/../lib/owd.sh"

# What a delay may be off by, in us, for the packet of least delay; a machine
# whose time passes while it does not run may be off by more.
margin=3000
[ "${VM_TIME-}" = virtual ] || margin=60000

# Prints "SENT RECEIVED DUPLICATES" of ten pings.
pings() { # WAY FAMILY
	local from to to4 to6 address

	way "$1"
	address=$to4
	[ "$2" = icmp ] || address=$to6
	# ping does not wait for the last one's copy.
	at "$from" ping -q -n -i 0.02 -W 1 -c 10 "$address" 2>/dev/null |
		awk '/packets tr/ {
			print $1, $4, /duplicates/ ? substr($6, 2) : 0 }'
}

test_drop() { # MODE WAY FAMILY
	add "$2" proto "$3" loss nth 2 name r
	tap_is "$(pings "$2" "$3") $(rule r dropped)" "10 5 0 5" \
		"$1: $2 $3 loss nth 2"
	none
}

test_duplicate() { # MODE WAY FAMILY
	add "$2" proto "$3" duplicate 100% name r
	tap_like "$(pings "$2" "$3") $(rule r duplicated)" \
		"^10 10 (9|10) 10$" "$1: $2 $3 duplicate 100%"
	none
}

test_corrupt() { # MODE WAY FAMILY
	add "$2" proto "$3" corrupt 100% payload name r
	tap_is "$(pings "$2" "$3") $(rule r corrupted)" "10 0 0 10" \
		"$1: $2 $3 corrupt 100%"
	none
}

test_delay() { # MODE WAY FAMILY
	local send=owd line

	[ "$3" = icmp ] || send=owd6
	add "$2" proto udp delay 20ms name r
	line=$($send "$2" count=20 pps=500)
	tap_is "$(of received "$line") $(of damaged "$line")" "20 0" \
		"$1: $2 ${3/icmp/udp} delay 20ms: all arrive whole"
	check "$1: $2 ${3/icmp/udp} delay 20ms: us" \
		"$(of min "$line") >= 20000 && $(of min "$line") < \
20000 + $margin" "$line"
	whole "$1: $2 delay 20ms"
	tap_is "$(rule r delayed) $(rule r skipped)" "20 0" \
		"$1: $2 delay 20ms: counted"
	none
}

# Where both hit, one of two goes on; the verifier of 6.1 once cut that away.
test_joined() { # MODE WAY FAMILY
	add "$2" proto "$3" duplicate 100% loss nth 2 mangle ttl 9 name r
	tap_is "$(pings "$2" "$3") $(rule r duplicated)" "10 10 5 5" \
		"$1: $2 $3 duplicate and loss nth 2"
	none
}

test_mode() { # MODE
	local way family parts="drop duplicate joined corrupt delay"

	tap_ok "attach --mode $1" fl attach fla --seed 7 --mode "$1" || return
	tap_is "$(stats .mode)" "$1" "stats says $1"
	tap_diag "engine $(stats .engine)"
	for way in in out; do
		# Generic XDP can do no more to what comes in.
		[ "$1 $way" != "generic in" ] || parts=drop
		for family in icmp icmp6; do
			for part in $parts; do
				"test_$part" "$1" $way $family
			done
		done
		parts="drop duplicate joined corrupt delay"
	done
	tap_ok "$1: detach" fl detach fla
	e2e_same_state "$1: detach leaves nothing"
}

e2e_hosts
tap_ok "doctor finds no problem" fl doctor fla
e2e_state >"$tmp/before"
for mode in native generic tc; do
	test_mode $mode
done
tap_done
