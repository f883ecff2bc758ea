#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
# Dependencies point down only: main -> cmd_* -> {grammar, engine, out} ->
# {obj, store, netif} -> include/faultline <- bpf. Read from what the compiler
# says it included.
cd "$(dirname "$0")/../.." || exit 1
# shellcheck source=../tap.sh
. tests/tap.sh

# FILES may not include any file that FORBIDDEN matches, and why.
libbpf='/(libbpf|bpf)\.h$|skel\.h$'
verbs='cmd[a-z_]*|out[a-z_]*'
upper="engine[a-z_]*|grammar[a-z_]*|$verbs"
rooms='obj|store|capture|netif[a-z_]*|xsk|packet'
rules=(
	'bpf/*' '^user/' 'bpf never reaches user'
	'user/*' '^bpf/' 'user never reaches bpf'
	'include/*' '^(user|bpf)/' 'what is shared knows neither'
	'user/cmd*' "$libbpf" 'cmd_* never sees libbpf'
	'user/cmd*' "^user/($rooms|engine_private)\.h$"
	'cmd_* goes through the engine'
	'user/main.c' "^user/($rooms|engine[a-z_]*)\.h$"
	'main is a table of verbs only'
	'user/out*' "$libbpf" 'out_* never sees a map'
	'user/out*' "^user/($rooms|engine[a-z_]*|cmd[a-z_]*)\.h$"
	'out_* sees plain structs only'
	'user/grammar*' "^user/($rooms|engine[a-z_]*|$verbs)\.h$"
	'the grammar knows words and rules'
	'user/engine*' "^user/($verbs|opt)\.h$" 'the engine prints nothing'
	'user/obj*' "^user/($upper)\.h$" 'obj is below the engine'
	'user/store*' "^user/($upper)\.h$" 'store is below the engine'
	'user/netif*' "^user/($upper)\.h$" 'netif is below the engine'
	'user/capture*' "^user/($upper|obj|store|netif[a-z_]*)\.h$"
	'capture is below the engine'
	'user/!(capture).c' '/pcap(/.*)?\.h$' 'only capture knows libpcap'
	'user/frame*' "^user/($upper|$rooms)\.h$" 'frame sees bytes only'
	'user/!(xsk).c' '/xdp/[a-z_]*\.h$' 'only xsk knows libxdp'
	'user/@(xsk|packet).[ch]' "^user/($upper|hold[a-z_]*|obj|store)\.h$"
	'sockets know frames only'
	'user/wheel.[ch]' '^user/[^w]|/(bpf|xdp)/' 'the wheel is pure'
	'user/join.[ch]' '^user/[^j]|/(bpf|xdp)/' 'join sees bytes only'
	'user/hold*' "^user/($verbs|opt|grammar[a-z_]*)\.h$"
	'the hold process prints nothing'
	'user/!(hold*)' '^user/hold_private\.h$'
	'what the hold process is made of is its own'
)

# "SOURCE INCLUDED" a line, from the .d files under $1. The first word after
# the target is the source; what is outside the tree is kept as it is.
pairs() {
	local file

	while read -r file; do
		sed -e ':join' -e '/\\$/N; s/\\\n/ /; tjoin' "$file" |
			sed -n '1s/^[^:]*: *//p' | tr -s ' ' '\n' |
			awk 'NR == 1 { source = $0; next }
				NF { print source, $0 }'
	done < <(find "$1" -name '*.d')
}

# a/b/../c is a/c.
plain_paths() {
	sed -E -e ':again' -e 's@[^/ ]+/\.\./@@; tagain' \
		-e 's@(^| )\./@\1@g'
}

# Violations of FILES FORBIDDEN among the pairs on stdin.
violations() {
	local source included

	while read -r source included; do
		# shellcheck disable=SC2053
		[[ $source == $1 ]] || continue
		[[ $included =~ $2 ]] && echo "$source includes $included"
	done
}

count_sources() {
	cut -d' ' -f1 | sort -u | wc -l
}

out=${O:-build}
found=$(mktemp)
trap 'rm -f "$found"' EXIT
pairs "$out" | plain_paths | sort -u >"$found"
tap_ok "the compiler's .d files name at least 40 sources" \
	test "$(count_sources <"$found")" -ge 40
for ((i = 0; i < ${#rules[@]}; i += 3)); do
	tap_is "$(violations "${rules[i]}" "${rules[i + 1]}" <"$found")" "" \
		"${rules[i + 2]}: ${rules[i]}"
done

# Would it notice? Plant what each rule forbids, as the compiler would say it.
planted=$(mktemp -d)
trap 'rm -rf "$found" "$planted"' EXIT
plant() { # SOURCE INCLUDED
	printf 'x.o: %s \\\n include/faultline/abi.h \\\n %s\n\n%s:\n' \
		"$1" "$2" "$2" >"$planted/x.d"
	pairs "$planted" | plain_paths
}
tap_is "$(plant bpf/xdp.bpf.c bpf/../user/engine.h |
	violations 'bpf/*' '^user/')" \
	"bpf/xdp.bpf.c includes user/engine.h" "planted: bpf into user"
tap_is "$(plant user/cmd_add.c /usr/include/bpf/libbpf.h |
	violations 'user/cmd*' "${rules[10]}")" \
	"user/cmd_add.c includes /usr/include/bpf/libbpf.h" \
	"planted: a verb includes libbpf"
tap_is "$(plant user/cmd_add.c user/store.h |
	violations 'user/cmd*' "${rules[13]}")" \
	"user/cmd_add.c includes user/store.h" "planted: a verb opens the store"
tap_is "$(plant user/out_text.c user/engine.h |
	violations 'user/out*' "${rules[22]}")" \
	"user/out_text.c includes user/engine.h" "planted: out asks the engine"
tap_is "$(plant user/cmd_replay.c /usr/include/pcap/pcap.h |
	violations 'user/!(capture).c' '/pcap(/.*)?\.h$')" \
	"user/cmd_replay.c includes /usr/include/pcap/pcap.h" \
	"planted: a verb reads a capture"

# And for real: a source with such a line, through the compiler.
mkdir -p "$planted/real"
printf '#include "%s/user/store.h"\n#include "%s/user/cmd.h"\n' "$PWD" "$PWD" \
	>"$planted/real/cmd_bad.c"
${CC:-cc} -Iinclude -D_GNU_SOURCE -MMD -MF "$planted/real/bad.d" -c \
	"$planted/real/cmd_bad.c" -o "$planted/real/bad.o" &&
	sed -i -e "s@$PWD/@@g" -e "s@$planted/real/cmd_bad@user/cmd_bad@" \
		"$planted/real/bad.d"
rm -f "$planted/x.d"
tap_is "$(pairs "$planted/real" | plain_paths |
	violations 'user/cmd*' "${rules[13]}")" \
	"user/cmd_bad.c includes user/store.h" \
	"planted: a real source, through the compiler"
tap_done
