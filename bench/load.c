/* SPDX-License-Identifier: MIT */
/*
 * Fills a collection with documents of about 1 KiB, 17 fields of mixed types.
 *
 *   load URI DB COLLECTION COUNT RATE
 *
 * RATE 0: as fast as it goes, in bulks of 1000. Otherwise so many a second,
 * one by one on an absolute schedule; `sent_us` is the wall clock of each, in
 * microseconds, for latencies. Prints the operation time before the first.
 */
#include <mongoc/mongoc.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#include "base/clock.h"

enum { LOAD_BULK = 1000, LOAD_PAD = 560 };

static int64_t
load_wall_us(void)
{
    struct timespec now;
    (void)clock_gettime(CLOCK_REALTIME, &now);
    return (int64_t)now.tv_sec * 1000000 + now.tv_nsec / 1000;
}

static void
load_nested(bson_t *doc)
{
    bson_t address;
    bson_t tags;
    (void)bson_append_document_begin(doc, "address", -1, &address);
    (void)bson_append_utf8(&address, "street", -1, "Long Lane 12", -1);
    (void)bson_append_utf8(&address, "city", -1, "Bergen", -1);
    (void)bson_append_int32(&address, "zip", -1, 5003);
    (void)bson_append_document_end(doc, &address);
    (void)bson_append_array_begin(doc, "tags", -1, &tags);
    (void)bson_append_utf8(&tags, "0", -1, "alpha", -1);
    (void)bson_append_utf8(&tags, "1", -1, "beta", -1);
    (void)bson_append_int32(&tags, "2", -1, 3);
    (void)bson_append_array_end(doc, &tags);
}

static void
load_document(bson_t *doc, int64_t n)
{
    char text[64];
    char pad[LOAD_PAD + 1];
    bson_oid_t oid;
    bson_decimal128_t price;
    bson_oid_init(&oid, NULL);
    for (int i = 0; i < LOAD_PAD; i++) {
        pad[i] = (char)('a' + (n * 31 + (long)i * 7) % 26);
    }
    pad[LOAD_PAD] = '\0';
    (void)snprintf(text, sizeof(text), "%lld.%02lld", (long long)(n % 1000),
                   (long long)(n % 100));
    (void)bson_decimal128_from_string(text, &price);
    (void)bson_append_oid(doc, "_id", -1, &oid);
    (void)bson_append_int64(doc, "sent_us", -1, load_wall_us());
    (void)bson_append_int64(doc, "seq", -1, n);
    (void)bson_append_int32(doc, "quantity", -1, (int32_t)(n % 97));
    (void)bson_append_double(doc, "score", -1, (double)n * 0.37);
    (void)bson_append_bool(doc, "active", -1, n % 2 == 0);
    (void)bson_append_utf8(doc, "name", -1, "Grace Hopper", -1);
    (void)bson_append_utf8(doc, "email", -1, "grace@example.org", -1);
    (void)bson_append_utf8(doc, "status", -1, n % 3 ? "open" : "closed", -1);
    (void)bson_append_date_time(doc, "created", -1, 1760000000000 + n);
    (void)bson_append_decimal128(doc, "price", -1, &price);
    (void)bson_append_null(doc, "parent", -1);
    (void)bson_append_oid(doc, "owner", -1, &oid);
    (void)bson_append_binary(doc, "digest", -1, BSON_SUBTYPE_BINARY,
                             (const uint8_t *)pad, 16);
    load_nested(doc);
    (void)bson_append_utf8(doc, "text", -1, pad, -1);
}

static void
load_fail(const bson_error_t *error)
{
    (void)fprintf(stderr, "load: %s\n", error->message);
    exit(1);
}

static void
load_wait_until(int64_t at_ns)
{
    const struct timespec until = {.tv_sec = at_ns / 1000000000,
                                   .tv_nsec = (long)(at_ns % 1000000000)};
    (void)clock_nanosleep(CLOCK_MONOTONIC, TIMER_ABSTIME, &until, NULL);
}

static void
load_bulk(mongoc_collection_t *collection, int64_t first, int64_t n)
{
    bson_error_t error;
    mongoc_bulk_operation_t *bulk =
        mongoc_collection_create_bulk_operation_with_opts(collection, NULL);
    for (int64_t i = 0; i < n; i++) {
        bson_t doc = BSON_INITIALIZER;
        load_document(&doc, first + i);
        (void)mongoc_bulk_operation_insert_with_opts(bulk, &doc, NULL, NULL);
        bson_destroy(&doc);
    }
    if (mongoc_bulk_operation_execute(bulk, NULL, &error) == 0) {
        load_fail(&error);
    }
    mongoc_bulk_operation_destroy(bulk);
}

static void
load_paced(mongoc_collection_t *collection, int64_t count, int64_t rate)
{
    int64_t began = mst_clock_ns();
    bson_error_t error;
    for (int64_t n = 0; n < count; n++) {
        bson_t doc = BSON_INITIALIZER;
        load_wait_until(began + n * 1000000000 / rate);
        load_document(&doc, n);
        if (!mongoc_collection_insert_one(collection, &doc, NULL, NULL,
                                          &error)) {
            load_fail(&error);
        }
        bson_destroy(&doc);
    }
}

/* The cluster's time now: a stream that starts there sees all that follows. */
static void
load_print_time(mongoc_client_t *client)
{
    bson_t reply;
    bson_t ping = BSON_INITIALIZER;
    bson_iter_t iter;
    bson_error_t error;
    uint32_t seconds = 0;
    uint32_t ordinal = 0;
    (void)bson_append_int32(&ping, "ping", -1, 1);
    if (!mongoc_client_command_simple(client, "admin", &ping, NULL, &reply,
                                      &error)) {
        load_fail(&error);
    }
    if (bson_iter_init_find(&iter, &reply, "operationTime")) {
        bson_iter_timestamp(&iter, &seconds, &ordinal);
    }
    (void)printf("%u %u\n", seconds, ordinal);
    (void)fflush(stdout);
    bson_destroy(&reply);
    bson_destroy(&ping);
}

int
main(int argc, char **argv)
{
    if (argc != 6) {
        (void)fprintf(stderr, "usage: %s URI DB COLLECTION COUNT RATE\n",
                      argv[0]);
        return 2;
    }
    int64_t count = strtoll(argv[4], NULL, 10);
    int64_t rate = strtoll(argv[5], NULL, 10);
    mongoc_init();
    mongoc_client_t *client = mongoc_client_new(argv[1]);
    mongoc_collection_t *collection =
        mongoc_client_get_collection(client, argv[2], argv[3]);
    load_print_time(client);
    if (rate > 0) {
        load_paced(collection, count, rate);
    } else {
        for (int64_t n = 0; n < count; n += LOAD_BULK) {
            load_bulk(collection, n,
                      count - n < LOAD_BULK ? count - n : LOAD_BULK);
        }
    }
    mongoc_collection_destroy(collection);
    mongoc_client_destroy(client);
    mongoc_cleanup();
    return 0;
}
