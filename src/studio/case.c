/* SPDX-License-Identifier: MIT */
/* Running a case and judging what came of it. */
#include "studio/case.h"

#include <stdio.h>

#include "encodings/bson_reader.h"
#include "encodings/bson_writer.h"

#define ORIGIN "test"

enum {
    CASE_RESULTS_MAX = 1000,
    CASE_BYTES_MAX = 8 * 1024 * 1024,
    CASE_VALUE_MAX = 64 * 1024 * 1024
};

/* --- running --------------------------------------------------------------- */

/* A payload as the script sees it, appended to bson. */
static enum mst_status
case_payload(const struct mst_bson_value *input,
             const struct mst_studio_script *script, struct mst_buf *bson,
             struct mst_error *err)
{
    struct mst_slice text;
    enum mst_status status =
        mst_bson_get_string(input, &text)
            ? mst_studio_payload(MST_ENCODING_JSON, text, script->read_schema,
                                 bson, err)
            : mst_studio_payload(MST_ENCODING_BSON, input->raw,
                                 script->read_schema, bson, err);
    if (status != MST_OK) {
        mst_error_prefix(err, "input: ");
    }
    return status;
}

static enum mst_status
case_event(const struct studio_case *one, const struct mst_bson_value *input,
           struct studio_outcome *outcome, struct mst_error *err)
{
    const struct mst_studio_script *script = outcome->run.script;
    struct mst_event event = {.encoding = MST_ENCODING_BSON};
    struct mst_buf bson;
    mst_buf_init(&bson, CASE_VALUE_MAX);
    enum mst_status status = MST_OK;
    if (one->attributes.type == MST_BSON_DOCUMENT) {
        status = mst_studio_attributes(&outcome->run.arena, one->attributes.raw,
                                       &event, err);
    }
    if (status == MST_OK && input->type != MST_BSON_NULL) {
        status = case_payload(input, script, &bson, err);
        event.payload = mst_buf_slice(&bson);
    }
    if (status == MST_OK) {
        outcome->status =
            mst_studio_run_event(&outcome->run, &event, &outcome->err);
    }
    mst_buf_clear(&bson);
    return status;
}

enum mst_status
studio_case_run(const struct studio_case *one,
                const struct mst_studio_script *script,
                struct studio_outcome *outcome, struct mst_error *err)
{
    struct mst_bson_iter iter;
    mst_error_clear(&outcome->err);
    outcome->status =
        mst_studio_run_start(&outcome->run, script, &outcome->err);
    outcome->run.results_max = CASE_RESULTS_MAX;
    outcome->run.bytes_max = CASE_BYTES_MAX;
    if (outcome->status != MST_OK) {
        return MST_OK;
    }
    if (one->input.type != 0) {
        return case_event(one, &one->input, outcome, err);
    }
    enum mst_status status = mst_bson_iter_init(&iter, one->inputs.raw, err);
    while (status == MST_OK && outcome->status == MST_OK
           && (status = mst_bson_iter_next(&iter)) == MST_OK) {
        struct mst_bson_value input = mst_bson_iter_value(&iter);
        status = case_event(one, &input, outcome, err);
    }
    return status == MST_END ? MST_OK : status;
}

/* --- results as values ------------------------------------------------------ */

static void
case_write_result(struct mst_bson_writer *writer, const char *key,
                  const struct mst_studio_result *result, bool attributes)
{
    if (!attributes && result->payload.data == NULL) {
        mst_bson_write_null(writer, key);
        return;
    }
    if (!attributes) {
        mst_bson_write_document(writer, key, result->payload);
        return;
    }
    mst_bson_write_begin_document(writer, key);
    for (uint32_t i = 0; i < result->attributes_len; i++) {
        const struct mst_attribute *one = &result->attributes[i];
        mst_bson_write_string(writer, (const char *)one->name.data, one->value);
    }
    mst_bson_write_end(writer);
}

enum mst_status
studio_results_value(const struct mst_studio_run *run, bool attributes,
                     bool always_array, struct mst_buf *out,
                     struct mst_bson_value *ret, struct mst_error *err)
{
    struct mst_bson_writer writer;
    bool array = always_array || run->results > 1;
    unsigned n = 0;
    char key[16];
    mst_bson_writer_init(&writer, out);
    if (array) {
        mst_bson_write_begin_array(&writer, "v");
    }
    for (const struct mst_studio_result *one = run->first; one != NULL;
         one = one->next) {
        (void)snprintf(key, sizeof(key), "%u", n++);
        case_write_result(&writer, array ? key : "v", one, attributes);
    }
    if (n == 0 && !array) {
        mst_bson_write_null(&writer, "v");
    }
    enum mst_status status = mst_bson_writer_finish(&writer, err);
    if (status == MST_OK && !mst_bson_find(mst_buf_slice(out), "v", ret)) {
        status = mst_fail_memory(err, ORIGIN);
    }
    return status;
}

enum mst_status
studio_write_value(struct mst_json *out, const char *name,
                   const struct mst_bson_value *value, struct mst_error *err)
{
    struct mst_buf text;
    mst_buf_init(&text, CASE_VALUE_MAX);
    enum mst_status status = mst_studio_value_json(value, &text, err);
    if (status == MST_OK) {
        mst_json_raw(out, name, mst_buf_slice(&text));
    }
    mst_buf_clear(&text);
    return status;
}

/* --- judging ---------------------------------------------------------------- */

/* The results, or their attributes, against what they are expected to be: a
 * document for one, an array for any number, null for none. */
static enum mst_status
judge_results(const struct mst_bson_value *expected,
              const struct mst_studio_run *run, bool attributes,
              struct mst_studio_failures *failures, struct mst_error *err)
{
    struct mst_studio_path path = {0};
    struct mst_bson_value actual = {0};
    struct mst_buf bson;
    char message[64];
    if (expected->type == 0) {
        return MST_OK;
    }
    mst_buf_init(&bson, CASE_VALUE_MAX);
    bool array = expected->type == MST_BSON_ARRAY;
    size_t wanted = expected->type == MST_BSON_NULL ? 0 : 1;
    enum mst_status status =
        studio_results_value(run, attributes, array, &bson, &actual, err);
    if (status == MST_OK && !array && run->results != wanted) {
        (void)snprintf(message, sizeof(message), "%zu results instead of %zu",
                       run->results, wanted);
        mst_studio_failures_add(failures, "", "equals", expected, &actual,
                                message);
    } else if (status == MST_OK && wanted > 0) {
        failures->prefix = attributes ? "@" : "";
        status = mst_studio_compare(expected, &actual, &path,
                                    mst_studio_failures_told, failures);
        failures->prefix = "";
    }
    mst_buf_clear(&bson);
    return status;
}

/* Strict mode, for one result. */
struct judge_cover {
    const struct studio_case *one;
    struct mst_studio_failures *failures;
    int64_t n;
};

static enum mst_status
judge_leaf(void *arg, const struct mst_studio_path *path,
           const struct mst_bson_value *value)
{
    struct judge_cover *cover = arg;
    struct mst_bson_iter iter;
    struct mst_slice at = mst_slice_of(path->text, path->len);
    enum mst_status status = MST_END;
    if (cover->one->assertions.type == MST_BSON_ARRAY) {
        status = mst_bson_iter_init(&iter, cover->one->assertions.raw, NULL);
    }
    while (status == MST_OK && (status = mst_bson_iter_next(&iter)) == MST_OK) {
        struct mst_studio_assertion assertion;
        if (mst_studio_assertion_read(iter.value, &assertion, NULL) == MST_OK
            && mst_studio_assertion_covers(&assertion, cover->n, at)) {
            return MST_OK;
        }
    }
    mst_studio_failures_add(cover->failures, path->text, "strict", NULL, value,
                            "no assertion says what it is");
    return MST_OK;
}

static enum mst_status
judge_strict(const struct studio_case *one, const struct mst_studio_run *run,
             struct mst_studio_failures *failures)
{
    struct judge_cover cover = {.one = one, .failures = failures};
    enum mst_status status = MST_OK;
    if (!one->strict || one->expected.type != 0) {
        return MST_OK;
    }
    for (const struct mst_studio_result *result = run->first;
         result != NULL && status == MST_OK; result = result->next) {
        const struct mst_bson_value value = {MST_BSON_DOCUMENT,
                                             result->payload};
        struct mst_studio_path path = {0};
        if (result->payload.data != NULL) {
            status = mst_studio_leaves(&value, &path, judge_leaf, &cover);
        }
        cover.n++;
    }
    return status;
}

static enum mst_status
judge_assertions(const struct studio_case *one,
                 const struct mst_studio_run *run,
                 struct mst_studio_failures *failures, struct mst_error *err)
{
    struct mst_bson_iter iter;
    if (one->assertions.type != MST_BSON_ARRAY) {
        return MST_OK;
    }
    enum mst_status status =
        mst_bson_iter_init(&iter, one->assertions.raw, err);
    while (status == MST_OK && (status = mst_bson_iter_next(&iter)) == MST_OK) {
        struct mst_studio_assertion assertion;
        status = mst_studio_assertion_read(iter.value, &assertion, err);
        if (status == MST_OK) {
            status = mst_studio_assertion_check(&assertion, run, failures, err);
        }
    }
    return status == MST_END ? MST_OK : status;
}

/* False: it ends here, by an error that was expected, or was not. */
static bool
judge_error(const struct studio_case *one, const struct studio_outcome *outcome,
            struct mst_studio_failures *failures)
{
    struct mst_slice wanted = MST_SLICE_LIT("");
    const struct mst_bson_value *expected = &one->expected_error;
    bool any = true;
    bool wants = mst_bson_get_string(expected, &wanted)
                 || (mst_bson_get_bool(expected, &any) && any);
    if (outcome->status == MST_OK) {
        if (wants) {
            mst_studio_failures_add(failures, "", "error", expected, NULL,
                                    "the script did not reject it");
        }
        return !wants;
    }
    if (!wants) {
        mst_studio_failures_add(failures, "", "error", NULL, NULL,
                                "the script failed");
    } else if (outcome->status != MST_REJECTED
               || (wanted.len > 0
                   && strstr(outcome->err.text, (const char *)wanted.data)
                          == NULL)) {
        mst_studio_failures_add(failures, "", "error", expected, NULL,
                                "it failed with another error");
    }
    return false;
}

enum mst_status
studio_case_judge(const struct studio_case *one,
                  const struct studio_outcome *outcome,
                  struct mst_studio_failures *failures, struct mst_error *err)
{
    const struct mst_studio_run *run = &outcome->run;
    if (!judge_error(one, outcome, failures)) {
        return MST_OK;
    }
    enum mst_status status =
        judge_results(&one->expected, run, false, failures, err);
    if (status == MST_OK) {
        status =
            judge_results(&one->expected_attributes, run, true, failures, err);
    }
    if (status == MST_OK) {
        status = judge_assertions(one, run, failures, err);
    }
    return status == MST_OK ? judge_strict(one, run, failures) : status;
}
