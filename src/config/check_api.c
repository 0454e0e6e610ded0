/* SPDX-License-Identifier: MIT */
/* Whether the API may listen as `[api]` says: what everybody can reach is for
 * those with a token or a certificate, over connections that nobody reads. */
#include "base/address.h"
#include "config/loader.h"
#include "config/node.h"

static void
api_fail(struct mst_loader *loader, const char *key, const char *hint,
         const char *text)
{
    const struct mst_toml_node *api = mst_node_get(loader->config->root, "api");
    char path[MST_PATH_MAX];
    mst_path_key(path, "api", key);
    struct mst_place place = mst_loader_place(api, key, path);
    mst_loader_fail(loader, &place, hint, "%s", text);
}

/* False: said that it is none. */
static bool
api_is_loopback(struct mst_loader *loader, const char *host, bool *ret_loopback)
{
    struct mst_address address;
    if (!mst_address_parse(host, 0, &address)) {
        api_fail(loader, "host",
                 "127.0.0.1 and ::1 are for this machine alone, 0.0.0.0 and "
                 ":: for all",
                 "this is no IP address");
        return false;
    }
    *ret_loopback = mst_address_is_loopback(&address);
    return true;
}

void
mst_loader_check_api(struct mst_loader *loader)
{
    const struct mst_config_api *api = &loader->config->api;
    bool loopback = false;
    if (mst_node_get(loader->config->root, "api") == NULL || api->host == NULL
        || !api->enabled || !api_is_loopback(loader, api->host, &loopback)) {
        return;
    }
    bool tls = api->tls_cert != NULL && api->tls_key != NULL;
    if ((api->tls_cert != NULL) != (api->tls_key != NULL)) {
        api_fail(loader, api->tls_cert != NULL ? "tls_cert" : "tls_key", NULL,
                 "'tls_cert' and 'tls_key' go together");
    } else if (api->client_ca != NULL && !tls) {
        api_fail(loader, "client_ca", NULL,
                 "client certificates need 'tls_cert' and 'tls_key'");
    }
    if (loopback || api->insecure) {
        return;
    }
    if (!tls) {
        api_fail(loader, "host",
                 "set 'tls_cert' and 'tls_key', or insecure = true",
                 "an address that others reach needs TLS");
    }
    if (api->tokens_file == NULL && api->client_ca == NULL) {
        api_fail(loader, "host",
                 "set 'tokens_file' or 'client_ca', or insecure = true",
                 "an address that others reach needs to know who asks");
    }
}
