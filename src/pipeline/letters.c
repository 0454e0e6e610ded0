/* SPDX-License-Identifier: MIT */
/*
 * What becomes of refused deliveries: a dead letter (in the state store, or
 * through a sink), a counted skip, or the end of the run. Only when a letter
 * is safe does its event count as confirmed.
 */
#include <stdlib.h>

#include "base/clock.h"
#include "log/log.h"
#include "pipeline/letter_event.h"
#include "pipeline/run.h"

enum { LETTERS_AT_ONCE = 64 };

static void
letters_fill(const struct mst_runner *runner,
             const struct mst_delivery *delivery, struct mst_letter *letter)
{
    const struct mst_event *event = mst_event_read(delivery->event);
    const struct mst_pipeline_spec *spec = runner->pipeline->spec;
    const struct mst_refuser sink = {.stage = "sink"};
    const struct mst_refuser *by =
        delivery->refuser != NULL ? delivery->refuser : &sink;
    *letter = (struct mst_letter){
        .job = spec->job,
        .sink = runner->spec->name,
        .stage = by->stage,
        .reason = delivery->error != NULL ? delivery->error->text
                                          : "refused (out of memory)",
        .hint = delivery->error != NULL ? delivery->error->hint : "",
        .time_ms = mst_clock_wall_ms(),
        .attempts = event->attempts + delivery->attempts + 1,
        .connector_hash = spec->connector_hash,
        .script = by->script,
        .script_hash = by->script_hash,
        .encoding = event->encoding,
        .op = event->op,
        .key_kind = event->key_kind,
        .source_ts_ms = event->source_ts_ms,
        .payload = event->payload,
        .key = event->key,
        .position = event->mark,
        .attributes = event->attributes,
        .attributes_len = event->attributes_len,
    };
}

/* Takes the first n refused as done. */
static void
letters_settle(struct mst_runner *runner, size_t n)
{
    struct mst_delivery_list *refused = &runner->refused;
    for (size_t i = 0; i < n; i++) {
        struct mst_delivery *delivery = refused->items[refused->head + i];
        free(delivery->error);
        delivery->error = NULL;
        mst_pipeline_settle(runner->pipeline, delivery);
    }
    atomic_fetch_add(&runner->pipeline->rejected, n);
    refused->head += n;
    refused->len -= n;
}

static void
letters_log(const struct mst_runner *runner,
            const struct mst_delivery *delivery, const char *what)
{
    const struct mst_log_field fields[] = {
        MST_LOG_STR("job", runner->pipeline->spec->job),
        MST_LOG_STR("sink", runner->spec->name),
        MST_LOG_STR("hint",
                    delivery->error != NULL ? delivery->error->hint : ""),
    };
    size_t n = fields[2].text[0] != '\0' ? 3 : 2;
    mst_log_write(MST_LOG_WARN, "dlq", fields, n, "%s: %s", what,
                  delivery->error != NULL ? delivery->error->text : "refused");
}

/* The run ends with the reason of the first one. */
static void
letters_stop(struct mst_runner *runner, const struct mst_delivery *delivery,
             const char *hint)
{
    struct mst_error err;
    if (delivery->error != NULL) {
        err = *delivery->error;
    } else {
        (void)mst_fail_memory(&err, "pipeline");
    }
    err.status = MST_FATAL;
    mst_error_prefix(&err, "sink '%s' refused an event: ", runner->spec->name);
    if (hint != NULL) {
        mst_error_hint(&err, "%s", hint);
    }
    mst_pipeline_block(runner->pipeline, &err);
    /* The event stays unconfirmed, so the position stays before it. */
    mst_pipeline_abort(runner->pipeline);
}

/* All of them or none. A store in trouble is asked again for as long as the
 * run lasts. MST_AGAIN: they do not fit. */
static enum mst_status
letters_put(struct mst_runner *runner, const struct mst_letter *letters,
            size_t n, struct mst_error *err)
{
    struct mst_pipeline *pipeline = runner->pipeline;
    struct mst_store *store = pipeline->spec->store;
    struct mst_backoff backoff = {0};
    while (!mst_pipeline_is_aborting(pipeline)) {
        mst_error_clear(err);
        enum mst_status status = store->type->letters_put(
            store, letters, n, &pipeline->spec->letter_limits, err);
        if (status != MST_RETRY && status != MST_DISCONNECTED) {
            return status;
        }
        int64_t wait = mst_backoff_next(&backoff, &pipeline->spec->retry,
                                        err->retry_after_ms);
        err->status = MST_RETRY;
        mst_pipeline_trouble(pipeline, runner->problem, err, wait);
        mst_pipeline_sleep(pipeline, wait, true);
    }
    return MST_RETRY;
}

/* Writes the first n refused to the state store; how many are safe there.
 * Fewer than n: the run ends, because the next one does not fit. */
static size_t
letters_store(struct mst_runner *runner, size_t n)
{
    struct mst_pipeline *pipeline = runner->pipeline;
    struct mst_letter letters[LETTERS_AT_ONCE];
    struct mst_error err;
    for (size_t i = 0; i < n; i++) {
        letters_fill(runner, runner->refused.items[runner->refused.head + i],
                     &letters[i]);
    }
    enum mst_status status = letters_put(runner, letters, n, &err);
    if (status == MST_OK) {
        return n;
    }
    size_t kept = 0;
    /* Not all of them fit: one by one, as many as do. */
    bool each = status == MST_AGAIN && n > 1;
    while (each && kept < n) {
        status = letters_put(runner, &letters[kept], 1, &err);
        each = status == MST_OK;
        kept += each ? 1 : 0;
    }
    if (kept < n && status != MST_RETRY) {
        err.status = MST_FATAL;
        mst_error_prefix(&err, "dead letters: ");
        mst_pipeline_block(pipeline, &err);
        mst_pipeline_abort(pipeline);
    }
    return kept;
}

/* Sends one letter through the job's dead-letter sink; it is settled when
 * that sink has confirmed it. */
static void
letters_send(struct mst_runner *runner, struct mst_delivery *delivery)
{
    struct mst_pipeline *pipeline = runner->pipeline;
    struct mst_runner *to = &pipeline->runners[pipeline->runners_len - 1];
    struct mst_letter letter;
    struct mst_error err;
    struct mst_part *part = NULL;
    struct mst_buf place;
    letters_fill(runner, delivery, &letter);
    mst_buf_init(&place, MST_SOURCE_PLACE_MAX);
    const struct mst_source_type *source = pipeline->spec->source;
    if (source->locate == NULL
        || source->locate(&letter, true, &place) != MST_OK) {
        mst_buf_clear(&place);
    }
    enum mst_status status = mst_letter_event_create(
        &letter, to->spec, delivery, mst_buf_slice(&place), &part, &err);
    mst_buf_clear(&place);
    if (status == MST_OK && !mst_runner_offer(to, part)) {
        mst_letter_event_destroy(&part->deliveries[0]);
        status = mst_fail_memory(&err, "pipeline");
    }
    if (status != MST_OK) {
        err.status = MST_FATAL;
        mst_error_prefix(&err, "dead letters: ");
        mst_pipeline_fail(pipeline, &err);
        mst_pipeline_abort(pipeline);
    }
}

static void
letters_send_all(struct mst_runner *runner)
{
    struct mst_delivery_list *refused = &runner->refused;
    while (refused->len > 0 && !mst_pipeline_is_aborting(runner->pipeline)) {
        struct mst_delivery *delivery = refused->items[refused->head];
        letters_log(runner, delivery, "to the dead-letter sink");
        letters_send(runner, delivery);
        refused->head++;
        refused->len--;
    }
}

void
mst_runner_bury(struct mst_runner *runner)
{
    const struct mst_pipeline_spec *spec = runner->pipeline->spec;
    struct mst_delivery_list *refused = &runner->refused;
    struct mst_delivery *first = refused->items[refused->head];
    if (runner->takes_letters) {
        letters_stop(runner, first,
                     "the dead-letter sink itself refused: repair it, the "
                     "event is still at its source");
        return;
    }
    if (spec->on_reject == MST_ON_REJECT_STOP) {
        letters_stop(runner, first, NULL);
        return;
    }
    if (spec->on_reject == MST_ON_REJECT_DLQ && spec->letter_sink != NULL) {
        letters_send_all(runner);
        return;
    }
    while (refused->len > 0) {
        size_t n =
            refused->len < LETTERS_AT_ONCE ? refused->len : LETTERS_AT_ONCE;
        bool skip = spec->on_reject == MST_ON_REJECT_SKIP;
        size_t safe = skip ? n : letters_store(runner, n);
        for (size_t i = 0; i < safe; i++) {
            letters_log(runner, refused->items[refused->head + i],
                        skip ? "skipped" : "dead letter");
        }
        letters_settle(runner, safe);
        if (safe < n) {
            return;
        }
    }
}
