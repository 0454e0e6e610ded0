/* SPDX-License-Identifier: MIT */
/* One question to a registry: its addresses in turn, its answers in words. */
#ifndef MST_CLIENTS_REGISTRY_CALL_H
#define MST_CLIENTS_REGISTRY_CALL_H

#include "clients/http_client.h"
#include "clients/registry_service.h"

/* Borrowed by the caller, who lets one question at a time through. */
struct registry_line {
    const struct registry_service *service;
    struct mst_http *http;
    size_t url; /* that answered last */
};

/* error codes of registries */
enum {
    REGISTRY_NO_SUBJECT = 40401,
    REGISTRY_NO_VERSION = 40402,
    REGISTRY_NO_SCHEMA = 40403
};

/*
 * path: behind an address, with its slash. body: JSON, data == NULL: a GET.
 * MST_OK: answer->body has a JSON text of a good answer. MST_REJECTED: the
 * registry says no, err->code is its error code (40401) or HTTP's (409).
 * MST_RETRY: no address has an answer now. MST_FATAL: a person has to do
 * something.
 */
MST_MUST_CHECK enum mst_status registry_call(struct registry_line *line,
                                             const char *path,
                                             struct mst_slice body,
                                             struct mst_http_answer *answer,
                                             struct mst_error *err);

#endif
