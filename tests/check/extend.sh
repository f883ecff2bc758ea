#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
# check: long
# A new impairment and a new match field are rows, a function in a header each,
# and a file of vectors each. A copy of the tree gets both, made up, and nothing
# else by hand; there they are built, their vectors go through all three
# runners, and packets on a wire are counted. Needs root.
cd "$(dirname "$0")/../.." || exit 1
# shellcheck source=../lib/tap.sh
. tests/lib/tap.sh

[ "$(id -u)" -eq 0 ] || tap_skip_all "needs root for BPF and namespaces"
copy=$(mktemp -d)
trap 'rm -rf "$copy"' EXIT

git ls-files -co --exclude-standard -z | while IFS= read -r -d '' file; do
	[ ! -e "$file" ] || printf '%s\0' "$file"
done | xargs -0 cp --parents -t "$copy"
cd "$copy" || exit 1
# Whatever the user's own settings are.
export GIT_CONFIG_GLOBAL=/dev/null GIT_CONFIG_SYSTEM=/dev/null
export O=build
unset FAULTLINE
{
	git init -q . && git add -A &&
		git -c user.name=x -c user.email=x commit -qm "as it was"
} || exit 1

# ---- all that is edited ------------------------------------------------------

# "upper N[-[M]]": how far into the IP packet the upper header is, with options
# and extension headers. Of incoming packets only, so that a rule for others is
# refused.
cat >>include/faultline/fields.def <<'END'
FIELD(UPPER,	"upper",	LENGTH,	PACKET,	FL_DIR_IN, upper, upper,
	"N[-[M]]", "bytes before the upper header of the IP packet")
END
cat >include/faultline/match/upper.h <<'END'
/* SPDX-License-Identifier: GPL-2.0-only */
#pragma once

#include "match.h"

FL_MATCH(upper, LENGTH)
{
	return packet->upper >= want->low && packet->upper <= want->high;
}
END
cat >tests/vectors/match_upper.vec <<'END'
upper 20 -> yes
upper 0-19 -> no
upper 21- -> no
upper 20 proto=47 payload=9 -> yes
upper 20 ip_options=4 -> no
upper 24- ip_options=4 -> yes
upper 25- ip_options=4 -> no
upper 60 ip_options=40 tcp_options=12 -> yes
upper 20 fragment_at=2 payload=40 -> yes
upper 40 family=6 -> yes
upper 0-39 family=6 -> no
upper 48-60 family=6 proto=17 extension=60 -> yes
upper 40 family=6 proto=17 extension=60 -> no
upper 20-48 family=6 extension=44 fragment_at=2 payload=40 -> yes
upper 40 len 60 family=6 -> yes
upper 40 len 61 family=6 -> no
END

# "loss sevens [N]": the N-th packet of each flow, the 2N-th, ...; N is 7.
cat >"$copy.rows" <<'END'
IMPAIR(LOSS_SEVENS, "loss sevens", LOSS, FL_DIR_BOTH, NUMBER, PLAIN,
	loss_sevens, "lose packets whose number is a multiple of N")
PARAM(LOSS_SEVENS, sevens.of, COUNT1, 1, 1000000000, 7,
	"N", "sevens", "whole number (7)")
MEMBER(struct { __u32 of; } sevens)
REPEAT(LOSS_SEVENS, sevens.of)

END
sed -i -e "/^IMPAIR(BLACKHOLE/{
	e cat '$copy.rows'
	}" include/faultline/impairs.def
rm "$copy.rows"
cat >include/faultline/impair/loss_sevens.h <<'END'
/* SPDX-License-Identifier: GPL-2.0-only */
#pragma once

#include "impair.h"

FL_IMPAIR(loss_sevens)
{
	__u32 of = params->sevens.of;

	/* 0 is refused by the grammar; BPF and hosts differ on n % 0. */
	return of && in->number % of == of - 1 ? FL_REASON_DROPPED :
						 FL_REASON_PASSED;
}

FL_EXPECT(loss_sevens)
{
	return fl_expect_drops(FL_LAW_FIXED, 1.0 / params->sevens.of);
}
END
cat >tests/vectors/loss_sevens.vec <<'END'
loss_sevens 7 0x123456789abcdef0 5 -> passed
loss_sevens 7 0x123456789abcdef0 6 -> dropped
loss_sevens 7 0x0 7 -> passed
loss_sevens 7 0xffffffffffffffff 13 -> dropped
loss_sevens 1 0x1 0 -> dropped
loss_sevens 3 0x1 2147483645 -> dropped
loss_sevens 3 0x1 2147483646 -> passed
END

edits() {
	git status --porcelain -uall | cut -c4- | sort
}

places=$(sort <<'END'
include/faultline/fields.def
include/faultline/impair/loss_sevens.h
include/faultline/impairs.def
include/faultline/match/upper.h
tests/vectors/loss_sevens.vec
tests/vectors/match_upper.vec
END
)
tap_is "$(edits)" "$places" \
	"what is edited: two tables, two headers, two files of vectors"
tap_ok "tools/gen-schema writes the schemas anew" tools/gen-schema
tap_is "$(edits | grep -v '^docs/schema/[a-z]*\.json$')" "$places" \
	"and nothing but them"

# ---- build, vectors ----------------------------------------------------------

unit=build/tests/unit
kernel=build/tests/kernel

build() {
	make -j"$(nproc)" WERROR=1 build/faultline \
		$unit/datapath/{match,match_vectors,vectors}_test \
		$unit/grammar/random_test \
		$kernel/{fuzz,match_vectors,vectors}_test \
		build/tests/tools/e2e_frames
}

tap_ok "both compile without a warning" build
[ "$tap_failed" -eq 0 ] || tap_done

# How many of TEST's checks of the file VECTORS passed, and how many failed.
checks() { # TEST VECTORS
	"$1" 2>&1 | awk -v name="vectors of $2\$" '
		$0 !~ name { next }
		/^ok/ { passed++ }
		/^not ok/ { failed++ }
		END { print passed + 0, failed + 0 }'
}

host_vectors() { # CHECKS NAME
	tap_is "$(checks $unit/datapath/match_vectors_test match_upper)" \
		"$1" "$2 of the field, on the host"
	tap_is "$(checks $unit/datapath/vectors_test loss_sevens)" \
		"$1" "$2 of the impairment, on the host"
}

# By a BPF program of their own and by the real ones: the field at three doors,
# the impairment there in six kinds of rules.
kernel_vectors() { # CHECKS_OF_FIELD CHECKS_OF_IMPAIRMENT NAME
	tap_is "$(checks $kernel/match_vectors_test match_upper)" "$1" \
		"$3 of the field, in the kernel"
	tap_is "$(checks $kernel/vectors_test loss_sevens)" "$2" \
		"$3 of the impairment, in the kernel"
}

host_vectors "1 0" "vectors"
kernel_vectors "4 0" "19 0" "vectors"
tap_ok "rules that have them match as a linear scan says" \
	$unit/datapath/match_test
tap_ok "rules that have them print and read back" $unit/grammar/random_test
tap_ok "the programs do with them what the model does" \
	env FUZZ_PACKETS=100000 $kernel/fuzz_test

# Would they notice?
sed -i '3s/no$/yes/' tests/vectors/match_upper.vec
sed -i '2s/dropped$/passed/' tests/vectors/loss_sevens.vec
host_vectors "0 1" "planted: wrong vectors"
kernel_vectors "0 4" "0 19" "planted: wrong vectors"

# ---- end to end --------------------------------------------------------------

ran="$tap_run $tap_failed"
# shellcheck source=../lib/hosts.sh
. "$copy/tests/lib/hosts.sh"
read -r tap_run tap_failed <<<"$ran"
trap 'e2e_cleanup; rm -rf "$copy"' EXIT
# shellcheck source=../lib/documents.sh
. "$copy/tests/lib/documents.sh"
e2e_hosts

v6="src=$far6 dst=$near6"

# Packets that rule "m" has matched and lost.
tally() {
	printf '%s %s' "$(rule m packets)" "$(rule m dropped)"
}

test_wire() { # MODE
	tap_ok "$1: attach" fl attach fla --mode "$1" --seed 1 || return
	add in proto udp upper 40- blackhole name m
	frames 5 $v6
	frames 3
	tap_is "$(tally)" "5 5" "$1: upper 40-: IPv6 is lost, IPv4 is not"
	none
	add in proto udp upper 20 blackhole name m
	frames 3 $v6
	frames 5
	tap_is "$(tally)" "5 5" "$1: upper 20: IPv4 is lost, IPv6 is not"
	none
	add in proto udp loss sevens name m
	frames 100
	tap_is "$(tally)" "100 14" "$1: loss sevens: 14 of 100"
	none
	add in proto udp upper 40 loss sevens 3 name m
	frames 100 $v6 flows=10
	frames 50
	tap_is "$(tally)" "100 30" \
		"$1: both: 3 of 10 in each of 10 flows of IPv6, none of IPv4"
	none
	fl detach fla >/dev/null 2>&1
}

refused() { # WANTED_REGEX WORDS...
	local text

	text=$(fl "${@:2}" 2>&1) && text="taken: $text"
	tap_like "$text" "$1" "${*:2}: says why not"
}

test_words() {
	local help

	fl attach fla >/dev/null 2>&1
	help=$(fl help add | tr -s ' \n' ' ')
	tap_like "$help" "upper N\[-\[M\]\] bytes before the upper header" \
		"help has the field"
	tap_like "$help" "loss sevens \[N\] lose packets whose number" \
		"help has the impairment"
	tap_is "$(fl complete "faultline add fla in proto udp up")" "upper" \
		"completion has the field"
	tap_is "$(fl complete "faultline add fla in loss se")" "sevens" \
		"completion has the impairment"
	tap_is "$(fl complete "faultline add fla out upp")" "" \
		"it does not offer the field where it does not belong"
	add in upper 40- loss sevens 3 name m
	tap_like "$(fl list fla)" "in upper 40- loss sevens 3" "list has both"
	tap_is "$(fl list fla -j | jq -r '.rules[0] |
		.match, .impairments, (.asked | tojson)')" \
		$'upper 40-\nloss sevens 3\n{"sevens":3}' "JSON has both"
	valid "list" list fla
	valid "stats" stats fla
	refused "\"upper\" works only on incoming packets: add \"in\"" \
		add fla upper 40 blackhole
	refused "did you mean \"upper\"" add fla in uper 40 blackhole
	refused "\"upper\": \"x\" is not a number or a range" \
		add fla in upper x blackhole
	refused "\"loss sevens\" and \"blackhole\" cannot be combined" \
		add fla loss sevens blackhole
	refused "\"upper\" differs from packet to packet" flows fla upper 40
}

test_wire native
test_wire tc
test_words
tap_done
