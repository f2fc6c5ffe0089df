/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * List: of actions, while it is read. There are several kinds, each of which takes some verbs.
 * list.c has what holds of a list, action.c what holds of one action, with a row a verb, shape.c
 * what actions mean for each other, and fit.c what they mean for the packets of their rule.
 */
#ifndef CONFIG_LIST_H
#define CONFIG_LIST_H

#include "config/key.h"

enum list_kind {
	LIST_RULE,
	LIST_WITH,    /* of a mirror */
	LIST_EDITS,   /* that has a name */
	LIST_REPLAY,  /* of edits */
	LIST_DEFAULT, /* one action, which is no list but a value */
};

/* Reads a list into actions, which are empty, and checks what stands in it one by one. False when
 * it is none. */
bool list_read(struct reader *reader, const struct spot *spot, enum list_kind kind,
	       struct config_actions *actions);
void list_clear(struct config_actions *actions);

/* "{ slice: 128 }, drop", as it stands between the brackets. */
void list_write(const struct key_out *out, const struct config_actions *actions);
/* "slice 128, drop" */
void list_put(FILE *out, const struct config *config, const struct config_actions *actions);

/* Adds the action at a spot, if it is one that the list takes. There is room for it. */
void action_read(struct reader *reader, const struct spot *spot, enum list_kind kind,
		 struct config_actions *actions);
void action_write(const struct key_out *out, const struct config_action *action);
void action_put(FILE *out, const struct config *config, const struct config_action *action);
void action_clear(struct config_action *action);

/* What can be the default, for a finding. */
struct action_forms {
	char text[256];
};

struct action_forms action_ends(void);
bool action_is_end(const char *word); /* that stands alone */

/* Findings about a whole list that has none of its own: of a rule, and of edits with a name. */
void shape_check_rule(struct reader *reader, const struct spot *spot,
		      const struct config_actions *actions);
void shape_check_edits(struct reader *reader, const struct spot *spot,
		       const struct config_actions *actions);

/* Warns of edits that find nothing to do in the packets that their rule takes. */
void fit_warn(struct reader *reader, const struct config_match *match,
	      const struct config_actions *actions);

#endif
