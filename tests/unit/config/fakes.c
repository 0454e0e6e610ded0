/* SPDX-License-Identifier: MIT */
/* Connectors with every kind of option and nothing behind them. */
#include "unit/config/fakes.h"

#include "unit/cmocka_all.h"

#define SERVICE(field) offsetof(struct fake_service, field)
#define STEP(field)    offsetof(struct fake_step, field)
#define INNER(field)   offsetof(struct fake_inner, field)

static bool
fake_accepts(const char *key)
{
    return strcmp(key, "debug") == 0;
}

static const struct mst_option service_options[] = {
    {.name = "uri",
     .type = MST_OPTION_STRING,
     .offset = SERVICE(uri),
     .flags = MST_OPTION_REQUIRED,
     .help = "Where it is."},
    {.name = "password",
     .type = MST_OPTION_STRING,
     .offset = SERVICE(password),
     .flags = MST_OPTION_SECRET,
     .help = "A secret."},
    {.name = "offset_seek_back_seconds",
     .type = MST_OPTION_DURATION,
     .offset = SERVICE(seek_back_ms),
     .flags = MST_OPTION_SECONDS,
     .def = "5",
     .help = "Seconds."},
    {.name = "properties",
     .type = MST_OPTION_STRING_MAP,
     .offset = SERVICE(properties),
     .flags = MST_OPTION_CATCH_ALL,
     .accepts = fake_accepts,
     .help = "Any dotted key."},
};

static const struct mst_option inner_options[] = {
    {.name = "partitions",
     .type = MST_OPTION_INT,
     .offset = INNER(partitions),
     .flags = MST_OPTION_REQUIRED,
     .min = 1,
     .max = 1000,
     .help = "How many."},
    {.name = "policy",
     .type = MST_OPTION_STRING,
     .offset = INNER(policy),
     .def = "delete",
     .help = "Which."},
};

static const struct mst_option_table inner_table = {
    .options = inner_options,
    .len = MST_ARRAY_SIZE(inner_options),
    .size = sizeof(struct fake_inner),
};

static const char *const orders[] = {"", "ascending", "descending", NULL};

static const struct mst_option step_options[] = {
    {.name = "follow",
     .type = MST_OPTION_BOOL,
     .offset = STEP(follow),
     .def = "true",
     .help = "A switch."},
    {.name = "count",
     .type = MST_OPTION_INT,
     .offset = STEP(count),
     .def = "7",
     .min = 1,
     .max = 100,
     .help = "A number."},
    {.name = "rate",
     .type = MST_OPTION_DOUBLE,
     .offset = STEP(rate),
     .def = "0.5",
     .help = "A rate."},
    {.name = "limit",
     .type = MST_OPTION_SIZE,
     .offset = STEP(limit),
     .def = "64MiB",
     .min = 1024,
     .max = 1 << 30,
     .help = "A size."},
    {.name = "wait",
     .type = MST_OPTION_DURATION,
     .offset = STEP(wait_ms),
     .def = "5s",
     .min = 1,
     .max = 60000,
     .help = "A time."},
    {.name = "key",
     .type = MST_OPTION_STRING,
     .offset = STEP(key),
     .def = "id",
     .help = "A text."},
    {.name = "order",
     .type = MST_OPTION_ENUM,
     .offset = STEP(order),
     .def = "",
     .choices = orders,
     .help = "A choice."},
    {.name = "fields",
     .type = MST_OPTION_STRING_LIST,
     .offset = STEP(fields),
     .flags = MST_OPTION_ONE_OR_LIST,
     .def = "a, b",
     .help = "A list."},
    {.name = "collections",
     .type = MST_OPTION_STRING_LIST,
     .offset = STEP(collections),
     .flags = MST_OPTION_RESOURCE,
     .help = "Instead of resource."},
    {.name = "labels",
     .type = MST_OPTION_STRING_MAP,
     .offset = STEP(labels),
     .help = "A map."},
    {.name = "create",
     .type = MST_OPTION_TABLE,
     .offset = STEP(create),
     .table = &inner_table,
     .help = "A table."},
};

#define SERVICE_TABLE                                                          \
    {                                                                          \
        .options = service_options, .len = MST_ARRAY_SIZE(service_options),    \
        .size = sizeof(struct fake_service)                                    \
    }
#define STEP_TABLE                                                             \
    {                                                                          \
        .options = step_options, .len = MST_ARRAY_SIZE(step_options),          \
        .size = sizeof(struct fake_step)                                       \
    }

static enum mst_encoding
fake_bson(const struct mst_source_args *args)
{
    (void)args;
    return MST_ENCODING_BSON;
}

static enum mst_encoding
fake_as_said(const struct mst_source_args *args)
{
    return args->input_encoding;
}

static enum mst_status
fake_create_source(void **ret_ctx, const struct mst_source_args *args,
                   struct mst_error *err)
{
    (void)ret_ctx;
    if (strcmp(args->resource, "refused") == 0) {
        enum mst_status status =
            mst_fail(err, MST_FATAL, "fake", 0, "resource is refused");
        mst_error_hint(err, "take another one");
        return status;
    }
    const struct fake_step *step = args->options;
    if (strcmp(step->key, "refused") == 0) {
        return mst_fail(err, MST_FATAL, "fake", 0, "key is refused");
    }
    if (strcmp(step->key, "follows") == 0) {
        return mst_fail(err, MST_FATAL, "fake", 0,
                        "key does not fit the resource");
    }
    return MST_OK;
}

static void
fake_destroy(void *ctx)
{
    (void)ctx;
}

static const struct mst_source_type both_source = {
    .name = "both",
    .help = "A source of documents.",
    .service_options = SERVICE_TABLE,
    .options = STEP_TABLE,
    .encoding = fake_bson,
    .create = fake_create_source,
    .destroy = fake_destroy,
};

static const struct mst_source_type lines_source = {
    .name = "lines",
    .help = "A source of anything.",
    .encoding = fake_as_said,
};

static const struct mst_sink_type both_sink = {
    .name = "both",
    .help = "A sink of documents.",
    .service_options = SERVICE_TABLE,
    .options = STEP_TABLE,
    .capabilities = MST_SINK_ATTRIBUTES,
    .encodings = 1U << MST_ENCODING_BSON | 1U << MST_ENCODING_JSON,
};

static const struct mst_sink_type screen_sink = {
    .name = "screen",
    .help = "A sink to look at.",
    .resource_optional = true,
    .encodings = 1U << MST_ENCODING_JSON,
};

static enum mst_status
fake_transcoder(enum mst_encoding from, enum mst_encoding to,
                const struct mst_encoding_options *options,
                struct mst_transcoder *ret_transcoder, struct mst_error *err)
{
    bool known = from != MST_ENCODING_RAW
                 && (to == MST_ENCODING_BSON || to == MST_ENCODING_JSON);
    if (from != to && !known) {
        return mst_fail(err, MST_FATAL, "fake", 0, "not known here");
    }
    *ret_transcoder =
        (struct mst_transcoder){.from = from, .to = to, .options = *options};
    return MST_OK;
}

static const struct mst_source_type *const sources[] = {&both_source,
                                                        &lines_source, NULL};
static const struct mst_sink_type *const sinks[] = {&both_sink, &screen_sink,
                                                    NULL};

const struct mst_registry fake_registry = {
    .sources = sources,
    .sinks = sinks,
    .transcoder = fake_transcoder,
};

static const char *
fake_env_get(void *arg, const char *name)
{
    const char *const *variables = arg;
    for (; *variables != NULL; variables += 2) {
        if (strcmp(variables[0], name) == 0) {
            return variables[1];
        }
    }
    return NULL;
}

struct mst_env
fake_env(const char *const *variables)
{
    return (struct mst_env){.get = fake_env_get,
                            .arg = (void *)(uintptr_t)variables};
}

struct mst_config *
fake_load_sets(const char *text, const char *const *variables,
               const char *const *sets, char **ret_problems)
{
    static const char *const nothing[] = {NULL};
    struct mst_env env = fake_env(variables == NULL ? nothing : variables);
    struct mst_config_input input = {.path = "t.toml",
                                     .text = text,
                                     .text_len = strlen(text),
                                     .registry = &fake_registry,
                                     .env = &env,
                                     .sets = sets,
                                     .probe = true};
    struct mst_problems problems = {0};
    struct mst_config *config = NULL;
    struct mst_buf out;
    size_t len = 0;
    while (sets != NULL && sets[input.sets_len] != NULL) {
        input.sets_len++;
    }
    mst_buf_init(&out, 1 << 24);
    enum mst_status status = mst_config_load(&input, &problems, &config);
    assert_int_equal(status == MST_OK, problems.errors == 0);
    assert_int_equal(status == MST_OK, config != NULL);
    assert_int_equal(mst_problems_text(&problems, &out), MST_OK);
    assert_non_null(mst_buf_text(&out));
    *ret_problems = (char *)mst_buf_take(&out, &len);
    mst_problems_clear(&problems);
    return config;
}

struct mst_config *
fake_load(const char *text, const char *const *variables, char **ret_problems)
{
    return fake_load_sets(text, variables, NULL, ret_problems);
}
