/* SPDX-License-Identifier: MIT */
/* mstream dlq: dead letters. Here: the group, list and discard. */
#include "dlq.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/clock.h"
#include "commands.h"
#include "dlq_online.h"
#include "jobs/words.h"
#include "online.h"
#include "table.h"

static const struct mst_cli_flag list_flags[] = {
    MST_STATE_FLAG_CONFIG,
    MST_ONLINE_FLAGS_INSTEAD,
    {"job", "NAME", "only letters of this job", NULL},
    {"limit", "N", "at most this many", NULL},
};

static const struct mst_cli_flag discard_flags[] = {
    MST_STATE_FLAG_CONFIG,
    MST_ONLINE_FLAGS_INSTEAD,
    {"job", "NAME", "with --all or --url: of this job", NULL},
    {"all", NULL, "all letters of the job", NULL},
    {"yes", NULL, "do not ask", NULL},
};

bool
mst_dlq_id(const struct mst_cli_args *args, const char *word, uint64_t *ret_id)
{
    char *end = NULL;
    errno = 0;
    unsigned long long id = strtoull(word, &end, 10);
    if (word[0] < '0' || word[0] > '9' || *end != '\0' || errno != 0
        || id == 0) {
        mst_cli_fail(args, "mstream dlq list shows the numbers",
                     "'%s' is not the number of a letter", word);
        return false;
    }
    *ret_id = id;
    return true;
}

int
mst_dlq_no_letter(const struct mst_cli_args *args, uint64_t id)
{
    mst_cli_fail(args, "mstream dlq list shows which there are",
                 "there is no letter %" PRIu64, id);
    return MST_EXIT_FAILED;
}

struct dlq_list {
    const struct mst_cli_args *args;
    struct mst_output out;
    struct mst_table table;
    size_t seen;
};

static void
list_json(struct mst_output *out, const struct mst_letter *one,
          const struct mst_buf *place)
{
    mst_output_open(out, NULL, '{');
    mst_output_number(out, "id", (int64_t)one->id);
    mst_output_time(out, "time", one->time_ms);
    mst_output_str(out, "job", one->job);
    mst_output_str(out, "sink", one->sink);
    mst_output_str(out, "stage", one->stage);
    mst_output_number(out, "attempts", one->attempts);
    mst_output_str(out, "op", mst_op_name(one->op));
    mst_output_json(out, "position",
                    place->len > 0 ? mst_buf_slice(place)
                                   : MST_SLICE_LIT("null"));
    mst_output_str(out, "reason", one->reason);
    mst_output_str(out, "hint", one->hint);
    mst_output_close(out, '}');
}

static void
list_row(struct dlq_list *self, const struct mst_letter *one,
         struct mst_buf *place)
{
    char when[MST_TIME_TEXT_MAX];
    mst_time_format(one->time_ms, when);
    mst_table_add(&self->table, "%" PRIu64, one->id);
    mst_table_add(&self->table, "%s", when);
    mst_table_add(&self->table, "%s", one->job);
    mst_table_add(&self->table, "%s", one->sink != NULL ? one->sink : "-");
    mst_table_add(&self->table, "%s", one->stage != NULL ? one->stage : "-");
    mst_table_add(&self->table, "%u", one->attempts);
    const char *where = place->len > 0 ? mst_buf_text(place) : NULL;
    mst_table_add(&self->table, "%s", where != NULL ? where : "-");
    mst_table_add(&self->table, "%s", one->reason != NULL ? one->reason : "");
}

static enum mst_status
list_one(void *arg, const struct mst_letter *one)
{
    struct dlq_list *self = arg;
    struct mst_buf place;
    mst_buf_init(&place, MST_SOURCE_PLACE_MAX);
    self->seen++;
    bool known =
        mst_words_place(mst_cli_registry(), one, self->args->json, &place);
    if (known && self->args->json) {
        list_json(&self->out, one, &place);
    } else if (known) {
        list_row(self, one, &place);
    }
    mst_buf_clear(&place);
    return known ? MST_OK : MST_FATAL;
}

static int
list_state(const struct mst_cli_args *args, struct mst_state *state,
           size_t limit)
{
    static const char *const headings[] = {
        "ID", "TIME", "JOB", "SINK", "STAGE", "ATTEMPTS", "POSITION", "REASON"};
    struct dlq_list self = {.args = args};
    struct mst_error err;
    enum mst_status status = MST_OK;
    const struct mst_letter_filter filter = {.job = mst_cli_value(args, "job"),
                                             .limit = limit};
    mst_error_clear(&err);
    mst_output_init(&self.out);
    mst_table_init(&self.table, headings, MST_ARRAY_SIZE(headings));
    if (args->json) {
        mst_output_open(&self.out, NULL, '[');
    }
    if (state->store != NULL) {
        status = state->store->type->letters_list(state->store, &filter,
                                                  list_one, &self, &err);
    }
    mst_table_end(&self.table, &self.out);
    if (args->json) {
        mst_output_close(&self.out, ']');
        mst_output_newline(&self.out);
    } else if (self.seen == 0) {
        mst_output_text(&self.out, "there are no dead letters\n");
    }
    if (status != MST_OK) {
        mst_output_clear(&self.out);
        return mst_state_fail(args, status, &err);
    }
    return mst_output_end(&self.out, MST_EXIT_OK);
}

static int
list_run(const struct mst_cli_args *args)
{
    struct mst_state state;
    int64_t limit = 0;
    int code = MST_EXIT_USAGE;
    if (!mst_cli_number(args, "limit", 0, &limit)) {
        return code;
    }
    if (mst_online_is_asked(args)) {
        return mst_dlq_online_list(args, limit);
    }
    if (!mst_state_open(args, true, &state, &code)) {
        return code;
    }
    code = list_state(args, &state, (size_t)limit);
    mst_state_close(&state);
    return code;
}

static int
discard_state(const struct mst_cli_args *args, struct mst_state *state,
              const struct mst_letter_filter *filter)
{
    struct mst_error err;
    struct mst_output out;
    uint64_t deleted = 0;
    mst_error_clear(&err);
    enum mst_status status = state->store->type->letters_delete(
        state->store, filter, &deleted, &err);
    if (status != MST_OK) {
        return mst_state_fail(args, status, &err);
    }
    if (deleted == 0 && filter->id != 0) {
        return mst_dlq_no_letter(args, filter->id);
    }
    mst_output_init(&out);
    if (args->json) {
        mst_output_open(&out, NULL, '{');
        mst_output_number(&out, "discarded", (int64_t)deleted);
        mst_output_close(&out, '}');
        mst_output_newline(&out);
    } else {
        mst_output_text(&out, "%" PRIu64 " letter%s discarded\n", deleted,
                        deleted == 1 ? "" : "s");
    }
    return mst_output_end(&out, MST_EXIT_OK);
}

static int
discard_run(const struct mst_cli_args *args)
{
    const char *job = mst_cli_value(args, "job");
    bool all = mst_cli_value(args, "all") != NULL;
    struct mst_letter_filter filter = {.job = job};
    struct mst_state state;
    char question[256];
    int code = MST_EXIT_USAGE;
    if (all == (args->words_len > 0) || (all && job == NULL)) {
        mst_cli_fail(args, NULL, "say either ID or --all --job NAME");
        return MST_EXIT_USAGE;
    }
    if (all) {
        (void)snprintf(question, sizeof(question),
                       "Discard all dead letters of job '%.100s'?", job);
    } else if (mst_dlq_id(args, args->words[0], &filter.id)) {
        (void)snprintf(question, sizeof(question),
                       "Discard letter %" PRIu64 "?", filter.id);
    } else {
        return MST_EXIT_USAGE;
    }
    if (!mst_state_confirm(args, question)) {
        return code;
    }
    if (mst_online_is_asked(args)) {
        return mst_dlq_online_discard(args, filter.id);
    }
    if (!mst_state_open(args, false, &state, &code)) {
        return code;
    }
    code = discard_state(args, &state, &filter);
    mst_state_close(&state);
    return code;
}

const struct mst_cli_command mst_dlq_list = {
    .group = "dlq",
    .name = "list",
    .synopsis = "[--job NAME] [--limit N] [--config FILE | --url URL]",
    .summary = "Dead letters with the reason of each; no payloads.",
    .example = "mstream dlq list --job users",
    .flags = list_flags,
    .flags_len = MST_ARRAY_SIZE(list_flags),
    .run = list_run,
};

const struct mst_cli_command mst_dlq_discard = {
    .group = "dlq",
    .name = "discard",
    .synopsis = "ID | --all --job NAME [--yes] [--config FILE | --url URL]",
    .summary = "Remove letters for good.",
    .details = "Asks before it does, unless --yes is given.",
    .example = "mstream dlq discard 17",
    .flags = discard_flags,
    .flags_len = MST_ARRAY_SIZE(discard_flags),
    .words_max = 1,
    .run = discard_run,
};

static const struct mst_cli_command *const dlq_commands[] = {
    &mst_dlq_list, &mst_dlq_show, &mst_dlq_replay, &mst_dlq_discard, NULL,
};

const struct mst_cli_command mst_command_dlq = {
    .name = "dlq",
    .synopsis = "COMMAND [options]",
    .summary = "Show dead letters, send them again, discard them.",
    .details = "A dead letter is an event that was refused, kept in the state\n"
               "with its reason until a person decides. With --url a daemon\n"
               "does it, also for jobs that it was given over its API.",
    .example = "mstream dlq replay --all --job users",
    .subcommands = dlq_commands,
};
