#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
# The kernel's own netem and the rule that "faultline netem" makes of the same
# words, under the same frames: as many are lost, doubled and damaged, in bursts
# of the same length, and as the formulas say. With a seed (netem of 6.6 on) the
# same frames are lost, bit for bit. For tools/vmtest, but runs wherever there
# is netem. NETEM_FRAMES: how many frames, 40000 unless set; of many more the
# receiver may have no room for all, which is noticed.
# shellcheck source=../lib/hosts.sh
. "$(dirname "$0")/../lib/hosts.sh"

count=${NETEM_FRAMES:-40000}
# Some 50 numbers are held against this many standard errors: one of them is
# beyond once in 30,000 runs.
limit=5

# What was lost must also come in bursts as it should.
losses=("loss random 5%" "loss random 30% 50%" "loss gemodel 2% 25%"
	"loss gemodel 5% 40% 80% 1%" "loss gemodel 3% 30% 60% 4%"
	"loss state 3% 30% 20% 60% 1%")
effects=("duplicate 10%" "corrupt 10%")

# Words of netem, its seed, and the first frame from which on the victims must
# be the same. With a correlation that is not frame 0: what the number before
# the first one was is left to chance, and forgotten in time.
exact=("loss random 10%|1|0" "loss random 50%|16045690984503098046|0"
	"loss random 0.5%|18446744073709551615|0"
	"loss random 30% 25%|81985529216486895|100"
	"loss random 30% 50%|4294967296|100"
	"loss random 45% 90%|1234567890123456789|1000")

# Nothing but our frames goes through the qdisc and draws its numbers.
quiet() {
	local ns

	for ns in "$near" "$far"; do
		# shellcheck disable=SC2016 # not our variables
		at "$ns" sh -c 'for dev in all fla flb; do
			file=/proc/sys/net/ipv6/conf/$dev/disable_ipv6
			[ ! -e $file ] || echo 1 >$file
		done'
	done
}

# Of the far host's UDP: datagrams with a wrong checksum, and without a place.
udp_errors() { # NAME
	at "$far" awk -v name="$1" '$1 == "Udp:" {
		value = $column
		for (i = 2; i <= NF; i++)
			if ($i == name)
				column = i
	}
	END { print value }' /proc/net/snmp
}

listening() {
	at "$far" ss -Hlun "sport = :5000" | grep -q .
}

# Prints what became of the frames, and keeps the missing ones' numbers as a
# list of ranges. "squares" adds up the squares of the bursts' lengths.
shoot() { # FILE
	local before

	before=$(udp_errors InCsumErrors)
	e2e_spawn_at "$far" "$tools/e2e_recv" 5000 5 "$count" >"$tmp/received"
	e2e_until listening || return
	frames_out "$count" numbered=1 size=100
	e2e_kill "$e2e_pid"
	sed -n 's/^missing//p' "$tmp/received" | tr -s ' ' '\n' |
		sed '/^$/d' >"$1"
	sed -n 's/ ce .*//p' "$tmp/received"
	awk -F- '{ n = NF > 1 ? $2 - $1 + 1 : 1; lost += n; squares += n * n }
		END { print "lost", lost + 0, "bursts", NR, "squares",
			squares + 0 }' "$1"
	echo "checksums $(($(udp_errors InCsumErrors) - before))"
}

of() { # NAME RESULT: the number behind the name
	awk -v name="$1" '{ for (i = 1; i < NF; i++)
		if ($i == name)
			print $(i + 1) }' <<<"$2"
}

netem_shoot() { # WORDS SEED FILE: the counts in $result
	local seen

	# shellcheck disable=SC2086
	at "$near" tc qdisc add dev fla root netem $1 2>"$tmp/err" || {
		tap_fail "netem $1" "$(cat "$tmp/err")"
		return 1
	}
	if [ -z "$2" ] || seeded "$2"; then
		result=$(shoot "$3")
		seen=$(at "$near" tc -s -j qdisc show dev fla | jq '.[] |
			select(.kind == "netem") | .packets + .drops')
		tap_is "$((seen - $(of repeated "$result")))" "$count" \
			"netem $1: none but our frames went through it"
	fi
	at "$near" tc qdisc del dev fla root
}

seeded() { # SEED
	$seeds || return
	tap_is "$(at "$near" "$tools/e2e_netem" fla "$1" 2>&1)" "$1" \
		"netem has seed $1"
}

rule_shoot() { # WORDS SEED FILE: the counts in $result
	local name="faultline $1" counts

	# shellcheck disable=SC2086
	if ! fl netem fla tc qdisc add dev fla root netem $1 \
		${2:+seed $2} --add -- proto udp name n >"$tmp/out" 2>&1; then
		tap_fail "$name" "$(cat "$tmp/out")"
		return 1
	fi
	result=$(shoot "$3")
	counts=$(stats '.rules[] | select(.name == "n") | "\(.packets) " +
		"\(.dropped + .corrupted) \(.duplicated)"')
	tap_is "$counts" \
		"$count $(of lost "$result") $(of repeated "$result")" \
		"$name: counts what was missing and repeated"
	fl del fla all >/dev/null 2>&1
}

# Functions for awk, which in busybox has no sqrt(). model() takes netem's words
# and sets, per frame, the rate L, the variance of a long run V, and of losses
# the mean burst B. A chain of states 1 to n with steps T and rates f of each.
mathematics='
function root(x,  r, i) {
	r = x > 1 ? x : 1
	for (i = 0; i < 60; i++)
		r = (r + x / r) / 2
	return r
}
# by: standard errors.
function z(difference, variance) {
	return variance > 0 ? difference / root(variance) : 0
}
function gemodel(w) {
	n = 2
	T[1, 2] = w[3]; T[1, 1] = 1 - w[3]
	T[2, 1] = w[4]; T[2, 2] = 1 - w[4]
	f[1] = w[6]; f[2] = w[5] == "" ? 1 : w[5]
}
function state(w) {
	n = 4
	T[1, 3] = w[3]; T[1, 4] = w[7]; T[1, 1] = 1 - w[3] - w[7]
	T[2, 3] = w[6]; T[2, 2] = 1 - w[6]
	T[3, 1] = w[4]; T[3, 2] = w[5]; T[3, 3] = 1 - w[4] - w[5]
	T[4, 1] = 1
	f[3] = f[4] = 1
}
function independent(rate) {
	n = 1
	T[1, 1] = 1
	f[1] = rate
}
# The distribution p after one step.
function step(  i, j, q) {
	for (i = 1; i <= n; i++)
		for (j = 1; j <= n; j++)
			q[j] += p[i] * T[i, j]
	for (j = 1; j <= n; j++)
		p[j] = q[j]
}
# The loss g[] one packet further on, seen from each state. Returns how likely
# it is together with a loss now.
function look_ahead(  i, j, h, both) {
	for (i = 1; i <= n; i++) {
		for (j = 1; j <= n; j++)
			h[i] += T[i, j] * g[j]
		both += p[i] * f[i] * h[i]
	}
	for (i = 1; i <= n; i++)
		g[i] = h[i]
	return both
}
function solve(  i, t, both) {
	p[1] = 1
	for (t = 0; t < 200; t++)
		step()
	L = 0
	for (i = 1; i <= n; i++) {
		g[i] = f[i]
		L += p[i] * f[i]
	}
	V = L * (1 - L)
	for (t = 0; t < 200; t++) {
		both = look_ahead()
		V += 2 * (both - L * L)
		if (t == 0)
			B = L / (L - both)
	}
}
function model(words,  w, i) {
	split(words, w)
	for (i in w)
		if (w[i] ~ /%$/)
			w[i] = substr(w[i], 1, length(w[i]) - 1) / 100
	if (words == "loss random 30% 50%") {
		# x = (u + last) / 2, lost where x <= 0.3, has no formula:
		# by iteration of the density, on 20,000 points.
		L = 0.129428
		V = 0.225264
		B = 1.573811
		return
	}
	if (w[2] == "gemodel")
		gemodel(w)
	else if (w[2] == "state")
		state(w)
	else
		independent(w[1] == "loss" ? w[3] : w[2])
	solve()
}'

# Lines "WHAT|GOT|WANT|STANDARD ERRORS": netem (a) and our rule (b) against the
# formula and each other. What is counted is this share of what happens.
compare() { # WORDS COUNT SHARE_NETEM SHARE_OURS
	awk -v words="$1" -v what="$2" -v share_a="$3" -v share_b="$4" \
		-v a="${theirs[$1]//$'\n'/ }" -v b="${ours[$1]//$'\n'/ }" \
		-v N="$count" "$mathematics"'
	function read_counts(line, into,  w, i, n) {
		n = split(line, w)
		for (i = 1; i < n; i += 2)
			into[w[i]] = w[i + 1]
	}
	function say(name, form, got, want, variance) {
		printf "%s|" form "|" form "|%.2f\n", name, got, want,
			z(got - want, variance)
	}
	# Of the mean length of a burst.
	function mean(c) {
		return c["bursts"] ? c["lost"] / c["bursts"] : 0
	}
	function spread(c,  k) {
		k = c["bursts"]
		return k < 2 ? 0 : (c["squares"] / k - mean(c) * mean(c)) / \
			(k - 1)
	}
	# Of a count of which but a share is seen.
	function variance(share) {
		return N * (share * share * V + share * (1 - share) * L)
	}
	BEGIN {
		model(words)
		read_counts(a, A)
		read_counts(b, U)
		x = A[what]
		y = U[what]
		say("netem by the formula", "%.0f", x, N * L * share_a,
			variance(share_a))
		say("ours by the formula", "%.0f", y, N * L * share_b,
			variance(share_b))
		# In the units of netem.
		ratio = share_a / share_b
		say("ours by netem", "%.0f", y * ratio, x, variance(share_a) + \
			variance(share_b) * ratio * ratio)
		if (words !~ /^loss/)
			exit
		say("bursts of netem by the formula", "%.3f", mean(A), B,
			spread(A))
		say("bursts of ours by the formula", "%.3f", mean(U), B,
			spread(U))
		say("bursts of ours by netem", "%.3f", mean(U), mean(A),
			spread(U) + spread(A))
	}'
}

within() { # Z
	awk -v z="$1" -v limit=$limit 'BEGIN {
		exit !(z ~ /[0-9]/ && z < limit && z > -limit) }'
}

check() { # WORDS COUNT SHARE_NETEM SHARE_OURS
	local name got want by lines

	if [ -z "${theirs[$1]-}" ] || [ -z "${ours[$1]-}" ]; then
		tap_fail "$1: $2: compared"
		return
	fi
	lines=$(compare "$@" 2>&1) || tap_fail "$1: $2: the sums" "$lines"
	while IFS='|' read -r name got want by; do
		tap_ok "$1: $2: $name: $got for $want, $by standard errors" \
			within "$by"
	done <<<"$lines"
}

# netem's damage is to one of 142 bytes, ours to one of the 128 of the IP
# packet. Nobody notices it in the source MAC, nor the bit for groups in the
# other, 49 bits. UDP sees the 108 bytes of its own, and looks at the checksum
# but where the length is now too much: 12 bits.
test_rates() {
	local words seen=$((108 * 8 - 12))

	for words in "${losses[@]}"; do
		check "$words" lost 1 1
	done
	check "duplicate 10%" repeated 1 1
	check "corrupt 10%" lost "$(share $((142 * 8 - 49)) 142)" 1
	check "corrupt 10%" checksums "$(share $seen 142)" "$(share $seen 128)"
}

share() { # BITS BYTES
	awk -v bits="$1" -v bytes="$2" 'BEGIN { print bits / 8 / bytes }'
}

# The numbers from FIRST on, one a line.
victims() { # FILE FIRST
	awk -F- -v first="$2" '{
		for (i = $1; i <= (NF > 1 ? $2 : $1); i++)
			if (i >= first)
				print i
	}' "$1"
}

test_exact() { # NUMBER WORDS SEED FIRST
	victims "$tmp/theirs.$1" "$4" >"$tmp/a"
	victims "$tmp/ours.$1" "$4" >"$tmp/b"
	tap_ok "$2 seed $3: the same $(wc -l <"$tmp/a") victims from frame $4 \
on" cmp "$tmp/a" "$tmp/b"
	victims "$tmp/theirs.$1" 0 >"$tmp/a"
	victims "$tmp/ours.$1" 0 >"$tmp/b"
	tap_diag "of all $count frames, $(sort "$tmp/a" "$tmp/b" | uniq -u |
		wc -l) fell to one of the two only; the last of them:\
 $(sort -n "$tmp/a" "$tmp/b" | uniq -u | tail -n 1)"
	tap_ok "$2 seed $3: some are lost" test -s "$tmp/a"
}

declare -A theirs ours
result=
e2e_hosts
quiet
modprobe -q sch_netem 2>/dev/null
# Before 6.6 it passes over what it does not know.
at "$near" tc qdisc add dev fla root netem loss 1% ||
	e2e_bail "no netem in this kernel"
seeds=true
at "$near" "$tools/e2e_netem" fla 1 >"$tmp/out" 2>&1
[ $? -eq 3 ] && seeds=false
at "$near" tc qdisc del dev fla root

begin=$SECONDS
for words in "${losses[@]}" "${effects[@]}"; do
	netem_shoot "$words" "" "$tmp/missing" && theirs[$words]=$result
done
for ((i = 0; i < ${#exact[@]}; i++)); do
	IFS='|' read -r words seed _ <<<"${exact[i]}"
	$seeds && netem_shoot "$words" "$seed" "$tmp/theirs.$i"
done
tap_diag "netem took $((SECONDS - begin)) s"
tap_ok "attach" fl attach fla --mode tc --seed 7
for words in "${losses[@]}" "${effects[@]}"; do
	rule_shoot "$words" "" "$tmp/missing" && ours[$words]=$result
done
test_rates
for ((i = 0; i < ${#exact[@]}; i++)); do
	IFS='|' read -r words seed first <<<"${exact[i]}"
	$seeds && rule_shoot "$words" "$seed" "$tmp/ours.$i" &&
		test_exact "$i" "$words" "$seed" "$first"
done
$seeds || tap_skip "netem has no seeds in this kernel: before 6.6"
tap_ok "detach" fl detach fla
tap_is "$(udp_errors RcvbufErrors)" 0 "the receiver had room for all"
tap_diag "all took $((SECONDS - begin)) s"
tap_done
