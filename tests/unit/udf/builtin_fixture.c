/* SPDX-License-Identifier: MIT */
/* Options from text, without a configuration around them. */
#include "builtin_fixture.h"

#include <stdlib.h>
#include <string.h>

#include "unit/cmocka_all.h"

#include "config/options.h"
#include "udf/builtins.h"

static const struct mst_middleware_type *const builtin_types[] = {
    &mst_dedupe_middleware, &mst_filter_middleware,  &mst_flatten_middleware,
    &mst_mask_middleware,   &mst_project_middleware, &mst_rename_middleware,
    &mst_route_middleware,  &mst_set_middleware};

static const struct mst_middleware_type *
builtin_find(const char *name)
{
    size_t i = 0;
    while (i < MST_ARRAY_SIZE(builtin_types)
           && strcmp(builtin_types[i]->name, name) != 0) {
        i++;
    }
    assert_true(i < MST_ARRAY_SIZE(builtin_types));
    return builtin_types[i];
}

static const char *
builtin_no_variable(void *arg, const char *name)
{
    (void)arg;
    (void)name;
    return NULL;
}

static bool
builtin_read(struct builtin_step *step, const char *text)
{
    const struct mst_env env = {.get = builtin_no_variable};
    const struct mst_options_target target = {&step->type->options,
                                              step->options};
    struct mst_arena arena = {0};
    struct mst_problems problems = {0};
    struct mst_reader reader = {&problems, &env};
    struct mst_toml_node *root = NULL;
    struct mst_toml_error error;
    enum mst_status status =
        mst_toml_parse(&arena, "options", text, strlen(text), &root, &error);
    if (status != MST_OK) {
        print_message("%s: %s\n", text, error.text);
    }
    assert_int_equal(status, MST_OK);
    const struct mst_options_read what = {
        .node = root, .path = "", .targets = &target, .n = 1};
    bool good = mst_options_read(&reader, &what);
    if (!good) {
        assert_true(problems.len > 0);
        (void)mst_fail(&step->err, MST_FATAL, "options", 0, "%s",
                       problems.items[0].text);
    }
    mst_problems_clear(&problems);
    mst_arena_clear(&arena);
    return good;
}

enum mst_status
builtin_create(struct builtin_step *step)
{
    const struct mst_middleware_args args = {.job = "job",
                                             .service_name = step->type->name,
                                             .options = step->options};
    return step->type->create(&step->ctx, &args, &step->err);
}

bool
builtin_begin(struct builtin_step *step, const char *name, const char *options)
{
    memset(step, 0, sizeof(*step));
    mst_error_clear(&step->err);
    step->type = builtin_find(name);
    step->options = calloc(1, step->type->options.size);
    assert_non_null(step->options);
    return builtin_read(step, options) && builtin_create(step) == MST_OK;
}

void
builtin_end(struct builtin_step *step)
{
    if (step->ctx != NULL) {
        step->type->destroy(step->ctx);
    }
    mst_options_clear(&step->type->options, step->options);
    free(step->options);
    memset(step, 0, sizeof(*step));
}

void
builtin_feed(struct builtin_step *step, const struct mst_event *event,
             struct script_result *result)
{
    script_feed_to(step->type->apply, step->ctx, event, result);
}
