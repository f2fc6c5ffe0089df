/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Replay: one replay of a config, from its files to its verdict: reader, lanes, and the state that
 * a user sees. Times called now_ns are on the engine's clock. The control thread calls everything
 * here; workers have the lanes (lane.h), and copy a lane's tally to its answer when the engine asks
 * them to.
 */
#ifndef REPLAY_REPLAY_H
#define REPLAY_REPLAY_H

#include "port/ports.h"
#include "replay/lane.h"
#include "replay/report.h"
#include "replay/terms.h"

#define REPLAY_REASON_MAX 256

struct replay;

/* What a config asks of its replays' files: that they are there, captures, and of Ethernet, as far
 * as their beginnings show. All findings, with their place in the config. No EAL needed. Returns 0
 * or -EINVAL. */
int replay_check(const struct config *config, struct error_list *errors);

/* A replay of a config, and where it is to run. */
struct replay_wish {
	const struct config *config;
	unsigned index;
	/* That it feeds, of ports or to be; server is of a pair. */
	const struct port *port, *server;
	const struct ports *ports;
	uint64_t rings; /* what those will hold that are to be, where that is more */
	unsigned workers;
	bool stamp; /* offline */
	int news;   /* an eventfd, or -1, that is written to when replay_tick would begin it */
};

/* Whether the edits of two replays do the same, whatever lists they name. False without memory. */
bool replay_same_edits(const struct config *a_config, const struct config_replay *a,
		       const struct config *b_config, const struct config_replay *b);

/* Opens the files and makes what is needed; nothing is sent before replay_start. Keeps the config
 * as config_keep does, and ports must outlive it. On failure a negative errno, with a sentence in
 * reason. Any thread, as replay_close. */
int replay_open(const struct replay_wish *wish, struct replay **out, char *reason);

/* Mbufs that are not back; meant for when the ports are closed. */
uint64_t replay_leaked(const struct replay *replay);

/* How many more packets than it can have on their way fit into rings that hold so many in all; 0:
 * none. A port that keeps more of them would keep the replay from going on. */
uint64_t replay_lacks(const struct replay *replay, uint64_t rings);

/* Frees everything. No worker may hold a lane any more, and the ports must have given everything
 * back. */
void replay_close(struct replay *replay);

const struct config_replay *replay_config(const struct replay *replay);
enum replay_state replay_state(const struct replay *replay);

/* The lane of a worker, or NULL when it has none. */
struct replay_lane *replay_lane(struct replay *replay, unsigned worker);

/* Orders. Each returns 0, or a negative errno with a sentence in reason (REPLAY_REASON_MAX bytes):
 * -EALREADY and -EINVAL when the state does not allow it, -ETIMEDOUT when a worker does not
 * move. */
int replay_start(struct replay *replay, const struct replay_terms *terms, uint64_t now_ns,
		 char *reason);
int replay_stop(struct replay *replay, char *reason);
int replay_pause(struct replay *replay, uint64_t now_ns, char *reason);
int replay_resume(struct replay *replay, uint64_t now_ns, char *reason);
int replay_seek(struct replay *replay, struct config_moment moment, uint64_t now_ns, char *reason);
int replay_pace(struct replay *replay, const struct config_pace *pace, uint64_t now_ns,
		char *reason);

/* A step of its stop, which waits for nobody: call it until it is true, and the replay neither runs
 * nor is about to. */
bool replay_stops(struct replay *replay);

/* As replay_start, but it begins when the ports that its packets can leave on have a link: cards
 * bring it up only when they are started, and what is sent before is lost. It does not wait for
 * ever. */
void replay_start_with_link(struct replay *replay, uint64_t now_ns);

/* Whether it waits for a time of the wall clock, which one, and how wrong that clock may be. */
bool replay_waits(const struct replay *replay, uint64_t *at_ns, uint64_t *clock_error_ns);

/* Of one that waits, shortly before its time: that is at_ns on the engine's clock, and what is true
 * may lie so far from it at most. It fails when its first packet is not there. */
void replay_keep_time(struct replay *replay, uint64_t at_ns, uint64_t bound_ns);

/* One that waits can't keep its time: it has failed. */
void replay_miss(struct replay *replay, const char *reason);

/* Moves the state on: files that are ready, lanes that are done, readers that failed. Call it
 * often: a replay begins within one call of its files being ready. */
void replay_tick(struct replay *replay, uint64_t now_ns);

/* Waits a moment for the first packets of a replay that is opening: most often they are there at
 * once, and it runs when its start is answered. */
void replay_await_files(const struct replay *replay);

/* Brings the state of one that runs to that of its lanes, and begins nothing. */
void replay_follow(struct replay *replay);

/* Offline: waits until a packet is there or the files are at their end, and begins, with the first
 * packet due at the time it has in the capture. */
void replay_start_virtual(struct replay *replay);

/* At now_ns on the engine's clock, as lanes' tallies are known. False: out of memory; to be cleared
 * all the same. */
bool replay_look(const struct replay *replay, uint64_t now_ns, struct replay_report *out);

#endif
