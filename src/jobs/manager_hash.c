/* SPDX-License-Identifier: MIT */
/* Whether a job is still what its definition says, as a number. */
#include "base/hash.h"
#include "config/toml.h"
#include "jobs/manager_impl.h"

static uint64_t
hash_service(const struct mst_config *config, size_t service, uint64_t hash)
{
    uint64_t both[2] = {hash, service == MST_CONFIG_NO_SERVICE
                                  ? 0
                                  : config->services[service].hash};
    return mst_hash64(both, sizeof(both));
}

static uint64_t
hash_step(const struct mst_config *config, const struct mst_config_step *step,
          uint64_t hash)
{
    hash = hash_service(config, step->service, hash);
    hash = hash_service(config, step->registry, hash);
    return hash_service(config, step->writers, hash);
}

/* A file of a schema may have changed where its name has not. */
static uint64_t
hash_schema(const struct mst_config *config,
            const struct mst_config_schema *schema, uint64_t hash)
{
    uint64_t both[2] = {hash_service(config, schema->service, hash),
                        schema->text.len == 0
                            ? 0
                            : mst_hash64(schema->text.data, schema->text.len)};
    return mst_hash64(both, sizeof(both));
}

uint64_t
mst_manager_hash(const struct mst_config *config,
                 const struct mst_config_connector *connector)
{
    uint64_t hash = hash_step(config, &connector->source, connector->hash);
    for (size_t i = 0; i < connector->middlewares_len; i++) {
        hash = hash_step(config, &connector->middlewares[i], hash);
    }
    for (size_t i = 0; i < connector->sinks_len; i++) {
        hash = hash_step(config, &connector->sinks[i], hash);
    }
    if (connector->dlq.sink != NULL) {
        hash = hash_step(config, connector->dlq.sink, hash);
    }
    for (size_t i = 0; i < connector->schemas_len; i++) {
        hash = hash_schema(config, &connector->schemas[i], hash);
    }
    /* Removed and made again, it is another one. */
    uint64_t both[2] = {hash, connector->node->revision};
    return connector->node->revision == 0 ? hash
                                          : mst_hash64(both, sizeof(both));
}
