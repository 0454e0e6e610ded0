/* SPDX-License-Identifier: MIT */
/* All cases of a test, one after the other. */
#include "studio/cases.h"

#include <stdio.h>

#include "base/clock.h"
#include "encodings/bson_reader.h"
#include "encodings/json_bson.h"
#include "studio/case.h"

#define ORIGIN "test"

enum { CASES_VALUE_MAX = 64 * 1024 * 1024, CASES_TEXT_MAX = 64 * 1024 * 1024 };

enum mst_status
mst_studio_cases_parse(struct mst_slice json, struct mst_buf *out,
                       struct mst_slice *ret, struct mst_error *err)
{
    struct mst_buf text;
    struct mst_bson_value value = {0};
    mst_buf_init(&text, CASES_TEXT_MAX);
    enum mst_status status = mst_buf_append_str(&text, "{\"cases\":");
    if (status == MST_OK) {
        status = mst_buf_append(&text, json.data, json.len);
    }
    if (status == MST_OK) {
        status = mst_buf_append_char(&text, '}');
    }
    status = status == MST_OK
                 ? mst_json_to_bson(mst_buf_slice(&text), NULL, out, err)
                 : mst_fail_memory(err, ORIGIN);
    mst_buf_clear(&text);
    if (status != MST_OK) {
        return status;
    }
    if (!mst_bson_find(mst_buf_slice(out), "cases", &value)
        || value.type != MST_BSON_ARRAY) {
        return mst_fail(err, MST_REJECTED, ORIGIN, 0, "cases is not an array");
    }
    *ret = value.raw;
    return MST_OK;
}

/* Whatever is done with each. */
typedef enum mst_status (*cases_each)(void *arg, const struct studio_case *one,
                                      struct mst_error *err);

static enum mst_status
cases_walk(struct mst_slice cases, cases_each each, void *arg,
           struct mst_error *err)
{
    struct mst_bson_iter iter;
    size_t n = 0;
    enum mst_status status = mst_bson_iter_init(&iter, cases, err);
    while (status == MST_OK && (status = mst_bson_iter_next(&iter)) == MST_OK) {
        struct studio_case one;
        if (iter.type != MST_BSON_DOCUMENT) {
            return mst_fail(err, MST_REJECTED, ORIGIN, 0,
                            "case %zu is not an object", n + 1);
        }
        if (n++ == MST_STUDIO_CASES_MAX) {
            return mst_fail(err, MST_REJECTED, ORIGIN, 0,
                            "more than %d cases are too many",
                            (int)MST_STUDIO_CASES_MAX);
        }
        status = studio_case_read(iter.value, &one, err);
        if (status == MST_OK && each != NULL) {
            status = each(arg, &one, err);
        }
    }
    return status == MST_END ? MST_OK : status;
}

enum mst_status
mst_studio_cases_check(struct mst_slice cases, struct mst_error *err)
{
    return cases_walk(cases, NULL, NULL, err);
}

/* One run of them all. */
struct cases_run {
    const struct mst_studio_script *script;
    struct mst_json *out;
    struct mst_studio_totals totals;
};

/* What came out, where somebody may want to see it. */
static enum mst_status
cases_write_actual(struct cases_run *all, const struct studio_case *one,
                   const struct studio_outcome *outcome, struct mst_error *err)
{
    struct mst_bson_value value;
    struct mst_buf bson;
    if (outcome->status != MST_OK) {
        mst_json_str(all->out, "error", outcome->err.text);
        return MST_OK;
    }
    mst_buf_init(&bson, CASES_VALUE_MAX);
    enum mst_status status =
        studio_results_value(&outcome->run, false, false, &bson, &value, err);
    if (status == MST_OK
        && studio_write_value(all->out, "actual", &value, err) != MST_OK) {
        mst_json_str(all->out, "actual", "(no text)");
    }
    if (status == MST_OK && one->expected_attributes.type != 0) {
        mst_buf_reset(&bson);
        status = studio_results_value(&outcome->run, true, false, &bson, &value,
                                      err);
        if (status == MST_OK
            && studio_write_value(all->out, "actual_attributes", &value, err)
                   != MST_OK) {
            mst_json_str(all->out, "actual_attributes", "(no text)");
        }
    }
    mst_buf_clear(&bson);
    return status;
}

static enum mst_status
cases_one(void *arg, const struct studio_case *one, struct mst_error *err)
{
    struct cases_run *all = arg;
    struct studio_outcome outcome;
    struct mst_studio_failures failures;
    int64_t since_ns = mst_clock_ns();
    mst_studio_failures_init(&failures);
    enum mst_status status = studio_case_run(one, all->script, &outcome, err);
    int64_t took_ns = mst_clock_ns() - since_ns;
    if (status == MST_OK) {
        status = studio_case_judge(one, &outcome, &failures, err);
    }
    if (status == MST_OK) {
        char took[32];
        (void)snprintf(took, sizeof(took), "%.3f", (double)took_ns / 1e6);
        mst_json_open(all->out, NULL, '{');
        mst_json_slice(all->out, "name", one->name);
        mst_json_bool(all->out, "passed", failures.n == 0);
        status = cases_write_actual(all, one, &outcome, err);
        mst_studio_failures_write(&failures, all->out);
        mst_json_raw(all->out, "duration_ms", mst_slice_str(took));
        mst_json_close(all->out, '}');
        all->totals.total++;
        all->totals.passed += failures.n == 0 ? 1 : 0;
    }
    mst_studio_run_clear(&outcome.run);
    mst_studio_failures_clear(&failures);
    return status;
}

/* A script that does not compile is nobody's case. */
static enum mst_status
cases_compile(const struct mst_studio_script *script, struct mst_error *err)
{
    struct mst_studio_run run;
    enum mst_status status = mst_studio_run_start(&run, script, err);
    mst_studio_run_clear(&run);
    return status == MST_FATAL ? MST_REJECTED : status;
}

enum mst_status
mst_studio_cases_run(const struct mst_studio_script *script,
                     struct mst_slice cases, struct mst_json *out,
                     struct mst_studio_totals *ret, struct mst_error *err)
{
    struct cases_run all = {.script = script, .out = out};
    enum mst_status status = mst_studio_cases_check(cases, err);
    if (status == MST_OK) {
        status = cases_compile(script, err);
    }
    if (status != MST_OK) {
        return status;
    }
    mst_json_open(out, NULL, '{');
    mst_json_open(out, "results", '[');
    status = cases_walk(cases, cases_one, &all, err);
    mst_json_close(out, ']');
    mst_json_open(out, "summary", '{');
    mst_json_number(out, "total", (int64_t)all.totals.total);
    mst_json_number(out, "passed", (int64_t)all.totals.passed);
    mst_json_number(out, "failed",
                    (int64_t)(all.totals.total - all.totals.passed));
    mst_json_close(out, '}');
    mst_json_close(out, '}');
    *ret = all.totals;
    return status;
}
