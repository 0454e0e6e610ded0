/* SPDX-License-Identifier: MIT */
/*
 * The MongoDB sink alone: the same documents as mongo_bulk, given to the sink
 * as an engine would. Prints documents per second.
 *
 *   mongo_sink MODE [DOCUMENTS [CONNECTIONS]]
 *
 * MODE: insert (creates), replace (of documents that exist), upsert
 * (replacements into an empty collection).
 */
#include <mongoc/mongoc.h>
#include <semaphore.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "clients/mongo_client.h"
#include "mongo_documents.h"
#include "sinks/mongodb/mongodb_options.h"
#include "sinks/mongodb/mongodb_sink.h"

enum { SINK_BATCH = 1000, SINK_MEMORY = 8 * 1024 * 1024 };

struct bench {
    struct mst_delivery_owner owner;
    struct mst_sink_host host;
    struct mst_event *events;
    struct mst_delivery *deliveries;
    struct mst_delivery **list;
    bson_t **documents;
    size_t len;
    atomic_size_t bad;
    sem_t room;
};

static void
bench_confirm(const struct mst_delivery_owner *owner,
              struct mst_delivery *delivery, enum mst_status status,
              const struct mst_error *err)
{
    (void)delivery;
    if (status != MST_OK) {
        struct bench *bench = (struct bench *)(uintptr_t)owner;
        if (atomic_fetch_add(&bench->bad, 1) == 0) {
            (void)fprintf(stderr, "error: %s\n", err->text);
        }
    }
}

static void
bench_ready(const struct mst_sink_host *host)
{
    struct bench *bench =
        (struct bench *)(void *)((uintptr_t)host
                                 - offsetof(struct bench, host));
    (void)sem_post(&bench->room);
}

static void
bench_fill(struct bench *bench, enum mst_op op, int32_t version)
{
    for (size_t i = 0; i < bench->len; i++) {
        bson_destroy(bench->documents[i]);
        bson_t *doc = mst_bench_document((uint32_t)i, version);
        bench->documents[i] = doc;
        bench->events[i] = (struct mst_event){
            .payload = {bson_get_data(doc), doc->len},
            .op = op,
            .encoding = MST_ENCODING_JSON, /* as if just converted */
            .source_ts_ms = MST_TIME_UNKNOWN};
        bench->deliveries[i] =
            (struct mst_delivery){.event = &bench->events[i],
                                  .payload = bench->events[i].payload,
                                  .encoding = MST_ENCODING_BSON,
                                  .owner = &bench->owner};
        bench->list[i] = &bench->deliveries[i];
    }
}

static bool
bench_write(struct bench *bench, void *sink)
{
    struct mst_error err;
    for (size_t at = 0; at < bench->len;) {
        size_t n = bench->len - at < SINK_BATCH ? bench->len - at : SINK_BATCH;
        size_t taken = 0;
        enum mst_status status =
            mst_mongodb_sink.write(sink, bench->list + at, n, &taken, &err);
        at += taken;
        if (status == MST_AGAIN) {
            (void)sem_wait(&bench->room);
        } else if (status != MST_OK) {
            (void)fprintf(stderr, "error: %s\n", err.text);
            return false;
        }
    }
    return mst_mongodb_sink.drain(sink, 60000, &err) == MST_OK
           && atomic_load(&bench->bad) == 0;
}

static bool
bench_run(struct bench *bench, void *sink, const char *mode)
{
    bool exists = strcmp(mode, "replace") == 0;
    if (exists) {
        bench_fill(bench, MST_OP_CREATE, 1);
        if (!bench_write(bench, sink)) {
            return false;
        }
    }
    bench_fill(bench,
               strcmp(mode, "insert") == 0 ? MST_OP_CREATE : MST_OP_REPLACE, 2);
    double start = mst_bench_now(CLOCK_MONOTONIC);
    double cpu = mst_bench_now(CLOCK_PROCESS_CPUTIME_ID);
    if (!bench_write(bench, sink)) {
        return false;
    }
    double seconds = mst_bench_now(CLOCK_MONOTONIC) - start;
    cpu = mst_bench_now(CLOCK_PROCESS_CPUTIME_ID) - cpu;
    double n = (double)bench->len;
    (void)printf("{\"program\":\"mongo_sink\",\"mode\":\"%s\",\"documents\":"
                 "%.0f,\"seconds\":%.3f,\"docs_per_second\":%.0f,"
                 "\"cpu_seconds_per_million\":%.2f}\n",
                 mode, n, seconds, n / seconds, cpu * 1e6 / n);
    return true;
}

static void
bench_drop(const char *uri)
{
    mongoc_client_t *client = mongoc_client_new(uri);
    mongoc_collection_t *collection =
        mongoc_client_get_collection(client, "mstream_bench", "sink");
    (void)mongoc_collection_drop(collection, NULL); /* it may not exist */
    mongoc_collection_destroy(collection);
    mongoc_client_destroy(client);
}

static bool
bench_main(char *uri, const char *mode, size_t documents, int64_t connections)
{
    struct mst_mongo_options service = {.connection_string = uri,
                                        .db_name = (char[]){"mstream_bench"},
                                        .connect_timeout_ms = 5000,
                                        .server_selection_timeout_ms = 5000,
                                        .socket_timeout_ms = 60000};
    struct mst_mongosink_options options = {.id = (char[]){"document"},
                                            .write_concern =
                                                (char[]){"majority"},
                                            .write_timeout_ms = 30000,
                                            .bulk = {1000, UINT64_C(16) << 20},
                                            .connections = connections};
    struct bench bench = {.owner.confirm = bench_confirm,
                          .host.ready = bench_ready,
                          .len = documents};
    struct mst_sink_args args = {.job = "bench",
                                 .service_name = "bench",
                                 .service = &service,
                                 .options = &options,
                                 .resource = "sink",
                                 .encoding = MST_ENCODING_BSON,
                                 .memory = SINK_MEMORY,
                                 .host = &bench.host};
    struct mst_sink_start start = {0};
    struct mst_error err;
    void *sink = NULL;
    bench.events = calloc(documents, sizeof(*bench.events));
    bench.deliveries = calloc(documents, sizeof(*bench.deliveries));
    bench.list = calloc(documents, sizeof(*bench.list));
    bench.documents = calloc(documents, sizeof(*bench.documents));
    (void)sem_init(&bench.room, 0, 0);
    bench_drop(uri);
    bool good = mst_mongodb_sink.create(&sink, &args, &err) == MST_OK
                && mst_mongodb_sink.open(sink, &start, &err) == MST_OK;
    if (!good) {
        (void)fprintf(stderr, "error: %s\n", err.text);
    } else {
        good = bench_run(&bench, sink, mode);
        mst_mongodb_sink.close(sink);
    }
    if (sink != NULL) {
        mst_mongodb_sink.destroy(sink);
    }
    bench_drop(uri);
    for (size_t i = 0; i < documents; i++) {
        bson_destroy(bench.documents[i]);
    }
    free(bench.events);
    free(bench.deliveries);
    free(bench.list);
    free(bench.documents);
    return good;
}

int
main(int argc, char **argv)
{
    char *uri = getenv("MSTREAM_TEST_MONGODB");
    if (uri == NULL || argc < 2) {
        (void)fprintf(stderr, "usage: MSTREAM_TEST_MONGODB=URI mongo_sink "
                              "insert|replace|upsert [DOCUMENTS "
                              "[CONNECTIONS]]\n");
        return 2;
    }
    mst_mongo_init();
    size_t documents = argc > 2 ? strtoul(argv[2], NULL, 10) : 100000;
    int64_t connections = argc > 3 ? strtol(argv[3], NULL, 10) : 2;
    return bench_main(uri, argv[1], documents, connections) ? 0 : 1;
}
