/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Layout: how many rows of the screen each pane gets. Pure.
 */
#ifndef TOP_LAYOUT_H
#define TOP_LAYOUT_H

/* Rows for things that stand below each other, of which each wants so many: none gets more, and
 * those that want less leave it to the others. given[i] is 0 where there is no room at all. */
void layout_share(const unsigned *wants, unsigned *given, unsigned count, unsigned room);

/* The first row that is shown of so many, where `shown` have room and `marked` is to be seen, when
 * it was `first` until now. */
unsigned layout_scroll(unsigned first, unsigned marked, unsigned rows, unsigned shown);

#endif
