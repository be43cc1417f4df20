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
 * enum listing_term - Words besides the filter's; bits of struct listing's
 * @given.
 * @LISTING_SORT: Property to sort by.
 * @LISTING_LIMIT: Number of connections.
 * @LISTING_INTERVAL: Time between two samples.
 * @LISTING_COLUMNS: Columns of the table.
 * @LISTING_DETAIL: All properties.
 * @LISTING_REVERSE: The order turned around.
 * @LISTING_RATES: Rates.
 */
enum listing_term {
	LISTING_SORT,
	LISTING_LIMIT,
	LISTING_INTERVAL,
	LISTING_COLUMNS,
	LISTING_DETAIL,
	LISTING_REVERSE,
	LISTING_RATES,
};

/**
 * struct listing - What is asked for.
 * @what: Name of the command.
 * @given: Bit by enum listing_term, which words were there.
 * @filter: Only these.
 * @sort: Property to sort by, or SELECT_UNSORTED.
 * @reverse: Turn the order around.
 * @limit: Only so many, or SELECT_ALL.
 * @interval: Milliseconds between two samples of the rates; 0 when it is not
 *	given, and after listing_rates() when nobody asks for rates.
 * @detail: All properties.
 * @column: Columns of the table.
 * @columns: How many, 0 for the usual ones.
 */
struct listing {
	const char *what;
	u32 given;
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
void listing_rates(struct listing *listing);
int listing_without(const struct listing *listing, u32 words, const char *why);
int listing_sort_word(struct listing *listing, const char *text, char *error);
const char *listing_word(size_t i);

#endif /* FTCTL_LISTING_H */
