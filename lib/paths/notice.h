/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Notice: the kernel's word that memory sent with MSG_ZEROCOPY is free again, and whether it was
 * copied after all (Documentation/networking/msg_zerocopy.rst).
 */
#ifndef PATHS_NOTICE_H
#define PATHS_NOTICE_H

#include "paths/way.h"

/* Asks for it. Negative errno. */
int notice_begin(int fd);

/* Takes what there is, and adds it to run->told and told_copied. */
void notice_read(int fd, struct way_run *run);

/* Waits until all of sent, in calls, was told; -ETIMEDOUT after two seconds. */
int notice_wait(int fd, struct way_run *run, uint64_t sent);

#endif
