/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Fit: from which size on a way without copies is cheaper than the one that copies. Pure.
 */
#ifndef PATHS_FIT_H
#define PATHS_FIT_H

enum fit { FIT_CROSSES, FIT_ALWAYS, FIT_NEVER };

/* Costs of both ways, measured at the same sizes, ascending, at least one. FIT_CROSSES: *size is
 * where they meet for the last time, on a straight line between its neighbours, and beyond it the
 * second is cheaper. FIT_ALWAYS: the second is cheaper at every size, FIT_NEVER: not at the
 * largest; *size is the smallest, or the largest. */
enum fit fit_crossing(const unsigned *sizes, const double *copying, const double *without,
		      unsigned count, double *size);

/* The same by the model, of which two measured costs at one size and the cost of copying a byte are
 * all that is known: a packet costs a fixed time and that of its copies. copies: by how many
 * the first has more. */
enum fit fit_model(unsigned size, double copying, double without, double copies,
		   double copy_ns_per_byte, double *crossing);

#endif
