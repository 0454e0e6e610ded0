/* SPDX-License-Identifier: MIT */
/*
 * BSON <-> JSON against libbson on the same documents in the same run, round
 * by round in turn, in CPU time of one core (others may want the machine
 * too). Prints the median and the best of the rounds; ratios compare medians.
 *
 *     codec [ROUNDS [SHAPE]]
 */
#include <bson/bson.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "codec_documents.h"
#include "encodings/bson_json.h"
#include "encodings/bson_reader.h"
#include "encodings/json_bson.h"

enum {
    CODEC_DOCUMENTS = 500,
    CODEC_ROUNDS = 15,
    CODEC_ROUNDS_MAX = 99,
    CODEC_ROUND_NS = 25000000, /* at least, for ours */
    CODEC_PATHS = 5,
    CODEC_MAX = 1 << 26
};

/* All documents of a shape in both forms, one behind the other. */
struct codec_input {
    struct mst_buf bson;
    struct mst_buf json;
    struct mst_slice bsons[CODEC_DOCUMENTS];
    struct mst_slice jsons[CODEC_DOCUMENTS];
};

/* One way to convert all documents once; ends the program on failure. */
struct codec_path {
    const char *name;
    bool from_json;
    void (*run)(const struct codec_input *input, struct mst_buf *out);
};

static void
codec_must(bool good, const char *what)
{
    if (!good) {
        (void)fprintf(stderr, "error: %s failed\n", what);
        exit(1);
    }
}

static void
codec_ours_json(const struct codec_input *input, struct mst_buf *out)
{
    for (size_t i = 0; i < CODEC_DOCUMENTS; i++) {
        mst_buf_reset(out);
        codec_must(
            mst_bson_to_json(input->bsons[i], MST_JSON_RELAXED, out, NULL)
                == MST_OK,
            "BSON to JSON");
    }
}

static void
codec_libbson_json(const struct codec_input *input, struct mst_buf *out)
{
    (void)out;
    for (size_t i = 0; i < CODEC_DOCUMENTS; i++) {
        bson_t doc;
        codec_must(
            bson_init_static(&doc, input->bsons[i].data, input->bsons[i].len),
            "bson_init_static");
        char *text = bson_as_relaxed_extended_json(&doc, NULL);
        codec_must(text != NULL, "bson_as_relaxed_extended_json");
        bson_free(text);
    }
}

static void
codec_ours_bson(const struct codec_input *input, struct mst_buf *out)
{
    for (size_t i = 0; i < CODEC_DOCUMENTS; i++) {
        mst_buf_reset(out);
        codec_must(mst_json_to_bson(input->jsons[i], NULL, out, NULL) == MST_OK,
                   "JSON to BSON");
    }
}

static void
codec_libbson_bson(const struct codec_input *input, struct mst_buf *out)
{
    (void)out;
    for (size_t i = 0; i < CODEC_DOCUMENTS; i++) {
        bson_t *doc = bson_new_from_json(input->jsons[i].data,
                                         (ssize_t)input->jsons[i].len, NULL);
        codec_must(doc != NULL, "bson_new_from_json");
        bson_destroy(doc);
    }
}

static void
codec_ours_check(const struct codec_input *input, struct mst_buf *out)
{
    (void)out;
    for (size_t i = 0; i < CODEC_DOCUMENTS; i++) {
        codec_must(mst_bson_check(input->bsons[i], NULL) == MST_OK, "check");
    }
}

static const struct codec_path codec_paths[CODEC_PATHS] = {
    {"BSON -> JSON relaxed", false, codec_ours_json},
    {"  libbson", false, codec_libbson_json},
    {"JSON -> BSON", true, codec_ours_bson},
    {"  libbson", true, codec_libbson_bson},
    {"BSON check", false, codec_ours_check},
};

static void
codec_fill(struct codec_input *input, const struct codec_shape *shape)
{
    mst_buf_init(&input->bson, CODEC_MAX);
    mst_buf_init(&input->json, CODEC_MAX);
    size_t bson_at[CODEC_DOCUMENTS + 1] = {0};
    size_t json_at[CODEC_DOCUMENTS + 1] = {0};
    for (uint32_t i = 0; i < CODEC_DOCUMENTS; i++) {
        codec_must(shape->write(&input->bson, i) == MST_OK, "writing");
        bson_at[i + 1] = input->bson.len;
        struct mst_slice doc = mst_slice_of(input->bson.data + bson_at[i],
                                            bson_at[i + 1] - bson_at[i]);
        codec_must(mst_bson_to_json(doc, MST_JSON_RELAXED, &input->json, NULL)
                       == MST_OK,
                   "BSON to JSON");
        json_at[i + 1] = input->json.len;
    }
    for (size_t i = 0; i < CODEC_DOCUMENTS; i++) {
        input->bsons[i] = mst_slice_of(input->bson.data + bson_at[i],
                                       bson_at[i + 1] - bson_at[i]);
        input->jsons[i] = mst_slice_of(input->json.data + json_at[i],
                                       json_at[i + 1] - json_at[i]);
    }
}

static int64_t
codec_cpu_ns(void)
{
    struct timespec now = {0};
    codec_must(clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &now) == 0, "the clock");
    return (int64_t)now.tv_sec * 1000000000 + now.tv_nsec;
}

/* Nanoseconds for all documents once, from as many repetitions as it takes. */
static double
codec_round(const struct codec_path *path, const struct codec_input *input,
            struct mst_buf *out)
{
    int64_t start = codec_cpu_ns();
    int64_t spent = 0;
    int repeats = 0;
    do {
        path->run(input, out);
        repeats++;
        spent = codec_cpu_ns() - start;
    } while (spent < CODEC_ROUND_NS);
    return (double)spent / repeats;
}

static int
codec_compare(const void *a, const void *b)
{
    double x = *(const double *)a;
    double y = *(const double *)b;
    return (x > y) - (x < y);
}

static void
codec_measure(const struct codec_shape *shape, int rounds)
{
    static struct codec_input input;
    double times[CODEC_PATHS][CODEC_ROUNDS_MAX];
    struct mst_buf out;
    codec_fill(&input, shape);
    mst_buf_init(&out, CODEC_MAX);
    for (int round = 0; round < rounds; round++) {
        for (int path = 0; path < CODEC_PATHS; path++) {
            times[path][round] = codec_round(&codec_paths[path], &input, &out);
        }
    }
    (void)printf("\n%s: %s; %zu bytes of BSON, %zu of JSON each\n", shape->name,
                 shape->what, input.bson.len / CODEC_DOCUMENTS,
                 input.json.len / CODEC_DOCUMENTS);
    double before = 0;
    for (int path = 0; path < CODEC_PATHS; path++) {
        double *t = times[path];
        qsort(t, (size_t)rounds, sizeof(*t), codec_compare);
        double median = t[rounds / 2];
        size_t bytes =
            codec_paths[path].from_json ? input.json.len : input.bson.len;
        (void)printf("%-22s %7.0f MB/s median %7.0f best %8.0f docs/ms",
                     codec_paths[path].name, (double)bytes * 1e3 / median,
                     (double)bytes * 1e3 / t[0],
                     CODEC_DOCUMENTS * 1e6 / median);
        bool other = path % 2 == 1;
        (void)printf(other ? "   ratio %.1f\n" : "\n", median / before);
        before = median;
    }
    mst_buf_clear(&out);
    mst_buf_clear(&input.bson);
    mst_buf_clear(&input.json);
}

int
main(int argc, char **argv)
{
    long rounds = argc > 1 ? strtol(argv[1], NULL, 10) : CODEC_ROUNDS;
    const char *only = argc > 2 ? argv[2] : NULL;
    if (argc > 3 || rounds < 1 || rounds > CODEC_ROUNDS_MAX) {
        (void)fprintf(stderr, "usage: codec [ROUNDS [SHAPE]]\n");
        return 2;
    }
    (void)printf("CPU time of one core; libbson %s; %ld rounds\n",
                 BSON_VERSION_S, rounds);
    for (int i = 0; i < CODEC_SHAPES; i++) {
        if (only == NULL || strcmp(only, codec_shapes[i].name) == 0) {
            codec_measure(&codec_shapes[i], (int)rounds);
        }
    }
    return 0;
}
