/* SPDX-License-Identifier: GPL-2.0-only */
/* Is XDP available on a device, and does another program use it already? */
#include "xdp.h"

#include <string.h>

#include <linux/bpf.h>
#include <linux/if_arp.h>

#include "kernel/netif.h"
#include "kernel/obj.h"
#include "try.h"

#define OUR_PREFIX "faultline" /* of the names of our programs and filters */

/* Names as ethtool -i prints them, in Linux 6.1 to 6.18. */
static const char *const native_drivers[] = {
	"am65-cpsw-nuss",
	"atlantic",
	"bnxt_en",
	"bonding",
	"cpsw",
	"ena",
	"fec",
	"fsl_dpa",
	"fsl_dpaa2_eth",
	"fsl_enetc",
	"funeth",
	"gve",
	"hv_netvsc",
	"i40e",
	"ice",
	"igb",
	"igc",
	"ixgbe",
	"ixgbevf",
	"lan966x-switch",
	"mana",
	"mlx4_en",
	"mlx5_core",
	"mtk_soc_eth",
	"mvneta",
	"mvpp2",
	"netsec",
	"nfp",
	"qede",
	"rvu-nicpf",
	"rvu-nicvf",
	"sfc",
	"stmmac",
	"st_gmac",
	"thunder-nicvf",
	"tsnep",
	"tun",
	"veth",
	"vif",
	"virtio_net",
	"vmxnet3",
};

/* Those that give native XDP frames of several pieces, or do not care. */
static const char *const frags_drivers[] = {
	"bnxt_en", "fsl_enetc", "i40e", "ice",	      "mlx5_core",
	"mvneta",  "tun",	"veth", "virtio_net",
};

/* Software devices that are known to lack native XDP. */
static const char *const generic_kinds[] = {
	"bridge", "dummy",  "geneve",  "gre", "gretap", "ifb",	 "ip6tnl",
	"ipip",	  "ipvlan", "macvlan", "sit", "vlan",	"vxlan", "wireguard",
};

static int contains(const char *const *names, size_t count, const char *name)
{
	size_t i;

	for (i = 0; i < count; i++) {
		if (!strcmp(names[i], name))
			return 1;
	}
	return 0;
}

int probe_has_native(const struct netif_link *link)
{
	return contains(native_drivers,
			sizeof(native_drivers) / sizeof(native_drivers[0]),
			link->driver);
}

bool probe_has_frags(const struct netif_link *link)
{
	return contains(frags_drivers,
			sizeof(frags_drivers) / sizeof(frags_drivers[0]),
			link->driver);
}

int probe_has_generic_only(const struct netif_link *link)
{
	return link->arphrd_type == ARPHRD_LOOPBACK ||
	       contains(generic_kinds,
			sizeof(generic_kinds) / sizeof(generic_kinds[0]),
			link->kind);
}

/* Of virtio_net. */
static bool is_merged_by_host(const struct netif_link *link)
{
	return !strcmp(link->driver, "virtio_net") &&
	       netif_feature_get(link->name, "rx-gro-hw") ==
		       NETIF_FEATURE_ON_FIXED;
}

static void probe_native(struct probe_report *report,
			 const struct netif_link *link)
{
	if (netif_link_layer(link) == 3) {
		probe_add(report, "native xdp", PROBE_OK,
			  "not used, for want of a link header: attach uses tc "
			  "in both directions");
	} else if (!probe_has_tickets(link)) {
		probe_add(report, "native xdp", PROBE_OK,
			  "not used: before Linux 6.15 this driver gives it no "
			  "room for metadata; attach uses tc");
	} else if (is_merged_by_host(link)) {
		probe_add(report, "native xdp", PROBE_WARN,
			  "the driver refuses it while the host merges "
			  "packets (rx-gro-hw, fixed)");
		probe_fix(report,
			  "faultline attach %s --mode generic, or in "
			  "QEMU: guest_tso4=off,guest_tso6=off,"
			  "guest_ufo=off,guest_ecn=off",
			  link->name);
	} else if (probe_has_native(link)) {
		probe_add(report, "native xdp", PROBE_OK,
			  "expected (driver %s)", link->driver);
	} else if (probe_has_generic_only(link)) {
		probe_add(report, "native xdp", PROBE_OK,
			  "not supported: generic XDP or tc is used");
	} else {
		probe_add(report, "native xdp", PROBE_WARN,
			  "unknown for driver %s",
			  *link->driver ? link->driver : "(none)");
		probe_fix(report,
			  "if attach is refused: "
			  "faultline attach %s --mode generic",
			  link->name);
	}
}

bool probe_expects_native(const struct netif_link *link)
{
	return netif_link_layer(link) == 2 && probe_has_tickets(link) &&
	       probe_has_native(link) && !probe_has_generic_only(link) &&
	       (link->mtu <= PROBE_MTU_LINEAR || probe_has_frags(link)) &&
	       !is_merged_by_host(link);
}

int probe_is_ours(const char *name)
{
	return !strncmp(name, OUR_PREFIX, strlen(OUR_PREFIX));
}

static void probe_program(struct probe_report *report,
			  const struct netif_link *link)
{
	static const char *const modes[][2] = {
		[NETIF_XDP_DRIVER] = { "native", "xdpdrv" },
		[NETIF_XDP_GENERIC] = { "generic", "xdpgeneric" },
		[NETIF_XDP_HARDWARE] = { "hardware", "xdpoffload" },
	};
	char name[BPF_OBJ_NAME_LEN];
	size_t mode = 0;

	while (mode < NETIF_XDPS && !link->xdp_prog_id[mode])
		mode++;
	if (mode == NETIF_XDPS) {
		probe_add(report, "xdp program", PROBE_OK, "none");
		return;
	}
	obj_prog_name(link->xdp_prog_id[mode], name, sizeof(name));
	if (probe_is_ours(name)) {
		probe_add(report, "xdp program", PROBE_OK,
			  "faultline's, %s, id %u", modes[mode][0],
			  link->xdp_prog_id[mode]);
		return;
	}
	if (*name)
		probe_add(report, "xdp program", PROBE_BAD,
			  "another program: \"%s\", %s, id %u", name,
			  modes[mode][0], link->xdp_prog_id[mode]);
	else
		probe_add(report, "xdp program", PROBE_WARN,
			  "%s, id %u; its name takes CAP_SYS_ADMIN to see",
			  modes[mode][0], link->xdp_prog_id[mode]);
	probe_fix(report,
		  "faultline attach %s --mode tc, or stop its owner, "
		  "or: ip link set dev %s %s off",
		  link->name, link->name, modes[mode][1]);
}

void probe_xdp(struct probe_report *report, const struct netif_link *link)
{
	probe_native(report, link);
	probe_program(report, link);
}
