/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * canary: owns a page of memory that no device was given. Prints its physical address, then for every line of
 * its input how many of its bytes have changed. Runs as root in a guest.
 */
#include <fcntl.h>
#include <inttypes.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <unistd.h>

#define PAGE 4096
#define FRAME_MASK ((UINT64_C(1) << 55) - 1)
#define PRESENT (UINT64_C(1) << 63)

static uint8_t
pattern(unsigned i)
{
	return i * 31 + 7;
}

static uint64_t
physical(const volatile uint8_t *page)
{
	int fd = open("/proc/self/pagemap", O_RDONLY);
	uint64_t entry = 0;
	off_t at = (uintptr_t)page / PAGE * sizeof(entry);

	if (fd < 0 || pread(fd, &entry, sizeof(entry), at) != sizeof(entry) || !(entry & PRESENT) ||
	    !(entry & FRAME_MASK)) {
		fprintf(stderr, "canary: /proc/self/pagemap does not tell where the page is\n");
		exit(1);
	}
	return (entry & FRAME_MASK) * PAGE;
}

int
main(void)
{
	volatile uint8_t *page =
		mmap(NULL, PAGE, PROT_READ | PROT_WRITE,
		     MAP_PRIVATE | MAP_ANONYMOUS | MAP_POPULATE | MAP_LOCKED, -1, 0);
	char line[16];

	if (page == MAP_FAILED) {
		perror("canary: no page");
		return 1;
	}
	for (unsigned i = 0; i < PAGE; i++)
		page[i] = pattern(i);
	printf("%" PRIx64 "\n", physical(page));
	fflush(stdout);
	while (fgets(line, sizeof(line), stdin)) {
		unsigned changed = 0;

		for (unsigned i = 0; i < PAGE; i++)
			changed += page[i] != pattern(i);
		printf("%u\n", changed);
		fflush(stdout);
	}
	return 0;
}
