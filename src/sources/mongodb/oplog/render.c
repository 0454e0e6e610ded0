/* SPDX-License-Identifier: MIT */
/* Assembling change events. */
#include "sources/mongodb/oplog/render.h"

#include "core/event.h"
#include "encodings/bson_writer.h"

void
mst_oplog_render_init(struct mst_oplog_render *render)
{
    mst_oplog_token_room_init(&render->token);
    mst_buf_init(&render->out, MST_OPLOG_EVENT_MAX);
}

void
mst_oplog_render_clear(struct mst_oplog_render *render)
{
    mst_oplog_token_room_clear(&render->token);
    mst_buf_clear(&render->out);
}

static enum mst_status
render_token(struct mst_oplog_render *render, int version,
             const struct mst_oplog_change *change)
{
    struct mst_oplog_token token = {
        .version = version,
        .time = change->commit.time,
        .index = change->commit.index,
        .uuid = change->uuid,
        .kind = mst_mongo_kind_name(change->change.kind),
        .key = change->change.key,
        .description = change->description,
    };
    /* Version 1 has it for the kinds only that expanded events added. */
    if (version == MST_OPLOG_TOKEN_V1
        && (change->change.kind == MST_MONGO_DROP
            || change->change.kind == MST_MONGO_RENAME
            || change->change.kind == MST_MONGO_DROP_DATABASE)) {
        token.description = MST_SLICE_NONE;
    }
    enum mst_status status = mst_oplog_token_make(&render->token, &token);
    if (status == MST_REJECTED) {
        struct mst_oplog_time next = token.time;
        next.increment++;
        next.seconds += next.increment == 0;
        status = mst_oplog_token_mark(&render->token, version, next);
    }
    return status;
}

/* A document that may be there; null where it is wanted and is not. */
static void
render_optional(struct mst_bson_writer *writer, const char *name,
                struct mst_slice doc, bool is_wanted)
{
    if (doc.data != NULL) {
        mst_bson_write_document(writer, name, doc);
    } else if (is_wanted) {
        mst_bson_write_null(writer, name);
    }
}

static void
render_head(struct mst_bson_writer *writer,
            const struct mst_oplog_change *change, struct mst_slice token)
{
    const struct mst_mongo_change *plain = &change->change;
    render_optional(writer, "to", change->to, false);
    if (plain->has_txn_number) {
        mst_bson_write_int64(writer, "txnNumber", plain->txn_number);
    }
    render_optional(writer, "lsid", plain->lsid, false);
    mst_bson_write_document(writer, "_id", token);
    mst_bson_write_string(writer, "operationType", plain->kind_name);
    mst_bson_write_timestamp(writer, "clusterTime", plain->seconds,
                             plain->increment);
}

enum mst_status
mst_oplog_render(struct mst_oplog_render *render,
                 const struct mst_oplog_rules *rules, bool expanded,
                 const struct mst_oplog_change *change, struct mst_error *err)
{
    const struct mst_mongo_change *plain = &change->change;
    enum mst_status status = render_token(render, rules->token_version, change);
    if (status != MST_OK) {
        return mst_fail(err, status, "mongodb", 0, "no room for a token");
    }
    struct mst_bson_writer writer;
    mst_buf_reset(&render->out);
    mst_bson_writer_init(&writer, &render->out);
    render_head(&writer, change, mst_buf_slice(&render->token.out));
    if (expanded && change->uuid.data != NULL && !change->is_view) {
        mst_bson_write_binary(&writer, "collectionUUID", 4, change->uuid);
    }
    if (plain->wall_ms != MST_TIME_UNKNOWN) {
        mst_bson_write_date(&writer, "wallTime", plain->wall_ms);
    }
    render_optional(&writer, "fullDocument", plain->full_document,
                    change->wants_document);
    render_optional(&writer, "ns", plain->ns, false);
    render_optional(&writer, "documentKey", plain->key, false);
    render_optional(&writer, "operationDescription",
                    expanded ? change->description : MST_SLICE_NONE, false);
    render_optional(&writer, "updateDescription", plain->update_description,
                    false);
    render_optional(&writer, "stateBeforeChange", change->state_before, false);
    if (expanded && change->ns_type != NULL) {
        mst_bson_write_text(&writer, "nsType", change->ns_type);
    }
    render_optional(&writer, "fullDocumentBeforeChange", plain->before,
                    change->wants_before);
    return mst_bson_writer_finish(&writer, err);
}
