/* SPDX-License-Identifier: BSD-3-Clause */
#include "paths/way.h"

#include <arpa/inet.h>
#include <errno.h>
#include <linux/if_packet.h>
#include <net/if.h>
#include <sys/socket.h>
#include <unistd.h>

#include "core/banned.h"

#define BUFFER (16 << 20)

static const struct way *const ways[] = {
	&packet_send_way,
	&packet_batch_way,
	&uring_packet_way,
	&uring_packet_zc_way,
	&ring_way,
	&xdp_way,
	&xdp_zerocopy_way,
	&sluice_way,
	&datagram_batch_way,
	&datagram_zerocopy_way,
	&uring_datagram_way,
	&uring_datagram_zc_way,
	&uring_datagram_fixed_way,
	&stream_copy_way,
	&stream_sendfile_way,
	&stream_splice_way,
	&stream_send_way,
	&stream_zerocopy_way,
	&uring_stream_way,
	&uring_stream_zc_way,
};

const struct way *
way_at(unsigned i)
{
	return i < sizeof(ways) / sizeof(ways[0]) ? ways[i] : NULL;
}

uint8_t *
way_next(struct way_run *run)
{
	uint8_t *packet;

	if (run->at + run->step > WAY_SOURCE)
		run->at = 0;
	packet = run->source + run->at;
	run->at += run->step;
	return packet;
}

static int
attach(int fd, const struct way_run *run, enum way_job job)
{
	if (job == WAY_FRAMES) {
		struct sockaddr_ll wire = {.sll_family = AF_PACKET,
					   .sll_ifindex = (int)if_nametoindex(WIRE_NEAR)};

		return bind(fd, (struct sockaddr *)&wire, sizeof(wire));
	}
	struct sockaddr_in far = {
		.sin_family = AF_INET,
		.sin_port = htons(run->wire->port),
		.sin_addr.s_addr = inet_addr(job == WAY_STREAM ? STREAM_FAR_IP : WIRE_FAR_IP),
	};

	return connect(fd, (struct sockaddr *)&far, sizeof(far));
}

int
way_socket(const struct way_run *run, enum way_job job)
{
	int size = BUFFER;
	int fd = job == WAY_FRAMES
			 ? socket(AF_PACKET, SOCK_RAW | SOCK_CLOEXEC, 0)
			 : socket(AF_INET,
				  SOCK_CLOEXEC | (job == WAY_STREAM ? SOCK_STREAM : SOCK_DGRAM), 0);

	if (fd < 0)
		return -errno;
	/* TCP sizes its own. */
	if (job != WAY_STREAM)
		setsockopt(fd, SOL_SOCKET, SO_SNDBUFFORCE, &size, sizeof(size));
	if (attach(fd, run, job) < 0) {
		int ret = -errno;

		close(fd);
		return ret;
	}
	return fd;
}
