#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
# What no rule may hit: ARP, neighbour discovery, DHCP, and the SSH port that
# we came in by (8080 stands for it here), for connections old and new.
# shellcheck source=../lib/hosts.sh
. "$(dirname "$0")/../lib/hosts.sh"

e2e_hosts
e2e_web_server "$near"
e2e_iperf_server "$near" 5201
ssh="$far4 5555 $near4 8080"

word() { # from the guarded port
	at "$far" curl -s -m 20 "http://$near4:8080/word"
}

reachable() { # PORT
	at "$far" timeout 2 bash -c "</dev/tcp/$near4/$1" 2>/dev/null
}

exempt() {
	stats .totals.exempt
}

SSH_CONNECTION=$ssh fl attach fla --mode "${MODE:-auto}" >/dev/null 2>&1
tap_ok "add loss 100%" fl add fla both loss 100% name everything
tap_is "$(word)" hello "the SSH port answers under loss 100%"
tap_is "$(reachable 5201 && echo yes)" "" "another port does not"
tap_is "$(fl stats fla -j | jq '.rules[0].passed')" 0 \
	"and nothing passed the rule"

at "$far" ip neigh del $near4 dev flb
at "$near" ip neigh del $far4 dev fla
before=$(exempt)
at "$far" ping -c 1 -W 1 $near4 >/dev/null
tap_ok "ARP is answered" \
	sh -c "nsenter --net=/run/netns/$far ip neigh show $near4 dev flb |
		grep -q lladdr"
tap_ok "and counted as exempt" test "$(exempt)" -ge $((before + 2))

at "$far" ip neigh del $near6 dev flb
at "$far" ping -c 1 -W 1 $near6 >/dev/null
tap_ok "neighbour discovery is answered" \
	sh -c "nsenter --net=/run/netns/$far ip neigh show $near6 dev flb |
		grep -q lladdr"

e2e_neighbours
before=$(exempt)
at "$far" python3 - $near4 <<'END'
import socket, sys
for source, target in ((68, 67), (68, 9999), (9999, 67)):
    s = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    s.bind(("", source))
    s.sendto(b"x", (sys.argv[1], target))
END
tap_is $(($(exempt) - before)) 1 \
	"DHCP is exempt, and only with its ports at both ends"

fl detach fla >/dev/null 2>&1
SSH_CONNECTION=$ssh bash -c 'env -u SSH_CONNECTION "$@"; true' bash \
	nsenter --net="/run/netns/$near" "$faultline" attach fla >/dev/null 2>&1
fl add fla both loss 100% >/dev/null 2>&1
tap_is "$(word)" hello "the port is found though sudo cleaned the environment"

# Its own capabilities are then more than those that are left to look with.
fl detach fla >/dev/null 2>&1
SSH_CONNECTION=$ssh setpriv --bounding-set=-sys_ptrace bash -c \
	'env -u SSH_CONNECTION "$@"; true' bash \
	nsenter --net="/run/netns/$near" "$faultline" attach fla >/dev/null 2>&1
fl add fla both loss 100% >/dev/null 2>&1
tap_is "$(word)" hello "nor does it take CAP_SYS_PTRACE"

fl detach fla >/dev/null 2>&1
SSH_CONNECTION=$ssh fl attach fla --no-guards >/dev/null 2>&1
tap_ok "add with --no-guards" fl add fla both loss 100%
tap_is "$(fl stats fla -j | jq '.totals.exempt')" 0 "nothing exempt yet"

fl detach fla >/dev/null 2>&1
fl attach fla >/dev/null 2>&1
SSH_CONNECTION=$ssh fl add fla both loss 100% >/dev/null 2>&1
tap_is "$(word)" hello "a port that only add came in by is exempt as well"

tap_done
