/* SPDX-License-Identifier: MIT */
/* What is wrong between entries, all of it in one go. */
#include "unit/cmocka_all.h"

#include <stdio.h>

#include "unit/config/fakes.h"

#define M    "[[services]]\nprovider = \"both\"\nname = \"m\"\nuri = \"x\"\n"
#define S    "[[services]]\nprovider = \"screen\"\nname = \"s\"\n"
#define L    "[[services]]\nprovider = \"lines\"\nname = \"l\"\n"
#define SRC  "source = { service_name = \"m\", resource = \"r\" }\n"
#define SINK "sinks = [ { service_name = \"m\", resource = \"r\" } ]\n"

struct check_case {
    const char *text;
    const char *problems;
};

static void
check_all(const struct check_case *cases, size_t n)
{
    for (size_t i = 0; i < n; i++) {
        char *problems = NULL;
        struct mst_config *config = fake_load(cases[i].text, NULL, &problems);
        assert_string_equal(problems, cases[i].problems);
        mst_config_destroy(config);
        free(problems);
    }
}

static void
services_have_known_providers_and_unique_names(void **state)
{
    (void)state;
    static const struct check_case cases[] = {
        {M M, "t.toml:7:8: error: there are two services named 'm' "
              "(services[1].name)\n  hint: the first one is in line 1\n"},
        {"[[services]]\nprovider = \"bothh\"\nname = \"m\"\nany = 1\n",
         "t.toml:2:12: error: unknown provider 'bothh' "
         "(services[0].provider)\n  hint: did you mean \"both\"?\n"},
        {"[[services]]\nprovider = \"sqs\"\nname = \"m\"\n",
         "t.toml:2:12: error: unknown provider 'sqs' "
         "(services[0].provider)\n"
         "  hint: it is one of \"both\", \"lines\", \"screen\"\n"},
        {"[[services]]\nprovider = \"udf\"\nname = \"m\"\n"
         "script_path = \"/s\"\nengine = { kind = \"rhai\" }\n",
         "t.toml:2:12: error: provider 'udf' is not part of this build "
         "(services[0].provider)\n"
         "  hint: it has \"both\", \"lines\", \"screen\"\n"},
        {"[[services]]\nname = \"m\"\n",
         "t.toml:1:1: error: 'provider' is missing (services[0])\n"},
        {"[[services]]\nprovder = \"both\"\nname = \"m\"\nuri = \"x\"\n",
         "t.toml:2:1: error: unknown key 'provder' (services[0].provder)\n"
         "  hint: did you mean 'provider'?\n"},
        {"[[services]]\nprovider = \"both\"\nnam = \"m\"\nuri = \"x\"\n"
         "[[connectors]]\nname = \"c\"\n" SRC SINK,
         "t.toml:3:1: error: unknown key 'nam' (services[0].nam)\n"
         "  hint: did you mean 'name'?\n"},
        {"[[services]]\nprovider = \"both\"\nname = \"\"\nuri = \"x\"\n",
         "t.toml:3:8: error: must not be empty (services[0].name)\n"},
        {"[[services]]\nprovider = \"both\"\nname = \"m\"\n",
         "t.toml:1:1: error: 'uri' is missing (services[0])\n"},
        {"[services]\nprovider = \"both\"\n",
         "t.toml:1:1: error: expected an array of tables, got a table "
         "(services)\n"},
        {"services = [1]\n", "t.toml:1:13: error: expected a table, got an "
                             "integer (services[0])\n"},
        {"services = []\nconnectors = []\n", ""},
    };
    check_all(cases, MST_ARRAY_SIZE(cases));
}

static void
connectors_are_whole_and_have_unique_names(void **state)
{
    (void)state;
    static const struct check_case cases[] = {
        {M "[[connectors]]\nname = \"c\"\n" SRC SINK, ""},
        {M "[[connectors]]\nname = \"c\"\n" SRC SINK
           "[[connectors]]\nname = \"c\"\n" SRC SINK,
         "t.toml:10:8: error: there are two connectors named 'c' "
         "(connectors[1].name)\n  hint: the first one is in line 5\n"},
        {M "[[connectors]]\nname = \"c\"\n" SRC,
         "t.toml:5:1: error: 'sinks' is missing (connectors[0])\n"},
        {M "[[connectors]]\nname = \"c\"\n" SRC "sinks = []\n",
         "t.toml:8:9: error: a connector needs at least one sink "
         "(connectors[0].sinks)\n"},
        {M "[[connectors]]\nname = \"c\"\n" SINK,
         "t.toml:5:1: error: 'source' is missing (connectors[0])\n"},
        {M "[[connectors]]\nname = \"c\"\nsource = [ { service_name = \"m\","
           " resource = \"r\" } ]\n" SINK,
         "t.toml:7:10: error: expected a table, got an array "
         "(connectors[0].source)\n"
         "  hint: a connector has one source; make one for each\n"},
        {M "[[connectors]]\nname = \"c\"\n" SRC
           "sink = [ { service_name = \"m\", resource = \"r\" } ]\n",
         "t.toml:8:1: error: unknown key 'sink' (connectors[0].sink)\n"
         "  hint: did you mean 'sinks'?\n"},
        {M "[[connectors]]\nname = \"c\\n\"\n" SRC SINK,
         "t.toml:6:8: error: a name has no control characters "
         "(connectors[0].name)\n"},
        {M "[[connectors]]\nname = \"c\"\nbatch = { size = 0 }\n"
           "retry = { base = \"1m\" }\n" SRC SINK,
         "t.toml:7:18: error: must be between 1 and 1000000 "
         "(connectors[0].batch.size)\n"},
        {M "[[connectors]]\nname = \"c\"\nretry = { base = \"1m\" }\n" SRC SINK,
         "t.toml:7:9: error: 'base' is longer than 'max' "
         "(connectors[0].retry)\n"},
    };
    check_all(cases, MST_ARRAY_SIZE(cases));
}

static void
steps_refer_to_services_that_can_do_it(void **state)
{
    (void)state;
    static const struct check_case cases[] = {
        {M "[[connectors]]\nname = \"c\"\n" SRC
           "sinks = [ { service_name = \"n\", resource = \"r\" } ]\n",
         "t.toml:8:28: error: unknown service 'n' "
         "(connectors[0].sinks[0].service_name)\n"
         "  hint: add a [[services]] entry with this name\n"},
        {"[[connectors]]\nname = \"c\"\n" SRC "sinks = []\n",
         "t.toml:3:27: error: unknown service 'm' "
         "(connectors[0].source.service_name)\n"
         "  hint: add a [[services]] entry with this name\n"
         "t.toml:4:9: error: a connector needs at least one sink "
         "(connectors[0].sinks)\n"},
        {M S "[[connectors]]\nname = \"c\"\n"
             "source = { service_name = \"s\", resource = \"r\" }\n" SINK,
         "t.toml:10:27: error: service 's' can not be a source: provider "
         "'screen' has none (connectors[0].source.service_name)\n"},
        {M L "[[connectors]]\nname = \"c\"\n" SRC
             "sinks = [ { service_name = \"l\", resource = \"r\" } ]\n",
         "t.toml:11:28: error: service 'l' can not be a sink: provider "
         "'lines' has none (connectors[0].sinks[0].service_name)\n"},
        {M "[[connectors]]\nname = \"c\"\n" SRC SINK
           "middlewares = [ { service_name = \"m\", resource = \"r\" } ]\n",
         "t.toml:9:34: error: service 'm' can not be a middleware: provider "
         "'both' has none (connectors[0].middlewares[0].service_name)\n"},
        {M "[[connectors]]\nname = \"c\"\n"
           "source = { service_name = \"m\" }\n" SINK,
         "t.toml:7:10: error: 'resource' is missing "
         "(connectors[0].source)\n"},
        {M "[[connectors]]\nname = \"c\"\n"
           "source = { service_name = \"m\", resource = \"\" }\n" SINK,
         "t.toml:7:43: error: must not be empty "
         "(connectors[0].source.resource)\n"},
        {M "[[connectors]]\nname = \"c\"\n"
           "source = { service_name = \"m\", resource = \"refused\" }\n" SINK,
         "t.toml:7:43: error: resource is refused "
         "(connectors[0].source.resource)\n"
         "  hint: take another one\n"},
    };
    check_all(cases, MST_ARRAY_SIZE(cases));
}

static void
an_instance_says_all_that_is_wrong_with_it(void **state)
{
    (void)state;
    static const struct check_case cases[] = {
        {M "[[connectors]]\nname = \"c\"\n"
           "source = { service_name = \"m\", resource = \"refused\","
           " key = \"refused\" }\n" SINK,
         "t.toml:7:43: error: resource is refused "
         "(connectors[0].source.resource)\n"
         "  hint: take another one\n"
         "t.toml:7:60: error: key is refused (connectors[0].source.key)\n"},
        /* What a table can say is said with what only an instance can. */
        {M "[[connectors]]\nname = \"c\"\n"
           "source = { service_name = \"m\", resource = \"refused\","
           " count = \"x\", zz = 1 }\n" SINK,
         "t.toml:7:43: error: resource is refused "
         "(connectors[0].source.resource)\n"
         "  hint: take another one\n"
         "t.toml:7:62: error: expected an integer, got a string "
         "(connectors[0].source.count)\n"
         "t.toml:7:67: error: unknown key 'zz' "
         "(connectors[0].source.zz)\n"},
        /* What comes of a mistake that was said is not said. */
        {M "[[connectors]]\nname = \"c\"\n"
           "source = { service_name = \"m\", resource = \"refused\","
           " key = \"follows\" }\n" SINK,
         "t.toml:7:43: error: resource is refused "
         "(connectors[0].source.resource)\n"
         "  hint: take another one\n"},
    };
    check_all(cases, MST_ARRAY_SIZE(cases));
}

static void
encodings_fit_together(void **state)
{
    (void)state;
    static const struct check_case cases[] = {
        {M S "[[connectors]]\nname = \"c\"\n" SRC
             "sinks = [ { service_name = \"s\", output_encoding = \"bson\" }"
             " ]\n",
         "t.toml:11:51: error: a sink of provider 'screen' does not take bson "
         "(connectors[0].sinks[0].output_encoding)\n"
         "  hint: set output_encoding to one of: json\n"},
        {M S "[[connectors]]\nname = \"c\"\n" SRC
             "sinks = [ { service_name = \"s\", output_encoding = \"json\" }"
             " ]\n",
         ""},
        {M L "[[connectors]]\nname = \"c\"\n"
             "source = { service_name = \"l\", resource = \"r\", "
             "input_encoding = \"avro\" }\n" SINK,
         "t.toml:11:11: error: a sink of provider 'both' does not take avro "
         "(connectors[0].sinks[0])\n"
         "  hint: set output_encoding to one of: bson, json\n"},
        {M "[[connectors]]\nname = \"c\"\n"
           "source = { service_name = \"m\", resource = \"r\", "
           "output_encoding = \"avro\" }\n" SINK,
         "t.toml:7:66: error: no conversion from bson to avro: not known "
         "here (connectors[0].source.output_encoding)\n"},
        {M L "[[connectors]]\nname = \"c\"\n"
             "source = { service_name = \"l\", resource = \"r\" }\n" SINK,
         "t.toml:10:10: error: 'input_encoding' is missing: a source of "
         "provider 'lines' can not tell what it reads "
         "(connectors[0].source)\n"
         "  hint: add input_encoding = \"json\", \"bson\" or \"raw\"\n"},
        {M L "[[connectors]]\nname = \"c\"\n"
             "source = { service_name = \"l\", resource = \"r\", "
             "input_encoding = \"raw\" }\n" SINK,
         "t.toml:11:11: error: a sink of provider 'both' does not take raw "
         "(connectors[0].sinks[0])\n"
         "  hint: set output_encoding to one of: bson, json\n"},
        {M S "[[connectors]]\nname = \"c\"\n" SRC SINK
             "dlq = { service_name = \"s\" }\n",
         ""},
        {M S "[[connectors]]\nname = \"c\"\n" SRC SINK
             "dlq = { service_name = \"s\", output_encoding = \"bson\" }\n",
         "t.toml:12:47: error: a sink of provider 'screen' does not take bson "
         "(connectors[0].dlq.output_encoding)\n"
         "  hint: set output_encoding to one of: json\n"},
        {M "[[connectors]]\nname = \"c\"\n" SRC SINK
           "dlq = { service_name = \"m\", resource = \"d\", "
           "output_encoding = \"json\" }\n",
         "t.toml:9:63: error: dead letters keep the encoding that was read, "
         "bson (connectors[0].dlq.output_encoding)\n"
         "  hint: remove 'output_encoding'\n"},
        {M "[[connectors]]\nname = \"c\"\n" SRC SINK
           "dlq = { max_bytes = \"1MiB\", max_ago = \"1d\" }\n",
         "t.toml:9:29: error: unknown key 'max_ago' "
         "(connectors[0].dlq.max_ago)\n  hint: did you mean 'max_age'?\n"},
    };
    check_all(cases, MST_ARRAY_SIZE(cases));
}

/* Loads a connector from `lines` into one sink; what the sink gets. */
static enum mst_encoding
sink_gets(const char *input, const char *sink)
{
    char text[1024];
    char *problems = NULL;
    (void)snprintf(text, sizeof(text),
                   M S L
                   "[[connectors]]\nname = \"c\"\nsource = { service_name = "
                   "\"l\", resource = \"r\", input_encoding = \"%s\" }\n"
                   "sinks = [ { service_name = \"%s\", resource = \"r\" } ]\n",
                   input, sink);
    struct mst_config *config = fake_load(text, NULL, &problems);
    assert_string_equal(problems, "");
    const struct mst_config_step *step = &config->connectors[0].sinks[0];
    enum mst_encoding to = step->to;
    assert_int_equal(step->from, mst_encoding_parse(input));
    assert_int_equal(step->output_encoding, MST_ENCODING_NONE);
    mst_config_destroy(config);
    free(problems);
    return to;
}

static void
sink_without_an_encoding_gets_the_one_that_it_takes(void **state)
{
    (void)state;
    /* What comes, where the sink takes it ... */
    assert_int_equal(sink_gets("bson", "m"), MST_ENCODING_BSON);
    assert_int_equal(sink_gets("json", "m"), MST_ENCODING_JSON);
    assert_int_equal(sink_gets("json", "s"), MST_ENCODING_JSON);
    /* ... else the only one that it can become. */
    assert_int_equal(sink_gets("bson", "s"), MST_ENCODING_JSON);
    assert_int_equal(sink_gets("avro", "s"), MST_ENCODING_JSON);
}

static void
schemas_are_known_and_not_forgotten_silently(void **state)
{
    (void)state;
    static const struct check_case cases[] = {
        {M "[[connectors]]\nname = \"c\"\n" SRC SINK
           "schemas = [ { id = \"a\", service_name = \"m\", resource = \"r\" }"
           " ]\n",
         ""},
        {M "[[connectors]]\nname = \"c\"\n"
           "source = { service_name = \"m\", resource = \"r\", "
           "schema_id = \"a\" }\n" SINK,
         "t.toml:7:60: error: unknown schema 'a' "
         "(connectors[0].source.schema_id)\n"
         "  hint: add it to schemas of this connector\n"},
        {M "[[connectors]]\nname = \"c\"\n"
           "source = { service_name = \"m\", resource = \"r\", "
           "schema_id = \"a\" }\n" SINK
           "schemas = [ { id = \"a\", service_name = \"x\", resource = \"r\" }"
           " ]\n",
         "t.toml:7:60: error: this build can not apply schemas "
         "(connectors[0].source.schema_id)\n"
         "  hint: remove 'schema_id'\n"
         "t.toml:9:40: error: unknown service 'x' "
         "(connectors[0].schemas[0].service_name)\n"
         "  hint: add a [[services]] entry with this name\n"},
    };
    check_all(cases, MST_ARRAY_SIZE(cases));
}

static void
system_stores_refer_to_services(void **state)
{
    (void)state;
    static const struct check_case cases[] = {
        {M "[system]\ncheckpoints = { service_name = \"m\", resource = \"c\" "
           "}\n",
         "t.toml:6:32: error: service 'm' is of provider 'both'; this store "
         "needs one of 'mongodb' (system.checkpoints.service_name)\n"},
        {"[system]\njob_lifecycle = { service_name = \"x\", resource = \"c\", "
         "startup_state = \"keep\" }\nlogs = { buffer_capacity = 5 }\n"
         "encryption_key_path = \"k\"\ngenerate_encryption_key = true\n",
         "t.toml:2:34: error: unknown service 'x' "
         "(system.job_lifecycle.service_name)\n"
         "  hint: add a [[services]] entry with this name\n"},
        {"[system]\ncheckpoints = { service_name = \"x\" }\n",
         "t.toml:2:15: error: 'resource' is missing (system.checkpoints)\n"
         "t.toml:2:32: error: unknown service 'x' "
         "(system.checkpoints.service_name)\n"
         "  hint: add a [[services]] entry with this name\n"},
        /* Those of the API may be in the embedded store, but not by half. */
        {"[system]\njob_lifecycle = { startup_state = \"keep\" }\n"
         "service_lifecycle = { }\n",
         ""},
        {"[system]\njob_lifecycle = { resource = \"c\" }\n",
         "t.toml:2:17: error: 'service_name' is missing "
         "(system.job_lifecycle)\n"},
        {"[system]\nservice_lifecycle = { service_name = \"x\" }\n",
         "t.toml:2:21: error: 'resource' is missing "
         "(system.service_lifecycle)\n"
         "t.toml:2:38: error: unknown service 'x' "
         "(system.service_lifecycle.service_name)\n"
         "  hint: add a [[services]] entry with this name\n"},
        {"[state]\npath = \"/dev/null\"\n",
         "t.toml:2:8: error: this is not a directory (state.path)\n"},
    };
    check_all(cases, MST_ARRAY_SIZE(cases));
}

static void
values_of_the_environment_are_in_no_message(void **state)
{
    (void)state;
    static const char *const variables[] = {"V", "canary", NULL};
    static const char *const texts[] = {
        "[[services]]\nprovider = \"${V}\"\nname = \"m\"\n",
        "[[services]]\nprovider = \"both\"\nname = \"${V}\"\n"
        "uri = \"x\"\n"
        "[[services]]\nprovider = \"both\"\nname = \"${V}\"\n"
        "uri = \"x\"\n"
        "[[connectors]]\nname = \"${V}\"\n"
        "source = { service_name = \"canari\", resource = \"${V}\", "
        "schema_id = \"${V}\" }\n"
        "sinks = [ { service_name = \"${V}s\", resource = \"r\" } ]\n"
        "[[connectors]]\nname = \"${V}\"\n"
        "source = { service_name = \"${V}\", resource = \"${V}\", "
        "output_encoding = \"${V}\", count = \"${V}\" }\n"
        "sinks = [ { service_name = \"${V}\", wait = \"${V}\", "
        "limit = \"${V}\", order = \"${V}\" } ]\n"
        "middlewares = [ { service_name = \"${V}\" } ]\n"
        "[system]\ncheckpoints = { service_name = \"${V}\", "
        "resource = \"x\" }\n",
    };
    for (size_t i = 0; i < MST_ARRAY_SIZE(texts); i++) {
        char *problems = NULL;
        assert_null(fake_load(texts[i], variables, &problems));
        if (strstr(problems, "canary") != NULL) {
            fail_msg("%s", problems);
        }
        free(problems);
    }
}

static void
everything_is_found_in_one_go(void **state)
{
    (void)state;
    char *problems = NULL;
    assert_null(fake_load("[api]\nprt = 1\nhost = 2\n"
                          "[[services]]\nprovider = \"both\"\nname = \"m\"\n"
                          "[[services]]\nprovider = \"kafka\"\nname = \"k\"\n"
                          "[[connectors]]\nname = \"c\"\nworkers = 0\n"
                          "source = { service_name = \"m\", resource = \"r\", "
                          "count = \"x\" }\n"
                          "sinks = [ { service_name = \"k\" }, "
                          "{ service_name = \"z\" } ]\n",
                          NULL, &problems));
    assert_string_equal(
        problems,
        "t.toml:2:1: error: unknown key 'prt' (api.prt)\n"
        "  hint: did you mean 'port'?\n"
        "t.toml:3:8: error: expected a string, got an integer (api.host)\n"
        "t.toml:4:1: error: 'uri' is missing (services[0])\n"
        "t.toml:8:12: error: provider 'kafka' is not part of this build "
        "(services[1].provider)\n"
        "  hint: it has \"both\", \"lines\", \"screen\"\n"
        "t.toml:12:11: error: must be between 1 and 256 "
        "(connectors[0].workers)\n"
        "t.toml:13:56: error: expected an integer, got a string "
        "(connectors[0].source.count)\n"
        "t.toml:14:52: error: unknown service 'z' "
        "(connectors[0].sinks[1].service_name)\n"
        "  hint: add a [[services]] entry with this name\n");
    free(problems);
}

static void
an_api_that_others_reach_needs_tls_and_names(void **state)
{
    static const struct {
        const char *api;
        const char *problem; /* NULL: fine */
    } cases[] = {
        {"", NULL},
        {"host = \"127.9.9.9\"\n", NULL},
        {"host = \"localhost\"\n", NULL},
        {"host = \"::1\"\n", NULL},
        {"host = \"::ffff:127.0.0.1\"\n", NULL},
        {"host = \"[::1]\"\n", "t.toml:2:8: error: this is no IP address"},
        {"host = \"example.org\"\n",
         "t.toml:2:8: error: this is no IP address"},
        {"host = \"::\"\n", "needs TLS"},
        {"host = \"fe80::1\"\n", "needs TLS"},
        {"host = \"0.0.0.0\"\n", "t.toml:2:8: error: an address that others "
                                 "reach needs TLS (api.host)\n"
                                 "  hint: set 'tls_cert' and 'tls_key', or "
                                 "insecure = true\n"
                                 "t.toml:2:8: error: an address that others "
                                 "reach needs to know who asks"},
        {"host = \"10.0.0.1\"\ntls_cert = \"c\"\ntls_key = \"k\"\n",
         "needs to know who asks"},
        {"host = \"10.0.0.1\"\ntokens_file = \"t\"\n", "needs TLS"},
        {"host = \"10.0.0.1\"\ntls_cert = \"c\"\ntls_key = \"k\"\n"
         "tokens_file = \"t\"\n",
         NULL},
        {"host = \"10.0.0.1\"\ntls_cert = \"c\"\ntls_key = \"k\"\n"
         "client_ca = \"a\"\n",
         NULL},
        {"host = \"0.0.0.0\"\ninsecure = true\n", NULL},
        {"host = \"0.0.0.0\"\nenabled = false\n", NULL},
        {"tls_cert = \"c\"\n", "'tls_cert' and 'tls_key' go together"},
        {"tls_key = \"k\"\n", "'tls_cert' and 'tls_key' go together"},
        {"client_ca = \"a\"\n", "client certificates need"},
    };
    (void)state;
    for (size_t i = 0; i < MST_ARRAY_SIZE(cases); i++) {
        char text[256];
        char *problems = NULL;
        (void)snprintf(text, sizeof(text), "[api]\n%s", cases[i].api);
        struct mst_config *config = fake_load(text, NULL, &problems);
        if (cases[i].problem == NULL) {
            assert_non_null(config);
            mst_config_destroy(config);
        } else {
            assert_null(config);
            assert_non_null(strstr(problems, cases[i].problem));
        }
        free(problems);
    }
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(services_have_known_providers_and_unique_names),
        cmocka_unit_test(an_api_that_others_reach_needs_tls_and_names),
        cmocka_unit_test(connectors_are_whole_and_have_unique_names),
        cmocka_unit_test(steps_refer_to_services_that_can_do_it),
        cmocka_unit_test(an_instance_says_all_that_is_wrong_with_it),
        cmocka_unit_test(encodings_fit_together),
        cmocka_unit_test(sink_without_an_encoding_gets_the_one_that_it_takes),
        cmocka_unit_test(schemas_are_known_and_not_forgotten_silently),
        cmocka_unit_test(system_stores_refer_to_services),
        cmocka_unit_test(values_of_the_environment_are_in_no_message),
        cmocka_unit_test(everything_is_found_in_one_go),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
