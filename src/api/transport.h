/* SPDX-License-Identifier: MIT */
/* Bytes over a socket that never waits, with TLS or without. */
#ifndef MST_API_TRANSPORT_H
#define MST_API_TRANSPORT_H

#include <openssl/ssl.h>
#include <stdbool.h>
#include <sys/types.h>

#include "base/macros.h"

enum { MST_API_IO_AGAIN = 0, MST_API_IO_GONE = -1 };

struct mst_api_transport {
    int fd;
    SSL *ssl;          /* NULL: none */
    bool wants_output; /* to read, it must write first */
    bool wants_input;  /* to write, it must read first */
};

/* False: no memory. The socket is the caller's then. context NULL: no TLS. */
MST_MUST_CHECK bool mst_api_transport_open(struct mst_api_transport *transport,
                                           int fd, SSL_CTX *context);
void mst_api_transport_close(struct mst_api_transport *transport);

/* The handshake. > 0: done, else as below. */
MST_MUST_CHECK int mst_api_transport_greet(struct mst_api_transport *transport);
/* Bytes read or written, MST_API_IO_AGAIN or MST_API_IO_GONE. */
MST_MUST_CHECK ssize_t mst_api_transport_read(
    struct mst_api_transport *transport, void *data, size_t len);
MST_MUST_CHECK ssize_t mst_api_transport_write(
    struct mst_api_transport *transport, const void *data, size_t len);
/* Nothing is written any more. */
void mst_api_transport_finish(struct mst_api_transport *transport);
bool mst_api_transport_certified(const struct mst_api_transport *transport);

#endif
