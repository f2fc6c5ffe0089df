/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Act: what a key does to the screen. One thread.
 */
#ifndef TOP_ACT_H
#define TOP_ACT_H

#include "top/screenful.h"

enum act { ACT_NOTHING, ACT_DRAW, ACT_QUIT };

enum act act_on(struct screenful *screenful, int key);

#endif
