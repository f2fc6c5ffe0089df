/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Aim: which packets a tap is to show, by what is marked on the screen. Pure.
 */
#ifndef TOP_AIM_H
#define TOP_AIM_H

#include <jansson.h>

#define AIM_TEXT_MAX 192

struct aim {
	json_t *terms;           /* what `look.begin` takes, a new reference; NULL: see why */
	char name[AIM_TEXT_MAX]; /* "port wan", "rule web", or why it can't be tapped */
	char only[AIM_TEXT_MAX]; /* packets of that text alone; "": all that the terms let by */
};

/* pane: one of pane.h, name: of its marked row, "": none. figures may be NULL. talker: the last
 * packet of the talker of that name, as `look.read` gives it; NULL: none is known. */
struct aim aim_at(unsigned pane, const char *name, const json_t *figures, const json_t *talker);

#endif
