/* SPDX-License-Identifier: MIT */
/* Certificates of the API: loaded, checked, and loaded again when the files
 * change. */
#ifndef MST_API_TLS_H
#define MST_API_TLS_H

#include <openssl/ssl.h>

#include "base/error.h"
#include "config/sections.h"

struct mst_api_tls;

/* MST_FATAL: a file can not be used; err says which, and why. TLS 1.2 and
 * newer; client certificates are required where `client_ca` is set. */
MST_MUST_CHECK enum mst_status
mst_api_tls_create(const struct mst_config_api *config,
                   struct mst_api_tls **ret_tls, struct mst_error *err);
/* For new connections. The caller may keep a reference of its own
 * (SSL_CTX_up_ref). */
SSL_CTX *mst_api_tls_context(struct mst_api_tls *tls);
void mst_api_tls_destroy(struct mst_api_tls *tls);

#endif
