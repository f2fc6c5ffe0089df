/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Compressed files, made by the libraries that are to read them.
 */
#ifndef TESTS_PACKED_KIT_H
#define TESTS_PACKED_KIT_H

#include <lz4frame.h>
#include <lzma.h>
#include <stdint.h>
#include <stdlib.h>
#include <zlib.h>
#include <zstd.h>

enum packed_kind { PACKED_GZIP, PACKED_ZSTD, PACKED_XZ, PACKED_LZ4, PACKED_KINDS };

static const char *const packed_names[] = {"gzip", "zstd", "xz", "lz4"};

static inline size_t
pack_gzip(const uint8_t *bytes, size_t size, uint8_t *out, size_t room)
{
	z_stream stream = {.next_in = (Bytef *)(uintptr_t)bytes,
			   .avail_in = size,
			   .next_out = out,
			   .avail_out = room};

	assert_int_equal(deflateInit2(&stream, 6, Z_DEFLATED, 15 + 16, 8, Z_DEFAULT_STRATEGY),
			 Z_OK);
	assert_int_equal(deflate(&stream, Z_FINISH), Z_STREAM_END);
	deflateEnd(&stream);
	return room - stream.avail_out;
}

/* Packs bytes as one member, frame or stream. The result is to be freed. */
static inline uint8_t *
packed(enum packed_kind kind, const uint8_t *bytes, size_t size, size_t *packed_size)
{
	static const LZ4F_preferences_t checked = {
		.frameInfo = {.contentChecksumFlag = LZ4F_contentChecksumEnabled}};
	size_t room = size + size / 4 + 4096;
	uint8_t *out = malloc(room);

	assert_non_null(out);
	*packed_size = 0;
	switch (kind) {
	case PACKED_GZIP:
		*packed_size = pack_gzip(bytes, size, out, room);
		break;
	case PACKED_ZSTD: {
		ZSTD_CCtx *context = ZSTD_createCCtx();

		ZSTD_CCtx_setParameter(context, ZSTD_c_checksumFlag, 1);
		*packed_size = ZSTD_compress2(context, out, room, bytes, size);
		assert_false(ZSTD_isError(*packed_size));
		ZSTD_freeCCtx(context);
		break;
	}
	case PACKED_XZ:
		assert_int_equal(lzma_easy_buffer_encode(0, LZMA_CHECK_CRC64, NULL, bytes, size,
							 out, packed_size, room),
				 LZMA_OK);
		break;
	default:
		*packed_size = LZ4F_compressFrame(out, room, bytes, size, &checked);
		assert_false(LZ4F_isError(*packed_size));
	}
	return out;
}

#endif
