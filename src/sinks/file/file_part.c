/* SPDX-License-Identifier: MIT */
/* Writing one file so that it never holds half an event for long. */
#include "sinks/file/file_part.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/clock.h"

enum {
    PART_NAME_MAX = 1024,
    PART_TRAIL_MAX = 256 * 1024,
    PART_KEEP_BYTES = 64 * 1024 /* of a buffer, between two writes */
};

struct mst_file_part *
mst_file_part_create(const char *name, uint64_t number)
{
    struct mst_file_part *part = calloc(1, sizeof(*part));
    if (part == NULL) {
        return NULL;
    }
    part->name = strdup(name);
    if (part->name == NULL) {
        free(part);
        return NULL;
    }
    part->fd = -1;
    part->number = number;
    part->made_ms = mst_clock_wall_ms();
    part->used_ms = mst_clock_ms();
    mst_buf_init(&part->pending, SIZE_MAX / 4);
    return part;
}

void
mst_file_part_shut(struct mst_file_part *part)
{
    if (part->fd >= 0) {
        (void)close(part->fd); /* written data is told about by fsync */
        part->fd = -1;
    }
}

void
mst_file_part_destroy(struct mst_file_part *part)
{
    if (part == NULL) {
        return;
    }
    mst_file_part_shut(part);
    mst_buf_clear(&part->pending);
    free(part->queue);
    free(part->trail);
    free(part->name);
    free(part);
}

enum mst_status
mst_file_failed(struct mst_error *err, int code, const char *doing,
                const struct mst_file_place *place, const char *name)
{
    enum mst_status status = MST_RETRY;
    const char *hint = NULL;
    switch (code) {
    case ENOSPC:
    case EDQUOT:
        hint = "make room; the job goes on by itself then";
        break;
    case EMFILE:
    case ENFILE:
        hint = "lower 'max_open' or raise the limit of open files";
        break;
    case ENAMETOOLONG:
    case ENOTDIR:
    case EISDIR:
    case ELOOP:
    case EILSEQ:
    case EINVAL:
        status = MST_REJECTED;
        break;
    case EACCES:
    case EPERM:
    case EROFS:
        status = MST_FATAL;
        hint = "give this user the right to write there";
        break;
    default:
        break;
    }
    (void)mst_fail(err, status, "file", code, "can not %s '%s/%s': %s", doing,
                   place->path, name, strerrordesc_np(code));
    if (hint != NULL) {
        mst_error_hint(err, "%s", hint);
    }
    return status;
}

/* "NAME.job-1a2b.part" */
static bool
part_temporary(const struct mst_file_part *part,
               const struct mst_file_place *place, char out[PART_NAME_MAX])
{
    int n = snprintf(out, PART_NAME_MAX, "%s%s", part->name, place->suffix);
    return n > 0 && n < PART_NAME_MAX;
}

/* Makes the directories above name. */
static int
part_make_directories(const char *name, int dir_fd)
{
    char path[PART_NAME_MAX];
    (void)snprintf(path, sizeof(path), "%s", name);
    for (char *slash = strchr(path, '/'); slash != NULL;
         slash = strchr(slash + 1, '/')) {
        *slash = '\0';
        if (mkdirat(dir_fd, path, 0777) != 0 && errno != EEXIST) {
            return errno;
        }
        *slash = '/';
    }
    return 0;
}

static enum mst_status
part_lock(struct mst_file_part *part, const struct mst_file_place *place,
          struct mst_error *err)
{
    if (flock(part->fd, LOCK_EX | LOCK_NB) == 0) {
        return MST_OK;
    }
    mst_file_part_shut(part);
    return mst_fail(err, MST_RETRY, "file", EWOULDBLOCK,
                    "another process writes '%s/%s'", place->path, part->name);
}

enum mst_status
mst_file_part_make(struct mst_file_part *part,
                   const struct mst_file_place *place, struct mst_error *err)
{
    char path[PART_NAME_MAX];
    if (!part_temporary(part, place, path)) {
        return mst_file_failed(err, ENAMETOOLONG, "make", place, part->name);
    }
    if (faccessat(place->dir_fd, part->name, F_OK, AT_SYMLINK_NOFOLLOW) == 0) {
        return MST_AGAIN;
    }
    int flags = O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW;
    int fd = openat(place->dir_fd, path, flags, 0666);
    if (fd < 0 && errno == ENOENT) {
        int code = part_make_directories(path, place->dir_fd);
        if (code != 0) {
            return mst_file_failed(err, code, "make directories for", place,
                                   part->name);
        }
        fd = openat(place->dir_fd, path, flags, 0666);
    }
    if (fd < 0) {
        return errno == EEXIST
                   ? MST_AGAIN
                   : mst_file_failed(err, errno, "make", place, path);
    }
    part->fd = fd;
    part->fresh = true;
    part->dirty = true;
    return part_lock(part, place, err);
}

/* Cuts off what is behind len. */
static enum mst_status
part_truncate(struct mst_file_part *part, const struct mst_file_place *place,
              struct mst_error *err)
{
    part->torn = true;
    if (ftruncate(part->fd, (off_t)part->len) != 0
        || lseek(part->fd, (off_t)part->len, SEEK_SET) < 0) {
        return mst_file_failed(err, errno, "truncate", place, part->name);
    }
    part->torn = false;
    part->dirty = true;
    return MST_OK;
}

enum mst_status
mst_file_part_reopen(struct mst_file_part *part,
                     const struct mst_file_place *place, struct mst_error *err)
{
    char path[PART_NAME_MAX];
    struct stat info;
    if (!part_temporary(part, place, path)) {
        return mst_file_failed(err, ENAMETOOLONG, "open", place, part->name);
    }
    part->fd = openat(place->dir_fd, path, O_RDWR | O_CLOEXEC | O_NOFOLLOW);
    if (part->fd < 0 || fstat(part->fd, &info) != 0) {
        int code = errno;
        mst_file_part_shut(part);
        enum mst_status status =
            mst_file_failed(err, code, "open", place, path);
        /* Ours and gone: not this one event's fault. */
        return status == MST_REJECTED ? MST_RETRY : status;
    }
    enum mst_status status = part_lock(part, place, err);
    if (status != MST_OK) {
        return status;
    }
    if ((uint64_t)info.st_size < part->len) {
        mst_file_part_shut(part);
        (void)mst_fail(err, MST_FATAL, "file", 0,
                       "'%s/%s' has %lld bytes, but %llu were written to it",
                       place->path, path, (long long)info.st_size,
                       (unsigned long long)part->len);
        mst_error_hint(err, "something else changed the file; put it back, or "
                            "move it away to go on in a new one");
        return MST_FATAL;
    }
    status = part_truncate(part, place, err);
    if (status != MST_OK) {
        mst_file_part_shut(part);
    }
    return status;
}

bool
mst_file_part_queue(struct mst_file_part *part, struct mst_delivery *delivery)
{
    if (part->queue_len == part->queue_cap) {
        size_t cap = part->queue_cap == 0 ? 64 : part->queue_cap * 2;
        struct mst_file_record *queue =
            realloc(part->queue, cap * sizeof(*queue));
        if (queue == NULL) {
            return false;
        }
        part->queue = queue;
        part->queue_cap = cap;
    }
    part->queue[part->queue_len++] =
        (struct mst_file_record){delivery, part->pending.len};
    return true;
}

/* Room in the trail for everything that is queued. When there are too many
 * marks are kept exact for the newer half: the older events then count as
 * covered, which can repeat them after a crash but never loses them. */
static bool
part_trail_reserve(struct mst_file_part *part)
{
    if (part->trail_len > PART_TRAIL_MAX) {
        size_t drop = part->trail_len / 2;
        part->cut = part->trail[drop - 1].end;
        part->cut_events += drop;
        part->trail_len -= drop;
        memmove(part->trail, part->trail + drop,
                part->trail_len * sizeof(*part->trail));
    }
    size_t wanted = part->trail_len + part->queue_len;
    if (wanted <= part->trail_cap) {
        return true;
    }
    size_t cap = part->trail_cap == 0 ? 256 : part->trail_cap;
    while (cap < wanted) {
        cap *= 2;
    }
    struct mst_file_trail *trail = realloc(part->trail, cap * sizeof(*trail));
    if (trail == NULL) {
        return false;
    }
    part->trail = trail;
    part->trail_cap = cap;
    return true;
}

static void
part_confirm_all(struct mst_file_part *part, enum mst_status status,
                 const struct mst_error *err)
{
    for (size_t i = 0; i < part->queue_len; i++) {
        mst_delivery_confirm(part->queue[i].delivery, status, err);
    }
    part->queue_len = 0;
    mst_buf_reset(&part->pending);
    if (part->pending.cap > PART_KEEP_BYTES) {
        mst_buf_clear(&part->pending);
    }
}

/* All bytes or an errno. */
static int
part_write_all(int fd, const uint8_t *data, size_t len)
{
    while (len > 0) {
        ssize_t n = write(fd, data, len);
        if (n < 0 && errno == EINTR) {
            continue;
        }
        if (n <= 0) {
            return n < 0 ? errno : ENOSPC;
        }
        data += n;
        len -= (size_t)n;
    }
    return 0;
}

enum mst_status
mst_file_part_flush(struct mst_file_part *part,
                    const struct mst_file_place *place, struct mst_error *err)
{
    enum mst_status status = MST_OK;
    if (part->queue_len == 0) {
        return MST_OK;
    }
    if (!part_trail_reserve(part)) {
        return mst_fail_memory(err, "file");
    }
    if (part->fd < 0) {
        status = mst_file_part_reopen(part, place, err);
    } else if (part->torn) {
        status = part_truncate(part, place, err);
    }
    if (status != MST_OK) {
        return status;
    }
    int code = part_write_all(part->fd, part->pending.data, part->pending.len);
    if (code != 0) {
        struct mst_error ignored;
        /* When this fails too, torn says so and it is tried again. */
        (void)!part_truncate(part, place, &ignored);
        status = mst_file_failed(err, code, "write", place, part->name);
        return status == MST_REJECTED ? MST_RETRY : status;
    }
    for (size_t i = 0; i < part->queue_len; i++) {
        part->trail[part->trail_len++] =
            (struct mst_file_trail){part->queue[i].delivery->event->seq,
                                    part->len + part->queue[i].end};
    }
    part->len += part->pending.len;
    part->dirty = true;
    part_confirm_all(part, MST_OK, NULL);
    return MST_OK;
}

void
mst_file_part_fail(struct mst_file_part *part, enum mst_status status,
                   const struct mst_error *err)
{
    part->events -= part->queue_len;
    part_confirm_all(part, status, err);
}

void
mst_file_part_cut(struct mst_file_part *part, uint64_t seq)
{
    size_t below = part->trail_len;
    while (below > 0 && part->trail[below - 1].seq > seq) {
        below--;
    }
    if (below == 0) {
        return;
    }
    part->cut = part->trail[below - 1].end;
    part->cut_events += below;
    part->trail_len -= below;
    memmove(part->trail, part->trail + below,
            part->trail_len * sizeof(*part->trail));
}

enum mst_status
mst_file_part_publish(const struct mst_file_part *part,
                      const struct mst_file_place *place, struct mst_error *err)
{
    char path[PART_NAME_MAX];
    if (!part_temporary(part, place, path)) {
        return MST_OK; /* it never was made */
    }
    if (part->len == 0) {
        (void)unlinkat(place->dir_fd, path, 0); /* nothing is in it */
        return MST_OK;
    }
    if (renameat2(place->dir_fd, path, place->dir_fd, part->name,
                  RENAME_NOREPLACE)
            == 0
        || errno == ENOENT) {
        return MST_OK;
    }
    if (errno == EINVAL
        && faccessat(place->dir_fd, part->name, F_OK, AT_SYMLINK_NOFOLLOW) != 0
        && renameat(place->dir_fd, path, place->dir_fd, part->name) == 0) {
        return MST_OK; /* a file system that does not know the flag */
    }
    return mst_file_failed(err, errno, "rename", place, path);
}
