/* SPDX-License-Identifier: MIT */
/* Messages: filled, prefixed, hinted, and never cut inside a character. */
#include "unit/cmocka_all.h"

#include "base/error.h"
#include "base/utf8.h"

static void
a_failure_says_who_what_and_why(void **state)
{
    (void)state;
    struct mst_error err;
    assert_int_equal(
        mst_fail(&err, MST_REJECTED, "kafka", 10, "message of %d bytes", 7),
        MST_REJECTED);
    mst_error_prefix(&err, "job '%s': ", "users");
    mst_error_hint(&err, "raise %s", "message.max.bytes");
    assert_string_equal(err.text, "job 'users': message of 7 bytes");
    assert_string_equal(err.hint, "raise message.max.bytes");
    assert_string_equal(err.origin, "kafka");
    assert_int_equal(err.code, 10);
    assert_int_equal(err.offset, -1);
}

static void
a_long_message_is_cut_on_a_character(void **state)
{
    (void)state;
    char text[3001];
    for (size_t i = 0; i < 3000; i += 3) {
        memcpy(text + i, "\xE2\x82\xAC", 3);
    }
    text[3000] = '\0';
    for (size_t shift = 0; shift < 3; shift++) {
        struct mst_error err;
        (void)mst_fail(&err, MST_FATAL, "x", 0, "%.*s%s", (int)shift, "ab",
                       text);
        size_t len = strlen(err.text);
        assert_in_range(len, MST_ERROR_TEXT_MAX - 5, MST_ERROR_TEXT_MAX - 1);
        assert_int_equal(mst_utf8_valid((const uint8_t *)err.text, len), len);
    }
}

static void
failing_without_an_error_is_allowed(void **state)
{
    (void)state;
    assert_int_equal(mst_fail(NULL, MST_RETRY, "x", 0, "y"), MST_RETRY);
    mst_error_prefix(NULL, "x");
    mst_error_hint(NULL, "x");
    mst_error_lasts(NULL);
}

static void
what_lasts_does_so_with_context_until_the_next_failure(void **state)
{
    (void)state;
    struct mst_error err;
    (void)mst_fail(&err, MST_FATAL, "x", 0, "y");
    assert_int_equal(err.retry_after_ms, 0);
    mst_error_lasts(&err);
    mst_error_prefix(&err, "z: ");
    mst_error_hint(&err, "h");
    assert_true(err.retry_after_ms < 0);
    (void)mst_fail(&err, MST_FATAL, "x", 0, "y");
    assert_int_equal(err.retry_after_ms, 0);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_failure_says_who_what_and_why),
        cmocka_unit_test(a_long_message_is_cut_on_a_character),
        cmocka_unit_test(failing_without_an_error_is_allowed),
        cmocka_unit_test(
            what_lasts_does_so_with_context_until_the_next_failure),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
