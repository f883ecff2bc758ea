# shellcheck shell=bash
# SPDX-License-Identifier: GPL-2.0-only
# Devices of every kind, for tools/matrix, after hosts.sh: one function for each
# kind makes a device "fmn" on the near host that reaches the far one. A
# function returns what ip(8) does; what that said is in $tmp/make.
# shellcheck disable=SC2034 # what is set here is for tools/matrix
# shellcheck disable=SC2154 # near, far and tmp are from hosts.sh

# What is attached to, who is at its other end, by which addresses, and what the
# kind cannot carry. A function may say otherwise.
device_defaults() {
	device=fmn
	peer=$far
	in4=10.71.0.1 in6=fd71::1 out4=10.71.0.2 out6=fd71::2
	families="v4 v6"
	ways="out in"
	wire=
}

# In the order of the table. NAME FUNCTION WORDS...
devices=(
	"veth make_veth"
	"veth-xdp make_veth_xdp"
	"dummy make_dummy"
	"lo make_lo 127.0.0.1 ::1"
	"lo-own make_lo 10.71.0.1 fd71::1"
	"tun make_cable tun"
	"tap make_cable tap"
	"gre make_tunnel gre"
	"ip6gre make_tunnel6 ip6gre"
	"sit make_tunnel sit mode any"
	"ipip make_ipip"
	"ip6tnl make_tunnel6 ip6tnl mode any"
	"vti make_vti"
	"xfrm make_xfrm"
	"wireguard make_wireguard"
	"vlan make_vlan"
	"qinq make_qinq"
	"macvlan make_upon macvlan mode bridge"
	"ipvlan-l2 make_upon ipvlan mode l2"
	"ipvlan-l3 make_ipvlan_l3"
	"bond make_bond"
	"team make_team"
	"bridge make_bridge fmn"
	"bridge-port make_bridge un"
	"vxlan make_overlay vxlan id 7 dstport 4789"
	"geneve make_overlay geneve id 7"
	"netkit make_netkit"
)
# Only when they are named: pairs that qemu has made, see tools/nictest. Their
# names are those that it gives to them.
nics=(
	"virtio make_nic virtio"
	"virtio-plain make_nic virtio-plain"
	"e1000e make_nic e1000e"
	"e1000 make_nic e1000"
	"vmxnet3 make_nic vmxnet3"
)

add_addresses() { # NS DEVICE HOST [LENGTH4 LENGTH6]
	at "$1" ip addr add "10.71.0.$3/${4:-24}" dev "$2" &&
		at "$1" ip link set "$2" up &&
		at "$1" ip addr add "fd71::$3/${5:-64}" dev "$2" nodad
}

both_addresses() { # NEAR_DEVICE FAR_DEVICE
	add_addresses "$near" "$1" 1 && add_addresses "$far" "$2" 2
}

# What others stand on: un and uf, 10.70.0.1 and .2.
make_under() {
	ip link add un netns "$near" type veth peer name uf netns "$far" &&
		at "$near" ip link set un up && at "$far" ip link set uf up
}

make_under_addressed() {
	make_under && at "$near" ip addr add 10.70.0.1/24 dev un &&
		at "$far" ip addr add 10.70.0.2/24 dev uf &&
		at "$near" ip addr add fd70::1/64 dev un nodad &&
		at "$far" ip addr add fd70::2/64 dev uf nodad
}

make_veth() {
	ip link add fmn netns "$near" type veth peer name fmf netns "$far" &&
		both_addresses fmn fmf
}

make_veth_xdp() {
	make_veth && e2e_foreign "$far" fmf xdp 2
}

# Nobody is at its other end: what leaves is looked at, checksums and all.
make_dummy() {
	ways=out wire=fmn peer=$near
	at "$near" ip link add fmn type dummy &&
		add_addresses "$near" fmn 1 &&
		at "$near" ethtool -K fmn tx off >/dev/null &&
		at "$near" ip neigh add 10.71.0.2 lladdr 02:00:00:00:00:02 \
			dev fmn &&
		at "$near" ip neigh add fd71::2 lladdr 02:00:00:00:00:02 dev fmn
}

make_lo() { # ADDRESS4 ADDRESS6
	device=lo peer=$near in4=$1 in6=$2 out4=$1 out6=$2
	case $1 in
	127.*) ;;
	*) add_addresses "$near" lo 1 32 128 ;;
	esac
}

make_cable() { # tun|tap
	e2e_spawn "$tools/e2e_cable" "$1" "$near" fmn "$far" fmf \
		>"$tmp/cable" 2>&1
	if ! e2e_until grep -q . "$tmp/cable" ||
		! grep -qx ready "$tmp/cable"; then
		cat "$tmp/cable"
		return 1
	fi
	both_addresses fmn fmf
}

# Tunnels between 10.70.0.1 and .2.
tunnel_ends() { # ADDRESS_PREFIX KIND WORDS...
	make_under_addressed &&
		at "$near" ip link add fmn type "$2" local "${1}1" \
			remote "${1}2" "${@:3}" &&
		at "$far" ip link add fmf type "$2" local "${1}2" \
			remote "${1}1" "${@:3}" &&
		both_addresses fmn fmf
}

make_tunnel() { # KIND WORDS...
	tunnel_ends 10.70.0. "$@"
}

make_tunnel6() { # KIND WORDS...
	tunnel_ends fd70:: "$@"
}

make_ipip() {
	families=v4
	make_tunnel ipip
}

# By the null cipher: of interest is only the device.
ipsec() { # NS LOCAL REMOTE "STATE WORDS" "POLICY WORDS"
	local way any from to

	for way in out in; do
		from=$2 to=$3
		[ $way = out ] || from=$3 to=$2
		# shellcheck disable=SC2086
		at "$1" ip xfrm state add src "$from" dst "$to" proto esp \
			spi 7 mode tunnel flag af-unspec $4 \
			enc 'ecb(cipher_null)' '' \
			auth digest_null '' || return
		for any in 0.0.0.0/0 ::/0; do
			# shellcheck disable=SC2086
			at "$1" ip xfrm policy add src $any dst $any \
				dir $way $5 tmpl src "$from" dst "$to" \
				proto esp mode tunnel || return
		done
	done
}

ipsec_ends() { # "STATE WORDS" "POLICY WORDS"
	ipsec "$near" 10.70.0.1 10.70.0.2 "$@" &&
		ipsec "$far" 10.70.0.2 10.70.0.1 "$@"
}

# These do not know what their headers take.
small_mtu() {
	at "$near" ip link set fmn mtu 1400 &&
		at "$far" ip link set fmf mtu 1400
}

make_vti() {
	families=v4
	make_tunnel vti key 7 && small_mtu && ipsec_ends "" "mark 7"
}

make_xfrm() {
	make_under_addressed &&
		at "$near" ip link add fmn type xfrm dev un if_id 7 &&
		at "$far" ip link add fmf type xfrm dev uf if_id 7 &&
		both_addresses fmn fmf && small_mtu &&
		ipsec_ends "if_id 7" "if_id 7"
}

wireguard_end() { # NS DEVICE KEY_FILE PEER_KEY PEER_ADDRESS
	at "$1" ip link add "$2" type wireguard &&
		at "$1" wg set "$2" private-key "$3" listen-port 51820 \
			peer "$4" allowed-ips 0.0.0.0/0,::/0 \
			endpoint "$5:51820"
}

make_wireguard() {
	local near_key=$tmp/near.key far_key=$tmp/far.key

	if ! command -v wg >/dev/null; then
		echo "no program wg: tools/deps installs it"
		return 1
	fi
	(umask 077 && wg genkey >"$near_key" && wg genkey >"$far_key")
	make_under_addressed &&
		wireguard_end "$near" fmn "$near_key" \
			"$(wg pubkey <"$far_key")" 10.70.0.2 &&
		wireguard_end "$far" fmf "$far_key" \
			"$(wg pubkey <"$near_key")" 10.70.0.1 &&
		both_addresses fmn fmf
}

vlan_end() { # NS UNDER DEVICE ID [PROTOCOL]
	at "$1" ip link add link "$2" name "$3" type vlan \
		proto "${5:-802.1Q}" id "$4" && at "$1" ip link set "$3" up
}

make_vlan() {
	make_under && vlan_end "$near" un fmn 12 &&
		vlan_end "$far" uf fmf 12 && both_addresses fmn fmf
}

make_qinq() {
	make_under && vlan_end "$near" un outer 100 802.1ad &&
		vlan_end "$far" uf outer 100 802.1ad &&
		vlan_end "$near" outer fmn 13 && vlan_end "$far" outer fmf 13 &&
		both_addresses fmn fmf
}

make_upon() { # KIND WORDS...
	make_under && at "$near" ip link add link un name fmn type "$@" &&
		both_addresses fmn uf
}

mac_of() { # NS DEVICE
	at "$1" ip -o link show dev "$2" |
		sed -nE 's,.*link/ether ([0-9a-f:]*).*,\1,p'
}

# It neither asks for neighbours nor answers, and sends by the routes that its
# lower device has: which is in a namespace of its own, as containers have it.
make_ipvlan_l3() {
	local middle=$near-m mac

	e2e_namespace "$middle"
	ip link add un netns "$middle" type veth peer name uf netns "$far" &&
		at "$middle" ip link set un up &&
		at "$middle" ip addr add 10.71.0.3/24 dev un &&
		at "$middle" ip addr add fd71::3/64 dev un nodad &&
		at "$middle" ip link add link un name fmn netns "$near" \
			type ipvlan mode l3 &&
		both_addresses fmn uf || return
	mac=$(mac_of "$middle" un)
	at "$far" ip neigh replace 10.71.0.1 lladdr "$mac" dev uf &&
		at "$far" ip neigh replace fd71::1 lladdr "$mac" dev uf
}

# The lower device joins while it is down.
join() { # UPPER
	at "$near" ip link set un down &&
		at "$near" ip link set un master "$1" &&
		at "$near" ip link set un up
}

make_bond() {
	make_under && at "$near" ip link add fmn type bond mode active-backup &&
		join fmn && both_addresses fmn uf
}

make_team() {
	make_under && at "$near" ip link add fmn type team || return
	if ! command -v teamnl >/dev/null; then
		echo "no program teamnl: tools/deps installs it"
		return 1
	fi
	at "$near" teamnl fmn setoption mode roundrobin && join fmn &&
		both_addresses fmn uf
}

make_bridge() { # DEVICE to attach to: the bridge or its port
	device=$1
	make_under && at "$near" ip link add fmn type bridge && join fmn &&
		both_addresses fmn uf
}

make_overlay() { # KIND WORDS...
	make_under_addressed &&
		at "$near" ip link add fmn mtu 1400 type "$@" \
			remote 10.70.0.2 &&
		at "$far" ip link add fmf mtu 1400 type "$@" remote 10.70.0.1 &&
		both_addresses fmn fmf
}

# The kernel names the other end: not all of iproute2 can say how.
make_netkit() {
	at "$near" ip link add fmn type netkit &&
		at "$near" ip link set nk0 netns "$far" name fmf &&
		both_addresses fmn fmf
}

# Of a pair's end that qemu made: its address ends in the number of the pair and
# of the end.
nic_device() { # PAIR END
	ip -br link | awk -v mac="52:54:00:fa:0$1:0$2" '$3 == mac { print $1 }'
}

# Two of them, joined outside. Nothing but a virtual machine of ours has such.
make_nic() { # KIND
	local pair name end ends=("$near" "$far") names=(fmn fmf)

	case $1 in
	virtio) pair=1 ;;
	virtio-plain) pair=2 ;;
	e1000e) pair=3 ;;
	e1000) pair=4 ;;
	vmxnet3) pair=5 ;;
	esac
	[[ " ${NICS-} " == *" $1 "* ]] || {
		echo "not in a virtual machine that has it"
		return 1
	}
	for end in 0 1; do
		# Back from the namespace of the test before, a moment later.
		e2e_until eval "[ -n \"\$(nic_device $pair $end)\" ]"
		name=$(nic_device $pair $end)
		[ -n "$name" ] || {
			echo "this kernel has no driver for it"
			return 1
		}
		ip link set "$name" down &&
			ip link set "$name" netns "${ends[end]}" \
				name "${names[end]}" || return
	done
	both_addresses fmn fmf && e2e_until nic_has_link
}

nic_has_link() {
	at "$near" ip -br link show dev fmn | grep -q LOWER_UP &&
		at "$far" ip -br link show dev fmf | grep -q LOWER_UP
}
