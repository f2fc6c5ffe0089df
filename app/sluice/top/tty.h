/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Tty: the terminal that stdout is, as a screen that is drawn and keys that are read, without ever
 * waiting for it: while it is slow frames are left out. One thread, one terminal.
 */
#ifndef TOP_TTY_H
#define TOP_TTY_H

#include <stdbool.h>

/* False where stdout is no terminal that can do so. What say_failed is given is kept until the
 * end. */
bool tty_begin(void);

/* As it was before. loud: the last that say_failed was given is said. Does nothing if it has not
 * begun. */
void tty_end(bool loud);

/* Its descriptor, for poll, and whether there is something to write to it. */
int tty_fd(void);
bool tty_is_behind(void);

/* Goes on writing. False: the terminal is gone. */
bool tty_flush(void);

/* The next frame, a line a row; only what has changed is written. To be called when it is not
 * behind. */
void tty_draw(const char *text, unsigned rows);

/* The next frame is written whole: what the terminal shows is not known. */
void tty_forget(void);

/* Reads what was typed; room bytes at most. 0: nothing. Below 0: the terminal is gone. */
int tty_read(char *bytes, int room);

/* Sleeps until something was typed, the terminal takes more, or fd (below 0: none) can be read, but
 * for ms milliseconds at most; a signal ends it, too, and so does another size. */
void tty_wait(int fd, int ms);

#endif
