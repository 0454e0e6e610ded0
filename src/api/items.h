/* SPDX-License-Identifier: MIT */
/*
 * Things that people keep under an id: tests and workspaces. Each is a record
 * whose body is the JSON that was sent; its ETag is the record's revision.
 */
#ifndef MST_API_ITEMS_H
#define MST_API_ITEMS_H

#include "api/operations.h"
#include "core/record_store.h"

enum { MST_API_ITEM_ID_MAX = 128, MST_API_ITEMS_LIST_MAX = 1000 };

struct mst_api_item_kind {
    enum mst_record_kind kind;
    const char *what;  /* "test suite" */
    const char *where; /* "/test-suites" */
    /* Whether the body, whose fields are as the table says, is one. False:
     * refused. */
    bool (*check)(struct mst_api *api, const struct mst_api_request *request,
                  struct mst_api_answer *answer);
    /* Writes what a list has of it. */
    void (*brief)(const json_t *item, struct mst_json *out);
};

/* The operations of each kind: those with an id have it as their first
 * capture. */
void mst_api_items_list(struct mst_api *api,
                        const struct mst_api_request *request,
                        struct mst_api_answer *answer,
                        const struct mst_api_item_kind *kind);
void mst_api_item_show(struct mst_api *api,
                       const struct mst_api_request *request,
                       struct mst_api_answer *answer,
                       const struct mst_api_item_kind *kind);
void mst_api_item_create(struct mst_api *api,
                         const struct mst_api_request *request,
                         struct mst_api_answer *answer,
                         const struct mst_api_item_kind *kind);
/* The whole of it: what the body leaves out is gone. */
void mst_api_item_replace(struct mst_api *api,
                          const struct mst_api_request *request,
                          struct mst_api_answer *answer,
                          const struct mst_api_item_kind *kind);
void mst_api_item_remove(struct mst_api *api,
                         const struct mst_api_request *request,
                         struct mst_api_answer *answer,
                         const struct mst_api_item_kind *kind);

/* One of them as it was sent; NULL: refused. The caller's. */
json_t *mst_api_item_load(struct mst_api *api,
                          const struct mst_api_request *request,
                          struct mst_api_answer *answer,
                          const struct mst_api_item_kind *kind);

/* Fields that each may be sent with, so that what was read can be sent back;
 * the times are the store's. */
#define MST_API_ITEM_FIELDS                                                    \
    {.name = "id",                                                             \
     .type = MST_API_TEXT,                                                     \
     .max = MST_API_ITEM_ID_MAX,                                               \
     .help = "Made up unless said; never changed."},                           \
        {.name = "created_at",                                                 \
         .type = MST_API_TIME,                                                 \
         .help = "Ignored: what was read may be sent back."},                  \
    {                                                                          \
        .name = "updated_at", .type = MST_API_TIME,                            \
        .help = "Ignored: what was read may be sent back."                     \
    }

#endif
