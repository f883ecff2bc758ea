#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
# The rooms of user/: which may use which, and by which headers. Read from the
# compiler's own dependency files, so that what a header pulls in counts too.
cd "$(dirname "$0")/../.." || exit 1
# shellcheck source=../lib/tap.sh
. tests/lib/tap.sh

# ROOM: ROOMS THAT IT USES: ITS DOOR (the headers that others may include).
# The rooms stand in the order of their floors: each uses earlier ones only.
rooms='
base:: error.h unit.h path.h input.h proc.h mode.h holder.h clock.h nearest.h \
	ssh.h table.h text.h privilege.h note.h signals.h
kernel: base: obj.h obj_rows.h obj_block.h pins.h store.h lock.h netns.h \
	netif.h support.h counters.h sparse.h
grammar: base: grammar.h rulefile.h
netem: base grammar: words.h keywords.def
compile: base: compile.h tables.h trace.h guard.h
stats: base: sample.h sample_replay.h sample_capture.h counters.h \
	asked_delay.h chain.h actual.h actual_delay.h flowsort.h filter.h \
	table.h rates.h remarks.h remarks.def interval.h expected.h quantile.h
probe: base kernel: probe.h try.h kernel.h xdp.h bridge.h report.h
device: base kernel compile stats probe: device.h open.h inside.h load.h \
	stage.h outlook.h holder.h ways.h ways_state.h balance.h
hold: base kernel compile stats device: hold.h
replay: base kernel compile stats device: replay.h
out: base grammar stats probe: out.h text.h json.h stream.h number.h
cli: base grammar netem stats probe device hold replay out: cmd.h opt.h \
	help.h watch.h complete.h verbs.def
main: base grammar stats probe out cli: -
'
rooms=${rooms//$'\\\n'/}

# HEADER (a pattern of its path): the sources that may see it, a pattern each.
libraries='
^/.*/bpf/[a-z_]*\.h$ user/kernel/
skel\.h$ user/kernel/obj
/libmnl/ user/kernel/
/pcap(/.*)?\.h$ user/replay/capture
/cap-ng\.h$ user/base/privilege
/seccomp\.h$ user/hold/seal
'

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

# Pairs on stdin that the two tables do not allow, each with the reason.
violations() {
	awk -v rooms="$rooms" -v libraries="$libraries" '
	function room_of(path, part) {
		split(path, part, "/")
		if (part[1] != "user")
			return ""
		return part[3] == "" ? "main" : part[2]
	}
	function say(why) { print $1 " includes " $2 ": " why }
	BEGIN {
		count = split(rooms, line, "\n")
		for (i = 1; i <= count; i++) {
			if (split(line[i], column, ":") < 3)
				continue
			known[column[1]] = 1
			n = split(column[2], word, " ")
			for (k = 1; k <= n; k++)
				uses[column[1], word[k]] = 1
			n = split(column[3], word, " ")
			for (k = 1; k <= n; k++)
				door[column[1], word[k]] = 1
		}
		books = split(libraries, book, "\n")
	}
	{
		from = room_of($1)
		to = room_of($2)
		name = $2
		sub(/.*\//, "", name)
		if ($1 ~ /^include\// && $2 ~ /^(user|bpf)\//)
			say("what is shared knows neither side")
		if ($1 ~ /^bpf\// && to != "")
			say("bpf never reaches user")
		if (from != "" && $2 ~ /^bpf\//)
			say("user never reaches bpf")
	}
	from != "" && !(from in known) { say(from " is no room") }
	from != "" && to != "" && from != to {
		if (!((from, to) in uses))
			say(from " does not use " to)
		else if (!((to, name) in door))
			say(name " is not at the door of " to)
	}
	from != "" {
		for (i = 1; i <= books; i++) {
			n = split(book[i], word, " ")
			if (!n || $2 !~ word[1])
				continue
			for (k = 2; k <= n && index($1, word[k]) != 1; k++)
				;
			if (k > n)
				say("a library of " word[2])
		}
	}'
}

# Rooms that use one which stands later: "ROOM uses ROOM" a line.
upward() {
	awk -F: 'NF >= 3 {
		n = split($2, word, " ")
		for (k = 1; k <= n; k++)
			if (!(word[k] in before))
				print $1 " uses " word[k]
		before[$1] = 1
	}' <<<"$rooms"
}

# "MODULE MODULE" a line: who names whom in an #include, x.c and x.h being one.
modules() { # FILE...
	grep -sHoE '^#include "[^"]+"' "$@" |
		sed -E 's/:#include "([^"]+)"/ \1/' |
		awk '{
			folder = $1
			sub(/[^\/]*$/, "", folder)
			path = folder $2
			if ((getline line < path) < 0)
				path = "user/" $2
			close(path)
			print $1, path
		}' | plain_paths |
		sed -E 's/\.(bpf\.)?[a-z]+( |$)/\2/g' | awk '$1 != $2' |
		sort -u
}

# Names of the modules in circles, as tsort(1) finds them.
circles() {
	tsort 2>&1 >/dev/null | sed -n 's/^tsort: //p' | grep -v 'loop:$'
}

out=${O:-build}
found=$(mktemp)
planted=$(mktemp -d)
trap 'rm -rf "$found" "$planted"' EXIT
# What was built from a source that has since moved is of no interest.
pairs "$out" | plain_paths | sort -u | while read -r source included; do
	[ -e "$source" ] && echo "$source $included"
done >"$found"
tap_ok "the compiler's .d files name at least 40 sources of user/" \
	test "$(cut -d' ' -f1 "$found" | grep '^user/' | sort -u | wc -l)" \
	-ge 40
tap_is "$(upward)" "" "no room uses a later one"
tap_is "$(violations <"$found")" "" \
	"every include is of a room that is used, by its door"
tap_is "$(find user -maxdepth 1 -type f | sort)" user/main.c \
	"nothing but main.c outside of a room"
# shellcheck disable=SC2046
tap_is "$(modules $(git ls-files -co --exclude-standard 'bpf/*.[ch]' \
	'include/*.[ch]' 'include/*.def') | circles)" "" \
	"no circle in bpf/ and include/"
# shellcheck disable=SC2046
tap_is "$(modules $(git ls-files -co --exclude-standard 'user/*.[ch]' \
	'user/*.def') | circles)" "" "no circle in user/"

# Would it notice? Plant one of each kind, as the compiler would say it.
plant() { # SOURCE INCLUDED
	printf 'x.o: %s \\\n include/faultline/abi.h \\\n %s\n\n%s:\n' \
		"$1" "$2" "$2" >"$planted/x.d"
	pairs "$planted" | plain_paths | violations | sed 's/.*: //'
}
tap_is "$(plant bpf/xdp.bpf.c bpf/../user/device/device.h)" \
	"bpf never reaches user" "planted: bpf into user"
tap_is "$(plant user/cli/add.c bpf/maps.h)" "user never reaches bpf" \
	"planted: user into bpf"
tap_is "$(plant include/faultline/rng.h user/base/unit.h)" \
	"what is shared knows neither side" "planted: include into user"
tap_is "$(plant user/cli/add.c user/kernel/store.h)" \
	"cli does not use kernel" "planted: a verb opens the store"
tap_is "$(plant user/out/text.c user/device/device.h)" \
	"out does not use device" "planted: out asks the device"
tap_is "$(plant user/cli/netem.c user/netem/read.h)" \
	"read.h is not at the door of netem" "planted: past the door"
tap_is "$(plant user/attic/x.c user/base/unit.h | head -n 1)" \
	"attic is no room" "planted: a room that is in no table"
tap_is "$(plant user/cli/add.c /usr/include/bpf/libbpf.h)" \
	"a library of user/kernel/" "planted: a verb includes libbpf"
tap_is "$(plant user/cli/replay.c /usr/include/pcap/pcap.h)" \
	"a library of user/replay/capture" "planted: a verb reads a capture"
tap_is "$(rooms='low: high: low.h
high:: high.h' upward)" "low uses high" "planted: a table that points up"

mkdir -p "$planted/ring"
echo '#include "b.h"' >"$planted/ring/a.h"
echo '#include "c.h"' >"$planted/ring/b.c"
echo '#include "a.h"' >"$planted/ring/c.h"
touch "$planted/ring/b.h"
tap_is "$(modules "$planted"/ring/*.[ch] | circles | xargs -n1 basename |
	sort | xargs)" "a b c" "planted: a circle through a source"

# And for real: a source with such a line, through the compiler.
mkdir -p "$planted/real"
printf '#include "%s/user/kernel/store.h"\n' "$PWD" >"$planted/real/bad.c"
${CC:-cc} -Iinclude -iquote user -D_GNU_SOURCE -MMD \
	-MF "$planted/real/bad.d" -c "$planted/real/bad.c" \
	-o "$planted/real/bad.o" &&
	sed -i -e "s@$PWD/@@g" -e "s@$planted/real/bad@user/cli/bad@g" \
		"$planted/real/bad.d"
planted_real="user/cli/bad.c includes user/kernel/store.h"
tap_is "$(pairs "$planted/real" | plain_paths | violations)" \
	"$planted_real: cli does not use kernel" \
	"planted: a real source, through the compiler"
tap_done
