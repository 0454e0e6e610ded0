/* SPDX-License-Identifier: MIT */
/* Reading a configuration file, with a word for everything that it may be
 * instead. */
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "config/loader.h"

enum { FILE_CHUNK = 64 * 1024 };

static char *
file_fail(struct mst_loader *loader, const char *path, const char *what)
{
    struct mst_place place = {.file = path};
    mst_loader_fail(loader, &place, NULL, "%s", what);
    return NULL;
}

static char *
file_fail_errno(struct mst_loader *loader, const char *path, int error)
{
    struct mst_place place = {.file = path};
    char reason[128];
    const char *text = strerror_r(error, reason, sizeof(reason));
    mst_loader_fail(loader, &place,
                    error == ENOENT ? "check the path and the name of the file"
                                    : NULL,
                    "the configuration file can not be read: %s", text);
    return NULL;
}

/* Pipes have no size, so the limit is watched while reading. */
static char *
file_read(struct mst_loader *loader, const char *path, int fd, size_t *ret_len)
{
    struct mst_buf buf;
    mst_buf_init(&buf, MST_CONFIG_MAX_BYTES + 1);
    for (;;) {
        if (mst_buf_reserve(&buf, FILE_CHUNK) != MST_OK
            && mst_buf_reserve(&buf, 1) != MST_OK) {
            mst_buf_clear(&buf);
            return file_fail(loader, path, "the file is larger than 16 MiB");
        }
        ssize_t got = read(fd, buf.data + buf.len, buf.cap - buf.len);
        if (got < 0 && errno == EINTR) {
            continue;
        }
        if (got < 0) {
            int error = errno;
            mst_buf_clear(&buf);
            return file_fail_errno(loader, path, error);
        }
        if (got == 0) {
            break;
        }
        buf.len += (size_t)got;
    }
    if (buf.len > MST_CONFIG_MAX_BYTES) {
        mst_buf_clear(&buf);
        return file_fail(loader, path, "the file is larger than 16 MiB");
    }
    if (mst_buf_text(&buf) == NULL) {
        mst_buf_clear(&buf);
        return file_fail(loader, path, "out of memory");
    }
    return (char *)mst_buf_take(&buf, ret_len);
}

char *
mst_loader_file(struct mst_loader *loader, const char *path, size_t *ret_len)
{
    struct stat info;
    int fd = open(path, O_RDONLY | O_CLOEXEC);
    if (fd < 0) {
        return file_fail_errno(loader, path, errno);
    }
    char *text = NULL;
    if (fstat(fd, &info) == 0 && S_ISDIR(info.st_mode)) {
        (void)file_fail(loader, path,
                        "this is a directory, not a configuration file");
    } else {
        text = file_read(loader, path, fd, ret_len);
    }
    (void)close(fd);
    if (text != NULL && memchr(text, '\0', *ret_len) != NULL) {
        free(text);
        return file_fail(loader, path, "this is a binary file, not TOML");
    }
    return text;
}

char *
mst_config_read_file(const char *path, struct mst_problems *problems,
                     size_t *ret_len)
{
    struct mst_loader loader = {.reader = {.problems = problems}};
    return mst_loader_file(&loader, path, ret_len);
}
