/* SPDX-License-Identifier: MIT */
/* mstream transform run: a script on documents of a file, without a job. */
#include <stdio.h>
#include <string.h>

#include "encodings/bson_json.h"
#include "encodings/json_bson.h"
#include "encodings/schema_plan.h"
#include "input.h"
#include "output.h"
#include "transform.h"

enum { TRANSFORM_ATTRIBUTES = 64 };

static const char *const transform_encodings[] = {"json", "bson", "avro", NULL};

static const struct mst_cli_flag transform_flags[] = {
    {"input", "FILE", "JSON documents, one per line; default standard input",
     NULL},
    {"encoding", "ENCODING",
     "of the input: json (default), or one document of bson or avro",
     transform_encodings},
    {"input-schema", "FILE", "what the input is read by", NULL},
    {"schema", "FILE", "what results have to fit", NULL},
    {"attributes", "A=V,B=V", "attributes of each document", NULL},
};

/* One run. */
struct transform_work {
    const struct mst_cli_args *args;
    struct mst_arena arena;
    struct mst_buf text;
    struct mst_studio_script script;
    struct mst_studio_run run;
    enum mst_encoding encoding;
    struct mst_output out;
    struct mst_attribute attributes[TRANSFORM_ATTRIBUTES];
    uint32_t attributes_len;
    uint64_t line;
    uint64_t rejected;
};

static enum mst_status
transform_show(struct transform_work *work,
               const struct mst_studio_result *result, struct mst_error *err)
{
    struct mst_buf json;
    enum mst_status status = MST_OK;
    mst_buf_init(&json, MST_TRANSFORM_INPUT_MAX);
    if (result->payload.data != NULL) {
        status =
            mst_bson_to_json(result->payload, MST_JSON_RELAXED, &json, err);
    } else {
        status = mst_buf_append_str(&json, "null");
    }
    if (status == MST_OK && work->args->json) {
        mst_output_open(&work->out, NULL, '{');
        mst_output_number(&work->out, "line", (int64_t)work->line);
        mst_output_json(&work->out, "document", mst_buf_slice(&json));
        mst_output_open(&work->out, "attributes", '{');
        for (uint32_t i = 0; i < result->attributes_len; i++) {
            const struct mst_attribute *one = &result->attributes[i];
            const char *name = (const char *)one->name.data;
            mst_output_slice(&work->out, name, one->value);
        }
        mst_output_close(&work->out, '}');
        mst_output_close(&work->out, '}');
        mst_output_newline(&work->out);
    } else if (status == MST_OK) {
        mst_output_shown_line(&work->out, mst_buf_slice(&json));
        mst_output_text(&work->out, "\n");
    }
    mst_buf_clear(&json);
    return status;
}

/* "a=1,b=2" */
static bool
transform_attributes(struct transform_work *work)
{
    const char *at = mst_cli_value(work->args, "attributes");
    while (at != NULL && *at != '\0') {
        size_t len = strcspn(at, ",");
        const char *equals = memchr(at, '=', len);
        if (equals == NULL || work->attributes_len == TRANSFORM_ATTRIBUTES) {
            mst_cli_fail(work->args, "--attributes op=create,tenant=north",
                         "--attributes wants NAME=VALUE, with commas between");
            return false;
        }
        struct mst_attribute *one = &work->attributes[work->attributes_len++];
        size_t name = (size_t)(equals - at);
        one->name = mst_arena_copy(&work->arena, mst_slice_of(at, name));
        one->value = mst_slice_of(equals + 1, len - name - 1);
        if (one->name.data == NULL) {
            return false;
        }
        at += len + (at[len] == ',' ? 1 : 0);
    }
    return true;
}

/* A schema of the file that a flag names. */
static enum mst_status
transform_schema(const struct mst_cli_args *args, const char *flag,
                 struct mst_schema_plan **ret, struct mst_error *err)
{
    const char *path = mst_cli_value(args, flag);
    struct mst_buf text;
    if (path == NULL) {
        return MST_OK;
    }
    mst_buf_init(&text, MST_STUDIO_SCRIPT_MAX);
    enum mst_status status = mst_input_read(path, &text, err);
    if (status == MST_OK) {
        status = mst_schema_plan_create(mst_buf_slice(&text), NULL, ret, err);
    }
    if (status != MST_OK) {
        mst_error_prefix(err, "--%s: ", flag);
    }
    mst_buf_clear(&text);
    return status;
}

static enum mst_status
transform_load(struct transform_work *work, struct mst_error *err)
{
    static const enum mst_encoding encodings[] = {
        MST_ENCODING_JSON, MST_ENCODING_BSON, MST_ENCODING_AVRO};
    work->encoding = encodings[mst_cli_choice(work->args, "encoding", 0)];
    enum mst_status status = mst_transform_load(
        work->args->words[0], &work->text, &work->script, err);
    if (status == MST_OK) {
        status = transform_schema(work->args, "input-schema",
                                  &work->script.read_schema, err);
    }
    if (status == MST_OK) {
        status = transform_schema(work->args, "schema",
                                  &work->script.write_schema, err);
    }
    return status == MST_OK
               ? mst_studio_run_start(&work->run, &work->script, err)
               : status;
}

static enum mst_status
transform_document(struct transform_work *work, struct mst_slice payload,
                   struct mst_error *err)
{
    struct mst_buf bson;
    mst_buf_init(&bson, MST_TRANSFORM_INPUT_MAX);
    enum mst_status status = mst_studio_payload(
        work->encoding, payload, work->script.read_schema, &bson, err);
    mst_studio_run_reset(&work->run);
    if (status == MST_OK) {
        const struct mst_event event = {
            .payload = mst_buf_slice(&bson),
            .encoding = MST_ENCODING_BSON,
            .attributes = work->attributes,
            .attributes_len = work->attributes_len,
        };
        status = mst_studio_run_event(&work->run, &event, err);
    }
    size_t before = work->out.json.buf.len;
    for (const struct mst_studio_result *one = work->run.first;
         one != NULL && status == MST_OK; one = one->next) {
        status = transform_show(work, one, err);
    }
    if (status != MST_OK) {
        work->out.json.buf.len = before;
    }
    mst_buf_clear(&bson);
    return status;
}

/* What a document came to that gave nothing. */
static void
transform_tell(struct transform_work *work, enum mst_status status,
               struct mst_error *err)
{
    if (status != MST_OK) {
        work->rejected++;
        mst_error_prefix(err, "line %llu: ", (unsigned long long)work->line);
        mst_cli_error(work->args, err);
    } else if (work->run.results == 0) {
        (void)fprintf(stderr, "line %llu: dropped\n",
                      (unsigned long long)work->line);
    }
}

static int
transform_one(struct transform_work *work, struct mst_slice payload)
{
    struct mst_error err;
    mst_error_clear(&err);
    transform_tell(work, transform_document(work, payload, &err), &err);
    int code = mst_cli_print(&work->out.json.buf, 0);
    mst_buf_reset(&work->out.json.buf);
    return code;
}

static int
transform_documents(struct transform_work *work, struct mst_slice input)
{
    while (input.len > 0) {
        bool lines = work->encoding == MST_ENCODING_JSON;
        const uint8_t *end = lines ? memchr(input.data, '\n', input.len) : NULL;
        size_t len = end == NULL ? input.len : (size_t)(end - input.data);
        struct mst_slice line = mst_slice_of(input.data, len);
        size_t used = len + (end == NULL ? 0 : 1);
        input = mst_slice_of(input.data + used, input.len - used);
        work->line++;
        if (len > 0 && transform_one(work, line) != 0) {
            return MST_EXIT_FAILED;
        }
    }
    mst_studio_run_finish(&work->run);
    return work->rejected > 0 ? MST_EXIT_REJECTED : MST_EXIT_OK;
}

/* All on one line, or one document over several. */
static void
transform_join(struct mst_buf *input)
{
    struct mst_buf bson;
    struct mst_error err;
    mst_buf_init(&bson, MST_TRANSFORM_INPUT_MAX);
    if (mst_json_to_bson(mst_buf_slice(input), NULL, &bson, &err) == MST_OK) {
        for (size_t i = 0; i < input->len; i++) {
            input->data[i] = input->data[i] == '\n' ? ' ' : input->data[i];
        }
    }
    mst_buf_clear(&bson);
}

static void
transform_clear(struct transform_work *work)
{
    mst_studio_run_clear(&work->run);
    mst_schema_plan_destroy(work->script.read_schema);
    mst_schema_plan_destroy(work->script.write_schema);
    mst_buf_clear(&work->text);
    mst_arena_clear(&work->arena);
    mst_output_clear(&work->out);
}

static int
transform_run(const struct mst_cli_args *args)
{
    struct transform_work work = {.args = args};
    struct mst_buf input;
    struct mst_error err;
    int code = MST_EXIT_FAILED;
    mst_error_clear(&err);
    mst_buf_init(&input, MST_TRANSFORM_INPUT_MAX);
    mst_output_init(&work.out);
    if (!transform_attributes(&work)) {
        code = MST_EXIT_USAGE;
        goto out;
    }
    enum mst_status status = transform_load(&work, &err);
    if (status == MST_OK) {
        status = mst_transform_input(args, &input, &err);
    }
    if (status != MST_OK) {
        mst_cli_error(args, &err);
        goto out;
    }
    if (work.encoding == MST_ENCODING_JSON) {
        transform_join(&input);
    }
    code = transform_documents(&work, mst_buf_slice(&input));
out:
    transform_clear(&work);
    mst_buf_clear(&input);
    return code;
}

const struct mst_cli_command mst_transform_command_run = {
    .group = "transform",
    .name = "run",
    .synopsis = "FILE.lua [--input FILE]",
    .summary = "Run a script on JSON documents and print what it gives.",
    .details = "With the limits that a job has by default. What the script "
               "rejects or drops is\n"
               "said on standard error; exit code 3 when something was "
               "rejected.",
    .example = "mstream transform run mask.lua --input doc.json",
    .flags = transform_flags,
    .flags_len = MST_ARRAY_SIZE(transform_flags),
    .words_min = 1,
    .words_max = 1,
    .run = transform_run,
};
