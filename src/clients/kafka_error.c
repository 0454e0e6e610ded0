/* SPDX-License-Identifier: MIT */
/* What librdkafka's and the broker's errors mean for the program. */
#include <string.h>

#include "clients/kafka_client.h"

/* The codes that are not healed by time; every other one is. */
static const struct {
    rd_kafka_resp_err_t code;
    enum mst_status status;
    const char *hint;
} error_meanings[] = {
    {RD_KAFKA_RESP_ERR__AUTHENTICATION, MST_FATAL,
     "check sasl.mechanism, sasl.username, sasl.password and, with client "
     "certificates, ssl.key.location"},
    {RD_KAFKA_RESP_ERR_SASL_AUTHENTICATION_FAILED, MST_FATAL,
     "check sasl.username and sasl.password"},
    {RD_KAFKA_RESP_ERR__SSL, MST_FATAL,
     "check security.protocol and ssl.ca.location"},
    {RD_KAFKA_RESP_ERR_TOPIC_AUTHORIZATION_FAILED, MST_FATAL,
     "grant this user WRITE (sink) or READ (source), and DESCRIBE, on the "
     "topic"},
    {RD_KAFKA_RESP_ERR_GROUP_AUTHORIZATION_FAILED, MST_FATAL,
     "grant this user READ on the consumer group"},
    {RD_KAFKA_RESP_ERR_CLUSTER_AUTHORIZATION_FAILED, MST_FATAL,
     "grant this user IDEMPOTENT_WRITE on the cluster, or WRITE on the topic"},
    {RD_KAFKA_RESP_ERR_TRANSACTIONAL_ID_AUTHORIZATION_FAILED, MST_FATAL, NULL},
    {RD_KAFKA_RESP_ERR_UNKNOWN_TOPIC_OR_PART, MST_FATAL,
     "create the topic, or let the sink do it: create_topics = { partitions = "
     "3 }"},
    {RD_KAFKA_RESP_ERR__UNKNOWN_TOPIC, MST_FATAL,
     "create the topic, or let the sink do it: create_topics = { partitions = "
     "3 }"},
    {RD_KAFKA_RESP_ERR__UNKNOWN_PARTITION, MST_FATAL, NULL},
    {RD_KAFKA_RESP_ERR_TOPIC_EXCEPTION, MST_FATAL, NULL},
    {RD_KAFKA_RESP_ERR_UNSUPPORTED_VERSION, MST_FATAL,
     "Kafka 1.0 or later is needed"},
    {RD_KAFKA_RESP_ERR_UNSUPPORTED_SASL_MECHANISM, MST_FATAL,
     "check sasl.mechanism"},
    {RD_KAFKA_RESP_ERR_INVALID_REQUIRED_ACKS, MST_FATAL, "check acks"},
    {RD_KAFKA_RESP_ERR__INVALID_ARG, MST_FATAL, NULL},
    {RD_KAFKA_RESP_ERR_POLICY_VIOLATION, MST_FATAL, NULL},
    {RD_KAFKA_RESP_ERR_MSG_SIZE_TOO_LARGE, MST_REJECTED,
     "raise message.max.bytes of the service and max.message.bytes of the "
     "topic"},
    {RD_KAFKA_RESP_ERR_RECORD_LIST_TOO_LARGE, MST_REJECTED, NULL},
    {RD_KAFKA_RESP_ERR_INVALID_RECORD, MST_REJECTED,
     "a compacted topic takes no message without a key"},
    {RD_KAFKA_RESP_ERR_INVALID_MSG_SIZE, MST_REJECTED, NULL},
    {RD_KAFKA_RESP_ERR_INVALID_TIMESTAMP, MST_REJECTED,
     "the topic bounds how far a timestamp may be from now: "
     "message.timestamp.difference.max.ms"},
};

enum mst_status
mst_kafka_classify(rd_kafka_resp_err_t code)
{
    if (code == RD_KAFKA_RESP_ERR_NO_ERROR) {
        return MST_OK;
    }
    for (size_t i = 0; i < MST_ARRAY_SIZE(error_meanings); i++) {
        if (error_meanings[i].code == code) {
            return error_meanings[i].status;
        }
    }
    return MST_DISCONNECTED;
}

enum mst_status
mst_kafka_fail_as(struct mst_error *err, enum mst_status status,
                  rd_kafka_resp_err_t code, const char *what,
                  const char *reason)
{
    (void)mst_fail(err, status, "kafka", code, "%s: %s (%s)", what,
                   reason == NULL ? rd_kafka_err2str(code) : reason,
                   rd_kafka_err2name(code));
    for (size_t i = 0; i < MST_ARRAY_SIZE(error_meanings); i++) {
        if (error_meanings[i].code == code && error_meanings[i].hint != NULL) {
            mst_error_hint(err, "%s", error_meanings[i].hint);
        }
    }
    return status;
}

enum mst_status
mst_kafka_fail(struct mst_error *err, rd_kafka_resp_err_t code,
               const char *what, const char *reason)
{
    return mst_kafka_fail_as(err, mst_kafka_classify(code), code, what, reason);
}

enum mst_status
mst_kafka_trouble(struct mst_error *err, rd_kafka_resp_err_t code,
                  const char *reason)
{
    enum mst_status status = mst_kafka_classify(code);
    /* A broker that goes down in the middle of a handshake is a failure of
     * TLS, too: only a word about certificates is final. */
    if (code == RD_KAFKA_RESP_ERR__SSL
        && strcasestr(reason, "certificate") == NULL
        && strcasestr(reason, "alert") == NULL) {
        status = MST_DISCONNECTED;
    }
    return mst_kafka_fail_as(err, status, code, "Kafka", reason);
}

enum mst_status
mst_kafka_event_error(rd_kafka_event_t *event, struct mst_error *err)
{
    rd_kafka_resp_err_t code = rd_kafka_event_error(event);
    if (code == RD_KAFKA_RESP_ERR_NO_ERROR) {
        return MST_OK;
    }
    return mst_kafka_trouble(err, code, rd_kafka_event_error_string(event));
}
