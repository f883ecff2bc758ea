#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
# What can be seen without understanding: width, blanks, comments, lengths.
cd "$(dirname "$0")/../.." || exit 1
# shellcheck source=../lib/tap.sh
. tests/lib/tap.sh

sources=$(git ls-files -co --exclude-standard -- '*.c' '*.h' '*.def')
scripts=$(git ls-files -co --exclude-standard -- '*.sh' tools .ci |
	xargs grep -lsE '^#!/bin/(ba)?sh|^# shellcheck')

nothing() { # NAME LINES: each line is a violation
	tap_is "$2" "" "$1"
}

# One expression needs no more than 80 columns, tabs being 8 wide.
nothing "lines of 80 columns at most" "$(for file in $sources $scripts; do
	expand "$file" | awk -v file="$file" '
		length > 80 { print file ":" NR ": " length " columns" }'
done)"
nothing "no blanks at the end of a line" \
	"$(grep -nE '[[:blank:]]$' $sources $scripts | cut -c1-70)"
nothing "sources are indented with tabs" \
	"$(grep -nE '^        ' $sources | cut -c1-70)"
# Not within a string: "http://".
nothing "no // comments" "$(grep -nE '^([^"]|"[^"]*")*//' $sources |
	grep -vE '/\*.*//|^[^:]*:[0-9]*:[[:blank:]]*\*' | cut -c1-70)"
nothing "every file ends with a newline" "$(for file in $sources $scripts; do
	[ -z "$(tail -c1 "$file")" ] || echo "$file"
done)"
nothing "every file names its licence" \
	"$(grep -L 'SPDX-License-Identifier: GPL-2.0-only' $sources $scripts)"
nothing "files of 450 lines at most" "$(wc -l $sources $scripts | awk '
	$1 > 450 && $2 != "total" { print $2 ": " $1 " lines" }')"

# Other versions of clang-format lay out some lines in other ways.
misformatted() { # FILE...
	printf '%s\n' "$@" | xargs -P"$(nproc)" -n50 clang-format \
		--dry-run --Werror --ferror-limit=1 2>&1 |
		sed -n 's/^\([^:]*\):[0-9]*:[0-9]*: error: .*/\1/p' | sort -u
}
if clang-format --version 2>/dev/null | grep -q 'version 14\.'; then
	# shellcheck disable=SC2046
	nothing "sources as clang-format lays them out" \
		"$(misformatted $(grep -E '\.[ch]$' <<<"$sources"))"
else
	tap_skip "sources as clang-format lays them out: no clang-format 14"
fi

# A function begins at a { and ends at a } in the first column.
lengths() {
	awk '
		FNR == 1 { start = 0 }
		/^[A-Za-z_].*\(/ { head = $0; at = FNR }
		/^\{/ { start = FNR; name = head }
		/^\}/ && start {
			if (FNR - start - 1 > 45)
				print FILENAME ":" at ": " FNR - start - 1 \
					" lines: " substr(name, 1, 40)
			start = 0
		}' "$@"
}
# shellcheck disable=SC2046
nothing "functions of 45 lines at most" \
	"$(lengths $(grep -E '\.[ch]$' <<<"$sources"))"

# Would it notice?
planted=$(mktemp -d)
trap 'rm -rf "$planted"' EXIT
{
	echo 'int main(void)'
	echo '{'
	seq -f '	x(%g);' 46
	echo '}'
} >"$planted/long.c"
tap_like "$(lengths "$planted/long.c")" "46 lines: int main" \
	"planted: a function of 46 lines"
printf 'int x ;\n' >"$planted/wide.c"
if clang-format --version 2>/dev/null | grep -q 'version 14\.'; then
	tap_is "$(misformatted "$planted/wide.c")" "$planted/wide.c" \
		"planted: a blank before a semicolon"
fi
tap_done
