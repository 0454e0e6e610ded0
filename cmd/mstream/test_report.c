/* SPDX-License-Identifier: MIT */
/* Results of cases as lines, and as XML. */
#include "test_report.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { REPORT_XML_MAX = 64 * 1024 * 1024, REPORT_VALUE_MAX = 200 };

static const char *
report_text(const json_t *object, const char *key)
{
    const char *text = json_string_value(json_object_get(object, key));
    return text == NULL ? "" : text;
}

static int64_t
report_number(const json_t *answer, const char *key)
{
    return json_integer_value(
        json_object_get(json_object_get(answer, "summary"), key));
}

bool
mst_test_report_is_good(const json_t *answer)
{
    return report_number(answer, "failed") == 0;
}

/* A value on one line, not more than fits. */
static void
report_value(const json_t *failure, const char *key, char out[REPORT_VALUE_MAX])
{
    char *text = json_dumps(json_object_get(failure, key),
                            JSON_COMPACT | JSON_ENCODE_ANY);
    (void)snprintf(out, REPORT_VALUE_MAX, "%s", text == NULL ? "null" : text);
    free(text);
}

/* "a.b: it is int32 instead of int64 (gt, expected 1, actual 2)" */
static void
report_failure(const json_t *failure, char *out, size_t size)
{
    char expected[REPORT_VALUE_MAX];
    char actual[REPORT_VALUE_MAX];
    const char *path = report_text(failure, "path");
    report_value(failure, "expected", expected);
    report_value(failure, "actual", actual);
    (void)snprintf(out, size, "%s%s%s (%s, expected %s, actual %s)", path,
                   path[0] == '\0' ? "" : ": ", report_text(failure, "message"),
                   report_text(failure, "assert_type"), expected, actual);
}

static void
report_case(const json_t *one, struct mst_output *out)
{
    bool passed = json_is_true(json_object_get(one, "passed"));
    const json_t *failures = json_object_get(one, "failures");
    const char *error = report_text(one, "error");
    mst_output_text(out, "%s  %s\n", passed ? "ok  " : "FAIL",
                    report_text(one, "name"));
    for (size_t i = 0; i < json_array_size(failures); i++) {
        char line[1024];
        report_failure(json_array_get(failures, i), line, sizeof(line));
        mst_output_text(out, "      %s\n", line);
    }
    if (!passed && error[0] != '\0') {
        mst_output_text(out, "      %.*s\n", (int)strcspn(error, "\n"), error);
    }
}

void
mst_test_report(const json_t *answer, struct mst_output *out)
{
    const json_t *results = json_object_get(answer, "results");
    for (size_t i = 0; i < json_array_size(results); i++) {
        report_case(json_array_get(results, i), out);
    }
    mst_output_text(out, "%lld of %lld passed\n",
                    (long long)report_number(answer, "passed"),
                    (long long)report_number(answer, "total"));
}

/* Text in an attribute; what XML can not have is left out. */
static enum mst_status
report_escape(struct mst_buf *out, const char *text)
{
    enum mst_status status = MST_OK;
    for (; *text != '\0' && status == MST_OK; text++) {
        unsigned char c = (unsigned char)*text;
        if (c == '&' || c == '<' || c == '>' || c == '"' || c == '\n') {
            status = mst_buf_printf(out, "&#%d;", c);
        } else if (c >= ' ') {
            status = mst_buf_append_char(out, *text);
        }
    }
    return status;
}

static enum mst_status
report_case_xml(const json_t *one, struct mst_buf *out)
{
    const json_t *failures = json_object_get(one, "failures");
    double seconds =
        json_number_value(json_object_get(one, "duration_ms")) / 1000;
    enum mst_status status = mst_buf_append_str(out, "  <testcase name=\"");
    if (status == MST_OK) {
        status = report_escape(out, report_text(one, "name"));
    }
    if (status == MST_OK) {
        status = mst_buf_printf(out, "\" time=\"%.6f\">\n", seconds);
    }
    for (size_t i = 0; i < json_array_size(failures) && status == MST_OK; i++) {
        char line[1024];
        report_failure(json_array_get(failures, i), line, sizeof(line));
        status = mst_buf_append_str(out, "    <failure message=\"");
        if (status == MST_OK) {
            status = report_escape(out, line);
        }
        if (status == MST_OK) {
            status = mst_buf_append_str(out, "\"/>\n");
        }
    }
    return status == MST_OK ? mst_buf_append_str(out, "  </testcase>\n")
                            : status;
}

static enum mst_status
report_xml(const json_t *answer, const char *name, struct mst_buf *out)
{
    const json_t *results = json_object_get(answer, "results");
    enum mst_status status = mst_buf_append_str(
        out, "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<testsuite name=\"");
    if (status == MST_OK) {
        status = report_escape(out, name);
    }
    if (status == MST_OK) {
        status = mst_buf_printf(out, "\" tests=\"%lld\" failures=\"%lld\">\n",
                                (long long)report_number(answer, "total"),
                                (long long)report_number(answer, "failed"));
    }
    for (size_t i = 0; i < json_array_size(results) && status == MST_OK; i++) {
        status = report_case_xml(json_array_get(results, i), out);
    }
    return status == MST_OK ? mst_buf_append_str(out, "</testsuite>\n")
                            : status;
}

enum mst_status
mst_test_report_junit(const json_t *answer, const char *name, const char *path,
                      struct mst_error *err)
{
    struct mst_buf text;
    mst_buf_init(&text, REPORT_XML_MAX);
    enum mst_status status = report_xml(answer, name, &text);
    if (status != MST_OK) {
        mst_buf_clear(&text);
        return mst_fail_memory(err, "test");
    }
    FILE *file = fopen(path, "w");
    bool good =
        file != NULL && fwrite(text.data, 1, text.len, file) == text.len;
    int error = errno;
    if (file != NULL && fclose(file) != 0) {
        good = false;
    }
    mst_buf_clear(&text);
    return good ? MST_OK
                : mst_fail(err, MST_FATAL, "test", error,
                           "can not write '%s' (error %d)", path, error);
}
