/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Owns what came out of a router: captured frames, each with the stream in
 * which its place matters, and with what may differ blanked. Must not know
 * what went in.
 */
#ifndef TWIN_STREAM_H
#define TWIN_STREAM_H

#include "twin.h"
#include "wire/ftwire.h"

/**
 * struct seen - one captured frame
 * @key: names the stream: port, addresses, protocol, ports
 * @place: position in the capture
 * @rec: what was captured with it; the bytes follow
 */
struct seen {
	u64 key;
	u32 place;
	struct ftwire_frame *rec;
};

/**
 * struct stream - a capture
 * @data: records
 * @used: bytes of @data
 * @seen: frames, by key and place once sorted
 * @count: their number
 */
struct stream {
	u8 *data;
	size_t used;
	struct seen *seen;
	u32 count;
};

void stream_open(struct stream *s);
void stream_clear(struct stream *s);
void stream_capture(struct stream *s, int wire);
bool stream_has(const struct stream *s, size_t from, const u8 *tail, u32 len);
void stream_add(struct stream *s, const struct ftwire_frame *rec,
		const u8 *head, u32 headlen, const u8 *bytes);
void stream_sort(struct stream *s);

static inline u8 *seen_bytes(const struct seen *seen)
{
	return (u8 *)(seen->rec + 1);
}

#endif /* TWIN_STREAM_H */
