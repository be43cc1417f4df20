// SPDX-License-Identifier: GPL-2.0
/* Owns the way of a text into what a name stands for: a file has the old text
 * or the whole new one, and what is no file is written to. Must not know what
 * the text says.
 */
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "file.h"

static bool same_file(const struct stat *a, const struct stat *b)
{
	return a->st_dev == b->st_dev && a->st_ino == b->st_ino;
}

/**
 * file_is_stdout() - Is a name that of what stdout goes to?
 * @name: Name, perhaps /dev/stdout.
 *
 * Opened again it would have a place of its own in the file, and overwrite
 * what others have written there.
 *
 * Return: True if so.
 */
bool file_is_stdout(const char *name)
{
	struct stat named, out;

	return !stat(name, &named) && !fstat(STDOUT_FILENO, &out) &&
	       same_file(&named, &out);
}

static int write_all(int fd, const char *text, size_t len)
{
	while (len) {
		ssize_t done = write(fd, text, len);

		if (done < 0 && errno == EINTR)
			continue;
		if (done < 0)
			return -errno;
		text += done;
		len -= done;
	}
	return 0;
}

/* The owner comes first: a change of it takes rights away. Who may not give
 * the file to its owner has it himself, as if he had made it; a file system
 * without rights refuses all of this.
 */
static int put_rights(int fd, const struct stat *old)
{
	if (fchown(fd, old->st_uid, old->st_gid) &&
	    fchown(fd, -1, old->st_gid) && errno != EPERM)
		return -errno;
	if (fchmod(fd, old->st_mode & 0777) && errno != EPERM)
		return -errno;
	return 0;
}

/* Beside the file, so that a rename puts it in place. */
static int replace(const char *name, const struct stat *old,
		   const char *text, size_t len)
{
	char path[PATH_MAX];
	int fd, ret;

	if (snprintf(path, sizeof(path), "%s.XXXXXX", name) >=
	    (int)sizeof(path))
		return -ENAMETOOLONG;
	fd = mkstemp(path);
	if (fd < 0)
		return -errno;
	ret = put_rights(fd, old);
	if (!ret)
		ret = write_all(fd, text, len);
	if (!ret && fsync(fd))
		ret = -errno;
	if (close(fd) && !ret)
		ret = -errno;
	if (!ret && rename(path, name))
		ret = -errno;
	if (ret)
		unlink(path);
	return ret;
}

/* As a redirection of the shell would; what is there is not made again, which
 * the kernel may forbid for what is somebody else's.
 */
static int open_name(const char *name, bool *made)
{
	int flags = O_WRONLY | O_CLOEXEC | O_NOCTTY;
	int fd = open(name, flags);

	*made = false;
	if (fd < 0 && errno == ENOENT) {
		fd = open(name, flags | O_CREAT, 0666);
		*made = fd >= 0;
	}
	return fd < 0 ? -errno : fd;
}

/* Links are followed. A file that has no name any more, as /dev/fd may stand
 * for, is written to like what is no file.
 */
static int write_open(int fd, const char *name, bool made, const char *text,
		      size_t len)
{
	struct stat opened, named;
	char path[PATH_MAX];
	int ret;

	if (fstat(fd, &opened))
		return -errno;
	if (!S_ISREG(opened.st_mode))
		return write_all(fd, text, len);
	if (!realpath(name, path) || stat(path, &named) ||
	    !same_file(&opened, &named))
		return ftruncate(fd, 0) ? -errno : write_all(fd, text, len);
	ret = replace(path, &opened, text, len);
	if (ret && made)
		unlink(path);
	return ret;
}

/**
 * file_write() - Write a text to what a name stands for.
 * @name: Name. A file is replaced as a whole, and keeps its mode and, as far
 *	as possible, its owner; a new one goes by the umask. Anything else,
 *	as a device or a pipe, is written to.
 * @text: Text.
 * @len: Its length.
 *
 * Return: 0 or a negative errno; a file then has what it had.
 */
int file_write(const char *name, const char *text, size_t len)
{
	bool made;
	int fd = open_name(name, &made);
	int ret;

	if (fd < 0)
		return fd;
	ret = write_open(fd, name, made, text, len);
	if (close(fd) && !ret)
		ret = -errno;
	return ret;
}
