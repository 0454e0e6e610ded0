/* SPDX-License-Identifier: MIT */
/* The window of events that are asked about. */
#include "udf/http/http_ask.h"

#include <inttypes.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "encodings/bson_json.h"
#include "encodings/bson_reader.h"

enum {
    ASK_WAIT_MS = 100,
    ASK_HEADERS_MAX = 1024 * 1024,
    ASK_URL_MAX = 64 * 1024,
    ASK_AHEAD = 2,                    /* window: so often concurrency */
    ASK_STORED_MAX = 16 * 1024 * 1024 /* bytes of answers that wait */
};

enum ask_state { ASK_WAITING = 0, ASK_SENT, ASK_DONE, ASK_USED };

struct ask_entry {
    const struct mst_event *event;
    enum ask_state state;
    int64_t started_ms;
    struct http_ask_answer answer;
};

struct ask_slot {
    struct ask_entry *entry; /* NULL: free */
    struct mst_buf url;
    struct mst_buf headers;
    struct mst_buf key;
};

struct http_ask {
    struct mst_middleware_args args;
    const struct mst_http_service *service;
    const struct http_ask_options *options;
    struct mst_http_options http;
    struct mst_http_target target;
    struct mst_http_fields fields;
    struct mst_http_rules rules;
    struct mst_http_auth *auth;
    struct mst_buf fixed_headers;
    struct mst_http_pool *pool; /* from open to close */
    atomic_bool interrupted;
    struct ask_slot *slots;
    size_t slots_len;
    size_t busy;
    struct ask_entry *entries;
    size_t entries_len;
    size_t entries_cap;
    size_t first;  /* before it, all are used */
    size_t stored; /* bytes of answers that wait */
    const struct mst_event *alone[1];
};

static void
ask_clear_entry(struct ask_entry *entry)
{
    mst_buf_clear(&entry->answer.http.body);
    mst_buf_clear(&entry->answer.http.lines);
}

/* Nothing is under way and nothing is kept any more. */
static void
ask_forget(struct http_ask *ask)
{
    for (size_t i = 0; i < ask->slots_len; i++) {
        if (ask->slots[i].entry != NULL) {
            mst_http_pool_cancel(ask->pool, i);
            ask->slots[i].entry = NULL;
        }
    }
    for (size_t i = 0; i < ask->entries_len; i++) {
        ask_clear_entry(&ask->entries[i]);
    }
    ask->busy = 0;
    ask->entries_len = 0;
    ask->first = 0;
    ask->stored = 0;
}

void
http_ask_destroy(struct http_ask *ask)
{
    if (ask == NULL) {
        return;
    }
    http_ask_close(ask);
    for (size_t i = 0; ask->slots != NULL && i < ask->slots_len; i++) {
        mst_buf_clear(&ask->slots[i].url);
        mst_buf_clear(&ask->slots[i].headers);
        mst_buf_clear(&ask->slots[i].key);
    }
    mst_http_auth_destroy(ask->auth);
    mst_http_target_clear(&ask->target);
    mst_buf_clear(&ask->fixed_headers);
    free(ask->slots);
    free(ask->entries);
    free(ask);
}

/* Everything that needs no network. */
static enum mst_status
ask_prepare(struct http_ask *ask, struct mst_error *err)
{
    enum mst_status status =
        mst_http_outcomes_check(&ask->options->outcomes, err);
    if (status == MST_OK) {
        status = mst_http_target_init(
            &ask->target, ask->service->host,
            ask->args.resource == NULL ? "" : ask->args.resource, err);
    }
    if (status == MST_OK) {
        status = mst_http_auth_create(&ask->service->auth, &ask->http,
                                      &ask->auth, err);
    }
    if (status == MST_OK
        && mst_http_service_headers(ask->service, &ask->fixed_headers)
               != MST_OK) {
        status = mst_fail(err, MST_FATAL, "http", 0,
                          "the headers of the service are too long");
    }
    ask->rules = (struct mst_http_rules){.outcomes = &ask->options->outcomes,
                                         .path_varies = !ask->target.is_fixed};
    return status;
}

enum mst_status
http_ask_create(const struct mst_middleware_args *args,
                struct http_ask **ret_ask, struct mst_error *err)
{
    struct http_ask *ask = calloc(1, sizeof(*ask));
    if (ask == NULL) {
        return mst_fail_memory(err, "http");
    }
    ask->args = *args;
    ask->service = args->service;
    ask->options = args->options;
    ask->http = mst_http_service_options(ask->service);
    mst_buf_init(&ask->fixed_headers, ASK_HEADERS_MAX);
    mst_http_fields_init(&ask->fields, &ask->options->attributes, args->job);
    ask->slots_len = (size_t)ask->options->concurrency;
    ask->slots = calloc(ask->slots_len, sizeof(*ask->slots));
    for (size_t i = 0; ask->slots != NULL && i < ask->slots_len; i++) {
        mst_buf_init(&ask->slots[i].url, ASK_URL_MAX);
        mst_buf_init(&ask->slots[i].headers, ASK_HEADERS_MAX);
        mst_buf_init(&ask->slots[i].key, ASK_URL_MAX);
    }
    enum mst_status status = ask->slots == NULL ? mst_fail_memory(err, "http")
                                                : ask_prepare(ask, err);
    if (status != MST_OK) {
        http_ask_destroy(ask);
        return status;
    }
    *ret_ask = ask;
    return MST_OK;
}

enum mst_status
http_ask_open(struct http_ask *ask, struct mst_error *err)
{
    const struct mst_http_pool_args args = {
        .options = &ask->http,
        .slots = ask->slots_len,
        .answer_max = (size_t)ask->options->answer_max,
        .keep_headers = MST_HTTP_ATTRIBUTE_PREFIX,
        .whole = true};
    return mst_http_pool_create(&args, &ask->pool, err);
}

void
http_ask_close(struct http_ask *ask)
{
    ask_forget(ask);
    mst_http_pool_destroy(ask->pool);
    ask->pool = NULL;
}

void
http_ask_interrupt(struct http_ask *ask)
{
    atomic_store(&ask->interrupted, true);
    mst_http_auth_interrupt(ask->auth, true);
    /* The turn at hand ends within ASK_WAIT_MS. */
}

const struct http_ask_options *
http_ask_options_of(const struct http_ask *ask)
{
    return ask->options;
}

bool
http_ask_ahead(struct http_ask *ask, const struct mst_event *const *events,
               size_t n)
{
    ask_forget(ask);
    if (n > ask->entries_cap) {
        free(ask->entries);
        ask->entries = calloc(n, sizeof(*ask->entries));
        ask->entries_cap = ask->entries == NULL ? 0 : n;
    }
    for (size_t i = 0; i < n && i < ask->entries_cap; i++) {
        ask->entries[i] = (struct ask_entry){.event = events[i]};
    }
    ask->entries_len = n <= ask->entries_cap ? n : 0;
    return ask->entries_len == n;
}

/* --- requests ------------------------------------------------------------- */

static enum mst_status
ask_key(const struct http_ask *ask, struct ask_slot *slot,
        const struct mst_event *event, struct mst_slice *ret_key,
        struct mst_error *err)
{
    struct mst_bson_value id;
    *ret_key = MST_SLICE_NONE;
    if (!mst_http_wants_key(&ask->target, &ask->options->attributes)) {
        return MST_OK;
    }
    if (event->key_kind != MST_KEY_BSON) {
        *ret_key =
            event->key_kind == MST_KEY_NONE ? MST_SLICE_NONE : event->key;
        return MST_OK;
    }
    if (!mst_bson_find(event->key, "_id", &id)) {
        return MST_OK;
    }
    mst_buf_reset(&slot->key);
    enum mst_status status = mst_bson_value_to_text(&id, &slot->key, err);
    *ret_key = mst_buf_slice(&slot->key);
    return status;
}

static enum mst_status
ask_headers(struct http_ask *ask, struct ask_slot *slot,
            const struct mst_event *event, struct mst_slice key,
            struct mst_error *err)
{
    struct mst_delivery delivery = {/* Its headers are only read. */
                                    .event =
                                        (struct mst_event *)(uintptr_t)event};
    struct mst_delivery *one = &delivery;
    struct mst_buf *out = &slot->headers;
    const char *login = mst_http_auth_line(ask->auth);
    mst_buf_reset(out);
    enum mst_status status =
        mst_buf_append(out, ask->fixed_headers.data, ask->fixed_headers.len);
    if (status == MST_OK && login != NULL) {
        status = mst_buf_append(out, login, strlen(login) + 1);
    }
    if (status == MST_OK) {
        const char *type = mst_http_content_type(event->encoding);
        status = mst_http_add_header(out, MST_SLICE_LIT("Content-Type"),
                                     mst_slice_str(type));
    }
    return status == MST_OK
               ? mst_http_fields_append(&ask->fields, &one, 1, key, out, err)
               : mst_fail(err, status, "http", 0, "the headers are too long");
}

static const char *
ask_method(const struct http_ask *ask)
{
    return ask->options->method == 1 ? "PUT" : "POST";
}

static enum mst_status
ask_send(struct http_ask *ask, size_t at, const struct mst_event *event,
         struct mst_error *err)
{
    struct ask_slot *slot = &ask->slots[at];
    struct mst_slice key;
    enum mst_status status = ask_key(ask, slot, event, &key, err);
    if (status == MST_OK) {
        status =
            mst_http_target_make(&ask->target, event, key, &slot->url, err);
    }
    if (status == MST_OK) {
        status = ask_headers(ask, slot, event, key, err);
    }
    if (status != MST_OK) {
        return status;
    }
    const struct mst_http_send send = {.method = ask_method(ask),
                                       .url = (const char *)slot->url.data,
                                       .headers = mst_buf_slice(&slot->headers),
                                       .body = event->payload};
    return mst_http_pool_start(ask->pool, at, &send, err);
}

static void
ask_end(struct ask_entry *entry, enum mst_status status)
{
    entry->state = ASK_DONE;
    entry->answer.status = status;
}

/* A key's later event waits for the good end of the earlier one. */
static bool
ask_is_free(const struct http_ask *ask, size_t at)
{
    uint64_t key = ask->entries[at].event->key_hash;
    if (ask->options->ordering == HTTP_ASK_ANY_ORDER) {
        return true;
    }
    for (size_t i = ask->first; i < at; i++) {
        const struct ask_entry *entry = &ask->entries[i];
        bool good =
            entry->state == ASK_USED
            || (entry->state == ASK_DONE && entry->answer.status != MST_RETRY
                && entry->answer.status != MST_FATAL);
        if (!good && entry->event->key_hash == key) {
            return false;
        }
    }
    return true;
}

static size_t
ask_free_slot(const struct http_ask *ask)
{
    size_t at = 0;
    while (at < ask->slots_len && ask->slots[at].entry != NULL) {
        at++;
    }
    return at;
}

/* False: not yet, or the entry at hand has the reason as its answer. */
static bool
ask_has_login(struct http_ask *ask, struct ask_entry *hand)
{
    if (!mst_http_auth_is_due(ask->auth)) {
        return true;
    }
    if (ask->busy > 0) {
        return false;
    }
    enum mst_status status = mst_http_auth_renew(ask->auth, &hand->answer.err);
    if (status != MST_OK) {
        ask_end(hand, status);
    }
    return status == MST_OK;
}

/* Begins with what may be begun of the window. */
static void
ask_start(struct http_ask *ask, struct ask_entry *hand)
{
    size_t end = ask->first + ASK_AHEAD * ask->slots_len;
    end = end < ask->entries_len ? end : ask->entries_len;
    size_t slot = ask_free_slot(ask);
    if (slot == ask->slots_len || !ask_has_login(ask, hand)) {
        return;
    }
    for (size_t i = ask->first; i < end && slot < ask->slots_len; i++) {
        struct ask_entry *entry = &ask->entries[i];
        bool room = entry == hand || ask->stored < ASK_STORED_MAX;
        if (entry->state != ASK_WAITING || !room || !ask_is_free(ask, i)) {
            continue;
        }
        mst_error_clear(&entry->answer.err);
        enum mst_status status =
            ask_send(ask, slot, entry->event, &entry->answer.err);
        if (status != MST_OK) {
            ask_end(entry, status);
            continue;
        }
        entry->state = ASK_SENT;
        entry->started_ms = mst_clock_ms();
        ask->slots[slot].entry = entry;
        ask->busy++;
        slot = ask_free_slot(ask);
    }
}

/* --- answers -------------------------------------------------------------- */

/* An answer that is good but for its length. */
static enum mst_status
ask_keep(struct http_ask *ask, size_t slot, struct http_ask_answer *answer)
{
    char url[MST_HTTP_URL_SHOWN_MAX];
    answer->http = mst_http_pool_take(ask->pool, slot);
    ask->stored += answer->http.body.len;
    if (!answer->http.cut) {
        return MST_OK;
    }
    mst_http_url_show((const char *)ask->slots[slot].url.data, url);
    return mst_fail(&answer->err, MST_REJECTED, "http", 0,
                    "the answer of %s is larger than %" PRIu64 " bytes", url,
                    ask->options->answer_max);
}

static void
ask_judge(struct http_ask *ask, const struct mst_http_ended *ended,
          struct ask_entry *entry)
{
    struct http_ask_answer *answer = &entry->answer;
    long number = ended->answer->status;
    enum mst_status status = mst_http_status_judge(&ask->rules, number);
    bool again =
        number == 401 && mst_http_auth_refused(ask->auth, entry->started_ms);
    if (number != 401) {
        mst_http_auth_accepted(ask->auth);
    }
    if (status != MST_OK) {
        status = mst_http_status_fail(
            again ? MST_RETRY : status, ended->answer, ask_method(ask),
            (const char *)ask->slots[ended->slot].url.data, &answer->err);
        mst_http_auth_conceal(ask->auth, &answer->err);
    } else {
        status = ask_keep(ask, ended->slot, answer);
    }
    ask_end(entry, status);
}

static void
ask_take_answers(struct http_ask *ask)
{
    struct mst_http_ended ended;
    struct mst_error err;
    mst_error_clear(&err);
    while (mst_http_pool_next(ask->pool, &ended, &err)) {
        struct ask_entry *entry = ask->slots[ended.slot].entry;
        ask->slots[ended.slot].entry = NULL;
        ask->busy--;
        if (ended.status == MST_OK) {
            ask_judge(ask, &ended, entry);
        } else {
            entry->answer.err = err;
            ask_end(entry, ended.status);
        }
        mst_error_clear(&err);
    }
}

static struct ask_entry *
ask_find(struct http_ask *ask, const struct mst_event *event)
{
    for (size_t i = ask->first; i < ask->entries_len; i++) {
        if (ask->entries[i].event == event) {
            return &ask->entries[i];
        }
    }
    ask->alone[0] = event;
    return http_ask_ahead(ask, ask->alone, 1) ? &ask->entries[0] : NULL;
}

/* What was answered before this one will not be asked for any more. */
static void
ask_move_to(struct http_ask *ask, struct ask_entry *hand)
{
    size_t at = (size_t)(hand - ask->entries);
    for (size_t i = ask->first; i < at; i++) {
        struct ask_entry *entry = &ask->entries[i];
        if (entry->state != ASK_SENT) {
            ask_clear_entry(entry);
            entry->state = ASK_USED;
        }
    }
    while (ask->first < at && ask->entries[ask->first].state == ASK_USED) {
        ask->first++;
    }
}

const struct http_ask_answer *
http_ask_answer(struct http_ask *ask, const struct mst_event *event)
{
    struct ask_entry *hand = ask_find(ask, event);
    if (hand == NULL) {
        return NULL;
    }
    ask_move_to(ask, hand);
    if (hand->state == ASK_USED) {
        ask_clear_entry(hand);
        hand->state = ASK_WAITING;
    }
    while (hand->state != ASK_DONE) {
        enum mst_status status = MST_OK;
        if (atomic_load(&ask->interrupted)) {
            status = mst_fail(&hand->answer.err, MST_RETRY, "http", 0,
                              "interrupted");
            hand->answer.status = status;
            hand->state = ASK_USED;
            return &hand->answer;
        }
        ask_move_to(ask, hand);
        ask_start(ask, hand);
        if (hand->state != ASK_DONE) {
            status =
                mst_http_pool_turn(ask->pool, ASK_WAIT_MS, &hand->answer.err);
            ask_take_answers(ask);
        }
        if (status != MST_OK) {
            ask_end(hand, status);
        }
    }
    size_t len = hand->answer.http.body.len;
    ask->stored -= len < ask->stored ? len : ask->stored;
    hand->state = ASK_USED;
    return &hand->answer;
}
