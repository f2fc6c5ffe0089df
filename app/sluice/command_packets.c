/* SPDX-License-Identifier: BSD-3-Clause */
#include "command_packets.h"

#include "core/banned.h"

#define FILES_MAX 1000

const struct command command_packets[] = {
	{.words = "capture read",
	 .arguments = "NAME|FILE...",
	 .text = "packets of captures by time and filter, as a capture (pcapng)",
	 .more = "NAME is a capture of the daemon's, which says where its files are. FILE is a "
		 "capture that sluice wrote, or another pcapng; a directory, for those in it; or a "
		 "glob: what has a dot, a slash or a wildcard, or is there. Files are read one "
		 "after the other, by an index beside them no more of them than is needed, and one "
		 "that is still being written up to its last whole block.\n"
		 "--from TIME, --until TIME: from the one on, up to before the other: "
		 "2026-11-29T15:00:00.5Z, @1795964400.25, 15:00:00 (the last time that it was, or "
		 "the next behind --from), -10min (so long ago); --until +5s is so long behind "
		 "--from.\n"
		 "--filter FILTER: as pcap-filter(7) has it, in one word.\n"
		 "-n N: the first N. -w FILE: into a file; - or nothing: to standard output.\n"
		 "--count: how many there are, and nothing else. With --json what was read, too.\n",
	 .least = 1,
	 .most = FILES_MAX,
	 .extracts = true,
	 .patient = true,
	 .run = run_capture_read},
	{.words = "trace",
	 .arguments = "[FILTER]",
	 .text = "the next packets that FILTER takes, each with what became of it",
	 .more = "A line a packet: time (UTC), port, what it is, the rules that took it, and where "
		 "it left or why it was dropped. FILTER is one word, as pcap-filter(7) has it: "
		 "'udp port 53'.\n"
		 "-n N: so many, 20 if left out; 0: until ctrl-C.\n"
		 "--port PORT: that came in there. --rule RULE: that this rule took.\n"
		 "--drops, --drops=REASON: that were dropped.\n"
		 "-v: below each what `sluice explain` says of it, as things stand then.\n"
		 "--paths: how many went which way, until ctrl-C or --for SECONDS.\n"
		 "--rate N: so many a second and worker, 1000 if left out.\n"
		 "--snap N: so many bytes of each, which --json shows; 256 if left out.\n"
		 "No packet waits for it: what can't be kept is counted, and looking takes 2 % of "
		 "a worker at most.\n",
	 .most = 1,
	 .looks = true,
	 .patient = true,
	 .run = run_trace},
	{.words = "tap",
	 .arguments = "PORT [FILTER]",
	 .text = "what passes a port: lines on a terminal, else a capture (pcapng)",
	 .more = "`sluice tap wan | tcpdump -nr -`, `sluice tap wan 'udp port 53' > dns.pcapng`: "
		 "each packet's comment has the rules that took it, and where it left.\n"
		 "--in, --out: one direction; both if left out.\n"
		 "--drops, --drops=REASON: in place of a port, what is dropped anywhere, or with "
		 "--port PORT there.\n"
		 "-n N: so many. --snap N: so many bytes of each. --for SECONDS: so long.\n"
		 "No packet waits for it: what can't be kept is counted.\n",
	 .most = 2,
	 .looks = true,
	 .patient = true,
	 .run = run_tap},
	{.words = "top",
	 .arguments = "",
	 .text = "what is going on right now, on one screen",
	 .more = "Ports, rules, workers, times in the box, drops, replays, captures and talkers, "
		 "with rates, as they change; ? tells the keys. --watch SECONDS: so often, 1 if "
		 "left out.\n"
		 "--once: one look, in plain text or with --json, after that time; without a "
		 "terminal, or with --json alone, look after look.\n",
	 .method = "snapshot",
	 .reading = true,
	 .sights = true,
	 .run = run_top},
	{.words = "talkers",
	 .arguments = "",
	 .text = "who sends most, from a sample of the packets that pass",
	 .more = "--by WORD: flow, if it is left out, source, destination, port or rule. --for "
		 "SECONDS: so long, 5 if left out. -n N: so many rows, 10 if left out.\n"
		 "Of so many packets one is looked at, at random. ERROR is the standard deviation "
		 "of a share, as a part of it; two of them hold it in 95 of 100 samples.\n",
	 .talks = true,
	 .run = run_talkers},
	{.words = "compare",
	 .arguments = "SENT BACK",
	 .text = "which packets of a capture are in another, and as what: lost, changed, late",
	 .more = "SENT was taken before a device, BACK behind it; no daemon is needed. Exit code "
		 "0: within the tolerance; 1: not; 2: one can't be read. - is standard input.\n"
		 "--ignoring WORDS: what may differ, of mac, vlan, ttl, dscp, checksums and nat "
		 "(addresses and ports), with commas between; none; or auto, if it is left out: "
		 "each packet by the strictest of frame (nothing differs), network (what routers "
		 "change) and nat that knows it.\n"
		 "--within TIME: what takes longer is late.\n"
		 "--tolerance WORDS: lost=0, reordered=0.1%, p99=50us, with commas between: of "
		 "lost, changed, duplicated, reordered, late, unknown, ambiguous, p50, p90, p99, "
		 "p99.9, p99.99 and max. If it is left out the first six are to be 0.\n"
		 "--snap BYTES: of longer packets so much is compared, and how long they are.\n"
		 "-w FILE: the first changed packets of each kind, each beside what it became.\n",
	 .least = 2,
	 .most = 2,
	 .matches = true,
	 .run = run_compare},
	{.words = "ndr",
	 .arguments = "REPLAY RETURN",
	 .text = "the highest pace at which what a replay sends comes back",
	 .more = "Runs REPLAY at one pace after the other, at first as fast as it goes, until it "
		 "is known to half a percent at which RETURN still has all. A pace is decided by "
		 "two trials that agree. Those in which the pace was not kept say nothing. Exit "
		 "code 1: there is none.\n"
		 "--loss N: so many may be lost of each trial, or a share such as 0.5%; 0 if left "
		 "out. --latency p99=50us: of p50, p99, p99.9, p99.99 and max, with commas.\n"
		 "--duration TIME: of a trial, 2s if left out.\n"
		 "-w FILE: a picture of loss and latency over pace (SVG).\n"
		 "Example: sluice ndr load back --latency p99=50us -w ndr.svg\n",
	 .least = 2,
	 .most = 2,
	 .searches = true,
	 .run = run_ndr},
	{.words = "rehearse",
	 .arguments = "[TIME]",
	 .text = "what workers could take, found out by leaving packets waiting",
	 .more = "Each worker with room leaves its queues alone until some 300 packets wait, then "
		 "notes what full bursts of them take: up to 200 times within 10 s. TIME is how "
		 "long a packet may wait for it at most: 100us if left out, up to 10ms. None is "
		 "lost while no more come than in the fullest millisecond of the last minute. "
		 "`sluice workers` shows the result for a minute. Exit code 1: of some worker "
		 "nothing was found out; it is said why.\nExample: sluice rehearse 1ms\n",
	 .most = 1,
	 .method = "rehearse",
	 .run = run_rehearse},
};

const unsigned command_packets_count = sizeof(command_packets) / sizeof(command_packets[0]);
