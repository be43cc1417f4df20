// SPDX-License-Identifier: GPL-2.0
/* Owns the sysctls under /proc, which are those of the network namespace of the
 * process. Must not know what the values mean.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
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
 * At the beginning, where the kernel takes a number: behind what was written
 * before it takes none, and says nothing of that.
 *
 * Return: 0 or a negative errno.
 */
int sysctl_write(int fd, u64 value)
{
	char text[24];
	int len;

	len = snprintf(text, sizeof(text), "%llu\n", value);
	return pwrite(fd, text, len, 0) == len ? 0 : -errno;
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
