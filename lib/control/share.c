/* SPDX-License-Identifier: BSD-3-Clause */
/* Snapshots that answers share, so that many who ask, or who read slowly, hold few. */
#include "control/method.h"
#include "core/now.h"

#include "core/banned.h"

/* A large snapshot is made again only after so many times what it took: a tenth of the time at most
 * goes into it, however many ask. */
#define COST_SHARE 10
/* A snapshot has 16 bytes a rule. Of those with more rules than this, two exist at most: as many as
 * there are clients would have 16 MiB of smaller ones. */
#define RULES_LARGE 16384

void
method_forget(struct method_daemon *daemon)
{
	snapshot_free(daemon->latest);
	snapshot_free(daemon->older);
	daemon->latest = daemon->older = NULL;
}

/* Whether the latest will do. */
static bool
will_do(const struct method_daemon *daemon, uint64_t now)
{
	const struct snapshot *latest = daemon->latest, *older = daemon->older;

	/* A small one is made in the time that it takes to ask. */
	if (!latest || latest->rule_count <= RULES_LARGE)
		return false;
	if (now - daemon->made_ns < COST_SHARE * daemon->cost_ns)
		return true;
	return snapshot_is_shared(latest) && older && snapshot_is_shared(older);
}

struct snapshot *
method_snapshot(struct method_daemon *daemon)
{
	uint64_t now = now_ns();
	struct snapshot *made;

	if (will_do(daemon, now))
		return snapshot_hold(daemon->latest);
	if (daemon->latest && snapshot_is_shared(daemon->latest)) {
		/* The older one is nobody's any more, or small. */
		snapshot_free(daemon->older);
		daemon->older = daemon->latest;
	} else {
		snapshot_free(daemon->latest);
	}
	daemon->latest = NULL;
	made = engine_snapshot(daemon->engine);
	daemon->made_ns = now_ns();
	daemon->cost_ns = daemon->made_ns - now;
	daemon->latest = made;
	return made ? snapshot_hold(made) : NULL;
}
