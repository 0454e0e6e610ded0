/* SPDX-License-Identifier: MIT */
/* From attributes to the headers of a message. */
#include "sinks/kafka/kafka_headers.h"
#include "unit/cmocka_all.h"

struct header {
    const char *name;
    struct mst_slice value;
};

/* Makes headers of the event, and compares them with n wanted ones. */
static void
expect(const struct mst_strings *names, const struct mst_event *event,
       const struct header *wanted, size_t n)
{
    struct kafka_headers headers;
    struct kafka_header_list made;
    struct mst_error err;
    kafka_headers_init(&headers, names, "job");
    assert_int_equal(
        kafka_headers_make(&headers, event, MST_SLICE_LIT("k"), &made, &err),
        MST_OK);
    size_t bytes = 0;
    for (size_t i = 0; i < n; i++) {
        const char *name = NULL;
        const void *value = NULL;
        size_t size = 0;
        assert_non_null(made.list);
        assert_int_equal(
            rd_kafka_header_get_all(made.list, i, &name, &value, &size),
            RD_KAFKA_RESP_ERR_NO_ERROR);
        assert_string_equal(name, wanted[i].name);
        assert_true(
            mst_slice_equal(mst_slice_of(value, size), wanted[i].value));
        assert_int_equal(value == NULL, wanted[i].value.data == NULL);
        bytes += strlen(name) + size;
    }
    assert_int_equal(made.list == NULL ? 0 : rd_kafka_header_cnt(made.list), n);
    assert_int_equal(made.bytes, bytes);
    if (made.list != NULL) {
        rd_kafka_headers_destroy(made.list);
    }
    kafka_headers_clear(&headers);
}

#define EXPECT(names, event, wanted)                                           \
    expect(names, event, wanted, MST_ARRAY_SIZE(wanted))

static const struct mst_strings all = {.items = NULL, .len = 0};

static void
a_copy_of_a_message_has_the_headers_of_the_message(void **state)
{
    (void)state;
    const struct mst_attribute attributes[] = {
        {MST_SLICE_LIT("origin"), MST_SLICE_LIT("kafka")},
        {MST_SLICE_LIT("topic"), MST_SLICE_LIT("t")},
        {MST_SLICE_LIT("bytes"), MST_SLICE_LIT("base64:AP8=")},
        {MST_SLICE_LIT("none"), MST_SLICE_LIT("null:")},
        {MST_SLICE_LIT("empty"), MST_SLICE_LIT("")},
        {MST_SLICE_LIT("twice"), MST_SLICE_LIT("1")},
        {MST_SLICE_LIT("twice"), MST_SLICE_LIT("2")},
        {MST_SLICE_LIT("topic"), MST_SLICE_LIT("sports")},
        {MST_SLICE_LIT("base64:/w=="), MST_SLICE_LIT("base64:?")}};
    const struct mst_event event = {
        .attributes = attributes, .attributes_len = MST_ARRAY_SIZE(attributes)};
    const struct header wanted[] = {{"origin", MST_SLICE_LIT("kafka")},
                                    {"topic", MST_SLICE_LIT("t")},
                                    {"bytes", MST_SLICE_LIT("\x00\xff")},
                                    {"none", MST_SLICE_NONE},
                                    {"empty", MST_SLICE_LIT("")},
                                    {"twice", MST_SLICE_LIT("1")},
                                    {"twice", MST_SLICE_LIT("2")},
                                    {"topic", MST_SLICE_LIT("sports")},
                                    {"\xff", MST_SLICE_LIT("base64:?")}};
    EXPECT(&all, &event, wanted);
}

static void
attributes_of_other_origins_are_text(void **state)
{
    (void)state;
    const struct mst_attribute attributes[] = {
        {MST_SLICE_LIT("origin"), MST_SLICE_LIT("mongodb")},
        {MST_SLICE_LIT("a"), MST_SLICE_LIT("base64:AP8=")},
        {MST_SLICE_LIT("b"), MST_SLICE_LIT("null:")}};
    const struct mst_event event = {
        .attributes = attributes, .attributes_len = MST_ARRAY_SIZE(attributes)};
    const struct header wanted[] = {{"origin", MST_SLICE_LIT("mongodb")},
                                    {"a", MST_SLICE_LIT("base64:AP8=")},
                                    {"b", MST_SLICE_LIT("null:")}};
    EXPECT(&all, &event, wanted);
}

static void
an_op_in_other_words_stays_and_a_wrong_one_goes(void **state)
{
    (void)state;
    static const struct {
        enum mst_op op;
        const char *attribute; /* NULL: none */
        const char *header;    /* NULL: none */
    } cases[] = {{MST_OP_CREATE, "insert", "insert"},
                 {MST_OP_CREATE, "c", "c"},
                 {MST_OP_CREATE, NULL, "create"},
                 {MST_OP_DELETE, "update", "delete"},
                 {MST_OP_NONE, "open", "open"},
                 {MST_OP_NONE, NULL, NULL}};
    for (size_t i = 0; i < MST_ARRAY_SIZE(cases); i++) {
        const struct mst_attribute attribute = {
            MST_SLICE_LIT("op"), cases[i].attribute == NULL
                                     ? MST_SLICE_NONE
                                     : mst_slice_str(cases[i].attribute)};
        const struct mst_event event = {.op = cases[i].op,
                                        .attributes = &attribute,
                                        .attributes_len =
                                            cases[i].attribute == NULL ? 0 : 1};
        const struct header wanted = {
            "op", cases[i].header == NULL ? MST_SLICE_NONE
                                          : mst_slice_str(cases[i].header)};
        expect(&all, &event, &wanted, cases[i].header == NULL ? 0 : 1);
    }
}

static void
a_list_takes_every_header_of_a_name(void **state)
{
    (void)state;
    char *items[] = {(char *)(uintptr_t) "twice", (char *)(uintptr_t) "key",
                     (char *)(uintptr_t) "position",
                     (char *)(uintptr_t) "source_ts_ms"};
    const struct mst_strings names = {.items = items,
                                      .len = MST_ARRAY_SIZE(items)};
    const struct mst_attribute attributes[] = {
        {MST_SLICE_LIT("origin"), MST_SLICE_LIT("kafka")},
        {MST_SLICE_LIT("topic"), MST_SLICE_LIT("t")},
        {MST_SLICE_LIT("partition"), MST_SLICE_LIT("0")},
        {MST_SLICE_LIT("offset"), MST_SLICE_LIT("7")},
        {MST_SLICE_LIT("twice"), MST_SLICE_LIT("1")},
        {MST_SLICE_LIT("twice"), MST_SLICE_LIT("2")}};
    /* Bytes that say nothing to anybody. */
    const struct mst_event event = {.mark = MST_SLICE_LIT("\x01\x00\x00"),
                                    .source_ts_ms = MST_TIME_UNKNOWN,
                                    .attributes = attributes,
                                    .attributes_len =
                                        MST_ARRAY_SIZE(attributes)};
    const struct header wanted[] = {
        {"twice", MST_SLICE_LIT("1")},
        {"twice", MST_SLICE_LIT("2")},
        {"key", MST_SLICE_LIT("k")},
        {"position",
         MST_SLICE_LIT("{\"topic\":\"t\",\"partition\":0,\"offset\":7}")}};
    EXPECT(&names, &event, wanted);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_copy_of_a_message_has_the_headers_of_the_message),
        cmocka_unit_test(attributes_of_other_origins_are_text),
        cmocka_unit_test(an_op_in_other_words_stays_and_a_wrong_one_goes),
        cmocka_unit_test(a_list_takes_every_header_of_a_name),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
