/* SPDX-License-Identifier: BSD-3-Clause */
#include "disk/direct.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <sys/vfs.h>

#include <linux/magic.h>

#include "core/opener.h"
#include "disk/loader.h"

#include "core/banned.h"

bool
disk_takes_direct(int fd)
{
	struct statfs fs;
#ifdef STATX_DIOALIGN
	struct statx status;

	if (statx(fd, "", AT_EMPTY_PATH, STATX_DIOALIGN, &status) == 0 &&
	    (status.stx_mask & STATX_DIOALIGN) &&
	    (status.stx_dio_offset_align == 0 || status.stx_dio_offset_align > LOADER_ALIGN ||
	     status.stx_dio_mem_align > LOADER_ALIGN))
		return false;
#endif
	/* It takes the flag, but the page cache is where its files are. */
	return fstatfs(fd, &fs) < 0 || fs.f_type != TMPFS_MAGIC;
}

int
disk_open_direct(const char *path, int plain)
{
	return disk_takes_direct(plain)
		       ? opener_open(path, O_RDONLY | O_CLOEXEC | O_DIRECT, OPENER_PATIENCE_MS)
		       : -1;
}
