/* SPDX-License-Identifier: MIT */
/* mstream services: the services of a daemon. Here: the group, list, show. */
#include <stdio.h>
#include <stdlib.h>

#include "commands.h"
#include "define.h"
#include "online.h"
#include "table.h"

static const struct mst_cli_flag services_flags[] = {MST_ONLINE_FLAGS};

static void
list_row(struct mst_table *table, const json_t *service)
{
    static const char *const keys[] = {"name", "provider", "defined_in"};
    const json_t *users = json_object_get(service, "used_by_jobs");
    struct mst_buf names;
    char text[64];
    for (size_t i = 0; i < MST_ARRAY_SIZE(keys); i++) {
        mst_table_add(table, "%s", mst_online_text(service, keys[i], text));
    }
    mst_buf_init(&names, 4096);
    for (size_t i = 0; i < json_array_size(users); i++) {
        const char *name = json_string_value(json_array_get(users, i));
        if (mst_buf_printf(&names, "%s%s", i > 0 ? ", " : "",
                           name != NULL ? name : "")
            != MST_OK) {
            break;
        }
    }
    const char *all = mst_buf_text(&names);
    mst_table_add(table, "%s", all != NULL && all[0] != '\0' ? all : "-");
    mst_buf_clear(&names);
}

static int
list_run(const struct mst_cli_args *args)
{
    static const char *const headings[] = {"SERVICE", "PROVIDER", "DEFINED IN",
                                           "USED BY"};
    static const char *const path[] = {"services", NULL};
    struct mst_output out;
    struct mst_table table;
    int code = MST_EXIT_OK;
    json_t *services = mst_online_call(args, "GET", path, &code);
    if (services == NULL) {
        return code;
    }
    if (args->json) {
        code = mst_online_print(services);
        json_decref(services);
        return code;
    }
    mst_output_init(&out);
    mst_table_init(&table, headings, MST_ARRAY_SIZE(headings));
    mst_table_fit(&table);
    for (size_t i = 0; i < json_array_size(services); i++) {
        list_row(&table, json_array_get(services, i));
    }
    if (json_array_size(services) == 0) {
        mst_output_text(&out, "the daemon has no services\n");
    }
    mst_table_end(&table, &out);
    json_decref(services);
    return mst_output_end(&out, MST_EXIT_OK);
}

static int
show_run(const struct mst_cli_args *args)
{
    const char *const path[] = {"services", args->words[0], NULL};
    return mst_online_show(args, path);
}

static int
resources_run(const struct mst_cli_args *args)
{
    const char *const path[] = {"services", args->words[0], "resources", NULL};
    return mst_online_show(args, path);
}

static int
test_print(const json_t *answer)
{
    const json_t *findings = json_object_get(answer, "findings");
    struct mst_output out;
    mst_output_init(&out);
    for (size_t i = 0; i < json_array_size(findings); i++) {
        const json_t *one = json_array_get(findings, i);
        char text[64];
        const char *hint = json_string_value(json_object_get(one, "hint"));
        mst_output_text(&out, "%-5s", mst_online_text(one, "level", text));
        mst_output_text(&out, "%s: ", mst_online_text(one, "what", text));
        mst_output_text(&out, "%s\n", mst_online_text(one, "text", text));
        if (hint != NULL) {
            mst_output_text(&out, "     hint: %s\n", hint);
        }
    }
    return mst_output_end(&out, MST_EXIT_OK);
}

static int
test_run(const struct mst_cli_args *args)
{
    const char *const path[] = {"services", args->words[0], "test", NULL};
    int code = MST_EXIT_OK;
    json_t *answer = mst_online_call(args, "POST", path, &code);
    if (answer == NULL) {
        return code;
    }
    code = args->json ? mst_online_print(answer) : test_print(answer);
    if (code == MST_EXIT_OK && !json_is_true(json_object_get(answer, "ok"))) {
        code = MST_EXIT_FAILED;
    }
    json_decref(answer);
    return code;
}

static const struct mst_cli_command services_list = {
    .group = "services",
    .name = "list",
    .synopsis = "[--url URL]",
    .summary = "The services of a daemon, and who uses them.",
    .details = MST_ONLINE_DETAILS,
    .example = "mstream services list",
    .flags = services_flags,
    .flags_len = MST_ARRAY_SIZE(services_flags),
    .run = list_run,
};

static const struct mst_cli_command services_show = {
    .group = "services",
    .name = "show",
    .synopsis = "SERVICE [--url URL]",
    .summary = "One service, without its secrets.",
    .details = MST_ONLINE_DETAILS,
    .example = "mstream services show kafka",
    .flags = services_flags,
    .flags_len = MST_ARRAY_SIZE(services_flags),
    .words_min = 1,
    .words_max = 1,
    .run = show_run,
};

static const struct mst_cli_command services_resources = {
    .group = "services",
    .name = "resources",
    .synopsis = "SERVICE [--url URL]",
    .summary = "What a service has: collections, scripts.",
    .details = MST_ONLINE_DETAILS,
    .example = "mstream services resources kafka",
    .flags = services_flags,
    .flags_len = MST_ARRAY_SIZE(services_flags),
    .words_min = 1,
    .words_max = 1,
    .run = resources_run,
};

static const struct mst_cli_command services_test = {
    .group = "services",
    .name = "test",
    .synopsis = "SERVICE [--url URL]",
    .summary = "Have the daemon connect to a service, and say what it found.",
    .details = "Exit code 1 when something is wrong.\n" MST_ONLINE_DETAILS,
    .example = "mstream services test kafka",
    .flags = services_flags,
    .flags_len = MST_ARRAY_SIZE(services_flags),
    .words_min = 1,
    .words_max = 1,
    .run = test_run,
};

static const struct mst_cli_command *const services_commands[] = {
    &services_list,       &services_show,       &services_resources,
    &services_test,       &mst_services_create, &mst_services_apply,
    &mst_services_delete, &mst_services_script, NULL,
};

const struct mst_cli_command mst_command_services = {
    .name = "services",
    .synopsis = "COMMAND [options]",
    .summary = "Look at the services of a daemon, and change them.",
    .details = "They ask a daemon over its API. What is written in its\n"
               "configuration file is changed there.",
    .example = "mstream services list",
    .subcommands = services_commands,
};
