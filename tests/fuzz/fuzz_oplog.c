/* SPDX-License-Identifier: MIT */
/* Any bytes as an entry of the oplog, as a diff, and as a document that it
 * changes: what is made of them is well formed where they are. */
#include "base/macros.h"
#include "encodings/bson_reader.h"
#include "fuzz_must.h"
#include "sources/mongodb/oplog/render.h"
#include "sources/mongodb/oplog/unwind.h"

static void
fuzz_diff(struct mst_slice in)
{
    struct mst_oplog_describer describer;
    struct mst_buf out;
    bool good = mst_bson_check(in, NULL) == MST_OK;
    mst_oplog_describer_init(&describer);
    mst_buf_init(&out, FUZZ_MAX);
    for (int with_paths = 0; with_paths < 2; with_paths++) {
        if (mst_oplog_describe(&describer, in, with_paths, NULL) == MST_OK) {
            fuzz_must(!good
                      || mst_bson_check(mst_buf_slice(&describer.out), NULL)
                             == MST_OK);
        }
    }
    /* Whole, or the first document in it changed by the second. */
    struct mst_bson_iter iter;
    struct mst_slice docs[2] = {in, in};
    if (mst_bson_iter_init(&iter, in, NULL) == MST_OK) {
        for (int i = 0; i < 2 && mst_bson_iter_next(&iter) == MST_OK; i++) {
            docs[i] = iter.type == MST_BSON_DOCUMENT ? iter.value : docs[i];
        }
    }
    if (mst_oplog_diff_apply(docs[0], docs[1], &out, NULL) == MST_OK) {
        fuzz_must(!good || mst_bson_check(mst_buf_slice(&out), NULL) == MST_OK);
    }
    mst_buf_clear(&out);
    mst_oplog_describer_clear(&describer);
}

/* What maps entries, and what they lie in. */
struct fuzz_reader {
    struct mst_mongo_source_options options;
    struct mst_mongo_watch watch;
    struct mst_oplog_map map;
    struct mst_oplog_render render;
    struct mst_arena arena;
    bool good; /* what is read is a well-formed document */
};

static void
fuzz_show(struct fuzz_reader *reader, const struct mst_oplog_entry *entry,
          const struct mst_oplog_commit *commit)
{
    struct mst_oplog_change change;
    if (mst_oplog_map(&reader->map, entry, commit, &change, NULL) == MST_OK
        && mst_oplog_render(&reader->render, &reader->map.rules,
                            reader->map.scope.expanded, &change, NULL)
               == MST_OK) {
        fuzz_must(!reader->good
                  || mst_bson_check(mst_buf_slice(&reader->render.out), NULL)
                         == MST_OK);
    }
}

/* Operations of one entry: those of others would have to be fetched. */
static void
fuzz_operations(struct fuzz_reader *reader, struct mst_oplog_entry *entry)
{
    struct mst_oplog_unwind unwind = {.active = false};
    struct mst_mongo_failure failure;
    struct mst_oplog_entry operation;
    struct mst_oplog_commit commit;
    entry->previous = (struct mst_oplog_time){0, 0};
    if (mst_oplog_unwind_shows(&reader->map.rules, entry)
        && mst_oplog_unwind_begin(&unwind, NULL, entry, &failure) == MST_OK
        && mst_oplog_unwind_part(&unwind, NULL, &failure) == MST_OK) {
        uint32_t n = 0;
        while (mst_oplog_unwind_next(&unwind, &operation, &commit) == MST_OK) {
            fuzz_must(commit.index == n++);
            fuzz_show(reader, &operation, &commit);
        }
    }
    mst_oplog_unwind_clear(&unwind);
}

static void
fuzz_entry(struct mst_slice in, bool database, bool ddl, int64_t wire)
{
    struct fuzz_reader reader;
    struct mst_oplog_rules rules;
    struct mst_oplog_entry entry;
    memset(&reader, 0, sizeof(reader));
    fuzz_must(mst_oplog_rules_of(wire, 0, &rules));
    reader.options.ddl = ddl;
    reader.options.payload =
        ddl ? MST_MONGO_PAYLOAD_CHANGE : MST_MONGO_PAYLOAD_DEBEZIUM;
    reader.watch.options = &reader.options;
    reader.watch.resource = database ? "*" : "c";
    reader.watch.database = database;
    reader.good = mst_bson_check(in, NULL) == MST_OK;
    mst_oplog_map_init(&reader.map, &reader.watch, "d", rules);
    mst_oplog_render_init(&reader.render);
    mst_oplog_map_use(&reader.map, &reader.arena);
    if (mst_oplog_entry_parse(in, &entry, NULL) == MST_OK) {
        const struct mst_oplog_commit commit = {
            .time = entry.time, .wall_ms = entry.wall_ms, .lsid = entry.lsid};
        if (mst_oplog_entry_command(&entry) == MST_OPLOG_OPERATIONS) {
            fuzz_operations(&reader, &entry);
        } else {
            fuzz_show(&reader, &entry, &commit);
        }
    }
    mst_arena_clear(&reader.arena);
    mst_oplog_render_clear(&reader.render);
    mst_oplog_map_clear(&reader.map);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static const int64_t wires[] = {MST_OPLOG_WIRE_6_0, MST_OPLOG_WIRE_7_0,
                                    MST_OPLOG_WIRE_8_2};
    struct mst_slice in = mst_slice_of(data, size);
    fuzz_diff(in);
    for (size_t i = 0; i < MST_ARRAY_SIZE(wires); i++) {
        fuzz_entry(in, false, i != 1, wires[i]);
        fuzz_entry(in, true, true, wires[i]);
    }
    return 0;
}
