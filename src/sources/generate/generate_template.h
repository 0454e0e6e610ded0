/* SPDX-License-Identifier: MIT */
/*
 * A JSON text with placeholders such as {{seq}} or {{int:1..100}}, compiled
 * once and rendered per event. docs/files.md lists the placeholders.
 */
#ifndef MST_SOURCES_GENERATE_GENERATE_TEMPLATE_H
#define MST_SOURCES_GENERATE_GENERATE_TEMPLATE_H

#include "base/buf.h"
#include "core/event.h"

/* What an event is made from. */
struct mst_template_input {
    uint64_t n;    /* number of the event, from 1 */
    uint64_t key;  /* number of its document, from 0 */
    uint64_t seed; /* with n it decides every drawn value */
    enum mst_op op;
    int64_t now_ms;
    /* The document's id: as JSON value, and as bare text in a string. */
    struct mst_slice id_json;
    struct mst_slice id_text;
};

struct mst_template;

/* MST_FATAL with the place in the text. */
MST_MUST_CHECK enum mst_status
mst_template_compile(struct mst_template **ret_template, const char *text,
                     struct mst_error *err);
/* NULL is fine. */
void mst_template_destroy(struct mst_template *template);

/* Appends the text of one event. */
MST_MUST_CHECK enum mst_status
mst_template_render(const struct mst_template *template,
                    const struct mst_template_input *input,
                    struct mst_buf *out);

#endif
