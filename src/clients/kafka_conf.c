/* SPDX-License-Identifier: MIT */
/* Configurations of librdkafka from a service's options, and its log. */
#include <string.h>

#include "clients/kafka_client.h"
#include "config/suggest.h"
#include "log/log.h"

static const struct mst_kafka_property conf_common[] = {
    {"socket.nagle.disable", "true"},
    {"socket.keepalive.enable", "true"},
    {"reconnect.backoff.max.ms", "1000"},
    {"log.connection.close", "false"},
    {"client.id", "mstream"},
};

static void
conf_log(const rd_kafka_t *rk, int level, const char *facility,
         const char *line)
{
    const struct mst_kafka_owner *owner = rd_kafka_opaque(rk);
    struct mst_log_field fields[2] = {MST_LOG_STR("facility", facility)};
    size_t n = 1;
    if (owner != NULL && owner->job != NULL) {
        fields[n++] = MST_LOG_STR("job", owner->job);
    }
    /* Syslog's levels. Lost connections come as errors (3), which is for the
     * job to judge: they are warnings here. */
    enum mst_log_level to = MST_LOG_DEBUG;
    if (level <= 2) {
        to = MST_LOG_ERROR;
    } else if (level <= 4) {
        to = MST_LOG_WARN;
    } else if (level <= 5) {
        to = MST_LOG_INFO;
    }
    mst_log_write(to, "kafka", fields, n, "%s", line);
}

/* "did you mean" out of all names that librdkafka knows. */
static void
conf_suggest(rd_kafka_conf_t *conf, const char *name, struct mst_error *err)
{
    size_t n = 0;
    const char **dump = rd_kafka_conf_dump(conf, &n);
    struct mst_suggest suggest = {.word = name};
    for (size_t i = 0; i + 1 < n; i += 2) {
        mst_suggest_offer(&suggest, dump[i]);
    }
    static const char *const undumped[] = {"bootstrap.servers",
                                           "client.rack",
                                           "group.instance.id",
                                           "sasl.password",
                                           "sasl.username",
                                           "ssl.ca.location",
                                           "ssl.certificate.location",
                                           "ssl.key.location",
                                           "ssl.key.password",
                                           "acks",
                                           "linger.ms",
                                           "retries",
                                           "message.timeout.ms",
                                           "compression.type",
                                           "auto.offset.reset",
                                           "partitioner"};
    for (size_t i = 0; i < MST_ARRAY_SIZE(undumped); i++) {
        mst_suggest_offer(&suggest, undumped[i]);
    }
    if (suggest.best != NULL) {
        mst_error_hint(err, "did you mean '%s'?", suggest.best);
    } else {
        mst_error_hint(err, "the names are those of librdkafka's "
                            "CONFIGURATION.md");
    }
    rd_kafka_conf_dump_free(dump, n);
}

/* librdkafka breaks long messages into lines. */
static void
conf_one_line(char *text)
{
    for (char *at = text; *at != '\0'; at++) {
        if (*at == '\n' || *at == '\r' || *at == '\t') {
            *at = ' ';
        }
    }
}

enum mst_status
mst_kafka_conf_set(rd_kafka_conf_t *conf, const char *name, const char *value,
                   struct mst_error *err)
{
    char text[512] = "";
    rd_kafka_conf_res_t res =
        rd_kafka_conf_set(conf, name, value, text, sizeof(text));
    if (res == RD_KAFKA_CONF_OK) {
        return MST_OK;
    }
    if (res == RD_KAFKA_CONF_UNKNOWN) {
        (void)mst_fail(err, MST_FATAL, "kafka", 0,
                       "unknown Kafka property '%s'", name);
        conf_suggest(conf, name, err);
        return MST_FATAL;
    }
    conf_one_line(text);
    const char *lacking = strstr(text, "not supported in this build");
    if (lacking != NULL) {
        (void)mst_fail(err, MST_FATAL, "kafka", 0, "Kafka property '%s' is %s",
                       name, lacking);
        mst_error_hint(err, "remove it, or use a librdkafka that has it");
        return MST_FATAL;
    }
    if (mst_kafka_property_is_secret(name)) {
        return mst_fail(err, MST_FATAL, "kafka", 0,
                        "Kafka property '%s': its value is not valid (not "
                        "shown, it may be secret)",
                        name);
    }
    return mst_fail(err, MST_FATAL, "kafka", 0, "Kafka property '%s': %s", name,
                    text);
}

static enum mst_status
conf_set_all(rd_kafka_conf_t *conf, const struct mst_kafka_property *set,
             size_t n, struct mst_error *err)
{
    for (size_t i = 0; i < n; i++) {
        enum mst_status status =
            mst_kafka_conf_set(conf, set[i].name, set[i].value, err);
        if (status != MST_OK) {
            return status;
        }
    }
    return MST_OK;
}

enum mst_status
mst_kafka_conf_check_servers(const struct mst_kafka_options *options,
                             struct mst_error *err)
{
    if (mst_kafka_property(options, "bootstrap.servers") != NULL) {
        return MST_OK;
    }
    (void)mst_fail(err, MST_FATAL, "kafka", 0,
                   "'bootstrap.servers' is missing");
    mst_error_hint(err, "add \"bootstrap.servers\" = \"HOST:PORT\" to the "
                        "service");
    return MST_FATAL;
}

static enum mst_status
conf_fill(rd_kafka_conf_t *conf, const struct mst_kafka_conf_args *args,
          struct mst_error *err)
{
    enum mst_status status =
        conf_set_all(conf, conf_common, MST_ARRAY_SIZE(conf_common), err);
    if (status == MST_OK) {
        status = conf_set_all(conf, args->defaults, args->defaults_len, err);
    }
    const struct mst_string_map *user = &args->options->properties;
    for (size_t i = 0; status == MST_OK && i < user->len; i++) {
        status = mst_kafka_conf_set(conf, user->names[i], user->values[i], err);
    }
    if (status != MST_OK) {
        return status;
    }
    status = mst_kafka_conf_check_servers(args->options, err);
    return status != MST_OK
               ? status
               : conf_set_all(conf, args->fixed, args->fixed_len, err);
}

enum mst_status
mst_kafka_conf_create(const struct mst_kafka_conf_args *args,
                      rd_kafka_conf_t **ret_conf, struct mst_error *err)
{
    rd_kafka_conf_t *conf = rd_kafka_conf_new();
    enum mst_status status = conf_fill(conf, args, err);
    if (status != MST_OK) {
        rd_kafka_conf_destroy(conf);
        return status;
    }
    rd_kafka_conf_set_log_cb(conf, conf_log);
    /* librdkafka hands the pointer back unchanged; nobody writes to it. */
    union {
        const struct mst_kafka_owner *in;
        void *out;
    } owner = {.in = args->owner};
    rd_kafka_conf_set_opaque(conf, owner.out);
    *ret_conf = conf;
    return MST_OK;
}

static enum mst_status
conf_explain_one(const struct mst_kafka_conf_args *args, const char *name,
                 const char *ours, struct mst_buf *out)
{
    for (size_t i = 0; i < args->fixed_len; i++) {
        if (strcmp(args->fixed[i].name, name) == 0) {
            return mst_buf_printf(out, "%s = %s\n", name, args->fixed[i].value);
        }
    }
    const char *user = mst_kafka_property(args->options, name);
    const char *value = user == NULL ? ours : user;
    return mst_buf_printf(out, "%s = %s\n", name,
                          mst_kafka_property_is_secret(name) ? "********"
                                                             : value);
}

/* Those of a list of ours that the user does not set. */
static enum mst_status
conf_explain_ours(const struct mst_kafka_conf_args *args,
                  const struct mst_kafka_property *list, size_t n,
                  struct mst_buf *out)
{
    enum mst_status status = MST_OK;
    for (size_t i = 0; status == MST_OK && i < n; i++) {
        if (mst_kafka_property(args->options, list[i].name) == NULL) {
            status = conf_explain_one(args, list[i].name, list[i].value, out);
        }
    }
    return status;
}

enum mst_status
mst_kafka_conf_explain(const struct mst_kafka_conf_args *args,
                       struct mst_buf *out, struct mst_error *err)
{
    rd_kafka_conf_t *conf = NULL;
    enum mst_status status = mst_kafka_conf_create(args, &conf, err);
    if (status != MST_OK) {
        return status;
    }
    rd_kafka_conf_destroy(conf);
    const struct mst_string_map *user = &args->options->properties;
    for (size_t i = 0; status == MST_OK && i < user->len; i++) {
        status = conf_explain_one(args, user->names[i], "", out);
    }
    if (status == MST_OK) {
        status =
            conf_explain_ours(args, args->defaults, args->defaults_len, out);
    }
    if (status == MST_OK) {
        status = conf_explain_ours(args, conf_common,
                                   MST_ARRAY_SIZE(conf_common), out);
    }
    for (size_t i = 0; status == MST_OK && i < args->fixed_len; i++) {
        if (mst_kafka_property(args->options, args->fixed[i].name) == NULL) {
            status = mst_buf_printf(out, "%s = %s\n", args->fixed[i].name,
                                    args->fixed[i].value);
        }
    }
    return status == MST_OK ? MST_OK : mst_fail_memory(err, "kafka");
}

enum mst_status
mst_kafka_create(rd_kafka_type_t type, rd_kafka_conf_t *conf,
                 rd_kafka_t **ret_rk, struct mst_error *err)
{
    char text[512] = "";
    rd_kafka_t *rk = rd_kafka_new(type, conf, text, sizeof(text));
    if (rk == NULL) {
        rd_kafka_conf_destroy(conf);
        return mst_fail(err, MST_FATAL, "kafka", rd_kafka_last_error(),
                        "cannot make a Kafka client: %s", text);
    }
    *ret_rk = rk;
    return MST_OK;
}
