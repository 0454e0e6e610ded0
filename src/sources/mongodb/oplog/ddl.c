/* SPDX-License-Identifier: MIT */
/* Changes of collections, views and databases, out of the oplog. */
#include "encodings/bson_reader.h"
#include "encodings/bson_writer.h"
#include "sources/mongodb/oplog/map.h"

#define ORIGIN "mongodb"

/* A command that stands in the oplog, and what it is shown as. */
struct ddl_command {
    const char *name;
    enum mst_mongo_kind kind;
    bool expanded; /* only with showExpandedEvents */
    /* Makes description and state_before; NULL: there are none. */
    void (*describe)(struct mst_bson_writer *writer,
                     const struct mst_oplog_entry *entry);
};

/* --- descriptions ------------------------------------------------------- */

/* All fields of the command but its own name. */
static void
ddl_rest(struct mst_bson_writer *writer, struct mst_slice doc)
{
    struct mst_bson_iter iter;
    if (mst_bson_iter_init(&iter, doc, NULL) != MST_OK) {
        return;
    }
    for (bool first = true; mst_bson_iter_next(&iter) == MST_OK;
         first = false) {
        if (!first) {
            struct mst_bson_value value = mst_bson_iter_value(&iter);
            mst_bson_write_value(writer, iter.key, &value);
        }
    }
}

static void
ddl_describe_rest(struct mst_bson_writer *writer,
                  const struct mst_oplog_entry *entry)
{
    ddl_rest(writer, entry->o);
}

/* {indexes: [the index]} */
static void
ddl_describe_index(struct mst_bson_writer *writer,
                   const struct mst_oplog_entry *entry)
{
    mst_bson_write_begin_array(writer, "indexes");
    mst_bson_write_begin_document(writer, "0");
    ddl_rest(writer, entry->o);
    mst_bson_write_end(writer);
    mst_bson_write_end(writer);
}

static void
ddl_describe_build(struct mst_bson_writer *writer,
                   const struct mst_oplog_entry *entry)
{
    struct mst_bson_value value;
    if (mst_bson_find(entry->o, "indexes", &value)) {
        mst_bson_write_value(writer, MST_SLICE_LIT("indexes"), &value);
    }
}

static void
ddl_describe_dropped(struct mst_bson_writer *writer,
                     const struct mst_oplog_entry *entry)
{
    mst_bson_write_begin_array(writer, "indexes");
    if (entry->o2.data != NULL) {
        mst_bson_write_document(writer, "0", entry->o2);
    }
    mst_bson_write_end(writer);
}

/* {db, coll} of "db.coll" */
static void
ddl_namespace(struct mst_bson_writer *writer, struct mst_slice ns)
{
    struct mst_slice db;
    struct mst_slice name;
    if (mst_oplog_split(ns, &db, &name)) {
        mst_bson_write_string(writer, "db", db);
        mst_bson_write_string(writer, "coll", name);
    }
}

static void
ddl_describe_rename(struct mst_bson_writer *writer,
                    const struct mst_oplog_entry *entry)
{
    struct mst_bson_iter iter;
    if (mst_bson_iter_init(&iter, entry->o, NULL) != MST_OK) {
        return;
    }
    for (bool first = true; mst_bson_iter_next(&iter) == MST_OK;
         first = false) {
        struct mst_bson_value value = mst_bson_iter_value(&iter);
        struct mst_slice to;
        if (first || mst_slice_is(iter.key, "stayTemp")) {
            continue;
        }
        if (mst_slice_is(iter.key, "to") && mst_bson_get_string(&value, &to)) {
            mst_bson_write_begin_document(writer, "to");
            ddl_namespace(writer, to);
            mst_bson_write_end(writer);
        } else {
            mst_bson_write_value(writer, iter.key, &value);
        }
    }
}

static const struct ddl_command ddl_commands[] = {
    {"create", MST_MONGO_CREATE, true, ddl_describe_rest},
    {"createIndexes", MST_MONGO_CREATE_INDEXES, true, ddl_describe_index},
    {"commitIndexBuild", MST_MONGO_CREATE_INDEXES, true, ddl_describe_build},
    {"dropIndexes", MST_MONGO_DROP_INDEXES, true, ddl_describe_dropped},
    {"collMod", MST_MONGO_MODIFY, true, ddl_describe_rest},
    {"renameCollection", MST_MONGO_RENAME, false, ddl_describe_rename},
    {"drop", MST_MONGO_DROP, false, NULL},
    {"dropDatabase", MST_MONGO_DROP_DATABASE, false, NULL},
};

/* --- commands ----------------------------------------------------------- */

static enum mst_status
ddl_keep(struct mst_oplog_map *map, struct mst_bson_writer *writer,
         struct mst_slice *ret, struct mst_error *err)
{
    if (mst_bson_writer_finish(writer, NULL) != MST_OK) {
        return mst_fail(err, MST_FATAL, ORIGIN, 0,
                        "a command in the oplog is too large");
    }
    *ret = mst_arena_copy(map->arena, mst_buf_slice(&map->part));
    return ret->data != NULL ? MST_OK : mst_fail_memory(err, ORIGIN);
}

/* The text of a field. */
static struct mst_slice
ddl_text(struct mst_slice doc, const char *name)
{
    struct mst_bson_value value;
    struct mst_slice text = MST_SLICE_NONE;
    if (mst_bson_find(doc, name, &value) && value.type == MST_BSON_STRING) {
        (void)mst_bson_get_string(&value, &text);
    }
    return text;
}

/* What a rename does to this source. */
static bool
ddl_rename(const struct mst_oplog_map *map, struct mst_slice to,
           struct mst_slice name, bool *ret_ends)
{
    struct mst_slice to_name = MST_SLICE_NONE;
    bool from_wanted = mst_oplog_scope_wants_name(&map->scope, name);
    bool to_wanted = mst_oplog_scope_wants(&map->scope, to, &to_name);
    *ret_ends = !map->scope.watch->database;
    return from_wanted || to_wanted;
}

/* stateBeforeChange of collMod */
static enum mst_status
ddl_state(struct mst_oplog_map *map, const struct mst_oplog_entry *entry,
          struct mst_oplog_change *change, struct mst_error *err)
{
    static const char *const names[][2] = {
        {"collectionOptions_old", "collectionOptions"},
        {"indexOptions_old", "indexOptions"}};
    struct mst_bson_writer writer;
    struct mst_bson_value value;
    if (change->change.kind != MST_MONGO_MODIFY || entry->o2.data == NULL) {
        return MST_OK;
    }
    mst_buf_reset(&map->part);
    mst_bson_writer_init(&writer, &map->part);
    for (size_t i = 0; i < MST_ARRAY_SIZE(names); i++) {
        if (mst_bson_find(entry->o2, names[i][0], &value)) {
            mst_bson_write_value(&writer, mst_slice_str(names[i][1]), &value);
        }
    }
    return ddl_keep(map, &writer, &change->state_before, err);
}

static enum mst_status
ddl_describe(struct mst_oplog_map *map, const struct mst_oplog_entry *entry,
             const struct ddl_command *command, struct mst_oplog_change *change,
             struct mst_error *err)
{
    enum mst_status status = MST_OK;
    struct mst_bson_writer writer;
    if (command->kind == MST_MONGO_RENAME) {
        mst_buf_reset(&map->part);
        mst_bson_writer_init(&writer, &map->part);
        ddl_namespace(&writer, ddl_text(entry->o, "to"));
        status = ddl_keep(map, &writer, &change->to, err);
    }
    if (command->kind == MST_MONGO_CREATE && map->rules.ns_type) {
        change->ns_type = "collection";
    }
    /* A token of version 2 has it even where the event shows none. */
    bool wanted = map->scope.expanded
                  || (command->kind == MST_MONGO_RENAME
                      && map->rules.token_version != MST_OPLOG_TOKEN_V1);
    if (status != MST_OK || command->describe == NULL || !wanted) {
        return status;
    }
    mst_buf_reset(&map->part);
    mst_bson_writer_init(&writer, &map->part);
    command->describe(&writer, entry);
    status = ddl_keep(map, &writer, &change->description, err);
    return status == MST_OK ? ddl_state(map, entry, change, err) : status;
}

static const struct ddl_command *
ddl_find(struct mst_slice name)
{
    for (size_t i = 0; i < MST_ARRAY_SIZE(ddl_commands); i++) {
        if (mst_slice_is(name, ddl_commands[i].name)) {
            return &ddl_commands[i];
        }
    }
    return NULL;
}

/* The collection that a command names; false: this source does not show it. */
static bool
ddl_wants(const struct mst_oplog_map *map, const struct mst_oplog_entry *entry,
          const struct ddl_command *command,
          const struct mst_bson_value *argument, struct mst_slice *ret_name,
          bool *ret_ends)
{
    struct mst_slice text = MST_SLICE_NONE;
    struct mst_slice db;
    *ret_ends = false;
    *ret_name = MST_SLICE_NONE;
    if (command->kind == MST_MONGO_DROP_DATABASE) {
        *ret_ends = true;
        return map->scope.watch->database;
    }
    if (argument->type != MST_BSON_STRING
        || !mst_bson_get_string(argument, &text)) {
        return false;
    }
    *ret_name = text;
    if (command->kind == MST_MONGO_RENAME) {
        return mst_oplog_split(text, &db, ret_name)
               && ddl_rename(map, ddl_text(entry->o, "to"), *ret_name,
                             ret_ends);
    }
    *ret_ends = command->kind == MST_MONGO_DROP && !map->scope.watch->database;
    return mst_oplog_scope_wants_name(&map->scope, text);
}

enum mst_status
mst_oplog_map_command(struct mst_oplog_map *map,
                      const struct mst_oplog_entry *entry,
                      const struct mst_oplog_commit *commit,
                      struct mst_oplog_change *change, struct mst_error *err)
{
    struct mst_bson_iter iter;
    struct mst_slice name;
    bool ends = false;
    if (entry->o.data == NULL
        || !mst_oplog_scope_is(&map->scope, entry->ns, "$cmd")
        || mst_bson_iter_init(&iter, entry->o, NULL) != MST_OK
        || mst_bson_iter_next(&iter) != MST_OK) {
        return MST_AGAIN;
    }
    struct mst_bson_value argument = mst_bson_iter_value(&iter);
    const struct ddl_command *command = ddl_find(iter.key);
    if (command == NULL || (command->expanded && !map->scope.expanded)
        || !ddl_wants(map, entry, command, &argument, &name, &ends)) {
        return MST_AGAIN;
    }
    if (mst_oplog_map_begin(map, entry, commit, command->kind, name, change)
        != MST_OK) {
        return mst_fail_memory(err, ORIGIN);
    }
    change->invalidates = ends;
    return ddl_describe(map, entry, command, change, err);
}

/* --- views -------------------------------------------------------------- */

/* nsType of what a view shows. */
static const char *
ddl_view_type(struct mst_slice view_on)
{
    static const char buckets[] = "system.buckets.";
    return view_on.len >= sizeof(buckets) - 1
                   && memcmp(view_on.data, buckets, sizeof(buckets) - 1) == 0
               ? "timeseries"
               : "view";
}

enum mst_status
mst_oplog_map_view(struct mst_oplog_map *map,
                   const struct mst_oplog_entry *entry,
                   const struct mst_oplog_commit *commit,
                   struct mst_oplog_change *change, struct mst_error *err)
{
    enum mst_mongo_kind kind = MST_MONGO_CREATE;
    if (entry->op != 'i') {
        kind = entry->op == 'u' ? MST_MONGO_MODIFY : MST_MONGO_DROP;
    }
    struct mst_slice id = ddl_text(entry->o, "_id");
    struct mst_slice name = MST_SLICE_NONE;
    if (!mst_oplog_scope_wants(&map->scope, id, &name)) {
        return MST_AGAIN;
    }
    if (mst_oplog_map_begin(map, entry, commit, kind, name, change) != MST_OK) {
        return mst_fail_memory(err, ORIGIN);
    }
    change->is_view = true;
    if (kind == MST_MONGO_CREATE && map->rules.ns_type) {
        change->ns_type = ddl_view_type(ddl_text(entry->o, "viewOn"));
    }
    if (kind == MST_MONGO_DROP) {
        return MST_OK;
    }
    struct mst_bson_writer writer;
    struct mst_bson_iter iter;
    mst_buf_reset(&map->part);
    mst_bson_writer_init(&writer, &map->part);
    if (mst_bson_iter_init(&iter, entry->o, NULL) == MST_OK) {
        while (mst_bson_iter_next(&iter) == MST_OK) {
            struct mst_bson_value value = mst_bson_iter_value(&iter);
            if (!mst_slice_is(iter.key, "_id")) {
                mst_bson_write_value(&writer, iter.key, &value);
            }
        }
    }
    return ddl_keep(map, &writer, &change->description, err);
}
