/* SPDX-License-Identifier: GPL-2.0-only */
#include "netif.h"

#include <errno.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <unistd.h>

#include <linux/ethtool.h>
#include <linux/if.h>
#include <linux/netlink.h>
#include <linux/sockios.h>

#define FEATURES_MAX (NETIF_FEATURE_WORDS * 64)
#define BLOCKS_MAX (FEATURES_MAX / 32)
#define CLEAR_ROUNDS 4

/* struct ethtool_gfeatures etc., whose last members have no length. */
struct get_features {
	__u32 cmd, size;
	struct ethtool_get_features_block block[BLOCKS_MAX];
};

struct set_features {
	__u32 cmd, size;
	struct ethtool_set_features_block block[BLOCKS_MAX];
};

struct get_strings {
	__u32 cmd, string_set, len;
	char name[FEATURES_MAX][ETH_GSTRING_LEN];
};

struct get_set_info {
	__u32 cmd, reserved;
	__u64 sset_mask;
	__u32 count;
};

struct features {
	__u32 count;
	__u64 active[NETIF_FEATURE_WORDS];
	__u64 changeable[NETIF_FEATURE_WORDS];
	__u64 aggregates[NETIF_FEATURE_WORDS];
	struct get_strings strings;
};

static int ethtool(const char *name, void *command)
{
	struct ifreq request = { .ifr_data = command };
	int err = 0;
	int fd;

	if (strlen(name) >= sizeof(request.ifr_name))
		return -ENODEV;
	strcpy(request.ifr_name, name);
	fd = socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC, NETLINK_GENERIC);
	if (fd < 0)
		return -errno;
	if (ioctl(fd, SIOCETHTOOL, &request) < 0)
		err = -errno;
	close(fd);
	return err;
}

int netif_driver_get(const char *name, char *driver, size_t size)
{
	struct ethtool_drvinfo info = { .cmd = ETHTOOL_GDRVINFO };
	int err = ethtool(name, &info);
	size_t length = strnlen(info.driver, sizeof(info.driver));

	if (length >= size)
		length = size - 1;
	memcpy(driver, info.driver, length);
	driver[length] = '\0';
	return err == -EOPNOTSUPP ? 0 : err;
}

int netif_channels_get(const char *name, struct netif_channels *channels)
{
	struct ethtool_channels answer = { .cmd = ETHTOOL_GCHANNELS };
	int err = ethtool(name, &answer);

	if (err)
		return err;
	*channels = (struct netif_channels){
		.rx = answer.rx_count,
		.tx = answer.tx_count,
		.combined = answer.combined_count,
		.max_rx = answer.max_rx,
		.max_tx = answer.max_tx,
		.max_combined = answer.max_combined,
	};
	return 0;
}

/* ---- features ----------------------------------------------------------- */

/* Features by name: their numbers differ between kernels. */
static int is_aggregate(const char *name)
{
	static const char *const others[] = {
		"rx-gro",	  "rx-gro-hw",
		"rx-gro-list",	  "rx-udp-gro-forwarding",
		"rx-lro",	  "tx-gso-list",
		"tx-gso-partial",
	};
	static const char suffix[] = "-segmentation";
	size_t length = strlen(name);
	size_t i;

	for (i = 0; i < sizeof(others) / sizeof(others[0]); i++) {
		if (!strcmp(name, others[i]))
			return 1;
	}
	return !strncmp(name, "tx-", 3) && length >= sizeof(suffix) &&
	       !strcmp(name + length - (sizeof(suffix) - 1), suffix);
}

static void put_block(__u64 *bitmap, __u32 block, __u32 bits)
{
	bitmap[block / 2] |= (__u64)bits << (block % 2 * 32);
}

static __u32 get_block(const __u64 *bitmap, __u32 block)
{
	return (__u32)(bitmap[block / 2] >> (block % 2 * 32));
}

static int has_bit(const __u64 *bitmap, __u32 bit)
{
	return (bitmap[bit / 64] >> bit % 64 & 1) != 0;
}

static int read_names(const char *name, struct features *features)
{
	struct get_set_info info = {
		.cmd = ETHTOOL_GSSET_INFO,
		.sset_mask = 1ull << ETH_SS_FEATURES,
	};
	int err = ethtool(name, &info);
	__u32 i;

	if (err)
		return err;
	if (info.count > FEATURES_MAX)
		return -E2BIG;
	features->count = info.count;
	features->strings.cmd = ETHTOOL_GSTRINGS;
	features->strings.string_set = ETH_SS_FEATURES;
	features->strings.len = info.count;
	err = ethtool(name, &features->strings);
	for (i = 0; !err && i < info.count; i++) {
		features->strings.name[i][ETH_GSTRING_LEN - 1] = '\0';
		if (is_aggregate(features->strings.name[i]))
			features->aggregates[i / 64] |= 1ull << i % 64;
	}
	return err;
}

static int read_features(const char *name, struct features *features)
{
	struct get_features get = { .cmd = ETHTOOL_GFEATURES };
	__u32 i;
	int err;

	memset(features, 0, sizeof(*features));
	err = read_names(name, features);
	if (err)
		return err;
	get.size = (features->count + 31) / 32;
	err = ethtool(name, &get);
	for (i = 0; !err && i < (features->count + 31) / 32; i++) {
		put_block(features->active, i, get.block[i].active);
		put_block(features->changeable, i,
			  get.block[i].available & ~get.block[i].never_changed);
	}
	return err;
}

/* Leaves out fixed features: with one of them the kernel refuses all. */
static int change_features(const char *name, const struct features *features,
			   const __u64 *bits, int on)
{
	struct set_features set = { .cmd = ETHTOOL_SFEATURES };
	__u32 i;

	set.size = (features->count + 31) / 32;
	for (i = 0; i < set.size; i++) {
		set.block[i].valid = get_block(bits, i) &
				     get_block(features->changeable, i);
		set.block[i].requested = on ? set.block[i].valid : 0;
	}
	return ethtool(name, &set);
}

int netif_feature_get(const char *name, const char *feature)
{
	struct features features;
	int err = read_features(name, &features);
	__u32 i;

	if (err)
		return err;
	for (i = 0; i < features.count; i++) {
		if (strcmp(features.strings.name[i], feature))
			continue;
		if (!has_bit(features.active, i))
			return NETIF_FEATURE_OFF;
		return has_bit(features.changeable, i) ? NETIF_FEATURE_ON :
							 NETIF_FEATURE_ON_FIXED;
	}
	return -ENOENT;
}

int netif_offloads_get(const char *name, __u64 active[NETIF_FEATURE_WORDS])
{
	struct features features;
	int err = read_features(name, &features);
	int i;

	for (i = 0; i < NETIF_FEATURE_WORDS; i++)
		active[i] = features.active[i] & features.aggregates[i];
	return err;
}

/* Adds to @tried what is on and can be turned off; 0 if there is nothing. */
static __u64 find_candidates(const struct features *features,
			     __u64 now[NETIF_FEATURE_WORDS],
			     __u64 tried[NETIF_FEATURE_WORDS])
{
	__u64 found = 0;
	int i;

	for (i = 0; i < NETIF_FEATURE_WORDS; i++) {
		now[i] = features->active[i] & features->aggregates[i] &
			 features->changeable[i] & ~tried[i];
		tried[i] |= now[i];
		found |= now[i];
	}
	return found;
}

int netif_offloads_clear(const char *name, __u64 cleared[NETIF_FEATURE_WORDS])
{
	__u64 now[NETIF_FEATURE_WORDS], tried[NETIF_FEATURE_WORDS] = { 0 };
	struct features features;
	int rounds = CLEAR_ROUNDS;
	int err, reread, i;

	memset(cleared, 0, NETIF_FEATURE_WORDS * sizeof(*cleared));
	err = read_features(name, &features);
	if (err)
		return err;
	/* A feature may come on as another goes: LRO waits for GRO_HW. */
	while (rounds-- && !err && find_candidates(&features, now, tried)) {
		err = change_features(name, &features, now, 0);
		reread = read_features(name, &features);
		if (reread)
			return err ? err : reread;
	}
	for (i = 0; i < NETIF_FEATURE_WORDS; i++)
		cleared[i] = tried[i] & ~features.active[i];
	return err;
}

int netif_offloads_set(const char *name, const __u64 bits[NETIF_FEATURE_WORDS])
{
	struct features features;
	int err, i;

	err = read_features(name, &features);
	if (!err)
		err = change_features(name, &features, bits, 1);
	if (!err)
		err = read_features(name, &features);
	for (i = 0; !err && i < NETIF_FEATURE_WORDS; i++) {
		if (bits[i] & ~features.active[i])
			err = -EOPNOTSUPP;
	}
	return err;
}
