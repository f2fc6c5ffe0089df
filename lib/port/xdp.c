/* SPDX-License-Identifier: BSD-3-Clause */
#include "port/xdp.h"

#include <errno.h>
#include <linux/bpf.h>
#include <linux/if_link.h>
#include <linux/if_xdp.h>
#include <linux/netlink.h>
#include <linux/rtnetlink.h>
#include <linux/sock_diag.h>
#include <linux/xdp_diag.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "core/banned.h"

#define ANSWER_BYTES 32768
#define CHUNK_BYTES 4096

/* What is made of one message of an answer. */
typedef void (*take_fn)(const struct nlmsghdr *message, void *context);

/* Returns 1 to go on, 0 at the end, or the kernel's error. */
static int
take_answer(char *answer, ssize_t length, take_fn take, void *context)
{
	int left = (int)length, ret = 1;

	for (struct nlmsghdr *message = (void *)answer;
	     left > 0 && NLMSG_OK(message, (unsigned)left); message = NLMSG_NEXT(message, left)) {
		const struct nlmsgerr *error = NLMSG_DATA(message);

		if (message->nlmsg_type == NLMSG_DONE)
			return 0;
		if (message->nlmsg_type == NLMSG_ERROR)
			return error->error ? error->error : -EIO;
		take(message, context);
		/* What is no list has one message, and no end. */
		if (!(message->nlmsg_flags & NLM_F_MULTI))
			ret = 0;
	}
	return ret;
}

/* Sends a request and gives each message of the answer to take. */
static int
ask(int protocol, const struct nlmsghdr *request, take_fn take, void *context)
{
	char answer[ANSWER_BYTES] __attribute__((aligned(NLMSG_ALIGNTO)));
	int fd = socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC, protocol);
	int ret = fd < 0 || send(fd, request, request->nlmsg_len, 0) < 0 ? -errno : 1;

	while (ret == 1) {
		ssize_t length = recv(fd, answer, sizeof(answer), 0);

		if (length < 0 && errno == EINTR)
			continue;
		ret = length <= 0 ? -EIO : take_answer(answer, length, take, context);
	}
	if (fd >= 0)
		close(fd);
	return ret;
}

struct search {
	unsigned interface;
	struct xdp_socket *sockets;
	int count;
};

static void
take_socket(const struct nlmsghdr *header, void *context)
{
	const struct xdp_diag_msg *message = NLMSG_DATA(header);
	const struct rtattr *attribute = (const void *)(message + 1);
	int left = (int)header->nlmsg_len - (int)NLMSG_LENGTH(sizeof(*message));
	struct search *search = context;

	for (; RTA_OK(attribute, left); attribute = RTA_NEXT(attribute, left)) {
		const struct xdp_diag_info *info = RTA_DATA(attribute);

		if (attribute->rta_type != XDP_DIAG_INFO || info->ifindex != search->interface ||
		    search->count == XDP_SOCKETS_MAX)
			continue;
		search->sockets[search->count++] =
			(struct xdp_socket){.inode = message->xdiag_ino, .queue = info->queue_id};
	}
}

int
xdp_sockets(unsigned interface, struct xdp_socket sockets[XDP_SOCKETS_MAX])
{
	struct {
		struct nlmsghdr header;
		struct xdp_diag_req request;
	} message = {
		.header = {.nlmsg_len = sizeof(message),
			   .nlmsg_type = SOCK_DIAG_BY_FAMILY,
			   .nlmsg_flags = NLM_F_REQUEST | NLM_F_DUMP},
		.request = {.sdiag_family = AF_XDP, .xdiag_show = XDP_SHOW_INFO},
	};
	struct search search = {.interface = interface, .sockets = sockets};
	int ret = ask(NETLINK_SOCK_DIAG, &message.header, take_socket, &search);

	return ret < 0 ? ret : search.count;
}

static void
take_program(const struct nlmsghdr *header, void *context)
{
	const struct ifinfomsg *message = NLMSG_DATA(header);
	const struct rtattr *attribute = IFLA_RTA(message), *inner;
	int left = (int)IFLA_PAYLOAD(header), inner_left;
	unsigned *program = context;

	for (; RTA_OK(attribute, left); attribute = RTA_NEXT(attribute, left)) {
		if ((attribute->rta_type & NLA_TYPE_MASK) != IFLA_XDP)
			continue;
		inner = RTA_DATA(attribute);
		inner_left = (int)RTA_PAYLOAD(attribute);
		for (; RTA_OK(inner, inner_left); inner = RTA_NEXT(inner, inner_left)) {
			if (inner->rta_type == IFLA_XDP_PROG_ID)
				*program = *(const uint32_t *)RTA_DATA(inner);
		}
	}
}

unsigned
xdp_program(unsigned interface)
{
	struct {
		struct nlmsghdr header;
		struct ifinfomsg request;
	} message = {
		.header = {.nlmsg_len = sizeof(message),
			   .nlmsg_type = RTM_GETLINK,
			   .nlmsg_flags = NLM_F_REQUEST},
		.request = {.ifi_family = AF_UNSPEC, .ifi_index = (int)interface},
	};
	unsigned program = 0;

	return ask(NETLINK_ROUTE, &message.header, take_program, &program) < 0 ? 0 : program;
}

static bool
read_name(unsigned program, char name[XDP_NAME_MAX])
{
	union bpf_attr attributes = {.prog_id = program};
	struct bpf_prog_info info = {0};
	int fd = (int)syscall(SYS_bpf, BPF_PROG_GET_FD_BY_ID, &attributes, sizeof(attributes)), ret;

	if (fd < 0)
		return false;
	attributes = (union bpf_attr){.info = {.bpf_fd = (uint32_t)fd,
					       .info_len = sizeof(info),
					       .info = (uintptr_t)&info}};
	ret = (int)syscall(SYS_bpf, BPF_OBJ_GET_INFO_BY_FD, &attributes, sizeof(attributes));
	close(fd);
	snprintf(name, XDP_NAME_MAX, "%.*s", (int)sizeof(info.name), info.name);
	return ret == 0;
}

/* Programs of libxdp's own, beside which it puts another's sockets. */
static bool
is_shared(const char *name)
{
	return strcmp(name, "xsk_def_prog") == 0 || strcmp(name, "xdp_dispatcher") == 0;
}

bool
xdp_program_foreign(unsigned program, char name[XDP_NAME_MAX])
{
	return program && read_name(program, name) && !is_shared(name);
}

/* One chunk of memory, and the least rings. */
static int
prepare(int fd, void *memory)
{
	struct xdp_umem_reg umem = {
		.addr = (uintptr_t)memory,
		.len = CHUNK_BYTES,
		.chunk_size = CHUNK_BYTES,
	};
	static const int rings[] = {XDP_UMEM_FILL_RING, XDP_UMEM_COMPLETION_RING, XDP_RX_RING};
	const int entries = 2;

	if (setsockopt(fd, SOL_XDP, XDP_UMEM_REG, &umem, sizeof(umem)) < 0)
		return -errno;
	for (unsigned i = 0; i < sizeof(rings) / sizeof(rings[0]); i++) {
		if (setsockopt(fd, SOL_XDP, rings[i], &entries, sizeof(entries)) < 0)
			return -errno;
	}
	return 0;
}

bool
xdp_queue_taken(unsigned interface, unsigned queue)
{
	struct sockaddr_xdp address = {
		.sxdp_family = AF_XDP,
		.sxdp_flags = XDP_ZEROCOPY,
		.sxdp_ifindex = interface,
		.sxdp_queue_id = queue,
	};
	int fd = socket(AF_XDP, SOCK_RAW | SOCK_CLOEXEC, 0);
	void *memory =
		mmap(NULL, CHUNK_BYTES, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	bool taken = fd >= 0 && memory != MAP_FAILED && prepare(fd, memory) == 0 &&
		     bind(fd, (struct sockaddr *)&address, sizeof(address)) < 0 && errno == EBUSY;

	if (fd >= 0)
		close(fd);
	if (memory != MAP_FAILED)
		munmap(memory, CHUNK_BYTES);
	return taken;
}
