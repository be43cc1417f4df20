// SPDX-License-Identifier: GPL-2.0
/* Owns "ftctl monitor": listens until somebody ends it. Must not know how
 * messages are coded, nor what an event looks like.
 *
 * It ends well with SIGINT and SIGTERM, and when the reader of its output
 * goes. It ends with EXIT_MODULE when the module is unloaded.
 */
#include <errno.h>
#include <net/if.h>
#include <poll.h>
#include <signal.h>
#include <string.h>
#include <sys/signalfd.h>
#include <sys/socket.h>
#include <unistd.h>
#include <linux/fasttrack.h>
#include <linux/genetlink.h>

#include "command.h"
#include "diag.h"
#include "event.h"
#include "filter.h"
#include "found.h"
#include "out.h"
#include "parse.h"

/* The group that tells which families come and go. */
#define CTRL_GROUP	GENL_ID_CTRL

/* Room for some thousand events that came at once. */
#define USUAL_BUFFER	(4 * 1024 * 1024)
#define BUFFER_MAX	(1024 * 1024 * 1024)

/**
 * struct monitor - One run.
 * @ftctl: Options.
 * @ft: Way to the engine.
 * @filter: Only connections that match.
 * @kinds: Bit by enum ft_event_kind, only these; 0 for all.
 * @buffer: Bytes of the socket's buffer, 0 for the usual.
 * @signals: Descriptor that tells of signals.
 * @buf: On its way to stdout.
 */
struct monitor {
	const struct ftctl *ftctl;
	struct ft ft;
	struct filter filter;
	u32 kinds;
	int buffer;
	int signals;
	struct buf buf;
};

/* As something to wait for, so that none comes between a look and the wait. */
static void catch_signals(struct monitor *monitor)
{
	sigset_t set;

	sigemptyset(&set);
	sigaddset(&set, SIGINT);
	sigaddset(&set, SIGTERM);
	sigprocmask(SIG_BLOCK, &set, NULL);
	monitor->signals = signalfd(-1, &set, SFD_CLOEXEC);
}

static int take_buffer(struct monitor *monitor, const char *text)
{
	u64 bytes = 0;
	int ret;

	if (monitor->buffer)
		return fail(EXIT_USAGE, "buffer is given twice");
	ret = parse_amount(text, &bytes);
	if (ret == -EINVAL)
		return fail(EXIT_USAGE,
			    "buffer: '%s' is not an amount (1 to 1Gi)", text);
	if (ret || !bytes || bytes > BUFFER_MAX)
		return fail(EXIT_USAGE,
			    "buffer: '%s' is out of range (1 to 1Gi)", text);
	monitor->buffer = bytes;
	return EXIT_OK;
}

static int take_kinds(struct monitor *monitor, const char *text)
{
	if (monitor->kinds)
		return fail(EXIT_USAGE, "event is given twice");
	for (;;) {
		size_t len = strcspn(text, ",");
		int kind = event_find(text, len);

		if (kind < 0)
			return fail(EXIT_USAGE,
				    "event: '%.*s' is not fast, released or closed",
				    (int)len, text);
		monitor->kinds |= BIT(kind);
		if (!text[len])
			return EXIT_OK;
		text += len + 1;
	}
}

static int take_word(struct monitor *monitor, const char *word)
{
	const char *value = parse_assignment(word, "event");
	char error[FILTER_ERROR_SIZE];
	int ret;

	if (value)
		return take_kinds(monitor, value);
	value = parse_assignment(word, "buffer");
	if (value)
		return take_buffer(monitor, value);
	ret = filter_word(&monitor->filter, word, error);
	if (ret == -ENOENT)
		return fail(EXIT_USAGE, "monitor: unknown word '%s'", word);
	return ret ? fail(EXIT_USAGE, "%s", error) : EXIT_OK;
}

static int parse(struct monitor *monitor, int argc, char **argv)
{
	char error[FILTER_ERROR_SIZE];
	int i;

	filter_init(&monitor->filter);
	for (i = 0; i < argc; i++)
		if (take_word(monitor, argv[i]))
			return EXIT_USAGE;
	if (filter_end(&monitor->filter, monitor->ftctl->family, error) ||
	    filter_resolve(&monitor->filter, if_nametoindex, error))
		return fail(EXIT_USAGE, "%s", error);
	if (filter_has(&monitor->filter, FILTER_MIN_RATE) ||
	    filter_has(&monitor->filter, FILTER_TCP_STATE))
		return fail(EXIT_USAGE,
			    "monitor: events have neither rates nor TCP states");
	return EXIT_OK;
}

/* Is it our family that goes? */
static int see_control(const struct monitor *monitor,
		       const struct nlmsghdr *nlh)
{
	const struct genlmsghdr *genl = mnl_nlmsg_get_payload(nlh);
	const struct nlattr *attr;

	if (mnl_nlmsg_get_payload_len(nlh) < sizeof(*genl) ||
	    genl->cmd != CTRL_CMD_DELFAMILY)
		return 0;
	mnl_attr_for_each(attr, nlh, sizeof(*genl))
		if (mnl_attr_get_type(attr) == CTRL_ATTR_FAMILY_ID &&
		    mnl_attr_get_payload_len(attr) == sizeof(u16) &&
		    mnl_attr_get_u16(attr) == monitor->ft.id)
			return -ESHUTDOWN;
	return 0;
}

static int see_message(const struct nlmsghdr *nlh, void *data)
{
	struct monitor *monitor = data;
	const struct ftctl *ftctl = monitor->ftctl;
	enum ft_event_kind kind;
	struct ft_found found;
	struct timespec when;
	struct ct_conn ct;
	struct conn conn;
	int ret;

	if (nlh->nlmsg_type != monitor->ft.id)
		return nlh->nlmsg_type == GENL_ID_CTRL ?
		       see_control(monitor, nlh) : 0;
	ret = ft_decode_event(nlh, &kind, &found);
	if (ret)
		return ret == -ENOENT ? 0 : ret;
	found_conn(&found, &ct, &conn);
	if ((monitor->kinds && !(monitor->kinds & BIT(kind))) ||
	    !filter_match(&monitor->filter, &ct, conn.ft, 0))
		return 0;
	clock_gettime(CLOCK_REALTIME, &when);
	if (ftctl->json)
		event_json(&monitor->buf, kind, &conn, &when, ftctl->pretty);
	else
		event_text(&monitor->buf, kind, &conn, &when);
	return 0;
}

/* Returns 0 to go on. A reader that has gone shows in its pipe even while
 * there is nothing to write; what else is wrong with it a write will tell.
 */
static int wait_for_news(const struct monitor *monitor)
{
	struct pollfd fds[] = {
		{ .fd = nl_fd(monitor->ft.nl), .events = POLLIN },
		{ .fd = STDOUT_FILENO },
		{ .fd = monitor->signals, .events = POLLIN },
	};

	while (!out_error()) {
		if (poll(fds, ARRAY_SIZE(fds), -1) < 0)
			continue;
		if (fds[1].revents & (POLLERR | POLLHUP) || fds[2].revents)
			return -ECANCELED;
		if (fds[0].revents)
			return 0;
	}
	return -ECANCELED;
}

static int listen_on(struct monitor *monitor)
{
	int ret;

	for (;;) {
		ret = wait_for_news(monitor);
		if (!ret)
			ret = nl_receive(monitor->ft.nl, see_message, monitor);
		buf_out(&monitor->buf);
		out_flush();
		if (ret == -ENOBUFS)
			note("monitor: events were lost, more came than could be read");
		else if (ret == -ECANCELED)
			return EXIT_OK;
		else if (ret == -ESHUTDOWN)
			return fail(EXIT_MODULE,
				    "monitor: the module was unloaded");
		else if (ret && ret != -EINTR && ret != -EAGAIN)
			return ft_report(&monitor->ft, ret, "monitor");
	}
}

static int join(struct monitor *monitor)
{
	int bytes = monitor->buffer ?: USUAL_BUFFER;
	int group, ret;

	ret = ft_open(&monitor->ft);
	if (ret)
		return ret;
	group = nl_genl_group(monitor->ft.nl, FASTTRACK_FAMILY_NAME,
			      FASTTRACK_MCGRP_CONNECTIONS);
	if (group < 0)
		return group;
	/* By force, if we may; a small one only loses more. */
	if (setsockopt(nl_fd(monitor->ft.nl), SOL_SOCKET, SO_RCVBUFFORCE,
		       &bytes, sizeof(bytes)) < 0)
		setsockopt(nl_fd(monitor->ft.nl), SOL_SOCKET, SO_RCVBUF,
			   &bytes, sizeof(bytes));
	/* First what tells that the module goes. */
	ret = nl_join(monitor->ft.nl, CTRL_GROUP);
	return ret ?: nl_join(monitor->ft.nl, group);
}

/**
 * monitor_word() - Words that may follow "monitor".
 * @i: Number.
 *
 * Return: Word, or NULL behind the last.
 */
const char *monitor_word(size_t i)
{
	static const char * const words[] = { "event=", "buffer=" };

	return i < ARRAY_SIZE(words) ? words[i] :
				       filter_name(i - ARRAY_SIZE(words));
}

/**
 * cmd_monitor() - Show events as they come.
 * @ftctl: Options.
 * @argc: How many words follow.
 * @argv: Words.
 *
 * Return: Exit code.
 */
int cmd_monitor(const struct ftctl *ftctl, int argc, char **argv)
{
	struct monitor monitor = { .ftctl = ftctl };
	int ret;

	if (parse(&monitor, argc, argv))
		return EXIT_USAGE;
	catch_signals(&monitor);
	ret = join(&monitor);
	if (ret)
		ret = ft_report(&monitor.ft, ret, "monitor");
	else
		ret = listen_on(&monitor);
	ft_close(&monitor.ft);
	buf_free(&monitor.buf);
	return ret;
}
