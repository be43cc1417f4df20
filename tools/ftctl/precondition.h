/* SPDX-License-Identifier: GPL-2.0 */
/* Owns the facts that decide whether connections can become fast. Prototypes
 * of facts.c, which collects them, and precondition.c, which judges.
 */
#ifndef FTCTL_PRECONDITION_H
#define FTCTL_PRECONDITION_H

#include "fasttrack.h"
#include "present.h"
#include "ruleset.h"

#define ADVICE_SIZE	192

/**
 * struct facts - What the preconditions are judged by.
 * @loaded: The module is loaded, @status is valid.
 * @status: Its status.
 * @family: Only judge this address family, or AF_UNSPEC.
 * @ipv4: FASTTRACK rules of IPv4.
 * @ipv6: FASTTRACK rules of IPv6.
 * @has_lease: @lease and @shortest are valid.
 * @lease: The setting, milliseconds.
 * @shortest: Shortest timeout of a fast connection, seconds.
 * @shortest_name: Its name.
 * @nf_tables: Is nft there?
 * @has_flowtable: @flowtable is valid.
 * @flowtable: An nft flowtable that rules use, as "family table name", or
 *	empty.
 * @has_policies: @policies and @everything are valid.
 * @policies: IPsec policies for traffic that is sent or forwarded.
 * @everything: One of them is for all addresses.
 */
struct facts {
	bool loaded;
	struct ft_status status;
	u8 family;
	struct rules ipv4;
	struct rules ipv6;
	bool has_lease;
	u32 lease;
	u32 shortest;
	const char *shortest_name;
	enum present nf_tables;
	bool has_flowtable;
	char flowtable[128];
	bool has_policies;
	u32 policies;
	bool everything;
};

/**
 * enum precondition_result - What became of a precondition.
 * @PRECONDITION_OK: It holds.
 * @PRECONDITION_FAIL: It does not.
 * @PRECONDITION_UNKNOWN: That can't be judged.
 */
enum precondition_result {
	PRECONDITION_OK,
	PRECONDITION_FAIL,
	PRECONDITION_UNKNOWN,
};

/**
 * struct verdict - What became of one precondition.
 * @name: Its name.
 * @result: Result.
 * @advice: What to do if it fails; what is worth knowing if not.
 */
struct verdict {
	const char *name;
	enum precondition_result result;
	char advice[ADVICE_SIZE];
};

int facts_open(struct facts *facts, struct ft *ft);
bool precondition(size_t i, const struct facts *facts,
		  struct verdict *verdict);

#endif /* FTCTL_PRECONDITION_H */
