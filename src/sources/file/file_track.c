/* SPDX-License-Identifier: MIT */
/* The table of files, and positions. */
#include "sources/file/file_track.h"

#include <jansson.h>
#include <stdlib.h>
#include <unistd.h>

#include "base/hash.h"
#include "base/thread.h"

enum { TRACK_HEADER_MAX = 1024 * 1024 };

bool
mst_file_tracks_init(struct mst_file_tracks *tracks)
{
    memset(tracks, 0, sizeof(*tracks));
    return pthread_mutex_init(&tracks->lock, NULL) == 0;
}

void
mst_file_track_shut(struct mst_file_track *track)
{
    if (track->fd >= 0) {
        (void)close(track->fd); /* was only read */
        track->fd = -1;
    }
}

void
mst_file_tracks_clear(struct mst_file_tracks *tracks)
{
    for (size_t i = 0; i < tracks->len; i++) {
        mst_file_track_shut(tracks->items[i]);
        mst_buf_clear(&tracks->items[i]->header);
        free(tracks->items[i]->name);
        free(tracks->items[i]);
    }
    free(tracks->items);
    (void)pthread_mutex_destroy(&tracks->lock);
}

struct mst_file_track *
mst_file_tracks_add(struct mst_file_tracks *tracks, const char *name)
{
    struct mst_file_track *track = calloc(1, sizeof(*track));
    char *copy = strdup(name);
    if (track == NULL || copy == NULL) {
        free(track);
        free(copy);
        return NULL;
    }
    track->name = copy;
    track->fd = -1;
    mst_buf_init(&track->header, TRACK_HEADER_MAX);
    mst_mutex_lock(&tracks->lock);
    if (tracks->len == tracks->cap) {
        size_t cap = tracks->cap == 0 ? 16 : tracks->cap * 2;
        struct mst_file_track **items =
            realloc(tracks->items, cap * sizeof(struct mst_file_track *));
        if (items == NULL) {
            mst_mutex_unlock(&tracks->lock);
            free(track);
            free(copy);
            return NULL;
        }
        tracks->items = items;
        tracks->cap = cap;
    }
    track->id = (uint32_t)tracks->len;
    tracks->items[tracks->len++] = track;
    mst_mutex_unlock(&tracks->lock);
    return track;
}

bool
mst_file_track_rename(struct mst_file_tracks *tracks,
                      struct mst_file_track *track, const char *name)
{
    char *copy = strdup(name);
    if (copy == NULL) {
        return false;
    }
    mst_mutex_lock(&tracks->lock);
    free(track->name);
    track->name = copy;
    mst_mutex_unlock(&tracks->lock);
    return true;
}

/* --- identity --------------------------------------------------------- */

/* CRC of the first len bytes; false when there are not that many. */
static bool
track_head_crc(int fd, uint32_t len, uint32_t *ret_crc)
{
    uint8_t head[MST_FILE_HEAD_MAX];
    if (len > sizeof(head)
        || (len > 0 && pread(fd, head, len, 0) != (ssize_t)len)) {
        return false;
    }
    *ret_crc = mst_crc32c(0, head, len);
    return true;
}

enum mst_status
mst_file_identify(int fd, const struct stat *info, uint32_t max,
                  struct mst_file_identity *ret)
{
    uint32_t head = max < MST_FILE_HEAD_MAX ? max : MST_FILE_HEAD_MAX;
    uint32_t crc = 0;
    if ((uint64_t)info->st_size < head) {
        head = (uint32_t)info->st_size;
    }
    if (!track_head_crc(fd, head, &crc)) {
        return MST_RETRY;
    }
    /* JSON integers are signed here. */
    *ret = (struct mst_file_identity){.dev = info->st_dev & INT64_MAX,
                                      .ino = info->st_ino & INT64_MAX,
                                      .head = head,
                                      .crc = crc};
    return MST_OK;
}

bool
mst_file_has_head(int fd, const struct mst_file_identity *identity)
{
    uint32_t crc = 0;
    return track_head_crc(fd, identity->head, &crc) && crc == identity->crc;
}

/* --- positions -------------------------------------------------------- */

void
mst_file_tracks_settle(struct mst_file_tracks *tracks, uint32_t id,
                       uint64_t offset)
{
    mst_mutex_lock(&tracks->lock);
    if (id < tracks->len) {
        tracks->items[id]->settled = offset;
    }
    mst_mutex_unlock(&tracks->lock);
}

static enum mst_status
track_append(const struct mst_file_track *track, bool first,
             struct mst_buf *out)
{
    enum mst_status status =
        mst_buf_append_str(out, first ? "{\"name\":" : ",{\"name\":");
    if (status == MST_OK) {
        status = mst_buf_append_json(out, mst_slice_str(track->name));
    }
    if (status == MST_OK) {
        status = mst_buf_printf(
            out,
            ",\"dev\":%llu,\"ino\":%llu,\"offset\":%llu,\"head\":%u,"
            "\"crc\":%u}",
            (unsigned long long)track->identity.dev,
            (unsigned long long)track->identity.ino,
            (unsigned long long)track->settled, track->identity.head,
            track->identity.crc);
    }
    return status;
}

enum mst_status
mst_file_tracks_position(struct mst_file_tracks *tracks, struct mst_buf *out,
                         struct mst_error *err)
{
    size_t before = out->len;
    bool first = true;
    enum mst_status status =
        mst_buf_append_str(out, "{\"kind\":\"file\",\"files\":[");
    mst_mutex_lock(&tracks->lock);
    for (size_t i = 0; i < tracks->len && status == MST_OK; i++) {
        const struct mst_file_track *track = tracks->items[i];
        if (track->settled > 0 && !track->dead) {
            status = track_append(track, first, out);
            first = false;
        }
    }
    mst_mutex_unlock(&tracks->lock);
    if (status == MST_OK) {
        status = mst_buf_append_str(out, "]}");
    }
    if (status != MST_OK) {
        out->len = before;
        (void)mst_fail(err, MST_FATAL, "file", 0,
                       "the position of %zu files is larger than a checkpoint "
                       "may be",
                       tracks->len);
        mst_error_hint(err, "move files that were read out of the directory");
        return MST_FATAL;
    }
    return MST_OK;
}

static bool
track_number(const json_t *object, const char *name, uint64_t max,
             uint64_t *ret)
{
    const json_t *value = json_object_get(object, name);
    if (!json_is_integer(value) || json_integer_value(value) < 0
        || (uint64_t)json_integer_value(value) > max) {
        return false;
    }
    *ret = (uint64_t)json_integer_value(value);
    return true;
}

static enum mst_status
track_load(struct mst_file_tracks *tracks, const json_t *object,
           struct mst_error *err)
{
    const char *name = json_string_value(json_object_get(object, "name"));
    struct mst_file_identity identity = {0};
    uint64_t offset = 0;
    uint64_t head = 0;
    uint64_t crc = 0;
    if (name == NULL || !track_number(object, "dev", INT64_MAX, &identity.dev)
        || !track_number(object, "ino", INT64_MAX, &identity.ino)
        || !track_number(object, "offset", INT64_MAX, &offset)
        || !track_number(object, "head", MST_FILE_HEAD_MAX, &head)
        || !track_number(object, "crc", UINT32_MAX, &crc)) {
        return mst_fail(err, MST_FATAL, "file", 0,
                        "a file in the position is incomplete");
    }
    struct mst_file_track *track = mst_file_tracks_add(tracks, name);
    if (track == NULL) {
        return mst_fail_memory(err, "file");
    }
    identity.head = (uint32_t)head;
    identity.crc = (uint32_t)crc;
    mst_mutex_lock(&tracks->lock);
    track->identity = identity;
    track->offset = offset;
    track->settled = offset;
    track->saved = true;
    mst_mutex_unlock(&tracks->lock);
    return MST_OK;
}

enum mst_status
mst_file_tracks_load(struct mst_file_tracks *tracks, struct mst_slice position,
                     struct mst_error *err)
{
    json_t *root =
        json_loadb((const char *)position.data, position.len, 0, NULL);
    const char *kind = json_string_value(json_object_get(root, "kind"));
    const json_t *files = json_object_get(root, "files");
    enum mst_status status = MST_OK;
    if (kind == NULL || strcmp(kind, "file") != 0 || !json_is_array(files)) {
        json_decref(root);
        return mst_fail(err, MST_FATAL, "file", 0,
                        "this is not a position of a file source: %.*s",
                        (int)(position.len < 200 ? position.len : 200),
                        (const char *)position.data);
    }
    for (size_t i = 0; i < json_array_size(files) && status == MST_OK; i++) {
        status = track_load(tracks, json_array_get(files, i), err);
    }
    json_decref(root);
    return status;
}
