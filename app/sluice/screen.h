/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Screen: a terminal whose whole screen is drawn again and again, and is as it was before when that
 * ends. One thread.
 */
#ifndef SLUICE_SCREEN_H
#define SLUICE_SCREEN_H

#include <stdbool.h>

/* False where stdout is no terminal that can do so. What say_failed is given is said after the
 * end. */
bool screen_begin(void);

/* Shows the lines of a text from the top, as many as there is room for. */
void screen_draw(const char *text);

/* Does nothing when it has not begun. */
void screen_end(void);

#endif
