/* SPDX-License-Identifier: MIT */
/* Heads of requests: what is one, what is none, and what is ambiguous. */
#include "unit/cmocka_all.h"

#include "api/head.h"

struct reading {
    char *text;
    struct mst_api_request request;
    struct mst_api_framing framing;
    int status; /* 200, or how it was refused */
};

static struct reading
read_head(const char *text, size_t len)
{
    struct reading got = {.text = malloc(len + 1)};
    struct mst_api_answer answer;
    assert_non_null(got.text);
    memcpy(got.text, text, len);
    mst_api_answer_init(&answer);
    bool good =
        mst_api_head_read(got.text, len, &got.request, &got.framing, &answer);
    got.status = answer.status;
    assert_int_equal(good, answer.status == 200);
    mst_api_answer_clear(&answer);
    return got;
}

static void
a_head_is_whole_with_its_empty_line(void **state)
{
    static const char text[] = "GET / HTTP/1.1\r\nHost: a\r\n\r\nbody\r\n\r\n";
    const size_t end = strlen("GET / HTTP/1.1\r\nHost: a\r\n\r\n");
    (void)state;
    assert_int_equal(mst_api_head_end(NULL, 0), 0);
    for (size_t len = 0; len < sizeof(text); len++) {
        assert_int_equal(mst_api_head_end(text, len), len >= end ? end : 0);
    }
}

static void
what_a_request_says_is_understood(void **state)
{
    static const char text[] =
        "POST /jobs/%41?x=1&y=? HTTP/1.1\r\nhost:  a:1 \t\r\nX-Y: z\r\n"
        "CONTENT-TYPE: application/json\r\ncontent-length: 17\r\n"
        "Authorization: Bearer t\r\nOrigin: http://a:1\r\nCookie: a=b\r\n"
        "Last-Event-ID:7\r\nConnection: x, Close\r\n"
        "Expect: 100-Continue\r\nEmpty:\r\n\r\n";
    (void)state;
    struct reading got = read_head(text, strlen(text));
    assert_int_equal(got.status, 200);
    assert_string_equal(got.request.method, "POST");
    assert_string_equal(got.request.path, "/jobs/%41");
    assert_string_equal(got.request.query, "x=1&y=?");
    assert_string_equal(got.request.host, "a:1");
    assert_string_equal(got.request.content_type, "application/json");
    assert_string_equal(got.request.authorization, "Bearer t");
    assert_string_equal(got.request.origin, "http://a:1");
    assert_string_equal(got.request.cookie, "a=b");
    assert_string_equal(got.request.last_event_id, "7");
    assert_int_equal(got.framing.length, 17);
    assert_true(got.framing.close && got.framing.expects);
    assert_false(got.framing.headless);
    free(got.text);
}

static void
connections_are_kept_as_their_version_has_it(void **state)
{
    static const struct {
        const char *text;
        bool close;
        bool headless;
    } cases[] = {
        {"GET / HTTP/1.1\r\nHost: a\r\n\r\n", false, false},
        {"HEAD / HTTP/1.1\r\nHost: a\r\n\r\n", false, true},
        {"GET / HTTP/1.1\r\nHost: a\r\nConnection: closed\r\n\r\n", false,
         false},
        {"GET / HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n", true, false},
        {"GET / HTTP/1.0\r\n\r\n", true, false},
        {"GET / HTTP/1.0\r\nConnection: Keep-Alive\r\n\r\n", false, false},
    };
    (void)state;
    for (size_t i = 0; i < MST_ARRAY_SIZE(cases); i++) {
        struct reading got = read_head(cases[i].text, strlen(cases[i].text));
        assert_int_equal(got.status, 200);
        assert_int_equal(got.framing.close, cases[i].close);
        assert_int_equal(got.framing.headless, cases[i].headless);
        assert_string_equal(got.request.method, "GET");
        free(got.text);
    }
}

#define GET "GET / HTTP/1.1\r\nHost: a\r\n"

static const struct wrong_head {
    const char *text;
    int status;
} wrong_heads[] = {
    {"\r\n\r\n", 400},
    {"GARBAGE\r\n\r\n", 400},
    {"GET /\r\n\r\n", 400},
    {"GET  / HTTP/1.1\r\nHost: a\r\n\r\n", 400},
    {"GET /  HTTP/1.1\r\nHost: a\r\n\r\n", 505},
    {" GET / HTTP/1.1\r\nHost: a\r\n\r\n", 400},
    {"G(T / HTTP/1.1\r\nHost: a\r\n\r\n", 400},
    {"GET / HTTP/1.1 \r\nHost: a\r\n\r\n", 505},
    {"GET / HTTP/2.0\r\nHost: a\r\n\r\n", 505},
    {"GET / HTTP/1.10\r\nHost: a\r\n\r\n", 505},
    {"GET / http/1.1\r\nHost: a\r\n\r\n", 505},
    {"GET a HTTP/1.1\r\nHost: a\r\n\r\n", 400},
    {"GET * HTTP/1.1\r\nHost: a\r\n\r\n", 400},
    {"GET http://a/ HTTP/1.1\r\nHost: a\r\n\r\n", 400},
    {"GET /#a HTTP/1.1\r\nHost: a\r\n\r\n", 400},
    {"GET /\x80 HTTP/1.1\r\nHost: a\r\n\r\n", 400},
    {"GET /\x7F HTTP/1.1\r\nHost: a\r\n\r\n", 400},
    {"GET /\tb HTTP/1.1\r\nHost: a\r\n\r\n", 400},
    {"GET / HTTP/1.1\nHost: a\r\n\r\n", 400},
    {"GET / HTTP/1.1\r\n\r\n", 400}, /* no Host */
    {GET "Host: a\r\n\r\n", 400},
    {GET "HOST: b\r\n\r\n", 400},
    {GET "Authorization: a\r\nauthorization: a\r\n\r\n", 400},
    {GET "Cookie: a\r\nCookie: b\r\n\r\n", 400},
    {GET "X : a\r\n\r\n", 400},
    {GET ": a\r\n\r\n", 400},
    {GET "X\r\n\r\n", 400},
    {GET "X: a\r\n b\r\n\r\n", 400}, /* folded */
    {GET "X: a\nY: b\r\n\r\n", 400},
    {GET "X: a\rY: b\r\n\r\n", 400},
    {GET "X: \x01\r\n\r\n", 400},
    {GET "Content-Length: 1\r\nContent-Length: 1\r\n\r\n", 400},
    {GET "Content-Length: 1, 1\r\n\r\n", 400},
    {GET "Content-Length: +1\r\n\r\n", 400},
    {GET "Content-Length: -1\r\n\r\n", 400},
    {GET "Content-Length: 0x1\r\n\r\n", 400},
    {GET "Content-Length:\r\n\r\n", 400},
    {GET "Content-Length: 1 1\r\n\r\n", 400},
    {GET "Content-Length: 99999999999999999999\r\n\r\n", 400},
    {GET "Content-Length: 1\r\nTransfer-Encoding: chunked\r\n\r\n", 400},
    {GET "Transfer-Encoding: chunked\r\nContent-Length: 1\r\n\r\n", 400},
    {GET "Transfer-Encoding: chunked\r\n\r\n", 411},
    {GET "Transfer-Encoding: identity\r\n\r\n", 411},
    {GET "Expect: a miracle\r\n\r\n", 417},
};

static void
what_can_be_understood_in_two_ways_is_refused(void **state)
{
    (void)state;
    for (size_t i = 0; i < MST_ARRAY_SIZE(wrong_heads); i++) {
        struct reading got =
            read_head(wrong_heads[i].text, strlen(wrong_heads[i].text));
        if (got.status != wrong_heads[i].status) {
            fail_msg("%s: %d", wrong_heads[i].text, got.status);
        }
        assert_true(got.framing.length == 0);
        free(got.text);
    }
    static const char nul[] = GET "X: a\0b\r\n\r\n";
    struct reading got = read_head(nul, sizeof(nul) - 1);
    assert_int_equal(got.status, 400);
    free(got.text);
}

static void
headers_are_counted(void **state)
{
    (void)state;
    for (int i = 0; i < 2; i++) {
        char text[1024];
        size_t len = (size_t)snprintf(text, sizeof(text), GET);
        for (int n = 1; n < MST_API_HEADERS_MAX + i; n++) {
            len += (size_t)snprintf(text + len, sizeof(text) - len, "X: %d\r\n",
                                    n);
        }
        len += (size_t)snprintf(text + len, sizeof(text) - len, "\r\n");
        struct reading got = read_head(text, len);
        assert_int_equal(got.status, i == 0 ? 200 : 431);
        free(got.text);
    }
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_head_is_whole_with_its_empty_line),
        cmocka_unit_test(what_a_request_says_is_understood),
        cmocka_unit_test(connections_are_kept_as_their_version_has_it),
        cmocka_unit_test(what_can_be_understood_in_two_ways_is_refused),
        cmocka_unit_test(headers_are_counted),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
