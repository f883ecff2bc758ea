#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
# Words of tc netem become rules: printed for add, or added at once; those
# without an equal are named, and change nothing.
# shellcheck source=../lib/hosts.sh
. "$(dirname "$0")/../lib/hosts.sh"

e2e_hosts
fl attach fla >/dev/null 2>&1

listed() {
	fl list fla -q | sed 's/ *#.*//'
}

# Printed, and taken by add as it is.
line=$(fl netem fla tc qdisc add dev fla root netem loss gemodel 1% 10% \
	-- dst 10.0.0.0/8 name bursts for 1m 2>"$tmp/err")
tap_is "$line" "fla out dst 10.0.0.0/8 loss gemodel 1% 10% 100% 0% \
name bursts for 1m scope rule" "a tc line and words of our own"
tap_like "$(cat "$tmp/err")" "scope flow" "what differs is said"
fl netem fla loss gemodel 1% 10% -q >/dev/null 2>"$tmp/err"
tap_is "$(cat "$tmp/err")" "" "but not with -q"
tap_is "$(fl list fla -q)" "" "nothing is added"
echo "$line" >"$tmp/rules"
tap_ok "add -f takes the line" fl add fla -f "$tmp/rules"
tap_is "$(listed)" "$line" "and it is the rule"
fl del fla all >/dev/null 2>&1

# Added at once, and it works: on the way out, none of 10 pings is sent.
tap_is "$(fl netem fla --add loss 100 -- proto udp name none 2>"$tmp/err")" \
	none "--add prints the name, as add does"
tap_like "$(cat "$tmp/err")" "expires in 10m" "and when it ends"
frames_out 10
frames 10
tap_is "$(rule none packets) $(rule none dropped)" "10 10" \
	"it loses what goes out"
tap_is "$(fl netem fla drop 100% --add -j -- in prio 1 name all-in |
	jq -r '.schema, .rules[0].rule')" "faultline.add/1
in loss 100% name all-in prio 1 for 10m" "--add -j is the document of add"
fl del fla all >/dev/null 2>&1
tap_is "$(fl netem fla -j loss 1% 25% |
	jq -r '.schema, .device, .rule, (.remarks | length)')" \
	"faultline.netem/1
fla
out loss netem 1% 25% for 10m
2" "as JSON"
fl netem fla -j corrupt 1% >"$tmp/document"
tap_ok "which follows its schema" /usr/bin/python3 -c '
import json, jsonschema, sys
jsonschema.validate(json.load(sys.stdin), json.load(open(sys.argv[1])))
' "$root/docs/schema/netem.json" <"$tmp/document"

# Needs no device, and no rights.
tap_is "$(nsenter --net="/run/netns/$near" setpriv --reuid 65534 \
	--clear-groups "$faultline" netem nosuch -q du 1%)" \
	"nosuch out duplicate 1% for 10m" "for any device, by anybody"

refused() { # CODE PATTERN WORDS...
	local code=$1 pattern=$2 status

	shift 2
	fl netem fla --add "$@" >"$tmp/out" 2>"$tmp/err"
	status=$?
	tap_is "$status $(wc -l <"$tmp/err") $(wc -c <"$tmp/out")" "$code 1 0" \
		"$*: exit code $code and one line"
	tap_like "$(cat "$tmp/err")" "^faultline: .*$pattern" "which names it"
}

refused 2 '"1000"' delay 1000
refused 3 '"25%"' duplicate 1% 25%
refused 3 '"tbf"' tc qdisc add dev fla root tbf rate 1mbit
refused 2 '"dev flb"' tc qdisc add dev flb root netem loss 1%
refused 2 'mean "loss"' lsos 1%
refused 2 '"--"' loss 1% in
refused 2 '"dportt".*mean "dport"' loss 1% -- dportt 80
refused 2 'unknown option "--ad"' --ad loss 1%
tap_is "$(fl list fla -q)" "" "and nothing is added"

fl netem >"$tmp/out" 2>"$tmp/err"
tap_is "$? $(grep -c "missing DEV" "$tmp/err")" "2 1" "no device"
fl netem fla >"$tmp/out" 2>"$tmp/err"
tap_is "$? $(grep -c "missing WORDS" "$tmp/err")" "2 1" "no words"
fl netem --help >"$tmp/out" 2>"$tmp/err"
tap_is "$? $(wc -l <"$tmp/err")" "0 0" "netem --help"
tap_is "$(awk 'length > 80' "$tmp/out" | wc -l)" 0 "fits 80 columns"
fl detach fla >/dev/null 2>&1
tap_done
