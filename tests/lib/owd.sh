# shellcheck shell=bash
# SPDX-License-Identifier: GPL-2.0-only
# One-way delay between the hosts of tests/lib/hosts.sh.
# shellcheck source=../lib/hosts.sh
. "$(dirname "${BASH_SOURCE[0]}")/hosts.sh"

owd_pids=()

# Whose packets go this way, and where to; those "in" come from the far host.
way() { # in|out
	from=$far to=$near to4=$near4 to6=$near6
	[ "$1" = in ] || from=$near to=$far to4=$far4 to6=$far6
}

# What e2e_owd says of datagrams sent this way.
owd() { # WAY KEY=VALUE...
	local from to to4 to6

	way "$1"
	"$tools/e2e_owd" "$from" "$to" "$to4" "${@:2}"
}

owd6() { # WAY KEY=VALUE...
	local from to to4 to6

	way "$1"
	"$tools/e2e_owd" "$from" "$to" "$to6" "${@:2}"
}

# The same in the background, into a file, until owd_wait.
owd_start() { # FILE WAY KEY=VALUE...
	owd "${@:2}" >"$1" &
	owd_pids+=($!)
}

owd_wait() {
	wait "${owd_pids[@]}"
	owd_pids=()
}

of() { # NAME TEXT: the number behind the name
	awk -v name="$1" '{ for (i = 1; i < NF; i++)
		if ($i == name)
			print $(i + 1) }' <<<"$2"
}

# A condition on numbers, in awk's words, shown as it stands.
check() { # NAME CONDITION [DIAGNOSTICS]
	if awk "BEGIN { exit !($2) }" </dev/null 2>/dev/null; then
		tap_pass "$1: $2"
	else
		tap_fail "$1: $2" "${3-}"
	fi
}

# Runs checks. Where packets passed undelayed meanwhile, because the process
# that holds them gave no sign of life for 50 ms (nobody let it run), once more:
# up to five times, the last of which counts whatever happened.
undisturbed() { # FUNCTION WORDS...
	local run=$tap_run failed=$tap_failed before now try

	for try in 1 2 3 4 5; do
		tap_run=$run tap_failed=$failed
		before=$(stats .totals.skipped 2>/dev/null)
		"$@" >"$tmp/undisturbed"
		now=$(stats .totals.skipped 2>/dev/null)
		[ "${now:-0}" = "${before:-0}" ] && break
		tap_diag "$*: try $try: packets passed undelayed"
	done
	cat "$tmp/undisturbed"
}

# How late packets of "arrivals" came through a link that takes so many us for
# each, by when they were sent: "LEAST P10" in us.
late_by() { # FILE US
	sort -k2n "$1" | awk -v each="$2" '{
		free = (free > $2 / 1e3 ? free : $2 / 1e3) + each
		printf "%.1f\n", $3 / 1e3 - free
	}' | sort -n | awk '{ late[NR] = $1 }
		END { print late[1], late[int(NR / 10) + 1] }'
}

# So many us passed while those of "arrivals" were sent.
sent_in() { # FILE
	sort -k2n "$1" | awk 'NR == 1 { first = $2 }
		END { printf "%.0f", ($2 - first) / 1e3 }'
}

# Every packet that a rule saw is accounted for.
whole() { # NAME
	fl stats fla -j >"$tmp/stats"
	jq -e '[.totals, .totals.in, .totals.out, .rules[],
			(.rules[] | .in, .out)] |
		all(.packets == .passed + .dropped + .held)' \
		"$tmp/stats" >/dev/null &&
		tap_pass "$1: seen = passed + dropped + held" ||
		tap_fail "$1: seen = passed + dropped + held" \
			"$(jq -c '.totals, .rules[]' "$tmp/stats")"
}
