/* SPDX-License-Identifier: BSD-3-Clause */
#include "tap.h"

#include <errno.h>

#include "pcapng.h"
#include "sluice.h"

#include "core/banned.h"

bool
tap_written(bool done)
{
	if (!done && errno == EPIPE)
		clearerr(stdout);
	return done;
}

static bool
show_block(void *to, const json_t *packet, uint64_t lost)
{
	return tap_written(pcapng_packet(to, packet, lost));
}

static bool
flush(void *to)
{
	return tap_written(fflush(stdout) == 0);
}

int
tap_capture(const struct looking *looking, const struct options *options)
{
	struct pcapng pcapng;
	struct looking whole = *looking;
	int ret;

	whole.show = show_block;
	whole.flush = flush;
	whole.to = &pcapng;
	if (!pcapng_begin(&pcapng, stdout, looking->snap) || !flush(NULL))
		ret = say_failed(EXIT_FAILED, "can't write the capture's head");
	else
		ret = looking_run(&whole, options);
	pcapng_end(&pcapng);
	return ret;
}
