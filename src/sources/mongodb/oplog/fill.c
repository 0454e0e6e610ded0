/* SPDX-License-Identifier: MIT */
/* From entries of the oplog to events of a batch. */
#include "base/clock.h"
#include "encodings/little_endian.h"
#include "sources/mongodb/state.h"

#define ORIGIN "mongodb"

/* --- marks -------------------------------------------------------------- */

void
mst_oplog_mark_write(uint8_t out[MST_OPLOG_MARK_LEN],
                     struct mst_oplog_time time, uint32_t changes, bool after)
{
    mst_put_le32(out, time.seconds);
    mst_put_le32(out + 4, time.increment);
    mst_put_le32(out + 8, changes);
    out[12] = after;
}

bool
mst_oplog_mark_read(struct mst_slice mark, struct mst_mongo_position *position)
{
    /* A resume token is a longer document. */
    if (mark.len != MST_OPLOG_MARK_LEN) {
        return false;
    }
    mst_mongo_position_set_entry(position, mst_le32(mark.data),
                                 mst_le32(mark.data + 4),
                                 mst_le32(mark.data + 8), mark.data[12] != 0);
    return true;
}

/* --- emitting ----------------------------------------------------------- */

/* One filling of a batch. */
struct fill {
    struct mst_mongo_source *source;
    struct mst_oplog_reader *reader;
    struct mst_batch *batch;
    struct mst_error *err;
};

static struct mst_slice
fill_mark(struct fill *fill, struct mst_oplog_time time, uint32_t changes,
          bool after)
{
    uint8_t *mark = mst_arena_alloc(&fill->batch->arena, MST_OPLOG_MARK_LEN);
    if (mark == NULL) {
        return MST_SLICE_NONE;
    }
    mst_oplog_mark_write(mark, time, changes, after);
    return mst_slice_of(mark, MST_OPLOG_MARK_LEN);
}

/* The event as a change stream has it, where one is asked for. */
static enum mst_status
fill_render(struct fill *fill, struct mst_oplog_change *change)
{
    struct mst_oplog_reader *reader = fill->reader;
    bool whole =
        change->change.kind > MST_MONGO_DELETE
            ? fill->source->options->ddl
            : fill->source->options->payload == MST_MONGO_PAYLOAD_CHANGE;
    if (!whole) {
        return MST_OK;
    }
    enum mst_status status =
        mst_oplog_render(&reader->render, &reader->map.rules,
                         reader->map.scope.expanded, change, fill->err);
    if (status != MST_OK) {
        return MST_FATAL;
    }
    change->change.bytes =
        mst_arena_copy(&fill->batch->arena, mst_buf_slice(&reader->render.out));
    return change->change.bytes.data != NULL
               ? MST_OK
               : mst_fail_memory(fill->err, ORIGIN);
}

static enum mst_status
fill_emit(struct fill *fill, struct mst_oplog_change *change)
{
    enum mst_status status = fill_render(fill, change);
    if (status != MST_OK) {
        return status;
    }
    bool alone = !fill->reader->unwind.active;
    change->change.mark = fill_mark(
        fill, change->commit.time, alone ? 0 : change->commit.index + 1, alone);
    if (change->change.mark.data == NULL) {
        return mst_fail_memory(fill->err, ORIGIN);
    }
    status = mst_mongo_emit_change(fill->source, fill->batch, &change->change,
                                   fill->err);
    if (status == MST_OK && change->invalidates) {
        struct mst_mongo_change end = change->change;
        end.kind = MST_MONGO_INVALIDATE;
        end.kind_name = mst_slice_str(mst_mongo_kind_name(end.kind));
        status =
            mst_mongo_emit_change(fill->source, fill->batch, &end, fill->err);
    }
    return status;
}

/* --- groups ------------------------------------------------------------- */

/* The entry that begins there is read once more. */
static void
fill_back(struct fill *fill, size_t from)
{
    fill->source->iter.next = from;
    fill->reader->last = (struct mst_oplog_time){0, 0};
}

/* Takes back the slots from this one on: they are read once more. */
static void
fill_cut(struct fill *fill, size_t slot)
{
    struct mst_oplog_reader *reader = fill->reader;
    if (slot >= reader->group.len) {
        return;
    }
    const struct mst_oplog_slot *first = &reader->group.slots[slot];
    if (reader->unwind.active) {
        reader->unwind.items.next = first->from;
        reader->unwind.index = first->index;
        reader->unwind.part_index = first->part_index;
    } else {
        fill_back(fill, first->from);
    }
    reader->group.len = slot;
}

static enum mst_status
fill_flush(struct fill *fill)
{
    struct mst_oplog_reader *reader = fill->reader;
    struct mst_mongo_fetch fetch = {
        .stream = mst_mongo_fetch_aside(fill->source),
        .db = fill->source->service->db_name,
        .batch = fill->batch,
    };
    size_t len = 0;
    if (reader->group.len == 0) {
        return MST_OK;
    }
    fill->source->fetches = true;
    enum mst_status status = mst_oplog_group_fetch(&reader->group, &fetch,
                                                   fill->source->options, &len);
    if (status != MST_OK) {
        fill_cut(fill, 0);
        return mst_mongo_failure_say(&fetch.failure, fill->source->ns,
                                     fill->err);
    }
    fill_cut(fill, len);
    for (size_t i = 0; status == MST_OK && i < reader->group.len; i++) {
        status = fill_emit(fill, &reader->group.slots[i].change);
    }
    reader->group.len = 0;
    return status;
}

/* Maps an operation; from is where it begins. */
static enum mst_status
fill_map(struct fill *fill, const struct mst_oplog_entry *entry,
         const struct mst_oplog_commit *commit, size_t from)
{
    struct mst_oplog_reader *reader = fill->reader;
    struct mst_oplog_group *group = &reader->group;
    struct mst_oplog_slot *slot = &group->slots[group->len];
    enum mst_status status =
        mst_oplog_map(&reader->map, entry, commit, &slot->change, fill->err);
    if (status != MST_OK) {
        return status == MST_AGAIN ? MST_OK : status;
    }
    bool needs = mst_oplog_group_mark(group, fill->source->options);
    if (group->len == 0 && !needs) {
        return fill_emit(fill, &slot->change);
    }
    slot->from = from;
    slot->index = commit->index;
    slot->part_index = commit->image_index;
    group->len++;
    return mst_oplog_group_is_full(group) ? fill_flush(fill) : MST_OK;
}

/* --- transactions ------------------------------------------------------- */

static enum mst_status
fill_failed(struct fill *fill, const struct mst_mongo_failure *failure)
{
    if (failure->fault == MST_MONGO_FAULT_LOST) {
        /* MST_OK: the position is `now`, and the rest of the reply is not
         * looked at. */
        fill->reader->unwind.active = false;
        fill->source->iter.next = fill->source->iter.end;
        return mst_mongo_resume_lost(fill->source, failure, fill->err);
    }
    return mst_mongo_failure_say(failure, fill->source->ns, fill->err);
}

/* Goes on with the next part. */
static enum mst_status
fill_part(struct fill *fill)
{
    struct mst_oplog_unwind *unwind = &fill->reader->unwind;
    struct mst_mongo_failure failure;
    memset(&failure, 0, sizeof(failure));
    enum mst_status status = fill_flush(fill);
    if (status != MST_OK || unwind->items.next < unwind->items.end) {
        return status; /* some are to be read once more */
    }
    status = mst_oplog_unwind_part(unwind, mst_mongo_fetch_aside(fill->source),
                                   &failure);
    if (status == MST_END) {
        return MST_OK;
    }
    return status == MST_OK ? MST_OK : fill_failed(fill, &failure);
}

/* Events of this batch point into the part that is being read. */
static enum mst_status
fill_hold(struct fill *fill, const struct mst_mongo_reply **held)
{
    struct mst_mongo_reply *reply = fill->reader->unwind.reply;
    if (reply == NULL || reply == *held) {
        return MST_OK;
    }
    (void)mst_mongo_reply_ref(reply);
    if (mst_batch_hold(fill->batch, mst_mongo_reply_release, reply, 0)
        != MST_OK) {
        mst_mongo_reply_unref(reply);
        return mst_fail_memory(fill->err, ORIGIN);
    }
    *held = reply;
    return MST_OK;
}

static bool
fill_is_done(const struct mst_oplog_reader *reader, uint32_t index)
{
    return reader->skips
           && (reader->skip_after || index < reader->skip_changes);
}

static enum mst_status
fill_operation(struct fill *fill)
{
    struct mst_oplog_reader *reader = fill->reader;
    struct mst_oplog_entry operation;
    struct mst_oplog_commit commit;
    size_t from = reader->unwind.items.next;
    enum mst_status status =
        mst_oplog_unwind_next(&reader->unwind, &operation, &commit);
    if (status == MST_END) {
        return fill_part(fill);
    }
    if (status != MST_OK) {
        return mst_fail(fill->err, MST_FATAL, ORIGIN, 0,
                        "a transaction in the oplog, at %u,%u, is malformed",
                        reader->unwind.commit.time.seconds,
                        reader->unwind.commit.time.increment);
    }
    fill->batch->held_bytes += operation.bytes.len;
    if (fill_is_done(reader, commit.index)) {
        return MST_OK;
    }
    return fill_map(fill, &operation, &commit, from);
}

/* An entry that makes operations effective. */
static enum mst_status
fill_begin(struct fill *fill, const struct mst_oplog_entry *entry, size_t from)
{
    struct mst_oplog_reader *reader = fill->reader;
    struct mst_mongo_failure failure;
    if (!mst_oplog_unwind_shows(&reader->map.rules, entry)) {
        return MST_OK;
    }
    if (reader->group.len > 0) {
        /* What came before goes first; then this entry is read again. */
        fill_back(fill, from);
        return fill_flush(fill);
    }
    memset(&failure, 0, sizeof(failure));
    if (mst_oplog_unwind_begin(&reader->unwind,
                               mst_mongo_fetch_aside(fill->source), entry,
                               &failure)
        != MST_OK) {
        fill_back(fill, from);
        return fill_failed(fill, &failure);
    }
    return MST_OK;
}

/* --- entries ------------------------------------------------------------ */

/* The place where reading began is passed, or this is it. */
static bool
fill_is_passed(struct mst_oplog_reader *reader, struct mst_oplog_time time)
{
    if (reader->skips && mst_oplog_time_compare(time, reader->skip) > 0) {
        reader->skips = false;
    }
    return reader->skips && reader->skip_after;
}

static enum mst_status
fill_command(struct fill *fill, const struct mst_oplog_entry *entry,
             const struct mst_oplog_commit *commit, size_t from)
{
    switch (mst_oplog_entry_command(entry)) {
    case MST_OPLOG_OPERATIONS:
    case MST_OPLOG_COMMIT:
        return fill_begin(fill, entry, from);
    case MST_OPLOG_PART:
    case MST_OPLOG_ABORT:
        return MST_OK;
    case MST_OPLOG_DDL:
    default:
        return fill_is_done(fill->reader, 0)
                   ? MST_OK
                   : fill_map(fill, entry, commit, from);
    }
}

static enum mst_status
fill_entry(struct fill *fill)
{
    struct mst_mongo_source *source = fill->source;
    struct mst_oplog_reader *reader = fill->reader;
    struct mst_oplog_entry entry;
    size_t from = source->iter.next;
    if (mst_bson_iter_next(&source->iter) != MST_OK
        || source->iter.type != MST_BSON_DOCUMENT
        || mst_oplog_entry_parse(source->iter.value, &entry, NULL) != MST_OK
        || mst_oplog_time_compare(entry.time, reader->last) <= 0) {
        return mst_fail(fill->err, MST_DISCONNECTED, ORIGIN, 0,
                        "the server's reply is damaged");
    }
    source->reply_events++;
    reader->last = entry.time;
    fill->batch->held_bytes += source->iter.next - from;
    if (entry.from_migrate || fill_is_passed(reader, entry.time)) {
        return MST_OK;
    }
    const struct mst_oplog_commit commit = {
        .time = entry.time, .wall_ms = entry.wall_ms, .image_time = entry.time};
    if (entry.op == 'c') {
        return fill_command(fill, &entry, &commit, from);
    }
    return fill_is_done(reader, 0) ? MST_OK
                                   : fill_map(fill, &entry, &commit, from);
}

static bool
fill_has_room(const struct fill *fill)
{
    return !mst_batch_is_full(fill->batch)
           && fill->batch->len + fill->reader->group.len
                  < fill->batch->max_events;
}

enum mst_status
mst_oplog_reader_fill(struct mst_mongo_source *source, struct mst_batch *batch,
                      struct mst_error *err)
{
    struct fill fill = {source, source->oplog, batch, err};
    const struct mst_mongo_reply *held = NULL;
    const struct mst_oplog_unwind *unwind = &source->oplog->unwind;
    enum mst_status status = MST_OK;
    mst_oplog_map_use(&source->oplog->map, &batch->arena);
    while (status == MST_OK) {
        if (!fill_has_room(&fill)) {
            break;
        }
        status = fill_hold(&fill, &held);
        if (status == MST_OK && unwind->active) {
            status = fill_operation(&fill);
        } else if (status == MST_OK && source->iter.next < source->iter.end) {
            status = fill_entry(&fill);
        } else if (status == MST_OK && source->oplog->group.len > 0) {
            /* May bring some back that are to be read once more. */
            status = fill_flush(&fill);
        } else {
            break;
        }
    }
    return status == MST_OK ? fill_flush(&fill) : status;
}

/* --- replies ------------------------------------------------------------ */

enum mst_status
mst_oplog_reader_advance(struct mst_mongo_source *source, bool quiet,
                         struct mst_batch *batch, struct mst_error *err)
{
    struct mst_oplog_reader *reader = source->oplog;
    struct mst_oplog_time at = quiet ? reader->probe : reader->last;
    struct mst_oplog_time before = {source->resume.seconds,
                                    source->resume.increment};
    int64_t now = mst_clock_ms();
    if (source->resume.now) {
        source->restart = true;
        return MST_OK;
    }
    if (quiet && at.seconds == 0 && source->ahead != NULL) {
        return MST_OK; /* it was asked for before the probe was wanted */
    }
    int order = mst_oplog_time_compare(at, before);
    if (order > 0 || (order == 0 && !quiet)) {
        mst_mongo_position_set_entry(&source->resume, at.seconds, at.increment,
                                     0, true);
    }
    bool past = source->bounded
                && (source->resume.seconds != source->until_seconds
                        ? source->resume.seconds > source->until_seconds
                        : source->resume.increment >= source->until_increment);
    bool marked = source->resume.after && source->resume.token.len == 0;
    if (!marked
        || !(source->mark_wanted || past || now >= source->mark_due_ms)) {
        return MST_OK;
    }
    struct fill fill = {source, reader, batch, err};
    const struct mst_oplog_time end = {source->resume.seconds,
                                       source->resume.increment};
    batch->end_mark = fill_mark(&fill, end, 0, true);
    source->mark_wanted = false;
    source->mark_due_ms = now + source->options->heartbeat_interval_ms;
    return batch->end_mark.data != NULL ? MST_OK : mst_fail_memory(err, ORIGIN);
}
