/* SPDX-License-Identifier: MIT */
/* How a schema is asked for, and what holds it. */
#include "core/schema_store.h"

enum { SCHEMA_DIGITS_MAX = 10 };

void
mst_schema_text_init(struct mst_schema_text *schema)
{
    memset(schema, 0, sizeof(*schema));
    mst_buf_init(&schema->text, MST_SCHEMA_TEXT_MAX);
}

void
mst_schema_text_clear(struct mst_schema_text *schema)
{
    mst_buf_clear(&schema->text);
    mst_schema_text_init(schema);
}

/* A whole number from 1 to what 32 bits hold; 0: it is none. */
static uint32_t
schema_number(const char *text)
{
    uint64_t number = 0;
    size_t len = 0;
    for (; text[len] >= '0' && text[len] <= '9' && len < SCHEMA_DIGITS_MAX;
         len++) {
        number = number * 10 + (uint64_t)(text[len] - '0');
    }
    return text[len] == '\0' && number <= UINT32_MAX ? (uint32_t)number : 0;
}

enum mst_status
mst_schema_ref_parse(const char *resource, struct mst_schema_ref *ret,
                     struct mst_error *err)
{
    struct mst_schema_ref ref = {.id = schema_number(resource)};
    if (ref.id != 0) {
        *ret = ref;
        return MST_OK;
    }
    const char *colon = strrchr(resource, ':');
    size_t len = strlen(resource);
    if (colon != NULL) {
        ref.version = schema_number(colon + 1);
        if (ref.version != 0 || strcmp(colon + 1, "latest") == 0) {
            len = (size_t)(colon - resource);
        }
    }
    if (len == 0) {
        mst_fail(err, MST_REJECTED, "schema", 0,
                 "'%s' names no subject and no schema", resource);
        mst_error_hint(err, "write SUBJECT, SUBJECT:VERSION or the number of "
                            "the schema");
        return MST_REJECTED;
    }
    ref.subject = mst_slice_of(resource, len);
    *ret = ref;
    return MST_OK;
}
