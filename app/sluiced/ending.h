/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Ending: how `run` comes to its end, whatever else it is at. A thread of its own takes SIGTERM and
 * SIGINT. While the daemon starts, which may take long (devices that wait for their other end,
 * configs of a hundred thousand rules), it ends the process: nothing runs yet that would have to be
 * drained, and the kernel takes back what there is. Later it asks the control thread for the end
 * and counts the time: what can't be interrupted, such as a disk that does not answer, a compile,
 * or giving back memory of a million rules, is waited for in vain only so long, and left to the
 * kernel.
 *
 * There is one. The main thread calls everything here, in this order. Signals are blocked in all
 * threads.
 */
#ifndef SLUICED_ENDING_H
#define SLUICED_ENDING_H

#include "control/control.h"

/* Begins to watch. Without success, which is logged, signals wait for ever. */
void ending_begin(struct control *control);

/* From here on a signal asks control for the end. */
void ending_serve(void);

/* Control has come to its end; what is held leaves. */
void ending_drain(void);

/* The drain is over and exit_code says how it went; what remains is to say so, and to clean up. */
void ending_clean(int exit_code);

/* Control is about to be freed. */
void ending_forget_control(void);

#endif
