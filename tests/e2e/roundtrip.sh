#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
# What list prints, add takes back: the whole of it as a file, or each line.
# shellcheck source=../lib/hosts.sh
. "$(dirname "$0")/../lib/hosts.sh"

e2e_hosts
rules=(
	"in proto tcp dport 443 loss 1%"
	"out dst 10.1.0.0/16 loss 0.001%"
	"both host 10.1.2.3 blackhole for 30s"
	"in src fd00:1::/64 loss 99.9999% for 1.5h"
	"out sport 1000-2000 dport 53 loss nth 7"
	"both port 80 loss first 3 for forever"
	"in loss pattern 00101000000000000000000000000000000000000000001"
	"out proto udp fail"
	"in remote 10.9.0.0/24 local port 22 loss 5%"
	"in local fd77::1 remote port 1-1023 loss 5% prio 3"
	"both vlan 12 loss 50%"
	"in dscp ef loss 50%"
	"in dscp af11 loss 33.333333%"
	"out proto tcp flags SYN,!ACK blackhole"
	"in len 1000- loss 10%"
	"in len 100-200 loss 10%"
	"in payload loss 10%"
	"both flows 10% blackhole"
	"in packets 1-3 blackhole"
	"in packets 100- loss 1% dry-run"
	"in proto 132 loss 1% seed 42 name with-seed_1.x"
	"in proto sctp loss 1% prio 0"
	"in proto icmp6 loss 1% prio 65535"
	"both loss 100% name every scope flow"
	"both loss 0%"
)
fl attach fla >/dev/null 2>&1

listed() { # without the remarks, which change with time
	fl list fla -q | sed 's/ *#.*//'
}

for rule in "${rules[@]}"; do
	# shellcheck disable=SC2086
	tap_ok "add fla $rule" fl add fla $rule
done
first=$(listed)
seeds=$(fl list fla -j | jq -c '[.rules[] | select(.name == "with-seed_1.x")
	| .seed]')
tap_is "$(wc -l <<<"$first")" "${#rules[@]}" "every rule is listed"
fl list fla -q >"$tmp/rules"
tap_ok "del all" fl del fla all
tap_is "$(fl list fla -q)" "" "nothing is listed then"
tap_ok "add -f takes the list" fl add fla -f "$tmp/rules"
tap_is "$(listed)" "$first" "and the list is as it was"
tap_is "$(fl list fla -j | jq -c '[.rules[] |
	select(.name == "with-seed_1.x") | .seed]')" "$seeds" \
	"with its seed"

fl del fla all >/dev/null 2>&1
bad=0
while read -r line; do
	# shellcheck disable=SC2086
	fl add $line >/dev/null 2>"$tmp/err" || {
		bad=$((bad + 1))
		tap_diag "$line: $(cat "$tmp/err")"
	}
done <<<"$first"
tap_is $bad 0 "each line by itself is taken by add"
tap_is "$(listed | sort)" "$(sort <<<"$first")" "and gives the same rules"

# From a pipe, and in the words of the JSON list.
fl list fla -q >"$tmp/rules"
fl del fla all >/dev/null 2>&1
tap_ok "add -f - reads standard input" \
	bash -c "$(declare -f fl); near=$near faultline=$faultline
	fl add fla -f - <'$tmp/rules'"
tap_is "$(listed | sort)" "$(sort <<<"$first")" "and gives the same rules"
tap_is "$(fl list fla -j | jq -r '.rules[] | "fla " + .rule')" "$(listed)" \
	"JSON has the same words"

# All or nothing: one bad line, and none of the file is taken.
fl del fla all >/dev/null 2>&1
{
	echo "fla in loss 1% name good"
	echo "# a remark, and an empty line"
	echo
	echo "fla in loss 101% name bad"
} >"$tmp/broken"
text=$(fl add fla -f "$tmp/broken" 2>&1)
tap_is $? 2 "a file with a bad line: exit code 2"
tap_like "$text" "4.*101%" "the line and the word are named"
tap_is "$(wc -l <<<"$text")" 1 "in one line"
tap_is "$(fl list fla -q)" "" "and nothing of it is added"
fl detach fla >/dev/null 2>&1
tap_done
