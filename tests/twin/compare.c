// SPDX-License-Identifier: GPL-2.0
/*
 * Owns the comparison of two captures, sorted by stream, see compare.h.
 */
#include <stdio.h>
#include <string.h>

#include "compare.h"
#include "describe.h"

#define SHOW_MAX	12	/* frames of a stream */
#define SHOW_STREAMS	8

static bool seen_same(const struct seen *a, const struct seen *b)
{
	return a->key == b->key && a->rec->len == b->rec->len &&
	       a->rec->mark == b->rec->mark && a->rec->port == b->rec->port &&
	       a->rec->priority == b->rec->priority &&
	       a->rec->flags == b->rec->flags &&
	       !memcmp(seen_bytes(a), seen_bytes(b), a->rec->len);
}

/**
 * compare - are two captures the same?
 * @a: sorted capture
 * @b: another
 * @key: set to the first stream that differs
 *
 * Return: whether each stream has the same frames in the same order.
 */
bool compare(const struct stream *a, const struct stream *b, u64 *key)
{
	u32 i;

	for (i = 0; i < a->count && i < b->count; i++) {
		if (seen_same(&a->seen[i], &b->seen[i]))
			continue;
		*key = min(a->seen[i].key, b->seen[i].key);
		return false;
	}
	if (a->count == b->count)
		return true;
	*key = i < a->count ? a->seen[i].key : b->seen[i].key;
	return false;
}

static void show_frame(const char *who, const struct seen *seen)
{
	const struct ftwire_frame *rec = seen->rec;
	char text[DESCRIBE_SIZE];

	describe(text, seen_bytes(seen), rec->len);
	printf("#  %s port %u mark %x priority %x flags %x: %s\n", who,
	       rec->port, rec->mark, rec->priority, rec->flags, text);
}

static u32 stream_end(const struct stream *s, u32 at)
{
	u64 key = s->seen[at].key;

	while (at < s->count && s->seen[at].key == key)
		at++;
	return at;
}

/* One stream, from the first frame that differs; return: whether one does */
static bool show_stream(const struct stream *a, u32 i, u32 end_a,
			const struct stream *b, u32 j, u32 end_b,
			bool loud)
{
	u32 shown;

	while (i < end_a && j < end_b && seen_same(&a->seen[i], &b->seen[j])) {
		i++;
		j++;
	}
	if (i == end_a && j == end_b)
		return false;
	if (!loud)
		return true;
	printf("#  stream differs, %u and %u frames to go:\n", end_a - i,
	       end_b - j);
	if (i < end_a && j < end_b) {
		describe_dump("#   slow ", seen_bytes(&a->seen[i]),
			      a->seen[i].rec->len);
		describe_dump("#   fast ", seen_bytes(&b->seen[j]),
			      b->seen[j].rec->len);
	}
	for (shown = 0; i < end_a && shown < SHOW_MAX; shown++)
		show_frame("slow", &a->seen[i++]);
	for (shown = 0; j < end_b && shown < SHOW_MAX; shown++)
		show_frame("fast", &b->seen[j++]);
	return true;
}

/**
 * compare_show - print in what two captures differ, as comments; of many streams
 * the first
 * @a: sorted capture of the slow router
 * @b: that of the fast one
 */
void compare_show(const struct stream *a, const struct stream *b)
{
	u32 i = 0, j = 0, end_a, end_b, streams = 0;
	u64 key;

	while (i < a->count || j < b->count) {
		if (j == b->count || (i < a->count &&
				      a->seen[i].key < b->seen[j].key))
			key = a->seen[i].key;
		else
			key = b->seen[j].key;
		end_a = i < a->count && a->seen[i].key == key ?
			stream_end(a, i) : i;
		end_b = j < b->count && b->seen[j].key == key ?
			stream_end(b, j) : j;
		streams += show_stream(a, i, end_a, b, j, end_b,
				       streams < SHOW_STREAMS);
		i = end_a;
		j = end_b;
	}
	if (streams > SHOW_STREAMS)
		printf("#  and %u more streams\n", streams - SHOW_STREAMS);
}
