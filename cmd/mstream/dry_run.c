/* SPDX-License-Identifier: MIT */
/* mstream dry-run: real input, real conversions, nothing written. */
#include "dry_run.h"

#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#include "base/clock.h"
#include "commands.h"
#include "jobs/job_spec.h"
#include "jobs/words.h"
#include "open_store.h"
#include "state.h"
#include "state/store_open.h"

enum {
    DRY_LIMIT = 10,
    DRY_TIMEOUT_MS = 30000, /* for what is there; enough for slow servers */
    DRY_READ_MS = 200,
    DRY_RETRY_MS = 500
};

static const struct mst_cli_flag dry_flags[] = {
    {"job", "NAME", "the job to try", NULL},
    {"limit", "N", "end after this many events (10)", NULL},
    {"timeout", "S",
     "wait this long for events that come; without it, only "
     "what is there now",
     NULL},
};

struct dry_run {
    const struct mst_cli_args *args;
    struct mst_job_spec job;
    struct mst_plan plan;
    struct mst_chain *chain; /* NULL: no middlewares */
    struct mst_checkpoint checkpoint;
    bool has_checkpoint;
    void *source;
    struct mst_dry_sink *sinks;
    struct mst_flight *flight;
    struct mst_output out;
    bool bounded;
    int64_t until_ms; /* monotonic */
    uint64_t limit;
    uint64_t shown;
    uint64_t rejected;
};

/* Where the job stands. Takes no lease, saves nothing. */
static enum mst_status
dry_load(struct dry_run *self, const struct mst_config *config,
         struct mst_error *err)
{
    const struct mst_pipeline_spec *spec = &self->job.spec;
    struct mst_store *store = NULL;
    if (!spec->checkpoint) {
        return MST_OK;
    }
    enum mst_status status = mst_cmd_open_store(config, true, &store, err);
    if (status == MST_END) {
        return MST_OK;
    }
    if (status != MST_OK) {
        return status;
    }
    status =
        store->type->checkpoint_load(store, spec->job, &self->checkpoint, err);
    self->has_checkpoint = status == MST_OK;
    mst_store_close(store);
    if (status == MST_OK
        && (self->checkpoint.identity == NULL
            || strcmp(self->checkpoint.identity, spec->identity) != 0)) {
        return mst_fail(err, MST_FATAL, "checkpoint", 0,
                        "the checkpoint of job '%s' belongs to another "
                        "source: it was written for %s, the job reads %s",
                        spec->job,
                        self->checkpoint.identity != NULL
                            ? self->checkpoint.identity
                            : "(nothing)",
                        spec->identity);
    }
    return status == MST_END ? MST_OK : status;
}

static enum mst_status
dry_make(struct dry_run *self, struct mst_error *err)
{
    const struct mst_pipeline_spec *spec = &self->job.spec;
    enum mst_status status = mst_plan_init(&self->plan, spec, err);
    if (status != MST_OK) {
        return status;
    }
    self->sinks = calloc(spec->sinks_len + 1, sizeof(*self->sinks));
    self->flight = mst_flight_create(
        self->limit < spec->batch_events ? self->limit : spec->batch_events,
        spec->batch_bytes);
    if (self->sinks == NULL || self->flight == NULL) {
        return mst_fail_memory(err, "dry-run");
    }
    for (size_t i = 0; i < spec->sinks_len && status == MST_OK; i++) {
        self->sinks[i].spec = &spec->sinks[i];
        status = spec->sinks[i].type->create(&self->sinks[i].ctx,
                                             &spec->sinks[i].args, err);
    }
    if (status == MST_OK && spec->middlewares_len > 0) {
        status = mst_chain_create(spec, &self->plan, &self->chain, err);
    }
    if (status == MST_OK) {
        status = spec->source->create(&self->source, &spec->source_args, err);
    }
    return status;
}

static void
dry_clear(struct dry_run *self)
{
    const struct mst_pipeline_spec *spec = &self->job.spec;
    mst_flight_destroy(self->flight);
    if (self->source != NULL) {
        spec->source->close(self->source);
        spec->source->destroy(self->source);
    }
    for (size_t i = 0; self->sinks != NULL && i < spec->sinks_len; i++) {
        spec->sinks[i].type->destroy(self->sinks[i].ctx);
    }
    free(self->sinks);
    if (self->chain != NULL) {
        mst_chain_close(self->chain);
        mst_chain_destroy(self->chain);
    }
    mst_plan_clear(&self->plan);
    if (self->has_checkpoint) {
        mst_checkpoint_clear(&self->checkpoint);
    }
    mst_job_spec_clear(&self->job);
}

static bool
dry_is_late(const struct dry_run *self)
{
    return mst_clock_ms() >= self->until_ms;
}

static void
dry_wait(void)
{
    const struct timespec wait = {.tv_nsec = DRY_RETRY_MS * 1000000L};
    (void)nanosleep(&wait, NULL);
}

/* What it waits for, while it does; it is no error yet. */
static void
dry_tell(const struct dry_run *self, const struct mst_error *err)
{
    struct mst_output out;
    mst_output_init(&out);
    if (self->args->json) {
        mst_output_open(&out, NULL, '{');
        mst_output_str(&out, "waiting", err->text);
        mst_output_close(&out, '}');
        mst_output_newline(&out);
    } else {
        mst_output_text(&out, "%s\n", err->text);
    }
    (void)fwrite(out.json.buf.data, 1, out.json.buf.len, stderr);
    mst_output_clear(&out);
}

static enum mst_status
dry_open(struct dry_run *self, struct mst_error *err)
{
    const struct mst_source_type *type = self->job.spec.source;
    struct mst_start start = {.bounded = self->bounded, .look_only = true};
    if (self->has_checkpoint) {
        start.position = self->checkpoint.position;
        start.origin = self->checkpoint.origin;
    }
    bool told = false;
    for (;;) {
        mst_error_clear(err);
        enum mst_status status = type->open(self->source, &start, err);
        bool again = status == MST_RETRY || status == MST_DISCONNECTED
                     || status == MST_AGAIN;
        if (!again || dry_is_late(self)) {
            return status;
        }
        if (!told && err->text[0] != '\0') {
            mst_error_prefix(err, "waiting for the source: ");
            dry_tell(self, err);
            told = true;
        }
        dry_wait();
    }
}

/* Says of the event whether middlewares let go of it. */
static void
dry_show_dropped(struct dry_run *self, const struct mst_event *event)
{
    if (self->args->json) {
        mst_output_open(&self->out, NULL, '{');
        mst_output_number(&self->out, "event", (int64_t)event->seq);
        mst_output_str(&self->out, "op", mst_op_name(event->op));
        mst_output_bool(&self->out, "dropped", true);
        mst_output_close(&self->out, '}');
        mst_output_newline(&self->out);
    } else {
        mst_output_text(&self->out, "%llu %s: dropped by a middleware\n",
                        (unsigned long long)event->seq, mst_op_name(event->op));
    }
}

/* One event, or one of its results, at all sinks. */
static void
dry_show_one(struct dry_run *self, const struct mst_unit *unit, size_t at)
{
    for (size_t s = 0; s < self->plan.sinks_len; s++) {
        struct mst_delivery *delivery = &unit->parts[s].deliveries[at];
        bool good = mst_dry_show(&self->out, self->args->json, &self->sinks[s],
                                 delivery);
        self->rejected += good ? 0 : 1;
        free(delivery->error);
    }
}

static void
dry_show_unit(struct dry_run *self, const struct mst_unit *unit)
{
    size_t at = 0;
    for (size_t i = 0; i < unit->len; i++) {
        size_t n = self->chain != NULL ? unit->counts[i] : 1;
        if (n == 0) {
            dry_show_dropped(self, unit->events[i]);
        }
        for (; n > 0; n--) {
            dry_show_one(self, unit, at++);
        }
    }
}

/* Converts the batch as the pipeline does, and shows what comes out. */
static enum mst_status
dry_batch(struct dry_run *self, struct mst_error *err)
{
    struct mst_flight *flight = self->flight;
    struct mst_batch *batch = flight->batch;
    enum mst_status status = mst_flight_split(flight, &self->plan, 1, err);
    for (size_t i = 0; i < batch->len; i++) {
        batch->events[i].seq = ++self->shown;
    }
    if (status == MST_OK && self->chain != NULL) {
        status = mst_chain_run(self->chain, &flight->units[0], err);
    }
    if (status == MST_OK) {
        status = mst_unit_convert(&flight->units[0], &self->plan, err);
    }
    if (status == MST_OK) {
        dry_show_unit(self, &flight->units[0]);
    }
    if (status == MST_OK && mst_cli_print(&self->out.json.buf, 0) != 0) {
        status =
            mst_fail(err, MST_FATAL, "dry-run", 0, "standard output is closed");
    }
    mst_buf_reset(&self->out.json.buf);
    return status;
}

/* Until the limit, the end, or the time is over (MST_AGAIN). */
static enum mst_status
dry_read(struct dry_run *self, struct mst_error *err)
{
    const struct mst_source_type *type = self->job.spec.source;
    struct mst_batch *batch = self->flight->batch;
    enum mst_status status = MST_OK;
    while (self->shown < self->limit && !dry_is_late(self)) {
        mst_flight_reset(self->flight, SIZE_MAX);
        if (batch->max_events > self->limit - self->shown) {
            batch->max_events = self->limit - self->shown;
        }
        status = type->read(self->source, batch, DRY_READ_MS, err);
        enum mst_status shown = dry_batch(self, err);
        if (shown != MST_OK) {
            return shown;
        }
        if (status == MST_RETRY) {
            dry_wait();
        } else if (status != MST_OK && status != MST_AGAIN) {
            return status;
        }
    }
    return self->shown < self->limit ? MST_AGAIN : MST_END;
}

static void
dry_say_start(const struct dry_run *self)
{
    struct mst_buf words;
    mst_buf_init(&words, MST_POSITION_MAX);
    if (self->has_checkpoint) {
        mst_words_position(mst_cli_registry(), self->checkpoint.identity,
                           self->checkpoint.position, &words);
    }
    (void)fprintf(stderr, "dry run of job '%s' from %s; nothing is written\n",
                  self->job.spec.job,
                  words.len > 0 ? (const char *)words.data
                                : "the start that is configured");
    mst_buf_clear(&words);
}

static int
dry_end(struct dry_run *self, enum mst_status status,
        const struct mst_error *err)
{
    if (status == MST_END || (status == MST_AGAIN && self->shown > 0)) {
        if (!self->args->json) {
            (void)fprintf(stderr, "%llu event%s, %llu rejected\n",
                          (unsigned long long)self->shown,
                          self->shown == 1 ? "" : "s",
                          (unsigned long long)self->rejected);
        }
        return self->rejected > 0 ? MST_EXIT_REJECTED : MST_EXIT_OK;
    }
    if (status == MST_AGAIN) {
        mst_cli_fail(self->args, NULL, "no event came within the time");
        return MST_EXIT_TIMED_OUT;
    }
    mst_cli_error(self->args, err);
    return (status == MST_RETRY || status == MST_DISCONNECTED)
                   && dry_is_late(self)
               ? MST_EXIT_TIMED_OUT
               : MST_EXIT_FAILED;
}

static int
dry_config(struct dry_run *self, const struct mst_config *config)
{
    const struct mst_config_connector *connector =
        mst_cli_connector(self->args, config, mst_cli_value(self->args, "job"));
    struct mst_error err;
    if (connector == NULL) {
        return MST_EXIT_USAGE;
    }
    mst_error_clear(&err);
    mst_output_init(&self->out);
    enum mst_status status =
        mst_job_spec_init(&self->job, config, connector, mst_cli_registry(),
                          mst_job_memory(config, connector), &err);
    if (status != MST_OK) {
        mst_cli_error(self->args, &err);
        return MST_EXIT_FAILED;
    }
    self->job.schemas.rehearse = true;
    status = dry_load(self, config, &err);
    if (status == MST_OK) {
        status = mst_job_spec_resolve(&self->job, &err);
    }
    if (status == MST_OK) {
        status = dry_make(self, &err);
    }
    if (status == MST_OK) {
        dry_say_start(self);
        status = dry_open(self, &err);
    }
    if (status == MST_OK) {
        status = dry_read(self, &err);
    }
    int code = dry_end(self, status, &err);
    dry_clear(self);
    mst_output_clear(&self->out);
    return code;
}

static int
dry_run(const struct mst_cli_args *args)
{
    struct dry_run self = {.args = args};
    int64_t limit = DRY_LIMIT;
    int64_t timeout_ms = DRY_TIMEOUT_MS;
    if (mst_cli_value(args, "job") == NULL) {
        mst_cli_fail(args, "mstream dry-run FILE --job NAME",
                     "--job is missing");
        return MST_EXIT_USAGE;
    }
    if (!mst_cli_number(args, "limit", limit, &limit)
        || !mst_cli_duration(args, "timeout", timeout_ms, &timeout_ms)) {
        return MST_EXIT_USAGE;
    }
    if (limit == 0) {
        mst_cli_fail(args, NULL, "--limit wants at least 1");
        return MST_EXIT_USAGE;
    }
    struct mst_config *config = mst_cli_load(args, args->words[0]);
    if (config == NULL) {
        return MST_EXIT_USAGE;
    }
    mst_log_set_level(MST_LOG_OFF);
    self.limit = (uint64_t)limit;
    self.bounded = mst_cli_value(args, "timeout") == NULL;
    self.until_ms = mst_clock_ms() + timeout_ms;
    int code = dry_config(&self, config);
    mst_config_destroy(config);
    return code;
}

const struct mst_cli_command mst_command_dry_run = {
    .name = "dry-run",
    .synopsis = "FILE --job NAME [--limit N] [--timeout S]",
    .summary = "Show what each sink of a job would get; write nothing.",
    .details = "Reads real input from where the job stands and converts it.\n"
               "Nothing is written or saved, no lease is taken, no consumer\n"
               "group is joined. Exit code 3 when an event would be "
               "rejected.",
    .example = "mstream dry-run mstream-config.toml --job users --limit 3",
    .flags = dry_flags,
    .flags_len = MST_ARRAY_SIZE(dry_flags),
    .words_min = 1,
    .words_max = 1,
    .run = dry_run,
};
