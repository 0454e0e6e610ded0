/* SPDX-License-Identifier: MIT */
/* Loading whole configurations: what comes out, and every problem at once. */
#include "unit/cmocka_all.h"

#include "config/load.h"
#include "unit/config/fakes.h"

/* Loads what must be fine. */
static struct mst_config *
load_good(const char *text, const char *const *variables)
{
    char *problems = NULL;
    struct mst_config *config = fake_load(text, variables, &problems);
    assert_string_equal(problems, "");
    assert_non_null(config);
    free(problems);
    return config;
}

static const char whole[] =
    "shutdown_timeout = \"10s\"\n"
    "[api]\n"
    "port = \"${PORT:-1234}\"\n"
    "[state]\n"
    "path = \":memory:\"\n"
    "[limits]\n"
    "memory = \"64MiB\"\n"
    "[log]\n"
    "level = \"warn\"\n"
    "format = \"json\"\n"
    "[[services]]\n"
    "provider = \"both\"\n"
    "name = \"m\"\n"
    "uri = \"db://u:${PASS}@h/\"\n"
    "offset_seek_back_seconds = 60\n"
    "\"bootstrap.servers\" = \"h:9\"\n"
    "\"linger.ms\" = 5\n"
    "enable.auto.commit = false\n"
    "debug = \"all\"\n"
    "[[services]]\n"
    "provider = \"screen\"\n"
    "name = \"s\"\n"
    "[[connectors]]\n"
    "name = \"users\"\n"
    "batch = { kind = \"count\", size = 500, max_age = \"50ms\" }\n"
    "checkpoint = { enabled = false, interval = \"2s\" }\n"
    "on_reject = \"dlq\"\n"
    "mode = \"poll\"\n"
    "poll_interval = \"2h\"\n"
    "dlq = { service_name = \"m\", resource = \"dead\" }\n"
    "[connectors.source]\n"
    "service_name = \"m\"\n"
    "collections = [\"a\", \"b\"]\n"
    "output_encoding = \"json\"\n"
    "json_mode = \"canonical\"\n"
    "[[connectors.sinks]]\n"
    "service_name = \"s\"\n"
    "[[connectors.sinks]]\n"
    "service_name = \"m\"\n"
    "resource = \"c\"\n"
    "output_encoding = \"bson\"\n"
    "extended = false\n"
    "big_numbers = \"double\"\n"
    "fields = \"x\"\n"
    "wait = \"1m\"\n"
    "limit = \"1MB\"\n"
    "count = 3\n"
    "rate = 2\n"
    "labels = { a = 1, b = true }\n"
    "create = { partitions = 3 }\n"
    "order = \"descending\"\n"
    "follow = false\n"
    "key = \"k\"\n";

static void
sections_are_typed_and_have_defaults(void **state)
{
    (void)state;
    const char *const variables[] = {"PASS", "secret", NULL};
    struct mst_config *config = load_good(whole, variables);
    assert_int_equal(config->api.port, 1234);
    assert_string_equal(config->api.host, "127.0.0.1");
    assert_int_equal(config->api.max_body_bytes, 2 << 20);
    assert_string_equal(config->state.path, ":memory:");
    assert_int_equal(config->memory, 64 << 20);
    assert_int_equal(config->shutdown_timeout_ms, 10000);
    assert_int_equal(config->log.level, MST_LOG_WARN);
    assert_int_equal(config->log.format, MST_LOG_FORMAT_JSON);
    assert_int_equal(config->system.checkpoints.service, MST_CONFIG_NO_SERVICE);
    mst_config_destroy(config);
}

static void
services_are_typed_by_their_provider(void **state)
{
    (void)state;
    const char *const variables[] = {"PASS", "secret", NULL};
    struct mst_config *config = load_good(whole, variables);
    assert_int_equal(config->services_len, 2);
    const struct fake_service *service = config->services[0].options;
    assert_string_equal(service->uri, "db://u:secret@h/");
    assert_null(service->password);
    assert_int_equal(service->seek_back_ms, 60000);
    assert_int_equal(service->properties.len, 4);
    assert_string_equal(service->properties.names[0], "bootstrap.servers");
    assert_string_equal(service->properties.values[0], "h:9");
    assert_int_equal(service->properties.lines[0], 16);
    assert_string_equal(service->properties.names[1], "debug");
    assert_string_equal(service->properties.names[2], "enable.auto.commit");
    assert_string_equal(service->properties.values[2], "false");
    assert_string_equal(service->properties.values[3], "5");
    assert_non_null(config->services[0].source);
    assert_non_null(config->services[0].sink);
    assert_null(config->services[1].source);
    mst_config_destroy(config);
}

static void
connectors_are_typed_and_have_defaults(void **state)
{
    (void)state;
    const char *const variables[] = {"PASS", "secret", NULL};
    struct mst_config *config = load_good(whole, variables);
    const struct mst_config_connector *users =
        mst_config_find_connector(config, "users");
    assert_non_null(users);
    assert_true(users->enabled);
    assert_int_equal(users->node->line, 23);
    assert_int_equal(users->batch.size, 500);
    assert_int_equal(users->batch.max_bytes, 1 << 20);
    assert_int_equal(users->batch.max_age_ms, 50);
    assert_true(users->batch.framed);
    assert_false(users->checkpoint.enabled);
    assert_int_equal(users->checkpoint.interval_ms, 2000);
    assert_int_equal(users->on_reject, MST_ON_REJECT_DLQ);
    assert_int_equal(users->mode, MST_MODE_POLL);
    assert_int_equal(users->poll_interval_ms, 7200000);
    assert_int_equal(users->workers, 1);
    assert_int_equal(users->retry.base_ms, 100);
    assert_int_equal(users->retry.max_ms, 30000);
    assert_non_null(users->dlq.sink);
    assert_string_equal(users->dlq.sink->resource, "dead");
    assert_string_equal(users->source.resource, "");
    assert_int_equal(users->source.from, MST_ENCODING_BSON);
    assert_int_equal(users->source.to, MST_ENCODING_JSON);
    assert_int_equal(users->source.conversion.json_mode, MST_JSON_CANONICAL);
    assert_int_equal(users->sinks_len, 2);
    assert_int_equal(users->sinks[0].to, MST_ENCODING_JSON);
    assert_int_equal(users->sinks[1].service, 0);
    assert_int_equal(users->sinks[1].from, MST_ENCODING_JSON);
    assert_int_equal(users->sinks[1].to, MST_ENCODING_BSON);
    assert_true(users->sinks[1].conversion.no_extended);
    assert_int_equal(users->sinks[1].conversion.big_numbers,
                     MST_BIG_NUMBERS_DOUBLE);
    mst_config_destroy(config);
}

static void
step_options_of_every_type_are_read(void **state)
{
    (void)state;
    const char *const variables[] = {"PASS", "secret", NULL};
    struct mst_config *config = load_good(whole, variables);
    const struct fake_step *step = config->connectors[0].sinks[1].options;
    assert_false(step->follow);
    assert_int_equal(step->count, 3);
    assert_true(step->rate > 1.9 && step->rate < 2.1);
    assert_int_equal(step->limit, 1000000);
    assert_int_equal(step->wait_ms, 60000);
    assert_string_equal(step->key, "k");
    assert_int_equal(step->order, 2);
    assert_int_equal(step->fields.len, 1);
    assert_string_equal(step->fields.items[0], "x");
    assert_int_equal(step->labels.len, 2);
    assert_string_equal(step->labels.values[1], "true");
    assert_int_equal(step->create.partitions, 3);
    assert_string_equal(step->create.policy, "delete");
    const struct fake_step *other = config->connectors[0].source.options;
    assert_true(other->follow);
    assert_int_equal(other->count, 7);
    assert_int_equal(other->limit, 64 << 20);
    assert_int_equal(other->fields.len, 2);
    assert_string_equal(other->fields.items[1], "b");
    assert_int_equal(other->collections.len, 2);
    assert_int_equal(other->create.partitions, 0);
    mst_config_destroy(config);
}

static void
an_empty_file_is_a_daemon_without_jobs(void **state)
{
    (void)state;
    struct mst_config *config = load_good("", NULL);
    assert_int_equal(config->services_len, 0);
    assert_int_equal(config->connectors_len, 0);
    assert_int_equal(config->api.port, 8787);
    assert_string_equal(config->state.path, "./mstream-data");
    mst_config_destroy(config);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(sections_are_typed_and_have_defaults),
        cmocka_unit_test(services_are_typed_by_their_provider),
        cmocka_unit_test(connectors_are_typed_and_have_defaults),
        cmocka_unit_test(step_options_of_every_type_are_read),
        cmocka_unit_test(an_empty_file_is_a_daemon_without_jobs),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
