// SPDX-License-Identifier: GPL-2.0
/* Owns the files under /proc: sysctls and SNMP counters. All of them are
 * those of the network namespace of the process. Must not know what the
 * values mean.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "parse.h"
#include "proc.h"

#define PATH_SIZE	128

static void sysctl_path(const char *name, char *path)
{
	snprintf(path, PATH_SIZE, "/proc/sys/%s", name);
}

/**
 * sysctl_read() - Read a number from a sysctl.
 * @name: Path under /proc/sys.
 * @value: Changed only on success.
 *
 * Return: 0 or a negative errno.
 */
int sysctl_read(const char *name, u64 *value)
{
	char path[PATH_SIZE], text[32];
	ssize_t len;
	int fd;

	sysctl_path(name, path);
	fd = open(path, O_RDONLY | O_CLOEXEC);
	if (fd < 0)
		return -errno;
	len = read(fd, text, sizeof(text) - 1);
	close(fd);
	if (len < 0)
		return -EIO;
	text[len] = '\0';
	text[strcspn(text, "\n")] = '\0';
	return parse_number(text, value);
}

/**
 * sysctl_open() - Open a sysctl for writing, without writing.
 * @name: Path under /proc/sys.
 *
 * Return: Descriptor or a negative errno.
 */
int sysctl_open(const char *name)
{
	char path[PATH_SIZE];
	int fd;

	sysctl_path(name, path);
	fd = open(path, O_WRONLY | O_CLOEXEC);
	return fd < 0 ? -errno : fd;
}

/**
 * sysctl_write() - Write a number to a sysctl.
 * @fd: Descriptor of sysctl_open().
 * @value: Value.
 *
 * Return: 0 or a negative errno.
 */
int sysctl_write(int fd, u64 value)
{
	char text[24];
	int len;

	len = snprintf(text, sizeof(text), "%llu\n", value);
	return write(fd, text, len) == len ? 0 : -errno;
}

/**
 * sysctl_is_fixed() - Is it read-only for everybody?
 * @name: Path under /proc/sys.
 *
 * Return: True if so, which means for a global setting of conntrack that
 * this is not the first network namespace.
 */
bool sysctl_is_fixed(const char *name)
{
	char path[PATH_SIZE];
	struct stat st;

	sysctl_path(name, path);
	return !stat(path, &st) && !(st.st_mode & 0222);
}

/* What stands between and behind the words of a line. */
#define BLANKS	"\n "

/* One word at *text, which is moved behind it. */
static size_t take_word(const char **text, const char **word)
{
	size_t len;

	*text += strspn(*text, BLANKS);
	*word = *text;
	len = strcspn(*text, BLANKS);
	*text += len;
	return len;
}

/**
 * snmp_find_column() - Find a value in a pair of lines of /proc/net/snmp.
 * @names: Line with names.
 * @values: Line with values in the same order.
 * @want: Name.
 * @value: Changed only on success.
 *
 * Return: 0 or -ENOENT.
 */
int snmp_find_column(const char *names, const char *values, const char *want,
		     u64 *value)
{
	const char *name, *text;
	char number[24];
	size_t len, text_len;

	for (;;) {
		len = take_word(&names, &name);
		text_len = take_word(&values, &text);
		if (!len || !text_len)
			return -ENOENT;
		if (len != strlen(want) || strncmp(name, want, len))
			continue;
		snprintf(number, sizeof(number), "%.*s", (int)text_len, text);
		return parse_number(number, value) ? -ENOENT : 0;
	}
}

/**
 * snmp_ipv4_forwarded() - Packets that IPv4 forwarded in this namespace.
 * @packets: Changed only on success.
 *
 * Return: 0 or a negative errno.
 */
int snmp_ipv4_forwarded(u64 *packets)
{
	char *names = NULL, *values = NULL;
	size_t names_room = 0, values_room = 0;
	FILE *file = fopen("/proc/net/snmp", "re");
	int ret = -ENOENT;

	if (!file)
		return -errno;
	while (getline(&names, &names_room, file) > 0 &&
	       getline(&values, &values_room, file) > 0) {
		if (strncmp(names, "Ip: ", 4))
			continue;
		ret = snmp_find_column(names, values, "ForwDatagrams",
				       packets);
		break;
	}
	fclose(file);
	free(names);
	free(values);
	return ret;
}

/**
 * snmp_ipv6_forwarded() - Packets that IPv6 forwarded in this namespace.
 * @packets: Changed only on success.
 *
 * Return: 0 or a negative errno.
 */
int snmp_ipv6_forwarded(u64 *packets)
{
	static const char name[] = "Ip6OutForwDatagrams";
	FILE *file = fopen("/proc/net/snmp6", "re");
	int ret = -ENOENT;
	size_t room = 0;
	char *line = NULL;

	if (!file)
		return -errno;
	while (ret && getline(&line, &room, file) > 0) {
		size_t len = strcspn(line, " \t");

		if (len != strlen(name) || strncmp(line, name, len))
			continue;
		line[strcspn(line, "\n")] = '\0';
		ret = parse_number(line + len + strspn(line + len, " \t"),
				   packets);
	}
	fclose(file);
	free(line);
	return ret;
}
