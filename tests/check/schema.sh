#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
# The schemas have the members that the rows of the .def files stand for.
cd "$(dirname "$0")/../.." || exit 1
# shellcheck source=../lib/tap.sh
. tests/lib/tap.sh

tap_is "$(tools/gen-schema --check 2>&1)" "" \
	"the schemas follow the rows (else: tools/gen-schema)"

# Would it notice? A counter and an impairment more.
copy=$(mktemp -d)
trap 'rm -rf "$copy"' EXIT
mkdir -p "$copy/include"
cp -r tools "$copy"
cp -r include/faultline "$copy/include"
mkdir "$copy/docs"
cp -r docs/schema "$copy/docs"
echo 'EFFECT(BENT, "bent", "is no longer straight")' \
	>>"$copy/include/faultline/effects.def"
cat >>"$copy/include/faultline/impairs.def" <<'EOF'
IMPAIR(BEND, "bend", BEND, FL_DIR_BOTH, NONE, EFFECT, bend,
	"make packets crooked")
PARAM(BEND, bend.times, COUNT1, 1, 9, MUST, "N", "bend", "how often")
EOF
stale='docs/schema/flows.json
docs/schema/list.json
docs/schema/replay.json
docs/schema/stats.json'
tap_is "$("$copy/tools/gen-schema" --check)" "$stale" \
	"planted: rows are noticed"
"$copy/tools/gen-schema" >/dev/null
tap_ok "planted: and the schemas brought in line" \
	"$copy/tools/gen-schema" --check
tap_is "$(jq -c '[.properties.rules.items.properties.asked.properties.bend.type,
	."$defs".counters.properties.bent.description,
	(."$defs".counters.required | index("would_bent") != null),
	.properties.rules.items.properties.realised.properties.bent."$ref"]' \
	"$copy/docs/schema/stats.json")" \
	'["integer","is no longer straight",true,"#/$defs/realised"]' \
	"planted: counter, dry run, rate and argument"
tap_is "$(jq -c '.properties.sort.enum[-3:]' "$copy/docs/schema/flows.json")" \
	'["bent","in.bent","out.bent"]' "planted: flows sorted by it"
tap_done
