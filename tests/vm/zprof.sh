#!/bin/bash
# check: vm
. "$(dirname "$0")/../lib/tries.sh"
. "$(dirname "$0")/beside.sh"
packets=20000
eval "$(sed -n '/^flood()/,/^}/p;/^socket_flood()/,/^}/p' "$(dirname "$0")/throughput.sh")"
beside_hosts
attach fq --mode tc
prog() {
	bpftool -j prog show | jq -r '.[] | select(.run_cnt > 100) | "# prog \(.name) runs \(.run_cnt) ns \(.run_time_ns / .run_cnt)"'
}
sysctl -w kernel.bpf_stats_enabled=1
for way in out in; do
	add $way proto udp delay 1ms name f
	tap_diag "$way $(flood $way)"
	sleep 1
	prog
	none
done
detach
tap_done
