#!/bin/bash
. "$(dirname "$0")/../e2e/lib.sh"
e2e_hosts
fl doctor fla | sed 's/^/# /'
for m in native generic tc; do
s=${EPOCHREALTIME/./}; tap_ok "attach $m" fl attach fla --mode $m; echo "# attach $(( (${EPOCHREALTIME/./}-s)/1000 )) ms"
tap_ok detach fl detach fla
done
tap_done
