#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
# The map in docs/HACKING.md names every module, and nothing that is not there.
# A name that ends in a slash stands for all files of that folder.
cd "$(dirname "$0")/../.." || exit 1
# shellcheck source=../lib/tap.sh
. tests/lib/tap.sh

named() { # FILE
	sed -nE 's@^- `((user|bpf|include)/[^`]+)`: .+@\1@p' "$1" | sort
}

# x.c, x.h, x.def and x.bpf.c are the module x.
modules() { # FOLDERS, as the map has them, on stdin: files
	local file folder

	while read -r file; do
		folder=${file%/*}/
		grep -qxF "$folder" <<<"$1" && file=$folder
		echo "$file"
	done | sed -E 's/(\.bpf)?\.(c|h|def)$//' | sort -u
}

# "missing MODULE" and "stale NAME" a line: MAP against the files on stdin.
differences() { # MAP
	local names

	names=$(named "$1")
	comm -3 <(echo "$names") <(modules "$names") |
		sed -e $'s/^\t/missing /; t' -e 's/^/stale /'
}

sources() {
	git ls-files -co --exclude-standard 'user/*.[ch]' 'user/*.def' \
		'bpf/*.[ch]' 'include/*.[ch]' 'include/*.def' |
		while read -r file; do
			[ ! -e "$file" ] || echo "$file"
		done
}

map=docs/HACKING.md
tap_ok "the map names at least 100 modules" \
	test "$(named $map | wc -l)" -ge 100
tap_is "$(sources | differences $map)" "" "the map is that of the tree"
tap_is "$(named $map | uniq -d)" "" "no module is named twice"

# Would it notice?
planted=$(mktemp)
trap 'rm -f "$planted"' EXIT
# shellcheck disable=SC2016
printf -- '- `%s`: something\n' bpf/all/ bpf/here bpf/gone >"$planted"
tap_is "$(printf '%s\n' bpf/here.h bpf/here.bpf.c bpf/new.h bpf/all/x.h |
	differences "$planted")" $'stale bpf/gone\nmissing bpf/new' \
	"planted: a module without a name, a name without a module"
tap_done
