/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Records: what became of those of captures where it is out of the ordinary, in the same words for
 * ports and replays, added to a list; nothing where there is nothing to say. For this room.
 */
#ifndef VIEW_RECORDS_H
#define VIEW_RECORDS_H

#include "view/value.h"

/* Those that are not as the capture has them, and whether a file lacks its end. */
void records_changed(struct value_list *list, const json_t *object);

/* Those that a replay did not send. */
void records_not_sent(struct value_list *list, const json_t *replay);

/* Which edits of a replay found nothing to do, each in how many of its packets: "12 by strip
 * vlan". */
void records_unedited(struct value_list *list, const json_t *replay);

/* Those that a port changed, and those that it did not take, which are to be the last of the
 * list. */
void records_of_port(struct value_list *list, const json_t *port);

#endif
