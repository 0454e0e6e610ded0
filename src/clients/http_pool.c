/* SPDX-License-Identifier: MIT */
/* libcurl's multi interface, one handle per slot that is set up once. */
#include "clients/http_pool.h"

#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "clients/http_easy.h"

enum {
    /* Of an answer that is longer than anybody wants: so much is read to keep
     * the connection, then it is closed. */
    POOL_REST_MAX = 256 * 1024,
    POOL_BUFFER = 16 * 1024 /* libcurl's for sending, per slot */
};

struct pool_slot {
    struct mst_http_pool *pool;
    CURL *easy;
    bool busy;
    const char *url; /* of the request */
    /* libcurl reads this list and keeps none of it. */
    struct curl_slist *nodes;
    size_t nodes_cap;
    struct mst_http_answer answer;
    size_t header_bytes;
    size_t rest; /* bytes of the answer that were dropped */
    bool cut;    /* it is longer than is read */
    bool long_head;
    bool whole_head; /* of the answer, which libcurl takes without its end */
    bool no_memory;
    char said[CURL_ERROR_SIZE];
};

struct mst_http_pool {
    struct mst_http_pool_args args;
    CURLM *multi;
    struct pool_slot *slots;
};

static size_t
pool_take_body(char *data, size_t size, size_t n, void *arg)
{
    struct pool_slot *slot = arg;
    const struct mst_http_pool_args *args = &slot->pool->args;
    size_t len = size * n;
    size_t room = args->answer_max - slot->answer.body.len;
    size_t keep = len < room ? len : room;
    if (mst_buf_append(&slot->answer.body, data, keep) != MST_OK) {
        slot->no_memory = true;
        return 0;
    }
    slot->rest += len - keep;
    slot->cut = slot->rest > (args->whole ? 0 : POOL_REST_MAX);
    return slot->cut ? 0 : len;
}

/* A line that is kept, as "name:value" without what stands around it. */
static bool
pool_keep_line(struct pool_slot *slot, const char *data, size_t len)
{
    const char *prefix = slot->pool->args.keep_headers;
    struct mst_buf *lines = &slot->answer.lines;
    if (len >= 5 && memcmp(data, "HTTP/", 5) == 0) {
        mst_buf_reset(lines); /* of an answer before: 100, 103 */
        return true;
    }
    size_t skip = strlen(prefix);
    const char *colon = memchr(data, ':', len);
    if (colon == NULL || len < skip || strncasecmp(data, prefix, skip) != 0) {
        return true;
    }
    const char *value = colon + 1;
    const char *end = data + len;
    while (value < end && (*value == ' ' || *value == '\t')) {
        value++;
    }
    while (end > value && (unsigned char)end[-1] <= ' ') {
        end--;
    }
    return memchr(value, 0, (size_t)(end - value)) != NULL
           || (mst_buf_append(lines, data + skip,
                              (size_t)(colon + 1 - data) - skip)
                   == MST_OK
               && mst_buf_append(lines, value, (size_t)(end - value)) == MST_OK
               && mst_buf_append_char(lines, '\0') == MST_OK);
}

/* Headers are counted: a server may send them without end. */
static size_t
pool_take_header(char *data, size_t size, size_t n, void *arg)
{
    struct pool_slot *slot = arg;
    slot->header_bytes += size * n;
    slot->long_head = slot->header_bytes > MST_HTTP_HEADERS_MAX;
    slot->whole_head = mst_http_easy_head(data, size * n, slot->whole_head);
    if (slot->pool->args.keep_headers != NULL && !slot->long_head
        && !pool_keep_line(slot, data, size * n)) {
        slot->no_memory = true;
        return 0;
    }
    return slot->long_head ? 0 : size * n;
}

static bool
pool_set_up_slot(struct mst_http_pool *pool, struct pool_slot *slot)
{
    slot->pool = pool;
    mst_buf_init(&slot->answer.body, pool->args.answer_max);
    mst_buf_init(&slot->answer.lines, MST_HTTP_HEADERS_MAX);
    slot->easy = curl_easy_init();
    CURL *easy = slot->easy;
    return easy != NULL && mst_http_easy_set_up(easy, pool->args.options, NULL)
           && mst_http_easy_number(easy, CURLOPT_UPLOAD_BUFFERSIZE, POOL_BUFFER)
           && mst_http_easy_number(easy, CURLOPT_HTTP_VERSION,
                                   CURL_HTTP_VERSION_1_1)
           && mst_http_easy_number(easy, CURLOPT_POST, 1)
           && curl_easy_setopt(easy, CURLOPT_ERRORBUFFER, slot->said)
                  == CURLE_OK
           && curl_easy_setopt(easy, CURLOPT_WRITEFUNCTION, pool_take_body)
                  == CURLE_OK
           && curl_easy_setopt(easy, CURLOPT_WRITEDATA, slot) == CURLE_OK
           && curl_easy_setopt(easy, CURLOPT_HEADERFUNCTION, pool_take_header)
                  == CURLE_OK
           && curl_easy_setopt(easy, CURLOPT_HEADERDATA, slot) == CURLE_OK
           && curl_easy_setopt(easy, CURLOPT_PRIVATE, slot) == CURLE_OK;
}

enum mst_status
mst_http_pool_create(const struct mst_http_pool_args *args,
                     struct mst_http_pool **ret_pool, struct mst_error *err)
{
    struct mst_http_pool *pool = calloc(1, sizeof(*pool));
    if (pool == NULL) {
        return mst_fail_memory(err, "http");
    }
    pool->args = *args;
    pool->multi = curl_multi_init();
    pool->slots = calloc(args->slots, sizeof(*pool->slots));
    bool good = pool->multi != NULL && pool->slots != NULL
                && curl_multi_setopt(pool->multi, CURLMOPT_MAXCONNECTS,
                                     (long)args->slots)
                       == CURLM_OK;
    for (size_t i = 0; good && i < args->slots; i++) {
        good = pool_set_up_slot(pool, &pool->slots[i]);
    }
    if (!good) {
        mst_http_pool_destroy(pool);
        return mst_fail_memory(err, "http");
    }
    *ret_pool = pool;
    return MST_OK;
}

void
mst_http_pool_destroy(struct mst_http_pool *pool)
{
    if (pool == NULL) {
        return;
    }
    for (size_t i = 0; pool->slots != NULL && i < pool->args.slots; i++) {
        struct pool_slot *slot = &pool->slots[i];
        mst_http_pool_cancel(pool, i);
        curl_easy_cleanup(slot->easy);
        mst_buf_clear(&slot->answer.body);
        mst_buf_clear(&slot->answer.lines);
        free(slot->nodes);
    }
    free(pool->slots);
    /* It holds no handles by now. */
    (void)curl_multi_cleanup(pool->multi);
    free(pool);
}

/* libcurl does not write to the lines it is lent. */
static char *
pool_lend(const uint8_t *line)
{
    union {
        const uint8_t *in;
        char *out;
    } lent = {.in = line};
    return lent.out;
}

static bool
pool_add_line(struct pool_slot *slot, size_t n, char *line)
{
    if (n == slot->nodes_cap) {
        size_t cap = n == 0 ? 16 : n * 2;
        struct curl_slist *nodes =
            realloc(slot->nodes, cap * sizeof(*slot->nodes));
        if (nodes == NULL) {
            return false;
        }
        slot->nodes = nodes;
        slot->nodes_cap = cap;
    }
    slot->nodes[n].data = line;
    return true;
}

/* Makes the list of header lines; nodes move while it grows, so they are
 * linked at the end. */
static bool
pool_set_lines(struct pool_slot *slot, struct mst_slice lines)
{
    static const char expect[] = "Expect:"; /* no round trip before a body */
    size_t n = 0;
    bool good = pool_add_line(slot, n++, pool_lend((const uint8_t *)expect));
    for (size_t at = 0; good && at < lines.len;) {
        char *line = pool_lend(lines.data + at);
        good = pool_add_line(slot, n++, line);
        at += strlen(line) + 1;
    }
    for (size_t i = 0; good && i < n; i++) {
        slot->nodes[i].next = i + 1 < n ? &slot->nodes[i + 1] : NULL;
    }
    return good
           && curl_easy_setopt(slot->easy, CURLOPT_HTTPHEADER, slot->nodes)
                  == CURLE_OK;
}

static bool
pool_set_request(struct pool_slot *slot, const struct mst_http_send *send)
{
    CURL *easy = slot->easy;
    bool none = send->body.data == NULL;
    return mst_http_easy_text(easy, CURLOPT_URL, send->url)
           && mst_http_easy_text(easy, CURLOPT_CUSTOMREQUEST, send->method)
           && pool_set_lines(slot, send->headers)
           && curl_easy_setopt(easy, CURLOPT_POSTFIELDSIZE_LARGE,
                               (curl_off_t)send->body.len)
                  == CURLE_OK
           && curl_easy_setopt(easy, CURLOPT_POSTFIELDS,
                               none ? (const void *)"" : send->body.data)
                  == CURLE_OK;
}

enum mst_status
mst_http_pool_start(struct mst_http_pool *pool, size_t slot_at,
                    const struct mst_http_send *send, struct mst_error *err)
{
    struct pool_slot *slot = &pool->slots[slot_at];
    slot->url = send->url;
    slot->header_bytes = 0;
    slot->rest = 0;
    slot->cut = false;
    slot->long_head = false;
    slot->whole_head = false;
    slot->no_memory = false;
    slot->said[0] = '\0';
    mst_buf_reset(&slot->answer.body);
    mst_buf_reset(&slot->answer.lines);
    if (!pool_set_request(slot, send)
        || curl_multi_add_handle(pool->multi, slot->easy) != CURLM_OK) {
        return mst_fail_memory(err, "http");
    }
    slot->busy = true;
    return MST_OK;
}

void
mst_http_pool_cancel(struct mst_http_pool *pool, size_t slot)
{
    struct pool_slot *one = &pool->slots[slot];
    if (one->busy) {
        /* Fails only for handles that are not in there. */
        (void)curl_multi_remove_handle(pool->multi, one->easy);
        one->busy = false;
    }
}

enum mst_status
mst_http_pool_turn(struct mst_http_pool *pool, int timeout_ms,
                   struct mst_error *err)
{
    int before = 0;
    int running = 0;
    for (size_t i = 0; i < pool->args.slots; i++) {
        before += pool->slots[i].busy ? 1 : 0;
    }
    CURLMcode code = curl_multi_perform(pool->multi, &running);
    if (code == CURLM_OK && running == before) {
        code = curl_multi_poll(pool->multi, NULL, 0, timeout_ms, NULL);
        if (code == CURLM_OK) {
            code = curl_multi_perform(pool->multi, &running);
        }
    }
    return code == CURLM_OK ? MST_OK : mst_fail_memory(err, "http");
}

static enum mst_status
pool_judge(struct pool_slot *slot, CURLcode code, struct mst_error *err)
{
    char url[MST_HTTP_URL_SHOWN_MAX];
    if ((code == CURLE_OK && slot->whole_head) || slot->cut) {
        mst_http_easy_answer(slot->easy, &slot->answer);
        slot->answer.cut = slot->rest > 0;
        return MST_OK;
    }
    mst_http_url_show(slot->url, url);
    if (slot->no_memory) {
        return mst_fail_memory(err, "http");
    }
    if (slot->long_head) {
        return mst_fail(err, MST_RETRY, "http", 0,
                        "the headers of %s are larger than %d bytes", url,
                        MST_HTTP_HEADERS_MAX);
    }
    return mst_http_easy_fail(code, slot->said, slot->url, err);
}

bool
mst_http_pool_next(struct mst_http_pool *pool, struct mst_http_ended *ret_ended,
                   struct mst_error *err)
{
    int left = 0;
    CURLMsg *message = curl_multi_info_read(pool->multi, &left);
    if (message == NULL) {
        return false;
    }
    struct pool_slot *slot = NULL;
    CURLcode code = message->data.result;
    (void)curl_easy_getinfo(message->easy_handle, CURLINFO_PRIVATE, &slot);
    /* The message is gone with this. */
    (void)curl_multi_remove_handle(pool->multi, slot->easy);
    slot->busy = false;
    *ret_ended = (struct mst_http_ended){.slot = (size_t)(slot - pool->slots),
                                         .status = pool_judge(slot, code, err),
                                         .answer = &slot->answer};
    return true;
}

struct mst_http_answer
mst_http_pool_take(struct mst_http_pool *pool, size_t slot)
{
    struct pool_slot *one = &pool->slots[slot];
    struct mst_http_answer answer = one->answer;
    mst_buf_init(&one->answer.body, pool->args.answer_max);
    mst_buf_init(&one->answer.lines, MST_HTTP_HEADERS_MAX);
    return answer;
}

void
mst_http_pool_wake(struct mst_http_pool *pool)
{
    (void)curl_multi_wakeup(pool->multi);
}
