#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
# tests/e2e/matrix.sh [ARGUMENTS of tools/matrix]: a check for each kind of
# device, that every impairment is right there or refused. A few kinds in the
# quick check. Shows the page for docs/devices.md, each line after "# | ".
cd "$(dirname "$0")/../.." || exit 1
# shellcheck source=../lib/tap.sh
. tests/lib/tap.sh

document=$(mktemp) || exit 1
trap 'rm -f "$document" "$document.err"' EXIT
tools/matrix --json ${E2E_QUICK:+--quick} "$@" >"$document" 2>"$document.err"
status=$?
jq -L tests/lib -r 'include "matrix"; tap' "$document"
jq -L tests/lib -r 'include "matrix"; docs' "$document" | sed 's/^/# | /'
tap_run=$(jq '(.cells | map(.device) | unique | length) +
	(.absent | length)' "$document")
tap_failed=$(jq -L tests/lib -r 'include "matrix"; .cells | map(select(bad)) |
	map(.device) | unique | length' "$document")
tap_is "$(cat "$document.err")" "" "every device could be tried"
tap_is $status $((tap_failed > 0)) "and the exit status says so"
tap_done
