/* SPDX-License-Identifier: MIT */
/* Reading one file after the other, and waiting for more. */
#include "sources/file/file_read.h"

#include <errno.h>
#include <poll.h>
#include <unistd.h>

#include "base/clock.h"

enum {
    READ_CHUNK = 256 * 1024,
    READ_LOOK_MS = 2000 /* also where inotify sees nothing: NFS */
};

/* --- choosing a file -------------------------------------------------- */

static bool
read_has_more(const struct mst_file_reader *ctx,
              const struct mst_file_track *track)
{
    if (track->dead || track->saved) {
        return false;
    }
    if (ctx->bounded) {
        return track->offset < track->limit;
    }
    return track->offset < track->size && track->size != track->stuck;
}

/* Files that were begun first, then by name. */
static struct mst_file_track *
read_pick(const struct mst_file_reader *ctx)
{
    struct mst_file_track *best = NULL;
    for (size_t i = 0; i < ctx->tracks.len; i++) {
        struct mst_file_track *track = ctx->tracks.items[i];
        if (!read_has_more(ctx, track)) {
            continue;
        }
        bool begun = track->offset > 0;
        if (best == NULL || (begun && best->offset == 0)
            || (begun == (best->offset > 0)
                && strcmp(track->name, best->name) < 0)) {
            best = track;
        }
    }
    return best;
}

void
mst_file_read_drop(struct mst_file_reader *ctx)
{
    mst_file_chunk_unref(ctx->chunk);
    ctx->chunk = NULL;
    ctx->held = NULL;
}

enum mst_status
mst_file_read_look(struct mst_file_reader *ctx, struct mst_error *err)
{
    ctx->look = false;
    ctx->looked_ms = mst_clock_ms();
    return mst_file_scan(&ctx->scan, err);
}

/* Opens the next file that has something. MST_END: none has. */
static enum mst_status
read_next_file(struct mst_file_reader *ctx, struct mst_error *err)
{
    struct mst_file_track *track = read_pick(ctx);
    if (track == NULL) {
        return MST_END;
    }
    enum mst_status status = mst_file_scan_open(&ctx->scan, track, err);
    if (status == MST_OK) {
        status = mst_file_scan_check(&ctx->scan, track, err);
    }
    if (status == MST_AGAIN) {
        ctx->look = true;
        return MST_AGAIN;
    }
    if (status == MST_OK) {
        mst_file_read_drop(ctx);
        ctx->current = track;
    }
    return status;
}

/* --- reading ---------------------------------------------------------- */

static enum mst_status
read_read_chunk(struct mst_file_reader *ctx, size_t cap, struct mst_error *err)
{
    struct mst_file_chunk *chunk = NULL;
    const struct mst_file_track *track = ctx->current;
    enum mst_status status =
        mst_file_chunk_read(track->fd, track->offset, cap, &chunk);
    if (status == MST_RETRY) {
        return mst_fail(err, MST_RETRY, "file", errno,
                        "can not read '%s/%s': %s", ctx->scan.path, track->name,
                        strerrordesc_np(errno));
    }
    if (status != MST_OK) {
        return mst_fail_memory(err, "file");
    }
    mst_file_read_drop(ctx);
    ctx->chunk = chunk;
    return MST_OK;
}

/* CSV: the names are the first record, also when reading goes on behind it.
 * *ret_is_header: the record at hand is that. */
static enum mst_status
read_take_header(struct mst_file_reader *ctx, struct mst_slice record,
                 bool *ret_is_header, struct mst_error *err)
{
    struct mst_file_track *track = ctx->current;
    struct mst_file_chunk *chunk = NULL;
    *ret_is_header = false;
    if (ctx->emit.format != MST_FILE_SOURCE_CSV || track->header.len > 0
        || ctx->chunk == NULL) {
        return MST_OK;
    }
    bool at_start = record.data - ctx->chunk->data + (int64_t)ctx->chunk->start
                    <= 3; /* a byte order mark may stand before */
    if (!at_start) {
        if (mst_file_chunk_read(track->fd, 0, track->header.max, &chunk)
            != MST_OK) {
            return mst_fail(err, MST_RETRY, "file", errno,
                            "can not read the header of '%s/%s'",
                            ctx->scan.path, track->name);
        }
        size_t skip =
            chunk->len >= 3 && memcmp(chunk->data, "\xEF\xBB\xBF", 3) == 0 ? 3
                                                                           : 0;
        size_t len = 0;
        if (mst_file_next_record(
                &ctx->emit, 3,
                mst_slice_of(chunk->data + skip, chunk->len - skip), false,
                &len, &record)
            != MST_FILE_RECORD) {
            record = MST_SLICE_NONE;
        }
    }
    *ret_is_header = at_start;
    enum mst_status status =
        record.len == 0
            ? MST_FATAL
            : mst_buf_append(&track->header, record.data, record.len);
    mst_file_chunk_unref(chunk);
    return status == MST_OK
               ? MST_OK
               : mst_fail(err, MST_FATAL, "file", 0,
                          "'%s/%s' has no header line that names its columns",
                          ctx->scan.path, track->name);
}

static enum mst_status
read_emit(struct mst_file_reader *ctx, struct mst_slice record, uint64_t end,
          struct mst_batch *batch, struct mst_error *err)
{
    bool header = false;
    enum mst_status status = read_take_header(ctx, record, &header, err);
    if (status != MST_OK || header) {
        return status;
    }
    if (ctx->held != ctx->chunk && ctx->emit.format != MST_FILE_SOURCE_CSV) {
        status = mst_file_chunk_hold(ctx->chunk, batch, ctx->chunk->len);
        if (status != MST_OK) {
            return mst_fail_memory(err, "file");
        }
        ctx->held = ctx->chunk;
    }
    status =
        mst_file_emit_event(&ctx->emit, ctx->current, record, end, batch, err);
    if (status == MST_OK) {
        ctx->last_mark = end;
    }
    return status;
}

static enum mst_status
read_malformed(const struct mst_file_reader *ctx, struct mst_error *err)
{
    (void)mst_fail_at(err, MST_FATAL, "file", (int64_t)ctx->current->offset,
                      "'%s/%s': no BSON document begins at byte %llu",
                      ctx->scan.path, ctx->current->name,
                      (unsigned long long)ctx->current->offset);
    mst_error_hint(err, "the file is damaged or of another format; repair it, "
                        "or move it away");
    return MST_FATAL;
}

static enum mst_status
read_too_long(const struct mst_file_reader *ctx, struct mst_error *err)
{
    (void)mst_fail_at(
        err, MST_FATAL, "file", (int64_t)ctx->current->offset,
        "'%s/%s': the record at byte %llu is longer than max_event_bytes "
        "(%llu)",
        ctx->scan.path, ctx->current->name,
        (unsigned long long)ctx->current->offset,
        (unsigned long long)ctx->options->max_event_bytes);
    mst_error_hint(err, "raise max_event_bytes, or repair the file");
    return MST_FATAL;
}

/* What is left of the file is not a whole record, and no more is there. */
static enum mst_status
read_at_end(struct mst_file_reader *ctx, size_t left, struct mst_error *err)
{
    struct mst_file_track *track = ctx->current;
    if (ctx->bounded && left > 0) {
        (void)mst_fail_at(err, MST_FATAL, "file", (int64_t)track->offset,
                          "'%s/%s' ends in the middle of the document that "
                          "begins at byte %llu",
                          ctx->scan.path, track->name,
                          (unsigned long long)track->offset);
        mst_error_hint(err, "the file is cut off, or is still being written");
        return MST_FATAL;
    }
    track->stuck = track->offset + left;
    track->size = track->stuck;
    track->limit = track->offset;
    ctx->current = NULL;
    mst_file_read_drop(ctx);
    return MST_OK;
}

/* The rest of the chunk is not a whole record: get more, or find the end. */
static enum mst_status
read_need_more(struct mst_file_reader *ctx, size_t left, struct mst_error *err)
{
    if (ctx->chunk != NULL && ctx->chunk->at_end) {
        return read_at_end(ctx, left, err);
    }
    if (left > ctx->options->max_event_bytes) {
        return read_too_long(ctx, err);
    }
    size_t cap = left * 2 > READ_CHUNK ? left * 2 : READ_CHUNK;
    return read_read_chunk(ctx, cap, err);
}

/* One step: a record, a piece more of the file, or its end. */
static enum mst_status
read_step(struct mst_file_reader *ctx, struct mst_batch *batch,
          struct mst_error *err)
{
    struct mst_file_track *track = ctx->current;
    struct mst_slice data = MST_SLICE_NONE;
    struct mst_slice record = MST_SLICE_NONE;
    size_t len = 0;
    bool whole = false;
    if (ctx->bounded && track->offset >= track->limit) {
        ctx->current = NULL;
        return MST_OK;
    }
    if (ctx->chunk != NULL) {
        size_t skip = (size_t)(track->offset - ctx->chunk->start);
        data = mst_slice_of(ctx->chunk->data + skip, ctx->chunk->len - skip);
        whole = ctx->bounded && ctx->chunk->at_end;
    }
    enum mst_file_found found = mst_file_next_record(
        &ctx->emit, track->offset, data, whole, &len, &record);
    enum mst_status status = MST_OK;
    switch (found) {
    case MST_FILE_PARTIAL:
        return read_need_more(ctx, data.len, err);
    case MST_FILE_MALFORMED:
        return read_malformed(ctx, err);
    case MST_FILE_RECORD:
        if (len > ctx->options->max_event_bytes) {
            return read_too_long(ctx, err);
        }
        status = read_emit(ctx, record, track->offset + len, batch, err);
        break;
    case MST_FILE_NOTHING:
        break;
    }
    if (status == MST_OK) {
        track->offset += len;
    }
    return status;
}

/* Says where the file stands when that is further than the last event. */
static enum mst_status
read_set_end_mark(struct mst_file_reader *ctx,
                  const struct mst_file_track *track, struct mst_batch *batch,
                  struct mst_error *err)
{
    const struct mst_file_event_mark mark = {track->id, track->offset};
    batch->end_mark =
        mst_arena_copy(&batch->arena, mst_slice_of(&mark, sizeof(mark)));
    ctx->last_mark = track->offset;
    return batch->end_mark.data == NULL ? mst_fail_memory(err, "file") : MST_OK;
}

/* Fills the batch from the file at hand; leaves it at its end. */
static enum mst_status
read_fill(struct mst_file_reader *ctx, struct mst_batch *batch,
          struct mst_error *err)
{
    struct mst_file_track *track = ctx->current;
    enum mst_status status = MST_OK;
    ctx->last_mark = track->offset;
    while (status == MST_OK && ctx->current != NULL
           && !mst_batch_is_full(batch)) {
        status = read_step(ctx, batch, err);
    }
    if (status == MST_OK && track->offset > ctx->last_mark) {
        status = read_set_end_mark(ctx, track, batch, err);
    }
    return status;
}

/* --- waiting ---------------------------------------------------------- */

/* Waits for a change in the directory; false when it was interrupted. */
static bool
read_wait(struct mst_file_reader *ctx, int timeout_ms)
{
    char events[4096];
    struct pollfd fds[2] = {{.fd = ctx->wake_fd, .events = POLLIN},
                            {.fd = ctx->notify_fd, .events = POLLIN}};
    int64_t until_look = ctx->looked_ms + READ_LOOK_MS - mst_clock_ms();
    int64_t wait = until_look < timeout_ms ? until_look : timeout_ms;
    int n = poll(fds, ctx->notify_fd >= 0 ? 2 : 1, wait > 0 ? (int)wait : 0);
    if (n > 0 && fds[0].revents != 0) {
        uint64_t ignored = 0;
        (void)!read(ctx->wake_fd, &ignored, sizeof(ignored));
        return false;
    }
    if (n > 0 && fds[1].revents != 0) {
        ctx->look = true;
        while (read(ctx->notify_fd, events, sizeof(events)) > 0) {
            /* Only that something happened matters. */
        }
    }
    if (mst_clock_ms() - ctx->looked_ms >= READ_LOOK_MS) {
        ctx->look = true;
    }
    return true;
}

enum mst_status
mst_file_read(void *arg, struct mst_batch *batch, int timeout_ms,
              struct mst_error *err)
{
    struct mst_file_reader *ctx = arg;
    int64_t until = mst_clock_ms() + timeout_ms;
    ctx->held = NULL;
    while (batch->len == 0 && batch->end_mark.data == NULL) {
        enum mst_status status = MST_OK;
        if (ctx->current == NULL) {
            status = read_next_file(ctx, err);
        }
        if (status == MST_END && ctx->bounded) {
            return MST_END;
        }
        if (status == MST_END || status == MST_AGAIN) {
            int64_t left = until - mst_clock_ms();
            if (!read_wait(ctx, left > 0 ? (int)left : 0)) {
                return MST_AGAIN;
            }
            status = ctx->look ? mst_file_read_look(ctx, err) : MST_OK;
            if (status == MST_OK && left <= 0) {
                return MST_AGAIN;
            }
        } else if (status == MST_OK) {
            status = read_fill(ctx, batch, err);
        }
        if (status != MST_OK) {
            return status;
        }
    }
    return MST_OK;
}
