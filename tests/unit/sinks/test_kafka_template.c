/* SPDX-License-Identifier: MIT */
/* Topic names from templates. */
#include "unit/cmocka_all.h"

#include "sinks/kafka/kafka_topics.h"

static void
templates_become_names(void **state)
{
    (void)state;
    static const struct {
        const char *text;
        const char *name; /* NULL: rejected */
        bool is_fixed;
    } cases[] = {
        {"users", "users", true},
        {"{database}.{collection}", "app.users", false},
        {"cdc-{collection}_{attr:tenant}", "cdc-users_t-1_x.y", false},
        {"{topic}", NULL, false},
        {"x.{attr:bad}", NULL, false},
        {"{attr:empty}", NULL, false},
        {"{attr:dot}", NULL, false},
    };
    const struct mst_attribute attributes[] = {
        {MST_SLICE_LIT("database"), MST_SLICE_LIT("app")},
        {MST_SLICE_LIT("collection"), MST_SLICE_LIT("users")},
        {MST_SLICE_LIT("tenant"), MST_SLICE_LIT("t-1_x.y")},
        {MST_SLICE_LIT("bad"), MST_SLICE_LIT("a/b")},
        {MST_SLICE_LIT("empty"), MST_SLICE_LIT("")},
        {MST_SLICE_LIT("dot"), MST_SLICE_LIT(".")},
    };
    const struct mst_event event = {
        .attributes = attributes, .attributes_len = MST_ARRAY_SIZE(attributes)};
    for (size_t i = 0; i < MST_ARRAY_SIZE(cases); i++) {
        struct kafka_template t;
        struct mst_error err;
        char name[KAFKA_TOPIC_NAME_MAX + 1];
        assert_int_equal(kafka_template_init(&t, cases[i].text, &err), MST_OK);
        assert_int_equal(t.is_fixed, cases[i].is_fixed);
        enum mst_status status = kafka_template_make(&t, &event, name, &err);
        if (cases[i].name == NULL) {
            assert_int_equal(status, MST_REJECTED);
        } else {
            assert_int_equal(status, MST_OK);
            assert_string_equal(name, cases[i].name);
        }
    }
}

static void
what_is_no_template_is_refused(void **state)
{
    (void)state;
    static const char *const texts[] = {
        "",        "a b",       "a/b", "{nonsense}",
        "{attr:}", "{database", "}",   "{collection}{"};
    for (size_t i = 0; i < MST_ARRAY_SIZE(texts); i++) {
        struct kafka_template t;
        struct mst_error err;
        assert_int_equal(kafka_template_init(&t, texts[i], &err), MST_FATAL);
    }
}

static void
a_name_that_is_too_long_is_rejected(void **state)
{
    (void)state;
    uint8_t text[KAFKA_TOPIC_NAME_MAX + 1];
    memset(text, 'a', sizeof(text));
    const struct mst_attribute one = {MST_SLICE_LIT("collection"),
                                      mst_slice_of(text, sizeof(text))};
    const struct mst_event event = {.attributes = &one, .attributes_len = 1};
    struct kafka_template t;
    struct mst_error err;
    char name[KAFKA_TOPIC_NAME_MAX + 1];
    assert_int_equal(kafka_template_init(&t, "{collection}", &err), MST_OK);
    assert_int_equal(kafka_template_make(&t, &event, name, &err), MST_REJECTED);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(templates_become_names),
        cmocka_unit_test(what_is_no_template_is_refused),
        cmocka_unit_test(a_name_that_is_too_long_is_rejected),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
