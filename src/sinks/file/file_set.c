/* SPDX-License-Identifier: MIT */
/* Finding, rolling, flushing and publishing files. */
#include "sinks/file/file_set.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/hash.h"
#include "base/thread.h"
#include "log/log.h"

enum { SET_TICK_MS = 1000, SET_TRIES = 1000 };

bool
mst_file_set_init(struct mst_file_set *set)
{
    memset(set, 0, sizeof(*set));
    set->place.dir_fd = -1;
    mst_buf_init(&set->name, (size_t)2 * MST_FILE_PATH_MAX);
    return pthread_mutex_init(&set->lock, NULL) == 0;
}

static void
set_free_base(struct mst_file_base *base)
{
    while (base->parts != NULL) {
        struct mst_file_part *part = base->parts;
        base->parts = part->next;
        mst_file_part_destroy(part);
    }
    free(base->text);
    free(base);
}

void
mst_file_set_forget(struct mst_file_set *set)
{
    for (size_t i = 0; i < MST_FILE_BUCKETS; i++) {
        while (set->buckets[i] != NULL) {
            struct mst_file_base *base = set->buckets[i];
            set->buckets[i] = base->next;
            set_free_base(base);
        }
    }
    set->last = NULL;
    set->bases = 0;
    set->open_fds = 0;
}

void
mst_file_set_clear(struct mst_file_set *set)
{
    mst_file_set_forget(set);
    if (set->place.dir_fd >= 0) {
        (void)close(set->place.dir_fd); /* a directory has no data of ours */
    }
    mst_buf_clear(&set->name);
    (void)pthread_mutex_destroy(&set->lock);
}

struct mst_file_part *
mst_file_set_next(const struct mst_file_set *set,
                  struct mst_file_cursor *cursor)
{
    if (cursor->part != NULL) {
        cursor->part = cursor->part->next;
    }
    while (cursor->part == NULL) {
        if (cursor->base != NULL) {
            cursor->base = cursor->base->next;
        }
        while (cursor->base == NULL && cursor->bucket < MST_FILE_BUCKETS) {
            cursor->base = set->buckets[cursor->bucket++];
        }
        if (cursor->base == NULL) {
            return NULL;
        }
        cursor->part = cursor->base->parts;
    }
    return cursor->part;
}

static size_t
set_bucket(const char *text)
{
    return mst_hash64(text, strlen(text)) % MST_FILE_BUCKETS;
}

struct mst_file_base *
mst_file_set_base(struct mst_file_set *set, const char *text)
{
    if (set->last != NULL && strcmp(set->last->text, text) == 0) {
        return set->last;
    }
    size_t bucket = set_bucket(text);
    struct mst_file_base *base = set->buckets[bucket];
    while (base != NULL && strcmp(base->text, text) != 0) {
        base = base->next;
    }
    if (base == NULL) {
        base = calloc(1, sizeof(*base));
        char *copy = strdup(text);
        if (base == NULL || copy == NULL) {
            free(base);
            free(copy);
            return NULL;
        }
        base->text = copy;
        base->next = set->buckets[bucket];
        set->buckets[bucket] = base;
        set->bases++;
    }
    set->last = base;
    return base;
}

/* --- sealing ---------------------------------------------------------- */

static void
set_shut(struct mst_file_set *set, struct mst_file_part *part)
{
    if (part->fd >= 0) {
        mst_file_part_shut(part);
        set->open_fds--;
    }
}

static void
set_seal(struct mst_file_set *set, struct mst_file_part *part)
{
    part->sealed = true;
    if (set->limits.fsync == MST_FILE_FSYNC_ROLL && part->fd >= 0
        && fsync(part->fd) != 0) {
        mst_log_warn("file", "fsync of '%s/%s' failed: %s", set->place.path,
                     part->name, strerrordesc_np(errno));
    }
}

static bool
set_is_full(const struct mst_file_set *set, const struct mst_file_part *part,
            size_t bytes)
{
    const struct mst_file_limits *limits = &set->limits;
    uint64_t len = part->len + part->pending.len;
    return part->events > 0
           && ((limits->roll_bytes > 0 && len + bytes > limits->roll_bytes)
               || (limits->roll_events > 0
                   && part->events >= limits->roll_events)
               || (limits->roll_age_ms > 0
                   && mst_clock_wall_ms() - part->made_ms
                          >= limits->roll_age_ms));
}

/* The descriptor used least recently gives way; files with something pending
 * keep theirs. */
static void
set_make_room(struct mst_file_set *set)
{
    while (set->open_fds >= set->limits.max_open) {
        struct mst_file_cursor cursor = {0};
        struct mst_file_part *oldest = NULL;
        for (struct mst_file_part *part = mst_file_set_next(set, &cursor);
             part != NULL; part = mst_file_set_next(set, &cursor)) {
            if (part->fd >= 0 && part->queue_len == 0
                && (oldest == NULL || part->used_ms < oldest->used_ms)) {
                oldest = part;
            }
        }
        if (oldest == NULL) {
            return;
        }
        set_shut(set, oldest);
    }
}

/* When too many bases are known the one idle for longest is sealed, so that
 * it is forgotten with the next checkpoints. */
static void
set_limit_bases(struct mst_file_set *set)
{
    struct mst_file_cursor cursor = {0};
    struct mst_file_part *oldest = NULL;
    if (set->bases <= MST_FILE_BASES_MAX) {
        return;
    }
    for (struct mst_file_part *part = mst_file_set_next(set, &cursor);
         part != NULL; part = mst_file_set_next(set, &cursor)) {
        if (!part->sealed && part->queue_len == 0
            && (oldest == NULL || part->used_ms < oldest->used_ms)) {
            oldest = part;
        }
    }
    if (oldest != NULL) {
        set_seal(set, oldest);
    }
}

/* --- making files ----------------------------------------------------- */

/* The number after the highest one that is in the directory. */
static uint64_t
set_free_number(struct mst_file_set *set, const struct mst_file_base *base)
{
    uint64_t highest = 0;
    char parent[MST_FILE_PATH_MAX + 1];
    size_t len = strlen(base->text);
    while (len > 0 && base->text[len - 1] != '/') {
        len--;
    }
    for (size_t i = 0; i < len; i++) {
        if ((unsigned char)base->text[i] <= MST_FILE_NUMBER_OPTIONAL) {
            return 1; /* {seq} in a directory's name: tried one by one */
        }
    }
    memcpy(parent, base->text, len);
    memcpy(parent + len, len == 0 ? "." : "", len == 0 ? 2 : 1);
    int fd =
        openat(set->place.dir_fd, parent, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    DIR *dir = fd >= 0 ? fdopendir(fd) : NULL;
    if (dir == NULL) {
        if (fd >= 0) {
            (void)close(fd); /* was only read */
        }
        return 1;
    }
    for (const struct dirent *entry = readdir(dir); entry != NULL;
         entry = readdir(dir)) {
        uint64_t number = mst_file_number(base->text + len, entry->d_name);
        highest = number > highest ? number : highest;
    }
    (void)closedir(dir); /* was only read */
    return highest + 1;
}

static enum mst_status
set_make_part(struct mst_file_set *set, struct mst_file_base *base,
              struct mst_error *err)
{
    set_limit_bases(set);
    set_make_room(set);
    uint64_t found = set_free_number(set, base);
    if (base->next_number < found) {
        base->next_number = found;
    }
    for (int i = 0; i < SET_TRIES; i++) {
        uint64_t number = base->next_number;
        if (mst_file_name(base->text, number, &set->name) != MST_OK) {
            return mst_file_failed(err, ENAMETOOLONG, "make", &set->place,
                                   "...");
        }
        struct mst_file_part *part =
            mst_file_part_create((const char *)set->name.data, number);
        if (part == NULL) {
            return mst_fail_memory(err, "file");
        }
        enum mst_status status = mst_file_part_make(part, &set->place, err);
        if (status == MST_OK) {
            base->next_number = number + 1;
            set->open_fds++;
            part->next = base->parts;
            base->parts = part;
            return MST_OK;
        }
        mst_file_part_destroy(part);
        if (status != MST_AGAIN) {
            return status;
        }
        base->next_number++;
    }
    return mst_fail(err, MST_RETRY, "file", 0,
                    "no free name for '%s/%s' after %d tries", set->place.path,
                    (const char *)set->name.data, SET_TRIES);
}

enum mst_status
mst_file_set_part(struct mst_file_set *set, struct mst_file_base *base,
                  size_t bytes, struct mst_file_part **ret_part,
                  struct mst_error *err)
{
    struct mst_file_part *part = base->parts;
    enum mst_status status = MST_OK;
    if (part != NULL && !part->sealed && set_is_full(set, part, bytes)) {
        /* All, so that a key's events in other files keep their order. */
        status = mst_file_set_flush(set, err);
        if (status != MST_OK) {
            return status;
        }
        set_seal(set, part);
    }
    if (part == NULL || part->sealed) {
        status = set_make_part(set, base, err);
    } else if (part->fd < 0) {
        set_make_room(set);
        status = mst_file_part_reopen(part, &set->place, err);
        set->open_fds += status == MST_OK;
    }
    part = base->parts;
    if (status != MST_OK || part == NULL) {
        return status;
    }
    part->used_ms = mst_clock_ms();
    *ret_part = part;
    return MST_OK;
}

/* --- flushing --------------------------------------------------------- */

void
mst_file_set_fail(struct mst_file_set *set, enum mst_status status,
                  const struct mst_error *err)
{
    struct mst_file_cursor cursor = {0};
    for (struct mst_file_part *part = mst_file_set_next(set, &cursor);
         part != NULL; part = mst_file_set_next(set, &cursor)) {
        mst_file_part_fail(part, status, err);
    }
    set->pending_bytes = 0;
}

enum mst_status
mst_file_set_flush(struct mst_file_set *set, struct mst_error *err)
{
    struct mst_file_cursor cursor = {0};
    enum mst_status status = MST_OK;
    if (set->pending_bytes == 0) {
        return MST_OK;
    }
    for (struct mst_file_part *part = mst_file_set_next(set, &cursor);
         part != NULL && status == MST_OK;
         part = mst_file_set_next(set, &cursor)) {
        bool was_open = part->fd >= 0;
        status = mst_file_part_flush(part, &set->place, err);
        set->open_fds += !was_open && part->fd >= 0;
    }
    if (status != MST_OK) {
        mst_file_set_fail(set, status, err);
    }
    set->pending_bytes = 0;
    return status;
}

void
mst_file_set_tick(struct mst_file_set *set)
{
    struct mst_file_cursor cursor = {0};
    int64_t now = mst_clock_ms();
    const struct mst_file_limits *limits = &set->limits;
    if (now - set->ticked_ms < SET_TICK_MS
        || (limits->idle_ms == 0 && limits->roll_age_ms == 0)) {
        return;
    }
    set->ticked_ms = now;
    for (struct mst_file_part *part = mst_file_set_next(set, &cursor);
         part != NULL; part = mst_file_set_next(set, &cursor)) {
        bool idle =
            limits->idle_ms > 0 && now - part->used_ms >= limits->idle_ms;
        if (!part->sealed && (idle || set_is_full(set, part, 0))) {
            set_seal(set, part);
        }
    }
}

bool
mst_file_set_has_sealed(const struct mst_file_set *set)
{
    struct mst_file_cursor cursor = {0};
    const struct mst_file_part *part = mst_file_set_next(set, &cursor);
    while (part != NULL && !part->sealed) {
        part = mst_file_set_next(set, &cursor);
    }
    return part != NULL;
}

/* --- publishing ------------------------------------------------------- */

static bool
set_may_publish(const struct mst_file_part *part, enum mst_file_publish what)
{
    switch (what) {
    case MST_FILE_PUBLISH_COMPLETE:
        return part->covered;
    case MST_FILE_PUBLISH_COVERED:
        return part->cut == part->len;
    case MST_FILE_PUBLISH_ALL:
        break;
    }
    return true;
}

/* Publishes what can be of one base. */
static void
set_publish_base(struct mst_file_set *set, struct mst_file_base *base,
                 enum mst_file_publish what)
{
    struct mst_file_part **link = &base->parts;
    while (*link != NULL) {
        struct mst_file_part *part = *link;
        struct mst_error err;
        if (!set_may_publish(part, what)) {
            link = &part->next;
            continue;
        }
        if (mst_file_part_publish(part, &set->place, &err) != MST_OK) {
            mst_log_failure(MST_LOG_WARN, "file", NULL, &err);
            link = &part->next;
            continue;
        }
        set_shut(set, part);
        *link = part->next;
        mst_file_part_destroy(part);
    }
}

void
mst_file_set_publish(struct mst_file_set *set, enum mst_file_publish what)
{
    for (size_t i = 0; i < MST_FILE_BUCKETS; i++) {
        struct mst_file_base **link = &set->buckets[i];
        while (*link != NULL) {
            struct mst_file_base *base = *link;
            set_publish_base(set, base, what);
            if (base->parts == NULL && set->bases > MST_FILE_BASES_MAX / 2) {
                *link = base->next;
                set->last = set->last == base ? NULL : set->last;
                set->bases--;
                set_free_base(base);
                continue;
            }
            link = &base->next;
        }
    }
}

/* --- syncing ---------------------------------------------------------- */

struct set_syncing {
    int *fds;
    size_t len;
    size_t cap;
};

static bool
set_syncing_add(struct set_syncing *syncing, int fd)
{
    if (fd < 0) {
        return false;
    }
    if (syncing->len == syncing->cap) {
        size_t cap = syncing->cap == 0 ? 16 : syncing->cap * 2;
        int *fds = realloc(syncing->fds, cap * sizeof(*fds));
        if (fds == NULL) {
            (void)close(fd); /* a duplicate */
            return false;
        }
        syncing->fds = fds;
        syncing->cap = cap;
    }
    syncing->fds[syncing->len++] = fd;
    return true;
}

/* The directory that name is in; -1 with errno. */
static int
set_open_parent(const struct mst_file_set *set, const char *name)
{
    char parent[(size_t)2 * MST_FILE_PATH_MAX] = ".";
    const char *slash = strrchr(name, '/');
    size_t len = slash == NULL ? 0 : (size_t)(slash - name);
    if (len >= sizeof(parent)) {
        errno = ENAMETOOLONG;
        return -1;
    }
    if (len > 0) {
        memcpy(parent, name, len);
        parent[len] = '\0';
    }
    return openat(set->place.dir_fd, parent,
                  O_RDONLY | O_DIRECTORY | O_CLOEXEC);
}

/* A descriptor of its own for the file, and one for its directory when that
 * is new. */
static bool
set_collect(struct mst_file_set *set, struct mst_file_part *part,
            struct set_syncing *syncing)
{
    if (!part->dirty) {
        return true;
    }
    set->name.len = 0;
    int fd = -1;
    if (part->fd >= 0) {
        fd = fcntl(part->fd, F_DUPFD_CLOEXEC, 3);
    } else if (mst_buf_append_str(&set->name, part->name) == MST_OK
               && mst_buf_append_str(&set->name, set->place.suffix) == MST_OK
               && mst_buf_text(&set->name) != NULL) {
        fd = openat(set->place.dir_fd, (const char *)set->name.data,
                    O_RDONLY | O_CLOEXEC | O_NOFOLLOW);
    }
    if (!set_syncing_add(syncing, fd)) {
        return false;
    }
    if (part->fresh
        && !set_syncing_add(syncing, set_open_parent(set, part->name))) {
        return false;
    }
    part->dirty = false;
    part->fresh = false;
    return true;
}

/* After a failure nobody knows what is durable. */
static void
set_all_dirty(struct mst_file_set *set)
{
    struct mst_file_cursor cursor = {0};
    mst_mutex_lock(&set->lock);
    for (struct mst_file_part *part = mst_file_set_next(set, &cursor);
         part != NULL; part = mst_file_set_next(set, &cursor)) {
        part->dirty = true;
        part->fresh = true;
    }
    mst_mutex_unlock(&set->lock);
}

enum mst_status
mst_file_set_sync(struct mst_file_set *set, struct mst_error *err)
{
    struct set_syncing syncing = {0};
    struct mst_file_cursor cursor = {0};
    bool good = true;
    int code = 0;
    mst_mutex_lock(&set->lock);
    for (struct mst_file_part *part = mst_file_set_next(set, &cursor);
         part != NULL && good; part = mst_file_set_next(set, &cursor)) {
        good = set_collect(set, part, &syncing);
        code = good ? 0 : errno;
    }
    mst_mutex_unlock(&set->lock);
    for (size_t i = 0; i < syncing.len; i++) {
        if (good && fsync(syncing.fds[i]) != 0) {
            code = errno;
            good = false;
        }
        (void)close(syncing.fds[i]); /* a duplicate */
    }
    free(syncing.fds);
    if (good) {
        return MST_OK;
    }
    set_all_dirty(set);
    return mst_file_failed(err, code, "sync files in", &set->place, "");
}
