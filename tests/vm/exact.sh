#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
# Counts, numbers and victims where two CPUs meet, on this kernel: the programs
# of tests/kernel that need two. For tools/vmtest without --virtual-time, whose
# two processors change places at any instruction; not in tools/check, where the
# machine of the other tests has one.
cd "$(dirname "$0")/../.." || exit 1
# shellcheck source=../lib/tap.sh
. tests/lib/tap.sh

out=${O:-build}/tests/kernel
said=$(mktemp)
trap 'rm -f "$said"' EXIT
export OWNERS_SECONDS=${OWNERS_SECONDS:-20}

for name in owners parallel budget; do
	"$out/${name}_test" >"$said" 2>&1
	grep -q '^1\.\.[1-9]' "$said" || echo "not ok - no plan" >>"$said"
	tap_is "$(grep -A 3 '^not ok' "$said")" "" \
		"$name: $(grep -c '^ok' "$said") checks"
	while read -r line; do
		tap_diag "$name: $line"
	done < <(sed -nE 's/^# (.*(packets|instructions).*)/\1/p' "$said")
done

tap_done
