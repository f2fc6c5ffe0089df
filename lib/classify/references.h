/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * References: to how many targets the rules of a config can give one packet. Each is a reference to
 * the same mbuf, whose count has 16 bits: were it passed, the packet would be freed while it is
 * still in use. Control thread.
 */
#ifndef CLASSIFY_REFERENCES_H
#define CLASSIFY_REFERENCES_H

#include "config/config.h"
#include "core/error.h"

/* Of the 65,535 that an mbuf can count; the rest is for what drivers may add by themselves. */
#define REFERENCES_MAX 60000

/* 0, or a finding that names the rules and -E2BIG; -ENOMEM. */
int references_check(const struct config *config, struct error_list *errors);

#endif
