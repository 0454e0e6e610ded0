/* SPDX-License-Identifier: MIT */
/* The window of events that are asked about. */
#include "udf/http/http_ask.h"

#include <inttypes.h>
#include <stdlib.h>

#include "base/clock.h"
#include "udf/http/http_ask_impl.h"

enum {
    ASK_WAIT_MS = 100,
    ASK_HEADERS_MAX = 1024 * 1024,
    ASK_URL_MAX = 64 * 1024,
    ASK_BODY_MAX = 1024 * 1024 * 1024,
    ASK_AHEAD = 2,                    /* window: so often concurrency */
    ASK_STORED_MAX = 16 * 1024 * 1024 /* bytes of answers that wait */
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
    ask->held = 0;
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
        mst_buf_clear(&ask->slots[i].body);
        free(ask->slots[i].deliveries);
        free(ask->slots[i].pointers);
    }
    mst_http_auth_destroy(ask->auth);
    mst_http_target_clear(&ask->target);
    mst_buf_clear(&ask->fixed_headers);
    free(ask->slots);
    free(ask->entries);
    free(ask->keys);
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
        mst_buf_init(&ask->slots[i].body, ASK_BODY_MAX);
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

/* Room for n entries and keys. */
static bool
ask_reserve(struct http_ask *ask, size_t n)
{
    if (n <= ask->entries_cap) {
        return true;
    }
    free(ask->entries);
    free(ask->keys);
    ask->entries = calloc(n, sizeof(*ask->entries));
    ask->keys = calloc(n, sizeof(*ask->keys));
    ask->entries_cap = ask->entries == NULL || ask->keys == NULL ? 0 : n;
    return ask->entries_cap == n;
}

/* How many of n events go in one request. */
static size_t
ask_group(const struct http_ask *ask, const struct mst_event *const *events,
          size_t n)
{
    size_t most = (size_t)ask->options->batch_events;
    size_t len = 1;
    uint64_t bytes = events[0]->payload.len;
    most = ask->target.is_fixed ? most : 1;
    while (len < n && len < most) {
        bytes += events[len]->payload.len;
        if (bytes > ask->options->batch_bytes
            || events[len]->encoding != events[0]->encoding
            || !mst_http_fields_agree(&ask->fields, events[0], events[len])) {
            break;
        }
        len++;
    }
    return len;
}

static int
ask_compare_keys(const void *a, const void *b)
{
    const uint64_t *left = a;
    const uint64_t *right = b;
    return *left < *right ? -1 : *left > *right;
}

bool
http_ask_ahead(struct http_ask *ask, const struct mst_event *const *events,
               size_t n)
{
    ask_forget(ask);
    if (!ask_reserve(ask, n)) {
        return false;
    }
    for (size_t i = 0; i < n;) {
        size_t len = ask_group(ask, &events[i], n - i);
        ask->entries[ask->entries_len++] =
            (struct ask_entry){.events = &events[i],
                               .len = len,
                               .keys = &ask->keys[i],
                               .answer = {.len = len}};
        for (size_t k = i; k < i + len; k++) {
            ask->keys[k] = events[k]->key_hash;
        }
        qsort(&ask->keys[i], len, sizeof(*ask->keys), ask_compare_keys);
        i += len;
    }
    return true;
}

/* --- what goes out ---------------------------------------------------------- */

static void
ask_end(struct ask_entry *entry, enum mst_status status)
{
    entry->state = ASK_DONE;
    entry->answer.status = status;
}

/* Whether some key is in both. */
static bool
ask_share_key(const struct ask_entry *a, const struct ask_entry *b)
{
    size_t i = 0;
    size_t k = 0;
    while (i < a->len && k < b->len) {
        if (a->keys[i] == b->keys[k]) {
            return true;
        }
        if (a->keys[i] < b->keys[k]) {
            i++;
        } else {
            k++;
        }
    }
    return false;
}

/* A key's later event waits for the good end of the earlier one. */
static bool
ask_is_free(const struct http_ask *ask, size_t at)
{
    if (ask->options->ordering == HTTP_ASK_ANY_ORDER) {
        return true;
    }
    for (size_t i = ask->first; i < at; i++) {
        const struct ask_entry *entry = &ask->entries[i];
        bool good =
            entry->state == ASK_USED
            || (entry->state == ASK_DONE && entry->answer.status != MST_RETRY
                && entry->answer.status != MST_FATAL);
        if (!good && ask_share_key(entry, &ask->entries[at])) {
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
    size_t end = (size_t)(hand - ask->entries) + ASK_AHEAD * ask->slots_len;
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
            http_ask_send(ask, slot, entry, &entry->answer.err);
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
            again ? MST_RETRY : status, ended->answer, http_ask_method(ask),
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
        if (ask->entries[i].events[0] == event) {
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

/* Until the entry has its answer. False: interrupted. */
static bool
ask_wait(struct http_ask *ask, struct ask_entry *hand)
{
    while (hand->state != ASK_DONE) {
        enum mst_status status = MST_OK;
        if (atomic_load(&ask->interrupted)) {
            hand->answer.status = mst_fail(&hand->answer.err, MST_RETRY, "http",
                                           0, "interrupted");
            return false;
        }
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
    return true;
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
    if (ask_wait(ask, hand)) {
        size_t len = hand->answer.http.body.len;
        ask->stored -= len < ask->stored ? len : ask->stored;
    }
    hand->state = ASK_USED;
    return &hand->answer;
}

/* Begins with these events, or goes on with what of them has no answer yet. */
static bool
ask_hold(struct http_ask *ask, const struct mst_event *const *events, size_t n)
{
    bool again = ask->held > 0 && ask->held == n
                 && ask->entries[0].events[0] == events[0];
    ask->held = 0;
    if (!again) {
        return http_ask_ahead(ask, events, n);
    }
    for (size_t i = 0; i < ask->entries_len; i++) {
        struct ask_entry *entry = &ask->entries[i];
        if (entry->state == ASK_DONE && entry->answer.status != MST_OK) {
            entry->state = ASK_WAITING;
        }
    }
    return true;
}

enum mst_status
http_ask_batch(struct http_ask *ask, const struct mst_event *const *events,
               size_t n, struct mst_error *err)
{
    if (!ask_hold(ask, events, n)) {
        return mst_fail_memory(err, "http");
    }
    for (size_t i = 0; i < ask->entries_len; i++) {
        struct ask_entry *entry = &ask->entries[i];
        (void)ask_wait(ask, entry);
        enum mst_status status = entry->answer.status;
        if (status != MST_OK) {
            ask->held = status == MST_RETRY ? n : 0;
            *err = entry->answer.err;
            return status;
        }
    }
    return MST_OK;
}

const struct http_ask_answer *
http_ask_batch_answer(const struct http_ask *ask, size_t i)
{
    return i < ask->entries_len ? &ask->entries[i].answer : NULL;
}
