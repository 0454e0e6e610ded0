/* SPDX-License-Identifier: MIT */
/* Where tokens come from: a file, or an OAuth 2 server (client credentials,
 * RFC 6749 4.4). */
#ifndef MST_CLIENTS_HTTP_TOKEN_H
#define MST_CLIENTS_HTTP_TOKEN_H

#include "clients/http_auth.h"

/* Appends base64("name:password"); password may be NULL. */
MST_MUST_CHECK enum mst_status mst_http_token_basic(const char *name,
                                                    const char *password,
                                                    struct mst_buf *out,
                                                    struct mst_error *err);

/* Appends the one word that the file holds. MST_RETRY: it can not be read, or
 * there is none: it may be just being written. */
MST_MUST_CHECK enum mst_status mst_http_token_read(const char *path,
                                                   struct mst_buf *out,
                                                   struct mst_error *err);

/* Asks for a token and appends it. ret_lasts_ms: 0: not said. MST_RETRY: the
 * server can not now; MST_FATAL: it refuses, or says what makes no sense. */
MST_MUST_CHECK enum mst_status mst_http_token_ask(
    struct mst_http *client, const struct mst_http_auth_options *options,
    struct mst_buf *out, int64_t *ret_lasts_ms, struct mst_error *err);

#endif
