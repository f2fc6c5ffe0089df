/* SPDX-License-Identifier: BSD-3-Clause */
#include "port/iface.h"

#include <errno.h>
#include <linux/ethtool.h>
#include <linux/sockios.h>
#include <net/if.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <unistd.h>

#include "core/banned.h"

static uint32_t
read_speed(int fd, struct ifreq request)
{
	struct ethtool_cmd command = {.cmd = ETHTOOL_GSET};
	uint32_t speed;

	request.ifr_data = (char *)&command;
	if (ioctl(fd, SIOCETHTOOL, &request) < 0)
		return 0;
	speed = ethtool_cmd_speed(&command);
	return speed == (uint32_t)SPEED_UNKNOWN ? 0 : speed;
}

static void
read_channels(int fd, struct ifreq request, struct iface *iface)
{
	struct ethtool_channels channels = {.cmd = ETHTOOL_GCHANNELS};

	request.ifr_data = (char *)&channels;
	if (ioctl(fd, SIOCETHTOOL, &request) < 0 || channels.combined_count == 0)
		return;
	iface->channels = channels.combined_count;
	iface->channels_max = channels.max_combined;
}

int
iface_read(const char *name, struct iface *iface)
{
	struct ifreq request = {0};
	int fd, ret = 0;

	*iface = (struct iface){.channels = 1, .channels_max = 1};
	if (strlen(name) >= sizeof(request.ifr_name))
		return 0;
	fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	if (fd < 0)
		return -errno;
	memcpy(request.ifr_name, name, strlen(name));
	if (ioctl(fd, SIOCGIFFLAGS, &request) == 0) {
		iface->exists = true;
		iface->up = request.ifr_flags & IFF_UP;
		iface->running = request.ifr_flags & IFF_RUNNING;
		iface->promiscuous = request.ifr_flags & IFF_PROMISC;
		if (ioctl(fd, SIOCGIFINDEX, &request) == 0)
			iface->index = request.ifr_ifindex;
		if (ioctl(fd, SIOCGIFMTU, &request) == 0)
			iface->mtu = request.ifr_mtu > UINT16_MAX ? UINT16_MAX : request.ifr_mtu;
		iface->speed = read_speed(fd, request);
		read_channels(fd, request, iface);
	} else if (errno != ENODEV) {
		ret = -errno;
	}
	close(fd);
	return ret;
}

enum iface_problem
iface_judge(const struct config_port *port, struct iface *iface)
{
	const char *name = port->device;

	if (iface_read(name, iface) < 0)
		return IFACE_UNKNOWN;
	if (!iface->exists)
		return IFACE_MISSING;
	if (!iface->up)
		return IFACE_DOWN;
	if (port->queues > iface->channels)
		return IFACE_CHANNELS;
	return name[strcspn(name, ",=[]\"/")] ? IFACE_NAME : IFACE_FINE;
}

const char *
iface_problem_text(enum iface_problem problem)
{
	static const char *const texts[] = {
		[IFACE_FINE] = "is fine",
		[IFACE_UNKNOWN] = "can't be asked about",
		[IFACE_MISSING] = "is not there",
		[IFACE_DOWN] = "is down",
		[IFACE_CHANNELS] = "has fewer queues than the config asks for",
		[IFACE_NAME] = "has a name that DPDK can't spell",
	};

	return texts[problem];
}
