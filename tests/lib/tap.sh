# shellcheck shell=bash
# SPDX-License-Identifier: GPL-2.0-only
# Test Anything Protocol for bash, read by prove(1). Source it, check things,
# and end with tap_done. A script that dies before has no plan and so fails.

tap_run=0
tap_failed=0

# An unescaped # would change what the line means.
tap_text() {
	local text=${1//\\/\\\\}

	text=${text//#/\\#}
	printf '%s' "${text//$'\n'/ }"
}

tap_diag() {
	printf '%s\n' "$*" | sed 's/^/# /'
}

tap_pass() { # NAME
	tap_run=$((tap_run + 1))
	printf 'ok %d - %s\n' "$tap_run" "$(tap_text "$1")"
}

tap_fail() { # NAME [DIAGNOSTICS...]
	tap_run=$((tap_run + 1))
	tap_failed=$((tap_failed + 1))
	printf 'not ok %d - %s\n' "$tap_run" "$(tap_text "$1")"
	tap_diag "at $(tap_where)"
	shift
	[ $# -eq 0 ] || tap_diag "$@"
	return 1
}

# The line of the test, not of the helpers.
tap_where() {
	local i

	for ((i = 1; i < ${#BASH_SOURCE[@]}; i++)); do
		case ${BASH_SOURCE[i]} in
		*/lib/*) ;;
		*)
			printf '%s:%s' "${BASH_SOURCE[i]}" \
				"${BASH_LINENO[i - 1]}"
			return
			;;
		esac
	done
}

# What the command prints is shown only when it fails.
tap_ok() { # NAME COMMAND...
	local name=$1 output status

	shift
	output=$("$@" 2>&1)
	status=$?
	if [ "$status" -eq 0 ]; then
		tap_pass "$name"
	else
		tap_fail "$name" "status $status: $*"$'\n'"$output"
	fi
}

tap_is() { # GOT WANT NAME
	if [ "$1" = "$2" ]; then
		tap_pass "$3"
	else
		tap_fail "$3" "got  '$1'"$'\n'"want '$2'"
	fi
}

tap_like() { # GOT REGEX NAME
	if [[ $1 =~ $2 ]]; then
		tap_pass "$3"
	else
		tap_fail "$3" "got     '$1'"$'\n'"pattern '$2'"
	fi
}

# One check that this kernel cannot make, and why.
tap_skip() { # WHY
	tap_run=$((tap_run + 1))
	printf 'ok %d # SKIP %s\n' "$tap_run" "$(tap_text "$1")"
}

tap_skip_all() { # WHY
	printf '1..0 # SKIP %s\n' "$(tap_text "$1")"
	exit 0
}

tap_done() {
	[ "$tap_failed" -eq 0 ] ||
		tap_diag "$tap_failed of $tap_run checks failed"
	printf '1..%d\n' "$tap_run"
	[ "$tap_failed" -eq 0 ] && [ "$tap_run" -gt 0 ]
	exit
}
