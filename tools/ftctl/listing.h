/* SPDX-License-Identifier: GPL-2.0 */
/* Owns what a command line wants of a list of connections. Prototypes of
 * listing.c.
 */
#ifndef FTCTL_LISTING_H
#define FTCTL_LISTING_H

#include "conn.h"
#include "filter.h"
#include "select.h"

/**
 * struct listing - What is asked for.
 * @what: Name of the command.
 * @filter: Only these.
 * @sort: Property to sort by, or SELECT_UNSORTED.
 * @reverse: Turn the order around.
 * @limit: Only so many, or SELECT_ALL.
 * @interval: Milliseconds between two samples of the rates; 0 when nobody
 *	asks for rates.
 * @detail: All properties.
 * @column: Columns of the table.
 * @columns: How many, 0 for the usual ones.
 */
struct listing {
	const char *what;
	struct filter filter;
	enum conn_prop sort;
	bool reverse;
	size_t limit;
	u32 interval;
	bool detail;
	u8 column[PROPS];
	size_t columns;
};

int listing_parse(struct listing *listing, const struct ftctl *ftctl,
		  const char *what, int argc, char **argv);
int listing_sort_word(struct listing *listing, const char *text, char *error);
const char *listing_word(size_t i);

#endif /* FTCTL_LISTING_H */
