# shellcheck shell=bash
# SPDX-License-Identifier: GPL-2.0-only
# The host as others see it, after hosts.sh: all that faultline may touch in
# these network namespaces, and outside of them. Equal byte for byte when
# nothing is left. What changes by itself is left out.
# shellcheck disable=SC2154 # at, tmp and e2e_holders are from hosts.sh

# One namespace, which we are in: links with MTU, XDP and gso limits; qdiscs,
# filters, tcx programs; offloads, channels; settings. For bash, because the
# shell of busybox takes its own ip and tc.
# shellcheck disable=SC2016 # for another shell
snapshot_inside='
	export LC_ALL=C
	ip -d link
	tc qdisc show
	bpftool net show 2>/dev/null | sed "s/ id [0-9]*//"
	ip -o link | sed "s/^[0-9]*: \([^:@]*\).*/\1/" |
	while read -r device; do
		echo "== $device"
		tc filter show dev "$device" ingress 2>/dev/null
		tc filter show dev "$device" egress 2>/dev/null
		ethtool -k "$device" 2>/dev/null
		ethtool -l "$device" 2>/dev/null
	done
	cd /proc/sys/net && grep -rs "" ipv4 ipv6 core |
		grep -vE "stable_secret|flow_limit|/route/|random|bpf_jit"
'

snapshot_netns() { # NS
	echo "== namespace $1"
	at "$1" bash -c "$snapshot_inside"
}

# What is not of a network namespace. Other tests may be at work.
snapshot_outside() {
	echo "== outside"
	cut -d' ' -f1-4 /proc/mounts | grep -v '^nsfs ' |
		awk -v ours="$tmp/" '$2 !~ "^/(tmp|run)/" ||
			index($2, ours) == 1'
	find "$FAULTLINE_RUN" -mindepth 1 ! -name lock 2>/dev/null | sort
	find /sys/fs/bpf -mindepth 1 -name 'f*l*' 2>/dev/null | sort
	e2e_holders
}

snapshot() { # NS...
	local ns

	for ns; do
		snapshot_netns "$ns"
	done
	snapshot_outside
}
