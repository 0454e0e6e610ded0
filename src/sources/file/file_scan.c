/* SPDX-License-Identifier: MIT */
/* Matching what is in the directory with what is known. */
#include "sources/file/file_scan.h"

#include <errno.h>
#include <fcntl.h>
#include <glob.h>
#include <stdlib.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/thread.h"
#include "log/log.h"

enum { SCAN_GONE_MS = 10000 };

static const char scan_temporary[] = ".part";

static enum mst_status
scan_failed(const struct mst_file_scan *scan, const char *name,
            struct mst_error *err)
{
    int code = errno;
    enum mst_status status = code == EACCES ? MST_FATAL : MST_RETRY;
    (void)mst_fail(err, status, "file", code, "can not read '%s/%s': %s",
                   scan->path, name, strerrordesc_np(code));
    if (status == MST_FATAL) {
        mst_error_hint(err, "give this user the right to read it");
    }
    return status;
}

/* --- truncation ------------------------------------------------------- */

/* Takes a file as a new one from its start. */
static enum mst_status
scan_restart(struct mst_file_scan *scan, struct mst_file_track *track,
             struct mst_error *err)
{
    struct mst_file_track *again =
        mst_file_tracks_add(scan->tracks, track->name);
    if (again == NULL) {
        return mst_fail_memory(err, "file");
    }
    mst_file_track_shut(track);
    mst_mutex_lock(&scan->tracks->lock);
    track->dead = true;
    again->identity = track->identity;
    again->identity.head = 0;
    again->identity.crc = 0;
    mst_mutex_unlock(&scan->tracks->lock);
    again->seen = true;
    again->size = track->size;
    return MST_AGAIN;
}

static enum mst_status
scan_truncated(struct mst_file_scan *scan, struct mst_file_track *track,
               uint64_t size, struct mst_error *err)
{
    if (scan->on_truncate == MST_FILE_SOURCE_RESTART) {
        mst_log_warn("file", "'%s/%s' was truncated: read from its start",
                     scan->path, track->name);
        track->size = size;
        return scan_restart(scan, track, err);
    }
    if (size < track->offset) {
        (void)mst_fail(err, MST_FATAL, "file", 0,
                       "'%s/%s' was truncated: it has %llu bytes and was read "
                       "up to byte %llu",
                       scan->path, track->name, (unsigned long long)size,
                       (unsigned long long)track->offset);
    } else {
        (void)mst_fail(err, MST_FATAL, "file", 0,
                       "'%s/%s' was rewritten: it does not begin as it did "
                       "when it was read up to byte %llu",
                       scan->path, track->name,
                       (unsigned long long)track->offset);
    }
    mst_error_hint(err, "set on_truncate = \"restart\" to read such files "
                        "from their start");
    mst_error_lasts(err);
    return MST_FATAL;
}

/* Extends the checksum while the file is shorter than what it may be of. */
static enum mst_status
scan_update_identity(struct mst_file_scan *scan, struct mst_file_track *track,
                     const struct stat *info, struct mst_error *err)
{
    struct mst_file_identity identity;
    if (track->identity.head >= MST_FILE_HEAD_MAX
        || track->identity.head == (uint64_t)info->st_size) {
        return MST_OK;
    }
    if (mst_file_identify(track->fd, info, MST_FILE_HEAD_MAX, &identity)
        != MST_OK) {
        return scan_failed(scan, track->name, err);
    }
    mst_mutex_lock(&scan->tracks->lock);
    track->identity = identity;
    mst_mutex_unlock(&scan->tracks->lock);
    return MST_OK;
}

enum mst_status
mst_file_scan_check(struct mst_file_scan *scan, struct mst_file_track *track,
                    struct mst_error *err)
{
    struct stat info;
    if (fstat(track->fd, &info) != 0) {
        return scan_failed(scan, track->name, err);
    }
    uint64_t size = (uint64_t)info.st_size;
    if (size < track->offset
        || !mst_file_has_head(track->fd, &track->identity)) {
        return scan_truncated(scan, track, size, err);
    }
    track->size = size;
    return scan_update_identity(scan, track, &info, err);
}

/* --- descriptors ------------------------------------------------------ */

/* Those without a name keep theirs: there is no way back to them. */
static void
scan_make_room(struct mst_file_scan *scan)
{
    size_t open_fds = 0;
    struct mst_file_track *oldest = NULL;
    for (size_t i = 0; i < scan->tracks->len; i++) {
        struct mst_file_track *track = scan->tracks->items[i];
        open_fds += track->fd >= 0;
        if (track->fd >= 0 && track->gone_ms == 0
            && (oldest == NULL || track->used_ms < oldest->used_ms)) {
            oldest = track;
        }
    }
    if (open_fds >= MST_FILE_OPEN_MAX && oldest != NULL) {
        mst_file_track_shut(oldest);
    }
}

enum mst_status
mst_file_scan_open(struct mst_file_scan *scan, struct mst_file_track *track,
                   struct mst_error *err)
{
    struct stat info;
    track->used_ms = mst_clock_ms();
    if (track->fd >= 0) {
        return MST_OK;
    }
    scan_make_room(scan);
    int fd = openat(scan->dir_fd, track->name, O_RDONLY | O_CLOEXEC | O_NOCTTY);
    if (fd < 0) {
        return errno == ENOENT ? MST_AGAIN
                               : scan_failed(scan, track->name, err);
    }
    if (fstat(fd, &info) != 0
        || (info.st_ino & INT64_MAX) != track->identity.ino) {
        (void)close(fd); /* was only read */
        return MST_AGAIN;
    }
    track->fd = fd;
    return MST_OK;
}

/* --- matching --------------------------------------------------------- */

/* How sure it is that the open file is the saved one: 0 not at all. */
static int
scan_likeness(const struct mst_file_track *track, const char *name, int fd,
              const struct stat *info)
{
    const struct mst_file_identity *identity = &track->identity;
    bool same_node = (info->st_ino & INT64_MAX) == identity->ino;
    bool same_device = (info->st_dev & INT64_MAX) == identity->dev;
    bool same_name = strcmp(track->name, name) == 0;
    bool same_head = mst_file_has_head(fd, identity);
    bool long_enough = (uint64_t)info->st_size >= track->offset;
    if (same_node && same_head && identity->head > 0) {
        return same_device ? 4 : 3;
    }
    if (same_name && same_head && long_enough) {
        return 2; /* copied back, or moved to another disk */
    }
    return same_name && same_node ? 1 : 0; /* truncated or rewritten */
}

static struct mst_file_track *
scan_find(struct mst_file_scan *scan, const char *name, int fd,
          const struct stat *info)
{
    struct mst_file_track *best = NULL;
    int likeness = 0;
    for (size_t i = 0; i < scan->tracks->len; i++) {
        struct mst_file_track *track = scan->tracks->items[i];
        if (track->dead || track->seen) {
            continue;
        }
        if (!track->saved) {
            if ((info->st_ino & INT64_MAX) == track->identity.ino
                && (info->st_dev & INT64_MAX) == track->identity.dev) {
                return track;
            }
            continue;
        }
        int here = scan_likeness(track, name, fd, info);
        if (here > likeness) {
            likeness = here;
            best = track;
        }
    }
    return best;
}

/* The track of an open file, known or new; checked when it is known. */
static enum mst_status
scan_take(struct mst_file_scan *scan, const char *name, int fd,
          const struct stat *info, struct mst_error *err)
{
    struct mst_file_track *track = scan_find(scan, name, fd, info);
    bool known = track != NULL;
    if (!known) {
        track = mst_file_tracks_add(scan->tracks, name);
    }
    if (track == NULL
        || (strcmp(track->name, name) != 0
            && !mst_file_track_rename(scan->tracks, track, name))) {
        return mst_fail_memory(err, "file");
    }
    track->seen = true;
    track->gone_ms = 0;
    track->size = (uint64_t)info->st_size;
    bool first = !known || track->saved;
    if (!first && track->size >= track->offset) {
        return MST_OK;
    }
    if (known
        && (track->size < track->offset
            || !mst_file_has_head(fd, &track->identity))) {
        track->saved = false;
        enum mst_status status = scan_truncated(scan, track, track->size, err);
        return status == MST_AGAIN ? MST_OK : status;
    }
    struct mst_file_identity identity;
    if (mst_file_identify(fd, info, MST_FILE_HEAD_MAX, &identity) != MST_OK) {
        return scan_failed(scan, name, err);
    }
    mst_mutex_lock(&scan->tracks->lock);
    track->identity = identity;
    track->saved = false;
    mst_mutex_unlock(&scan->tracks->lock);
    return MST_OK;
}

/* Most files are known and only need their size taken. */
static bool
scan_is_as_known(struct mst_file_scan *scan, const char *name)
{
    struct stat info;
    if (fstatat(scan->dir_fd, name, &info, 0) != 0) {
        return false;
    }
    for (size_t i = 0; i < scan->tracks->len; i++) {
        struct mst_file_track *track = scan->tracks->items[i];
        if ((info.st_ino & INT64_MAX) == track->identity.ino && !track->dead
            && !track->saved && strcmp(track->name, name) == 0
            && (info.st_dev & INT64_MAX) == track->identity.dev) {
            if ((uint64_t)info.st_size < track->offset) {
                return false;
            }
            track->size = (uint64_t)info.st_size;
            track->seen = true;
            track->gone_ms = 0;
            return true;
        }
    }
    return false;
}

static enum mst_status
scan_look(struct mst_file_scan *scan, const char *name, struct mst_error *err)
{
    struct stat info;
    size_t len = strlen(name);
    size_t end = sizeof(scan_temporary) - 1;
    if (len >= end && strcmp(name + len - end, scan_temporary) == 0) {
        return MST_OK; /* somebody is writing it */
    }
    if (scan_is_as_known(scan, name)) {
        return MST_OK;
    }
    int fd = openat(scan->dir_fd, name,
                    O_RDONLY | O_CLOEXEC | O_NOCTTY | O_NONBLOCK);
    if (fd < 0) {
        return errno == ENOENT ? MST_OK : scan_failed(scan, name, err);
    }
    enum mst_status status = MST_OK;
    if (fstat(fd, &info) != 0) {
        status = scan_failed(scan, name, err);
    } else if (S_ISREG(info.st_mode)) {
        status = scan_take(scan, name, fd, &info, err);
    }
    (void)close(fd); /* was only read */
    return status;
}

/* Forgets what was not found, when nothing of it is left to be read. */
static void
scan_forget(struct mst_file_scan *scan)
{
    int64_t now = mst_clock_ms();
    for (size_t i = 0; i < scan->tracks->len; i++) {
        struct mst_file_track *track = scan->tracks->items[i];
        struct stat info;
        if (track->dead || track->seen) {
            continue;
        }
        if (track->gone_ms == 0) {
            track->gone_ms = now;
        }
        if (track->fd >= 0 && fstat(track->fd, &info) == 0
            && (uint64_t)info.st_size > track->size) {
            track->size = (uint64_t)info.st_size;
            track->gone_ms = now; /* its writer still has it open */
        }
        bool readable = track->fd >= 0
                        && (track->offset < track->size
                            || now - track->gone_ms < SCAN_GONE_MS);
        if (readable) {
            continue;
        }
        if (track->saved || track->offset < track->size) {
            mst_log_warn("file", "'%s/%s' is gone; it was read up to byte %llu",
                         scan->path, track->name,
                         (unsigned long long)track->offset);
        }
        mst_file_track_shut(track);
        mst_mutex_lock(&scan->tracks->lock);
        track->dead = true;
        mst_mutex_unlock(&scan->tracks->lock);
    }
}

enum mst_status
mst_file_scan(struct mst_file_scan *scan, struct mst_error *err)
{
    glob_t found = {0};
    enum mst_status status = MST_OK;
    for (size_t i = 0; i < scan->tracks->len; i++) {
        scan->tracks->items[i]->seen = false;
    }
    size_t dir_len = strlen(scan->path) + 1;
    int code = glob(scan->pattern, 0, NULL, &found);
    if (code == GLOB_NOSPACE) {
        return mst_fail_memory(err, "file");
    }
    for (size_t i = 0; code == 0 && i < found.gl_pathc && status == MST_OK;
         i++) {
        status = scan_look(scan, found.gl_pathv[i] + dir_len, err);
    }
    globfree(&found);
    if (status == MST_OK) {
        scan_forget(scan);
    }
    return status;
}
