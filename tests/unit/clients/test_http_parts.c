/* SPDX-License-Identifier: MIT */
/* What requests are made of, and what answers mean. */
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "clients/http_event.h"
#include "clients/http_service.h"
#include "clients/http_status.h"
#include "clients/http_target.h"
#include "unit/cmocka_all.h"

/* Options are not const. */
#define T(text) ((char *)(uintptr_t)(text))

static struct mst_attribute
pair(const char *name, const char *value)
{
    return (struct mst_attribute){mst_slice_str(name), mst_slice_str(value)};
}

/* --- addresses ------------------------------------------------------------ */

static void
host_and_resource_are_joined_by_one_slash(void **state)
{
    (void)state;
    static const struct {
        const char *host;
        const char *resource;
        const char *url;
    } cases[] = {
        {"http://h", "", "http://h"},
        {"http://h/", "", "http://h"},
        {"http://h/api", "x", "http://h/api/x"},
        {"http://h/api/", "/x/y", "http://h/api/x/y"},
        {"http://h/api", "?a=b", "http://h/api?a=b"},
        {"https://h:1", "http://evil/", "https://h:1/http://evil/"},
        {"http://h", "{op}/{key}", "http://h/update/a%2Fb%20c"},
        {"http://h", "{database}.{attr:t-x}", "http://h/db.%C3%A4"},
    };
    const struct mst_attribute attributes[] = {pair("database", "db"),
                                               pair("t-x", "\xc3\xa4")};
    const struct mst_event event = {
        .op = MST_OP_UPDATE, .attributes = attributes, .attributes_len = 2};
    for (size_t i = 0; i < MST_ARRAY_SIZE(cases); i++) {
        struct mst_http_target target;
        struct mst_buf out;
        mst_buf_init(&out, 1000);
        assert_int_equal(mst_http_target_init(&target, cases[i].host,
                                              cases[i].resource, NULL),
                         MST_OK);
        assert_int_equal(mst_http_target_make(&target, &event,
                                              MST_SLICE_LIT("a/b c"), &out,
                                              NULL),
                         MST_OK);
        assert_string_equal((const char *)out.data, cases[i].url);
        mst_http_target_clear(&target);
        mst_buf_clear(&out);
    }
}

static void
a_resource_that_is_no_path_is_refused(void **state)
{
    (void)state;
    static const char *const wrong[] = {"a b",  "a#b",     "{nothing}", "{key",
                                        "key}", "{attr:}", "\xc3\xa4",  "a\n"};
    for (size_t i = 0; i < MST_ARRAY_SIZE(wrong); i++) {
        struct mst_http_target target;
        struct mst_error err;
        assert_int_equal(
            mst_http_target_init(&target, "http://h", wrong[i], &err),
            MST_FATAL);
        assert_non_null(strstr(err.text, "resource"));
    }
}

static void
an_event_without_what_the_path_needs_is_rejected(void **state)
{
    (void)state;
    const struct mst_event event = {0};
    const struct mst_slice keys[] = {MST_SLICE_NONE, MST_SLICE_LIT(""),
                                     MST_SLICE_LIT("."), MST_SLICE_LIT("..")};
    for (size_t i = 0; i < MST_ARRAY_SIZE(keys); i++) {
        struct mst_http_target target;
        struct mst_buf out;
        struct mst_error err;
        mst_buf_init(&out, 1000);
        assert_int_equal(
            mst_http_target_init(&target, "http://h", "u/{key}", NULL), MST_OK);
        assert_int_equal(
            mst_http_target_make(&target, &event, keys[i], &out, &err),
            MST_REJECTED);
        mst_http_target_clear(&target);
        mst_buf_clear(&out);
    }
}

/* --- headers -------------------------------------------------------------- */

/* The lines, with '|' for each end. */
static char *
lines_of(struct mst_buf *out)
{
    for (size_t i = 0; i < out->len; i++) {
        out->data[i] = out->data[i] == '\0' ? '|' : out->data[i];
    }
    char *text = mst_buf_text(out);
    assert_non_null(text);
    return text;
}

static void
attributes_become_headers(void **state)
{
    (void)state;
    char *listed[] = {T("job"), T("key"), T("source_ts_ms"), T("b")};
    char *none[] = {T("none")};
    const struct mst_attribute attributes[] = {pair("a", "1"), pair("b", ""),
                                               pair("op", "u")};
    struct mst_event event = {.op = MST_OP_UPDATE,
                              .source_ts_ms = 12,
                              .attributes = attributes,
                              .attributes_len = 3};
    struct mst_delivery delivery = {.event = &event};
    struct mst_delivery *one = &delivery;
    const struct {
        struct mst_strings names;
        const char *lines;
    } cases[] = {
        {{NULL, 0}, "X-op: update|X-a: 1|X-b;|"},
        {{none, 1}, ""},
        {{listed, 4}, "X-job: j|X-key: k|X-source_ts_ms: 12|X-b;|"},
    };
    for (size_t i = 0; i < MST_ARRAY_SIZE(cases); i++) {
        struct mst_http_fields fields;
        struct mst_buf out;
        mst_buf_init(&out, 1000);
        mst_http_fields_init(&fields, &cases[i].names, "j");
        assert_int_equal(mst_http_fields_append(&fields, &one, 1,
                                                MST_SLICE_LIT("k"), &out, NULL),
                         MST_OK);
        assert_string_equal(lines_of(&out), cases[i].lines);
        mst_buf_clear(&out);
    }
}

static void
an_attribute_can_not_make_a_header_of_its_own(void **state)
{
    (void)state;
    const struct mst_attribute wrong[] = {pair("a", "1\r\nX-Evil: 1"),
                                          pair("a", "1\n"),
                                          pair("a b", "1"),
                                          pair("a:", "1"),
                                          pair("", "1"),
                                          pair("a\r\nb", "1")};
    for (size_t i = 0; i < MST_ARRAY_SIZE(wrong); i++) {
        const struct mst_strings all = {NULL, 0};
        struct mst_event event = {.attributes = &wrong[i], .attributes_len = 1};
        struct mst_delivery delivery = {.event = &event};
        struct mst_delivery *one = &delivery;
        struct mst_http_fields fields;
        struct mst_buf out;
        struct mst_error err;
        mst_buf_init(&out, 1000);
        mst_http_fields_init(&fields, &all, "j");
        assert_int_equal(mst_http_fields_append(&fields, &one, 1,
                                                MST_SLICE_NONE, &out, &err),
                         MST_REJECTED);
        mst_buf_clear(&out);
    }
}

static void
a_batch_has_the_headers_that_hold_for_all(void **state)
{
    (void)state;
    const struct mst_strings all = {NULL, 0};
    const struct mst_attribute left[] = {pair("collection", "c"),
                                         pair("offset", "1"), pair("x", "y")};
    const struct mst_attribute right[] = {pair("collection", "c"),
                                          pair("offset", "2"), pair("x", "y")};
    const struct mst_attribute other[] = {pair("collection", "d")};
    struct mst_event a = {.attributes = left, .attributes_len = 3};
    struct mst_event b = {.attributes = right, .attributes_len = 3};
    struct mst_event c = {.attributes = other, .attributes_len = 1};
    struct mst_event d = b;
    d.op = MST_OP_DELETE;
    struct mst_delivery deliveries[] = {{.event = &a}, {.event = &b}};
    struct mst_delivery *both[] = {&deliveries[0], &deliveries[1]};
    struct mst_http_fields fields;
    struct mst_buf out;
    mst_buf_init(&out, 1000);
    mst_http_fields_init(&fields, &all, "j");
    assert_true(mst_http_fields_agree(&fields, &a, &b));
    assert_false(mst_http_fields_agree(&fields, &a, &c));
    assert_false(mst_http_fields_agree(&fields, &b, &d));
    assert_int_equal(
        mst_http_fields_append(&fields, both, 2, MST_SLICE_NONE, &out, NULL),
        MST_OK);
    assert_string_equal(lines_of(&out), "X-op: none|X-collection: c|X-x: y|");
    mst_buf_clear(&out);
}

static void
an_idempotency_key_is_the_events_own(void **state)
{
    (void)state;
    struct mst_event events[] = {{.mark = MST_SLICE_LIT("1")},
                                 {.mark = MST_SLICE_LIT("2")}};
    struct mst_delivery deliveries[] = {
        {.event = &events[0], .payload = MST_SLICE_LIT("x")},
        {.event = &events[1], .payload = MST_SLICE_LIT("x")},
        {.event = &events[1], .payload = MST_SLICE_LIT("y")}};
    struct mst_delivery *at[] = {&deliveries[0], &deliveries[1],
                                 &deliveries[2]};
    char keys[5][MST_HTTP_KEY_HEX + 1];
    char again[MST_HTTP_KEY_HEX + 1];
    mst_http_idempotency_key("j", &at[0], 1, keys[0]);
    mst_http_idempotency_key("j", &at[1], 1, keys[1]);
    mst_http_idempotency_key("j", &at[2], 1, keys[2]);
    mst_http_idempotency_key("j", &at[0], 2, keys[3]);
    mst_http_idempotency_key("k", &at[0], 1, keys[4]);
    mst_http_idempotency_key("j", &at[0], 1, again);
    assert_string_equal(keys[0], again);
    for (size_t i = 0; i < 5; i++) {
        for (size_t k = i + 1; k < 5; k++) {
            assert_string_not_equal(keys[i], keys[k]);
        }
    }
}

static void
a_content_type_says_the_encoding(void **state)
{
    (void)state;
    bool framed = true;
    assert_int_equal(
        mst_http_encoding_of("application/json; charset=utf-8", &framed),
        MST_ENCODING_JSON);
    assert_false(framed);
    assert_int_equal(mst_http_encoding_of("Application/BSON", &framed),
                     MST_ENCODING_BSON);
    assert_int_equal(mst_http_encoding_of("application/problem+json", &framed),
                     MST_ENCODING_JSON);
    assert_int_equal(mst_http_encoding_of("text/html", &framed),
                     MST_ENCODING_NONE);
    assert_int_equal(mst_http_encoding_of("", &framed), MST_ENCODING_NONE);
    assert_false(framed);
    assert_int_equal(
        mst_http_encoding_of("application/x-mstream-framed", &framed),
        MST_ENCODING_NONE);
    assert_true(framed);
}

/* --- answers -------------------------------------------------------------- */

static void
every_status_has_an_outcome(void **state)
{
    (void)state;
    static const struct {
        long status;
        enum mst_status fixed;
        enum mst_status varies;
    } cases[] = {
        {200, MST_OK, MST_OK},
        {202, MST_OK, MST_OK},
        {204, MST_OK, MST_OK},
        {299, MST_OK, MST_OK},
        {301, MST_FATAL, MST_FATAL},
        {302, MST_FATAL, MST_FATAL},
        {304, MST_FATAL, MST_FATAL},
        {400, MST_REJECTED, MST_REJECTED},
        {401, MST_FATAL, MST_FATAL},
        {403, MST_FATAL, MST_FATAL},
        {404, MST_FATAL, MST_REJECTED},
        {405, MST_FATAL, MST_REJECTED},
        {407, MST_FATAL, MST_FATAL},
        {408, MST_RETRY, MST_RETRY},
        {409, MST_REJECTED, MST_REJECTED},
        {410, MST_FATAL, MST_REJECTED},
        {413, MST_REJECTED, MST_REJECTED},
        {415, MST_REJECTED, MST_REJECTED},
        {421, MST_RETRY, MST_RETRY},
        {422, MST_REJECTED, MST_REJECTED},
        {423, MST_RETRY, MST_RETRY},
        {425, MST_RETRY, MST_RETRY},
        {429, MST_RETRY, MST_RETRY},
        {500, MST_RETRY, MST_RETRY},
        {501, MST_FATAL, MST_REJECTED},
        {502, MST_RETRY, MST_RETRY},
        {503, MST_RETRY, MST_RETRY},
        {505, MST_FATAL, MST_FATAL},
        {599, MST_RETRY, MST_RETRY},
    };
    const struct mst_string_map empty = {0};
    const struct mst_http_rules fixed = {.outcomes = &empty};
    const struct mst_http_rules varies = {&empty, true};
    for (size_t i = 0; i < MST_ARRAY_SIZE(cases); i++) {
        assert_int_equal(mst_http_status_judge(&fixed, cases[i].status),
                         cases[i].fixed);
        assert_int_equal(mst_http_status_judge(&varies, cases[i].status),
                         cases[i].varies);
    }
}

static void
outcomes_of_the_user_win(void **state)
{
    (void)state;
    char *names[] = {T("409"), T("404")};
    char *values[] = {T("ok"), T("rejected")};
    const struct mst_string_map map = {
        .names = names, .values = values, .len = 2};
    const struct mst_http_rules rules = {.outcomes = &map};
    struct mst_error err;
    assert_int_equal(mst_http_outcomes_check(&map, &err), MST_OK);
    assert_int_equal(mst_http_status_judge(&rules, 409), MST_OK);
    assert_int_equal(mst_http_status_judge(&rules, 404), MST_REJECTED);
    assert_int_equal(mst_http_status_judge(&rules, 400), MST_REJECTED);
    values[0] = T("fine");
    assert_int_equal(mst_http_outcomes_check(&map, &err), MST_FATAL);
    values[0] = T("ok");
    names[1] = T("40x");
    assert_int_equal(mst_http_outcomes_check(&map, &err), MST_FATAL);
    names[1] = T("600");
    assert_int_equal(mst_http_outcomes_check(&map, &err), MST_FATAL);
}

static void
a_failure_shows_one_line_of_the_answer(void **state)
{
    (void)state;
    struct mst_http_answer answer = {.status = 422};
    struct mst_error err;
    mst_buf_init(&answer.body, 2000);
    assert_int_equal(mst_buf_append(&answer.body, "no\r\n\x01 \xff name\0", 13),
                     MST_OK);
    assert_int_equal(mst_http_status_fail(MST_REJECTED, &answer, "POST",
                                          "http://h/p?token=secret", &err),
                     MST_REJECTED);
    assert_string_equal(err.text, "POST http://h/p: status 422: no ? name ");
    mst_buf_reset(&answer.body);
    for (size_t i = 0; i < 1000; i++) {
        assert_int_equal(mst_buf_append_char(&answer.body, 'x'), MST_OK);
    }
    (void)mst_http_status_fail(MST_REJECTED, &answer, "POST", "http://h", &err);
    assert_int_equal(strlen(strstr(err.text, ": x") + 2), MST_HTTP_EXCERPT_MAX);
    mst_buf_clear(&answer.body);
}

/* --- logins --------------------------------------------------------------- */

static void
logins_become_header_lines(void **state)
{
    (void)state;
    struct mst_http_auth_options cases[] = {
        {.kind = MST_HTTP_AUTH_NONE},
        {.kind = MST_HTTP_AUTH_BASIC, .username = T("a"), .password = T("b:c")},
        {.kind = MST_HTTP_AUTH_BEARER, .token = T("t0ken")},
        {.kind = MST_HTTP_AUTH_API_KEY, .header = T("X-Key"), .key = T("k")},
    };
    static const char *const lines[] = {
        NULL, "Authorization: Basic YTpiOmM=", "Authorization: Bearer t0ken",
        "X-Key: k"};
    const struct mst_http_options http = {0};
    for (size_t i = 0; i < MST_ARRAY_SIZE(cases); i++) {
        struct mst_http_auth *auth = NULL;
        assert_int_equal(mst_http_auth_create(&cases[i], &http, &auth, NULL),
                         MST_OK);
        assert_false(mst_http_auth_is_due(auth));
        assert_false(mst_http_auth_refused(auth, 0));
        if (lines[i] == NULL) {
            assert_null(mst_http_auth_line(auth));
        } else {
            assert_string_equal(mst_http_auth_line(auth), lines[i]);
        }
        mst_http_auth_destroy(auth);
    }
}

static void
put(const char *path, const char *text)
{
    FILE *file = fopen(path, "w");
    assert_non_null(file);
    assert_true(fputs(text, file) >= 0);
    assert_int_equal(fclose(file), 0);
}

static void
a_token_file_is_read_again_when_it_is_refused(void **state)
{
    (void)state;
    char path[] = "/tmp/mst_token_XXXXXX";
    int fd = mkstemp(path);
    assert_true(fd >= 0);
    assert_int_equal(close(fd), 0);
    const struct mst_http_options http = {0};
    struct mst_http_auth_options options = {.kind = MST_HTTP_AUTH_BEARER,
                                            .token_file = path};
    struct mst_http_auth *auth = NULL;
    struct mst_error err;
    assert_int_equal(mst_http_auth_create(&options, &http, &auth, &err),
                     MST_OK);
    assert_true(mst_http_auth_is_due(auth));
    assert_int_equal(mst_http_auth_renew(auth, &err), MST_RETRY);
    put(path, " first-token\n");
    assert_int_equal(mst_http_auth_renew(auth, &err), MST_OK);
    assert_string_equal(mst_http_auth_line(auth),
                        "Authorization: Bearer first-token");
    assert_true(mst_http_auth_refused(auth, INT64_MAX));
    assert_true(mst_http_auth_is_due(auth));
    put(path, "second-token");
    assert_int_equal(mst_http_auth_renew(auth, &err), MST_OK);
    assert_string_equal(mst_http_auth_line(auth),
                        "Authorization: Bearer second-token");
    /* That was the old one; this is the new one, refused as well. */
    assert_true(mst_http_auth_refused(auth, 0));
    assert_false(mst_http_auth_refused(auth, INT64_MAX));
    mst_http_auth_accepted(auth);
    assert_true(mst_http_auth_refused(auth, INT64_MAX));
    mst_http_auth_destroy(auth);
    assert_int_equal(unlink(path), 0);
}

static void
what_a_server_echoes_has_no_login_in_it(void **state)
{
    (void)state;
    const struct mst_http_options http = {0};
    struct mst_http_auth_options options = {.kind = MST_HTTP_AUTH_BASIC,
                                            .username = T("a"),
                                            .password = T("pa55word")};
    struct mst_http_auth *auth = NULL;
    struct mst_error err;
    mst_error_clear(&err);
    assert_int_equal(mst_http_auth_create(&options, &http, &auth, &err),
                     MST_OK);
    (void)mst_fail(&err, MST_REJECTED, "http", 0,
                   "you said pa55word and Basic YTpwYTU1d29yZA== and pa55w");
    mst_http_auth_conceal(auth, &err);
    assert_string_equal(
        err.text, "you said ******** and Basic **************** and *****");
    mst_http_auth_destroy(auth);
}

struct heard {
    struct mst_complaints complaints; /* first: add casts back */
    size_t errors;
    size_t warnings;
};

static void
hear(struct mst_complaints *self, bool error, const char *key,
     const struct mst_error *err)
{
    (void)key;
    (void)err;
    struct heard *heard = (struct heard *)self;
    heard->errors += error ? 1 : 0;
    heard->warnings += error ? 0 : 1;
}

struct service_case {
    struct mst_http_service service;
    size_t errors;
    size_t warnings;
};

static void
check_services(const struct service_case *cases, size_t n)
{
    for (size_t i = 0; i < n; i++) {
        struct heard heard = {.complaints = {.add = hear}};
        struct mst_http_service service = cases[i].service;
        service.max_retries = -1;
        service.base_backoff_ms = -1;
        mst_http_service_check(&service, &heard.complaints);
        assert_int_equal(heard.errors, cases[i].errors);
        assert_int_equal(heard.warnings, cases[i].warnings);
    }
}

static void
a_service_is_checked_without_a_network(void **state)
{
    (void)state;
    char *names[] = {T("X-A")};
    char *host_name[] = {T("Host")};
    char *fine[] = {T("1")};
    char *split[] = {T("1\r\nX-B: 2")};
    const struct mst_string_map good = {names, fine, NULL, NULL, 1};
    const struct mst_string_map owned = {host_name, fine, NULL, NULL, 1};
    const struct mst_string_map evil = {names, split, NULL, NULL, 1};
    const struct service_case cases[] = {
        {{.host = T("https://h"), .headers = good}, 0, 0},
        {{.host = T("ftp://h")}, 1, 0},
        {{.host = T("http://u:p@h")}, 1, 0},
        {{.host = T("http://h?x=1")}, 1, 0},
        {{.host = T("http://h"), .headers = owned}, 1, 0},
        {{.host = T("http://h"), .headers = evil}, 1, 0},
        {{.host = T("https://h"), .tls = {.insecure = true}}, 0, 1},
        {{.host = T("https://h"), .tls = {.key_file = T("/nowhere")}}, 2, 0},
    };
    check_services(cases, MST_ARRAY_SIZE(cases));
}

static void
a_login_is_checked_without_a_network(void **state)
{
    (void)state;
    const struct service_case cases[] = {
        {{.host = T("https://h"), .auth = {.kind = MST_HTTP_AUTH_BASIC}}, 1, 0},
        {{.host = T("https://h"), .auth = {.kind = MST_HTTP_AUTH_BEARER}},
         1,
         0},
        {{.host = T("https://h"),
          .auth = {.kind = MST_HTTP_AUTH_BEARER, .token = T("a\nb")}},
         1,
         0},
        {{.host = T("http://h"),
          .auth = {.kind = MST_HTTP_AUTH_BEARER, .token = T("t")}},
         0,
         1},
        {{.host = T("https://h"), .auth = {.token = T("t")}}, 1, 0},
        {{.host = T("https://h"),
          .auth = {.kind = MST_HTTP_AUTH_API_KEY,
                   .header = T("a b"),
                   .key = T("k")}},
         1,
         0},
        {{.host = T("https://h"), .auth = {.kind = MST_HTTP_AUTH_OAUTH2}},
         1,
         0},
        {{.host = T("https://h"),
          .auth = {.kind = MST_HTTP_AUTH_OAUTH2,
                   .token_url = T("http://t"),
                   .client_id = T("i"),
                   .client_secret = T("s")}},
         0,
         1},
    };
    check_services(cases, MST_ARRAY_SIZE(cases));
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(host_and_resource_are_joined_by_one_slash),
        cmocka_unit_test(a_resource_that_is_no_path_is_refused),
        cmocka_unit_test(an_event_without_what_the_path_needs_is_rejected),
        cmocka_unit_test(attributes_become_headers),
        cmocka_unit_test(an_attribute_can_not_make_a_header_of_its_own),
        cmocka_unit_test(a_batch_has_the_headers_that_hold_for_all),
        cmocka_unit_test(an_idempotency_key_is_the_events_own),
        cmocka_unit_test(a_content_type_says_the_encoding),
        cmocka_unit_test(every_status_has_an_outcome),
        cmocka_unit_test(outcomes_of_the_user_win),
        cmocka_unit_test(a_failure_shows_one_line_of_the_answer),
        cmocka_unit_test(logins_become_header_lines),
        cmocka_unit_test(a_token_file_is_read_again_when_it_is_refused),
        cmocka_unit_test(what_a_server_echoes_has_no_login_in_it),
        cmocka_unit_test(a_service_is_checked_without_a_network),
        cmocka_unit_test(a_login_is_checked_without_a_network),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
