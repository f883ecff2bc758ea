#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
# Leases end by themselves; what has ended makes way for what comes.
# shellcheck source=../lib/hosts.sh
. "$(dirname "$0")/../lib/hosts.sh"

e2e_hosts
fl attach fla >/dev/null 2>&1

lost() { # packets out of 4
	local got

	got=$(at "$far" ping -c 4 -i 0.01 -W 0.5 $near4 |
		sed -n 's/.* \([0-9]*\) received.*/\1/p')
	echo $((4 - got))
}

refused() { # DEV RULE...
	! fl add "$@"
}

expired() { # NAME
	[ "$(rule "$1" expired)" = true ]
}

fl add fla in proto icmp blackhole name short for 4s >/dev/null 2>&1
fl add fla in proto icmp loss nth 2 name later for 1h >/dev/null 2>&1
tap_is "$(lost)" 4 "the first rule loses all"
tap_ok "its lease ends" e2e_until expired short
tap_is "$(lost)" 2 "then the next rule has the packets, every second lost"
tap_is "$(rule short dropped)" 4 "the counters of the first are still there"
tap_ok "its name may be used again" \
	fl add fla in proto icmp blackhole name short for 1h
tap_ok "but not that of a rule in force" \
	refused fla in proto icmp blackhole name later
tap_is "$(fl list fla -q | wc -l)" 2 "two rules are left"

tap_done
