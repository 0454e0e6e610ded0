/* SPDX-License-Identifier: MIT */
/* mstream jobs|services create, apply and delete. */
#include "define.h"

#include <stdlib.h>

#include "input.h"
#include "online.h"
#include "output.h"

static const struct mst_cli_flag define_flags[] = {
    MST_ONLINE_FLAGS,
    {"if-match", "REVISION", "only what has this revision", NULL},
};

static const struct mst_cli_flag delete_job_flags[] = {
    MST_ONLINE_FLAGS,
    {"if-match", "REVISION", "only what has this revision", NULL},
    {"purge", NULL, "remove its checkpoints and dead letters, too", NULL},
};

/* What the daemon said: a line, or the whole of it. */
static int
define_print(const struct mst_cli_args *args, const char *name,
             const json_t *answer)
{
    struct mst_output out;
    char text[64];
    if (args->json) {
        return mst_online_print(answer);
    }
    mst_output_init(&out);
    mst_output_text(&out, "%s: %s\n", name,
                    mst_online_text(answer, "message", text));
    return mst_output_end(&out, MST_EXIT_OK);
}

/* One definition of the file. */
static int
define_send(const struct mst_cli_args *args, const json_t *one)
{
    const char *name = json_string_value(json_object_get(one, "name"));
    const char *verb = args->command->name;
    bool apply = strcmp(verb, "apply") == 0;
    bool validate = strcmp(verb, "validate") == 0;
    const char *const path[] = {args->command->group,
                                apply      ? name
                                : validate ? verb
                                           : NULL,
                                NULL};
    int code = MST_EXIT_USAGE;
    if (name == NULL) {
        mst_cli_fail(args,
                     "it is the connector or the service as JSON, or an "
                     "array of them",
                     "this is no definition: it has no 'name'");
        return code;
    }
    char *body = json_dumps(one, JSON_COMPACT);
    const struct mst_online_message message = {
        .method = apply ? "PUT" : "POST",
        .segments = path,
        .body = mst_slice_str(body != NULL ? body : ""),
        .if_match = mst_cli_value(args, "if-match")};
    json_t *answer = mst_online_send(args, &message, &code);
    free(body);
    if (answer != NULL) {
        code = define_print(args, name, answer);
        json_decref(answer);
    }
    return code;
}

static int
define_run(const struct mst_cli_args *args)
{
    json_t *json = mst_input_json(args, args->words[0]);
    int code = json == NULL ? MST_EXIT_USAGE : MST_EXIT_OK;
    if (json_is_array(json)) {
        for (size_t i = 0; i < json_array_size(json) && code == MST_EXIT_OK;
             i++) {
            code = define_send(args, json_array_get(json, i));
        }
    } else if (json != NULL) {
        code = define_send(args, json);
    }
    json_decref(json);
    return code;
}

static int
delete_run(const struct mst_cli_args *args)
{
    const char *const path[] = {args->command->group, args->words[0], NULL};
    bool job = strcmp(args->command->group, "jobs") == 0;
    bool purge = job && mst_cli_value(args, "purge") != NULL;
    int code = MST_EXIT_OK;
    const struct mst_online_message message = {
        .method = "DELETE",
        .segments = path,
        .query = purge ? "purge=true" : NULL,
        .if_match = mst_cli_value(args, "if-match")};
    json_t *answer = mst_online_send(args, &message, &code);
    if (answer != NULL) {
        code = define_print(args, args->words[0], answer);
        json_decref(answer);
    }
    return code;
}

#define DEFINE(of, verb, words, what, more, example_text)                      \
    const struct mst_cli_command mst_##of##_##verb = {                         \
        .group = #of,                                                          \
        .name = #verb,                                                         \
        .synopsis = words " [--url URL]",                                      \
        .summary = (what),                                                     \
        .details = more MST_ONLINE_DETAILS,                                    \
        .example = (example_text),                                             \
        .flags = define_flags,                                                 \
        .flags_len = MST_ARRAY_SIZE(define_flags),                             \
        .words_min = 1,                                                        \
        .words_max = 1,                                                        \
        .run = define_run,                                                     \
    }

#define DEFINE_FILE                                                            \
    "FILE holds the definition as JSON, with the keys of the configuration\n"  \
    "file, or an array of them; - is standard input.\n"

DEFINE(jobs, create, "FILE|-", "Make a job.", DEFINE_FILE,
       "mstream jobs create users.json");
DEFINE(jobs, apply, "FILE|-", "Make a job, or change it to this.",
       DEFINE_FILE "What is so already is left alone.\n",
       "mstream jobs show users --definition | mstream jobs apply -");
DEFINE(jobs, validate, "FILE|-", "Check a job with all others; keep nothing.",
       DEFINE_FILE "Every problem is said at once.\n",
       "mstream jobs validate users.json");
DEFINE(services, create, "FILE|-", "Make a service.", DEFINE_FILE,
       "mstream services create kafka.json");
DEFINE(services, apply, "FILE|-", "Make a service, or change it to this.",
       DEFINE_FILE "Jobs that use it drain and start anew, no other does.\n"
                   "A secret that is **** is kept.\n",
       "mstream services apply kafka.json");

const struct mst_cli_command mst_jobs_delete = {
    .group = "jobs",
    .name = "delete",
    .synopsis = "JOB [--purge] [--url URL]",
    .summary = "Drain a job and remove it.",
    .details = "One that is written in the file is removed "
               "there.\n" MST_ONLINE_DETAILS,
    .example = "mstream jobs delete users --purge",
    .flags = delete_job_flags,
    .flags_len = MST_ARRAY_SIZE(delete_job_flags),
    .words_min = 1,
    .words_max = 1,
    .run = delete_run,
};

const struct mst_cli_command mst_services_delete = {
    .group = "services",
    .name = "delete",
    .synopsis = "SERVICE [--url URL]",
    .summary = "Remove a service that no job uses.",
    .details = "One that is written in the file is removed "
               "there.\n" MST_ONLINE_DETAILS,
    .example = "mstream services delete old-kafka",
    .flags = define_flags,
    .flags_len = MST_ARRAY_SIZE(define_flags),
    .words_min = 1,
    .words_max = 1,
    .run = delete_run,
};
