/* SPDX-License-Identifier: MIT */
/* Asking the sources, one after the other. */
#include "jobs/words.h"

#include "pipeline/letter_event.h"

const struct mst_source_type *
mst_words_source(const struct mst_registry *registry, const char *identity)
{
    char provider[64];
    size_t len = identity != NULL ? strcspn(identity, "/") : 0;
    if (len == 0 || len >= sizeof(provider)) {
        return NULL;
    }
    memcpy(provider, identity, len);
    provider[len] = '\0';
    return mst_registry_source(registry, provider);
}

void
mst_words_position(const struct mst_registry *registry, const char *identity,
                   struct mst_slice position, struct mst_buf *out)
{
    const struct mst_source_type *source = mst_words_source(registry, identity);
    struct mst_error err;
    size_t before = out->len;
    enum mst_status status = MST_FATAL;
    mst_error_clear(&err);
    if (source != NULL && source->describe != NULL) {
        status = source->describe(position, out, &err);
    }
    if (status != MST_OK) {
        out->len = before;
        (void)!mst_buf_printf(out, "(%.200s)",
                              source == NULL ? "of a source that is not in "
                                               "this build"
                                             : err.text);
    }
    if (mst_buf_text(out) == NULL) {
        mst_buf_clear(out);
    }
}

bool
mst_words_place(const struct mst_registry *registry,
                const struct mst_letter *letter, bool for_machines,
                struct mst_buf *out)
{
    const struct mst_source_type *const *sources = registry->sources;
    enum mst_status status = MST_REJECTED;
    for (; *sources != NULL && status == MST_REJECTED; sources++) {
        if ((*sources)->locate != NULL) {
            status = (*sources)->locate(letter, for_machines, out);
        }
    }
    return status != MST_FATAL;
}

enum mst_status
mst_words_letter(const struct mst_registry *registry,
                 const struct mst_letter *letter, struct mst_buf *out)
{
    struct mst_buf place;
    enum mst_status status = MST_FATAL;
    mst_buf_init(&place, MST_SOURCE_PLACE_MAX);
    if (mst_words_place(registry, letter, true, &place)) {
        status = mst_letter_to_json(letter, mst_buf_slice(&place), out);
    }
    mst_buf_clear(&place);
    return status;
}
