/* SPDX-License-Identifier: MIT */
/*
 * The ceiling of Kafka -> MongoDB: nothing but bulk writes of 1 KiB documents
 * with libmongoc, on several connections. Prints documents per second.
 *
 *   mongo_bulk MODE [DOCUMENTS [CONNECTIONS [BATCH]]]
 *
 * MODE: insert (into an empty collection), replace (of documents that exist;
 * they are inserted first, which does not count), upsert (replace with upsert
 * into an empty collection). The server: MSTREAM_TEST_MONGODB.
 */
#include <mongoc/mongoc.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <time.h>

#include "mongo_documents.h"

struct bulk_run {
    mongoc_client_pool_t *pool;
    const char *mode;
    uint32_t documents;
    uint32_t connections;
    uint32_t batch;
    int32_t version;
};

struct bulk_worker {
    const struct bulk_run *run;
    bson_t **documents; /* made before the clock starts */
    uint32_t len;
    pthread_t thread;
    bool failed;
};

static bool
bulk_add(mongoc_bulk_operation_t *bulk, const char *mode, const bson_t *doc,
         const bson_t *unchecked, const bson_t *upsert, bson_error_t *error)
{
    bson_iter_t iter;
    bson_t filter = BSON_INITIALIZER;
    if (strcmp(mode, "insert") == 0) {
        return mongoc_bulk_operation_insert_with_opts(bulk, doc, unchecked,
                                                      error);
    }
    (void)bson_iter_init_find(&iter, doc, "_id");
    BSON_APPEND_VALUE(&filter, "_id", bson_iter_value(&iter));
    bool good = mongoc_bulk_operation_replace_one_with_opts(bulk, &filter, doc,
                                                            upsert, error);
    bson_destroy(&filter);
    return good;
}

static void *
bulk_work(void *arg)
{
    struct bulk_worker *worker = arg;
    const struct bulk_run *run = worker->run;
    mongoc_client_t *client = mongoc_client_pool_pop(run->pool);
    mongoc_collection_t *collection =
        mongoc_client_get_collection(client, "mstream_bench", "bulk");
    bson_t *options = BCON_NEW("ordered", BCON_BOOL(false));
    bson_t *unchecked = BCON_NEW("validate", BCON_BOOL(false));
    bson_t *upsert =
        BCON_NEW("upsert", BCON_BOOL(true), "validate", BCON_BOOL(false));
    bson_error_t error = {0};
    for (uint32_t at = 0; at < worker->len && !worker->failed;) {
        mongoc_bulk_operation_t *bulk =
            mongoc_collection_create_bulk_operation_with_opts(collection,
                                                              options);
        for (uint32_t i = 0; i < run->batch && at < worker->len; i++) {
            worker->failed |=
                !bulk_add(bulk, run->mode, worker->documents[at++], unchecked,
                          upsert, &error);
        }
        worker->failed |=
            mongoc_bulk_operation_execute(bulk, NULL, &error) == 0;
        mongoc_bulk_operation_destroy(bulk);
    }
    if (worker->failed) {
        (void)fprintf(stderr, "error: %s\n", error.message);
    }
    bson_destroy(options);
    bson_destroy(unchecked);
    bson_destroy(upsert);
    mongoc_collection_destroy(collection);
    mongoc_client_pool_push(run->pool, client);
    return NULL;
}

/* Seconds that writing all documents took; negative when it failed. */
static double
bulk_measure(const struct bulk_run *run, double *ret_cpu)
{
    struct bulk_worker *workers = calloc(run->connections, sizeof(*workers));
    uint32_t share = run->documents / run->connections;
    bool failed = false;
    for (uint32_t i = 0; i < run->connections; i++) {
        workers[i].run = run;
        workers[i].len = share;
        workers[i].documents = calloc(share, sizeof(bson_t *));
        for (uint32_t j = 0; j < share; j++) {
            workers[i].documents[j] =
                mst_bench_document(i * share + j, run->version);
        }
    }
    double start = mst_bench_now(CLOCK_MONOTONIC);
    double cpu = mst_bench_now(CLOCK_PROCESS_CPUTIME_ID);
    for (uint32_t i = 0; i < run->connections; i++) {
        (void)pthread_create(&workers[i].thread, NULL, bulk_work, &workers[i]);
    }
    for (uint32_t i = 0; i < run->connections; i++) {
        (void)pthread_join(workers[i].thread, NULL);
        failed |= workers[i].failed;
    }
    double seconds = mst_bench_now(CLOCK_MONOTONIC) - start;
    *ret_cpu = mst_bench_now(CLOCK_PROCESS_CPUTIME_ID) - cpu;
    for (uint32_t i = 0; i < run->connections; i++) {
        for (uint32_t j = 0; j < share; j++) {
            bson_destroy(workers[i].documents[j]);
        }
        free(workers[i].documents);
    }
    free(workers);
    return failed ? -1.0 : seconds;
}

static bool
bulk_drop(mongoc_client_pool_t *pool)
{
    bson_error_t error = {0};
    mongoc_client_t *client = mongoc_client_pool_pop(pool);
    mongoc_collection_t *collection =
        mongoc_client_get_collection(client, "mstream_bench", "bulk");
    bool good = mongoc_collection_drop(collection, &error)
                || strstr(error.message, "ns not found") != NULL;
    if (!good) {
        (void)fprintf(stderr, "error: %s\n", error.message);
    }
    mongoc_collection_destroy(collection);
    mongoc_client_pool_push(pool, client);
    return good;
}

static int
bulk_main(struct bulk_run *run)
{
    double cpu = 0;
    if (!bulk_drop(run->pool)) {
        return 1;
    }
    if (strcmp(run->mode, "replace") == 0) {
        struct bulk_run before = *run;
        before.mode = "insert";
        if (bulk_measure(&before, &cpu) < 0) {
            return 1;
        }
        run->version = 2;
    }
    double seconds = bulk_measure(run, &cpu);
    if (seconds < 0) {
        return 1;
    }
    uint32_t share = run->documents / run->connections;
    double n = (double)share * run->connections;
    (void)printf("{\"program\":\"mongo_bulk\",\"mode\":\"%s\",\"documents\":"
                 "%.0f,\"connections\":%u,\"batch\":%u,\"seconds\":%.3f,"
                 "\"docs_per_second\":%.0f,\"cpu_seconds_per_million\":%.2f}\n",
                 run->mode, n, run->connections, run->batch, seconds,
                 n / seconds, cpu * 1e6 / n);
    (void)bulk_drop(run->pool);
    return 0;
}

static uint32_t
bulk_number(int argc, char **argv, int index, uint32_t otherwise)
{
    return argc > index ? (uint32_t)strtoul(argv[index], NULL, 10) : otherwise;
}

int
main(int argc, char **argv)
{
    const char *server = getenv("MSTREAM_TEST_MONGODB");
    struct bulk_run run = {.mode = argc > 1 ? argv[1] : "",
                           .documents = bulk_number(argc, argv, 2, 100000),
                           .connections = bulk_number(argc, argv, 3, 2),
                           .batch = bulk_number(argc, argv, 4, 1000),
                           .version = 1};
    bool known = strcmp(run.mode, "insert") == 0
                 || strcmp(run.mode, "replace") == 0
                 || strcmp(run.mode, "upsert") == 0;
    if (server == NULL || !known || run.connections == 0 || run.batch == 0) {
        (void)fprintf(stderr, "usage: MSTREAM_TEST_MONGODB=URI mongo_bulk "
                              "insert|replace|upsert [DOCUMENTS [CONNECTIONS "
                              "[BATCH]]]\n");
        return 2;
    }
    mongoc_init();
    mongoc_uri_t *uri = mongoc_uri_new(server);
    if (uri == NULL) {
        (void)fprintf(stderr, "error: not a connection string\n");
        return 2;
    }
    run.pool = mongoc_client_pool_new(uri);
    (void)mongoc_client_pool_set_error_api(run.pool, 2);
    int rc = bulk_main(&run);
    mongoc_client_pool_destroy(run.pool);
    mongoc_uri_destroy(uri);
    mongoc_cleanup();
    return rc;
}
