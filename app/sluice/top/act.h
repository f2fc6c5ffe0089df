/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Act: what a key does to the screen. One thread.
 */
#ifndef TOP_ACT_H
#define TOP_ACT_H

#include "top/screenful.h"

/* ACT_EXPLAIN, ACT_TAP: the text that is shown over the panes is to be made, of the marked row. */
enum act { ACT_NOTHING, ACT_DRAW, ACT_QUIT, ACT_EXPLAIN, ACT_TAP };

enum act act_on(struct screenful *screenful, int key);

#endif
