/* SPDX-License-Identifier: MIT */
/* mstream checkpoints set and rewind: a person says where a job goes on. */
#include <stdio.h>
#include <stdlib.h>

#include "base/clock.h"
#include "checkpoints.h"
#include "checkpoints_online.h"
#include "jobs/reposition.h"
#include "online.h"
#include "output.h"
#include "state.h"

static const struct mst_cli_flag set_flags[] = {
    MST_STATE_FLAG_CONFIG,
    MST_ONLINE_FLAGS_INSTEAD,
    {"reset", NULL, "remove the checkpoint: the job begins at its start", NULL},
};

static const struct mst_cli_flag rewind_flags[] = {
    MST_STATE_FLAG_CONFIG,
    MST_ONLINE_FLAGS_INSTEAD,
    {"to", "TIME", "a moment, as 2026-11-21T10:40:05Z", NULL},
    {"back", "DURATION", "this long before now, as 90s, 30m, 1h or 2d", NULL},
    {"force", NULL, "save it although the server can not be asked", NULL},
};

/* One change of a job's checkpoint. */
struct set_change {
    const struct mst_cli_args *args;
    struct mst_state state;
    const struct mst_config_connector *connector;
    struct mst_reposition what;
};

static bool
set_begin(const struct mst_cli_args *args, struct set_change *self, int *code)
{
    memset(self, 0, sizeof(*self));
    self->args = args;
    if (!mst_state_open(args, false, &self->state, code)) {
        return false;
    }
    const struct mst_config *config = self->state.config;
    self->connector = mst_cli_connector(args, config, args->words[0]);
    if (self->connector == NULL) {
        mst_state_close(&self->state);
        *code = MST_EXIT_USAGE;
        return false;
    }
    self->what = (struct mst_reposition){.config = config,
                                         .connector = self->connector,
                                         .store = self->state.store};
    if (!self->connector->checkpoint.enabled) {
        (void)fputs("warning: this job has checkpoint.enabled = false and will "
                    "not look at it\n",
                    stderr);
    }
    return true;
}

static int
set_report(const struct set_change *self, struct mst_slice position,
           const char *words)
{
    struct mst_output out;
    mst_output_init(&out);
    if (self->args->json) {
        mst_output_open(&out, NULL, '{');
        mst_output_str(&out, "job", self->connector->name);
        mst_output_str(&out, "words", words);
        if (position.data != NULL) {
            mst_output_slice(&out, "position", position);
        } else {
            mst_output_str(&out, "position", NULL);
        }
        mst_output_close(&out, '}');
        mst_output_newline(&out);
    } else {
        mst_output_text(&out, "%s: %s\n", self->connector->name, words);
    }
    return mst_output_end(&out, MST_EXIT_OK);
}

/* Says what came of it. */
static int
set_end(const struct set_change *self, enum mst_status status,
        struct mst_slice position, const struct mst_buf *words,
        const struct mst_error *err)
{
    if (status == MST_OK) {
        return set_report(self, position, (const char *)words->data);
    }
    if (status == MST_END) {
        mst_cli_error(self->args, err);
        return MST_EXIT_USAGE;
    }
    return mst_state_fail(self->args, status, err);
}

static int
set_apply(const struct set_change *self, struct mst_slice position)
{
    struct mst_error err;
    struct mst_buf words;
    mst_error_clear(&err);
    mst_buf_init(&words, MST_POSITION_MAX);
    enum mst_status status =
        mst_reposition_set(&self->what, position, &words, &err);
    int code = set_end(self, status, position, &words, &err);
    mst_buf_clear(&words);
    return code;
}

static int
set_reset(struct set_change *self)
{
    struct mst_store *store = self->state.store;
    struct mst_error err;
    mst_error_clear(&err);
    enum mst_status status =
        store->type->checkpoint_delete(store, self->connector->name, &err);
    if (status != MST_OK) {
        return mst_state_fail(self->args, status, &err);
    }
    return set_report(self, MST_SLICE_NONE,
                      "no checkpoint any more, it begins at its start");
}

static int
set_run(const struct mst_cli_args *args)
{
    bool reset = mst_cli_value(args, "reset") != NULL;
    struct set_change self;
    int code = MST_EXIT_OK;
    if (reset == (args->words_len == 2)) {
        mst_cli_fail(args, "mstream checkpoints show prints positions",
                     reset ? "--reset takes no position"
                           : "a position is missing, or --reset");
        return MST_EXIT_USAGE;
    }
    if (mst_online_is_asked(args)) {
        return mst_checkpoints_online_set(args, reset ? NULL : args->words[1]);
    }
    if (!set_begin(args, &self, &code)) {
        return code;
    }
    code = reset ? set_reset(&self)
                 : set_apply(&self, mst_slice_str(args->words[1]));
    mst_state_close(&self.state);
    return code;
}

/* --to or --back as wall clock; false: said what is wrong. */
static bool
rewind_moment(const struct mst_cli_args *args, int64_t *ret_ms)
{
    const char *to = mst_cli_value(args, "to");
    const char *back = mst_cli_value(args, "back");
    struct mst_error err;
    int64_t back_ms = 0;
    mst_error_clear(&err);
    if ((to == NULL) == (back == NULL)) {
        mst_cli_fail(args, NULL, "say either --to TIME or --back DURATION");
        return false;
    }
    if (back != NULL) {
        bool good = mst_cli_duration(args, "back", 0, &back_ms);
        *ret_ms = mst_clock_wall_ms() - back_ms;
        return good;
    }
    if (mst_time_parse(to, strlen(to), ret_ms, &err) != MST_OK) {
        mst_error_prefix(&err, "--to: ");
        mst_error_hint(&err, "write it as 2026-11-21T10:40:05Z");
        mst_cli_error(args, &err);
        return false;
    }
    return true;
}

static int
rewind_apply(const struct set_change *self, int64_t wall_ms)
{
    struct mst_error err;
    struct mst_buf position;
    struct mst_buf words;
    bool force = mst_cli_value(self->args, "force") != NULL;
    mst_error_clear(&err);
    mst_buf_init(&position, MST_POSITION_MAX);
    mst_buf_init(&words, MST_POSITION_MAX);
    enum mst_status status =
        mst_reposition_to(&self->what, wall_ms, force, &position, &words, &err);
    if (status == MST_RETRY && position.len > 0 && !force) {
        mst_error_hint(&err, "nothing was saved; --force saves it unchecked");
    }
    if (err.status == MST_END) {
        mst_error_hint(&err, "use mstream checkpoints set");
    }
    /* A moment that is refused is no wrong usage. */
    int code =
        status == MST_END && err.status != MST_END
            ? mst_state_fail(self->args, MST_FATAL, &err)
            : set_end(self, status, mst_buf_slice(&position), &words, &err);
    mst_buf_clear(&words);
    mst_buf_clear(&position);
    return code;
}

static int
rewind_run(const struct mst_cli_args *args)
{
    struct set_change self;
    int64_t wall_ms = 0;
    int code = MST_EXIT_USAGE;
    if (!rewind_moment(args, &wall_ms)) {
        return code;
    }
    if (mst_online_is_asked(args)) {
        return mst_checkpoints_online_rewind(args, wall_ms);
    }
    if (!set_begin(args, &self, &code)) {
        return code;
    }
    code = rewind_apply(&self, wall_ms);
    mst_state_close(&self.state);
    return code;
}

const struct mst_cli_command mst_checkpoints_set = {
    .group = "checkpoints",
    .name = "set",
    .synopsis = "JOB POSITION | JOB --reset [--config FILE | --url URL]",
    .summary = "Say where a stopped job goes on.",
    .details = "POSITION is in the source's own form, as 'checkpoints show'\n"
               "prints it. It wins over what the source's server remembers.",
    .example = "mstream checkpoints set users "
               "'{\"kind\":\"mongodb\",\"at\":{\"seconds\":1795259453,"
               "\"ordinal\":1}}'",
    .flags = set_flags,
    .flags_len = MST_ARRAY_SIZE(set_flags),
    .words_min = 1,
    .words_max = 2,
    .run = set_run,
};

const struct mst_cli_command mst_checkpoints_rewind = {
    .group = "checkpoints",
    .name = "rewind",
    .synopsis = "JOB --to TIME | JOB --back DURATION [--force] "
                "[--config FILE | --url URL]",
    .summary = "Let a stopped job go on from a moment.",
    .details = "Events since that moment come again. Asks the source's server\n"
               "what stood there then, and saves nothing when it can not be\n"
               "asked; --force saves the position unchecked then.",
    .example = "mstream checkpoints rewind users --back 1h",
    .flags = rewind_flags,
    .flags_len = MST_ARRAY_SIZE(rewind_flags),
    .words_min = 1,
    .words_max = 1,
    .run = rewind_run,
};
