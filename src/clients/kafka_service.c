/* SPDX-License-Identifier: MIT */
/* A Kafka service by itself: its properties, and whether a broker answers. */
#include <stdio.h>
#include <string.h>

#include "clients/kafka_client.h"

void
mst_kafka_service_check(const void *service, struct mst_complaints *complaints)
{
    const struct mst_kafka_options *options = service;
    const struct mst_string_map *user = &options->properties;
    struct mst_error err;
    rd_kafka_conf_t *conf = rd_kafka_conf_new();
    for (size_t i = 0; i < user->len; i++) {
        mst_error_clear(&err);
        if (mst_kafka_conf_set(conf, user->names[i], user->values[i], &err)
            != MST_OK) {
            complaints->add(complaints, true, user->names[i], &err);
        }
    }
    rd_kafka_conf_destroy(conf);
    mst_error_clear(&err);
    if (mst_kafka_conf_check_servers(options, &err) != MST_OK) {
        complaints->add(complaints, true, NULL, &err);
    }
}

void
mst_kafka_service_doctor(const char *name, const void *service, int timeout_ms,
                         struct mst_findings *findings)
{
    (void)name;
    const struct mst_kafka_conf_args args = {.options = service};
    rd_kafka_t *rk =
        mst_kafka_doctor(RD_KAFKA_PRODUCER, &args, timeout_ms, findings);
    if (rk != NULL) {
        rd_kafka_destroy(rk);
    }
}
