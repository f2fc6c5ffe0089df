/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Control: the daemon's one control thread. It answers clients on two sockets, takes signals, keeps
 * links watched, and never makes a packet or one client wait for another.
 */
#ifndef CONTROL_CONTROL_H
#define CONTROL_CONTROL_H

#include "engine/engine.h"

struct control;

/* Creates run_dir if need be, takes its lock (another daemon there is refused by its pid) and listens on
 * control.sock (owner only) and stats.sock (owner and group, reading methods alone). SIGTERM, SIGINT
 * and SIGHUP must be blocked in every thread. config_file is what SIGHUP reads again. What fails is
 * logged, undone, and a negative errno returned. */
int control_open(const char *run_dir, const char *config_file, struct control **out);

/* Serves until a signal or a client asks for the end. Returns 0 or a negative errno. */
int control_run(struct control *control, struct engine *engine);

/* Waits for the work that a client's request still does with the engine, which must not be freed before. */
void control_settle(struct control *control);

/* Stops listening and closes every client; the engine may be gone. Removes the sockets. */
void control_close(struct control *control);

#endif
