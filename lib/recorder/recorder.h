/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Recorder: the targets of `captures:`. A worker leaves a reference to each packet in a ring, which
 * never waits; a thread of the capture's, cap-NAME, puts the packets into its store
 * (store/store.h), which copies them and writes files. Offline there are no threads: a packet is in
 * the store when the worker goes on.
 */
#ifndef RECORDER_RECORDER_H
#define RECORDER_RECORDER_H

#include "stage/target.h"
#include "store/store.h"

extern const struct target recorder_target;

struct recorder;

/* Of the target's state in a program that runs: that of a capture's name, or NULL. */
struct recorder *recorder_find(const void *state, const char *name);

/* The next packet begins another file, and the one that is open is closed. Control thread. */
void recorder_rotate(struct recorder *recorder);

/* A trigger, now; false: the capture has none. Control thread. */
bool recorder_trigger(const void *state, struct recorder *recorder);

/* Where they are, as the config says it. */
const char *recorder_directory(const struct recorder *recorder);

/* Writes the path of the file that is being written, or "". */
void recorder_writes(const struct recorder *recorder, char path[STORE_PATH_MAX]);

/* How many files it has closed; the last of them is among its files then. */
uint64_t recorder_closed(const struct recorder *recorder);

/* Its last files, see store_files. */
unsigned recorder_files(struct recorder *recorder, struct store_file *files, unsigned room);

#endif
