/* SPDX-License-Identifier: MIT */
/*
 * Names of databases and collections with placeholders that an event's
 * attributes fill: {database}, {collection}, {topic}, {attr:NAME}.
 */
#ifndef MST_SINKS_MONGODB_TEMPLATE_H
#define MST_SINKS_MONGODB_TEMPLATE_H

#include "base/buf.h"
#include "core/event.h"

enum { MST_MONGOSINK_TEMPLATE_PARTS = 16 };

/* A literal, or the name of the attribute that stands there. */
struct mst_mongosink_part {
    struct mst_slice text; /* into the template's own copy */
    bool is_attribute;
};

struct mst_mongosink_template {
    char *text;
    struct mst_mongosink_part parts[MST_MONGOSINK_TEMPLATE_PARTS];
    size_t parts_len;
};

/* MST_FATAL: what is wrong with the text of option key. */
MST_MUST_CHECK enum mst_status
mst_mongosink_template_init(struct mst_mongosink_template *tmpl,
                            const char *key, const char *text,
                            struct mst_error *err);
void mst_mongosink_template_clear(struct mst_mongosink_template *tmpl);

/* No placeholders: the same name for every event. */
bool mst_mongosink_template_is_fixed(const struct mst_mongosink_template *tmpl);

/* Appends the name for this event. MST_REJECTED: an attribute is missing. */
MST_MUST_CHECK enum mst_status
mst_mongosink_template_render(const struct mst_mongosink_template *tmpl,
                              const struct mst_event *event,
                              struct mst_buf *out, struct mst_error *err);

/* What the server would refuse as a name, with the reason. */
MST_MUST_CHECK enum mst_status
mst_mongosink_check_database(struct mst_slice name, enum mst_status otherwise,
                             struct mst_error *err);
MST_MUST_CHECK enum mst_status
mst_mongosink_check_collection(struct mst_slice name, enum mst_status otherwise,
                               struct mst_error *err);

#endif
