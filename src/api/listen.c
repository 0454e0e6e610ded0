/* SPDX-License-Identifier: MIT */
/* The API's life: what it needs, listening, the end. */
#include <arpa/inet.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "api/api_impl.h"
#include "base/clock.h"

static enum mst_status
listen_address(const struct mst_api *api, struct in_addr *ret_address,
               struct mst_error *err)
{
    const char *host = api->config.host;
    if (strcmp(host, "localhost") == 0) {
        host = "127.0.0.1";
    }
    if (inet_pton(AF_INET, host, ret_address) != 1) {
        return mst_fail(err, MST_FATAL, "api", 0,
                        "api.host '%.100s' is no IPv4 address",
                        api->config.host);
    }
    return MST_OK;
}

/* civetweb would only say that it can not. */
static enum mst_status
listen_is_free(const struct mst_api *api, struct in_addr address,
               struct mst_error *err)
{
    const struct sockaddr_in name = {.sin_family = AF_INET,
                                     .sin_addr = address,
                                     .sin_port =
                                         htons((uint16_t)api->config.port)};
    int on = 1;
    int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    int code = 0;
    if (fd < 0 || setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof(on)) != 0
        || bind(fd, (const struct sockaddr *)&name, sizeof(name)) != 0
        || listen(fd, 1) != 0) {
        code = errno;
    }
    if (fd >= 0) {
        (void)close(fd);
    }
    if (code == 0) {
        return MST_OK;
    }
    char why[128];
    (void)mst_fail(err, MST_FATAL, "api", code,
                   "the API can not listen on %s:%lld: %s", api->config.host,
                   (long long)api->config.port,
                   strerror_r(code, why, sizeof(why)));
    mst_error_hint(err, "api.port sets another one, 0 takes a free one, "
                        "api.enabled = false goes without");
    return MST_FATAL;
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

static enum mst_status
listen_start(struct mst_api *api, struct mst_error *err)
{
    struct in_addr address;
    enum mst_status status = listen_config(api, api->args.config, err);
    if (status == MST_OK) {
        status = listen_address(api, &address, err);
    }
    if (status != MST_OK) {
        return status;
    }
    api->loopback = ntohl(address.s_addr) >> 24 == 127;
    if (api->config.tokens_file != NULL) {
        status =
            mst_api_tokens_open(api->config.tokens_file, &api->tokens, err);
    }
    if (status == MST_OK) {
        status = listen_is_free(api, address, err);
    }
    return status == MST_OK ? mst_api_listen(api, err) : status;
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
    enum mst_status status = listen_start(api, err);
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
    mst_log_ring_wake(api->args.ring);
    mst_api_unlisten(api);
    mst_api_tokens_close(api->tokens);
    mst_arena_clear(&api->kept);
    free(api);
}
