#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
# tests/e2e/matrix.sh [ARGUMENTS of tools/matrix]: a check for each kind of
# device, that every impairment is right there or refused. A few kinds in the
# quick check. Shows the page for docs/devices.md, each line after "# | ".
cd "$(dirname "$0")/../.." || exit 1
# shellcheck source=../lib/tap.sh
. tests/lib/tap.sh

document=$(mktemp) || exit 1
trap 'rm -f "$document"' EXIT
concluded() { # FILTER
	jq -L tests/lib -r "include \"matrix\"; $1" <"$document"
}

tools/matrix --json ${E2E_QUICK:+--quick} "$@" 2>&1 >"$document" |
	while read -r line; do
		tap_diag "$line"
	done
status=${PIPESTATUS[0]}
concluded tap
concluded docs | sed 's/^/# | /'
tap_run=$(concluded '[by_device, .absent, .failed | length] | add')
tap_failed=$(concluded '[by_device[] | select(any(bad))] + .failed | length')
tap_is "$status" $((tap_failed > 0)) "the exit status says so"
tap_done
