/* SPDX-License-Identifier: MIT */
/* Parses and fills name templates. */
#include "sinks/mongodb/mongodb_template.h"

#include <stdlib.h>

#define ORIGIN "mongodb"

enum { NAME_DATABASE_MAX = 63, NAME_COLLECTION_MAX = 255 };

static bool
template_attribute(struct mst_slice inside, struct mst_slice *ret_name)
{
    if (mst_slice_is(inside, "database") || mst_slice_is(inside, "collection")
        || mst_slice_is(inside, "topic")) {
        *ret_name = inside;
        return true;
    }
    if (inside.len > 5 && memcmp(inside.data, "attr:", 5) == 0) {
        *ret_name = mst_slice_of(inside.data + 5, inside.len - 5);
        return true;
    }
    return false;
}

static enum mst_status
template_add(struct mst_mongosink_template *tmpl, const char *key,
             struct mst_slice text, bool is_attribute, struct mst_error *err)
{
    if (tmpl->parts_len == MST_MONGOSINK_TEMPLATE_PARTS) {
        return mst_fail(err, MST_FATAL, ORIGIN, 0,
                        "%s '%s' has too many placeholders", key, tmpl->text);
    }
    tmpl->parts[tmpl->parts_len++] =
        (struct mst_mongosink_part){text, is_attribute};
    return MST_OK;
}

static enum mst_status
template_parse(struct mst_mongosink_template *tmpl, const char *key,
               struct mst_error *err)
{
    const char *at = tmpl->text;
    while (*at != '\0') {
        size_t literal = strcspn(at, "{}");
        enum mst_status status = MST_OK;
        if (literal > 0) {
            status =
                template_add(tmpl, key, mst_slice_of(at, literal), false, err);
            at += literal;
        } else {
            size_t close = strcspn(at, "}");
            struct mst_slice name = MST_SLICE_NONE;
            if (*at != '{' || at[close] != '}'
                || !template_attribute(mst_slice_of(at + 1, close - 1),
                                       &name)) {
                (void)mst_fail(err, MST_FATAL, ORIGIN, 0,
                               "%s '%s' is not a name: '%s' is no placeholder",
                               key, tmpl->text, at);
                mst_error_hint(err, "placeholders are {database}, "
                                    "{collection}, {topic} and {attr:NAME}");
                return MST_FATAL;
            }
            status = template_add(tmpl, key, name, true, err);
            at += close + 1;
        }
        if (status != MST_OK) {
            return status;
        }
    }
    return MST_OK;
}

enum mst_status
mst_mongosink_template_init(struct mst_mongosink_template *tmpl,
                            const char *key, const char *text,
                            struct mst_error *err)
{
    *tmpl = (struct mst_mongosink_template){0};
    if (text == NULL || text[0] == '\0') {
        return mst_fail(err, MST_FATAL, ORIGIN, 0, "%s is missing", key);
    }
    tmpl->text = strdup(text);
    if (tmpl->text == NULL) {
        return mst_fail_memory(err, ORIGIN);
    }
    enum mst_status status = template_parse(tmpl, key, err);
    if (status != MST_OK) {
        mst_mongosink_template_clear(tmpl);
    }
    return status;
}

void
mst_mongosink_template_clear(struct mst_mongosink_template *tmpl)
{
    free(tmpl->text);
    *tmpl = (struct mst_mongosink_template){0};
}

bool
mst_mongosink_template_is_fixed(const struct mst_mongosink_template *tmpl)
{
    return tmpl->parts_len == 1 && !tmpl->parts[0].is_attribute;
}

enum mst_status
mst_mongosink_template_render(const struct mst_mongosink_template *tmpl,
                              const struct mst_event *event,
                              struct mst_buf *out, struct mst_error *err)
{
    for (size_t i = 0; i < tmpl->parts_len; i++) {
        struct mst_slice text = tmpl->parts[i].text;
        if (tmpl->parts[i].is_attribute) {
            char name[256];
            if (text.len >= sizeof(name)) {
                return mst_fail(err, MST_REJECTED, ORIGIN, 0,
                                "'%s' names an attribute that is too long",
                                tmpl->text);
            }
            memcpy(name, text.data, text.len);
            name[text.len] = '\0';
            text = mst_event_attribute(event, name);
            if (text.data == NULL) {
                (void)mst_fail(err, MST_REJECTED, ORIGIN, 0,
                               "the event has no attribute '%s', which '%s' "
                               "needs",
                               name, tmpl->text);
                return MST_REJECTED;
            }
        }
        enum mst_status status = mst_buf_append(out, text.data, text.len);
        if (status != MST_OK) {
            return mst_fail(err, status, ORIGIN, 0,
                            "the name that '%s' gives is too long", tmpl->text);
        }
    }
    return MST_OK;
}

static bool
name_has_any(struct mst_slice name, const char *chars)
{
    for (size_t i = 0; i < name.len; i++) {
        if (name.data[i] == '\0' || strchr(chars, name.data[i]) != NULL) {
            return true;
        }
    }
    return false;
}

enum mst_status
mst_mongosink_check_database(struct mst_slice name, enum mst_status otherwise,
                             struct mst_error *err)
{
    if (name.len == 0 || name.len > NAME_DATABASE_MAX
        || name_has_any(name, "/\\. \"$*<>:|?")) {
        return mst_fail(err, otherwise, ORIGIN, 0,
                        "'%.*s' can not be the name of a database: 1 to %d "
                        "bytes without / \\ . space \" $ * < > : | ?",
                        (int)(name.len > 100 ? 100 : name.len),
                        (const char *)name.data, NAME_DATABASE_MAX);
    }
    return MST_OK;
}

enum mst_status
mst_mongosink_check_collection(struct mst_slice name, enum mst_status otherwise,
                               struct mst_error *err)
{
    bool bad = name.len == 0 || name.len > NAME_COLLECTION_MAX
               || name_has_any(name, "$") || name.data[0] == '.'
               || name.data[name.len - 1] == '.'
               || (name.len >= 7 && memcmp(name.data, "system.", 7) == 0);
    if (bad) {
        return mst_fail(err, otherwise, ORIGIN, 0,
                        "'%.*s' can not be the name of a collection: 1 to %d "
                        "bytes, no '$', no dot at an end, not 'system.'",
                        (int)(name.len > 100 ? 100 : name.len),
                        (const char *)name.data, NAME_COLLECTION_MAX);
    }
    return MST_OK;
}
