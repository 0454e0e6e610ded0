/* SPDX-License-Identifier: MIT */
/* mstream checkpoints: where jobs stand. Here: the group, list and show. */
#include "checkpoints.h"

#include <stdio.h>

#include "base/clock.h"
#include "checkpoints_online.h"
#include "commands.h"
#include "jobs/words.h"
#include "online.h"
#include "state.h"
#include "table.h"

enum { CHECKPOINTS_WORDS_MAX = 64 * 1024 };

static const struct mst_cli_flag checkpoints_flags[] = {
    MST_STATE_FLAG_CONFIG,
    MST_ONLINE_FLAGS_INSTEAD,
};

/* A list while it is made. */
struct checkpoints_look {
    const struct mst_cli_args *args;
    struct mst_output out;
    struct mst_table table;
    size_t seen;
};

static void
checkpoints_json(struct mst_output *out, const struct mst_checkpoint *one,
                 const char *words)
{
    mst_output_open(out, NULL, '{');
    mst_output_str(out, "job", one->job);
    mst_output_str(out, "source", one->identity);
    mst_output_str(out, "words", words);
    mst_output_slice(out, "position", one->position);
    mst_output_time(out, "saved", one->saved_ms);
    mst_output_number(out, "events", (int64_t)one->events);
    mst_output_str(out, "origin",
                   one->origin == MST_POSITION_SET ? "set" : "saved");
    mst_output_close(out, '}');
}

static enum mst_status
checkpoints_list_one(void *arg, const struct mst_checkpoint *one)
{
    struct checkpoints_look *self = arg;
    struct mst_table *table = &self->table;
    struct mst_buf words;
    char saved[MST_TIME_TEXT_MAX];
    mst_buf_init(&words, CHECKPOINTS_WORDS_MAX);
    mst_words_position(mst_cli_registry(), one->identity, one->position,
                       &words);
    mst_time_format(one->saved_ms, saved);
    const char *text = words.data != NULL ? (const char *)words.data : "";
    if (self->args->json) {
        checkpoints_json(&self->out, one, text);
    } else {
        mst_table_add(table, "%s", one->job);
        mst_table_add(table, "%s", saved);
        mst_table_add(table, "%llu", (unsigned long long)one->events);
        mst_table_add(table, "%s%s", text,
                      one->origin == MST_POSITION_SET ? " (set by hand)" : "");
    }
    self->seen++;
    mst_buf_clear(&words);
    return MST_OK;
}

static enum mst_status
checkpoints_list_all(struct checkpoints_look *self,
                     const struct mst_state *state, struct mst_error *err)
{
    enum mst_status status = MST_OK;
    if (self->args->json) {
        mst_output_open(&self->out, NULL, '[');
    }
    if (state->store != NULL) {
        status = state->store->type->checkpoint_list(
            state->store, NULL, checkpoints_list_one, self, err);
    }
    mst_table_end(&self->table, &self->out);
    if (self->args->json) {
        mst_output_close(&self->out, ']');
        mst_output_newline(&self->out);
    } else if (self->seen == 0) {
        mst_output_text(&self->out, "no job has a checkpoint yet\n");
    }
    return status;
}

/* The newest in full, the others in a line each. */
static enum mst_status
checkpoints_show_one(void *arg, const struct mst_checkpoint *one)
{
    struct checkpoints_look *self = arg;
    struct mst_output *out = &self->out;
    struct mst_buf words;
    char saved[MST_TIME_TEXT_MAX];
    if (self->args->json || self->seen > 0) {
        return checkpoints_list_one(arg, one);
    }
    mst_buf_init(&words, CHECKPOINTS_WORDS_MAX);
    mst_words_position(mst_cli_registry(), one->identity, one->position,
                       &words);
    mst_time_format(one->saved_ms, saved);
    mst_output_text(out, "job       %s\nsource    %s\nstands    %s\n", one->job,
                    one->identity != NULL ? one->identity : "(nothing)",
                    words.data != NULL ? (const char *)words.data : "");
    mst_output_text(out, "saved     %s%s\nevents    %llu\nposition  ", saved,
                    one->origin == MST_POSITION_SET ? ", set by hand" : "",
                    (unsigned long long)one->events);
    mst_output_shown(out, one->position);
    mst_output_text(out, "\n");
    mst_buf_clear(&words);
    self->seen++;
    return MST_OK;
}

static enum mst_status
checkpoints_show_all(struct checkpoints_look *self,
                     const struct mst_state *state, struct mst_error *err)
{
    const char *job = self->args->words[0];
    enum mst_status status = MST_OK;
    if (self->args->json) {
        mst_output_open(&self->out, NULL, '[');
    }
    if (state->store != NULL) {
        status = state->store->type->checkpoint_list(
            state->store, job, checkpoints_show_one, self, err);
    }
    if (self->args->json) {
        mst_output_close(&self->out, ']');
        mst_output_newline(&self->out);
    } else if (self->seen > 1) {
        mst_output_text(&self->out, "\nbefore:\n");
    }
    mst_table_end(&self->table, &self->out);
    if (status == MST_OK && self->seen == 0) {
        (void)mst_fail(err, MST_FATAL, "checkpoint", 0,
                       "job '%s' has no checkpoint", job);
        mst_error_hint(err, "mstream checkpoints list shows which jobs have "
                            "one");
        return MST_FATAL;
    }
    return status;
}

/* Opens the state, and prints what `print` makes of it. */
static int
checkpoints_look(const struct mst_cli_args *args,
                 enum mst_status (*print)(struct checkpoints_look *self,
                                          const struct mst_state *state,
                                          struct mst_error *err))
{
    static const char *const headings[] = {"JOB", "SAVED", "EVENTS",
                                           "POSITION"};
    struct mst_state state;
    struct mst_error err;
    int code = MST_EXIT_OK;
    struct checkpoints_look self = {.args = args};
    if (!mst_state_open(args, true, &state, &code)) {
        return code;
    }
    mst_error_clear(&err);
    mst_output_init(&self.out);
    mst_table_init(&self.table, headings, MST_ARRAY_SIZE(headings));
    enum mst_status status = print(&self, &state, &err);
    mst_state_close(&state);
    if (status != MST_OK) {
        /* A part of a list looks like all of it. */
        mst_output_clear(&self.out);
        return mst_state_fail(args, status, &err);
    }
    return mst_output_end(&self.out, code);
}

static int
checkpoints_list_run(const struct mst_cli_args *args)
{
    return mst_online_is_asked(args)
               ? mst_checkpoints_online_list(args)
               : checkpoints_look(args, checkpoints_list_all);
}

static int
checkpoints_show_run(const struct mst_cli_args *args)
{
    return mst_online_is_asked(args)
               ? mst_checkpoints_online_show(args)
               : checkpoints_look(args, checkpoints_show_all);
}

const struct mst_cli_command mst_checkpoints_list = {
    .group = "checkpoints",
    .name = "list",
    .synopsis = "[--config FILE | --url URL]",
    .summary = "Where each job stands, in plain words.",
    .example = "mstream checkpoints list --config mstream-config.toml",
    .flags = checkpoints_flags,
    .flags_len = MST_ARRAY_SIZE(checkpoints_flags),
    .run = checkpoints_list_run,
};

const struct mst_cli_command mst_checkpoints_show = {
    .group = "checkpoints",
    .name = "show",
    .synopsis = "JOB [--config FILE | --url URL]",
    .summary = "The checkpoint of a job, as it is saved, and those before.",
    .details = "The position is what 'mstream checkpoints set' takes.",
    .example = "mstream checkpoints show users",
    .flags = checkpoints_flags,
    .flags_len = MST_ARRAY_SIZE(checkpoints_flags),
    .words_min = 1,
    .words_max = 1,
    .run = checkpoints_show_run,
};

static const struct mst_cli_command *const checkpoints_commands[] = {
    &mst_checkpoints_list,
    &mst_checkpoints_show,
    &mst_checkpoints_set,
    &mst_checkpoints_rewind,
    &mst_checkpoints_export,
    &mst_checkpoints_import,
    NULL,
};

const struct mst_cli_command mst_command_checkpoints = {
    .name = "checkpoints",
    .synopsis = "COMMAND [options]",
    .summary = "Show where jobs stand, set and rewind it, take it elsewhere.",
    .details = "These commands work on the state of a stopped job: while it\n"
               "runs, its lease refuses changes (exit code 5). With --url a\n"
               "daemon does it, also for jobs that it was given over its API.",
    .example = "mstream checkpoints rewind users --back 1h",
    .subcommands = checkpoints_commands,
};
