/* SPDX-License-Identifier: MIT */
/* mstream dlq replay: dead letters through their job again. */
#include <inttypes.h>
#include <stdlib.h>

#include "dlq.h"
#include "dlq_online.h"
#include "jobs/replay.h"
#include "kept_scripts.h"
#include "online.h"
#include "output.h"

static const struct mst_cli_flag replay_flags[] = {
    MST_STATE_FLAG_CONFIG,
    MST_ONLINE_FLAGS_INSTEAD,
    {"all", NULL, "all letters, or all of --job", NULL},
    {"job", "NAME", "with --all or --url: only of this job", NULL},
    {"timeout", "S", "give up after this time (seconds, or 500ms, 5m)", NULL},
};

/* What to do, and what came of it. */
struct dlq_replay {
    const struct mst_cli_args *args;
    struct mst_state state;
    struct mst_kept_scripts kept;
    uint64_t id; /* 0: all */
    int64_t timeout_ms;
    char *job; /* of the letter with that id; owned */
    struct mst_replay_result sum;
    uint64_t homeless; /* letters of jobs that the file does not have */
    int code;
};

static enum mst_status
replay_find_job(void *arg, const struct mst_letter *one)
{
    struct dlq_replay *self = arg;
    free(self->job);
    self->job = strdup(one->job);
    return self->job != NULL ? MST_OK : MST_FATAL;
}

static enum mst_status
replay_count_homeless(void *arg, const struct mst_letter *one)
{
    struct dlq_replay *self = arg;
    bool known =
        mst_config_find_connector(self->state.config, one->job) != NULL;
    self->homeless += known ? 0 : 1;
    return MST_OK;
}

/* The worst is the exit code: failed, refused, timed out, rejected. */
static void
replay_worse(struct dlq_replay *self, int code)
{
    if (self->code == MST_EXIT_OK || code == MST_EXIT_FAILED) {
        self->code = code;
    }
}

static void
replay_job(struct dlq_replay *self,
           const struct mst_config_connector *connector)
{
    struct mst_error err;
    struct mst_replay_result result;
    const struct mst_replay_args args = {
        .config = self->state.config,
        .connector = connector,
        .registry = &self->kept.registry,
        .store = self->state.store,
        .id = self->id,
        .timeout_ms = self->timeout_ms,
    };
    mst_error_clear(&err);
    enum mst_status status = mst_replay_run(&args, &result, &err);
    self->sum.found += result.found;
    self->sum.delivered += result.delivered;
    self->sum.rejected += result.rejected;
    self->sum.orphans += result.orphans;
    if (status != MST_OK) {
        mst_cli_error(self->args, &err);
        replay_worse(self, status == MST_AGAIN      ? MST_EXIT_TIMED_OUT
                           : status == MST_REJECTED ? MST_EXIT_REFUSED
                                                    : MST_EXIT_FAILED);
    } else if (result.rejected > 0) {
        replay_worse(self, MST_EXIT_REJECTED);
    }
}

/* One job, the one of the letter, or every job that has letters. */
static void
replay_jobs(struct dlq_replay *self, const char *job)
{
    const struct mst_config *config = self->state.config;
    struct mst_store *store = self->state.store;
    for (size_t i = 0; i < config->connectors_len; i++) {
        const struct mst_config_connector *one = &config->connectors[i];
        struct mst_letter_totals totals = {0};
        struct mst_error err;
        mst_error_clear(&err);
        if (job != NULL && strcmp(job, one->name) != 0) {
            continue;
        }
        enum mst_status status =
            store->type->letters_count(store, one->name, &totals, &err);
        if (status != MST_OK) {
            replay_worse(self, mst_state_fail(self->args, status, &err));
        } else if (totals.letters > 0) {
            replay_job(self, one);
        }
    }
}

/* Letters that nothing was done about. */
static void
replay_complain(struct dlq_replay *self)
{
    if (self->sum.orphans > 0) {
        mst_cli_fail(self->args,
                     "give the sink's service its name back, or discard them",
                     "%" PRIu64 " letters are for sinks that their job has no "
                     "longer",
                     self->sum.orphans);
        replay_worse(self, MST_EXIT_FAILED);
    }
    if (self->homeless > 0) {
        mst_cli_fail(self->args, "mstream dlq list shows them",
                     "%" PRIu64 " letters are of jobs that the file does not "
                     "have",
                     self->homeless);
        replay_worse(self, MST_EXIT_FAILED);
    }
    if (self->sum.rejected > 0) {
        mst_cli_fail(self->args, "mstream dlq list shows the reasons",
                     "%" PRIu64 " letters were rejected again",
                     self->sum.rejected);
    }
}

static int
replay_report(struct dlq_replay *self)
{
    struct mst_output out;
    mst_output_init(&out);
    if (self->args->json) {
        mst_output_open(&out, NULL, '{');
        mst_output_number(&out, "sent", (int64_t)self->sum.found);
        mst_output_number(&out, "delivered", (int64_t)self->sum.delivered);
        mst_output_number(&out, "rejected", (int64_t)self->sum.rejected);
        mst_output_number(&out, "left",
                          (int64_t)(self->sum.orphans + self->homeless));
        mst_output_close(&out, '}');
        mst_output_newline(&out);
    } else {
        mst_output_text(&out,
                        "%" PRIu64 " sent again, %" PRIu64
                        " delivered, %" PRIu64 " rejected again\n",
                        self->sum.found, self->sum.delivered,
                        self->sum.rejected);
    }
    replay_complain(self);
    return mst_output_end(&out, self->code);
}

static int
replay_state(struct dlq_replay *self)
{
    const char *job = mst_cli_value(self->args, "job");
    struct mst_store *store = self->state.store;
    const struct mst_letter_filter filter = {.id = self->id, .job = job};
    struct mst_error err;
    mst_error_clear(&err);
    if (job != NULL
        && mst_cli_connector(self->args, self->state.config, job) == NULL) {
        return MST_EXIT_USAGE;
    }
    enum mst_status status = store->type->letters_list(
        store, &filter, self->id != 0 ? replay_find_job : replay_count_homeless,
        self, &err);
    if (status != MST_OK) {
        return mst_state_fail(self->args, status, &err);
    }
    if (self->id != 0 && self->job == NULL) {
        return mst_dlq_no_letter(self->args, self->id);
    }
    if (self->job != NULL
        && mst_cli_connector(self->args, self->state.config, self->job)
               == NULL) {
        return MST_EXIT_USAGE;
    }
    replay_jobs(self, self->job != NULL ? self->job : job);
    return replay_report(self);
}

static int
replay_run(const struct mst_cli_args *args)
{
    struct dlq_replay self = {.args = args};
    bool all = mst_cli_value(args, "all") != NULL;
    int code = MST_EXIT_USAGE;
    if (all == (args->words_len > 0)) {
        mst_cli_fail(args, NULL, "say either ID or --all");
        return code;
    }
    if ((!all && !mst_dlq_id(args, args->words[0], &self.id))
        || !mst_cli_duration(args, "timeout", 0, &self.timeout_ms)) {
        return code;
    }
    if (mst_online_is_asked(args)) {
        return mst_dlq_online_replay(args, self.id);
    }
    if (!mst_state_open(args, false, &self.state, &code)) {
        return code;
    }
    struct mst_error err;
    mst_error_clear(&err);
    enum mst_status status = mst_kept_scripts_open(
        self.state.config, mst_cli_registry(), &self.kept, &err);
    code = status == MST_OK ? replay_state(&self)
                            : mst_state_fail(args, status, &err);
    mst_kept_scripts_close(&self.kept);
    mst_state_close(&self.state);
    free(self.job);
    return code;
}

const struct mst_cli_command mst_dlq_replay = {
    .group = "dlq",
    .name = "replay",
    .synopsis = "ID | --all [--job NAME] [--timeout S] "
                "[--config FILE | --url URL]",
    .summary = "Send letters through their job again.",
    .details = "Each goes to the sink that refused it and is removed when\n"
               "that has confirmed it. Refused again, it is kept with the new\n"
               "reason (exit code 3). The job must not run meanwhile.",
    .example = "mstream dlq replay --all --job users",
    .flags = replay_flags,
    .flags_len = MST_ARRAY_SIZE(replay_flags),
    .words_max = 1,
    .run = replay_run,
};
