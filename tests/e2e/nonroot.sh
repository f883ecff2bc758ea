#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
# Without privileges: exit code 5, one line that says what to do.
# shellcheck source=../lib/hosts.sh
. "$(dirname "$0")/../lib/hosts.sh"

e2e_hosts
# Where nobody can read and run it.
install -m 755 "$faultline" "$tmp/faultline"
chmod 711 "$tmp"

nobody() {
	nsenter --net="/run/netns/$near" setpriv --reuid=65534 --regid=65534 \
		--clear-groups env FAULTLINE_RUN="$FAULTLINE_RUN" \
		"$tmp/faultline" "$@"
}

test_verb() { # WORDS...
	local status text

	text=$(nobody "$@" 2>&1 >/dev/null)
	status=$?
	tap_is "$status" 5 "$*: exit code 5"
	tap_is "$(wc -l <<<"$text")" 1 "$*: one line"
	tap_like "$text" "root|permi|CAP_" "$*: says what it needs"
}

test_all() {
	test_verb add fla in loss 1%
	test_verb del fla all
	test_verb list fla
	test_verb stats fla
	test_verb flows fla
}

test_attach() {
	test_verb attach fla
	test_verb detach fla
	test_verb detach --all
}

tap_diag "nothing is attached"
test_attach
tap_ok "root attaches" fl attach fla
fl add fla in proto udp blackhole name keep >/dev/null 2>&1
before=$(fl list fla --json | jq -c '[.rules[].rule]')
tap_diag "something is attached"
test_attach
test_all
tap_is "$(fl list fla --json | jq -c '[.rules[].rule]')" "$before" \
	"nothing has changed"
tap_ok "nobody may ask for help" nobody help
tap_ok "nobody may ask for the version" nobody --version
nobody doctor fla >"$tmp/doctor" 2>&1
tap_like "$(cat "$tmp/doctor")" "capabilities" "nobody may ask the doctor"
tap_is "$(stat -c '%a %U' "$FAULTLINE_RUN")" "700 root" \
	"the run directory is root's alone"

# Somebody else was there first.
export FAULTLINE_RUN=$tmp/squat
install -d -o nobody -m 777 "$FAULTLINE_RUN"
text=$(fl attach fla 2>&1)
tap_is $? 5 "a run directory that is not root's is refused"
tap_like "$text" "squat is of uid 65534 with mode 0777: it must be of uid 0" \
	"and named, with what is wrong and what is right"
chown 0:0 "$FAULTLINE_RUN"
chmod 755 "$FAULTLINE_RUN"
text=$(fl attach fla 2>&1)
tap_is $? 5 "a run directory that others can read is refused"
tap_like "$text" "uid 0 with mode 0755: .* mode 0700 \(chmod 700 /.*squat\)" \
	"and how to mend it is said"
chmod 700 "$FAULTLINE_RUN"
tap_ok "as it was said" fl attach lo
tap_ok "which works" fl detach lo
rm -r "$FAULTLINE_RUN"
mkdir "$tmp/elsewhere"
ln -s "$tmp/elsewhere" "$FAULTLINE_RUN"
text=$(fl attach fla 2>&1)
tap_is $? 5 "a run directory that is a link is refused"
tap_is "$(ls -A "$tmp/elsewhere")" "" "and not followed"
rm "$FAULTLINE_RUN"
FAULTLINE_RUN=$tmp/$(printf 'long%.0s' {1..20})
mkdir -m 700 "$FAULTLINE_RUN"
tap_ok "a run directory of a long name" fl attach lo
tap_ok "is where the pins are" test -d "$FAULTLINE_RUN/bpf"
tap_ok "and is emptied" fl detach lo
tap_is "$(ls "$FAULTLINE_RUN")" lock "of all but the lock"
export FAULTLINE_RUN=$tmp/run
tap_ok "root detaches" fl detach fla
tap_done
