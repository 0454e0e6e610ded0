/* SPDX-License-Identifier: MIT */
/* The API's life: what it needs, listening, the end. */
#include <errno.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "api/api_impl.h"
#include "api/sessions.h"
#include "api/tls.h"
#include "base/address.h"
#include "base/clock.h"

enum { LISTEN_BACKLOG = 4096 };

/* -1: errno says why. */
static int
listen_socket(const struct mst_address *address)
{
    int on = 1;
    int off = 0;
    int family = address->name.ss_family;
    int fd = socket(family, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
    if (fd >= 0
        && setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof(on)) == 0
        && setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof(on)) == 0
        /* "::" is for all, also those who come with IPv4. */
        && (family != AF_INET6
            || setsockopt(fd, IPPROTO_IPV6, IPV6_V6ONLY, &off, sizeof(off))
                   == 0)
        && bind(fd, (const struct sockaddr *)&address->name, address->len) == 0
        && listen(fd, LISTEN_BACKLOG) == 0) {
        return fd;
    }
    int code = errno;
    if (fd >= 0) {
        (void)close(fd);
    }
    errno = code;
    return -1;
}

static enum mst_status
listen_open(const struct mst_api *api, const struct mst_address *address,
            int *ret_fd, struct mst_error *err)
{
    int fd = listen_socket(address);
    if (fd >= 0) {
        *ret_fd = fd;
        return MST_OK;
    }
    int code = errno;
    char why[128];
    (void)mst_fail(err, MST_FATAL, "api", code,
                   "the API can not listen on %s:%lld: %s", api->config.host,
                   (long long)api->config.port,
                   strerror_r(code, why, sizeof(why)));
    mst_error_hint(err, "api.port sets another one, 0 takes a free one, "
                        "api.enabled = false goes without");
    return MST_FATAL;
}

/* With the port that was taken where any would do. */
static void
listen_url(struct mst_api *api, int fd)
{
    struct mst_address own = {.len = sizeof(own.name)};
    bool known = getsockname(fd, (struct sockaddr *)&own.name, &own.len) == 0;
    bool v6 = strchr(api->config.host, ':') != NULL;
    (void)snprintf(api->url, sizeof(api->url), "http%s://%s%s%s:%u",
                   api->tls != NULL ? "s" : "", v6 ? "[" : "", api->config.host,
                   v6 ? "]" : "",
                   known ? mst_address_port(&own) : (unsigned)api->config.port);
}

static char *
listen_keep(struct mst_api *api, const char *text, bool *failed)
{
    if (text == NULL) {
        return NULL;
    }
    struct mst_slice copy = mst_arena_copy(&api->kept, mst_slice_str(text));
    *failed = *failed || copy.data == NULL;
    return (char *)(uintptr_t)copy.data;
}

/* The configuration may be gone before the API is. */
static enum mst_status
listen_config(struct mst_api *api, const struct mst_config_api *from,
              struct mst_error *err)
{
    bool failed = false;
    struct mst_config_api *own = &api->config;
    *own = *from;
    own->env_allow = (struct mst_strings){0};
    own->host = listen_keep(api, from->host, &failed);
    own->tls_cert = listen_keep(api, from->tls_cert, &failed);
    own->tls_key = listen_keep(api, from->tls_key, &failed);
    own->client_ca = listen_keep(api, from->client_ca, &failed);
    own->tokens_file = listen_keep(api, from->tokens_file, &failed);
    return failed ? mst_fail_memory(err, "api") : MST_OK;
}

/* What is told and checked about who asks, and how. */
static enum mst_status
listen_access(struct mst_api *api, struct mst_error *err)
{
    enum mst_status status = MST_OK;
    if (api->config.tokens_file != NULL) {
        status =
            mst_api_tokens_open(api->config.tokens_file, &api->tokens, err);
        if (status == MST_OK) {
            status = mst_api_sessions_create(&api->sessions, err);
        }
    }
    if (status == MST_OK && api->config.tls_cert != NULL) {
        status = mst_api_tls_create(&api->config, &api->tls, err);
    }
    return status;
}

static enum mst_status
listen_start(struct mst_api *api, struct mst_error *err)
{
    struct mst_address address;
    int fd = -1;
    enum mst_status status = listen_config(api, api->args.config, err);
    if (status != MST_OK) {
        return status;
    }
    if (!mst_address_parse(api->config.host, (uint16_t)api->config.port,
                           &address)) {
        return mst_fail(err, MST_FATAL, "api", 0,
                        "api.host '%.100s' is no IP address", api->config.host);
    }
    api->loopback = mst_address_is_loopback(&address);
    status = listen_access(api, err);
    if (status == MST_OK) {
        status = listen_open(api, &address, &fd, err);
    }
    if (status == MST_OK) {
        listen_url(api, fd);
        status = mst_api_server_start(api, fd, err);
    }
    return status;
}

enum mst_status
mst_api_start(const struct mst_api_args *args, struct mst_api **ret_api,
              struct mst_error *err)
{
    struct mst_api *api = calloc(1, sizeof(*api));
    if (api == NULL) {
        return mst_fail_memory(err, "api");
    }
    api->args = *args;
    api->started_ms = mst_clock_wall_ms();
    enum mst_status status = mst_api_gate_create(&api->scripts, err);
    if (status == MST_OK) {
        status = listen_start(api, err);
    }
    if (status != MST_OK) {
        mst_api_stop(api);
        return status;
    }
    *ret_api = api;
    return MST_OK;
}

const char *
mst_api_url(const struct mst_api *api)
{
    return api->url;
}

void
mst_api_stop(struct mst_api *api)
{
    if (api == NULL) {
        return;
    }
    atomic_store(&api->stopping, true);
    mst_api_server_stop(api);
    mst_api_tls_destroy(api->tls);
    mst_api_sessions_destroy(api->sessions);
    mst_api_tokens_close(api->tokens);
    mst_api_gate_destroy(api->scripts);
    mst_arena_clear(&api->kept);
    free(api);
}
