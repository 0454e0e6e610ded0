/* SPDX-License-Identifier: MIT */
/* Fingerprints, so that the configuration of the start need not be kept. */
#include "sections.h"

#include "base/hash.h"
#include "log/log.h"

static uint64_t
sections_text(uint64_t hash, const char *text)
{
    const char *known = text != NULL ? text : "";
    uint64_t both[2] = {hash, mst_hash64(known, strlen(known))};
    return mst_hash64(both, sizeof(both));
}

static uint64_t
sections_store(const struct mst_config *config,
               const struct mst_config_store *store)
{
    uint64_t hash = sections_text(0, store->service_name);
    hash = sections_text(hash, store->resource);
    uint64_t both[2] = {hash, store->service != MST_CONFIG_NO_SERVICE
                                      && store->service < config->services_len
                                  ? config->services[store->service].hash
                                  : 0};
    return mst_hash64(both, sizeof(both));
}

static uint64_t
sections_api(const struct mst_config_api *api)
{
    uint64_t hash = sections_text(0, api->host);
    hash = sections_text(hash, api->tls_cert);
    hash = sections_text(hash, api->tls_key);
    hash = sections_text(hash, api->client_ca);
    hash = sections_text(hash, api->tokens_file);
    uint64_t all[5] = {hash, (uint64_t)api->port, api->enabled, api->insecure,
                       api->max_body_bytes};
    return mst_hash64(all, sizeof(all));
}

void
mst_daemon_sections_read(const struct mst_config *config,
                         struct mst_daemon_sections *ret_sections)
{
    uint64_t lease[2] = {sections_text(0, config->state.path),
                         (uint64_t)config->state.lease_ms};
    ret_sections->state = mst_hash64(lease, sizeof(lease));
    ret_sections->api = sections_api(&config->api);
    ret_sections->system =
        sections_text(sections_store(config, &config->system.checkpoints),
                      config->system.encryption_key_path);
}

static void
sections_warn(const char *name, uint64_t in_use, uint64_t now)
{
    if (in_use != now) {
        mst_log_warn("daemon",
                     "[%s] has changed: that takes effect when mstreamd is "
                     "started again",
                     name);
    }
}

void
mst_daemon_sections_compare(const struct mst_daemon_sections *in_use,
                            const struct mst_config *config)
{
    struct mst_daemon_sections now;
    mst_daemon_sections_read(config, &now);
    sections_warn("state", in_use->state, now.state);
    sections_warn("api", in_use->api, now.api);
    sections_warn("system", in_use->system, now.system);
}
