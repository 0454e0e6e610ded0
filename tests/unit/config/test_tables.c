/* SPDX-License-Identifier: MIT */
/* Every option table of the programs is one that can be read with. */
#include "unit/cmocka_all.h"

#include <dirent.h>
#include <stdio.h>
#include <unistd.h>

#include "builtins.h"
#include "config/load.h"
#include "config/options.h"
#include "config/tables.h"

static size_t
option_size(const struct mst_option *option)
{
    switch (option->type) {
    case MST_OPTION_BOOL:
        return sizeof(bool);
    case MST_OPTION_INT:
    case MST_OPTION_SIZE:
    case MST_OPTION_DURATION:
        return sizeof(int64_t);
    case MST_OPTION_DOUBLE:
        return sizeof(double);
    case MST_OPTION_STRING:
        return sizeof(char *);
    case MST_OPTION_ENUM:
        return sizeof(int);
    case MST_OPTION_STRING_LIST:
        return sizeof(struct mst_strings);
    case MST_OPTION_STRING_MAP:
        return sizeof(struct mst_string_map);
    case MST_OPTION_TABLE:
        return option->table->size;
    }
    return 0;
}

/* What every option says: a sentence, a place in the struct, its parts. */
static void
check_option(const struct mst_option_table *table,
             const struct mst_option *option)
{
    assert_non_null(option->name);
    assert_non_null(option->help);
    assert_true(strlen(option->help) > 0);
    assert_int_equal(option->help[strlen(option->help) - 1], '.');
    assert_true(option->offset + option_size(option) <= table->size);
    assert_int_equal(option->type == MST_OPTION_ENUM, option->choices != NULL);
    assert_true(option->type == MST_OPTION_INT || option->zero == NULL);
    assert_int_equal(option->type == MST_OPTION_TABLE, option->table != NULL);
    if ((option->flags & MST_OPTION_REQUIRED) != 0) {
        assert_null(option->def);
    }
    if ((option->flags & MST_OPTION_CATCH_ALL) != 0) {
        assert_int_equal(option->type, MST_OPTION_STRING_MAP);
    }
}

/* Options do not share memory, or names. */
static void
check_pair(const struct mst_option *a, const struct mst_option *b)
{
    assert_string_not_equal(a->name, b->name);
    assert_true(a->offset + option_size(a) <= b->offset
                || b->offset + option_size(b) <= a->offset);
}

static void
check_table(const struct mst_option_table *table)
{
    for (size_t i = 0; i < table->len; i++) {
        const struct mst_option *option = &table->options[i];
        print_message("%s\n", option->name);
        check_option(table, option);
        for (size_t j = 0; j < i; j++) {
            check_pair(&table->options[j], option);
        }
        if (option->table != NULL) {
            check_table(option->table);
        }
    }
    void *options = calloc(1, table->size + 1);
    assert_non_null(options);
    assert_true(mst_options_defaults(table, options));
    mst_options_clear(table, options);
    free(options);
}

/* Keys that the step or the service has for all are not taken again. */
static void
check_own(const struct mst_option_table *own,
          const struct mst_option_table *common)
{
    for (size_t i = 0; i < own->len; i++) {
        print_message("%s\n", own->options[i].name);
        assert_null(mst_options_find(common, own->options[i].name));
    }
}

static void
tables_of_the_daemon_are_sound(void **state)
{
    (void)state;
    check_table(&mst_table_root);
    check_table(&mst_table_service);
    check_table(&mst_table_connector);
    check_table(&mst_table_step);
    check_table(&mst_table_schema);
    check_table(&mst_table_dlq);
}

static void
tables_of_sources_are_sound(void **state)
{
    (void)state;
    for (size_t i = 0; mst_builtins.sources[i] != NULL; i++) {
        const struct mst_source_type *type = mst_builtins.sources[i];
        print_message("source %s\n", type->name);
        check_table(&type->service_options);
        check_table(&type->options);
        check_own(&type->service_options, &mst_table_service);
        check_own(&type->options, &mst_table_step);
    }
}

static void
tables_of_sinks_are_sound(void **state)
{
    (void)state;
    for (size_t i = 0; mst_builtins.sinks[i] != NULL; i++) {
        const struct mst_sink_type *type = mst_builtins.sinks[i];
        print_message("sink %s\n", type->name);
        check_table(&type->service_options);
        check_table(&type->options);
        check_own(&type->service_options, &mst_table_service);
        check_own(&type->options, &mst_table_step);
        const struct mst_source_type *source =
            mst_registry_source(&mst_builtins, type->name);
        if (source != NULL) {
            /* One struct serves both. */
            assert_ptr_equal(source->service_options.options,
                             type->service_options.options);
        }
    }
}

static void
check_example(const char *folder, const char *name)
{
    char path[1024];
    struct mst_config_input input = {
        .path = path, .registry = &mst_builtins, .probe = true};
    struct mst_problems problems = {0};
    struct mst_config *config = NULL;
    struct mst_buf out;
    (void)snprintf(path, sizeof(path), "%s/%s", folder, name);
    mst_buf_init(&out, 1 << 20);
    enum mst_status status = mst_config_load(&input, &problems, &config);
    assert_int_equal(mst_problems_text(&problems, &out), MST_OK);
    if (problems.len > 0) {
        fail_msg("%s", mst_buf_text(&out));
    }
    assert_int_equal(status, MST_OK);
    mst_buf_clear(&out);
    mst_problems_clear(&problems);
    mst_config_destroy(config);
}

static void
examples_load(void **state)
{
    (void)state;
    static const char folder[] = "examples";
    const char *root = getenv("MST_SOURCE_DIR");
    size_t seen = 0;
    /* Paths in them are from there. */
    assert_int_equal(chdir(root == NULL ? "." : root), 0);
    DIR *directory = opendir(folder);
    assert_non_null(directory);
    for (struct dirent *entry = readdir(directory); entry != NULL;
         entry = readdir(directory)) {
        size_t len = strlen(entry->d_name);
        if (len > 5 && strcmp(entry->d_name + len - 5, ".toml") == 0) {
            check_example(folder, entry->d_name);
            seen++;
        }
    }
    (void)closedir(directory);
    assert_true(seen > 0);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(tables_of_the_daemon_are_sound),
        cmocka_unit_test(tables_of_sources_are_sound),
        cmocka_unit_test(tables_of_sinks_are_sound),
        cmocka_unit_test(examples_load),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
