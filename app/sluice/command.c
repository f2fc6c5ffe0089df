/* SPDX-License-Identifier: BSD-3-Clause */
#include <stddef.h>

#include "command_packets.h"
#include "sluice.h"

#include "core/banned.h"

#define READING(name, text_, more_)                                                             \
	{                                                                                       \
		.words = #name, .arguments = "", .text = text_, .more = more_, .method = #name, \
		.reading = true, .view = view_##name, .run = run_reading                        \
	}

#define NAMES_MAX 1000 /* the daemon's limit is a little more */

#define LISTED(words_, arguments_, method_, view_, text_, more_, ...)                    \
	{                                                                                \
		.words = words_, .arguments = arguments_, .text = text_, .more = more_,  \
		.most = NAMES_MAX, .method = method_, .reading = true, .picks = method_, \
		.view = view_, __VA_ARGS__                                               \
	}
#define LISTING(...) LISTED(__VA_ARGS__, .run = run_reading)

#define CONFIG_FILE(name, text_, more_)                                                      \
	{                                                                                    \
		.words = "config " #name, .arguments = "FILE", .text = text_, .more = more_, \
		.least = 1, .most = 1, .method = "config." #name, .patient = true,           \
		.run = run_config_file                                                       \
	}

#define CONFIG(name, text_, more_)                                                        \
	{                                                                                 \
		.words = "config " #name, .arguments = "", .text = text_, .more = more_,  \
		.method = CONFIG_METHOD_##name, .patient = true, .run = run_config_##name \
	}
#define CONFIG_METHOD_save "config.text"
#define CONFIG_METHOD_rollback "config.rollback"
#define CONFIG_METHOD_reload "config.apply"

#define REPLAY(name, text_, more_)                                                           \
	{                                                                                    \
		.words = "replay " #name, .arguments = "NAME", .text = text_, .more = more_, \
		.least = 1, .most = 1, .method = "replay." #name, .run = run_order           \
	}

#define PORT(name, text_, more_)                                                                  \
	{                                                                                         \
		.words = "port " #name, .arguments = "NAME", .text = text_, .more = more_,        \
		.least = 1, .most = 1, .method = "port." #name, .patient = true, .run = run_order \
	}

#define CAPTURE(name, text_, more_, patient_, run_)                                           \
	{                                                                                     \
		.words = "capture " #name, .arguments = "NAME", .text = text_, .more = more_, \
		.least = 1, .most = 1, .method = "capture." #name, .patient = patient_,       \
		.run = run_                                                                   \
	}

#define PLAIN(name, arguments_, text_, more_, most_)                                   \
	{                                                                              \
		.words = #name, .arguments = arguments_, .text = text_, .more = more_, \
		.most = most_, .method = #name, .run = run_##name                      \
	}

#define MOMENT "a time since the first packet (1.5s, 200ms), or '#17' for the 17th packet"

static const struct command first[] = {
	READING(status, "everything at a glance: ports, rules, drops, ledger", ""),
	LISTING("ports", "[NAME...]", "ports", view_ports,
		"each port: device, link, queues, what came in and left",
		"With names, those alone.\n"),
	{.words = "bursts",
	 .arguments = "[PORT...]",
	 .text = "microbursts of each port: the last 64, and what was lost meanwhile",
	 .more = "A microburst is a millisecond or more in each of which a quarter of the receive "
		 "ring came, and four times the mean; or found a quarter of it waiting, where the "
		 "driver tells that; or a loss.\nWith ports, those alone.\n",
	 .most = NAMES_MAX,
	 .method = "bursts",
	 .reading = true,
	 .view = view_bursts,
	 .run = run_reading},
	LISTING("rules", "[NAME...]", "rules", view_rules,
		"each rule: what it took, what it does, how its filter runs",
		"A filter runs as machine code (jit), or in libpcap's interpreter where it can't "
		"be compiled.\nWith names, those alone, and what each of their actions counted "
		"where there are edits or gates: `sluice rules web dns`.\n"),
	LISTING("policers", "[NAME...]", "policers", view_policers,
		"each policer: its rate, what passed and what was over it",
		"With names, those alone.\n"),
	LISTING("dedups", "[NAME...]", "dedups", view_dedups,
		"each dedup: duplicates, how far behind they came, how full it is",
		"A dedup is called after its rule, the second of a rule RULE#2 and so on.\nWith "
		"names, those alone.\n"),
	LISTING("captures", "[NAME...]", "captures", view_captures,
		"each capture that is written: packets, files, what was lost",
		"LOST is what its memory or its disk did not take, PASSED what left `before`'s "
		"memory without a trigger.\nWith names, those alone.\n"),
	CAPTURE(rotate, "close the file that is open; the next packet begins another", "", false,
		run_order),
	CAPTURE(trigger, "write what `before` holds, and what comes for `after`",
		"Of a capture with a trigger in the config; also one with an empty list.\n", false,
		run_order),
	CAPTURE(list, "its last 1,000 files: times, packets, bytes", "", false, run_capture_list),
	CAPTURE(wait, "wait until it has closed another file, and print its path", "", true,
		run_capture_wait),
	LISTED("returns", "[NAME...]", "returns", view_returns,
	       "each return: what came back of what its replay sent, how late, the verdict",
	       "Below the table stands what was not tolerated, and in what way packets changed, "
	       "the first few with their bytes.\nWith names, those alone.\n-w FILE: those few of "
	       "one return, each beside what it became; -: to standard output, and no table.\n",
	       .run = run_returns, .shows_changed = true),
	LISTING("workers", "[CORE...]", "workers", view_workers,
		"each polling core: packets, cycles, bursts, cache",
		"With cores, those alone: `sluice workers 2 3`.\n"),
	LISTING("drops", "[REASON...]", "drops", view_drops,
		"the ledger, and each packet that ended here by its reason",
		"For each port and in all, packets received, replayed and mirrored are those that "
		"left, were dropped or are held; it says so loudly if they are not.\nWith reasons, "
		"those alone, and no ledger: `sluice drops no-buffer`.\n"),
	READING(memory, "pools of packet memory", ""),
	{.words = "metrics",
	 .arguments = "",
	 .text = "all numbers as Prometheus reads them",
	 .more = "--list says which there are. --rules N: of so many rules at most, 500 if it is "
		 "left out, and of the default. --textfile FILE writes them to a file that is "
		 "replaced at one moment, for node_exporter; where no daemon answers it has "
		 "`sluice_up 0`.\nsluice-exporter(8) serves the same over HTTP.\n",
	 .method = "snapshot",
	 .reading = true,
	 .measures = true,
	 .run = run_metrics},
	{.words = "explain",
	 .arguments = "PACKET | --live [FILTER]",
	 .text = "what would happen to a packet now, and why",
	 .more = "PACKET is FILE#N, record N of a capture; a frame's bytes in hexadecimal; or "
		 "words such as 'tcp 10.0.0.6:43211 > 192.0.2.1:443 vlan 100 syn'. The gates, "
		 "links and groups are as they are at the moment, and nothing changes by asking. "
		 "Exit code 1: the daemon's ways of reading it do not agree.\n"
		 "--live, --live FILTER: the next packet that passes, and that the filter takes, "
		 "with what became of it; -n N: so many, 0: until ctrl-C; --rule, --drops, --rate "
		 "and --for as `sluice trace` has them.\n"
		 "--port PORT: as if received there, else on the first that receives; with --live, "
		 "only what is.\n"
		 "--all: on every port.\n"
		 "--down PORT: as if it had no link; may be repeated.\n"
		 "--with FILE: and what that config would do.\n"
		 "--near N: so many rules that nearly took it, 3 if left out.\n"
		 "--cost: cycles to classify it and to do what follows, measured by the daemon "
		 "beside its workers.\n",
	 .least = 1,
	 .most = NAMES_MAX,
	 .method = "explain",
	 .explains = true,
	 .patient = true,
	 .run = run_explain},
	{.words = "config show",
	 .arguments = "",
	 .text = "the config that runs, as `config apply` takes it",
	 .more = "",
	 .method = "config.show",
	 .reading = true,
	 .view = view_config,
	 .run = run_reading},
	CONFIG_FILE(
		check, "say whether FILE could be applied, and what is wrong with it",
		"FILE is any that you can read; - is standard input. Members of the daemon's group "
		"may do this too, with a file of 1 MiB at most that names no lists in files.\n"),
	{.words = "config diff",
	 .arguments = "FILE",
	 .text = "what FILE would change, as a unified diff, or of packets",
	 .more = "Exit code 0: nothing; 1: something; 2: FILE can't be compared.\nFILE is any "
		 "that you can read; - is standard input. Members of the daemon's group may do "
		 "this too, with a file of 1 MiB at most that names no lists in files.\n"
		 "--on CAPTURE...: which of its packets FILE would treat otherwise than what runs, "
		 "each kind with an example.\n"
		 "--live SECONDS: the same of what passes meanwhile, of at most 1000 packets a "
		 "second and worker.\n"
		 "--port PORT: as if received there; with --live, only what is.\n"
		 "Packets are compared by `sluiced diff`, in a process of its own.\n",
	 .least = 1,
	 .most = NAMES_MAX,
	 .method = "config.diff",
	 .patient = true,
	 .compares = true,
	 .run = run_config_diff},
	CONFIG_FILE(apply, "run FILE from now on; no packet is lost",
		    "FILE is any that you can read, of 512 MiB at most; - is standard input.\nA "
		    "config that is refused changes nothing. Ports and replays that are the same "
		    "in both go on; the others begin, end, or are opened anew. Workers, memory, "
		    "idle, run-dir and sandbox can't change while the daemon runs.\n"),
	CONFIG(save, "write what runs to the file that the daemon was started with",
	       "The file gets what runs as it was written, comments and all; where that is the "
	       "text of another directory and names files relative to it, in canonical form. The "
	       "one before is kept beside it, as FILE.old. You must be able to write there; the "
	       "daemon need not.\n"),
	CONFIG(rollback, "run the config that ran before this one",
	       "A second time it goes back to this one. Where nothing was applied since the start "
	       "it is the one that `config save` has kept, as FILE.old. `config save` makes it "
	       "last.\n"),
	CONFIG(reload, "apply the file that the daemon was started with, as it is now",
	       "What SIGHUP does, with an exit code.\n"),
	PORT(up, "take a port up again that was removed or taken out of service",
	     "Its device is looked for anew: a PCI device must be bound to vfio-pci again, an "
	     "interface be there and up. A capture port begins its files anew.\n"),
	PORT(down, "take a port out of service, and let go of its device",
	     "What is sent there is dropped as port-down; the other ports go on.\n"),
	{.words = "replay list",
	 .arguments = "[NAME...]",
	 .text = "each replay: where it is, what it sent, how exact it is",
	 .more = "The error is the time from when a packet was due to when it was handed to the "
		 "NIC, of which 99 in 100 packets had no more.\n",
	 .most = NAMES_MAX,
	 .method = "replay.list",
	 .reading = true,
	 .view = view_replays,
	 .run = run_reading},
	{.words = "replay start",
	 .arguments = "NAME|--all",
	 .text = "from the beginning; --follow shows progress and the verdict",
	 .more = "--follow waits until the replay has ended, and tells how it went. Exit code 0: "
		 "it passed, or has no tolerance; 1: it did not pass, or failed. Ctrl-C ends the "
		 "following, not the replay.\n--all starts every replay that does not run, one "
		 "after the other in the config's order.\n--pace PACE, --loops N|forever, --limit "
		 "N (packets) and --duration TIME are for this run; other runs are as the config "
		 "says.\n--at TIME: the first packet is due then: 2026-11-29T15:00:00.5Z, "
		 "@1795964400.25, 15:00:00 or +5s.\nIt is refused where the clock may be wrong by "
		 "more than --clock-error, 1ms if left out.\n",
	 .least = 1,
	 .most = 1,
	 .method = "replay.start",
	 .takes_all = true,
	 .follows = true,
	 .starts = true,
	 .run = run_order},
	{.words = "replay stop",
	 .arguments = "NAME|--all",
	 .text = "for good; its numbers stay",
	 .more = "--all stops every replay that runs.\n",
	 .least = 1,
	 .most = 1,
	 .method = "replay.stop",
	 .takes_all = true,
	 .run = run_order},
	REPLAY(pause, "until it is resumed", ""),
	REPLAY(resume, "go on where it was paused", ""),
	{.words = "replay seek",
	 .arguments = "NAME TO",
	 .text = "go on from another place in its files",
	 .more = "TO is " MOMENT ".\nIts numbers begin anew.\n",
	 .least = 2,
	 .most = 2,
	 .method = "replay.seek",
	 .param = "to",
	 .run = run_order},
	{.words = "replay pace",
	 .arguments = "NAME PACE",
	 .text = "go on at another pace, without a burst or a gap",
	 .more = "PACE is as in the config: original, 2x, 0.25x, 1.5Mpps, 10Gbps, 10Gbps-wire or "
		 "top.\n",
	 .least = 2,
	 .most = 2,
	 .method = "replay.pace",
	 .param = "pace",
	 .run = run_order},
};

/* Behind those of packets. */
static const struct command last[] = {
	{.words = "wait",
	 .arguments = "[STATE]",
	 .text = "until the daemon answers, or is in that state",
	 .more = "STATE is running, draining or stopped, as is what does not answer at all.\n"
		 "--timeout SECONDS: for so long, 30 if it is left out. Exit code 1: it is in "
		 "another state by then; 3: it can't be reached.\n",
	 .most = 1,
	 .method = "status",
	 .waits = true,
	 .run = run_wait},
	{.words = "call",
	 .arguments = "METHOD [JSON]",
	 .text = "any method of the socket, raw; `call methods` lists them",
	 .more = "JSON is the object of parameters. The result is printed as it came.\n",
	 .least = 1,
	 .most = 2,
	 .patient = true,
	 .run = run_call},
	PLAIN(shutdown, "", "drain and end the daemon, and wait until it has", "", 0),
};

#define COUNT(rows) (sizeof(rows) / sizeof((rows)[0]))

const struct command *
command_at(unsigned i)
{
	if (i < COUNT(first))
		return &first[i];
	i -= COUNT(first);
	if (i < command_packets_count)
		return &command_packets[i];
	i -= command_packets_count;
	return i < COUNT(last) ? &last[i] : NULL;
}
