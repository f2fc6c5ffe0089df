/* SPDX-License-Identifier: BSD-3-Clause */
#include "paths/wire.h"

#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <net/if.h>
#include <sched.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/mount.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "core/log.h"

#include "core/banned.h"

#define PORT 5777
#define READ_MAX (1 << 20)
/* An XDP program keeps the MTU low until the kernel has let go of it, some time after its owner has
 * ended. */
#define MTU_TRIES 400
#define MTU_NAP_NS 10000000

struct wire_sink {
	_Atomic uint64_t bytes;
};

/* Nobody here is to say anything of his own accord: whatever arrives is counted. */
static int
be_silent(void)
{
	static const char *const files[] = {"/proc/sys/net/ipv6/conf/all/disable_ipv6",
					    "/proc/sys/net/ipv6/conf/default/disable_ipv6"};

	for (unsigned i = 0; i < 2; i++) {
		int fd = open(files[i], O_WRONLY | O_CLOEXEC);

		if (fd < 0 && errno == ENOENT)
			return 0; /* without IPv6 */
		if (fd < 0 || write(fd, "1", 1) != 1) {
			int ret = log_fail(errno, "%s", files[i]);

			if (fd >= 0)
				close(fd);
			return ret;
		}
		close(fd);
	}
	return 0;
}

static int
listen_on(uint16_t port)
{
	struct sockaddr_in any = {.sin_family = AF_INET, .sin_port = htons(port)};
	int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);

	if (fd < 0 || bind(fd, (struct sockaddr *)&any, sizeof(any)) < 0 || listen(fd, 1) < 0)
		return log_fail(errno, "the stream's receiver");
	return fd;
}

static _Noreturn void
read_streams(struct wire_sink *sink, int server)
{
	for (;;) {
		int client = accept(server, NULL, NULL);
		ssize_t got;

		/* What MSG_TRUNC reads of TCP is thrown away where it lies, tcp(7). */
		while ((got = recv(client, NULL, READ_MAX, MSG_TRUNC)) > 0)
			atomic_fetch_add_explicit(&sink->bytes, (uint64_t)got,
						  memory_order_relaxed);
		close(client);
	}
}

/* A child in the namespace that this process is in now. */
static pid_t
start_receiver(struct wire_sink *sink, int server)
{
	pid_t parent = getpid(), child = fork();

	if (child == 0) {
		prctl(PR_SET_PDEATHSIG, SIGKILL);
		if (getppid() != parent)
			_exit(0);
		read_streams(sink, server);
	}
	return child;
}

/* Runs `ip` with commands, in the namespace that fd is of, or in this one if it is negative. */
static int
run_ip(int fd, const char *commands)
{
	int input[2], status = -1;
	size_t length = strlen(commands);
	pid_t child;

	if (pipe2(input, O_CLOEXEC) < 0)
		return log_fail(errno, "ip");
	child = fork();
	if (child == 0) {
		if (fd >= 0 && setns(fd, CLONE_NEWNET) < 0)
			_exit(126);
		dup2(input[0], STDIN_FILENO);
		dup2(STDERR_FILENO, STDOUT_FILENO);
		execlp("ip", "ip", "-batch", "-", (char *)NULL);
		_exit(127);
	}
	close(input[0]);
	if (child > 0 && write(input[1], commands, length) != (ssize_t)length)
		log_warning("ip: not all commands were read");
	close(input[1]);
	if (child < 0 || waitpid(child, &status, 0) < 0)
		return log_fail(errno, "ip");
	if (WIFEXITED(status) && WEXITSTATUS(status) == 0)
		return 0;
	if (WIFEXITED(status) && WEXITSTATUS(status) == 127)
		return log_fail(ENOENT, "ip, of the package iproute2");
	return log_fail(EIO, "ip refused to make the veths; its words are above");
}

/* The far ends' namespace first: who is born there stays there. */
static int
enter_far(struct wire *wire)
{
	int server, ret;

	if (unshare(CLONE_NEWNS | CLONE_NEWNET) < 0)
		return log_fail(errno, "bench paths needs namespaces of its own, so root");
	if (mount(NULL, "/", NULL, MS_REC | MS_PRIVATE, NULL) < 0)
		return log_fail(errno, "a private tree of mounts");
	ret = be_silent();
	server = ret < 0 ? ret : listen_on(PORT);
	if (server < 0)
		return server;
	wire->port = PORT;
	wire->far = start_receiver(wire->sink, server);
	close(server);
	if (wire->far < 0)
		return log_fail(errno, "the stream's receiver");
	wire->far_link = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	return wire->far_link < 0 ? log_fail(errno, "the far end") : 0;
}

/* /sys shows the devices of the namespace that it was mounted in. */
static int
enter_near(struct wire *wire)
{
	if (unshare(CLONE_NEWNET) < 0 || mount("sysfs", "/sys", "sysfs", 0, NULL) < 0 ||
	    mount("tmpfs", "/mnt", "tmpfs", 0, "size=256m") < 0)
		return log_fail(errno, "namespaces of its own");
	snprintf(wire->directory, sizeof(wire->directory), "/mnt");
	return be_silent();
}

static int
connect_both(const struct wire *wire, int far)
{
	char commands[1024];
	int ret;

	/* Nobody has the MAC: frames to it are nobody's, and are not made ready for a receiver. */
	snprintf(commands, sizeof(commands),
		 "link set lo up\n"
		 "link add " WIRE_NEAR " type veth peer name " WIRE_FAR " netns %d\n"
		 "link add stream0 type veth peer name stream1 netns %d\n"
		 "addr add 10.9.0.1/24 dev " WIRE_NEAR "\n"
		 "addr add 10.10.0.1/24 dev stream0\n"
		 "link set " WIRE_NEAR " up\n"
		 "link set stream0 up\n"
		 "neigh add " WIRE_FAR_IP " lladdr 02:00:00:00:00:77 dev " WIRE_NEAR
		 " nud permanent\n",
		 wire->far, wire->far);
	ret = run_ip(-1, commands);
	if (ret < 0)
		return ret;
	/* A bridge with one port has nowhere to send frames on to, and drops them before any
	 * protocol would be given them, for which the kernel would copy what is not its own. */
	return run_ip(far, "link add drop0 type bridge\n"
			   "link set " WIRE_FAR " master drop0\n"
			   "link set drop0 up\n"
			   "link set " WIRE_FAR " up\n"
			   "addr add " STREAM_FAR_IP "/24 dev stream1\n"
			   "link set stream1 up\n");
}

int
wire_open(struct wire *wire)
{
	int far, ret;

	*wire = (struct wire){.far = -1, .far_link = -1};
	if (geteuid() != 0)
		return log_fail(EPERM, "bench paths makes namespaces and veths, so it needs root");
	wire->sink = mmap(NULL, sizeof(*wire->sink), PROT_READ | PROT_WRITE,
			  MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	if (wire->sink == MAP_FAILED) {
		wire->sink = NULL;
		return log_fail(errno, "the stream's receiver");
	}
	ret = enter_far(wire);
	if (ret == 0) {
		far = open("/proc/self/ns/net", O_RDONLY | O_CLOEXEC);
		ret = far < 0 ? log_fail(errno, "the far namespace") : enter_near(wire);
		if (ret == 0)
			ret = connect_both(wire, far);
		if (far >= 0)
			close(far);
	}
	if (ret < 0)
		wire_close(wire);
	return ret;
}

void
wire_close(struct wire *wire)
{
	if (wire->far > 0) {
		kill(wire->far, SIGKILL);
		waitpid(wire->far, NULL, 0);
	}
	if (wire->far_link >= 0)
		close(wire->far_link);
	if (wire->sink)
		munmap(wire->sink, sizeof(*wire->sink));
	*wire = (struct wire){.far = -1, .far_link = -1};
}

static int
set_mtu(int fd, const char *name, unsigned mtu)
{
	struct ifreq request = {.ifr_mtu = (int)mtu};

	snprintf(request.ifr_name, sizeof(request.ifr_name), "%s", name);
	return ioctl(fd, SIOCSIFMTU, &request) < 0 ? -errno : 0;
}

int
wire_set_mtu(const struct wire *wire, unsigned mtu)
{
	int near = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0), ret = -EINVAL;
	const struct timespec nap = {.tv_nsec = MTU_NAP_NS};

	if (near < 0)
		return -errno;
	for (unsigned i = 0; ret == -EINVAL && i < MTU_TRIES; i++) {
		if (i > 0)
			nanosleep(&nap, NULL);
		ret = set_mtu(near, WIRE_NEAR, mtu);
		if (ret == 0)
			ret = set_mtu(wire->far_link, WIRE_FAR, mtu);
	}
	close(near);
	return ret;
}

struct wire_count
wire_arrived(const struct wire *wire)
{
	struct wire_count count = {0};
	char path[64], line[512];
	FILE *file;

	snprintf(path, sizeof(path), "/proc/%d/net/dev", wire->far);
	file = fopen(path, "re");
	while (file && fgets(line, sizeof(line), file)) {
		const char *name = strstr(line, WIRE_FAR ":");
		char *end;

		if (!name)
			continue;
		count.bytes = strtoull(name + strlen(WIRE_FAR ":"), &end, 10);
		count.packets = strtoull(end, NULL, 10);
	}
	if (file)
		fclose(file);
	return count;
}

uint64_t
wire_stream_arrived(const struct wire *wire)
{
	return atomic_load_explicit(&wire->sink->bytes, memory_order_relaxed);
}

uint64_t
wire_far_cpu_ns(const struct wire *wire)
{
	struct timespec used = {0};
	clockid_t clock;

	if (clock_getcpuclockid(wire->far, &clock) != 0 || clock_gettime(clock, &used) < 0)
		return 0;
	return used.tv_sec * UINT64_C(1000000000) + used.tv_nsec;
}
