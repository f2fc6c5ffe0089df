/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Method: what clients can call. One table says of each method its name, parameters, who may call it and
 * how it is answered; `methods` lists it.
 */
#ifndef CONTROL_METHOD_H
#define CONTROL_METHOD_H

#include <stdbool.h>

#include "control/rpc.h"
#include "engine/engine.h"

/* What answering needs of the daemon. */
struct method_daemon {
	struct engine *engine;
	const char *config_file; /* absolute */
	bool stop;               /* set by `shutdown` */
};

/* One call on its way. Everything in it is owned by it. */
struct call {
	const struct method *method;
	char *id;       /* as it was sent; NULL in a notification */
	json_t *params; /* NULL: none */
	json_t *result;
	struct rpc_error error;
	struct program *program; /* made by a job, to be swapped in */
	json_t *changes;         /* of a job: what to tell of it */
	/* What the result is still to be made of, when that takes long; see method_render. */
	struct snapshot *snapshot;
	json_t *(*view)(const struct snapshot *snapshot);
	char *text;
};

struct method_param {
	const char *name, *type, *text; /* type as JSON has it: "string", "integer" */
	bool required;
};

#define METHOD_PARAMS_MAX 3

struct method {
	const char *name, *text;
	bool changes; /* only on the control socket */
	bool file;    /* reads files in the daemon's name: only on the control socket */
	struct method_param params[METHOD_PARAMS_MAX];
	/* Control thread: answers at once, or finishes what work began. */
	void (*answer)(struct method_daemon *daemon, struct call *call);
	/* Any thread, one at a time, before answer: what may take seconds; NULL when nothing does. It
	 * must change nothing that others see. */
	void (*work)(const struct method_daemon *daemon, struct call *call);
};

/* NULL when there is none of that name. */
const struct method *method_find(const char *name);
const struct method *method_at(unsigned index);

/* Checks access and parameters; false with call->error set when the call must not go on. */
bool method_admit(struct call *call, bool reading_only);

/* Whether the call's answer left its result to method_render, which any thread may run, as it touches
 * nothing but the call: of ten thousand rules it takes tens of milliseconds. */
bool method_is_raw(const struct call *call);
void method_render(struct call *call);

/* Frees what the call owns, but not the call. */
void call_clear(struct call *call);

#endif
