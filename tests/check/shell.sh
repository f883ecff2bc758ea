#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
# Every script of ours: shellcheck has nothing to say, and it can be run.
cd "$(dirname "$0")/../.." || exit 1
# shellcheck source=../lib/tap.sh
. tests/lib/tap.sh

mapfile -t scripts < <(git ls-files -co --exclude-standard |
	xargs grep -lsIE -m1 '^#!/bin/(ba)?sh|^# shellcheck shell')
tap_ok "at least 10 scripts" test "${#scripts[@]}" -ge 10
for script in "${scripts[@]}"; do
	tap_ok "$script" shellcheck -S warning -x -P SCRIPTDIR "$script"
	if [[ $(head -n 1 "$script") == '#!'* ]]; then
		tap_ok "$script is executable" test -x "$script"
	fi
done
tap_done
