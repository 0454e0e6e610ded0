/* SPDX-License-Identifier: MIT */
/* mstream dlq show: one dead letter with all that is kept of it. */
#include <inttypes.h>

#include "base/base64.h"
#include "base/clock.h"
#include "base/utf8.h"
#include "dlq.h"
#include "dlq_online.h"
#include "encodings/bson_json.h"
#include "jobs/words.h"
#include "online.h"
#include "output.h"

static const struct mst_cli_flag show_flags[] = {
    MST_STATE_FLAG_CONFIG,
    MST_ONLINE_FLAGS_INSTEAD,
    {"job", "NAME", "with --url: the job that it is of", NULL},
};

struct dlq_show {
    const struct mst_cli_args *args;
    struct mst_output out;
    size_t seen;
};

static bool
show_bson(struct mst_output *out, struct mst_slice bytes)
{
    struct mst_error ignored;
    return mst_bson_to_json(bytes, MST_JSON_RELAXED, &out->json.buf, &ignored)
           == MST_OK;
}

/* Text that does no harm to a terminal. */
static bool
show_is_text(struct mst_slice bytes)
{
    for (size_t i = 0; i < bytes.len; i++) {
        uint8_t c = bytes.data[i];
        if (c == 0x7F || (c < 0x20 && c != '\n' && c != '\t' && c != '\r')) {
            return false;
        }
    }
    return mst_utf8_valid(bytes.data, bytes.len) == bytes.len;
}

/* As people can read it best: BSON as Extended JSON, text as it is, anything
 * else as base64. */
static void
show_bytes(struct mst_output *out, const char *name, struct mst_slice bytes,
           bool bson)
{
    if (bytes.data == NULL) {
        mst_output_text(out, "%-11s(none)\n", name);
        return;
    }
    mst_output_text(out, "%-11s", name);
    if (bson && show_bson(out, bytes)) {
        mst_output_text(out, "\n");
        return;
    }
    if (show_is_text(bytes)) {
        mst_output_shown(out, bytes);
    } else {
        mst_output_text(out, "base64 ");
        out->json.failed = mst_base64_encode(bytes, &out->json.buf) != MST_OK
                           || out->json.failed;
    }
    mst_output_text(out, "\n");
}

static void
show_line(struct mst_output *out, const char *name, const char *text)
{
    if (text != NULL && text[0] != '\0') {
        mst_output_text(out, "%-11s", name);
        mst_output_shown_line(out, mst_slice_str(text));
        mst_output_text(out, "\n");
    }
}

static void
show_place(struct mst_output *out, const struct mst_letter *one)
{
    struct mst_buf place;
    mst_buf_init(&place, MST_SOURCE_PLACE_MAX);
    if (!mst_words_place(mst_cli_registry(), one, false, &place)) {
        out->json.failed = true;
    } else if (place.len > 0) {
        show_line(out, "position", mst_buf_text(&place));
    }
    mst_buf_clear(&place);
}

static void
show_text(struct mst_output *out, const struct mst_letter *one)
{
    char when[MST_TIME_TEXT_MAX];
    mst_output_text(out, "%-11s%" PRIu64 "\n", "letter", one->id);
    show_line(out, "job", one->job);
    show_line(out, "sink", one->sink);
    show_line(out, "stage", one->stage);
    show_line(out, "reason", one->reason);
    show_line(out, "hint", one->hint);
    mst_time_format(one->time_ms, when);
    show_line(out, "time", when);
    mst_output_text(out, "%-11s%u\n", "attempts", one->attempts);
    show_line(out, "operation", mst_op_name(one->op));
    show_place(out, one);
    if (one->source_ts_ms != MST_TIME_UNKNOWN) {
        mst_time_format(one->source_ts_ms, when);
        show_line(out, "changed", when);
    }
    mst_output_text(out, "%-11s%016" PRIx64 "\n", "connector",
                    one->connector_hash);
    if (one->script != NULL) {
        mst_output_text(out, "%-11s", "script");
        mst_output_shown_line(out, mst_slice_str(one->script));
        mst_output_text(out, " %016" PRIx64 "\n", one->script_hash);
    }
    for (size_t i = 0; i < one->attributes_len; i++) {
        const struct mst_attribute *each = &one->attributes[i];
        mst_output_text(out, "%-11s", i == 0 ? "attributes" : "");
        mst_output_shown_line(out, each->name);
        mst_output_text(out, " = ");
        mst_output_shown_line(out, each->value);
        mst_output_text(out, "\n");
    }
    show_bytes(out, "key", one->key, one->key_kind == MST_KEY_BSON);
    mst_output_text(out, "%-11s%s, %zu bytes\n", "encoding",
                    mst_encoding_name(one->encoding), one->payload.len);
    show_bytes(out, "payload", one->payload,
               one->encoding == MST_ENCODING_BSON);
}

static enum mst_status
show_one(void *arg, const struct mst_letter *one)
{
    struct dlq_show *self = arg;
    self->seen++;
    if (!self->args->json) {
        show_text(&self->out, one);
        return MST_OK;
    }
    enum mst_status status =
        mst_words_letter(mst_cli_registry(), one, &self->out.json.buf);
    mst_output_newline(&self->out);
    return status;
}

static int
show_state(const struct mst_cli_args *args, struct mst_state *state,
           uint64_t id)
{
    struct dlq_show self = {.args = args};
    struct mst_error err;
    int code = MST_EXIT_OK;
    enum mst_status status = MST_OK;
    const struct mst_letter_filter filter = {.id = id, .payloads = true};
    mst_error_clear(&err);
    mst_output_init(&self.out);
    if (state->store != NULL) {
        status = state->store->type->letters_list(state->store, &filter,
                                                  show_one, &self, &err);
    }
    if (status != MST_OK) {
        code = mst_state_fail(args, status, &err);
    } else if (self.seen == 0) {
        code = mst_dlq_no_letter(args, id);
    }
    return mst_output_end(&self.out, code);
}

static int
show_run(const struct mst_cli_args *args)
{
    struct mst_state state;
    uint64_t id = 0;
    int code = MST_EXIT_USAGE;
    if (!mst_dlq_id(args, args->words[0], &id)) {
        return code;
    }
    if (mst_online_is_asked(args)) {
        return mst_dlq_online_show(args, id);
    }
    if (!mst_state_open(args, true, &state, &code)) {
        return code;
    }
    code = show_state(args, &state, id);
    mst_state_close(&state);
    return code;
}

const struct mst_cli_command mst_dlq_show = {
    .group = "dlq",
    .name = "show",
    .synopsis = "ID [--config FILE | --url URL --job NAME]",
    .summary = "One letter with everything, its payload included.",
    .details = "BSON is shown as Extended JSON, bytes that are no text as\n"
               "base64. --json gives the bytes as they are, or as base64.",
    .example = "mstream dlq show 17",
    .flags = show_flags,
    .flags_len = MST_ARRAY_SIZE(show_flags),
    .words_min = 1,
    .words_max = 1,
    .run = show_run,
};
