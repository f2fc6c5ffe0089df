/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Bytes: of two frames as hexadecimal digits, where they differ. One thread.
 */
#ifndef VIEW_BYTES_H
#define VIEW_BYTES_H

#include <jansson.h>

/* "set (vlan 100): byte 14: 0005 -> 0064", of an edit's step { edit, does, before, after }. The
 * caller frees it; NULL: no memory. */
char *bytes_changed(const json_t *step);

#endif
