/* SPDX-License-Identifier: MIT */
/* mstream services script: the scripts of a udf service. */
#include "define.h"
#include "input.h"
#include "online.h"
#include "output.h"

enum { SCRIPT_TEXT_MAX = 4 * 1024 * 1024 };

static const struct mst_cli_flag script_flags[] = {
    MST_ONLINE_FLAGS,
    {"in", "FILE", "of create and put: the script; default standard input",
     NULL},
    {"if-match", "TAG", "only what has this tag (ETag)", NULL},
};

/* What it does; NULL: no such thing. */
static const char *
script_method(const char *action)
{
    static const char *const actions[][2] = {{"get", "GET"},
                                             {"create", "POST"},
                                             {"put", "PUT"},
                                             {"delete", "DELETE"}};
    for (size_t i = 0; i < MST_ARRAY_SIZE(actions); i++) {
        if (strcmp(action, actions[i][0]) == 0) {
            return actions[i][1];
        }
    }
    return NULL;
}

/* The script as {"content"}. False: said what is wrong. */
static bool
script_body(const struct mst_cli_args *args, struct mst_output *body)
{
    const char *path = mst_cli_value(args, "in");
    struct mst_buf text;
    struct mst_error err;
    mst_error_clear(&err);
    mst_buf_init(&text, SCRIPT_TEXT_MAX);
    enum mst_status status =
        mst_input_read(path == NULL ? "-" : path, &text, &err);
    if (status != MST_OK) {
        mst_cli_error(args, &err);
    } else {
        mst_output_open(body, NULL, '{');
        mst_output_slice(body, "content", mst_buf_slice(&text));
        mst_output_close(body, '}');
    }
    mst_buf_clear(&text);
    return status == MST_OK;
}

/* The text as it is, or what was said. */
static int
script_print(const struct mst_cli_args *args, const json_t *answer)
{
    const json_t *content = json_object_get(answer, "content");
    struct mst_output out;
    if (args->json) {
        return mst_online_print(answer);
    }
    if (strcmp(args->words[0], "get") != 0 || content == NULL) {
        return mst_online_say(args, answer);
    }
    mst_output_init(&out);
    mst_output_bytes(&out, mst_slice_of(json_string_value(content),
                                        json_string_length(content)));
    return mst_output_end(&out, MST_EXIT_OK);
}

static int
script_run(const struct mst_cli_args *args)
{
    const char *method = script_method(args->words[0]);
    const char *const path[] = {"services", args->words[1], "resources",
                                args->words[2], NULL};
    struct mst_output body;
    int code = MST_EXIT_USAGE;
    if (method == NULL) {
        mst_cli_fail(args, "get, create, put or delete",
                     "'%s' is nothing that can be done with a script",
                     args->words[0]);
        return code;
    }
    mst_output_init(&body);
    bool writes = method[0] == 'P';
    if (!writes || script_body(args, &body)) {
        const struct mst_online_message message = {
            .method = method,
            .segments = path,
            .body = mst_buf_slice(&body.json.buf),
            .if_match = mst_cli_value(args, "if-match")};
        json_t *answer = mst_online_send(args, &message, &code);
        if (answer != NULL) {
            code = script_print(args, answer);
            json_decref(answer);
        }
    }
    mst_output_clear(&body);
    return code;
}

const struct mst_cli_command mst_services_script = {
    .group = "services",
    .name = "script",
    .synopsis = "get|create|put|delete SERVICE NAME.lua [--in FILE]",
    .summary = "Read, make, change or remove a script of a udf service.",
    .details = "What is made or changed is kept in the daemon's state, files\n"
               "stay as they are; running jobs take it over. 'services\n"
               "resources' lists the scripts.\n" MST_ONLINE_DETAILS,
    .example = "mstream services script put scripts mask.lua --in mask.lua",
    .flags = script_flags,
    .flags_len = MST_ARRAY_SIZE(script_flags),
    .words_min = 3,
    .words_max = 3,
    .run = script_run,
};
