/* SPDX-License-Identifier: MIT */
/*
 * BSON -> Avro, Avro -> BSON and Avro -> JSON against avro-c's avro_value_t
 * on the same data in the same run, round by round in turn, in CPU time of
 * one core. Ratios compare medians; the library's values are used again from
 * one record to the next. Its decoder alone is what both of ours that read
 * are compared with: it makes neither BSON nor JSON.
 *
 *     codec_avro [ROUNDS]
 */
#include <avro.h>
#include <bson/bson.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "codec_avro_shapes.h"
#include "encodings/avro/codec.h"
#include "encodings/avro/parse.h"

enum {
    AVRO_DOCUMENTS = 500,
    AVRO_ROUNDS = 15,
    AVRO_ROUNDS_MAX = 99,
    AVRO_ROUND_NS = 25000000, /* at least */
    AVRO_PATHS = 6,
    AVRO_MAX = 1 << 26
};

/* All documents of a shape in both forms, and what converts them. */
struct avro_input {
    struct mst_buf bson;
    struct mst_buf avro;
    struct mst_slice bsons[AVRO_DOCUMENTS];
    struct mst_slice avros[AVRO_DOCUMENTS];
    struct mst_avro_schema *schema;
    struct mst_avro_encoder *encoder;
    struct mst_avro_decoder *decoder;
    avro_schema_t theirs;
    avro_value_iface_t *iface;
    avro_value_t value;
};

struct avro_path {
    const char *name;
    void (*run)(struct avro_input *input, struct mst_buf *out);
};

static void
avro_must(bool good, const char *what)
{
    if (!good) {
        (void)fprintf(stderr, "error: %s failed\n", what);
        exit(1);
    }
}

static void
avro_ours_encode(struct avro_input *input, struct mst_buf *out)
{
    for (size_t i = 0; i < AVRO_DOCUMENTS; i++) {
        mst_buf_reset(out);
        avro_must(mst_avro_from_bson(input->encoder, input->bsons[i], out, NULL)
                      == MST_OK,
                  "BSON to Avro");
    }
}

static void avro_set(avro_value_t *value, const bson_iter_t *iter);

static void
avro_set_fields(avro_value_t *value, bson_iter_t *iter)
{
    while (bson_iter_next(iter)) {
        avro_value_t field = {NULL, NULL};
        avro_must(
            avro_value_get_by_name(value, bson_iter_key(iter), &field, NULL)
                == 0,
            "avro_value_get_by_name");
        avro_set(&field, iter);
    }
}

static void
avro_set_items(avro_value_t *value, bson_iter_t *iter)
{
    while (bson_iter_next(iter)) {
        avro_value_t item = {NULL, NULL};
        avro_must(avro_value_append(value, &item, NULL) == 0,
                  "avro_value_append");
        avro_set(&item, iter);
    }
}

static void
avro_set(avro_value_t *value, const bson_iter_t *iter)
{
    bson_iter_t inside;
    uint32_t len = 0;
    avro_value_t branch = {NULL, NULL};
    int code = 0;
    if (avro_value_get_type(value) == AVRO_UNION) {
        int which = bson_iter_type(iter) == BSON_TYPE_NULL ? 0 : 1;
        avro_must(avro_value_set_branch(value, which, &branch) == 0, "branch");
        value = &branch;
    }
    if (value->iface == NULL) {
        avro_must(false, "finding a value");
        return;
    }
    switch ((unsigned)bson_iter_type(iter)) {
    case BSON_TYPE_INT32:
        code = avro_value_set_int(value, bson_iter_int32(iter));
        break;
    case BSON_TYPE_INT64:
        code = avro_value_set_long(value, bson_iter_int64(iter));
        break;
    case BSON_TYPE_DATE_TIME:
        code = avro_value_set_long(value, bson_iter_date_time(iter));
        break;
    case BSON_TYPE_DOUBLE:
        code = avro_value_set_double(value, bson_iter_double(iter));
        break;
    case BSON_TYPE_BOOL:
        code = avro_value_set_boolean(value, bson_iter_bool(iter));
        break;
    case BSON_TYPE_UTF8: {
        const char *text = bson_iter_utf8(iter, &len);
        /* Their length counts the NUL; the text is only read. */
        code =
            avro_value_set_string_len(value, (char *)(uintptr_t)text, len + 1);
        break;
    }
    case BSON_TYPE_NULL:
        code = avro_value_set_null(value);
        break;
    case BSON_TYPE_DOCUMENT:
        avro_must(bson_iter_recurse(iter, &inside), "recurse");
        avro_set_fields(value, &inside);
        break;
    default:
        avro_must(bson_iter_recurse(iter, &inside), "recurse");
        avro_set_items(value, &inside);
    }
    avro_must(code == 0, "setting an avro_value_t");
}

static void
avro_theirs_encode(struct avro_input *input, struct mst_buf *out)
{
    mst_buf_reset(out);
    avro_must(mst_buf_reserve(out, 1 << 20) == MST_OK, "memory");
    avro_writer_t writer = avro_writer_memory((char *)out->data, 1 << 20);
    for (size_t i = 0; i < AVRO_DOCUMENTS; i++) {
        bson_t doc;
        bson_iter_t iter;
        avro_must(
            bson_init_static(&doc, input->bsons[i].data, input->bsons[i].len)
                && bson_iter_init(&iter, &doc),
            "bson_iter_init");
        avro_value_reset(&input->value);
        avro_set_fields(&input->value, &iter);
        avro_writer_reset(writer);
        avro_must(avro_value_write(writer, &input->value) == 0,
                  "avro_value_write");
        avro_must(
            (size_t)avro_writer_tell(writer) == input->avros[i].len
                && memcmp(out->data, input->avros[i].data, input->avros[i].len)
                       == 0,
            "the comparison of both data");
    }
    avro_writer_free(writer);
}

static void
avro_ours_decode(struct avro_input *input, struct mst_buf *out)
{
    for (size_t i = 0; i < AVRO_DOCUMENTS; i++) {
        mst_buf_reset(out);
        avro_must(mst_avro_to_bson(input->decoder, input->avros[i], out, NULL)
                      == MST_OK,
                  "Avro to BSON");
    }
}

static void
avro_ours_json(struct avro_input *input, struct mst_buf *out)
{
    for (size_t i = 0; i < AVRO_DOCUMENTS; i++) {
        mst_buf_reset(out);
        avro_must(mst_avro_to_json(input->decoder, input->avros[i],
                                   MST_JSON_RELAXED, out, NULL)
                      == MST_OK,
                  "Avro to JSON");
    }
}

static void
avro_theirs_decode(struct avro_input *input, struct mst_buf *out)
{
    (void)out;
    avro_reader_t reader = avro_reader_memory("", 0);
    for (size_t i = 0; i < AVRO_DOCUMENTS; i++) {
        avro_reader_memory_set_source(reader,
                                      (const char *)input->avros[i].data,
                                      (int64_t)input->avros[i].len);
        avro_value_reset(&input->value);
        avro_must(avro_value_read(reader, &input->value) == 0,
                  "avro_value_read");
    }
    avro_reader_free(reader);
}

static void
avro_theirs_json(struct avro_input *input, struct mst_buf *out)
{
    (void)out;
    avro_reader_t reader = avro_reader_memory("", 0);
    for (size_t i = 0; i < AVRO_DOCUMENTS; i++) {
        char *json = NULL;
        avro_reader_memory_set_source(reader,
                                      (const char *)input->avros[i].data,
                                      (int64_t)input->avros[i].len);
        avro_value_reset(&input->value);
        avro_must(avro_value_read(reader, &input->value) == 0
                      && avro_value_to_json(&input->value, 1, &json) == 0,
                  "avro_value_to_json");
        free(json);
    }
    avro_reader_free(reader);
}

static const struct avro_path avro_paths[AVRO_PATHS] = {
    {"BSON -> Avro", avro_ours_encode},
    {"  avro_value_t", avro_theirs_encode},
    {"Avro -> BSON", avro_ours_decode},
    {"Avro -> JSON", avro_ours_json},
    {"  avro_value_t decode", avro_theirs_decode},
    {"  and to JSON", avro_theirs_json},
};

static void
avro_open(struct avro_input *input, const struct codec_avro_shape *shape)
{
    struct mst_buf text;
    mst_buf_init(&text, AVRO_MAX);
    mst_buf_init(&input->bson, AVRO_MAX);
    mst_buf_init(&input->avro, AVRO_MAX);
    avro_must(
        codec_avro_schema(shape, &text) == MST_OK
            && mst_avro_schema_parse(mst_buf_slice(&text), &input->schema, NULL)
                   == MST_OK
            && mst_avro_encoder_create(input->schema, NULL, &input->encoder,
                                       NULL)
                   == MST_OK
            && mst_avro_decoder_create(input->schema, NULL, NULL,
                                       &input->decoder, NULL)
                   == MST_OK,
        "the schema");
    avro_must(avro_schema_from_json_length((const char *)text.data, text.len,
                                           &input->theirs)
                  == 0,
              "avro_schema_from_json_length");
    input->iface = avro_generic_class_from_schema(input->theirs);
    avro_must(input->iface != NULL
                  && avro_generic_value_new(input->iface, &input->value) == 0,
              "avro_generic_value_new");
    mst_buf_clear(&text);
}

static void
avro_fill(struct avro_input *input, const struct codec_avro_shape *shape)
{
    size_t bson_at[AVRO_DOCUMENTS + 1] = {0};
    size_t avro_at[AVRO_DOCUMENTS + 1] = {0};
    for (uint32_t i = 0; i < AVRO_DOCUMENTS; i++) {
        avro_must(codec_avro_document(shape, &input->bson, i) == MST_OK,
                  "writing");
        bson_at[i + 1] = input->bson.len;
        struct mst_slice doc = mst_slice_of(input->bson.data + bson_at[i],
                                            bson_at[i + 1] - bson_at[i]);
        avro_must(mst_avro_from_bson(input->encoder, doc, &input->avro, NULL)
                      == MST_OK,
                  "BSON to Avro");
        avro_at[i + 1] = input->avro.len;
    }
    for (size_t i = 0; i < AVRO_DOCUMENTS; i++) {
        input->bsons[i] = mst_slice_of(input->bson.data + bson_at[i],
                                       bson_at[i + 1] - bson_at[i]);
        input->avros[i] = mst_slice_of(input->avro.data + avro_at[i],
                                       avro_at[i + 1] - avro_at[i]);
    }
}

static void
avro_close(struct avro_input *input)
{
    avro_value_decref(&input->value);
    avro_value_iface_decref(input->iface);
    avro_schema_decref(input->theirs);
    mst_avro_decoder_destroy(input->decoder);
    mst_avro_encoder_destroy(input->encoder);
    mst_avro_schema_destroy(input->schema);
    mst_buf_clear(&input->bson);
    mst_buf_clear(&input->avro);
}

static int64_t
avro_cpu_ns(void)
{
    struct timespec now = {0};
    avro_must(clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &now) == 0, "the clock");
    return (int64_t)now.tv_sec * 1000000000 + now.tv_nsec;
}

/* Nanoseconds for all documents once. */
static double
avro_round(const struct avro_path *path, struct avro_input *input,
           struct mst_buf *out)
{
    int64_t start = avro_cpu_ns();
    int64_t spent = 0;
    int repeats = 0;
    do {
        path->run(input, out);
        repeats++;
        spent = avro_cpu_ns() - start;
    } while (spent < AVRO_ROUND_NS);
    return (double)spent / repeats;
}

static int
avro_compare(const void *a, const void *b)
{
    double x = *(const double *)a;
    double y = *(const double *)b;
    return (x > y) - (x < y);
}

static void
avro_measure(const struct codec_avro_shape *shape, int rounds)
{
    static struct avro_input input;
    double times[AVRO_PATHS][AVRO_ROUNDS_MAX];
    double median[AVRO_PATHS];
    struct mst_buf out;
    mst_buf_init(&out, AVRO_MAX);
    avro_open(&input, shape);
    avro_fill(&input, shape);
    for (int round = 0; round < rounds; round++) {
        for (int path = 0; path < AVRO_PATHS; path++) {
            times[path][round] = avro_round(&avro_paths[path], &input, &out);
        }
    }
    (void)printf("\n%s: %s; %zu bytes of BSON, %zu of Avro each\n", shape->name,
                 shape->what, input.bson.len / AVRO_DOCUMENTS,
                 input.avro.len / AVRO_DOCUMENTS);
    for (int path = 0; path < AVRO_PATHS; path++) {
        qsort(times[path], (size_t)rounds, sizeof(double), avro_compare);
        median[path] = times[path][rounds / 2];
        (void)printf("%-22s %8.2f M records/s median, %8.2f best\n",
                     avro_paths[path].name, AVRO_DOCUMENTS * 1e3 / median[path],
                     AVRO_DOCUMENTS * 1e3 / times[path][0]);
    }
    (void)printf("ratios: encode %.1f, to BSON %.1f, to JSON %.1f (%.1f)\n",
                 median[1] / median[0], median[4] / median[2],
                 median[4] / median[3], median[5] / median[3]);
    avro_close(&input);
    mst_buf_clear(&out);
}

int
main(int argc, char **argv)
{
    long rounds = argc > 1 ? strtol(argv[1], NULL, 10) : AVRO_ROUNDS;
    if (argc > 2 || rounds < 1 || rounds > AVRO_ROUNDS_MAX) {
        (void)fprintf(stderr, "usage: codec_avro [ROUNDS]\n");
        return 2;
    }
    (void)printf("CPU time of one core; avro-c %s; %ld rounds; to JSON: "
                 "beside decoding alone (beside decoding to JSON)\n",
                 MST_AVRO_C_VERSION, rounds);
    for (int i = 0; i < CODEC_AVRO_SHAPES; i++) {
        avro_measure(&codec_avro_shapes[i], (int)rounds);
    }
    return 0;
}
