/* SPDX-License-Identifier: BSD-3-Clause */
#include "host/landlock.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/landlock.h>
#include <stdint.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "host/allowed.h"

#include "core/banned.h"

/* Debian 12's headers end with ABI 2, of Linux 5.19; kernels of its backports know more. The
 * numbers are those of include/uapi/linux/landlock.h. */
#define ACCESS_TRUNCATE (UINT64_C(1) << 14)  /* ABI 3 */
#define ACCESS_IOCTL_DEV (UINT64_C(1) << 15) /* ABI 5 */
#define NET_TCP (UINT64_C(3))                /* ABI 4: bind and connect */
#define SCOPE_ABSTRACT_UNIX UINT64_C(1)      /* ABI 6 */
#define SCOPE_SIGNAL UINT64_C(2)             /* ABI 6 */

#define ACCESS_ABI_1 ((UINT64_C(1) << 13) - 1)

struct ruleset {
	uint64_t fs;
	uint64_t net;    /* ABI 4 */
	uint64_t scoped; /* ABI 6 */
};

static uint64_t
known_access(int abi)
{
	uint64_t access = ACCESS_ABI_1;

	if (abi >= 2)
		access |= LANDLOCK_ACCESS_FS_REFER;
	if (abi >= 3)
		access |= ACCESS_TRUNCATE;
	if (abi >= 5)
		access |= ACCESS_IOCTL_DEV;
	return access;
}

/* A kernel refuses a longer structure than it knows, unless the rest is zero. */
static size_t
known_size(int abi)
{
	return abi >= 6 ? 24 : abi >= 4 ? 16 : 8;
}

int
landlock_open(struct landlock *landlock, bool with_abstract)
{
	struct ruleset ruleset = {0};
	long abi = syscall(SYS_landlock_create_ruleset, NULL, 0, LANDLOCK_CREATE_RULESET_VERSION);

	landlock->fd = -1;
	if (abi < 0)
		return -errno;
	landlock->abi = (int)abi;
	ruleset.fs = known_access(landlock->abi);
	if (abi >= 4)
		ruleset.net = NET_TCP;
	if (abi >= 6)
		ruleset.scoped = SCOPE_SIGNAL | (with_abstract ? 0 : SCOPE_ABSTRACT_UNIX);
	landlock->fd = (int)syscall(SYS_landlock_create_ruleset, &ruleset, known_size((int)abi), 0);
	return landlock->fd < 0 ? -errno : 0;
}

static uint64_t
rights(unsigned access, bool directory)
{
	uint64_t result = 0;

	if (access & ALLOWED_READ)
		result |= LANDLOCK_ACCESS_FS_READ_FILE |
			  (directory ? LANDLOCK_ACCESS_FS_READ_DIR : 0);
	if (access & ALLOWED_WRITE)
		result |= LANDLOCK_ACCESS_FS_WRITE_FILE | ACCESS_TRUNCATE;
	if (access & ALLOWED_DEVICE)
		result |= ACCESS_IOCTL_DEV;
	if (directory && (access & ALLOWED_MAKE))
		result |= LANDLOCK_ACCESS_FS_MAKE_REG | LANDLOCK_ACCESS_FS_MAKE_SOCK |
			  LANDLOCK_ACCESS_FS_MAKE_DIR;
	if (directory && (access & ALLOWED_REMOVE))
		result |= LANDLOCK_ACCESS_FS_REMOVE_FILE | LANDLOCK_ACCESS_FS_REMOVE_DIR;
	return result;
}

int
landlock_allow(const struct landlock *landlock, const char *path, unsigned access)
{
	struct landlock_path_beneath_attr rule = {0};
	struct stat status;
	int ret = 0;

	rule.parent_fd = open(path, O_PATH | O_CLOEXEC);
	if (rule.parent_fd < 0)
		return -errno;
	if (fstat(rule.parent_fd, &status) < 0)
		ret = -errno;
	rule.allowed_access = rights(access, S_ISDIR(status.st_mode)) & known_access(landlock->abi);
	if (ret == 0 && rule.allowed_access &&
	    syscall(SYS_landlock_add_rule, landlock->fd, LANDLOCK_RULE_PATH_BENEATH, &rule, 0) < 0)
		ret = -errno;
	close(rule.parent_fd);
	return ret;
}

int
landlock_enforce(struct landlock *landlock)
{
	int ret = syscall(SYS_landlock_restrict_self, landlock->fd, 0) < 0 ? -errno : 0;

	landlock_close(landlock);
	return ret;
}

void
landlock_close(struct landlock *landlock)
{
	if (landlock->fd >= 0)
		close(landlock->fd);
	landlock->fd = -1;
}
