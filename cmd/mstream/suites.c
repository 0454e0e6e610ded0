/* SPDX-License-Identifier: MIT */
/* mstream suites: the tests of scripts that a daemon keeps. */
#include <stdlib.h>
#include <string.h>

#include "commands.h"
#include "input.h"
#include "online.h"
#include "table.h"
#include "test_report.h"

enum {
    SUITES_TEXT_MAX = 16 * 1024 * 1024,
    SUITES_RUN_MS = 15 * 1000 /* that the daemon may take for a run */
};

static const struct mst_cli_flag suites_flags[] = {MST_ONLINE_FLAGS};

static const struct mst_cli_flag suites_create_flags[] = {
    MST_ONLINE_FLAGS,
    {"script", "FILE.lua", "the script that is tested", NULL},
    {"id", "ID", "what it is called by; made up unless said", NULL},
};

static const struct mst_cli_flag suites_run_flags[] = {
    MST_ONLINE_FLAGS,
    {"script", "FILE.lua", "run its cases on this script, which is not kept",
     NULL},
    {"junit", "FILE", "write the results there as JUnit's XML, too", NULL},
};

static int
suites_list(const struct mst_cli_args *args)
{
    static const char *const headings[] = {"ID", "NAME", "CASES",
                                           "DESCRIPTION"};
    static const char *const keys[] = {"id", "name", "case_count",
                                       "description"};
    static const char *const path[] = {"test-suites", NULL};
    struct mst_output out;
    struct mst_table table;
    int code = MST_EXIT_OK;
    json_t *suites = mst_online_call(args, "GET", path, &code);
    if (suites == NULL) {
        return code;
    }
    if (args->json) {
        code = mst_online_print(suites);
        json_decref(suites);
        return code;
    }
    mst_output_init(&out);
    mst_table_init(&table, headings, MST_ARRAY_SIZE(headings));
    mst_table_fit(&table);
    for (size_t i = 0; i < json_array_size(suites); i++) {
        const json_t *one = json_array_get(suites, i);
        for (size_t k = 0; k < MST_ARRAY_SIZE(keys); k++) {
            char text[64];
            mst_table_add(&table, "%s", mst_online_text(one, keys[k], text));
        }
    }
    if (json_array_size(suites) == 0) {
        mst_output_text(&out, "the daemon keeps no tests\n");
    }
    mst_table_end(&table, &out);
    json_decref(suites);
    return mst_output_end(&out, MST_EXIT_OK);
}

static int
suites_show(const struct mst_cli_args *args)
{
    const char *const path[] = {"test-suites", args->words[0], NULL};
    int code = MST_EXIT_OK;
    json_t *suite = mst_online_call(args, "GET", path, &code);
    if (suite != NULL) {
        code = mst_online_print(suite);
    }
    json_decref(suite);
    return code;
}

static int
suites_delete(const struct mst_cli_args *args)
{
    const char *const path[] = {"test-suites", args->words[0], NULL};
    int code = MST_EXIT_OK;
    json_t *answer = mst_online_call(args, "DELETE", path, &code);
    if (answer != NULL) {
        code = mst_online_say(args, answer);
    }
    json_decref(answer);
    return code;
}

/* The text of a file as a string. NULL: said what is wrong. */
static json_t *
suites_text(const struct mst_cli_args *args, const char *path)
{
    struct mst_buf text;
    struct mst_error err;
    json_t *json = NULL;
    mst_error_clear(&err);
    mst_buf_init(&text, SUITES_TEXT_MAX);
    if (mst_input_read(path, &text, &err) != MST_OK) {
        mst_cli_error(args, &err);
    } else {
        json = json_stringn((const char *)text.data, text.len);
        if (json == NULL) {
            mst_cli_fail(args, NULL, "%s is not UTF-8", path);
        }
    }
    mst_buf_clear(&text);
    return json;
}

/* The script of --script as "script" of object, or of a "context" in it.
 * False: said what is wrong. */
static bool
suites_add_script(const struct mst_cli_args *args, json_t *object, bool context)
{
    const char *path = mst_cli_value(args, "script");
    if (path == NULL) {
        return true;
    }
    json_t *script = suites_text(args, path);
    if (script == NULL) {
        return false;
    }
    if (!context) {
        return json_object_set_new(object, "script", script) == 0;
    }
    return json_object_set_new(
               object, "context",
               json_pack("{s:s, s:o}", "type", "lua", "script", script))
           == 0;
}

/* NULL: said what went wrong. */
static json_t *
suites_send(const struct mst_cli_args *args, const char *const *segments,
            const json_t *body, int *ret_code)
{
    char *text = json_dumps(body, JSON_COMPACT);
    const struct mst_online_message message = {
        .method = "POST",
        .segments = segments,
        .body = text == NULL ? MST_SLICE_NONE : mst_slice_str(text),
        .extra_ms = SUITES_RUN_MS};
    json_t *answer = NULL;
    *ret_code = MST_EXIT_FAILED;
    if (text == NULL) {
        mst_cli_fail(args, NULL, "out of memory");
    } else {
        answer = mst_online_send(args, &message, ret_code);
    }
    free(text);
    return answer;
}

static int
suites_create(const struct mst_cli_args *args)
{
    static const char *const path[] = {"test-suites", NULL};
    const char *id = mst_cli_value(args, "id");
    int code = MST_EXIT_USAGE;
    json_t *suite = mst_input_json(args, args->words[0]);
    json_t *answer = NULL;
    if (suite != NULL && suites_add_script(args, suite, true)
        && (id == NULL
            || json_object_set_new(suite, "id", json_string(id)) == 0)) {
        answer = suites_send(args, path, suite, &code);
    }
    if (answer != NULL && args->json) {
        code = mst_online_print(answer);
    } else if (answer != NULL) {
        struct mst_output out;
        char text[64];
        mst_output_init(&out);
        mst_output_text(
            &out, "%s\n",
            mst_online_text(json_object_get(answer, "item"), "id", text));
        code = mst_output_end(&out, MST_EXIT_OK);
    }
    json_decref(answer);
    json_decref(suite);
    return code;
}

static int
suites_tell(const struct mst_cli_args *args, const json_t *item)
{
    const char *junit = mst_cli_value(args, "junit");
    int code = mst_test_report_is_good(item) ? MST_EXIT_OK : MST_EXIT_FAILED;
    struct mst_output out;
    struct mst_error err;
    mst_error_clear(&err);
    if (junit != NULL
        && mst_test_report_junit(item, args->words[0], junit, &err) != MST_OK) {
        mst_cli_error(args, &err);
        code = MST_EXIT_FAILED;
    }
    if (args->json) {
        int printed = mst_online_print(item);
        return printed == MST_EXIT_OK ? code : printed;
    }
    mst_output_init(&out);
    mst_test_report(item, &out);
    return mst_output_end(&out, code);
}

static int
suites_run(const struct mst_cli_args *args)
{
    const char *const path[] = {"test-suites", args->words[0], "run", NULL};
    int code = MST_EXIT_USAGE;
    json_t *body = json_object();
    json_t *answer = NULL;
    if (suites_add_script(args, body, false)) {
        answer = suites_send(args, path, body, &code);
    }
    if (answer != NULL) {
        code = suites_tell(args, json_object_get(answer, "item"));
    }
    json_decref(answer);
    json_decref(body);
    return code;
}

#define SUITES_FLAGS(list) .flags = (list), .flags_len = MST_ARRAY_SIZE(list)

static const struct mst_cli_command suites_command_list = {
    .group = "suites",
    .name = "list",
    .synopsis = "[--url URL]",
    .summary = "The tests that a daemon keeps.",
    .details = MST_ONLINE_DETAILS,
    .example = "mstream suites list",
    SUITES_FLAGS(suites_flags),
    .run = suites_list,
};

static const struct mst_cli_command suites_command_show = {
    .group = "suites",
    .name = "show",
    .synopsis = "ID [--url URL]",
    .summary = "One test with its cases, as JSON.",
    .details = MST_ONLINE_DETAILS,
    .example = "mstream suites show mask",
    SUITES_FLAGS(suites_flags),
    .words_min = 1,
    .words_max = 1,
    .run = suites_show,
};

static const struct mst_cli_command suites_command_create = {
    .group = "suites",
    .name = "create",
    .synopsis = "FILE.json [--script FILE.lua]",
    .summary = "Have a daemon keep a test.",
    .details = "The file is as `mstream transform test` takes it, {\"name\", "
               "\"cases\"}; prints its id.\n" MST_ONLINE_DETAILS,
    .example = "mstream suites create mask.test.json --script mask.lua --id "
               "mask",
    SUITES_FLAGS(suites_create_flags),
    .words_min = 1,
    .words_max = 1,
    .run = suites_create,
};

static const struct mst_cli_command suites_command_run = {
    .group = "suites",
    .name = "run",
    .synopsis = "ID [--script FILE.lua]",
    .summary = "Run a test that a daemon keeps.",
    .details = "Exit code 0 only when all cases passed.\n" MST_ONLINE_DETAILS,
    .example = "mstream suites run mask --script mask.lua",
    SUITES_FLAGS(suites_run_flags),
    .words_min = 1,
    .words_max = 1,
    .run = suites_run,
};

static const struct mst_cli_command suites_command_delete = {
    .group = "suites",
    .name = "delete",
    .synopsis = "ID [--url URL]",
    .summary = "Remove a test from a daemon.",
    .details = MST_ONLINE_DETAILS,
    .example = "mstream suites delete mask",
    SUITES_FLAGS(suites_flags),
    .words_min = 1,
    .words_max = 1,
    .run = suites_delete,
};

static const struct mst_cli_command *const suites_commands[] = {
    &suites_command_list, &suites_command_show,   &suites_command_create,
    &suites_command_run,  &suites_command_delete, NULL,
};

const struct mst_cli_command mst_command_suites = {
    .name = "suites",
    .synopsis = "COMMAND [options]",
    .summary = "Tests of scripts that a daemon keeps.",
    .details = "docs/studio.md tells more.",
    .example = "mstream suites run mask",
    .subcommands = suites_commands,
};
