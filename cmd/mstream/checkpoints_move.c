/* SPDX-License-Identifier: MIT */
/* mstream checkpoints export and import: positions as lines of JSON. */
#include <stdlib.h>

#include "checkpoints.h"
#include "input.h"
#include "output.h"
#include "state.h"
#include "state/export.h"

enum { MOVE_INPUT_MAX = 64 * 1024 * 1024 };

static const struct mst_cli_flag move_flags[] = {
    MST_STATE_FLAG_CONFIG,
};

struct move_export {
    const char *job; /* NULL: all */
    struct mst_output *out;
    struct mst_error *err;
    size_t seen;
};

static enum mst_status
export_one(void *arg, const struct mst_checkpoint *one)
{
    struct move_export *self = arg;
    if (self->job != NULL && strcmp(self->job, one->job) != 0) {
        return MST_OK;
    }
    self->seen++;
    return mst_checkpoint_export(one, &self->out->json.buf, self->err);
}

static int
export_run(const struct mst_cli_args *args)
{
    struct mst_state state;
    struct mst_error err;
    struct mst_output out;
    int code = MST_EXIT_OK;
    enum mst_status status = MST_OK;
    if (!mst_state_open(args, true, &state, &code)) {
        return code;
    }
    mst_error_clear(&err);
    mst_output_init(&out);
    struct move_export self = {.job =
                                   args->words_len > 0 ? args->words[0] : NULL,
                               .out = &out,
                               .err = &err};
    if (state.store != NULL) {
        status = state.store->type->checkpoint_list(state.store, NULL,
                                                    export_one, &self, &err);
    }
    if (status == MST_OK && self.seen == 0 && self.job != NULL) {
        status = mst_fail(&err, MST_FATAL, "checkpoint", 0,
                          "job '%s' has no checkpoint", self.job);
    }
    if (status != MST_OK) {
        code = mst_state_fail(args, status, &err);
    }
    mst_state_close(&state);
    return mst_output_end(&out, code);
}

/* All lines, before the first is saved. */
struct move_import {
    struct mst_checkpoint *items;
    size_t len;
    size_t cap;
};

static void
import_clear(struct move_import *self)
{
    for (size_t i = 0; i < self->len; i++) {
        mst_checkpoint_clear(&self->items[i]);
    }
    free(self->items);
}

/* A copy: what each is given is freed behind it. */
static bool
import_copy(const struct mst_checkpoint *one, struct mst_checkpoint *ret)
{
    *ret = *one;
    ret->job = strdup(one->job);
    ret->identity = one->identity != NULL ? strdup(one->identity) : NULL;
    uint8_t *position = malloc(one->position.len + 1);
    uint8_t *mark = malloc(one->sink_mark.len + 1);
    if (position != NULL && one->position.len > 0) {
        memcpy(position, one->position.data, one->position.len);
    }
    if (mark != NULL && one->sink_mark.len > 0) {
        memcpy(mark, one->sink_mark.data, one->sink_mark.len);
    }
    bool good = position != NULL && mark != NULL && ret->job != NULL
                && (ret->identity != NULL || one->identity == NULL);
    ret->position.data = position;
    ret->sink_mark.data = mark;
    if (one->sink_mark.data == NULL) {
        free(mark);
        ret->sink_mark.data = NULL;
    }
    if (!good) {
        mst_checkpoint_clear(ret);
    }
    return good;
}

static enum mst_status
import_one(void *arg, const struct mst_checkpoint *one)
{
    struct move_import *self = arg;
    if (self->len == self->cap) {
        size_t cap = self->cap == 0 ? 16 : self->cap * 2;
        struct mst_checkpoint *more = realloc(self->items, cap * sizeof(*more));
        if (more == NULL) {
            return MST_FATAL;
        }
        self->items = more;
        self->cap = cap;
    }
    if (!import_copy(one, &self->items[self->len])) {
        return MST_FATAL;
    }
    self->len++;
    return MST_OK;
}

static int
import_save(const struct mst_cli_args *args, struct mst_store *store,
            const struct move_import *self)
{
    struct mst_error err;
    struct mst_output out;
    mst_output_init(&out);
    mst_error_clear(&err);
    if (args->json) {
        mst_output_open(&out, NULL, '[');
    }
    for (size_t i = 0; i < self->len; i++) {
        const struct mst_checkpoint *one = &self->items[i];
        enum mst_status status = store->type->checkpoint_save(store, one, &err);
        if (status != MST_OK) {
            mst_error_prefix(&err, "%zu of %zu imported; ", i, self->len);
            mst_output_clear(&out);
            return mst_state_fail(args, status, &err);
        }
        if (args->json) {
            mst_output_str(&out, NULL, one->job);
        } else {
            mst_output_text(&out, "%s: imported\n", one->job);
        }
    }
    if (args->json) {
        mst_output_close(&out, ']');
        mst_output_newline(&out);
    }
    return mst_output_end(&out, MST_EXIT_OK);
}

static int
import_run(const struct mst_cli_args *args)
{
    struct mst_state state;
    struct mst_error err;
    struct mst_buf text;
    struct move_import self = {0};
    int code = MST_EXIT_USAGE;
    const char *path = args->words_len > 0 ? args->words[0] : "-";
    mst_error_clear(&err);
    mst_buf_init(&text, MOVE_INPUT_MAX);
    enum mst_status status = mst_input_read(path, &text, &err);
    if (status == MST_OK) {
        status = mst_checkpoint_import_lines(mst_buf_slice(&text), import_one,
                                             &self, &err);
        if (status != MST_OK && err.status == MST_OK) {
            (void)mst_fail_memory(&err, "checkpoint");
        }
    }
    if (status != MST_OK) {
        mst_cli_error(args, &err);
    } else if (mst_state_open(args, false, &state, &code)) {
        code = import_save(args, state.store, &self);
        mst_state_close(&state);
    }
    import_clear(&self);
    mst_buf_clear(&text);
    return code;
}

const struct mst_cli_command mst_checkpoints_export = {
    .group = "checkpoints",
    .name = "export",
    .synopsis = "[JOB] [--config FILE]",
    .summary = "Print checkpoints as lines of JSON, to be kept or imported.",
    .example = "mstream checkpoints export > checkpoints.jsonl",
    .flags = move_flags,
    .flags_len = MST_ARRAY_SIZE(move_flags),
    .words_max = 1,
    .run = export_run,
};

const struct mst_cli_command mst_checkpoints_import = {
    .group = "checkpoints",
    .name = "import",
    .synopsis = "[FILE|-] [--config FILE]",
    .summary = "Save checkpoints that were exported.",
    .details = "All lines are read before the first one is saved: a file with\n"
               "a bad line changes nothing.",
    .example = "mstream checkpoints import checkpoints.jsonl",
    .flags = move_flags,
    .flags_len = MST_ARRAY_SIZE(move_flags),
    .words_max = 1,
    .run = import_run,
};
