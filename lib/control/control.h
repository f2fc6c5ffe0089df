/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Control: the daemon's one control thread. It answers clients on two sockets, takes signals, keeps
 * links watched, and never makes a packet or one client wait for another.
 */
#ifndef CONTROL_CONTROL_H
#define CONTROL_CONTROL_H

#include <jansson.h>

#include "engine/engine.h"

struct control;

/* config_file is what SIGHUP has read again and what a restart reads, text what was read of it, or
 * NULL where that is not known. Creates run_dir if need be, takes its lock (another daemon there is
 * refused by its pid) and listens on control.sock (owner only) and stats.sock (owner and group,
 * reading methods alone). SIGHUP must be blocked in every thread. Without a run_dir (NULL) nobody
 * can ask it anything, and without a config_file SIGHUP is the end. What fails is logged, undone,
 * and a negative errno returned. */
int control_open(const char *run_dir, const char *config_file, const struct config_text *text,
		 struct control **out);

/* Has a function called by control_run, some ten times a second. */
void control_on_tick(struct control *control, void (*tick)(void *context, struct control *control),
		     void *context);

/* Answers a call of the process's own, as if a client had sent it: in the function above. Takes
 * params over, which may be NULL. Returns a new reference; NULL: what was refused is logged. For
 * methods that answer at once, without a list of rules. */
json_t *control_ask(struct control *control, const char *method, json_t *params);

/* Serves until control_stop or a client asks for the end. Returns 0 or a negative errno. */
int control_run(struct control *control, struct engine *engine);

/* Asks for the end. Any thread or signal handler; quick. */
void control_stop(struct control *control);

/* Waits for the work that a client's request still does with the engine, which must not be freed
 * before. */
void control_settle(struct control *control);

/* Removes the sockets and the lock, and no more: for a process that ends in the middle of
 * something. Any thread. */
void control_abandon(const struct control *control);

/* Stops listening and closes every client; the engine may be gone. Removes the sockets. */
void control_close(struct control *control);

#endif
