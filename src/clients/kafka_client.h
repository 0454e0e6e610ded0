/* SPDX-License-Identifier: MIT */
/*
 * Shared use of librdkafka: configurations made from a service's options,
 * its log lines, what its errors mean, and looking at a topic.
 */
#ifndef MST_CLIENTS_KAFKA_CLIENT_H
#define MST_CLIENTS_KAFKA_CLIENT_H

#include <librdkafka/rdkafka.h>
#include <stdatomic.h>

#include "base/buf.h"
#include "clients/kafka_options.h"
#include "core/inspect.h"

struct mst_kafka_property {
    const char *name;
    const char *value;
};

/* Appends to a list that has room. */
static inline void
mst_kafka_property_add(struct mst_kafka_property *list, size_t *len,
                       const char *name, const char *value)
{
    list[(*len)++] = (struct mst_kafka_property){name, value};
}

/* A client's opaque. */
struct mst_kafka_owner {
    const char *job; /* stands in log lines; may be NULL */
    void *ctx;       /* for callbacks */
};

/* What a configuration is made of, behind what all our clients have in common;
 * the later wins over the earlier. */
struct mst_kafka_conf_args {
    const struct mst_kafka_property *defaults; /* ours */
    size_t defaults_len;
    const struct mst_kafka_options *options; /* the user's */
    const struct mst_kafka_property *fixed;  /* ours, never the user's */
    size_t fixed_len;
    /* Becomes the client's opaque, and must outlive it; may be NULL. */
    const struct mst_kafka_owner *owner;
};

/* Ownership: rd_kafka_conf_destroy, unless rd_kafka_new took it. MST_FATAL
 * names the property at fault, never a secret value. No network. */
MST_MUST_CHECK enum mst_status
mst_kafka_conf_create(const struct mst_kafka_conf_args *args,
                      rd_kafka_conf_t **ret_conf, struct mst_error *err);

/* Sets one property of the user. MST_FATAL: why not, in a line. */
MST_MUST_CHECK enum mst_status mst_kafka_conf_set(rd_kafka_conf_t *conf,
                                                  const char *name,
                                                  const char *value,
                                                  struct mst_error *err);
/* MST_FATAL: the user says no "bootstrap.servers". */
MST_MUST_CHECK enum mst_status
mst_kafka_conf_check_servers(const struct mst_kafka_options *options,
                             struct mst_error *err);

/* For struct mst_inspect; service is a struct mst_kafka_options. */
void mst_kafka_service_check(const void *service,
                             struct mst_complaints *complaints);
void mst_kafka_service_doctor(const char *name, const void *service,
                              int timeout_ms, struct mst_findings *findings);

/* Appends "name = value" lines of what is set, secrets masked. */
MST_MUST_CHECK enum mst_status
mst_kafka_conf_explain(const struct mst_kafka_conf_args *args,
                       struct mst_buf *out, struct mst_error *err);

/* A client; takes conf whatever happens. MST_FATAL: properties that do not
 * fit together, a TLS file that can not be read. */
MST_MUST_CHECK enum mst_status mst_kafka_create(rd_kafka_type_t type,
                                                rd_kafka_conf_t *conf,
                                                rd_kafka_t **ret_rk,
                                                struct mst_error *err);

/* What the program does about an error. MST_DISCONNECTED for all that time
 * heals, MST_REJECTED for what is wrong with one message, MST_FATAL for
 * credentials, rights and missing topics. */
enum mst_status mst_kafka_classify(rd_kafka_resp_err_t code);

/* Fills err: "<what>: <reason>", with a hint for the common ones, and returns
 * the class. reason NULL: librdkafka's text for code. */
enum mst_status mst_kafka_fail(struct mst_error *err, rd_kafka_resp_err_t code,
                               const char *what, const char *reason);
/* As mst_kafka_fail, with a status that the caller knows better. */
enum mst_status mst_kafka_fail_as(struct mst_error *err, enum mst_status status,
                                  rd_kafka_resp_err_t code, const char *what,
                                  const char *reason);

/* A wait for the network that an interrupt ends. */
struct mst_kafka_wait {
    int timeout_ms;
    const atomic_bool *stop; /* true: give up with MST_AGAIN; may be NULL */
    /* Polled for error events, whose text then is the reason of a failure;
     * nothing else may be expected on it meanwhile. */
    rd_kafka_queue_t *events;
};

/* Asks the cluster about one topic (NULL: only whether it answers, *ret is
 * untouched); ret_metadata is freed with rd_kafka_metadata_destroy. A topic
 * that is not there is MST_FATAL with code UNKNOWN_TOPIC_OR_PART; wrong
 * credentials are MST_FATAL; MST_DISCONNECTED: no answer in time, and why. */
MST_MUST_CHECK enum mst_status mst_kafka_topic_ask(
    rd_kafka_t *rk, const char *topic, const struct mst_kafka_wait *wait,
    const struct rd_kafka_metadata **ret_metadata, struct mst_error *err);

/* A topic to be made. */
struct mst_kafka_new_topic {
    int partitions;                      /* -1: the broker's default */
    int replication_factor;              /* -1: the broker's default */
    const struct mst_string_map *config; /* may be NULL */
};

/* Starts making it; the result comes as an event on queue. */
MST_MUST_CHECK enum mst_status
mst_kafka_topic_create_start(rd_kafka_t *rk, const char *topic,
                             const struct mst_kafka_new_topic *spec,
                             rd_kafka_queue_t *queue, struct mst_error *err);
/* What a CREATETOPICS event says; a topic that exists is fine. */
MST_MUST_CHECK enum mst_status
mst_kafka_topic_create_end(rd_kafka_event_t *event, struct mst_error *err);

/* The topic's max.message.bytes, -1 when it is not known within timeout_ms
 * (no right to describe, no answer). */
int64_t mst_kafka_topic_limit(rd_kafka_t *rk, const char *topic,
                              int timeout_ms);

/* Tells of properties, reachability and certificates; a client to look
 * further with, to be destroyed, or NULL where there is no use in it. */
rd_kafka_t *mst_kafka_doctor(rd_kafka_type_t type,
                             const struct mst_kafka_conf_args *args,
                             int timeout_ms, struct mst_findings *findings);

/* As mst_kafka_fail, for what librdkafka reports of a client as a whole. */
enum mst_status mst_kafka_trouble(struct mst_error *err,
                                  rd_kafka_resp_err_t code, const char *reason);

/* The reason that an error event carries, MST_OK for those that only say
 * that librdkafka tries again. */
enum mst_status mst_kafka_event_error(rd_kafka_event_t *event,
                                      struct mst_error *err);

#endif
