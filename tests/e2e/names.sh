#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
# Names of devices that the kernel takes and others stumble on: every verb
# answers in JSON that can be read, what list prints add takes back, and nothing
# reaches the terminal that it would act on.
# shellcheck source=../lib/hosts.sh
. "$(dirname "$0")/../lib/hosts.sh"

e2e_hosts

# Whether a file holds nothing but text.
is_plain() { # FILE
	iconv -f UTF-8 -t UTF-8 "$1" >/dev/null &&
		! LC_ALL=C grep -q $'[\x01-\x08\x0b-\x1f\x7f]' "$1" &&
		! LC_ALL=C grep -q $'\xc2[\x80-\x9f]' "$1" &&
		! LC_ALL=C grep -q $'\xe2\x80\xae' "$1"
}

json() { # WORDS...
	fl "$@" -j >"$tmp/json" 2>"$tmp/err" &&
		jq -e . "$tmp/json" >/dev/null &&
		iconv -f UTF-8 -t UTF-8 "$tmp/json" >/dev/null
}

try_name() { # NAME SHOWN
	local name=$1 shown=$2 what verb

	what=$(LC_ALL=C printf '%q' "$name")
	at "$near" ip link add fla-0 type veth peer name flb-0
	at "$near" ip link set fla-0 name "$name" 2>"$tmp/err" || {
		tap_fail "$what: a name that the kernel takes" "$(<"$tmp/err")"
		at "$near" ip link del fla-0
		return
	}
	tap_ok "$what: doctor" json doctor "$name"
	tap_ok "$what: attach" json attach "$name"
	tap_ok "$what: add" json add "$name" in loss 1% name one
	tap_ok "$what: add another" json add "$name" out loss 2% name two
	for verb in list stats flows; do
		tap_ok "$what: $verb" json "$verb" "$name"
	done
	tap_ok "$what: list of all" json list
	fl list "$name" >"$tmp/rules" 2>/dev/null
	tap_is "$(cut -d' ' -f1 <"$tmp/rules" | sort -u)" "$shown" \
		"$what: as list shows it"
	tap_ok "$what: del" json del "$name" all
	tap_ok "$what: list gives what add takes" \
		json add "$name" -f "$tmp/rules"
	sed "s/^[^ ]* //" "$tmp/rules" >"$tmp/wanted"
	fl list "$name" 2>/dev/null | sed "s/^[^ ]* //; s/ #.*//" >"$tmp/got"
	tap_is "$(<"$tmp/got")" "$(sed 's/ #.*//' "$tmp/wanted")" \
		"$what: the same rules"
	{
		fl doctor "$name"
		fl attach "$name"
		fl add "$name" in loss 3%
		fl add "$name" in lsos "$name"
		fl list "$name"
		fl stats "$name"
		fl flows "$name"
		fl flows "$name" "$name"
		fl netem "$name" loss 1%
		fl netem "$name" "$name"
		fl del "$name" "$name"
		fl "$name"
		fl --"$name"
		fl add "$name" -f "/$name"
		fl replay loss 1% "/$name" "/$name"
	} >"$tmp/all" 2>&1
	tap_ok "$what: nothing for the terminal to act on" is_plain "$tmp/all"
	tap_ok "$what: detach" json detach "$name"
	at "$near" ip link del dev "$name"
}

try_name 'a"b' 'a"b'
try_name '#x' '\x23x'
try_name 'name' 'name'
# shellcheck disable=SC2016
try_name '$(id)' '$(id)'
try_name $'caf\xc3\xa9' $'caf\xc3\xa9'
try_name $'\x1b[31mred' '\x1b[31mred'
try_name $'a\x07b' 'a\x07b'
try_name $'v\xff\xfe' 'v\xff\xfe'
try_name $'\xc2\x9b31m' '\xc2\x9b31m'
try_name $'a\xe2\x80\xaeb' 'a\xe2\x80\xaeb'
try_name $'\x01\x02\x03\x04\x05\x06\x0e\x0f\x10\x11\x12\x13\x14\x15\x16' \
	'\x01\x02\x03\x04\x05\x06\x0e\x0f\x10\x11\x12\x13\x14\x15\x16'

tap_done
