/* SPDX-License-Identifier: MIT */
/*
 * Writing the file of keys: the next one is made beside it (FILE.new), which
 * is the lock of those who write at the same time, too.
 *
 *   lock FILE.new ── read FILE ── write all, and one more ── fsync ── rename
 */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/file.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/fault_point.h"
#include "crypto/key_file.h"
#include "crypto/key_file_parts.h"

#define ORIGIN "key"

enum { ADD_TRIES = 100 };

/* A file that is being written. */
struct key_writer {
    char *path; /* behind symbolic links */
    char *next; /* path.new */
    int fd;     /* of next, locked */
};

static bool
add_is_same(int fd, const char *path)
{
    struct stat mine;
    struct stat there;
    return fstat(fd, &mine) == 0 && lstat(path, &there) == 0
           && mine.st_dev == there.st_dev && mine.st_ino == there.st_ino;
}

/* Nobody may have put one there to read along. */
static enum mst_status
add_check_next(struct key_writer *writer, struct mst_error *err)
{
    struct stat info;
    return fstat(writer->fd, &info) != 0
               ? mst_key_file_fail(err, "can not be written", writer->next,
                                   errno)
               : mst_key_file_check(writer->next, &info, err);
}

/* One that a killed writer left is taken over; one that a writer renamed
 * while it was waited for is not. */
static enum mst_status
add_lock(struct key_writer *writer, struct mst_error *err)
{
    for (int i = 0; i < ADD_TRIES; i++) {
        int fd = open(writer->next, O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW,
                      S_IRUSR | S_IWUSR);
        if (fd < 0 || flock(fd, LOCK_EX) != 0) {
            int code = errno;
            if (fd >= 0) {
                (void)close(fd);
            }
            return mst_key_file_fail(err, "can not be written", writer->next,
                                     code);
        }
        if (add_is_same(fd, writer->next)) {
            writer->fd = fd;
            return add_check_next(writer, err);
        }
        (void)close(fd);
    }
    return mst_fail(err, MST_RETRY, ORIGIN, 0,
                    "others keep writing the key file '%s'", writer->path);
}

static enum mst_status
add_open(struct key_writer *writer, const char *path, struct mst_error *err)
{
    /* The place of a link is taken by nobody. */
    char *real = realpath(path, NULL);
    char *next = NULL;
    if (real == NULL) {
        real = strdup(path);
    }
    if (real == NULL || asprintf(&next, "%s.new", real) < 0) {
        free(real);
        return mst_fail_memory(err, ORIGIN);
    }
    writer->path = real;
    writer->next = next;
    return add_lock(writer, err);
}

/* removes: what was written and did not become the file. */
static void
add_close(struct key_writer *writer, bool removes)
{
    if (writer->fd >= 0 && removes) {
        (void)unlink(writer->next);
    }
    if (writer->fd >= 0) {
        (void)close(writer->fd);
    }
    free(writer->next);
    free(writer->path);
}

/* What the file holds now, checked; empty where there is none. */
static enum mst_status
add_read_old(struct key_writer *writer, struct mst_slice *ret_text,
             struct mst_error *err)
{
    struct stat info;
    struct mst_keys *keys = mst_keys_create();
    int fd = open(writer->path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
    enum mst_status status = MST_OK;
    if (keys == NULL) {
        status = mst_fail_memory(err, ORIGIN);
    } else if (fd < 0 && errno == ENOENT) {
        *ret_text = MST_SLICE_NONE;
    } else if (fd < 0 || fstat(fd, &info) != 0) {
        status = mst_key_file_fail(err, "can not be read", writer->path, errno);
    } else if (info.st_uid != geteuid()
               && fchown(writer->fd, info.st_uid, info.st_gid) != 0) {
        /* The daemon could not read what another user owns. */
        status = mst_key_file_fail(err, "belongs to another user", writer->path,
                                   errno);
    } else {
        status = mst_key_file_check(writer->path, &info, err);
        if (status == MST_OK) {
            status = mst_key_file_load(fd, writer->path, ret_text, err);
        }
        if (status == MST_OK) {
            status = mst_key_file_parse(*ret_text, writer->path, keys, err);
        }
    }
    if (fd >= 0) {
        (void)close(fd);
    }
    sodium_free(keys);
    return status;
}

static bool
add_write_all(int fd, const void *data, size_t len)
{
    const uint8_t *at = data;
    while (len > 0) {
        ssize_t n = write(fd, at, len);
        if (n < 0 && errno != EINTR) {
            return false;
        }
        at += n > 0 ? n : 0;
        len -= n > 0 ? (size_t)n : 0;
    }
    return true;
}

/* A random key as its line, with when it was made. */
static bool
add_write_key(int fd)
{
    uint8_t *key = sodium_malloc(MST_KEY_LEN);
    char *digits = sodium_malloc(MST_KEY_TEXT_LEN + 1);
    char comment[96];
    char moment[MST_TIME_TEXT_MAX];
    bool good = key != NULL && digits != NULL;
    if (good) {
        mst_time_format(mst_clock_wall_ms(), moment);
        (void)snprintf(comment, sizeof(comment), "# made %s\n", moment);
        randombytes_buf(key, MST_KEY_LEN);
        (void)sodium_bin2hex(digits, MST_KEY_TEXT_LEN + 1, key, MST_KEY_LEN);
        digits[MST_KEY_TEXT_LEN] = '\n';
        good = add_write_all(fd, comment, strlen(comment))
               && add_write_all(fd, digits, MST_KEY_TEXT_LEN + 1);
    } else {
        errno = ENOMEM;
    }
    sodium_free(digits);
    sodium_free(key);
    return good;
}

static const char add_head[] =
    "# Keys of mstream: the last one seals, all of them open. Keep a copy.\n";

static enum mst_status
add_write(struct key_writer *writer, struct mst_slice old,
          struct mst_error *err)
{
    struct mst_slice before = old.data != NULL ? old : mst_slice_str(add_head);
    bool ends = before.data[before.len - 1] == '\n';
    mst_fault_point("before_key_file");
    bool good = ftruncate(writer->fd, 0) == 0
                && fchmod(writer->fd, S_IRUSR | S_IWUSR) == 0
                && add_write_all(writer->fd, before.data, before.len)
                && (ends || add_write_all(writer->fd, "\n", 1))
                && add_write_key(writer->fd) && fsync(writer->fd) == 0;
    if (good) {
        mst_fault_point("before_key_rename");
        good = rename(writer->next, writer->path) == 0;
        mst_fault_point("after_key_rename");
    }
    return good ? MST_OK
                : mst_key_file_fail(err, "can not be written", writer->path,
                                    errno);
}

/* So that the new name is on the disk, too. */
static enum mst_status
add_sync_directory(const char *path, struct mst_error *err)
{
    char *copy = strdup(path);
    if (copy == NULL) {
        return mst_fail_memory(err, ORIGIN);
    }
    char *slash = strrchr(copy, '/');
    const char *directory = slash == NULL ? "." : slash == copy ? "/" : copy;
    if (slash != NULL && slash != copy) {
        *slash = '\0';
    }
    int fd = open(directory, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    bool good = fd >= 0 && fsync(fd) == 0;
    int code = errno;
    if (fd >= 0) {
        (void)close(fd);
    }
    free(copy);
    return good ? MST_OK
                : mst_key_file_fail(err, "can not be made durable", path, code);
}

enum mst_status
mst_key_file_add(const char *path, bool only_new, struct mst_error *err)
{
    struct key_writer writer = {.fd = -1};
    struct mst_slice old = MST_SLICE_NONE;
    bool written = false;
    enum mst_status status = add_open(&writer, path, err);
    if (status == MST_OK) {
        status = add_read_old(&writer, &old, err);
    }
    if (status == MST_OK && (old.data == NULL || !only_new)) {
        status = add_write(&writer, old, err);
        written = status == MST_OK;
        if (written) {
            status = add_sync_directory(writer.path, err);
        }
    }
    sodium_free((void *)(uintptr_t)old.data);
    add_close(&writer, !written);
    return status;
}
