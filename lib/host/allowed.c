/* SPDX-License-Identifier: BSD-3-Clause */
#include "host/allowed.h"

#include <linux/capability.h>
#include <linux/sched.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <unistd.h>

#include "core/banned.h"

#define ARGUMENT(index, mask, value) \
	.argument_count = 1, .arguments = {{(index), (mask), (uint64_t)(value)}}

/*
 * Paths. A directory stands for all below it. What is not there when the daemon starts is left out.
 * /proc and /sys stand whole and by their roots, because the kernel may make the inodes below /proc
 * anew at any time; Landlock itself denies what other processes' entries in /proc would tell (it
 * forbids to trace them), and nothing in either can be written but what is named here.
 */
const struct allowed_path allowed_paths[] = {
	{"/proc", ALLOWED_READ, 0, "maps, limits and page faults of its own; mounts; interfaces"},
	{"/sys", ALLOWED_READ, 0, "hugepages, NUMA nodes, PCI devices, interfaces, types for BPF"},
	{"/usr", ALLOWED_READ, 0, "libraries loaded when first needed; time zones; BPF"},
	{"/lib", ALLOWED_READ, 0, "the same, where /usr is not merged"},
	{"/lib64", ALLOWED_READ, 0, "the same"},
	{"/etc/ld.so.cache", ALLOWED_READ, 0, "where libraries lie"},
	{"/etc/localtime", ALLOWED_READ, 0, "the time zone, should a library want it"},
	{"/etc/nsswitch.conf", ALLOWED_READ, 0, "names in filters of later configs"},
	{"/etc/services", ALLOWED_READ, 0, "the same: port http"},
	{"/etc/protocols", ALLOWED_READ, 0, "the same: ip proto ospf"},
	{"/etc/hosts", ALLOWED_READ, 0, "the same: host NAME"},
	{"/dev/null", ALLOWED_READ | ALLOWED_WRITE, 0, "the descriptor kept for refusing clients"},
	{"/dev/zero", ALLOWED_READ, 0, "memory of some drivers"},
	{"/dev/urandom", ALLOWED_READ, 0, "MAC addresses that drivers make up"},
	{"/dev/random", ALLOWED_READ, 0, "the same"},
	{"/dev/vfio", ALLOWED_READ | ALLOWED_WRITE | ALLOWED_DEVICE, ALLOWED_FOR_PCI,
	 "NICs, also those that come back while the daemon runs"},
	{"/dev/hugepages", ALLOWED_READ | ALLOWED_WRITE | ALLOWED_MAKE | ALLOWED_REMOVE,
	 ALLOWED_FOR_PCI, "packet memory, where it can't be had without a file"},
	{"/dev/kmsg", ALLOWED_READ, ALLOWED_FOR_PCI, "accesses that the IOMMU blocked"},
	{"/dev/infiniband", ALLOWED_READ | ALLOWED_WRITE | ALLOWED_DEVICE, ALLOWED_FOR_PCI,
	 "NICs whose driver shares the device with the kernel"},
	{"/dev/net/tun", ALLOWED_READ | ALLOWED_WRITE | ALLOWED_DEVICE, ALLOWED_FOR_KERNEL,
	 "net_tap and net_virtio_user"},
	{"/dev/vhost-net", ALLOWED_READ | ALLOWED_WRITE | ALLOWED_DEVICE, ALLOWED_FOR_KERNEL,
	 "net_virtio_user in front of the kernel"},
	{"/sys/class/net", ALLOWED_WRITE, ALLOWED_FOR_AF_XDP, "how the kernel polls an interface"},
	{"/sys/devices", ALLOWED_WRITE, ALLOWED_FOR_AF_XDP, "the same: where they really lie"},
	{"/sys/fs/bpf", ALLOWED_READ | ALLOWED_MAKE | ALLOWED_REMOVE, ALLOWED_FOR_AF_XDP,
	 "libxdp keeps there which programs an interface has"},
	{"/run/xdp", ALLOWED_READ | ALLOWED_WRITE | ALLOWED_MAKE | ALLOWED_REMOVE,
	 ALLOWED_FOR_AF_XDP, "libxdp's lock for doing so"},
	{0},
};

/*
 * System calls once ports are up. One that is not here fails with EPERM, and the kernel logs it;
 * those of forbidden_calls kill the process.
 */
const struct allowed_call allowed_calls[] = {
	/* The worker's loop makes none but, with `idle: sleep`, the first of these. */
	{"clock_nanosleep", 0, .why = "idle workers, and waits of the control thread"},
	{"nanosleep", 0, .why = "the same, as other C libraries have it"},
	{"clock_gettime", 0, .why = "time, where the vDSO has no fast clock"},
	{"clock_getres", 0, .why = "the same"},
	{"gettimeofday", 0, .why = "the same"},
	{"time", 0, .why = "the same"},
	{"read", 0, .why = "signals, timers, files, wake-ups between threads"},
	{"pread64", 0, .why = "captures of replays, where io_uring is not to be had; sysfs; VFIO"},
	{"readv", 0, .why = "TAP"},
	{"write", 0, .why = "the log, answers, captures, wake-ups between threads"},
	{"pwrite64", 0, .why = "captures that are written, and their index; VFIO"},
	{"writev", 0, .why = "TAP; lines of several parts"},
	{"lseek", 0, .why = "standard I/O"},
	{"close", 0, .why = "files, clients, devices"},
	{"close_range", 0, .why = "the same"},
	{"dup", 0, .why = "standard I/O of libraries"},
	{"fcntl", 0, .why = "clients that do not block; locks of libraries"},
	{"flock", 0, .why = "the run-dir's lock; libxdp's"},
	{"fsync", 0, .why = "captures that were written"},
	{"ftruncate", 0, .why = "captures that end early; regions of net_memif"},
	{"fallocate", 0, .why = "hugepages"},
	{"fadvise64", 0, .why = "captures are read ahead"},
	{"readahead", 0, .why = "the same"},
	{"sync_file_range", 0, .why = "captures that are written begin to reach the disk"},
	{"pipe", 0, .why = "wake-ups of DPDK's interrupt thread; the older form"},
	{"pipe2", 0, .why = "wake-ups of DPDK's interrupt thread"},
	{"ioctl", 0, .why = "VFIO, interfaces, TAP, terminals' widths"},
	/* Which files: Landlock decides. */
	{"open", 0, .why = "configs that are applied, captures of replays, devices that come back"},
	{"openat", 0, .why = "the same"},
	{"stat", 0, .why = "the same"},
	{"fstat", 0, .why = "the same"},
	{"lstat", 0, .why = "the same"},
	{"newfstatat", 0, .why = "the same"},
	{"statx", 0, .why = "the same"},
	{"statfs", 0, .why = "libbpf asks for the file system of /sys/fs/bpf"},
	{"fstatfs", 0, .why = "the same"},
	{"access", 0, .why = "the same"},
	{"faccessat", 0, .why = "the same"},
	{"faccessat2", 0, .why = "the same"},
	{"readlink", 0, .why = "sysfs: which driver and group a device has"},
	{"readlinkat", 0, .why = "the same"},
	{"getdents", 0, .why = "sysfs; the older form"},
	{"getdents64", 0, .why = "sysfs; threads in /proc"},
	{"getcwd", 0, .why = "absolute paths"},
	{"unlink", 0, .why = "old captures; the sockets and the lock, at the end"},
	{"unlinkat", 0, .why = "the same; programs pinned by libxdp"},
	{"rename", 0, .why = "captures that are whole get their name"},
	{"renameat", 0, .why = "the same"},
	{"renameat2", 0, .why = "the same"},
	{"mkdir", ALLOWED_FOR_AF_XDP, .why = "libxdp's directories in /run and /sys/fs/bpf"},
	{"mkdirat", ALLOWED_FOR_AF_XDP, .why = "the same"},
	{"rmdir", ALLOWED_FOR_AF_XDP, .why = "directories of programs pinned by libxdp"},
	{"umask", 0, .why = "the modes of sockets"},
	{"epoll_create", 0, .why = "DPDK's interrupt thread makes its set anew; the older form"},
	{"epoll_create1", 0, .why = "the same"},
	{"epoll_ctl", 0, .why = "clients, timers, interrupts"},
	{"epoll_wait", 0, .why = "the same"},
	{"epoll_pwait", 0, .why = "the same"},
	{"epoll_pwait2", 0, .why = "the same"},
	{"poll", 0, .why = "AF_XDP, netlink, a client's answer"},
	{"ppoll", 0, .why = "the same"},
	{"select", 0, .why = "the same, in libpcap"},
	{"pselect6", 0, .why = "the same"},
	{"eventfd", 0, .why = "interrupts of devices; the older form"},
	{"eventfd2", 0, .why = "interrupts of devices, replays' readers"},
	{"timerfd_create", 0, .why = "DPDK's alarms"},
	{"timerfd_settime", 0, .why = "the same, and the control thread's tick"},
	{"timerfd_gettime", 0, .why = "the same"},
	{"signalfd4", 0, .why = "signals are read by the control thread"},
	{"socket", 0, ARGUMENT(0, ALLOWED_WHOLE, AF_UNIX), .why = "systemd, the log, net_memif"},
	{"socket", 0, ARGUMENT(0, ALLOWED_WHOLE, AF_NETLINK),
	 .why = "links; devices that come and go"},
	{"socket", 0, .argument_count = 2,
	 .arguments = {{0, ALLOWED_WHOLE, AF_INET}, {1, 0xf, SOCK_DGRAM}},
	 .why = "what interfaces are asked through; no packet is sent or taken with it"},
	{"socket", ALLOWED_FOR_AF_XDP, ARGUMENT(0, ALLOWED_WHOLE, AF_XDP), .why = "AF_XDP"},
	{"socket", ALLOWED_FOR_AF_XDP | ALLOWED_FOR_KERNEL, ARGUMENT(0, ALLOWED_WHOLE, AF_PACKET),
	 .why = "net_af_packet, libpcap on an interface"},
	{"socketpair", 0, ARGUMENT(0, ALLOWED_WHOLE, AF_UNIX), .why = "wake-ups in libraries"},
	{"bind", 0, .why = "netlink; sockets of net_memif"},
	{"listen", ALLOWED_FOR_MEMIF, .why = "net_memif that waits for its other side"},
	{"connect", 0, .why = "systemd, the log; net_memif tries again and again"},
	{"accept", 0, .why = "clients"},
	{"accept4", 0, .why = "the same"},
	{"sendto", 0, .why = "answers; netlink; AF_XDP wakes the kernel with it"},
	{"recvfrom", 0, .why = "the same"},
	{"sendmsg", 0, .why = "systemd's watchdog; netlink"},
	{"sendmmsg", 0, .why = "the same"},
	{"recvmsg", 0, .why = "the same"},
	{"recvmmsg", 0, .why = "the same"},
	{"getsockname", 0, .why = "netlink, net_memif"},
	{"getpeername", 0, .why = "the same"},
	{"getsockopt", 0, .why = "AF_XDP's counters and rings"},
	{"setsockopt", 0, .why = "buffers of clients; AF_XDP"},
	{"shutdown", 0, .why = "clients that are refused"},

	{"futex", 0, .why = "threads wait for each other"},
	{"futex_waitv", 0, .why = "the same"},
	{"clone", 0, ARGUMENT(0, CLONE_THREAD, CLONE_THREAD), .why = "threads, but no processes"},
	{"set_robust_list", 0, .why = "a thread begins"},
	{"set_tid_address", 0, .why = "the same"},
	{"rseq", 0, .why = "the same"},
	{"sigaltstack", 0, .why = "the same, with sanitizers"},
	{"membarrier", 0, .why = "threads and memory"},
	{"gettid", 0, .why = "the same"},
	{"getpid", 0, .why = "the log"},
	{"getppid", 0, .why = "the same"},
	{"getuid", 0, .why = "whose sockets these are"},
	{"geteuid", 0, .why = "the same"},
	{"getgid", 0, .why = "the same"},
	{"getegid", 0, .why = "the same"},
	{"sched_yield", 0, .why = "DPDK's locks"},
	{"sched_getaffinity", 0, .why = "threads stay off the workers' cores"},
	{"sched_setaffinity", 0, .why = "the same"},
	{"sched_getparam", 0, .why = "a new thread takes over how it is scheduled"},
	{"sched_getscheduler", 0, .why = "the same"},
	{"sched_get_priority_min", 0, .why = "the same"},
	{"sched_get_priority_max", 0, .why = "the same"},
	{"getcpu", 0, .why = "the core a thread runs on"},
	{"get_mempolicy", 0, .why = "the NUMA node of memory"},
	{"set_mempolicy", 0, .why = "the same"},
	{"mbind", 0, .why = "the same"},
	{"prctl", 0, ARGUMENT(0, ALLOWED_WHOLE, PR_SET_NAME), .why = "threads have names"},
	{"prctl", 0, ARGUMENT(0, ALLOWED_WHOLE, PR_GET_NAME), .why = "the same"},
	{"prctl", 0, ARGUMENT(0, ALLOWED_WHOLE, PR_SET_TIMERSLACK),
	 .why = "short sleeps stay short"},
	{"prctl", 0, ARGUMENT(0, ALLOWED_WHOLE, PR_GET_DUMPABLE),
	 .why = "`status` shows what holds"},
	{"prctl", 0, ARGUMENT(0, ALLOWED_WHOLE, PR_GET_SECCOMP), .why = "the same"},
	{"prctl", 0, ARGUMENT(0, ALLOWED_WHOLE, PR_GET_NO_NEW_PRIVS), .why = "the same"},
	{"prctl", 0, ARGUMENT(0, ALLOWED_WHOLE, 0x53564d41 /* PR_SET_VMA, of Linux 5.17 */),
	 .why = "allocators name their memory"},
	{"capget", 0, .why = "the same"},

	{"brk", 0, .why = "memory"},
	{"munmap", 0, .why = "the same"},
	{"mremap", 0, .why = "the same"},
	{"madvise", 0, .why = "the same"},
	{"msync", 0, .why = "the same"},
	{"mincore", 0, .why = "the same"},
	{"mlock", 0, .why = "the same"},
	{"mlock2", 0, .why = "the same"},
	{"munlock", 0, .why = "the same"},
	{"memfd_create", 0, .why = "hugepages; regions of net_memif"},
	/* Memory may be written or run, never both at once: filters' code is made in two steps. */
	{"mmap", 0, ARGUMENT(2, PROT_EXEC, 0), .why = "memory to read and write"},
	{"mmap", 0, ARGUMENT(2, PROT_WRITE, 0), .why = "libraries loaded when first needed"},
	{"mprotect", 0, ARGUMENT(2, PROT_EXEC, 0), .why = "memory to read and write"},
	{"mprotect", 0, ARGUMENT(2, PROT_WRITE, 0), .why = "compiled filters of rules"},

	{"rt_sigaction", 0, .why = "abort, sanitizers"},
	{"rt_sigprocmask", 0, .why = "a thread begins or ends"},
	{"rt_sigreturn", 0, .why = "a signal was handled"},
	{"rt_sigtimedwait", 0, .why = "signals that are waited for"},
	{"restart_syscall", 0, .why = "the process was stopped and goes on"},
	{"tgkill", 0, ARGUMENT(0, ALLOWED_WHOLE, ALLOWED_OWN_PROCESS), .why = "abort"},
	{"getrandom", 0, .why = "hash seeds, MAC addresses"},
	{"getrlimit", 0, .why = "sizes of stacks; `status`"},
	{"prlimit64", 0, .why = "the same; libbpf asks how much it may lock"},
	{"getrusage", 0, .why = "page faults of a worker, before its loop"},
	{"sysinfo", 0, .why = "libraries ask for memory and cores"},
	{"uname", 0, .why = "libbpf asks for the kernel"},
	{"exit", 0, .why = "a thread ends"},
	{"exit_group", 0, .why = "the process ends"},

	/* Nothing is set by it: that takes a capability, which is gone. Replays may come later. */
	{"adjtimex", 0, .why = "how wrong the wall clock may be, for --at"},
	{"clock_adjtime", 0, .why = "the same"},
	{"io_uring_setup", ALLOWED_FOR_DISKS, .why = "captures that are read, and written"},
	{"io_uring_enter", ALLOWED_FOR_DISKS, .why = "the same"},
	{"io_uring_register", ALLOWED_FOR_DISKS, .why = "the same"},
	{"bpf", ALLOWED_FOR_AF_XDP | ALLOWED_FOR_KERNEL,
	 .why = "an interface's program is taken off when its port closes"},

	/* Leak checking stops all threads from a process of its own, and looks at them. */
	{"clone", ALLOWED_FOR_SANITIZERS, .why = "LeakSanitizer's tracer"},
	{"ptrace", ALLOWED_FOR_SANITIZERS, .why = "the same"},
	{"wait4", ALLOWED_FOR_SANITIZERS, .why = "the same"},
	{"kill", ALLOWED_FOR_SANITIZERS, .why = "the same"},
	{"process_vm_readv", ALLOWED_FOR_SANITIZERS, .why = "the same"},
	{"arch_prctl", ALLOWED_FOR_SANITIZERS, .why = "the same"},
	{"prctl", ALLOWED_FOR_SANITIZERS, .why = "the same"},
	{"personality", ALLOWED_FOR_SANITIZERS, .why = "the same"},
	{"setrlimit", ALLOWED_FOR_SANITIZERS, .why = "the same"},
	{0},
};

const struct forbidden_call forbidden_calls[] = {
	{"execve", 0, "no other program is ever started"},
	{"execveat", 0, "the same"},
	{"fork", 0, "no other process either"},
	{"vfork", 0, "the same"},
	{"ptrace", ALLOWED_FOR_SANITIZERS, "other processes' memory"},
	{"process_vm_readv", ALLOWED_FOR_SANITIZERS, "the same"},
	{"process_vm_writev", 0, "the same"},
	{"process_madvise", 0, "the same"},
	{"pidfd_getfd", 0, "other processes' files"},
	{"kcmp", 0, "the same"},
	{"mount", 0, "file systems"},
	{"umount2", 0, "the same"},
	{"mount_setattr", 0, "the same"},
	{"move_mount", 0, "the same"},
	{"open_tree", 0, "the same"},
	{"fsopen", 0, "the same"},
	{"fsconfig", 0, "the same"},
	{"fsmount", 0, "the same"},
	{"fspick", 0, "the same"},
	{"pivot_root", 0, "the same"},
	{"chroot", 0, "the same"},
	{"unshare", 0, "namespaces, where a user is root"},
	{"setns", 0, "the same"},
	{"open_by_handle_at", 0, "files without a path"},
	{"name_to_handle_at", 0, "the same"},
	{"init_module", 0, "code in the kernel"},
	{"finit_module", 0, "the same"},
	{"delete_module", 0, "the same"},
	{"kexec_load", 0, "another kernel"},
	{"kexec_file_load", 0, "the same"},
	{"bpf", ALLOWED_FOR_AF_XDP | ALLOWED_FOR_KERNEL, "programs in the kernel"},
	{"perf_event_open", 0, "the kernel's measuring, often a way in"},
	{"userfaultfd", 0, "page faults held up, a help in attacks on the kernel"},
	{"add_key", 0, "keys of the kernel"},
	{"request_key", 0, "the same"},
	{"keyctl", 0, "the same"},
	{"iopl", 0, "ports of the machine"},
	{"ioperm", 0, "the same"},
	{"modify_ldt", 0, "segments, an old way in"},
	{"setuid", 0, "other users"},
	{"setgid", 0, "the same"},
	{"setreuid", 0, "the same"},
	{"setregid", 0, "the same"},
	{"setresuid", 0, "the same"},
	{"setresgid", 0, "the same"},
	{"setfsuid", 0, "the same"},
	{"setfsgid", 0, "the same"},
	{"setgroups", 0, "the same"},
	{"capset", 0, "capabilities only ever become fewer, and have"},
	{"reboot", 0, "the machine"},
	{"swapon", 0, "the same"},
	{"swapoff", 0, "the same"},
	{"acct", 0, "the same"},
	{"quotactl", 0, "the same"},
	{"settimeofday", 0, "its clock"},
	{"clock_settime", 0, "the same"},
	{"sethostname", 0, "its name"},
	{"setdomainname", 0, "the same"},
	{"syslog", 0, "its kernel's log, where addresses stand"},
	{0},
};

/* What a daemon that root started keeps once its ports are up; one of another user has none. */
const struct allowed_capability allowed_capabilities[] = {
	{CAP_NET_ADMIN, ALLOWED_FOR_AF_XDP | ALLOWED_FOR_KERNEL,
	 "programs, promiscuous mode and interfaces are undone when the port closes"},
	{CAP_NET_RAW, ALLOWED_FOR_AF_XDP | ALLOWED_FOR_KERNEL, "sockets that are made anew"},
	{CAP_BPF, ALLOWED_FOR_AF_XDP, "an interface that comes back is given its program again"},
	{CAP_PERFMON, ALLOWED_FOR_AF_XDP, "libxdp's own program is refused without it"},
	{CAP_SYS_ADMIN, ALLOWED_FOR_AF_XDP | ALLOWED_FOR_PHYSICAL,
	 "libxdp looks programs and maps up by number; physical addresses of memory that is added"},
	{CAP_SYS_RAWIO, ALLOWED_FOR_PHYSICAL, "devices without an IOMMU that come back"},
	{CAP_IPC_LOCK, ALLOWED_FOR_LOCKING,
	 "memory that is added is locked too, and mapped for NICs"},
	{-1, 0, NULL},
};

static unsigned
needs_of_vdev(const char *device)
{
	static const struct {
		const char *start;
		unsigned needs;
	} drivers[] = {
		{"net_af_xdp", ALLOWED_FOR_AF_XDP},    {"net_tap", ALLOWED_FOR_KERNEL},
		{"net_tun", ALLOWED_FOR_KERNEL},       {"net_af_packet", ALLOWED_FOR_KERNEL},
		{"eth_af_packet", ALLOWED_FOR_KERNEL}, {"net_virtio_user", ALLOWED_FOR_KERNEL},
		{"virtio_user", ALLOWED_FOR_KERNEL},   {"net_kni", ALLOWED_FOR_KERNEL},
		{"net_memif", ALLOWED_FOR_MEMIF},      {"net_vhost", ALLOWED_FOR_MEMIF},
		{"eth_vhost", ALLOWED_FOR_MEMIF},
	};

	for (unsigned i = 0; i < sizeof(drivers) / sizeof(drivers[0]); i++) {
		if (strncmp(device, drivers[i].start, strlen(drivers[i].start)) == 0)
			return drivers[i].needs;
	}
	/* Drivers made of others (net_bonding, net_failsafe) name them in their words. */
	for (unsigned i = 0; i < sizeof(drivers) / sizeof(drivers[0]); i++) {
		if (strstr(device, drivers[i].start))
			return drivers[i].needs;
	}
	return strstr(device, "iface=") ? ALLOWED_FOR_KERNEL : 0;
}

/* Of a NIC whose driver in DPDK works beside the kernel's own, through its sockets and devices. */
static unsigned
needs_of_pci(const char *address)
{
	char path[128], driver[128];
	ssize_t length;

	snprintf(path, sizeof(path), "/sys/bus/pci/devices/%s/driver", address);
	length = readlink(path, driver, sizeof(driver) - 1);
	driver[length > 0 ? length : 0] = '\0';
	return ALLOWED_FOR_PCI |
	       (strstr(driver, "/mlx") || strstr(driver, "/mana") ? ALLOWED_FOR_KERNEL : 0);
}

unsigned
allowed_needs_of_port(const struct config_port *port)
{
	if (port->kind == CONFIG_PORT_PCI)
		return needs_of_pci(port->device);
	if (port->kind == CONFIG_PORT_AF_XDP)
		return ALLOWED_FOR_AF_XDP;
	return port->kind == CONFIG_PORT_VDEV ? needs_of_vdev(port->device) : 0;
}

unsigned
allowed_needs(const struct config *config)
{
	unsigned needs = ALLOWED_SANITIZED ? ALLOWED_FOR_SANITIZERS : 0;

	for (unsigned i = 0; i < config->port_count; i++)
		needs |= allowed_needs_of_port(&config->ports[i]);
	needs |= config->replay_count || config->capture_count ? ALLOWED_FOR_DISKS : 0;
	needs |= config->keep & CONFIG_KEEP_AF_XDP ? ALLOWED_FOR_AF_XDP : 0;
	needs |= config->keep & CONFIG_KEEP_VDEV ? ALLOWED_FOR_KERNEL | ALLOWED_FOR_MEMIF : 0;
	return needs;
}
