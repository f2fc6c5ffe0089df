/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Energy: what the machine took, in a line. One thread.
 */
#ifndef VIEW_ENERGY_H
#define VIEW_ENERGY_H

struct view;

/* Also that nothing counts it; nothing of a daemon that does not tell. */
void energy_print(const struct view *view);

#endif
