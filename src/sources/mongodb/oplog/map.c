/* SPDX-License-Identifier: MIT */
/* Changes of documents, out of the oplog. */
#include "sources/mongodb/oplog/map.h"

#include "encodings/bson_reader.h"
#include "encodings/bson_writer.h"

#define ORIGIN "mongodb"

void
mst_oplog_map_init(struct mst_oplog_map *map,
                   const struct mst_mongo_watch *watch, const char *db,
                   struct mst_oplog_rules rules)
{
    memset(map, 0, sizeof(*map));
    map->options = watch->options;
    map->scope.watch = watch;
    map->scope.db = mst_slice_str(db);
    map->scope.expanded =
        watch->options->ddl
        || watch->options->payload == MST_MONGO_PAYLOAD_CHANGE;
    map->rules = rules;
    mst_oplog_describer_init(&map->describer);
    mst_buf_init(&map->part, MST_OPLOG_DIFF_MAX);
}

void
mst_oplog_map_clear(struct mst_oplog_map *map)
{
    mst_oplog_describer_clear(&map->describer);
    mst_buf_clear(&map->part);
}

void
mst_oplog_map_use(struct mst_oplog_map *map, struct mst_arena *arena)
{
    map->arena = arena;
    map->ns_name = MST_SLICE_NONE;
    map->ns = MST_SLICE_NONE;
}

/* {db, coll}: most changes are of the collection of the one before. */
static enum mst_status
map_namespace(struct mst_oplog_map *map, struct mst_slice name)
{
    struct mst_bson_writer writer;
    if (map->ns_name.data != NULL && name.data != NULL
        && mst_slice_equal(map->ns_name, name)) {
        return MST_OK;
    }
    mst_buf_reset(&map->part);
    mst_bson_writer_init(&writer, &map->part);
    mst_bson_write_string(&writer, "db", map->scope.db);
    if (name.data != NULL) {
        mst_bson_write_string(&writer, "coll", name);
    }
    enum mst_status status = mst_bson_writer_finish(&writer, NULL);
    if (status == MST_OK) {
        map->ns = mst_arena_copy(map->arena, mst_buf_slice(&map->part));
        map->ns_name = name.data != NULL ? mst_arena_copy(map->arena, name)
                                         : MST_SLICE_NONE;
    }
    return status == MST_OK && map->ns.data != NULL ? MST_OK : MST_FATAL;
}

enum mst_status
mst_oplog_map_begin(struct mst_oplog_map *map,
                    const struct mst_oplog_entry *entry,
                    const struct mst_oplog_commit *commit,
                    enum mst_mongo_kind kind, struct mst_slice name,
                    struct mst_oplog_change *change)
{
    memset(change, 0, sizeof(*change));
    if (map_namespace(map, name) != MST_OK) {
        return MST_FATAL;
    }
    change->commit = *commit;
    change->uuid = entry->uuid;
    change->ns = entry->ns;
    change->change.kind = kind;
    change->change.kind_name = mst_slice_str(mst_mongo_kind_name(kind));
    change->change.ns = map->ns;
    change->change.lsid = commit->lsid;
    change->change.has_txn_number = commit->has_txn_number;
    change->change.txn_number = commit->txn_number;
    change->change.wall_ms = commit->wall_ms;
    change->change.seconds = commit->time.seconds;
    change->change.increment = commit->time.increment;
    return MST_OK;
}

/* False: `operations` does not name it. */
static bool
map_is_wanted(const struct mst_oplog_map *map, enum mst_mongo_kind kind)
{
    return mst_mongo_watch_wants(map->options, mst_mongo_kind_op(kind));
}

static enum mst_status
map_unknown(const struct mst_oplog_entry *entry, struct mst_error *err)
{
    struct mst_error why;
    mst_error_clear(&why);
    if (err != NULL) {
        why = *err;
    }
    (void)mst_fail(err, MST_FATAL, ORIGIN, 0,
                   "an entry of the oplog (%c on '%.*s', at %u,%u) can not be "
                   "understood%s%.200s",
                   entry->op, (int)(entry->ns.len > 200 ? 200 : entry->ns.len),
                   entry->ns.data == NULL ? "" : (const char *)entry->ns.data,
                   entry->time.seconds, entry->time.increment,
                   why.text[0] != '\0' ? ": " : "", why.text);
    mst_error_hint(err, "reader = \"change_stream\" goes on from the same "
                        "place");
    mst_error_lasts(err);
    return MST_FATAL;
}

/* What an update entry is: a delta, or the whole document. */
static enum mst_status
map_update_kind(const struct mst_oplog_entry *entry,
                enum mst_mongo_kind *ret_kind, struct mst_slice *ret_diff)
{
    struct mst_bson_value value;
    int64_t version = 0;
    *ret_kind = MST_MONGO_REPLACE;
    *ret_diff = MST_SLICE_NONE;
    if (!mst_bson_find(entry->o, "$v", &value)) {
        return mst_bson_find(entry->o, "_id", &value) ? MST_OK : MST_REJECTED;
    }
    if (!mst_bson_as_int64(&value, &version) || version != 2
        || !mst_bson_find(entry->o, "diff", &value)
        || value.type != MST_BSON_DOCUMENT
        || !mst_bson_get_document(&value, ret_diff)) {
        return MST_REJECTED;
    }
    *ret_kind = MST_MONGO_UPDATE;
    return MST_OK;
}

static enum mst_status
map_describe(struct mst_oplog_map *map, struct mst_oplog_change *change,
             struct mst_error *err)
{
    enum mst_status status =
        mst_oplog_describe(&map->describer, change->diff,
                           map->rules.ambiguous && map->scope.expanded, err);
    if (status != MST_OK) {
        return status;
    }
    change->change.update_description =
        mst_arena_copy(map->arena, mst_buf_slice(&map->describer.out));
    return change->change.update_description.data != NULL
               ? MST_OK
               : mst_fail_memory(err, ORIGIN);
}

/* What of it has to be fetched. */
static void
map_wants(const struct mst_oplog_map *map, const struct mst_oplog_entry *entry,
          struct mst_oplog_change *change)
{
    enum mst_mongo_kind kind = change->change.kind;
    if (map->rules.image_entries) {
        change->pre_image = entry->pre_image;
    }
    change->wants_document =
        kind == MST_MONGO_UPDATE
        && map->options->full_document != MST_MONGO_FULL_OFF;
    change->wants_before = kind != MST_MONGO_INSERT
                           && map->options->before != MST_MONGO_BEFORE_OFF;
}

/* Before 5.3 an insert had no o2: {_id}. */
static enum mst_status
map_insert_key(struct mst_oplog_map *map, const struct mst_oplog_entry *entry,
               struct mst_slice *ret_key, struct mst_error *err)
{
    struct mst_bson_writer writer;
    struct mst_bson_value id;
    if (!mst_bson_find(entry->o, "_id", &id)) {
        return MST_REJECTED;
    }
    mst_buf_reset(&map->part);
    mst_bson_writer_init(&writer, &map->part);
    mst_bson_write_value(&writer, MST_SLICE_LIT("_id"), &id);
    enum mst_status status = mst_bson_writer_finish(&writer, err);
    if (status != MST_OK) {
        return status;
    }
    *ret_key = mst_arena_copy(map->arena, mst_buf_slice(&map->part));
    return ret_key->data != NULL ? MST_OK : mst_fail_memory(err, ORIGIN);
}

static enum mst_status
map_document(struct mst_oplog_map *map, const struct mst_oplog_entry *entry,
             const struct mst_oplog_commit *commit, struct mst_slice name,
             struct mst_oplog_change *change, struct mst_error *err)
{
    enum mst_mongo_kind kind = MST_MONGO_INSERT;
    struct mst_slice diff = MST_SLICE_NONE;
    struct mst_slice key = entry->o2;
    enum mst_status status = MST_OK;
    if (entry->op == 'u') {
        status = map_update_kind(entry, &kind, &diff);
    } else if (entry->op == 'd') {
        kind = MST_MONGO_DELETE;
        key = entry->o;
    }
    if (status == MST_OK && key.data == NULL) {
        status = kind == MST_MONGO_INSERT
                     ? map_insert_key(map, entry, &key, err)
                     : MST_REJECTED;
    }
    if (status != MST_OK) {
        return status == MST_REJECTED ? map_unknown(entry, err) : status;
    }
    if (!map_is_wanted(map, kind)) {
        return MST_AGAIN;
    }
    if (mst_oplog_map_begin(map, entry, commit, kind, name, change) != MST_OK) {
        return mst_fail_memory(err, ORIGIN);
    }
    change->change.key = key;
    change->diff = diff;
    if (kind == MST_MONGO_INSERT || kind == MST_MONGO_REPLACE) {
        change->change.full_document = entry->o;
    }
    if (kind == MST_MONGO_UPDATE
        && map->options->payload != MST_MONGO_PAYLOAD_DOCUMENT) {
        status = map_describe(map, change, err);
    }
    map_wants(map, entry, change);
    if (status == MST_REJECTED) {
        return map_unknown(entry, err);
    }
    return status;
}

enum mst_status
mst_oplog_map(struct mst_oplog_map *map, const struct mst_oplog_entry *entry,
              const struct mst_oplog_commit *commit,
              struct mst_oplog_change *ret_change, struct mst_error *err)
{
    struct mst_slice name;
    if (entry->from_migrate || entry->is_timeseries || entry->op == 0
        || entry->op == 'n') {
        return MST_AGAIN;
    }
    if (entry->op == 'c') {
        return mst_oplog_map_command(map, entry, commit, ret_change, err);
    }
    if (mst_oplog_scope_wants(&map->scope, entry->ns, &name)) {
        return entry->o.data == NULL
                   ? map_unknown(entry, err)
                   : map_document(map, entry, commit, name, ret_change, err);
    }
    if (map->scope.watch->database && map->scope.expanded
        && mst_oplog_scope_is(&map->scope, entry->ns, "system.views")) {
        return mst_oplog_map_view(map, entry, commit, ret_change, err);
    }
    return MST_AGAIN;
}
