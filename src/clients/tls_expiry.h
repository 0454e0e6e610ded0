/* SPDX-License-Identifier: MIT */
/* When certificates end: for `doctor`, before they do. */
#ifndef MST_CLIENTS_TLS_EXPIRY_H
#define MST_CLIENTS_TLS_EXPIRY_H

#include <stdbool.h>
#include <stdint.h>

#include "core/inspect.h"

/* The end of the first certificate in a PEM file, in milliseconds since 1970.
 * MST_REJECTED: no certificate there. */
MST_MUST_CHECK enum mst_status mst_tls_expiry_file(const char *path,
                                                   int64_t *ret_wall_ms,
                                                   struct mst_error *err);

/* The end of the certificate that a TLS server shows. Nothing is verified and
 * nothing is sent but the handshake. MST_DISCONNECTED: no connection or no
 * handshake within timeout_ms. */
MST_MUST_CHECK enum mst_status
mst_tls_expiry_server(const char *host, uint16_t port, int timeout_ms,
                      int64_t *ret_wall_ms, struct mst_error *err);

/* Host and port of an https:// address. False: it has no TLS. */
bool mst_tls_expiry_place(const char *url, char *host, size_t size,
                          uint16_t *ret_port);

/* Reports when the certificate of that host or file ends. */
void mst_tls_expiry_tell(struct mst_findings *findings, const char *whose,
                         int64_t end_ms);

#endif
