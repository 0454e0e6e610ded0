/* SPDX-License-Identifier: MIT */
/*
 * What a JSON Schema costs: documents validated, and projected, beside the
 * same conversion without a schema, round by round in turn, in CPU time of
 * one core. Ratios compare medians.
 *
 *     codec_json_schema [ROUNDS]
 */
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#include "encodings/bson_writer.h"
#include "encodings/schema_plan.h"
#include "encodings/transcode.h"

enum {
    SCHEMA_DOCUMENTS = 500,
    SCHEMA_ROUNDS = 15,
    SCHEMA_ROUNDS_MAX = 99,
    SCHEMA_ROUND_NS = 25000000, /* at least */
    SCHEMA_PATHS = 9,
    SCHEMA_MAX = 1 << 26
};

static const char schema_text[] =
    "{\"type\":\"object\",\"required\":[\"_id\",\"customer\",\"items\"],"
    "\"additionalProperties\":false,\"properties\":{"
    "\"_id\":{\"type\":\"string\"},"
    "\"customer\":{\"$ref\":\"#/$defs/person\"},"
    "\"at\":{\"type\":\"string\",\"format\":\"date-time\"},"
    "\"status\":{\"enum\":[\"new\",\"paid\",\"sent\",\"done\"]},"
    "\"total\":{\"type\":\"number\",\"minimum\":0},"
    "\"paid\":{\"type\":\"boolean\"},"
    "\"note\":{\"type\":[\"string\",\"null\"],\"maxLength\":200},"
    "\"items\":{\"type\":\"array\",\"minItems\":1,\"items\":{"
    "\"type\":\"object\",\"required\":[\"sku\",\"count\"],\"properties\":{"
    "\"sku\":{\"type\":\"string\",\"pattern\":\"^[a-z]{2}-[0-9]+$\"},"
    "\"count\":{\"type\":\"integer\",\"minimum\":1,\"maximum\":1000},"
    "\"price\":{\"type\":\"number\",\"exclusiveMinimum\":0}}}}},"
    "\"$defs\":{\"person\":{\"type\":\"object\",\"required\":[\"name\"],"
    "\"properties\":{\"name\":{\"type\":\"string\",\"minLength\":1},"
    "\"mail\":{\"type\":\"string\"},\"age\":{\"type\":\"integer\"}}}}}";

struct schema_input {
    struct mst_buf bson;
    struct mst_buf json;
    struct mst_slice bsons[SCHEMA_DOCUMENTS];
    struct mst_slice jsons[SCHEMA_DOCUMENTS];
    struct mst_schema_plan *check;
    struct mst_schema_plan *project;
};

/* How a path uses the schema; the first of three is what others are
 * compared with. */
enum schema_use { USE_NONE, USE_CHECK, USE_PROJECT };

static const struct {
    const char *name;
    enum mst_encoding from;
    enum mst_encoding to;
    enum schema_use use;
} schema_paths[SCHEMA_PATHS] = {
    {"BSON -> JSON", MST_ENCODING_BSON, MST_ENCODING_JSON, USE_NONE},
    {"  validated", MST_ENCODING_BSON, MST_ENCODING_JSON, USE_CHECK},
    {"  and projected", MST_ENCODING_BSON, MST_ENCODING_JSON, USE_PROJECT},
    {"JSON -> BSON", MST_ENCODING_JSON, MST_ENCODING_BSON, USE_NONE},
    {"  validated", MST_ENCODING_JSON, MST_ENCODING_BSON, USE_CHECK},
    {"  and projected", MST_ENCODING_JSON, MST_ENCODING_BSON, USE_PROJECT},
    {"BSON -> BSON", MST_ENCODING_BSON, MST_ENCODING_BSON, USE_NONE},
    {"  validated", MST_ENCODING_BSON, MST_ENCODING_BSON, USE_CHECK},
    {"  and projected", MST_ENCODING_BSON, MST_ENCODING_BSON, USE_PROJECT},
};

static void
schema_must(bool good, const char *what)
{
    if (!good) {
        (void)fprintf(stderr, "error: %s failed\n", what);
        exit(1);
    }
}

static void
schema_items(struct mst_bson_writer *w, uint32_t n)
{
    mst_bson_write_begin_array(w, "items");
    for (uint32_t i = 0; i < 3; i++) {
        char key[2] = {(char)('0' + i), '\0'};
        char sku[16];
        (void)snprintf(sku, sizeof(sku), "ab-%u", n * 7 + i);
        mst_bson_write_begin_document(w, key);
        mst_bson_write_text(w, "sku", sku);
        mst_bson_write_int32(w, "count", (int32_t)(n % 9 + 1));
        mst_bson_write_double(w, "price", 0.99 + n);
        mst_bson_write_end(w);
    }
    mst_bson_write_end(w);
}

static enum mst_status
schema_document(struct mst_buf *out, uint32_t n)
{
    static const char *const states[] = {"new", "paid", "sent", "done"};
    uint8_t oid[12] = {1, 2, 3, (uint8_t)n, (uint8_t)(n >> 8)};
    struct mst_bson_writer w;
    mst_bson_writer_init(&w, out);
    mst_bson_write_oid(&w, "_id", oid);
    mst_bson_write_begin_document(&w, "customer");
    mst_bson_write_text(&w, "name", "Ada Lovelace");
    mst_bson_write_text(&w, "mail", "ada@example.org");
    mst_bson_write_int32(&w, "age", (int32_t)(n % 80));
    mst_bson_write_end(&w);
    mst_bson_write_date(&w, "at", 1700000000000 + n);
    mst_bson_write_text(&w, "status", states[n % 4]);
    mst_bson_write_double(&w, "total", n * 1.25);
    mst_bson_write_bool(&w, "paid", n % 2 == 0);
    mst_bson_write_text(&w, "note", "leave it with the neighbours, please");
    schema_items(&w, n);
    return mst_bson_writer_finish(&w, NULL);
}

static void
schema_open(struct schema_input *input)
{
    size_t bson_at[SCHEMA_DOCUMENTS + 1] = {0};
    size_t json_at[SCHEMA_DOCUMENTS + 1] = {0};
    struct mst_schema_plan_options options = {.kind = MST_SCHEMA_KIND_JSON};
    struct mst_slice text = mst_slice_str(schema_text);
    mst_buf_init(&input->bson, SCHEMA_MAX);
    mst_buf_init(&input->json, SCHEMA_MAX);
    schema_must(mst_schema_plan_create(text, &options, &input->check, NULL)
                    == MST_OK,
                "the schema");
    options.json.project = true;
    schema_must(mst_schema_plan_create(text, &options, &input->project, NULL)
                    == MST_OK,
                "the schema");
    for (uint32_t i = 0; i < SCHEMA_DOCUMENTS; i++) {
        schema_must(schema_document(&input->bson, i) == MST_OK, "writing");
        bson_at[i + 1] = input->bson.len;
        struct mst_slice doc = mst_slice_of(input->bson.data + bson_at[i],
                                            bson_at[i + 1] - bson_at[i]);
        schema_must(mst_transcode(MST_ENCODING_BSON, MST_ENCODING_JSON, NULL,
                                  doc, &input->json, NULL)
                        == MST_OK,
                    "BSON to JSON");
        json_at[i + 1] = input->json.len;
    }
    for (size_t i = 0; i < SCHEMA_DOCUMENTS; i++) {
        input->bsons[i] = mst_slice_of(input->bson.data + bson_at[i],
                                       bson_at[i + 1] - bson_at[i]);
        input->jsons[i] = mst_slice_of(input->json.data + json_at[i],
                                       json_at[i + 1] - json_at[i]);
    }
}

static void
schema_run(const struct schema_input *input, int path, struct mst_buf *out)
{
    enum mst_encoding from = schema_paths[path].from;
    enum schema_use use = schema_paths[path].use;
    const struct mst_encoding_options options = {
        .schema = use == USE_NONE    ? NULL
                  : use == USE_CHECK ? input->check
                                     : input->project};
    for (size_t i = 0; i < SCHEMA_DOCUMENTS; i++) {
        struct mst_slice in =
            from == MST_ENCODING_BSON ? input->bsons[i] : input->jsons[i];
        mst_buf_reset(out);
        schema_must(
            mst_transcode(from, schema_paths[path].to, &options, in, out, NULL)
                == MST_OK,
            schema_paths[path].name);
    }
}

static int64_t
schema_cpu_ns(void)
{
    struct timespec now = {0};
    schema_must(clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &now) == 0,
                "the clock");
    return (int64_t)now.tv_sec * 1000000000 + now.tv_nsec;
}

/* Nanoseconds for all documents once. */
static double
schema_round(const struct schema_input *input, int path, struct mst_buf *out)
{
    int64_t start = schema_cpu_ns();
    int64_t spent = 0;
    int repeats = 0;
    do {
        schema_run(input, path, out);
        repeats++;
        spent = schema_cpu_ns() - start;
    } while (spent < SCHEMA_ROUND_NS);
    return (double)spent / repeats;
}

static int
schema_compare(const void *a, const void *b)
{
    double x = *(const double *)a;
    double y = *(const double *)b;
    return (x > y) - (x < y);
}

int
main(int argc, char **argv)
{
    static struct schema_input input;
    double times[SCHEMA_PATHS][SCHEMA_ROUNDS_MAX];
    struct mst_buf out;
    double plain = 0;
    long rounds = argc > 1 ? strtol(argv[1], NULL, 10) : SCHEMA_ROUNDS;
    if (argc > 2 || rounds < 1 || rounds > SCHEMA_ROUNDS_MAX) {
        (void)fprintf(stderr, "usage: codec_json_schema [ROUNDS]\n");
        return 2;
    }
    mst_buf_init(&out, SCHEMA_MAX);
    schema_open(&input);
    for (long round = 0; round < rounds; round++) {
        for (int path = 0; path < SCHEMA_PATHS; path++) {
            times[path][round] = schema_round(&input, path, &out);
        }
    }
    (void)printf("CPU time of one core; %zu bytes of BSON each; the factor is "
                 "the time beside that without a schema\n",
                 input.bson.len / SCHEMA_DOCUMENTS);
    for (int path = 0; path < SCHEMA_PATHS; path++) {
        qsort(times[path], (size_t)rounds, sizeof(double), schema_compare);
        double median = times[path][rounds / 2];
        plain = schema_paths[path].use == USE_NONE ? median : plain;
        (void)printf("%-18s %8.2f M documents/s %8.0f MB/s of BSON %8.2f\n",
                     schema_paths[path].name, SCHEMA_DOCUMENTS * 1e3 / median,
                     (double)input.bson.len * 1e3 / median, median / plain);
    }
    mst_schema_plan_destroy(input.check);
    mst_schema_plan_destroy(input.project);
    mst_buf_clear(&input.bson);
    mst_buf_clear(&input.json);
    mst_buf_clear(&out);
    return 0;
}
