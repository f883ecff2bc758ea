#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
# Every script of ours: shellcheck has nothing to say, and it can be run. One of
# which it had nothing to say is not read again until it changes.
cd "$(dirname "$0")/../.." || exit 1
# shellcheck source=../lib/tap.sh
. tests/lib/tap.sh

# Names what was read: the version, the script, all that it may source.
mark() { # SCRIPT
	{
		cat "$1" tests/lib/*.sh tests/vm/beside.sh
		shellcheck --version
	} | sha256sum | cut -c1-32
}

# Prints what is wrong to a file of the script's name, and "good" if nothing is.
look() { # DIRECTORY SCRIPT
	local clean=${O:-build}/shellcheck

	mkdir -p "$clean"
	clean+=/$(mark "$2")
	{
		[ -e "$clean" ] ||
			shellcheck -S warning -x -P SCRIPTDIR "$2" 2>&1
	} >"$1/${2//\//_}" && echo good >"$1/${2//\//_}" && : >"$clean"
}

# This script again, for one of them.
if [ $# -eq 2 ]; then
	look "$@"
	exit 0
fi

mapfile -t scripts < <(git ls-files -co --exclude-standard |
	xargs grep -lsIE -m1 '^#!/bin/(ba)?sh|^# shellcheck shell')
tap_ok "at least 10 scripts" test "${#scripts[@]}" -ge 10

said=$(mktemp -d)
trap 'rm -rf "$said"' EXIT
printf '%s\n' "${scripts[@]}" |
	xargs -P"$(nproc)" -n1 tests/check/shell.sh "$said"
for script in "${scripts[@]}"; do
	tap_is "$(cat "$said/${script//\//_}")" good "$script"
	if [[ $(head -n 1 "$script") == '#!'* ]]; then
		tap_ok "$script is executable" test -x "$script"
	fi
done
tap_done
