/* SPDX-License-Identifier: BSD-3-Clause */
#include "port/iface.h"

#include <errno.h>
#include <linux/ethtool.h>
#include <linux/sockios.h>
#include <net/if.h>
#include <stdio.h>
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

static unsigned
read_channels(int fd, struct ifreq request)
{
	struct ethtool_channels channels = {.cmd = ETHTOOL_GCHANNELS};

	request.ifr_data = (char *)&channels;
	if (ioctl(fd, SIOCETHTOOL, &request) < 0 || channels.combined_count == 0)
		return 1;
	return channels.combined_count;
}

int
iface_read(const char *name, struct iface *iface)
{
	struct ifreq request = {0};
	int fd, ret = 0;

	*iface = (struct iface){.channels = 1};
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
		iface->channels = read_channels(fd, request);
	} else if (errno != ENODEV) {
		ret = -errno;
	}
	close(fd);
	return ret;
}

bool
iface_refused(const struct config_port *port, struct iface *iface, char *reason, size_t size)
{
	const char *name = port->device;
	int ret = iface_read(name, iface);

	if (ret < 0)
		snprintf(reason, size, "interface %s can't be asked: %s", name, strerror(-ret));
	else if (!iface->exists)
		snprintf(reason, size,
			 "there is no interface %s here; `ip link` lists what there is", name);
	else if (!iface->up)
		snprintf(reason, size, "interface %s is down; bring it up with `ip link set %s up`",
			 name, name);
	else if (port->queues > iface->channels)
		snprintf(reason, size,
			 "queues: %u were asked for, but %s has %u (ethtool -L changes that)",
			 port->queues, name, iface->channels);
	else if (name[strcspn(name, ",=[]\"/")])
		snprintf(reason, size, "DPDK can't spell the interface name `%s`; rename it", name);
	else
		return false;
	return true;
}
