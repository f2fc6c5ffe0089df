/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Control: the daemon's one control thread. It answers clients on two sockets, takes signals, keeps
 * links watched, and never makes a packet or one client wait for another.
 */
#ifndef CONTROL_CONTROL_H
#define CONTROL_CONTROL_H

#include "engine/engine.h"

struct control;

/* config_file is what SIGHUP has read again and what a restart reads, text what was read of it, or NULL where that is not known.
 * Creates run_dir if need be, takes its lock (another daemon there is refused by its pid) and listens on
 * control.sock (owner only) and stats.sock (owner and group, reading methods alone). SIGHUP must be blocked
 * in every thread. What fails is logged, undone, and a negative errno returned. */
int control_open(const char *run_dir, const char *config_file, const struct config_text *text,
		 struct control **out);

/* Serves until control_stop or a client asks for the end. Returns 0 or a negative errno. */
int control_run(struct control *control, struct engine *engine);

/* Asks for the end. Any thread or signal handler; quick. */
void control_stop(struct control *control);

/* Waits for the work that a client's request still does with the engine, which must not be freed before. */
void control_settle(struct control *control);

/* Removes the sockets and the lock, and no more: for a process that ends in the middle of something. Any thread. */
void control_abandon(const struct control *control);

/* Stops listening and closes every client; the engine may be gone. Removes the sockets. */
void control_close(struct control *control);

#endif
