/* SPDX-License-Identifier: MIT */
/* What `mstream doctor` asks of every Kafka service: an answer, and how long
 * the certificates last. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "clients/kafka_client.h"
#include "clients/tls_expiry.h"

/* The first of "host:port,host:port"; false when it has no port. */
static bool
doctor_first_server(const char *servers, char host[256], uint16_t *ret_port)
{
    size_t len = strcspn(servers, ",");
    const char *colon = memrchr(servers, ':', len);
    if (colon == NULL || (size_t)(colon - servers) >= 256) {
        return false;
    }
    (void)snprintf(host, 256, "%.*s", (int)(colon - servers), servers);
    long port = strtol(colon + 1, NULL, 10);
    *ret_port = (uint16_t)port;
    return port > 0 && port <= UINT16_MAX;
}

static void
doctor_tls(const struct mst_kafka_options *options, int timeout_ms,
           struct mst_findings *findings)
{
    const char *protocol = mst_kafka_property(options, "security.protocol");
    const char *servers = mst_kafka_property(options, "bootstrap.servers");
    const char *file = mst_kafka_property(options, "ssl.certificate.location");
    char host[256];
    uint16_t port = 0;
    int64_t end_ms = 0;
    if (protocol == NULL || strcasestr(protocol, "ssl") == NULL) {
        return;
    }
    if (servers != NULL && doctor_first_server(servers, host, &port)
        && mst_tls_expiry_server(host, port, timeout_ms, &end_ms, NULL)
               == MST_OK) {
        mst_tls_expiry_tell(findings, host, end_ms);
    }
    if (file != NULL && mst_tls_expiry_file(file, &end_ms, NULL) == MST_OK) {
        mst_tls_expiry_tell(findings, file, end_ms);
    }
}

rd_kafka_t *
mst_kafka_doctor(rd_kafka_type_t type, const struct mst_kafka_conf_args *args,
                 int timeout_ms, struct mst_findings *findings)
{
    struct mst_error err;
    rd_kafka_conf_t *conf = NULL;
    rd_kafka_t *rk = NULL;
    enum mst_status status = mst_kafka_conf_create(args, &conf, &err);
    if (status == MST_OK) {
        rd_kafka_conf_set_events(conf, RD_KAFKA_EVENT_ERROR);
        status = mst_kafka_create(type, conf, &rk, &err);
    }
    if (status != MST_OK) {
        findings->add(findings, MST_FINDING_FAIL, "properties", err.text,
                      err.hint);
        return NULL;
    }
    rd_kafka_queue_t *queue = rd_kafka_queue_get_main(rk);
    struct mst_kafka_wait wait = {.timeout_ms = timeout_ms, .events = queue};
    status = mst_kafka_topic_ask(rk, NULL, &wait, NULL, &err);
    rd_kafka_queue_destroy(queue);
    doctor_tls(args->options, timeout_ms, findings);
    if (status != MST_OK) {
        findings->add(findings, MST_FINDING_FAIL, "reachable", err.text,
                      err.hint[0] != '\0'
                          ? err.hint
                          : "check \"bootstrap.servers\", that a broker "
                            "listens there, and \"security.protocol\"");
        rd_kafka_destroy(rk);
        return NULL;
    }
    findings->add(findings, MST_FINDING_OK, "reachable", "a broker answers",
                  NULL);
    return rk;
}
