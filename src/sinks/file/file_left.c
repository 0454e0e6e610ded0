/* SPDX-License-Identifier: MIT */
/* Temporary files that an earlier run left behind. */
#include <errno.h>
#include <fcntl.h>
#include <glob.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include "encodings/little_endian.h"
#include "log/log.h"
#include "sinks/file/file_mark.h"

/* Length up to the last line break. */
static off_t
left_whole_lines(int fd, off_t size)
{
    char chunk[4096];
    while (size > 0) {
        off_t from =
            size > (off_t)sizeof(chunk) ? size - (off_t)sizeof(chunk) : 0;
        ssize_t n = pread(fd, chunk, (size_t)(size - from), from);
        if (n <= 0) {
            return size; /* leave what can not be read */
        }
        const char *last = memrchr(chunk, '\n', (size_t)n);
        if (last != NULL) {
            return from + (last - chunk) + 1;
        }
        size = from;
    }
    return 0;
}

/* Length of the documents that are whole. */
static off_t
left_whole_documents(int fd, off_t size)
{
    off_t at = 0;
    uint8_t head[4];
    while (pread(fd, head, sizeof(head), at) == (ssize_t)sizeof(head)) {
        off_t len = (off_t)mst_le32(head);
        if (len < 5 || len > size - at) {
            break;
        }
        at += len;
    }
    return at;
}

/* Length of the CSV records that are whole: a line break in quotes ends none.
 */
static off_t
left_whole_records(int fd)
{
    char chunk[4096];
    off_t at = 0;
    off_t whole = 0;
    bool quoted = false;
    for (;;) {
        ssize_t n = pread(fd, chunk, sizeof(chunk), at);
        if (n <= 0) {
            return whole;
        }
        for (ssize_t i = 0; i < n; i++) {
            quoted = quoted != (chunk[i] == '"');
            whole = chunk[i] == '\n' && !quoted ? at + i + 1 : whole;
        }
        at += n;
    }
}

/* Takes off half an event at the end. False: could not be done. */
static bool
left_repair(const struct mst_file_set *set, int fd)
{
    struct stat info;
    if (fstat(fd, &info) != 0) {
        return false;
    }
    off_t whole = 0;
    switch (set->framing) {
    case MST_FILE_LINES:
        whole = left_whole_lines(fd, info.st_size);
        break;
    case MST_FILE_DOCUMENTS:
        whole = left_whole_documents(fd, info.st_size);
        break;
    case MST_FILE_CSV:
        whole = left_whole_records(fd);
        break;
    }
    return whole == info.st_size || ftruncate(fd, whole) == 0;
}

static bool
left_is_known(struct mst_file_set *set, const char *name)
{
    struct mst_file_cursor cursor = {0};
    struct mst_file_part *part = mst_file_set_next(set, &cursor);
    while (part != NULL && strcmp(part->name, name) != 0) {
        part = mst_file_set_next(set, &cursor);
    }
    return part != NULL;
}

/* path: the temporary file, name: its final one; both below the directory. */
static enum mst_status
left_handle(struct mst_file_set *set, const char *path, const char *name,
            bool remove_it, struct mst_error *err)
{
    int dir = set->place.dir_fd;
    int fd = openat(dir, path, O_RDWR | O_CLOEXEC | O_NOFOLLOW);
    if (fd < 0) {
        return errno == ENOENT
                   ? MST_OK
                   : mst_file_failed(err, errno, "open", &set->place, path);
    }
    enum mst_status status = MST_OK;
    if (flock(fd, LOCK_EX | LOCK_NB) != 0) {
        status =
            mst_fail(err, MST_RETRY, "file", errno,
                     "another process writes '%s/%s'", set->place.path, path);
    } else if (remove_it) {
        mst_log_info("file",
                     "'%s/%s' was written after the last checkpoint: removed, "
                     "its events come again",
                     set->place.path, path);
        status = unlinkat(dir, path, 0) == 0
                     ? MST_OK
                     : mst_file_failed(err, errno, "remove", &set->place, path);
    } else if (!left_repair(set, fd)
               || renameat2(dir, path, dir, name, RENAME_NOREPLACE) != 0) {
        mst_log_warn("file", "'%s/%s' is left as it is: %s", set->place.path,
                     path, strerrordesc_np(errno));
    } else {
        mst_log_info("file", "'%s/%s' is kept from a run without checkpoint",
                     set->place.path, name);
    }
    (void)close(fd); /* nothing was written through it */
    return status;
}

enum mst_status
mst_file_leftovers(struct mst_file_set *set,
                   const struct mst_file_template *template, bool remove_them,
                   struct mst_error *err)
{
    struct mst_buf pattern;
    glob_t found = {0};
    enum mst_status status = MST_OK;
    mst_buf_init(&pattern, (size_t)8 * 1024);
    if (mst_file_template_glob(template, set->place.path, set->place.suffix,
                               &pattern)
        != MST_OK) {
        mst_buf_clear(&pattern);
        return mst_fail(err, MST_FATAL, "file", 0, "the path '%s' is too long",
                        set->place.path);
    }
    size_t dir_len = strlen(set->place.path) + 1;
    size_t suffix_len = strlen(set->place.suffix);
    if (glob((const char *)pattern.data, GLOB_NOSORT | GLOB_PERIOD, NULL,
             &found)
        == 0) {
        for (size_t i = 0; i < found.gl_pathc && status == MST_OK; i++) {
            const char *path = found.gl_pathv[i] + dir_len;
            size_t len = strlen(path) - suffix_len;
            char *name = strndup(path, len);
            if (name == NULL) {
                status = mst_fail_memory(err, "file");
            } else if (!left_is_known(set, name)) {
                status = left_handle(set, path, name, remove_them, err);
            }
            free(name);
        }
    }
    globfree(&found);
    mst_buf_clear(&pattern);
    return status;
}
