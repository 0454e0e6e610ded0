/* SPDX-License-Identifier: MIT */
/* Any bytes as an entry of the oplog, as a diff, and as a document that it
 * changes: what is made of them is well formed where they are. */
#include "encodings/bson_reader.h"
#include "fuzz_must.h"
#include "sources/mongodb/oplog/render.h"

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

static void
fuzz_entry(struct mst_slice in, bool database)
{
    struct mst_mongo_source_options options = {.ddl = true};
    options.payload = MST_MONGO_PAYLOAD_CHANGE;
    struct mst_mongo_watch watch = {.options = &options, .resource = "c"};
    watch.resource = database ? "*" : "c";
    watch.database = database;
    const struct mst_oplog_rules rules = {MST_OPLOG_TOKEN_V1, true, true};
    struct mst_oplog_map map;
    struct mst_oplog_render render;
    struct mst_arena arena = {.blocks = NULL};
    struct mst_oplog_entry entry;
    struct mst_oplog_change change;
    mst_oplog_map_init(&map, &watch, "d", rules);
    mst_oplog_render_init(&render);
    mst_oplog_map_use(&map, &arena);
    if (mst_oplog_entry_parse(in, &entry, NULL) == MST_OK) {
        struct mst_slice array;
        (void)mst_oplog_entry_command(&entry);
        (void)mst_oplog_entry_operations(&entry, &array);
        const struct mst_oplog_commit commit = {
            .time = entry.time, .wall_ms = entry.wall_ms, .lsid = entry.lsid};
        if (mst_oplog_map(&map, &entry, &commit, &change, NULL) == MST_OK
            && mst_oplog_render(&render, &rules, true, &change, NULL)
                   == MST_OK) {
            fuzz_must(mst_bson_check(in, NULL) != MST_OK
                      || mst_bson_check(mst_buf_slice(&render.out), NULL)
                             == MST_OK);
        }
    }
    mst_arena_clear(&arena);
    mst_oplog_render_clear(&render);
    mst_oplog_map_clear(&map);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct mst_slice in = mst_slice_of(data, size);
    fuzz_diff(in);
    fuzz_entry(in, false);
    fuzz_entry(in, true);
    return 0;
}
