/* SPDX-License-Identifier: MIT */
/*
 * Definitions of services and jobs that are not in the file: they come over
 * the API and are kept in the state, as JSON with the keys of the file.
 */
#ifndef MST_CONFIG_DEFINITION_H
#define MST_CONFIG_DEFINITION_H

#include "base/buf.h"
#include "config/problems.h"

struct mst_config_service;
struct mst_config_connector;

enum mst_definition_kind { MST_DEFINITION_SERVICE, MST_DEFINITION_JOB };

enum {
    MST_DEFINITION_NAME_MAX = 255,
    MST_DEFINITION_PLACE_MAX = MST_DEFINITION_NAME_MAX + 16,
    MST_DEFINITION_TEXT_MAX = 2 * 1024 * 1024
};

/* Borrowed. */
struct mst_definition {
    enum mst_definition_kind kind;
    const char *name;
    struct mst_slice text; /* a JSON object */
    uint64_t revision;     /* of its record; not 0 */
    /* It was in the file once, so it may refer to any variable. */
    bool trusted;
};

/* What its problems have for a file: "job 'x'". */
void mst_definition_place(enum mst_definition_kind kind, const char *name,
                          char out[MST_DEFINITION_PLACE_MAX]);

/* As somebody sends it. Borrowed. */
struct mst_definition_sent {
    enum mst_definition_kind kind;
    const char *name; /* NULL: the text says */
    struct mst_slice text;
    /* The one that it replaces, as stored and as it is shown: who sends a mask
     * back keeps the secret. Empty: there is none. */
    struct mst_slice stored;
    struct mst_slice shown;
};

/* Ownership: the caller's, mst_definition_draft_clear. */
struct mst_definition_draft {
    char *name;
    struct mst_buf text; /* keys sorted, with the name, without `enabled` */
    bool says_enabled;
    bool enabled;
};

/* MST_REJECTED: the problems say why. MST_FATAL: out of memory. */
MST_MUST_CHECK enum mst_status
mst_definition_read(const struct mst_definition_sent *sent,
                    struct mst_problems *problems,
                    struct mst_definition_draft *ret_draft);
/* Overwrites what it frees. A zeroed one may be cleared. */
void mst_definition_draft_clear(struct mst_definition_draft *draft);

/* The definition with that key's value, JSON, in the place of what it has;
 * appended to out. MST_REJECTED: one of them is no JSON. */
MST_MUST_CHECK enum mst_status mst_definition_put(struct mst_slice text,
                                                  const char *key,
                                                  struct mst_slice value,
                                                  struct mst_buf *out);

/* What a record of it holds: {"definition":…, "origin":"api"|"file"}. */
MST_MUST_CHECK enum mst_status
mst_definition_wrap(struct mst_slice text, bool trusted, struct mst_buf *out);
/* MST_REJECTED: it holds something else. */
MST_MUST_CHECK enum mst_status mst_definition_unwrap(struct mst_slice body,
                                                     struct mst_buf *out,
                                                     bool *ret_trusted);

/* As written, with secrets and references: what is kept, never shown. */
MST_MUST_CHECK enum mst_status
mst_definition_of_service(const struct mst_config_service *service,
                          struct mst_buf *out);
MST_MUST_CHECK enum mst_status
mst_definition_of_connector(const struct mst_config_connector *connector,
                            struct mst_buf *out);

#endif
