/* SPDX-License-Identifier: GPL-2.0-only */
#include "netif_nl.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include <linux/rtnetlink.h>

#include "netif.h"

#define LIST_FIRST 8
#define DUMP_TRIES 8
#define REPLY_SIZE 32768 /* the most that the kernel puts in one dump */

static _Thread_local char extack[256];

const char *netif_extack(void)
{
	return extack;
}

void *netif_list_add(struct netif_list *list)
{
	size_t capacity = list->capacity ? 2 * list->capacity : LIST_FIRST;
	void *items;

	if (list->count == list->capacity) {
		items = reallocarray(list->items, capacity, list->item_size);
		if (!items)
			return NULL;
		list->items = items;
		list->capacity = capacity;
	}
	items = (char *)list->items + list->count++ * list->item_size;
	return memset(items, 0, list->item_size);
}

void netif_nl_string(char *to, size_t size, const struct nlattr *attr)
{
	const char *from = mnl_attr_get_payload(attr);
	size_t length = strnlen(from, mnl_attr_get_payload_len(attr));

	if (length >= size)
		length = size - 1;
	memcpy(to, from, length);
	to[length] = '\0';
}

static int on_answer_attribute(const struct nlattr *attr, void *data)
{
	(void)data;
	if (mnl_attr_get_type(attr) == NLMSGERR_ATTR_MSG)
		netif_nl_string(extack, sizeof(extack), attr);
	return MNL_CB_OK;
}

static void keep_extack(const struct nlmsghdr *nlh, size_t offset)
{
	if (nlh->nlmsg_flags & NLM_F_ACK_TLVS)
		mnl_attr_parse(nlh, (unsigned)offset, on_answer_attribute,
			       NULL);
}

static int finish(int error)
{
	if (!error)
		return MNL_CB_STOP;
	errno = -error;
	return MNL_CB_ERROR;
}

static int on_error(const struct nlmsghdr *nlh, void *data)
{
	const struct nlmsgerr *answer = mnl_nlmsg_get_payload(nlh);
	size_t offset = sizeof(*answer);

	(void)data;
	if (mnl_nlmsg_get_payload_len(nlh) < sizeof(*answer))
		return finish(-EBADMSG);
	if (!(nlh->nlmsg_flags & NLM_F_CAPPED))
		offset += answer->msg.nlmsg_len - sizeof(answer->msg);
	keep_extack(nlh, offset);
	return finish(answer->error);
}

static int on_done(const struct nlmsghdr *nlh, void *data)
{
	const int *error = mnl_nlmsg_get_payload(nlh);

	(void)data;
	if (mnl_nlmsg_get_payload_len(nlh) < sizeof(*error))
		return finish(0);
	keep_extack(nlh, sizeof(*error));
	return finish(*error);
}

struct nlmsghdr *netif_nl_request(void *buffer, __u16 type, __u16 flags)
{
	struct nlmsghdr *nlh;

	memset(buffer, 0, NETIF_REQUEST_SIZE);
	nlh = mnl_nlmsg_put_header(buffer);
	nlh->nlmsg_type = type;
	nlh->nlmsg_flags = NLM_F_REQUEST | NLM_F_ACK | flags;
	nlh->nlmsg_seq = 1;
	return nlh;
}

static ssize_t receive(struct mnl_socket *nl, void *buffer, size_t size)
{
	ssize_t length;

	do {
		length = mnl_socket_recvfrom(nl, buffer, size);
	} while (length < 0 && errno == EINTR);
	return length;
}

static int converse(struct mnl_socket *nl, const struct nlmsghdr *request,
		    mnl_cb_t reply, void *data)
{
	mnl_cb_t control[] = {
		[NLMSG_ERROR] = on_error,
		[NLMSG_DONE] = on_done,
	};
	__attribute__((aligned(8))) char buffer[REPLY_SIZE];
	int result = MNL_CB_OK;
	int on = 1;

	if (mnl_socket_bind(nl, 0, MNL_SOCKET_AUTOPID) < 0 ||
	    mnl_socket_setsockopt(nl, NETLINK_EXT_ACK, &on, sizeof(on)) < 0 ||
	    mnl_socket_setsockopt(nl, NETLINK_CAP_ACK, &on, sizeof(on)) < 0 ||
	    mnl_socket_sendto(nl, request, request->nlmsg_len) < 0)
		return -errno;
	while (result == MNL_CB_OK) {
		ssize_t length = receive(nl, buffer, sizeof(buffer));

		if (length < 0)
			return -errno;
		result = mnl_cb_run2(buffer, (size_t)length, request->nlmsg_seq,
				     mnl_socket_get_portid(nl), reply, data,
				     control, MNL_ARRAY_SIZE(control));
	}
	return result < 0 ? -errno : 0;
}

int netif_nl_talk(struct nlmsghdr *request, mnl_cb_t reply, void *data)
{
	struct mnl_socket *nl = mnl_socket_open2(NETLINK_ROUTE, SOCK_CLOEXEC);
	int err;

	extack[0] = '\0';
	if (!nl)
		return -errno;
	err = converse(nl, request, reply, data);
	mnl_socket_close(nl);
	return err;
}

int netif_nl_dump(struct nlmsghdr *request, mnl_cb_t reply,
		  struct netif_list *list)
{
	int tries = DUMP_TRIES;
	int err;

	request->nlmsg_flags |= NLM_F_DUMP;
	do {
		list->count = 0;
		err = netif_nl_talk(request, reply, list);
	} while (err == -EINTR && --tries);
	if (err) {
		free(list->items);
		*list = (struct netif_list){ .item_size = list->item_size };
	}
	return err;
}
