#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
# check: long
# Effects on tagged frames: right, or left undone and counted as skipped. What
# is not meant to be damaged has its tags and good checksums afterwards.
# shellcheck source=../lib/hosts.sh
. "$(dirname "$0")/../lib/hosts.sh"

n=50
e2e_hosts

# Prints what comes until SIGTERM, of UDP and of ICMP errors: "udp N icmp N
# bad_ip N bad_sum N changed N untagged N ttl N tos N" (the last packet's). By
# a socket for one ethertype, which sees what tc has let through, or by one for
# all, which sees what is on the wire.
cat >"$tmp/watch.py" <<'END'
import signal, socket, struct, sys
device, ethertype = sys.argv[1], int(sys.argv[2], 0)
s = socket.socket(socket.AF_PACKET, socket.SOCK_RAW, socket.htons(ethertype))
s.bind((device, ethertype))
s.setsockopt(263, 8, 1)  # PACKET_AUXDATA
s.settimeout(0.1)
ended = []
signal.signal(signal.SIGTERM, lambda *_: ended.append(1))
def total(data):
    words = struct.unpack("!%dH" % (len(data + b"\0") // 2),
        (data + b"\0")[:(len(data) + 1) & ~1])
    x = sum(words)
    while x >> 16:
        x = (x & 0xffff) + (x >> 16)
    return x
def pattern(data):
    if len(data) < 4:
        return False
    number = struct.unpack("!I", data[:4])[0]
    want = b"".join(struct.pack("!I", number ^ (i * 0x9e3779b9 & 0xffffffff))
        for i in range(len(data) // 4 + 1))
    return data == want[:len(data)]
o = dict(udp=0, icmp=0, bad_ip=0, bad_sum=0, changed=0, untagged=0, ttl=0,
    tos=0)
def look(frame, tags):
    at = 12
    while frame[at:at + 2] in (b"\x81\x00", b"\x88\xa8"):
        tags.append(struct.unpack("!H", frame[at + 2:at + 4])[0] & 0xfff)
        at += 4
    ip = frame[at + 2:]
    if frame[at:at + 2] == b"\x08\x00":
        length = struct.unpack("!H", ip[2:4])[0]
        header, upper, addresses = ip[:20], ip[20:length], ip[12:20]
        proto, ttl, tos = ip[9], ip[8], ip[1]
        bad_ip = total(header) != 0xffff
    else:
        length = struct.unpack("!H", ip[4:6])[0]
        upper, addresses = ip[40:40 + length], ip[8:40]
        proto, ttl, tos = ip[6], ip[7], struct.unpack("!H", ip[:2])[0] >> 4
        tos, bad_ip = tos & 0xff, False
    if proto not in (17, 1, 58) or (proto == 58 and upper[0] > 4):
        return
    o["bad_ip"] += bad_ip
    pseudo = addresses + struct.pack("!II", len(upper), proto)
    bad_sum = total((b"" if proto == 1 else pseudo) + upper) != 0xffff
    o["bad_sum"] += bad_sum and not bad_ip
    o["udp" if proto == 17 else "icmp"] += 1
    if proto == 17:
        o["changed"] += not pattern(upper[8:])
    o["untagged"] += 7 not in tags
    o["ttl"], o["tos"] = ttl, tos
print("ready", flush=True)
while True:
    try:
        frame, control, flags, address = s.recvmsg(65536, 256)
    except TimeoutError:
        if ended:
            break
        continue
    if address[2] != socket.PACKET_OUTGOING:
        look(frame, [struct.unpack("=H", c[2][16:18])[0] & 0xfff
            for c in control])
print(*("%s %d" % item for item in o.items()))
END

watch() { # NS DEV ETHERTYPE
	rm -f "$tmp/seen"
	e2e_spawn_at "$1" /usr/bin/python3 "$tmp/watch.py" "$2" "$3" \
		>"$tmp/seen"
	e2e_until grep -q ready "$tmp/seen"
}

# got[]: what is seen where the frames of this kind go, or their answers.
declare -A got
try() { # FRAME WORDS
	local type=0x0800 addresses

	addresses="src=$far4 dst=$near4"
	[ "$family" = 4 ] || type=0x86dd addresses="src=$far6 dst=$near6"
	[ "$dir$family" != out6 ] || addresses="src=$near6 dst=$far6"
	[ "$dir$family" != out4 ] || addresses=
	if [ "$dir" = out ] || [ "$what" = reject ]; then
		watch "$far" flb 3
	else
		watch "$near" fla $type
	fi
	if [ "$dir" = out ]; then
		# shellcheck disable=SC2086 # words
		frames_out $n numbered=1 size=100 $addresses $1
	else
		# shellcheck disable=SC2086 # words
		frames $n numbered=1 size=100 $addresses $1
	fi
	e2e_kill "$e2e_pid"
	read -ra words < <(tail -n 1 "$tmp/seen")
	got=()
	for ((i = 0; i < ${#words[@]}; i += 2)); do
		got[${words[i]}]=${words[i + 1]}
	done
}

r() { # MEMBER
	jq ".rules[0] | .$1" "$tmp/stats"
}

# What must be seen: udp, icmp, bad_ip, bad_sum, changed, ttl, tos.
want() {
	local c

	c=$(r corrupted)
	case $what in
	duplicate*) echo "$((2 * n)) 0 0 0 0 64 0" ;;
	*silent) echo "$n 0 0 0 $c 64 0" ;;
	*payload) echo "$n 0 0 $c $c 64 0" ;;
	mangle*) echo "$n 0 0 0 0 5 184" ;;
	reject)	# with a tag in front that is not known how to answer: lost
		echo "0 $(r 'rejected - .skipped') 0 0 0 ${got[ttl]} 0" ;;
	esac
}

one() { # FRAME WORDS
	local i name="$mode $dir IPv$family $1: $what" words

	# shellcheck disable=SC2086 # words
	fl add fla "$dir" proto udp dport 5000 $what name r >/dev/null 2>&1
	try "$1"
	fl stats fla -j >"$tmp/stats"
	fl del fla all >/dev/null 2>&1
	tap_is "$(r packets) $(r 'passed + .rejected')" "$n $n" "$name: all"
	tap_is "${got[udp]} ${got[icmp]} ${got[bad_ip]} ${got[bad_sum]} \
${got[changed]} ${got[ttl]} ${got[tos]}" "$(want)" "$name: as counted"
	[ "$dir" = in ] || tap_is "${got[untagged]}" 0 "$name: tags stay"
	[ "$what" = reject ] || tap_is "$(r skipped)" 0 "$name: all done"
}

each() { # FRAME WORDS
	for what in "duplicate 100%" "corrupt 50% payload" \
		"corrupt 50% silent" "mangle ttl 5 mangle dscp ef" reject; do
		one "$1"
	done
}

for mode in native tc; do
	fl attach fla --mode $mode >/dev/null 2>&1
	for family in 4 6; do
		dir=in
		each vlan=7
		[ $mode = native ] && [ -z "${E2E_QUICK-}" ] || continue
		dir=out
		each vlan=7
		each "vlan=9 inner=7"
	done
	fl detach fla >/dev/null 2>&1
done
tap_done
