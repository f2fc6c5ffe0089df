/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Screen: a terminal whose whole screen is drawn again and again, and is as it was before when that
 * ends. One thread.
 */
#ifndef SLUICE_SCREEN_H
#define SLUICE_SCREEN_H

#include <stdbool.h>

/* xterm's control sequences, which all terminals of today have: the other screen, no cursor, no
 * wrapping. */
#define SCREEN_BEGIN "\033[?1049h\033[?25l\033[?7l"
#define SCREEN_END "\033[?7h\033[?25h\033[?1049l"

/* False where stdout is no terminal that can do so. What say_failed is given is said after the
 * end. */
bool screen_begin(void);

/* Shows the lines of a text from the top, as many as there is room for. */
void screen_draw(const char *text);

/* Does nothing when it has not begun. */
void screen_end(void);

#endif
