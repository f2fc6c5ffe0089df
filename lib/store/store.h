/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Store: what one capture keeps. Packets are copied, once, into blocks of memory; blocks become
 * files of pcapng (format/write.h), one behind the other, each with an index beside it
 * (format/index.h).
 *
 * One thread at a time uses a store: it puts packets, and lets it look after its deadlines
 * (store_tick). No call of it waits for a disk that can be written to past the page cache, but for
 * a file that is opened. Closing files, and removing old ones, is done by a thread of the store's
 * own. What is published (store_numbers, store_files) any thread may read at any moment.
 *
 * Files: DIRECTORY/NAME-000001-20261127T101500Z.pcapng, with ".part" behind it until all of it is
 * on disk. The time is that of the file's first packet, in UTC. Numbers go on behind the highest
 * that is there under this name, whole or not; a ".part" that an earlier process left stays as it
 * is, and is neither counted nor removed by `keep`. A file begins with a section and an interface
 * for each of those that the store knows then, and ends with an interface's statistics for each
 * that had packets; what was given to the disk at one time is a multiple of STORE_ALIGN bytes, the
 * rest of it a block that readers pass over. So whenever the process ends, a file reads up to the
 * last whole block of packets that the disk took.
 *
 * Offline there are no threads, no clock and no io_uring: what a store writes is a function of its
 * terms and packets alone. So how much the disk has free removes no file then, and one that failed
 * is not tried again.
 *
 * System calls besides those of io_uring: openat (core/opener.h), pwrite64, fsync, ftruncate,
 * sync_file_range, fadvise64, fcntl (F_SETFL), rename, unlink, statfs, fstatfs, statx,
 * getdents64, mmap, munmap. EFBIG comes as an error only where SIGXFSZ is ignored.
 */
#ifndef STORE_STORE_H
#define STORE_STORE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define STORE_SLOTS 64 /* as many as there may be ports */
#define STORE_INTERFACE_NAME 32
/* Of a block of memory; two are a hugepage. */
#define STORE_BLOCK_SIZE (UINT32_C(1) << 20)
#define STORE_ALIGN 4096
/* The least memory that a store takes: what is filled, what is written, and some between. */
#define STORE_MEMORY_MIN (UINT64_C(8) << 20)
/* Of a packet more than these bytes are cut, whatever `snap` says. */
#define STORE_SNAP_MAX (UINT32_C(256) << 10)
#define STORE_PATH_MAX 4096
#define STORE_REASON_MAX 256
/* Behind a trigger, without end. */
#define STORE_FOR_EVER UINT64_MAX

struct rte_mbuf;
struct store;

/* What may change while a store lives (store_change); 0 of a limit: there is none. */
struct store_terms {
	/* A new file begins with the packet that would make it longer than rotate_size bytes or
	 * rotate_packets packets, or that came at or behind the next multiple of rotate_every_ns
	 * since the epoch; of time also without a packet, see store_tick. */
	uint64_t rotate_size, rotate_every_ns, rotate_packets;
	/* While there are more files than these, or more bytes in them, or less space free on
	 * their file system, the oldest whole one of this capture goes. The file that is written
	 * counts, and is never removed. */
	uint64_t keep_files, keep_size, keep_free;
	uint32_t snap; /* bytes that are kept of a packet */
	/* Nothing is written but what came before_ns before a trigger, as far as memory reaches,
	 * and after_ns behind the last one. */
	bool triggered;
	uint64_t before_ns, after_ns;
};

/* A port that packets come from: an interface of the file. */
struct store_interface {
	uint8_t slot; /* below STORE_SLOTS; each slot at most once */
	char name[STORE_INTERFACE_NAME];
};

/* What stays. */
struct store_setup {
	const char *name, *directory; /* copied */
	/* What stands in each file about who wrote it: shb_userappl, "sluiced 1.2"; and, or NULL, a
	 * comment. Copied. */
	const char *application, *comment;
	/* Of its blocks, rounded down to hugepages, STORE_MEMORY_MIN or more. Live it is hugepages
	 * (disk/blocks.h) of NUMA node numa (-1: any); offline it is common memory. */
	uint64_t memory;
	int numa;
	bool offline;
	bool direct; /* past the page cache, where kernel and file system have that; live */
};

/* What is said of a packet that is put. */
struct store_packet {
	uint64_t time_ns; /* since the epoch */
	uint64_t id;      /* of this packet, wherever else it is mirrored to; 0: none is written */
	uint32_t wire_length; /* before it was cut; less than its length: as its length */
	uint8_t slot;         /* that it came in on: one of the store's interfaces */
	enum { STORE_NO_DIRECTION, STORE_INBOUND, STORE_OUTBOUND } direction : 8;
};

/* Why packets were not stored. */
enum store_loss {
	STORE_FULL,   /* no memory was free: the disk is too slow */
	STORE_FAILED, /* the disk did not take them */
	STORE_PASSED, /* they left `before`'s memory, and no trigger came */
	STORE_LOSSES
};

enum store_state {
	STORE_WAITING,   /* for a first packet, or for a trigger */
	STORE_RECORDING, /* a file is open, or will be as soon as a block is written */
	STORE_BROKEN,    /* the disk takes nothing: it is tried each second; `reason` says why */
	STORE_ENDED
};

/* Of the packets of one slot; bytes are those kept of them. taken = stored + lost + those that are
 * held. A packet is stored when the disk (without `direct`: the kernel) has its block. */
struct store_count {
	uint64_t taken_packets, taken_bytes;
	uint64_t stored_packets, stored_bytes;
	uint64_t lost_packets[STORE_LOSSES], lost_bytes[STORE_LOSSES];
};

struct store_numbers {
	struct store_count slots[STORE_SLOTS];
	uint64_t files;       /* that this store has begun */
	uint64_t closed;      /* and those of them that are closed, however they ended */
	uint64_t removed;     /* by `keep` */
	uint64_t blocks;      /* of memory, in all */
	uint64_t blocks_used; /* and those that are not free */
	uint64_t memory;      /* bytes of all */
	enum store_state state;
	bool direct;                   /* the last block was written past the page cache */
	char reason[STORE_REASON_MAX]; /* of STORE_BROKEN: "No space left on device"; or "" */
	char file[STORE_PATH_MAX];     /* path of the file that is open, with .part; or "" */
};

/* A file of this capture, also of an earlier process. */
struct store_file {
	uint64_t number;
	uint64_t first_ns, last_ns; /* of its packets, the earliest and the latest */
	uint64_t packets;
	uint64_t bytes; /* of the file */
	bool known; /* first_ns, last_ns and packets are: an earlier file without index has none */
	bool whole; /* without ".part" */
	bool lacks; /* packets that were given for it were lost, of whatever reason */
	char name[256]; /* in the directory */
};

/* Makes a store; nothing is opened but the directory, which is looked through. Writes a warning of
 * what an earlier process left unfinished. Returns 0, or a negative errno with a reason. Any
 * thread. */
int store_make(const struct store_setup *setup, const struct store_terms *terms,
	       const struct store_interface *interfaces, unsigned count, struct store **out,
	       char *reason, size_t size);

/* Other terms and interfaces from the next packet on. Of a slot that has another name since, or is
 * new, the file that is open knows nothing: a new one begins. 0 or -ENOMEM, and then nothing
 * changed. The store's thread. */
int store_change(struct store *store, const struct store_terms *terms,
		 const struct store_interface *interfaces, unsigned count);

/* Copies the packet, which stays the caller's, or counts why not: it is taken in either case.
 * Returns whether it was copied. The store's thread. */
bool store_put(struct store *store, const struct rte_mbuf *packet,
	       const struct store_packet *about);

/* Looks after what is due, which is: blocks that were written; a block that waits for longer than a
 * second; a file whose time is over; a trigger's end; a disk that failed, once a second. To be
 * called some ten times a second, and oftener while packets come: it makes no system call when
 * nothing is due. epoch_ns is the wall clock, mono_ns a clock that nobody sets. Not offline. The
 * store's thread. */
void store_tick(struct store *store, uint64_t epoch_ns, uint64_t mono_ns);

/* The next packet begins another file; the one that is open is closed as soon as its packets are
 * written. Returns whether there was one with packets. The store's thread. */
bool store_rotate(struct store *store);

/* A trigger, at a moment of the packets' time. Returns false where the terms have none. The store's
 * thread. */
bool store_trigger(struct store *store, uint64_t time_ns);

/* Writes what is held (what a trigger would have had to release is passed), and closes the file.
 * Returns 0, or -ETIMEDOUT when the disk has not taken all in time: packets are held still, and it
 * can be called again. After 0 no packet is taken any more. The store's thread. */
int store_end(struct store *store, unsigned patience_ms);

/* Frees a store; waits for files that are being closed. Where store_end did not return 0, packets
 * held are lost uncounted, the open file keeps its ".part", and memory that the kernel still writes
 * from is not given back. Any thread. */
void store_free(struct store *store);

/* What is published. Each number is exact; of two, one may be newer, and of those of a slot `taken`
 * is never the older one, so that held is never negative. Any thread, which waits for nobody. */
void store_numbers(struct store *store, struct store_numbers *out);

/* The last `room` files that are there, by their numbers; files that `keep` removed are not.
 * Returns how many there are in all. Any thread; waits for no disk. */
unsigned store_files(struct store *store, struct store_file *files, unsigned room);

#endif
