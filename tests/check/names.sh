#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
# Nothing in the tree names the machine that it was written on.
cd "$(dirname "$0")/../.." || exit 1
# shellcheck source=../lib/tap.sh
. tests/lib/tap.sh

# Put together here, so that this file does not find itself.
places="/wor""k/ /roo""t/ /hom""e/[a-z]"
for place in $places; do
	tap_is "$(git ls-files -co --exclude-standard -z |
		xargs -0 grep -nIE "(^|[^A-Za-z0-9_.])$place" | cut -c1-100)" \
		"" "nothing of $place"
done
tap_is "$(git ls-files -co --exclude-standard |
	grep -E '\.(o|d|orig|rej|swp|pyc|log)$|~$')" "" "no by-products"
tap_done
