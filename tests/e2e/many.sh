#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
# check: long
# As many rules as a device can have: added, hit, shown and deleted.
# shellcheck source=../lib/hosts.sh
. "$(dirname "$0")/../lib/hosts.sh"

e2e_hosts
most=16384

# Rules of an address and a port of their own, the last one of the far host's.
rules() { # COUNT
	seq 1 $(($1 - 1)) | awk -v format="in proto udp src 10.1.%d.%d dport %d\
 loss 1%%\n" '{ printf format, $1 / 256, $1 % 256, 1000 + 3 * $1 }'
	echo "in proto udp src $far4 dport 999 blackhole name last"
}

refusal() { # WORDS...
	fl "$@" >/dev/null 2>"$tmp/err"
	cat "$tmp/err"
}

tap_ok "attach" fl attach fla
rules $most >"$tmp/most"
tap_ok "a file of as many" fl add fla -f "$tmp/most"
tap_is "$(fl list fla -q | wc -l)" $most "all are listed"
frames 20 proto=17 dport=999
tap_ok "the last one has its packets" has_seen last 20
tap_is "$(rule last dropped)" 20 "and lost them"
frames 20 proto=17 dport=998
tap_is "$(rule last packets)" 20 "others are not its"

tap_like "$(refusal add fla in loss 1%)" \
	"at most 16384 rules, and there are 16384" "one more is refused"
tap_ok "del one" fl del fla r7
tap_ok "then there is room" fl add fla in proto udp dport 998 blackhole name new
frames 20 proto=17 dport=998
tap_ok "for a rule that is hit" has_seen new 20
frames 20 proto=17 dport=999
tap_ok "and the last one still is" has_seen last 40
tap_ok "del all" fl del fla all
tap_is "$(fl list fla -q | wc -l)" 0 "none is left"
tap_ok "the file once more" fl add fla -f "$tmp/most"
tap_is "$(rule last packets)" 0 "whose counters begin anew"
frames 20 proto=17 dport=999
tap_ok "and go on" has_seen last 20
fl detach fla >/dev/null 2>&1

# A full table whose rules have expired has room again.
fl attach fla >/dev/null 2>&1
sed 's/$/ for 1s/' "$tmp/most" >"$tmp/short"
tap_ok "as many for a second" fl add fla -f "$tmp/short"
sleep 1.1
tap_ok "then as many more" fl add fla -f "$tmp/most"
tap_is "$(fl list fla -q | wc -l)" $most "only those are left"
frames 20 proto=17 dport=999
tap_ok "of which the last one has its packets" has_seen last 20
fl detach fla >/dev/null 2>&1

# Who watches sees what comes, also of ids that were not there before.
fl attach fla >/dev/null 2>&1
fl stats fla --json --watch 1 >"$tmp/beats" 2>/dev/null &
watch=$!
sleep 0.3
rules 3000 >"$tmp/some"
tap_ok "3,000 rules while somebody watches" fl add fla -f "$tmp/some"
frames 20 proto=17 dport=999
sleep 2.5
kill $watch
wait $watch 2>/dev/null
tail -n 1 "$tmp/beats" >"$tmp/beat"
tap_is "$(jq '[.rules[].name] | unique | length' "$tmp/beat")" 3000 \
	"he sees them all"
tap_is "$(jq '.rules[] | select(.name == "last").in.packets' "$tmp/beat")" 20 \
	"and what the last one counts"
fl detach fla >/dev/null 2>&1

# Of rules that delay there are fewer.
fl attach fla >/dev/null 2>&1
seq 1 1024 | awk '{ print "out proto udp dport", 1000 + $1, "delay 1ms" }' \
	>"$tmp/delays"
tap_ok "1,024 rules that delay" fl add fla -f "$tmp/delays"
tap_like "$(refusal add fla out delay 1ms)" "at most 1024 rules .* delay" \
	"one more is refused"
tap_ok "and one that does not is added" fl add fla in loss 1%

tap_done
