/* SPDX-License-Identifier: MIT */
/* Fills addresses. */
#include "clients/http_target.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "clients/http_client.h"

enum { TARGET_NAME_MAX = 256 };

/* The name within braces; "" for what is no placeholder. */
static void
target_name(const char *open, char name[TARGET_NAME_MAX])
{
    static const char *const known[] = {"key", "op", "database", "collection",
                                        "topic"};
    size_t len = strcspn(open + 1, "{}");
    name[0] = '\0';
    if (open[1 + len] != '}' || len >= TARGET_NAME_MAX) {
        return;
    }
    (void)snprintf(name, TARGET_NAME_MAX, "%.*s", (int)len, open + 1);
    bool good = strncmp(name, "attr:", 5) == 0 && len > 5;
    for (size_t i = 0; i < MST_ARRAY_SIZE(known); i++) {
        good = good || strcmp(name, known[i]) == 0;
    }
    if (!good) {
        name[0] = '\0';
    }
}

static enum mst_status
target_check(struct mst_http_target *target, const char *resource,
             struct mst_error *err)
{
    char name[TARGET_NAME_MAX];
    for (const char *at = resource; *at != '\0'; at++) {
        if (*at == '#' || (unsigned char)*at <= ' '
            || (unsigned char)*at >= 0x7f) {
            return mst_fail(err, MST_FATAL, "http", 0,
                            "resource '%s' has a fragment, white space or "
                            "characters that an address writes as %%XX",
                            resource);
        }
        if (*at != '{' && *at != '}') {
            continue;
        }
        target_name(at, name);
        if (*at == '}' || name[0] == '\0') {
            (void)mst_fail(err, MST_FATAL, "http", 0,
                           "resource '%s': '%s' is no placeholder", resource,
                           at);
            mst_error_hint(err, "placeholders are {key}, {op}, {database}, "
                                "{collection}, {topic} and {attr:NAME}");
            return MST_FATAL;
        }
        target->is_fixed = false;
        target->has_key = target->has_key || strcmp(name, "key") == 0;
        at += strcspn(at, "}");
    }
    return MST_OK;
}

enum mst_status
mst_http_target_init(struct mst_http_target *target, const char *host,
                     const char *resource, struct mst_error *err)
{
    *target = (struct mst_http_target){.is_fixed = true};
    if (mst_http_url_check(host, err) != MST_OK) {
        if (err != NULL) {
            err->status = MST_FATAL;
        }
        return MST_FATAL;
    }
    enum mst_status status = target_check(target, resource, err);
    if (status != MST_OK) {
        return status;
    }
    size_t head = strlen(host);
    while (head > 0 && host[head - 1] == '/') {
        head--;
    }
    resource += strspn(resource, "/");
    bool query = resource[0] == '?';
    size_t size = head + strlen(resource) + 2;
    target->text = malloc(size);
    if (target->text == NULL) {
        return mst_fail_memory(err, "http");
    }
    (void)snprintf(target->text, size, "%.*s%s%s", (int)head, host,
                   resource[0] == '\0' || query ? "" : "/", resource);
    return MST_OK;
}

void
mst_http_target_clear(struct mst_http_target *target)
{
    free(target->text);
    *target = (struct mst_http_target){0};
}

static struct mst_slice
target_value(const struct mst_event *event, struct mst_slice key,
             const char *name)
{
    if (strcmp(name, "key") == 0) {
        return key;
    }
    if (strcmp(name, "op") == 0) {
        return mst_slice_str(mst_op_name(event->op));
    }
    return mst_event_attribute(event, strncmp(name, "attr:", 5) == 0 ? name + 5
                                                                     : name);
}

/* Segments of dots alone would be taken for steps up. */
static bool
target_is_dots(struct mst_slice value)
{
    return mst_slice_is(value, ".") || mst_slice_is(value, "..");
}

static enum mst_status
target_fill(const struct mst_http_target *target, const char *name,
            struct mst_slice value, struct mst_buf *out, struct mst_error *err)
{
    if (value.data == NULL || value.len == 0 || target_is_dots(value)) {
        return mst_fail(err, MST_REJECTED, "http", 0,
                        "the event has no %s '%s' that can stand in '%s'",
                        strcmp(name, "key") == 0 ? "text as its" : "attribute",
                        strncmp(name, "attr:", 5) == 0 ? name + 5 : name,
                        target->text);
    }
    enum mst_status status = mst_http_append_escaped(out, value);
    return status == MST_OK
               ? MST_OK
               : mst_fail(err, status, "http", 0,
                          "the address that '%s' gives is too long",
                          target->text);
}

enum mst_status
mst_http_target_make(const struct mst_http_target *target,
                     const struct mst_event *event, struct mst_slice key,
                     struct mst_buf *out, struct mst_error *err)
{
    char name[TARGET_NAME_MAX];
    const char *at = target->text;
    enum mst_status status = MST_OK;
    mst_buf_reset(out);
    while (status == MST_OK && *at != '\0') {
        size_t literal = strcspn(at, "{");
        status = mst_buf_append(out, at, literal);
        at += literal;
        if (status == MST_OK && *at == '{') {
            target_name(at, name);
            status = target_fill(target, name, target_value(event, key, name),
                                 out, err);
            at += strcspn(at, "}") + 1;
        }
    }
    if (status == MST_OK) {
        status = mst_buf_append_char(out, '\0');
    }
    return status;
}
