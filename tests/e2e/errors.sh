#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
# Wrong commands: the exit code, one line on stderr that names the word at
# fault, nothing on stdout, nothing changed.
# shellcheck source=../lib/hosts.sh
. "$(dirname "$0")/../lib/hosts.sh"

e2e_hosts
fl attach fla >/dev/null 2>&1
fl add fla in proto udp blackhole name keep >/dev/null 2>&1
listed() {
	fl list fla -j | jq -c '[.rules[] | [.name, .rule, .seed]]'
}
before=$(listed)

wrong() { # CODE PATTERN WORDS...
	local code=$1 pattern=$2 status

	shift 2
	fl "$@" >"$tmp/out" 2>"$tmp/err"
	status=$?
	if [ $status -eq "$code" ] && [ "$(wc -l <"$tmp/err")" -eq 1 ] &&
		[ ! -s "$tmp/out" ] && [[ $(cat "$tmp/err") =~ $pattern ]] &&
		[[ $(cat "$tmp/err") == "faultline: "* ]]; then
		tap_pass "$*: $(cat "$tmp/err")"
	else
		tap_fail "$*" "exit code $status, expected $code" \
			"stdout: $(head -3 "$tmp/out")" \
			"stderr ($pattern): $(cat "$tmp/err")"
	fi
}

wrong 2 frobnicate frobnicate fla
wrong 2 attach attahc fla
wrong 2 stats stat fla
wrong 2 DEV attach
wrong 2 extra attach fla extra
wrong 2 --bogus attach fla --bogus
wrong 2 quick attach fla --mode quick
wrong 2 mode attach fla --mode
wrong 2 0 attach fla --flows 0
wrong 2 many attach fla --flows many
wrong 2 999999999999 attach fla --flows 999999999999
wrong 2 abc attach fla --seed abc
wrong 1 nosuch attach nosuch
wrong 1 "fla is already attached" attach fla
wrong 1 a-name-that-is-too-long attach a-name-that-is-too-long
wrong 1 'x y' attach 'x y'

wrong 2 RULE add fla
wrong 2 DEV add
wrong 1 nosuch add nosuch in loss 1%
wrong 1 'flx|attach' add lo in loss 1%
wrong 2 'impair|loss' add fla in
wrong 2 'impair|loss' add fla in proto tcp
wrong 2 sideways add fla sideways loss 1%
wrong 2 101% add fla in loss 101%
wrong 2 -1% add fla in loss -1%
wrong 2 'loss' add fla in loss
wrong 2 1x add fla in loss 1x
wrong 2 'loss|blackhole' add fla in loss 1% blackhole
wrong 2 loss add fla in loss 1% loss 2%
wrong 2 0 add fla in loss nth 0
wrong 2 0012 add fla in loss pattern 0012
wrong 3 fail add fla in fail
wrong 3 'fail.*out' add fla both fail
wrong 2 tpc add fla in proto tpc loss 1%
wrong 2 256 add fla in proto 256 loss 1%
wrong 2 10.0.0.300 add fla in src 10.0.0.300 loss 1%
wrong 2 10.0.0.0/33 add fla in src 10.0.0.0/33 loss 1%
wrong 2 fe80::/129 add fla in src fe80::/129 loss 1%
wrong 2 65536 add fla in dport 65536 loss 1%
wrong 2 20-10 add fla in dport 20-10 loss 1%
wrong 2 4096 add fla in vlan 4096 loss 1%
wrong 2 64 add fla in dscp 64 loss 1%
wrong 2 XYZ add fla in flags XYZ loss 1%
wrong 2 9-1 add fla in len 9-1 loss 1%
wrong 2 '"0|0-3' add fla in packets 0-3 loss 1%
wrong 2 dport add fla in dport 1 dport 2 loss 1%
wrong 2 dport add fla in proto icmp dport 1 loss 1%
wrong 2 flags add fla in proto udp flags SYN loss 1%
wrong 2 for add fla in loss 1% for
wrong 2 soon add fla in loss 1% for soon
wrong 2 0s add fla in loss 1% for 0s
wrong 2 70000 add fla in loss 1% prio 70000
wrong 2 'a name' add fla in loss 1% name 'a name'
wrong 2 aaaaaaaaaaaaaaaaaaaaaaaa add fla in loss 1% \
	name aaaaaaaaaaaaaaaaaaaaaaaa
wrong 1 keep add fla in loss 1% name keep
wrong 2 delayed add fla in delayed 10ms
wrong 2 delay add fla out delay
wrong 2 reorder add fla out reorder 5%
wrong 1 /no/such/file add fla -f /no/such/file
printf 'fla in loss 1%%\nfla in loss x%%\n' >"$tmp/rules"
wrong 2 '2.*x%' add fla -f "$tmp/rules"
printf 'flz in loss 1%%\n' >"$tmp/rules"
wrong 2 flz add fla -f "$tmp/rules"
head -c 100000 /dev/zero >"$tmp/rules"
wrong 2 rules add fla -f "$tmp/rules"
printf 'fla in loss 1%% name twin\nfla in loss 1%% name twin\n' >"$tmp/rules"
wrong 1 twin add fla -f "$tmp/rules"

# What may never open, never end, or is far too much.
mkfifo "$tmp/fifo"
truncate -s 1G "$tmp/huge"
for file in /dev/zero /dev/tty "$tmp/fifo" "$tmp/huge" "$tmp"; do
	kind='device|FIFO|longer than 32 MiB|directory|No such'
	wrong 1 "$kind" add fla -f "$file"
	wrong 1 "$kind" add fla in loss trace "$file"
	wrong 1 "$kind" add fla out delay 9ms 1ms distribution "$file"
	wrong 1 "$kind" replay -f "$file" "$tmp/rules" "$tmp/none"
	[ "$file" = "$tmp/huge" ] && kind='capture'
	wrong 1 "$kind" replay loss 1% "$file" "$tmp/none"
done
fl add fla -f - </dev/zero >"$tmp/out" 2>"$tmp/err"
tap_is "$? $(cat "$tmp/err")" "1 faultline: <stdin>: longer than 32 MiB" \
	"stdin that does not end"
{
	echo "fla in loss 1% name one"
	head -c 70000 /dev/zero | tr '\0' ' '
	echo
	echo "fla in loss 1% name two"
} >"$tmp/rules"
wrong 2 ':2:65537: the line is longer' add fla -f "$tmp/rules"
{
	echo "fla in loss 1% name one"
	head -c 30000000 /dev/zero | tr '\0' '\n'
	echo "fla in loss 1% name two"
} >"$tmp/rules"
(
	ulimit -v 20000
	fl add fla -f "$tmp/rules"
) >"$tmp/out" 2>"$tmp/err"
tap_like "$? $(cat "$tmp/err")" '^1 .*out of memory' \
	"no memory for all of a file: none of it"
for ((i = 0; i < 16385; i++)); do
	echo "in loss 1%"
done >"$tmp/rules"
wrong 2 ':16385:1: too many rules: a device takes 16384' \
	add fla -f "$tmp/rules"
wrong 2 rounded add fla in loss 0.00000000001%
wrong 2 rounded netem fla delay 0.5ns

wrong 1 nosuch del fla nosuch
wrong 1 nosuch del fla keep nosuch
wrong 2 NAME del fla
wrong 1 attached del lo all
wrong 1 attached list lo
wrong 1 attached stats lo
wrong 1 attached flows lo
wrong 1 nosuch list nosuch
wrong 2 bogus stats fla bogus
wrong 2 never stats fla -w never
wrong 2 colour flows fla --sort colour
wrong 2 -- flows fla --top -1
wrong 2 nonsense flows fla nonsense
wrong 2 x flows fla port x
wrong 2 DEV detach
wrong 1 nosuch detach nosuch
wrong 2 fla detach fla --all

tap_is "$(listed)" "$before" "nothing has changed"
frames 5
tap_is "$(rule keep dropped)" 5 "and the rule still holds"

# Whatever the error, the others' lines are as before.
for verb in doctor attach add del list stats flows detach; do
	fl $verb --help >"$tmp/out" 2>"$tmp/err"
	tap_is "$? $(wc -l <"$tmp/err")" "0 0" "$verb --help"
	tap_is "$(awk 'length > 80' "$tmp/out" | wc -l)" 0 \
		"$verb --help fits 80 columns"
done
"$faultline" >"$tmp/out" 2>"$tmp/err"
tap_is "$? $(wc -l <"$tmp/out")" "2 0" "no words: usage on stderr, code 2"
fl stats fla -j >/dev/full 2>"$tmp/err"
tap_is $? 1 "a full disk is an error"
tap_is "$(wc -l <"$tmp/err")" 1 "said in one line"
# What is done stays done, and is no failure.
for format in -q -j; do
	fl add fla in loss 1% name full $format >/dev/full 2>"$tmp/err"
	tap_like "$? $(cat "$tmp/err")" '^0 .*done, but .* written: No space' \
		"add $format on a full disk"
	fl add fla in loss 1% name closed $format >&- 2>"$tmp/err"
	tap_like "$? $(cat "$tmp/err")" '^0 .*done, but' \
		"add $format with stdout closed"
	fl del fla full closed $format >/dev/full 2>"$tmp/err"
	tap_is $? 0 "both are there: del $format"
done
fl netem fla loss 1% >/dev/full 2>"$tmp/err"
tap_is $? 1 "netem has only words to give"
fl detach fla >/dev/full 2>&1
tap_is $? 0 "detach on a full disk"
fl attach fla >/dev/full 2>"$tmp/err"
tap_like "$? $(cat "$tmp/err")" '^0 .*done, but' "attach on a full disk"
tap_is "$(fl list fla -q)" "" "which attaches"
# The terminal that is closed ends -w as Ctrl-C does.
fl stats fla -w 0.1 -j >"$tmp/out" 2>&1 &
pid=$!
e2e_until test -s "$tmp/out"
pkill -HUP -P $pid
wait $pid
tap_is $? 0 "SIGHUP ends -w"
fl detach fla >/dev/null 2>&1
tap_done
