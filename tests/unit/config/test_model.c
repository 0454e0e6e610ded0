/* SPDX-License-Identifier: MIT */
/*
 * Random configurations, made from the option tables, load; one random
 * mistake in them is reported at its line, and nothing else is.
 */
#include "unit/cmocka_all.h"

#include <inttypes.h>
#include <stdio.h>

#include "config/tables.h"
#include "unit/config/fakes.h"

enum { ROUNDS = 1000, LINES_MAX = 200, TEXT_MAX = 400, KEY_MAX = 40 };

struct model_line {
    char key[KEY_MAX]; /* "" for headers */
    char value[TEXT_MAX];
    size_t header; /* line that the table starts with */
    bool required;
    bool any_key; /* without it nobody knows what other keys there are */
};

struct model {
    uint64_t random;
    struct model_line lines[LINES_MAX];
    size_t len;
    size_t header;
};

static uint64_t
model_below(struct model *model, uint64_t bound)
{
    model->random ^= model->random << 13;
    model->random ^= model->random >> 7;
    model->random ^= model->random << 17;
    return bound == 0 ? 0 : (model->random >> 11) % bound;
}

static struct model_line *
model_add(struct model *model, const char *key, const char *value)
{
    assert_true(model->len < LINES_MAX);
    struct model_line *line = &model->lines[model->len++];
    memset(line, 0, sizeof(*line));
    (void)snprintf(line->key, sizeof(line->key), "%s", key);
    (void)snprintf(line->value, sizeof(line->value), "%s", value);
    line->header = model->header;
    return line;
}

static void
model_header(struct model *model, const char *text)
{
    model->header = model->len;
    (void)model_add(model, "", text);
}

static void
model_needed(struct model *model, const char *key, const char *format, size_t i,
             bool any_key)
{
    char value[TEXT_MAX];
    (void)snprintf(value, sizeof(value), "\"%s%zu\"", format, i);
    struct model_line *line = model_add(model, key, value);
    line->required = true;
    line->any_key = any_key;
}

static void model_value(struct model *model, const struct mst_option *option,
                        char out[TEXT_MAX]);

/* "{ a = 1, b = 2 }" with what is required and some of the rest. */
static void
model_inline(struct model *model, const struct mst_option_table *table,
             char out[TEXT_MAX])
{
    size_t used = (size_t)snprintf(out, TEXT_MAX, "{ ");
    const char *comma = "";
    for (size_t i = 0; i < table->len; i++) {
        const struct mst_option *option = &table->options[i];
        if ((option->flags & MST_OPTION_REQUIRED) == 0
            && model_below(model, 2) == 0) {
            continue;
        }
        char value[TEXT_MAX];
        model_value(model, option, value);
        used += (size_t)snprintf(out + used, TEXT_MAX - used, "%s%s = %s",
                                 comma, option->name, value);
        comma = ", ";
        assert_true(used < TEXT_MAX);
    }
    (void)snprintf(out + used, TEXT_MAX - used, " }");
}

static int64_t
model_number(struct model *model, const struct mst_option *option)
{
    if (option->max <= option->min) {
        return (int64_t)model_below(model, 1000);
    }
    uint64_t range = (uint64_t)(option->max - option->min);
    return option->min + (int64_t)model_below(model, range == 0 ? 1 : range);
}

static void
model_value(struct model *model, const struct mst_option *option,
            char out[TEXT_MAX])
{
    int64_t number = model_number(model, option);
    const char *text = "\"x\"";
    char buffer[64];
    switch (option->type) {
    case MST_OPTION_BOOL:
        text = number % 2 == 0 ? "true" : "false";
        break;
    case MST_OPTION_INT:
    case MST_OPTION_SIZE:
        (void)snprintf(buffer, sizeof(buffer), "%" PRId64, number);
        text = buffer;
        break;
    case MST_OPTION_DOUBLE:
        text = number % 2 == 0 ? "1.5" : "3";
        break;
    case MST_OPTION_DURATION:
        (void)snprintf(buffer, sizeof(buffer), "\"%" PRId64 "ms\"", number);
        text = buffer;
        break;
    case MST_OPTION_ENUM: {
        size_t first = option->choices[0][0] == '\0' ? 1 : 0;
        size_t n = first;
        while (option->choices[n] != NULL) {
            n++;
        }
        (void)snprintf(buffer, sizeof(buffer), "\"%s\"",
                       option->choices[first + model_below(model, n - first)]);
        text = buffer;
        break;
    }
    case MST_OPTION_STRING_LIST:
        text = number % 2 == 0 ? "[]" : "[\"x\", \"${V}\"]";
        break;
    case MST_OPTION_STRING_MAP:
        text = "{ a = 1, b = \"c\" }";
        break;
    case MST_OPTION_TABLE:
        model_inline(model, option->table, out);
        return;
    case MST_OPTION_STRING:
        text = number % 2 == 0 ? "\"text\"" : "\"${V:-x}\"";
        break;
    }
    (void)snprintf(out, TEXT_MAX, "%s", text);
}

/* Some of the options that are not required. Left out: what depends on other
 * values, and a file that may be there. */
static void
model_options(struct model *model, const struct mst_option_table *table)
{
    static const char *const skipped[] = {"retry",
                                          "system",
                                          "state",
                                          "input_encoding",
                                          "output_encoding",
                                          "schema_id",
                                          "schema_registry",
                                          "auto_register",
                                          "resource",
                                          "api",
                                          "limits",
                                          "log",
                                          "host",
                                          "tls_cert",
                                          "tls_key",
                                          "client_ca"};
    for (size_t i = 0; i < table->len; i++) {
        const struct mst_option *option = &table->options[i];
        bool skip =
            (option->flags & (MST_OPTION_REQUIRED | MST_OPTION_CATCH_ALL)) != 0;
        for (size_t j = 0; j < MST_ARRAY_SIZE(skipped); j++) {
            skip = skip || strcmp(option->name, skipped[j]) == 0;
        }
        if (!skip && model_below(model, 3) == 0) {
            char value[TEXT_MAX];
            model_value(model, option, value);
            (void)model_add(model, option->name, value);
        }
    }
}

static void
model_step(struct model *model, const char *header, size_t services)
{
    model_header(model, header);
    model_needed(model, "service_name", "s", model_below(model, services),
                 true);
    model_needed(model, "resource", "r", model_below(model, 9), false);
    model_options(model, &mst_table_step);
    model_options(model, &fake_registry.sources[0]->options);
    /* Its resource may be left out where this is given. */
    for (size_t i = model->header; i < model->len; i++) {
        if (strcmp(model->lines[i].key, "collections") == 0) {
            model->lines[model->header + 2].required = false;
        }
    }
}

static void
model_make(struct model *model, uint64_t seed)
{
    memset(model, 0, sizeof(*model));
    model->random = seed * 0x9E3779B97F4A7C15ULL + 1;
    model_options(model, &mst_table_root);
    model_header(model, "[api]");
    model_options(model, &mst_table_api);
    model_header(model, "[log]");
    model_options(model, &mst_table_log);
    size_t services = 1 + model_below(model, 3);
    for (size_t i = 0; i < services; i++) {
        model_header(model, "[[services]]");
        struct model_line *line = model_add(model, "provider", "\"both\"");
        line->required = true;
        line->any_key = true;
        model_needed(model, "name", "s", i, false);
        model_needed(model, "uri", "x", i, false);
        model_options(model, &fake_registry.sources[0]->service_options);
    }
    size_t connectors = 1 + model_below(model, 2);
    for (size_t i = 0; i < connectors; i++) {
        model_header(model, "[[connectors]]");
        model_needed(model, "name", "c", i, false);
        model_options(model, &mst_table_connector);
        model_step(model, "[connectors.source]", services);
        for (size_t j = model_below(model, 2) + 1; j > 0; j--) {
            model_step(model, "[[connectors.sinks]]", services);
        }
    }
}

static char *
model_text(const struct model *model)
{
    size_t size = model->len * (TEXT_MAX + KEY_MAX) + 1;
    char *text = malloc(size);
    assert_non_null(text);
    size_t used = 0;
    text[0] = '\0';
    for (size_t i = 0; i < model->len; i++) {
        const struct model_line *line = &model->lines[i];
        used +=
            (size_t)snprintf(text + used, size - used, "%s%s%s\n", line->key,
                             line->key[0] == '\0' ? "" : " = ", line->value);
    }
    return text;
}

static const char *const variables[] = {"V", "value", NULL};

/* The lines with problems, which are exactly these; 0: none. What merely does
 * nothing is no problem here. */
static void
model_expect(const struct model *model, const char *what, size_t first,
             size_t second)
{
    char *text = model_text(model);
    char *problems = NULL;
    struct mst_config *config = fake_load(text, variables, &problems);
    size_t found = 0;
    size_t lines[2] = {0, 0};
    for (const char *at = strstr(problems, "t.toml:"); at != NULL;
         at = strstr(at + 1, "\nt.toml:")) {
        const char *number = strchr(at, ':') + 1;
        const char *end = strchr(number, '\n');
        const char *idle = strstr(number, "warning: it has no effect");
        if (idle != NULL && idle < end) {
            continue; /* keys that do not go together: not this test's */
        }
        if (found < 2) {
            lines[found] = strtoul(number, NULL, 10);
        }
        found++;
    }
    size_t wanted = (first != 0 ? 1U : 0U) + (second != 0 ? 1U : 0U);
    if (found != wanted || lines[0] != first || lines[1] != second) {
        fail_msg("%s: wanted lines %zu %zu\n%s---\n%s", what, first, second,
                 problems, text);
    }
    mst_config_destroy(config);
    free(problems);
    free(text);
}

/* A line with a key; required ones only when asked for. */
static size_t
model_pick(struct model *model, bool required)
{
    for (;;) {
        size_t i = model_below(model, model->len);
        if (model->lines[i].key[0] != '\0'
            && (!required || model->lines[i].required)) {
            return i;
        }
    }
}

static void
good_configurations_have_no_problems(void **state)
{
    (void)state;
    struct model model;
    for (uint64_t seed = 0; seed < ROUNDS; seed++) {
        model_make(&model, seed);
        model_expect(&model, "good", 0, 0);
    }
}

static void
a_wrong_type_is_reported_alone(void **state)
{
    (void)state;
    struct model model;
    for (uint64_t seed = 0; seed < ROUNDS; seed++) {
        model_make(&model, seed);
        size_t i = model_pick(&model, false);
        (void)snprintf(model.lines[i].value, TEXT_MAX, "[[1]]");
        model_expect(&model, "type", i + 1, 0);
    }
}

static void
a_foreign_key_is_reported_and_so_is_what_it_stood_for(void **state)
{
    (void)state;
    struct model model;
    for (uint64_t seed = 0; seed < ROUNDS; seed++) {
        model_make(&model, seed);
        size_t i = model_pick(&model, false);
        struct model_line *line = &model.lines[i];
        (void)snprintf(line->key, KEY_MAX, "qqqqqqqqqqqq");
        if (line->any_key) {
            model_expect(&model, "foreign", line->header + 1, 0);
        } else if (line->required) {
            model_expect(&model, "foreign", line->header + 1, i + 1);
        } else {
            model_expect(&model, "foreign", i + 1, 0);
        }
    }
}

static void
a_misspelt_key_is_one_problem(void **state)
{
    (void)state;
    struct model model;
    for (uint64_t seed = 0; seed < ROUNDS; seed++) {
        model_make(&model, seed);
        size_t i = model_pick(&model, seed % 2 == 0);
        char *key = model.lines[i].key;
        size_t at = strlen(key) / 2;
        memmove(key + at, key + at + 1, strlen(key + at + 1) + 1);
        model_expect(&model, "misspelt", i + 1, 0);
    }
}

static void
a_missing_key_is_reported_at_its_table(void **state)
{
    (void)state;
    struct model model;
    for (uint64_t seed = 0; seed < ROUNDS; seed++) {
        model_make(&model, seed);
        size_t i = model_pick(&model, true);
        (void)snprintf(model.lines[i].value, TEXT_MAX, "# gone");
        model.lines[i].key[0] = '\0';
        model_expect(&model, "missing", model.lines[i].header + 1, 0);
    }
}

static void
a_key_given_twice_is_reported_where_it_is_again(void **state)
{
    (void)state;
    struct model model;
    for (uint64_t seed = 0; seed < ROUNDS; seed++) {
        model_make(&model, seed);
        size_t i = model_pick(&model, false);
        assert_true(model.len < LINES_MAX);
        memmove(&model.lines[i + 1], &model.lines[i],
                (model.len - i) * sizeof(model.lines[0]));
        model.len++;
        model_expect(&model, "twice", i + 2, 0);
    }
}

/* The same configuration with the keys of each table in another order. */
static void
model_shuffle(struct model *model)
{
    for (size_t round = 0; round < model->len * 4; round++) {
        size_t i = model_below(model, model->len - 1);
        struct model_line *a = &model->lines[i];
        struct model_line *b = a + 1;
        if (a->key[0] != '\0' && b->key[0] != '\0') {
            struct model_line swap = *a;
            *a = *b;
            *b = swap;
        }
    }
}

static void
hashes_do_not_depend_on_the_order_of_keys(void **state)
{
    (void)state;
    struct model model;
    for (uint64_t seed = 0; seed < ROUNDS; seed++) {
        char *problems = NULL;
        model_make(&model, seed);
        char *text = model_text(&model);
        struct mst_config *one = fake_load(text, variables, &problems);
        free(problems);
        free(text);
        model_shuffle(&model);
        text = model_text(&model);
        struct mst_config *two = fake_load(text, NULL, &problems);
        /* The environment does not count; nor do its absent variables. */
        if (two == NULL) {
            free(problems);
            two = fake_load(text, variables, &problems);
        }
        assert_non_null(one);
        assert_non_null(two);
        for (size_t i = 0; i < one->connectors_len; i++) {
            assert_int_equal(one->connectors[i].hash, two->connectors[i].hash);
        }
        for (size_t i = 0; i < one->services_len; i++) {
            assert_int_equal(one->services[i].hash, two->services[i].hash);
        }
        mst_config_destroy(one);
        mst_config_destroy(two);
        free(problems);
        free(text);
    }
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(good_configurations_have_no_problems),
        cmocka_unit_test(a_wrong_type_is_reported_alone),
        cmocka_unit_test(a_foreign_key_is_reported_and_so_is_what_it_stood_for),
        cmocka_unit_test(a_misspelt_key_is_one_problem),
        cmocka_unit_test(a_missing_key_is_reported_at_its_table),
        cmocka_unit_test(a_key_given_twice_is_reported_where_it_is_again),
        cmocka_unit_test(hashes_do_not_depend_on_the_order_of_keys),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
