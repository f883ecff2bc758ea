#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
# Refusals. Whoever is called here does listen, so that a refusal can only be
# ours.
# shellcheck source=../lib/hosts.sh
. "$(dirname "$0")/../lib/hosts.sh"

n=20
e2e_hosts
e2e_web_server "$near"
e2e_web_server "$far"
for ns in "$near" "$far"; do
	e2e_spawn_at "$ns" "$tools/e2e_recv" 9000 600 >/dev/null
done

# connect: how it ends, and whether at once, with nothing sent again. hold: a
# byte every 50 ms until it ends. udp: how many of COUNT datagrams are answered.
cat >"$tmp/client.py" <<'END'
import errno, socket, sys, time
verb, address, port = sys.argv[1], sys.argv[2], int(sys.argv[3])
family = socket.AF_INET6 if ":" in address else socket.AF_INET
kind = socket.SOCK_DGRAM if verb == "udp" else socket.SOCK_STREAM
s = socket.socket(family, kind)
s.settimeout(1)
def sent_again():
    counts = [l.split() for l in open("/proc/net/snmp") if l[:4] == "Tcp:"]
    return int(dict(zip(*counts))["RetransSegs"])
before = sent_again()
refused = 0
try:
    s.connect((address, port))
    if verb != "udp":
        print("connected", flush=True)
    for i in range(int(sys.argv[4]) if verb == "udp" else 100):
        if verb == "connect":
            break
        s.send(b"X")
        try:
            if verb == "udp":
                s.recv(1)
            else:
                time.sleep(0.05)
        except ConnectionRefusedError:
            refused += 1
except OSError as e:
    quick = "at once" if sent_again() == before else "late"
    print(errno.errorcode[e.errno] if e.errno else e, quick)
if verb == "udp":
    print(refused)
END
client() { # NS VERB ADDRESS PORT [COUNT]
	at "$1" /usr/bin/python3 "$tmp/client.py" "${@:2}"
}

# Errors that came in, of a host.
unreachables() { # NS
	at "$1" nstat -asz | awk '
		/^Icmp6?InDestUnreachs/ { n += $2 }
		END { print n }'
}

whole='.rules[0] | .packets == .passed + .dropped and .skipped == 0 and
	.rejected == .dropped'

# The sender, whose packets the rule sees, and whom they are for.
ends() { # DIR FAMILY
	from=$near address=far$2
	[ "$1" = out ] || from=$far address=near$2
	address=${!address}
	what="$mode $1 $address"
}

test_tcp() { # DIR FAMILY
	local begin pid

	ends "$@"
	rm -f "$tmp/held"
	client "$from" hold "$address" 8080 >"$tmp/held" &
	pid=$!
	e2e_until grep -q connected "$tmp/held"
	add "$1" proto tcp reject name r
	begin=${EPOCHREALTIME/./}
	wait $pid
	begin=$((${EPOCHREALTIME/./} - begin))
	tap_is "$(tail -n 1 "$tmp/held" | cut -d' ' -f1)" ECONNRESET \
		"$what: a connection that was there is reset"
	tap_ok "$what: before it would have ended ($begin us)" \
		test $begin -lt 4000000
	tap_is "$(client "$from" connect "$address" 8080)" \
		"ECONNREFUSED at once" "$what: a new one is refused"
	tap_is "$(stats "$whole")" true "$what: all were rejected"
	fl del fla all >/dev/null 2>&1
	tap_is "$(client "$from" connect "$address" 8080)" connected \
		"$what: after the rule it works"
}

test_udp() { # DIR FAMILY
	local before

	ends "$@"
	add "$1" proto udp reject name r
	before=$(unreachables "$from")
	tap_is "$(client "$from" udp "$address" 9000 $n)" $n \
		"$what: the sender is told of every datagram"
	tap_is $(($(unreachables "$from") - before)) $n \
		"$what: by ICMP with good checksums"
	tap_is "$(rule r rejected) $(stats "$whole")" "$n true" \
		"$what: as counted"
	fl del fla all >/dev/null 2>&1
}

test_ping() { # DIR FAMILY
	ends "$@"
	add "$1" proto "icmp${2/4/}" reject name r
	tap_like "$(at "$from" ping -c 2 -i 0.1 -W 1 "$address")" \
		"ort [Uu]nreachable.* 0 received" "$what: ping hears of it"
	fl del fla all >/dev/null 2>&1
}

# Nothing answers an answer, on either side.
test_storm() { # FAMILY
	local packets

	add both reject name r
	for dir in in out; do
		ends $dir "$1"
		packets=$(stats .totals.packets)
		client "$from" connect "$address" 8080 >/dev/null
		client "$from" udp "$address" 9000 $n >/dev/null
		at "$from" ping -c 3 -i 0.1 -W 1 "$address" >/dev/null
		sleep 0.2
		packets=$(($(stats .totals.packets) - packets))
		tap_ok "$what: all rejected, no storm ($packets packets)" \
			test "$packets" -ge $((n + 4)) -a \
			"$packets" -le $((n + 12))
	done
	# What may not be answered.
	packets=$(rule r rejected)
	frames 10 proto=6 flags=4
	frames 10 proto=6 flags=4 src=$far6 dst=$near6
	frames 10 mac=01:00:5e:01:01:01 dst=239.1.1.1
	tap_is $(($(rule r rejected) - packets)) 0 \
		"$mode: no answer to a RST, nor to multicast"
	tap_is "$(stats '.rules[0] | .packets == .passed + .dropped and
		.rejected < .dropped and .skipped == 0')" true \
		"$mode: they are lost"
	fl del fla all >/dev/null 2>&1
}

test_dry_run() {
	add in proto udp reject dry-run name r
	tap_is "$(client "$far" udp $near4 9000 1 | tail -n 1)" 0 \
		"$mode: dry-run: no refusal"
	tap_is "$(rule r 'would_drop, .rejected' | xargs)" "1 0" \
		"$mode: dry-run: what would have been"
	fl del fla all >/dev/null 2>&1
}

test_mode() {
	local dir family dirs="in out"

	fl attach fla --mode "$mode" >/dev/null 2>&1
	[ "$mode" = native ] || dirs=in
	for dir in $dirs; do
		for family in 4 6; do
			test_tcp $dir $family
			test_udp $dir $family
			test_ping $dir $family
			[ -z "${E2E_QUICK-}" ] || break
		done
	done
	test_storm 4
	test_storm 6
	test_dry_run
	fl detach fla >/dev/null 2>&1
}

for mode in native tc; do
	test_mode
done
tap_done
