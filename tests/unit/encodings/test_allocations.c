/* SPDX-License-Identifier: MIT */
/* In steady state no conversion allocates: each cell of the matrix, with a
 * schema and without. */
#include "unit/cmocka_all.h"

#include "encodings/batch_frame.h"
#include "encodings/schema_plan.h"
#include "encodings/transcode.h"
#include "support/alloc_fail.h"

enum {
    ALLOC_MAX = 1 << 24,
    ALLOC_EVENTS = 200,
    ALLOC_FIRST = 5, /* until every buffer has its size */
    ALLOC_ITEMS = 10
};

/* One of every kind of value, as documents have them. */
static const char document[] =
    "{\"_id\":{\"$oid\":\"0123456789abcdef01234567\"},\"i\":5,\"l\":-1234567890"
    "123,\"d\":0.1234567890123456,\"f\":1.5,\"t\":\"text \\u00e4\\n\\\"end\\\" "
    "and more of it, for two blocks\",\"w\":{\"$date\":\"2026-11-21T10:40:05.12"
    "3Z\"},\"p\":{\"$numberDecimal\":\"12.34\"},\"u\":{\"$uuid\":\"00112233-445"
    "5-6677-8899-aabbccddeeff\"},\"b\":{\"$binary\":{\"base64\":\"AAEC\",\"subT"
    "ype\":\"00\"}},\"a\":[1,2,3],\"m\":{\"k\":\"v\",\"a name of more than sixt"
    "een\":\"w\"},\"e\":\"B\",\"n\":null,\"r\":[{\"x\":1,\"s\":true},{\"x\":2,"
    "\"s\":false}]}";

#define FIELD(name, type) "{\"name\":\"" name "\",\"type\":" type "}"

static const char schema[] = "{\"type\":\"record\",\"name\":\"D\",\"fields\":"
                             "[" FIELD(
                                 "_id", "{"
                                        "\""
                                        "ty"
                                        "pe"
                                        "\""
                                        ":"
                                        "\""
                                        "fi"
                                        "xe"
                                        "d"
                                        "\""
                                        ","
                                        "\""
                                        "na"
                                        "me"
                                        "\""
                                        ":"
                                        "\""
                                        "O"
                                        "\""
                                        ","
                                        "\""
                                        "si"
                                        "ze"
                                        "\""
                                        ":1"
                                        "2"
                                        "}") "," FIELD("i",
                                                       "\"int\"") "," FIELD("l",
                                                                            "\""
                                                                            "lo"
                                                                            "ng"
                                                                            "\"") "," FIELD("d",
                                                                                            "\"double\"") "," FIELD("f", "\"float\"") "," FIELD("t", "[\"null\",\"string\"]") "," FIELD("w", "{\"type\":\"l"
                                                                                                                                                                                             "ong\",\"logic"
                                                                                                                                                                                             "alType\":\"ti"
                                                                                                                                                                                             "mestamp-milli"
                                                                                                                                                                                             "s\"}") "," FIELD("p", "{\"type\":\"bytes\",\"logicalType\":\"decimal\",\"precision"
                                                                                                                                                                                                                    "\":10,\"scale\":2}") "," FIELD("u",
                                                                                                                                                                                                                                                    "{\"type\":\"string\",\"logicalType\":\"uuid\"}") "," FIELD("b", "\"bytes\"") "," FIELD("a", "{\"type\":\"array\",\"items\":[\"int\",\"string\"]}") "," FIELD("m",
                                                                                                                                                                                                                                                                                                                                                                                                                  "{\"type\":\"map\",\"values\":\"string\"}") "," FIELD("e", "{\"type\":\"enum\",\"name\":\"E\",\"symbols\":[\"A\",\"B\"]}") "," FIELD("n", "[\"null\",\"int\"]") "," FIELD("r", "{\"type\":\"array\",\"items\":{\"type\":\"record\",\"name\":"
                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                 "\"I\",\"fields\":[{\"name\":\"x\",\"type\":\"long\"},{\"name\":"
                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                 "\"s\",\"type\":\"boolean\"}]}}") "]}";

/* The same data, fewer of them and in another order, one promoted. */
static const char reader[] =
    "{\"type\":\"record\",\"name\":\"D\",\"fields\":[" FIELD(
        "t",
        "\"string\"") "," FIELD("i",
                                "\"double\"") "," FIELD("m",
                                                        "{\"type\":\"map\","
                                                        "\"values\":"
                                                        "\"bytes\"}") ","
                                                                      "{\"name"
                                                                      "\":"
                                                                      "\"new\","
                                                                      "\"type\""
                                                                      ":\"strin"
                                                                      "g\","
                                                                      "\"defaul"
                                                                      "t\":"
                                                                      "\"x\"}"
                                                                      "," FIELD(
                                                                          "e",
                                                                          "{\"t"
                                                                          "ype"
                                                                          "\":"
                                                                          "\"en"
                                                                          "um\""
                                                                          ",\"n"
                                                                          "ame"
                                                                          "\":"
                                                                          "\"E"
                                                                          "\","
                                                                          "\"sy"
                                                                          "mbol"
                                                                          "s\":"
                                                                          "[\"B"
                                                                          "\","
                                                                          "\"A"
                                                                          "\"]"
                                                                          "}") "]}";

/* Each keyword that keeps something while it looks: sets, marks, patterns,
 * references, branches. */
static const char json_schema[] =
    "{\"type\":\"object\",\"required\":[\"_id\",\"i\"],"
    "\"properties\":{"
    "\"r\":{\"type\":\"array\",\"uniqueItems\":true,\"items\":{"
    "\"$ref\":\"#/$defs/item\"},\"contains\":{\"properties\":{\"x\":{"
    "\"const\":2}}},\"maxContains\":1},"
    "\"i\":{\"type\":\"integer\",\"multipleOf\":0.5},"
    "\"l\":{\"maximum\":0},\"d\":{\"exclusiveMinimum\":0.1},"
    "\"_id\":{\"pattern\":\"^[0-9a-zA-Z+/=]+$\",\"type\":\"string\"},"
    "\"t\":{\"type\":[\"string\",\"null\"],\"minLength\":20,"
    "\"pattern\":\"(end|and).*blocks$\"},"
    "\"w\":{\"format\":\"date-time\"},\"u\":{\"format\":\"uuid\"},"
    "\"a\":{\"prefixItems\":[{\"const\":1}],\"items\":{\"enum\":[2,3]},"
    "\"uniqueItems\":true},"
    "\"m\":{\"propertyNames\":{\"pattern\":\"^[a-z ]+$\"},"
    "\"additionalProperties\":{\"type\":\"string\"}}},"
    "\"patternProperties\":{\"^[fpb]$\":true},"
    "\"anyOf\":[{\"properties\":{\"e\":{\"enum\":[\"A\",\"C\"]}}},{"
    "\"properties\":{\"e\":{\"const\":\"B\"}}}],"
    "\"if\":{\"required\":[\"n\"]},\"then\":{\"properties\":{\"n\":{"
    "\"type\":\"null\"}}},\"unevaluatedProperties\":false,"
    "\"$defs\":{\"item\":{\"type\":\"object\",\"properties\":{\"s\":{"
    "\"type\":\"boolean\"},\"x\":{\"oneOf\":[{\"maximum\":1},{"
    "\"minimum\":2}]}},\"minProperties\":2}}}";

struct alloc_case {
    struct mst_schema_plan *plan;
    struct mst_schema_plan *wanted;
    struct mst_buf inputs[MST_ENCODINGS];
    struct mst_buf out;
};

static void
open_case(struct alloc_case *one)
{
    const struct mst_schema_plan_options options = {
        .avro = {.framing = MST_FRAMING_SINGLE_OBJECT}};
    assert_int_equal(mst_schema_plan_create(mst_slice_str(schema), &options,
                                            &one->plan, NULL),
                     MST_OK);
    assert_int_equal(
        mst_schema_plan_create(mst_slice_str(reader), NULL, &one->wanted, NULL),
        MST_OK);
    const struct mst_encoding_options by = {.schema = one->plan};
    mst_buf_init(&one->out, ALLOC_MAX);
    for (int to = MST_ENCODING_BSON; to < MST_ENCODINGS; to++) {
        struct mst_error err;
        mst_buf_init(&one->inputs[to], ALLOC_MAX);
        mst_error_clear(&err);
        if (mst_transcode(MST_ENCODING_JSON, (enum mst_encoding)to,
                          to == MST_ENCODING_AVRO ? &by : NULL,
                          mst_slice_str(document), &one->inputs[to], &err)
            != MST_OK) {
            fail_msg("%s", err.text);
        }
    }
}

static void
close_case(struct alloc_case *one)
{
    for (int i = MST_ENCODING_BSON; i < MST_ENCODINGS; i++) {
        mst_buf_clear(&one->inputs[i]);
    }
    mst_buf_clear(&one->out);
    mst_schema_plan_destroy(one->plan);
    mst_schema_plan_destroy(one->wanted);
}

/* Runs a cell a few times, and then without a single allocation. */
static void
check_cell(struct alloc_case *one, enum mst_encoding from, enum mst_encoding to,
           const struct mst_encoding_options *options)
{
    struct mst_transcoder transcoder;
    struct mst_error err;
    struct mst_slice in = mst_buf_slice(&one->inputs[from]);
    mst_error_clear(&err);
    if (mst_transcode_find(from, to, options, &transcoder, &err) != MST_OK) {
        fail_msg("%s", err.text);
    }
    if (transcoder.run == NULL) {
        return; /* the bytes pass untouched */
    }
    for (int i = 0; i < ALLOC_EVENTS; i++) {
        mst_buf_reset(&one->out);
        if (i == ALLOC_FIRST) {
            alloc_fail_at(1);
        }
        enum mst_status status =
            transcoder.run(&transcoder, in, &one->out, &err);
        if (status != MST_OK) {
            (void)alloc_fail_stop();
            fail_msg("%s to %s: %s", mst_encoding_name(from),
                     mst_encoding_name(to), err.text);
        }
    }
    assert_false(alloc_fail_stop());
}

static void
no_cell_of_the_matrix_allocates_per_event(void **state)
{
    (void)state;
    struct alloc_case one;
    open_case(&one);
    for (int mode = MST_JSON_RELAXED; mode <= MST_JSON_PLAIN; mode++) {
        const struct mst_encoding_options plain = {
            .json_mode = (enum mst_json_mode)mode};
        struct mst_encoding_options by = plain;
        by.schema = one.plan;
        for (int from = MST_ENCODING_BSON; from < MST_ENCODINGS; from++) {
            for (int to = MST_ENCODING_BSON; to < MST_ENCODINGS; to++) {
                check_cell(&one, (enum mst_encoding)from, (enum mst_encoding)to,
                           &by);
            }
        }
        check_cell(&one, MST_ENCODING_BSON, MST_ENCODING_JSON, &plain);
        check_cell(&one, MST_ENCODING_JSON, MST_ENCODING_BSON, &plain);
    }
    close_case(&one);
}

static void
no_datum_of_another_schema_allocates(void **state)
{
    (void)state;
    struct alloc_case one;
    open_case(&one);
    const struct mst_encoding_options options = {.schema = one.wanted,
                                                 .written = one.plan};
    for (int to = MST_ENCODING_BSON; to < MST_ENCODINGS; to++) {
        check_cell(&one, MST_ENCODING_AVRO, (enum mst_encoding)to, &options);
    }
    close_case(&one);
}

static void
no_item_of_a_batch_frame_allocates(void **state)
{
    (void)state;
    struct alloc_case one;
    struct mst_transcoder transcoder;
    struct mst_batch_refusals refusals = {.tell = NULL};
    struct mst_batch_writer writer;
    struct mst_buf frame;
    open_case(&one);
    const struct mst_encoding_options options = {.schema = one.plan};
    mst_buf_init(&frame, ALLOC_MAX);
    assert_int_equal(mst_batch_writer_begin(&writer, &frame, MST_ENCODING_JSON),
                     MST_OK);
    for (int i = 0; i < ALLOC_ITEMS; i++) {
        assert_int_equal(mst_batch_writer_item(&writer), MST_OK);
        assert_int_equal(mst_buf_append_str(&frame, document), MST_OK);
        mst_batch_writer_keep(&writer);
    }
    mst_batch_writer_end(&writer);
    assert_int_equal(mst_transcode_find(MST_ENCODING_JSON, MST_ENCODING_AVRO,
                                        &options, &transcoder, NULL),
                     MST_OK);
    for (int i = 0; i < ALLOC_ITEMS; i++) {
        mst_buf_reset(&one.out);
        if (i == ALLOC_FIRST) {
            alloc_fail_at(1);
        }
        assert_int_equal(mst_batch_convert(&transcoder, mst_buf_slice(&frame),
                                           &refusals, &one.out, NULL),
                         MST_OK);
        assert_int_equal(refusals.count, 0);
    }
    assert_false(alloc_fail_stop());
    mst_buf_clear(&frame);
    close_case(&one);
}

/* A cell in which every document is looked at. */
static void
check_looked_at(struct alloc_case *one, enum mst_encoding from,
                enum mst_encoding to,
                const struct mst_encoding_options *options)
{
    struct mst_transcoder transcoder;
    assert_int_equal(mst_transcode_find(from, to, options, &transcoder, NULL),
                     MST_OK);
    assert_non_null(transcoder.run);
    check_cell(one, from, to, options);
}

static void
check_json_schema(struct alloc_case *one,
                  const struct mst_schema_plan_options *how)
{
    static const enum mst_encoding to[] = {MST_ENCODING_BSON,
                                           MST_ENCODING_JSON};
    struct mst_encoding_options options = {.schema = NULL};
    struct mst_error err;
    mst_error_clear(&err);
    if (mst_schema_plan_create(mst_slice_str(json_schema), how, &options.schema,
                               &err)
        != MST_OK) {
        fail_msg("%s", err.text);
    }
    for (int mode = MST_JSON_RELAXED; mode <= MST_JSON_PLAIN; mode++) {
        options.json_mode = (enum mst_json_mode)mode;
        for (size_t i = 0; i < MST_ARRAY_SIZE(to); i++) {
            options.written = NULL;
            check_looked_at(one, MST_ENCODING_BSON, to[i], &options);
            check_looked_at(one, MST_ENCODING_JSON, to[i], &options);
            options.written = one->plan;
            check_looked_at(one, MST_ENCODING_AVRO, to[i], &options);
        }
    }
    mst_schema_plan_destroy(options.schema);
}

static void
no_document_of_a_json_schema_allocates(void **state)
{
    (void)state;
    struct alloc_case one;
    open_case(&one);
    for (unsigned i = 0; i < 8; i++) {
        const struct mst_schema_plan_options how = {
            .json = {.project = (i & 1) != 0,
                     .reject_unknown = (i & 2) != 0,
                     .formats = (i & 4) != 0}};
        check_json_schema(&one, &how);
    }
    close_case(&one);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(no_cell_of_the_matrix_allocates_per_event),
        cmocka_unit_test(no_datum_of_another_schema_allocates),
        cmocka_unit_test(no_document_of_a_json_schema_allocates),
        cmocka_unit_test(no_item_of_a_batch_frame_allocates),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
