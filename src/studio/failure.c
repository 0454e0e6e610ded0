/* SPDX-License-Identifier: MIT */
/* Failures, written as they are found. */
#include "studio/failure.h"

#include <stdio.h>

enum { FAILURE_JSON_MAX = 4 * 1024 * 1024, FAILURE_VALUE_MAX = 64 * 1024 };

void
mst_studio_failures_init(struct mst_studio_failures *failures)
{
    *failures = (struct mst_studio_failures){.prefix = ""};
    mst_json_init(&failures->json, FAILURE_JSON_MAX);
    mst_json_open(&failures->json, NULL, '[');
}

void
mst_studio_failures_clear(struct mst_studio_failures *failures)
{
    mst_json_clear(&failures->json);
}

/* A value that is too long to be shown is left to the reader of the whole. */
static void
failure_value(struct mst_json *out, const char *name,
              const struct mst_bson_value *value)
{
    struct mst_buf text;
    struct mst_error err;
    mst_buf_init(&text, FAILURE_VALUE_MAX);
    if (value == NULL || value->type == 0) {
        mst_json_str(out, name, NULL);
    } else if (mst_studio_value_json(value, &text, &err) == MST_OK) {
        mst_json_raw(out, name, mst_buf_slice(&text));
    } else {
        mst_json_str(out, name, "(too long, or no text)");
    }
    mst_buf_clear(&text);
}

void
mst_studio_failures_add(struct mst_studio_failures *failures, const char *path,
                        const char *kind, const struct mst_bson_value *expected,
                        const struct mst_bson_value *actual,
                        const char *message)
{
    struct mst_json *out = &failures->json;
    char whole[MST_STUDIO_PATH_MAX + 8];
    if (failures->n++ >= MST_STUDIO_FAILURES_MAX) {
        return;
    }
    (void)snprintf(whole, sizeof(whole), "%s%s", failures->prefix, path);
    mst_json_open(out, NULL, '{');
    mst_json_str(out, "path", whole);
    mst_json_str(out, "assert_type", kind);
    failure_value(out, "expected", expected);
    failure_value(out, "actual", actual);
    mst_json_str(out, "message", message);
    mst_json_close(out, '}');
}

enum mst_status
mst_studio_failures_told(void *arg, const struct mst_studio_path *path,
                         const struct mst_bson_value *expected,
                         const struct mst_bson_value *actual)
{
    char message[128];
    const char *want = mst_bson_type_name(expected->type);
    const char *have = mst_bson_type_name(actual->type);
    if (actual->type == 0) {
        (void)snprintf(message, sizeof(message), "it is not there");
    } else if (expected->type == 0) {
        (void)snprintf(message, sizeof(message), "it should not be there");
    } else if (expected->type != actual->type) {
        (void)snprintf(message, sizeof(message), "it is %s instead of %s", have,
                       want);
    } else {
        (void)snprintf(message, sizeof(message), "it is another %s", have);
    }
    mst_studio_failures_add(arg, path->text, "equals", expected, actual,
                            message);
    return MST_OK;
}

void
mst_studio_failures_write(struct mst_studio_failures *failures,
                          struct mst_json *out)
{
    mst_json_close(&failures->json, ']');
    if (failures->json.failed) {
        out->failed = true;
    } else if (failures->n > 0) {
        mst_json_raw(out, "failures", mst_buf_slice(&failures->json.buf));
    }
    if (failures->n > MST_STUDIO_FAILURES_MAX) {
        mst_json_number(out, "failures_left_out",
                        (int64_t)failures->n - MST_STUDIO_FAILURES_MAX);
    }
}
