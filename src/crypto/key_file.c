/* SPDX-License-Identifier: MIT */
/* Reading the file of keys. */
#include "crypto/key_file.h"

#include <errno.h>
#include <fcntl.h>
#include <unistd.h>

#include "crypto/key_file_parts.h"

#define ORIGIN "key"

enum mst_status
mst_key_file_fail(struct mst_error *err, const char *what, const char *path,
                  int code)
{
    char why[128];
    (void)mst_fail(err, MST_FATAL, ORIGIN, code, "the key file '%s' %s: %s",
                   path, what, strerror_r(code, why, sizeof(why)));
    if (code == EACCES || code == EPERM) {
        mst_error_hint(err, "it has to belong to the user that runs mstream");
    }
    return MST_FATAL;
}

/* Others than its owner must never have been able to read it. */
enum mst_status
mst_key_file_check(const char *path, const struct stat *info,
                   struct mst_error *err)
{
    if (!S_ISREG(info->st_mode)) {
        return mst_fail(err, MST_FATAL, ORIGIN, 0,
                        "the key file '%s' is not a file", path);
    }
    if ((info->st_mode & (S_IRWXG | S_IRWXO)) != 0) {
        (void)mst_fail(err, MST_FATAL, ORIGIN, 0,
                       "the key file '%s' has mode %04o: others than its owner "
                       "can read or write it",
                       path, (unsigned)info->st_mode & 07777);
        mst_error_hint(err,
                       "chmod 600 %s, and if others may have read it, "
                       "'mstream key rotate'",
                       path);
        return MST_FATAL;
    }
    return MST_OK;
}

enum mst_status
mst_key_file_load(int fd, const char *path, struct mst_slice *ret_text,
                  struct mst_error *err)
{
    uint8_t *text = sodium_malloc(MST_KEY_FILE_MAX + 1);
    size_t len = 0;
    ssize_t n = 1;
    if (text == NULL) {
        return mst_fail_memory(err, ORIGIN);
    }
    while (n != 0 && len <= MST_KEY_FILE_MAX) {
        n = read(fd, text + len, MST_KEY_FILE_MAX + 1 - len);
        if (n < 0 && errno != EINTR) {
            int code = errno;
            sodium_free(text);
            return mst_key_file_fail(err, "can not be read", path, code);
        }
        len += n > 0 ? (size_t)n : 0;
    }
    if (len > MST_KEY_FILE_MAX) {
        sodium_free(text);
        return mst_fail(err, MST_FATAL, ORIGIN, 0,
                        "the key file '%s' is longer than %d bytes: it holds "
                        "something else",
                        path, (int)MST_KEY_FILE_MAX);
    }
    *ret_text = mst_slice_of(text, len);
    return MST_OK;
}

/* Never shows what stands in the line. */
static enum mst_status
file_add_line(struct mst_keys *keys, struct mst_slice line, const char *path,
              size_t number, struct mst_error *err)
{
    line = mst_key_trim(line);
    if (line.len == 0 || line.data[0] == '#') {
        return MST_OK;
    }
    enum mst_status status = mst_keys_add(keys, line);
    if (status == MST_REJECTED) {
        (void)mst_fail(err, MST_FATAL, ORIGIN, 0,
                       "line %zu of the key file '%s' is no key: it has %zu "
                       "characters, a key has %d hexadecimal digits",
                       number, path, line.len, (int)MST_KEY_TEXT_LEN);
        mst_error_hint(err, "restore a copy of the file");
        return MST_FATAL;
    }
    return status == MST_OK
               ? MST_OK
               : mst_fail(err, MST_FATAL, ORIGIN, 0,
                          "the keys of '%s' can not be taken: no memory, or "
                          "more than %d of them",
                          path, (int)MST_KEYS_MAX);
}

enum mst_status
mst_key_file_parse(struct mst_slice text, const char *path,
                   struct mst_keys *keys, struct mst_error *err)
{
    enum mst_status status = MST_OK;
    size_t before = keys->len;
    for (size_t number = 1; text.len > 0 && status == MST_OK; number++) {
        const uint8_t *nl = memchr(text.data, '\n', text.len);
        size_t len = nl == NULL ? text.len : (size_t)(nl - text.data);
        size_t used = nl == NULL ? len : len + 1;
        status = file_add_line(keys, mst_slice_of(text.data, len), path, number,
                               err);
        text = mst_slice_of(text.data + used, text.len - used);
    }
    if (status == MST_OK && keys->len == before) {
        status = mst_fail(err, MST_FATAL, ORIGIN, 0,
                          "the key file '%s' holds no key", path);
        mst_error_hint(err, "restore a copy of it; only where nothing was "
                            "ever sealed, remove it and a new one is made");
    }
    return status;
}

enum mst_status
mst_key_file_read(const char *path, struct mst_keys *keys,
                  struct stat *ret_seen, struct mst_error *err)
{
    struct stat info;
    struct mst_slice text = MST_SLICE_NONE;
    /* Not to wait for the other end of a pipe. */
    int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
    if (fd < 0 && errno == ENOENT) {
        return mst_fail(err, MST_END, ORIGIN, 0, "there is no key file '%s'",
                        path);
    }
    if (fd < 0 || fstat(fd, &info) != 0) {
        int code = errno;
        if (fd >= 0) {
            (void)close(fd);
        }
        return mst_key_file_fail(err, "can not be read", path, code);
    }
    enum mst_status status = mst_key_file_check(path, &info, err);
    if (status == MST_OK) {
        status = mst_key_file_load(fd, path, &text, err);
    }
    (void)close(fd);
    if (status == MST_OK) {
        status = mst_key_file_parse(text, path, keys, err);
        sodium_free((void *)(uintptr_t)text.data);
    }
    if (status == MST_OK) {
        *ret_seen = info;
    }
    return status;
}

bool
mst_key_file_is(const char *path, const struct stat *seen)
{
    struct stat now;
    return stat(path, &now) == 0 && now.st_dev == seen->st_dev
           && now.st_ino == seen->st_ino && now.st_size == seen->st_size
           && now.st_mode == seen->st_mode
           && now.st_mtim.tv_sec == seen->st_mtim.tv_sec
           && now.st_mtim.tv_nsec == seen->st_mtim.tv_nsec;
}
