/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Tap: packets that pass, written as a capture while they do.
 */
#ifndef SLUICE_TAP_H
#define SLUICE_TAP_H

#include "looking.h"

#define TAP_SNAP 65535

/* Whether more can be written to stdout; a reader that has gone away ends it, and is none of our
 * business. done: whether the last write worked. */
bool tap_written(bool done);

/* Looks, and writes what is seen to stdout as pcapng; looking's own show, flush and to are not
 * asked. Returns an exit code. */
int tap_capture(const struct looking *looking, const struct options *options);

#endif
