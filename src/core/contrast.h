/* SPDX-License-Identifier: MIT */
/*
 * Where two events differ, for people: what a step made of one, or what two
 * chains of middlewares made of the same. encodings/ implements it; who has
 * the registry uses it. Thread: any.
 */
#ifndef MST_CORE_CONTRAST_H
#define MST_CORE_CONTRAST_H

#include "base/json_write.h"
#include "core/event.h"

enum mst_contrast_kind {
    MST_CONTRAST_ADDED,
    MST_CONTRAST_REMOVED,
    MST_CONTRAST_CHANGED,
    MST_CONTRAST_ORDER /* the same fields, in another order */
};

/* One difference. Borrowed for the call. */
struct mst_contrast {
    enum mst_contrast_kind kind;
    /* "a.b[0].c" in the payload, "@name" of an attribute, else in brackets:
     * (op), (key), (encoding), (payload), (bytes). Never empty. */
    struct mst_slice path;
    /* JSON; data == NULL: there is none, or it can not be shown. */
    struct mst_slice before;
    struct mst_slice after;
};

/* MST_OK: go on. */
typedef enum mst_status (*mst_contrast_each)(void *arg,
                                             const struct mst_contrast *one);

/* Calls each with all in which they differ; none: they are equal to the last
 * byte. Returns what each said, or MST_FATAL without memory. */
typedef enum mst_status (*mst_contrast_find)(const struct mst_event *before,
                                             const struct mst_event *after,
                                             mst_contrast_each each, void *arg,
                                             struct mst_error *err);

/* Writes the event as an object: op, key, attributes, encoding, payload as
 * text of at most max bytes ("cut": true where there is more). */
typedef void (*mst_contrast_describe)(const struct mst_event *event, size_t max,
                                      struct mst_json *out, const char *name);

/* "added", ... Never NULL. */
static inline const char *
mst_contrast_name(enum mst_contrast_kind kind)
{
    return kind == MST_CONTRAST_ADDED     ? "added"
           : kind == MST_CONTRAST_REMOVED ? "removed"
           : kind == MST_CONTRAST_CHANGED ? "changed"
                                          : "order";
}

#endif
