#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
# What bash offers: its words come from the grammar, the tables of verbs and
# options, and from what is attached.
# shellcheck source=../lib/hosts.sh
. "$(dirname "$0")/../lib/hosts.sh"

e2e_hosts

# What Tab gives at the end of LINE, sorted, in one line.
tab() { # LINE [RUN_AS...]
	local line=$1

	shift
	# shellcheck disable=SC2016 # for that shell
	(cd "$tmp" && at "$near" "$@" bash -c '
		. "$1" || exit 1
		COMP_LINE=$2 COMP_POINT=${#2}
		_faultline "$3" 2>&1
		printf "%s\n" "${COMPREPLY[@]}" | LC_ALL=C sort -u |
			paste -sd " "' \
		bash "$root/user/cli/complete.bash" "$line" "$faultline")
}

offers() { # LINE WORDS
	tap_is "$(tab "$1")" "$2" "\"$1\""
}

includes() { # LINE WORD
	tap_like " $(tab "$1") " " $2 " "\"$1\": $2"
}

test_verbs() {
	offers "faultline a" "add attach"
	offers "faultline help sta" "stats"
	offers "faultline -j det" "detach"
	offers "faultline --v" "--version"
	offers "faultline nosuch " ""
	offers "faultline complete " ""
	includes "faultline " "netem"
}

test_options() {
	offers "faultline attach fla --mode " "auto generic native tc"
	offers "faultline attach --engine=h" "hold"
	offers "faultline attach fla --no" "--no-guards"
	offers "faultline attach fla --seed " ""
	offers "faultline attach fla --bogus " ""
	offers "faultline attach fla -=" ""
	offers "faultline attach fla --=" ""
	offers "faultline flows fla -s in.dup" "in.duplicated"
	offers "faultline stats fla --qu" "--quiet"
}

test_rules() {
	offers "faultline add fla in proto t" "tcp"
	offers "faultline add fla loss 1% bu" "burst"
	offers "faultline add fla remote p" "port"
	offers "faultline add fla loss 1 percent " ""
	offers "faultline flows fla fl" "flows"
	offers "faultline netem fla delay 3ms dis" "distribution"
	offers "faultline netem fla delay 3ms -- scope " "flow rule"
	includes "faultline replay los" "loss"
}

test_files() {
	mkdir "$tmp/some dir"
	touch "$tmp/some.rules"
	offers "faultline add fla -f so" "some dir some.rules"
	offers "faultline add fla --file=some." "some.rules"
	offers "faultline add fla loss trace some." "some.rules"
	offers "faultline replay loss 1% some." "some.rules"
}

test_devices() {
	offers "faultline attach fl" "fla"
	includes "faultline attach " "lo"
	offers "faultline add " ""
	fl attach fla >/dev/null 2>&1
	offers "faultline add " "fla"
	offers "faultline list " "fla"
	offers "faultline list fla " ""
	add in delay 1ms name web
	add out loss 1% name wan
	offers "faultline del fla w" "wan web"
	offers "faultline del fla web " "all wan web"
	offers "faultline del flx " "all"
	tap_is "$(at "$near" "$faultline" complete "faultline attach " |
		grep -c '^fl[0-9]')" 0 "no helper device is offered"
}

# A name may be anything but a blank and a slash.
test_quoting() {
	# shellcheck disable=SC2016 # not to be expanded
	at "$near" ip link add '$(id)' type veth peer name other
	# shellcheck disable=SC2016
	tap_like "$(at "$near" bash -c '. "$1"
		COMP_LINE="faultline attach $" COMP_POINT=18
		_faultline "$2"; printf "%s\n" "${COMPREPLY[@]}"' \
		bash "$root/user/cli/complete.bash" "$faultline")" \
		'^\\\$\\\(id\\\)$' "a name that a shell would run is quoted"
}

# Who may not see what is attached is offered all devices, for sudo.
test_nobody() {
	local program=$tmp/faultline

	install -m 755 "$faultline" "$program"
	chmod 711 "$tmp"
	tap_like " $(at "$near" setpriv --reuid=65534 --regid=65534 \
		--clear-groups "$program" complete "faultline add " 2>&1 |
		xargs) " " fla " "nobody: devices"
	tap_is "$(at "$near" setpriv --reuid=65534 --regid=65534 \
		--clear-groups "$program" complete "faultline del fla " 2>&1)" \
		"all" "nobody: no rules, and not a word of why"
}

# A person waits for it: some 10 ms, as long as nothing is loaded.
test_quick() {
	command -v strace >/dev/null || {
		tap_skip "no strace"
		return
	}
	at "$near" strace -f -e trace=bpf,fork,execve,fsync -o "$tmp/calls" \
		"$faultline" complete "faultline del fla " >"$tmp/offered"
	tap_like "$(xargs <"$tmp/offered")" "web" "rules are offered"
	tap_is "$(grep -cE 'PROG_LOAD|MAP_CREATE|BTF_LOAD|fork|fsync' \
		"$tmp/calls")" 0 "nothing is loaded for it"
}

# Where "make install" puts it, bash-completion looks for it.
test_install() {
	local place=share/bash-completion/completions/faultline

	make -s -C "$root" O="$out" DESTDIR="$tmp/root" PREFIX=/usr install \
		>/dev/null 2>&1
	tap_ok "installed" cmp "$root/user/cli/complete.bash" \
		"$tmp/root/usr/$place"
	make -s -C "$root" O="$out" DESTDIR="$tmp/root" PREFIX=/usr \
		uninstall >/dev/null 2>&1
	tap_is "$(find "$tmp/root" -type f)" "" "uninstalled"
}

test_verbs
test_options
test_rules
test_files
test_devices
test_quoting
test_nobody
test_quick
test_install
tap_done
