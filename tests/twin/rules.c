// SPDX-License-Identifier: GPL-2.0
/*
 * Owns the rule sets of the routers, see rules.h. NAT and some changes of
 * headers are nft's, the FASTTRACK pair and other changes iptables'.
 */
#include <stdio.h>

#include "rules.h"

static void put_dnat(FILE *out, const char *family, const char *match,
		     const char *server)
{
	int rule, nat;

	fprintf(out, "  %s meta l4proto { tcp, udp } dnat %s to "
		"th dport map {\n", match, family);
	for (rule = 0; rule < RULES; rule++)
		for (nat = 0; nat < NATS; nat++)
			if (nat_has_dst(nat))
				fprintf(out, "   %u : %s%d . %u,\n",
					port_of(rule, nat), server, 11 + rule % 4,
					port_of(rule, nat) + RULES_SHIFT);
	fprintf(out, "  }\n");
}

static void put_sports(FILE *out, const char *family, const char *address)
{
	int i;

	fprintf(out, "  meta nfproto ipv%s meta l4proto { tcp, udp } snat %s "
		"to th sport map {\n", family[2] == '6' ? "6" : "4", family);
	for (i = 0; i < SPORTS; i++)
		fprintf(out, "   %u : %s . %u,\n", SPORT_FIRST + i, address,
			SPORT_FIRST + SPORT_SHIFT + i);
	fprintf(out, "  }\n");
}

static void put_nat(FILE *out)
{
	static const char * const chains[NATS] = {
		[NAT_SNAT] = "snat_to", [NAT_MASQUERADE] = "masq",
		[NAT_DNAT_MASQUERADE] = "masq", [NAT_PORT] = "snat_port",
		[NAT_DNAT_SNAT] = "snat_to",
	};
	int rule, nat;

	fprintf(out, " chain nat_pre {\n"
		"  type nat hook prerouting priority -100;\n");
	put_dnat(out, "ip", "ip daddr 10.9.0.0/24", "10.20.0.");
	put_dnat(out, "ip6", "ip6 daddr fd09::/64", "fd20::");
	fprintf(out, " }\n chain snat_to {\n"
		"  meta nfproto ipv4 snat ip to 10.2.0.9\n"
		"  snat ip6 to fd02::9\n }\n"
		" chain masq {\n  masquerade\n }\n chain snat_port {\n");
	put_sports(out, "ip", "10.2.0.9");
	put_sports(out, "ip6", "fd02::9");
	fprintf(out, " }\n chain nat_post {\n"
		"  type nat hook postrouting priority 100;\n"
		"  meta l4proto { tcp, udp } ct original proto-dst vmap {\n");
	for (rule = 0; rule < RULES; rule++)
		for (nat = 0; nat < NATS; nat++)
			if (chains[nat])
				fprintf(out, "   %u : goto %s,\n",
					port_of(rule, nat), chains[nat]);
	fprintf(out, "  }\n }\n");
}

static void put_dispatch(FILE *out, const char *chain, const char *hook,
			 const enum rule *rules, int count)
{
	int i;

	fprintf(out, " chain %s {\n  type filter hook %s priority -150;\n"
		"  meta l4proto { tcp, udp } ct original proto-dst vmap {\n",
		chain, hook);
	for (i = 0; i < count; i++)
		fprintf(out, "   %u-%u : goto rule%u,\n", port_of(rules[i], 0),
			port_of(rules[i], 15), rules[i]);
	fprintf(out, "  }\n }\n");
}

static void put_mangle(FILE *out)
{
	static const enum rule before[] = { RULE_POLICY, RULE_DSCP_REPLY };
	static const enum rule forward[] = {
		RULE_DSCP, RULE_TTL, RULE_PRIORITY, RULE_MARK
	};

	fprintf(out, " chain rule%u {\n  ip dscp set 46\n"
		"  ip6 dscp set 46\n }\n", RULE_DSCP);
	fprintf(out, " chain rule%u {\n  ip ttl set 77\n"
		"  ip6 hoplimit set 77\n }\n", RULE_TTL);
	fprintf(out, " chain rule%u {\n"
		"  ct direction original meta mark set 5\n }\n", RULE_POLICY);
	fprintf(out, " chain rule%u {\n  meta priority set 0:3\n }\n",
		RULE_PRIORITY);
	fprintf(out, " chain rule%u {\n  meta mark set 0x77\n }\n", RULE_MARK);
	fprintf(out, " chain rule%u {\n  ct direction reply ip dscp set 10\n"
		"  ct direction reply ip6 dscp set 10\n }\n", RULE_DSCP_REPLY);
	put_dispatch(out, "before", "prerouting", before, ARRAY_SIZE(before));
	put_dispatch(out, "forwarded", "forward", forward,
		     ARRAY_SIZE(forward));
	/* No client is there: where a packet comes in matters */
	fprintf(out, " chain guard {\n  type filter hook forward priority -160;\n"
		"  iifname wan2 ct direction original drop\n }\n");
}

/**
 * rules_nft - all rules but those of iptables
 *
 * Return: text for nft, to be freed.
 */
char *rules_nft(void)
{
	char *text;
	size_t size;
	FILE *out = open_memstream(&text, &size);

	if (!out)
		die("out of memory");
	fprintf(out, "table inet twin\ndelete table inet twin\n"
		"table inet twin {\n");
	put_nat(out);
	put_mangle(out);
	fprintf(out, "}\ntable inet event\ndelete table inet event\n"
		"table inet event {\n"
		" chain before { type filter hook prerouting priority -140; }\n"
		" chain forward { type filter hook forward priority -10; }\n"
		" chain after { type filter hook postrouting priority 90; }\n"
		"}\n");
	fclose(out);
	return text;
}

/**
 * rules_iptables - the rules of iptables, which never change
 * @family: 4 or 6
 * @fast: with FASTTRACK
 *
 * Return: text for iptables-restore, to be freed.
 */
char *rules_iptables(int family, bool fast)
{
	static const char port[] = "-A FORWARD -p %s -m conntrack "
				   "--ctorigdstport %u:%u -j %s\n";
	static const char * const protos[] = { "tcp", "udp" };
	char *text;
	size_t size;
	FILE *out = open_memstream(&text, &size);
	u32 i;

	if (!out)
		die("out of memory");
	fprintf(out, "*mangle\n");
	for (i = 0; i < ARRAY_SIZE(protos); i++) {
		fprintf(out, port, protos[i], port_of(RULE_TTL_ADD, 0),
			port_of(RULE_TTL_ADD, 15),
			family == 4 ? "TTL --ttl-inc 3" : "HL --hl-inc 3");
		fprintf(out, port, protos[i], port_of(RULE_TOS, 0),
			port_of(RULE_TOS, 15), "TOS --set-tos 0x11/0xff");
	}
	fprintf(out, port, "tcp", port_of(RULE_STRIP, 0),
		port_of(RULE_STRIP, 15), "TCPOPTSTRIP --strip-options 8");
	fprintf(out, "COMMIT\n*filter\n");
	if (fast)
		fprintf(out, "-A FORWARD -m conntrack "
			"--ctstate ESTABLISHED,RELATED -j FASTTRACK\n");
	fprintf(out, "-A FORWARD -m conntrack --ctstate ESTABLISHED,RELATED "
		"-j ACCEPT\n"
		"-A FORWARD -m conntrack --ctstate INVALID -j DROP\nCOMMIT\n");
	fclose(out);
	return text;
}
