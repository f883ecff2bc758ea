# shellcheck shell=bash
# SPDX-License-Identifier: GPL-2.0-only
# What the verbs print, as JSON and as text, for the tests of tests/e2e, after
# hosts.sh.
# shellcheck disable=SC2154 # root and tmp are from there

validate='
import glob, json, sys
import jsonschema
known = {}
for path in glob.glob(sys.argv[1] + "/*.json"):
    schema = json.load(open(path))
    known[schema["properties"]["schema"]["const"]] = schema
document = json.load(sys.stdin)
schema = known.get(document["schema"])
if not schema:
    sys.exit("no schema for " + document["schema"])
checker = jsonschema.validators.validator_for(schema)
checker.check_schema(schema)
errors = [e.message for e in checker(schema).iter_errors(document)]
sys.exit("\n".join(errors) or 0)
'
jsonschema() { # DOCUMENT
	/usr/bin/python3 -c "$validate" "$root/docs/schema" <"$1"
}

# What the verb prints, against its schema.
valid() { # NAME WORDS...
	local name=$1

	fl "${@:2}" -j >"$tmp/document" 2>"$tmp/err"
	set -- "$name"
	tap_ok "$1: one line of JSON" test "$(wc -l <"$tmp/document")" -eq 1
	tap_ok "$1: names its schema and times" jq -e \
		'(.schema | test("^faultline\\.[a-z]+/1$")) and
		 (.time_ns | type) == "number" and has("epoch_ns")' \
		"$tmp/document"
	tap_ok "$1: follows the schema" jsonschema "$tmp/document"
}

# What must be so in each document of stats.
# shellcheck disable=SC2034 # for those that source us
coherent='
	def whole: .packets == .passed + .dropped + .held and
		.failed + .rejected + .overflow <= .dropped;
	([.totals, .totals.in, .totals.out, .rules[], (.rules[] | .in, .out)] |
	all(whole)) and
	(.totals | .packets == .in.packets + .out.packets and
	.bytes == .in.bytes + .out.bytes)'

# The rows of a rule and what they say, as one line.
shown() { # NAME
	awk -v name="$1" '/^[^ ]/ { on = $1 == name } on' "$tmp/out" |
		tr -s ' \n' ' '
}

judged() { # RULE
	jq -r ".rules[] | select(.name == \"$1\") | .realised |
		[.verdict, (.[] | objects | .verdict)] | map(. // \"-\") |
		join(\" \")" "$tmp/stats"
}
