/* SPDX-License-Identifier: MIT */
/* send and recv, or OpenSSL. */
#include "api/transport.h"

#include <errno.h>
#include <limits.h>
#include <openssl/err.h>
#include <sys/socket.h>
#include <unistd.h>

bool
mst_api_transport_open(struct mst_api_transport *transport, int fd,
                       SSL_CTX *context)
{
    SSL *ssl = NULL;
    if (context != NULL) {
        ssl = SSL_new(context);
        if (ssl == NULL || SSL_set_fd(ssl, fd) != 1) {
            SSL_free(ssl);
            ERR_clear_error();
            return false;
        }
        SSL_set_accept_state(ssl);
        (void)SSL_set_mode(ssl, SSL_MODE_ENABLE_PARTIAL_WRITE
                                    | SSL_MODE_ACCEPT_MOVING_WRITE_BUFFER
                                    | SSL_MODE_RELEASE_BUFFERS);
    }
    *transport = (struct mst_api_transport){.fd = fd, .ssl = ssl};
    return true;
}

void
mst_api_transport_close(struct mst_api_transport *transport)
{
    if (transport->ssl != NULL) {
        SSL_free(transport->ssl);
        ERR_clear_error();
    }
    (void)close(transport->fd);
}

/* What a call of OpenSSL that did nothing means. */
static int
transport_why(struct mst_api_transport *transport, int rc)
{
    int why = SSL_get_error(transport->ssl, rc);
    ERR_clear_error();
    transport->wants_output = why == SSL_ERROR_WANT_WRITE;
    return why == SSL_ERROR_WANT_WRITE || why == SSL_ERROR_WANT_READ
               ? MST_API_IO_AGAIN
               : MST_API_IO_GONE;
}

static int
transport_errno(void)
{
    return errno == EAGAIN || errno == EWOULDBLOCK || errno == EINTR
               ? MST_API_IO_AGAIN
               : MST_API_IO_GONE;
}

int
mst_api_transport_greet(struct mst_api_transport *transport)
{
    transport->wants_output = false;
    if (transport->ssl == NULL) {
        return 1;
    }
    int rc = SSL_do_handshake(transport->ssl);
    return rc == 1 ? 1 : transport_why(transport, rc);
}

ssize_t
mst_api_transport_read(struct mst_api_transport *transport, void *data,
                       size_t len)
{
    transport->wants_output = false;
    if (transport->ssl == NULL) {
        ssize_t n = recv(transport->fd, data, len, 0);
        if (n == 0) {
            return MST_API_IO_GONE;
        }
        return n > 0 ? n : transport_errno();
    }
    int n = SSL_read(transport->ssl, data, len < INT_MAX ? (int)len : INT_MAX);
    return n > 0 ? n : transport_why(transport, n);
}

ssize_t
mst_api_transport_write(struct mst_api_transport *transport, const void *data,
                        size_t len)
{
    transport->wants_input = false;
    if (transport->ssl == NULL) {
        ssize_t n = send(transport->fd, data, len, MSG_NOSIGNAL);
        return n > 0 ? n : transport_errno();
    }
    int n = SSL_write(transport->ssl, data, len < INT_MAX ? (int)len : INT_MAX);
    if (n > 0) {
        return n;
    }
    int why = transport_why(transport, n);
    transport->wants_input = !transport->wants_output;
    transport->wants_output = false;
    return why;
}

void
mst_api_transport_finish(struct mst_api_transport *transport)
{
    if (transport->ssl != NULL) {
        (void)SSL_shutdown(transport->ssl); /* said once, not waited for */
        ERR_clear_error();
    }
    (void)shutdown(transport->fd, SHUT_WR);
}

bool
mst_api_transport_certified(const struct mst_api_transport *transport)
{
    return transport->ssl != NULL
           && SSL_get0_peer_certificate(transport->ssl) != NULL;
}
