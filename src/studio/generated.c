/* SPDX-License-Identifier: MIT */
/* Running an input twice and writing what it came to. */
#include "studio/generated.h"

#include <stdio.h>
#include <time.h>

#include "base/clock.h"
#include "encodings/bson_reader.h"
#include "encodings/json_bson.h"

#define ORIGIN "studio"

enum { GENERATED_TEXT_MAX = 64 * 1024 * 1024 };

/* The two runs of one input. */
struct generated_pair {
    struct studio_outcome first;
    struct studio_outcome second;
    struct mst_buf attributes; /* BSON */
    bool same;
    int64_t took_ns; /* the first */
};

/* Until the clock that scripts see shows something else. */
static void
generated_wait(void)
{
    static const struct timespec pause = {.tv_nsec = 200000};
    int64_t now = mst_clock_wall_ms();
    for (int i = 0; i < 20 && mst_clock_wall_ms() == now; i++) {
        (void)nanosleep(&pause, NULL);
    }
}

/* Whether both gave the same, attributes too. */
static enum mst_status
generated_compare(struct generated_pair *pair, struct mst_error *err)
{
    struct mst_bson_value values[2] = {{0}, {0}};
    struct mst_buf bson[2];
    enum mst_status status = MST_OK;
    pair->same = pair->first.status == pair->second.status;
    for (int what = 0; what < 2 && pair->same; what++) {
        for (int i = 0; i < 2; i++) {
            mst_buf_init(&bson[i], GENERATED_TEXT_MAX);
            if (status == MST_OK) {
                status = studio_results_value(
                    i == 0 ? &pair->first.run : &pair->second.run, what == 1,
                    true, &bson[i], &values[i], err);
            }
        }
        pair->same =
            status == MST_OK && mst_studio_equal(&values[0], &values[1]);
        mst_buf_clear(&bson[0]);
        mst_buf_clear(&bson[1]);
        if (status != MST_OK) {
            return status;
        }
    }
    return MST_OK;
}

static enum mst_status
generated_run(const struct studio_generated *self, struct mst_slice input,
              struct generated_pair *pair, struct mst_error *err)
{
    struct studio_case one = {.strict = false};
    enum mst_status status = MST_OK;
    one.input = input.data == NULL
                    ? (struct mst_bson_value){MST_BSON_NULL, {NULL, 0}}
                    : (struct mst_bson_value){MST_BSON_DOCUMENT, input};
    if (self->attributes.data != NULL) {
        status =
            mst_json_to_bson(self->attributes, NULL, &pair->attributes, err);
        one.attributes = (struct mst_bson_value){
            MST_BSON_DOCUMENT, mst_buf_slice(&pair->attributes)};
    }
    int64_t since_ns = mst_clock_ns();
    if (status == MST_OK) {
        status = studio_case_run(&one, self->script, &pair->first, err);
        pair->took_ns = mst_clock_ns() - since_ns;
    }
    if (status == MST_OK) {
        generated_wait();
        status = studio_case_run(&one, self->script, &pair->second, err);
    }
    return status == MST_OK ? generated_compare(pair, err) : status;
}

/* --- writing ----------------------------------------------------------------- */

/* An assertion for each value of one result. */
struct generated_leaves {
    const struct generated_pair *pair;
    struct mst_json *out;
    struct mst_error *err;
    int64_t result;
};

/* Whether the value is found there in that run. */
static bool
generated_holds(const struct mst_studio_assertion *assertion,
                const struct mst_studio_run *run)
{
    struct mst_studio_failures failures;
    struct mst_error err;
    mst_studio_failures_init(&failures);
    bool holds =
        mst_studio_assertion_check(assertion, run, &failures, &err) == MST_OK
        && failures.n == 0;
    mst_studio_failures_clear(&failures);
    return holds;
}

static enum mst_status
generated_leaf(void *arg, const struct mst_studio_path *path,
               const struct mst_bson_value *value)
{
    struct generated_leaves *leaves = arg;
    struct mst_json *out = leaves->out;
    const struct mst_studio_assertion assertion = {
        .path = mst_slice_of(path->text, path->len),
        .kind = MST_STUDIO_EQUALS,
        .expected = *value,
        .result = leaves->result};
    enum mst_status status = MST_OK;
    if (!mst_studio_path_is_good(assertion.path)
        || !generated_holds(&assertion, &leaves->pair->first.run)) {
        return MST_OK; /* no path leads there */
    }
    bool same = generated_holds(&assertion, &leaves->pair->second.run);
    mst_json_open(out, NULL, '{');
    mst_json_slice(out, "path", assertion.path);
    mst_json_str(out, "assert_type", same ? "equals" : "type_matches");
    if (same) {
        status = studio_write_value(out, "expected_value", value, leaves->err);
    } else {
        mst_json_str(out, "expected_value", mst_bson_type_name(value->type));
    }
    if (leaves->result > 0) {
        mst_json_number(out, "result", leaves->result);
    }
    mst_json_close(out, '}');
    return status;
}

static enum mst_status
generated_assertions(const struct generated_pair *pair, struct mst_json *out,
                     struct mst_error *err)
{
    struct generated_leaves leaves = {.pair = pair, .out = out, .err = err};
    enum mst_status status = MST_OK;
    mst_json_open(out, "assertions", '[');
    for (const struct mst_studio_result *one = pair->first.run.first;
         one != NULL && status == MST_OK; one = one->next) {
        const struct mst_bson_value value = {MST_BSON_DOCUMENT, one->payload};
        struct mst_studio_path path = {0};
        if (one->payload.data != NULL) {
            status = mst_studio_leaves(&value, &path, generated_leaf, &leaves);
        }
        leaves.result++;
    }
    mst_json_close(out, ']');
    return status;
}

/* The words of an error, without where it happened and how it got there. */
static void
generated_error(const char *name, const char *text, struct mst_json *out)
{
    size_t len = strlen(name);
    if (strncmp(text, name, len) == 0 && text[len] == ':') {
        text += len + 1;
        text += strspn(text, "0123456789: ");
    }
    mst_json_slice(out, "expected_error",
                   mst_slice_of(text, strcspn(text, "\n")));
}

static enum mst_status
generated_expected(const struct studio_generated *self,
                   const struct generated_pair *pair, bool assertions,
                   struct mst_error *err)
{
    struct mst_bson_value value;
    struct mst_buf bson;
    if (pair->first.status != MST_OK) {
        generated_error(self->script->name, pair->first.err.text, self->out);
        return MST_OK;
    }
    mst_buf_init(&bson, GENERATED_TEXT_MAX);
    enum mst_status status = MST_OK;
    if (pair->same) {
        bool none = pair->first.run.results == 1
                    && pair->first.run.first->payload.data == NULL;
        status = studio_results_value(&pair->first.run, false, none, &bson,
                                      &value, err);
        if (status == MST_OK) {
            status = studio_write_value(self->out, "expected", &value, err);
        }
    }
    if (status == MST_OK && (assertions || !pair->same)) {
        status = generated_assertions(pair, self->out, err);
    }
    mst_buf_clear(&bson);
    return status;
}

static enum mst_status
generated_write(const struct studio_generated *self, const char *name,
                struct mst_slice input, const struct generated_pair *pair,
                bool assertions, struct mst_error *err)
{
    const struct mst_bson_value value = {MST_BSON_DOCUMENT, input};
    enum mst_status status = MST_OK;
    mst_json_open(self->out, NULL, '{');
    mst_json_str(self->out, "name", name);
    if (input.data == NULL) {
        mst_json_str(self->out, "input", NULL);
    } else {
        status = studio_write_value(self->out, "input", &value, err);
    }
    if (self->attributes.data != NULL) {
        mst_json_raw(self->out, "attributes", self->attributes);
    }
    if (status == MST_OK) {
        status = generated_expected(self, pair, assertions, err);
    }
    return status;
}

enum mst_status
studio_generated_add(struct studio_generated *self, const char *name,
                     struct mst_slice input, bool assertions,
                     struct mst_error *err)
{
    struct generated_pair pair;
    char took[32];
    memset(&pair, 0, sizeof(pair));
    mst_buf_init(&pair.attributes, GENERATED_TEXT_MAX);
    enum mst_status status = generated_run(self, input, &pair, err);
    if (status == MST_OK
        && (pair.first.status == MST_RETRY
            || pair.second.status == MST_RETRY)) {
        status = MST_RETRY;
    }
    if (status == MST_OK) {
        (void)snprintf(took, sizeof(took), "%.3f", (double)pair.took_ns / 1e6);
        status = generated_write(self, name, input, &pair, assertions, err);
        mst_json_raw(self->out, "duration_ms", mst_slice_str(took));
        mst_json_close(self->out, '}');
        self->n++;
    }
    mst_studio_run_clear(&pair.first.run);
    mst_studio_run_clear(&pair.second.run);
    mst_buf_clear(&pair.attributes);
    return status;
}
