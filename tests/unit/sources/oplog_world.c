/* SPDX-License-Identifier: MIT */
/* Entries as the server writes and filters them. */
#include "unit/sources/oplog_world.h"

#include "base/thread.h"

const char *const world_spaces[WORLD_SPACES] = {"d.a", "d.b", "d.c", "e.a",
                                                "e.$cmd"};

void
world_check(bool right, const char *what, const char *file, int line)
{
    if (!right) {
        (void)fprintf(stderr, "%s:%d: %s\n", file, line, what);
        abort();
    }
}

uint64_t
world_random(struct world *world, uint64_t below)
{
    mst_mutex_lock(&world->mutex);
    world->seed = world->seed * 6364136223846793005U + 1442695040888963407U;
    uint64_t value = (world->seed >> 33) % below;
    mst_mutex_unlock(&world->mutex);
    return value;
}

size_t
world_len(struct world *world)
{
    mst_mutex_lock(&world->mutex);
    size_t len = world->len;
    mst_mutex_unlock(&world->mutex);
    return len;
}

static void
append_entry(bson_t *list, uint32_t index, const struct world *world, size_t n)
{
    char key[16];
    const char *name = NULL;
    bson_t entry;
    size_t len = bson_uint32_to_string(index, &name, key, sizeof(key));
    (void)bson_append_document_begin(list, name, (int)len, &entry);
    const char *ns =
        world->ns[n] < WORLD_SPACES ? world_spaces[world->ns[n]] : "";
    if (ns[0] != '\0' && world->also[n] != world->ns[n]) {
        BCON_APPEND(&entry, "op", "c", "ns", "admin.$cmd", "o", "{", "applyOps",
                    "[", "{", "op", "i", "ns", BCON_UTF8(ns), "o", "{", "}",
                    "}", "{", "op", "i", "ns",
                    BCON_UTF8(world_spaces[world->also[n]]), "o", "{", "}", "}",
                    "]", "}");
    } else {
        BCON_APPEND(&entry, "op", ns[0] == '\0' ? "n" : "i", "ns",
                    BCON_UTF8(ns), "o", "{", "_id", BCON_INT32((int)n), "}");
    }
    (void)BSON_APPEND_TIMESTAMP(&entry, "ts", (uint32_t)n, 1);
    (void)bson_append_document_end(list, &entry);
}

/* As the server understands the filter on ns: names, and databases. */
static bool
filter_passes(const bson_t *filter, const struct world *world, size_t n)
{
    const char *ns = world->ns[n] >= WORLD_SPACES ? ""
                     : world->also[n] != world->ns[n]
                         ? "admin.$cmd"
                         : world_spaces[world->ns[n]];
    bson_iter_t iter;
    bson_iter_t in;
    bson_iter_t item;
    check(bson_iter_init(&iter, filter));
    check(bson_iter_find_descendant(&iter, "ns.$in", &in));
    check(bson_iter_recurse(&in, &item));
    while (bson_iter_next(&item)) {
        if (BSON_ITER_HOLDS_UTF8(&item)
            && strcmp(bson_iter_utf8(&item, NULL), ns) == 0) {
            return true;
        }
        if (BSON_ITER_HOLDS_REGEX(&item)) {
            const char *regex = bson_iter_regex(&item, NULL);
            check(strcmp(regex, "^d\\.") == 0 || strcmp(regex, "^e\\.") == 0);
            if (ns[0] == regex[1] && ns[1] == '.') {
                return true;
            }
        }
    }
    return false;
}

struct mst_mongo_reply *
world_reply(struct world *world, const bson_t *filter, size_t *at)
{
    bson_t reply = BSON_INITIALIZER;
    bson_t cursor;
    bson_t batch;
    uint32_t count = 0;
    uint64_t most = 1 + world_random(world, WORLD_REPLY);
    size_t len = world_len(world);
    (void)BSON_APPEND_DOCUMENT_BEGIN(&reply, "cursor", &cursor);
    (void)BSON_APPEND_ARRAY_BEGIN(&cursor, "nextBatch", &batch);
    while (*at < len && count < most) {
        ++*at;
        if (filter_passes(filter, world, *at)) {
            append_entry(&batch, count++, world, *at);
        }
    }
    (void)bson_append_array_end(&cursor, &batch);
    (void)BSON_APPEND_INT64(&cursor, "id", 1);
    (void)bson_append_document_end(&reply, &cursor);
    struct mst_mongo_reply *made = mst_mongo_reply_create(&reply);
    check(made != NULL);
    check(mst_mongo_reply_parse(made, NULL) == MST_OK);
    return made;
}
