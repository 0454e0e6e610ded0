/* SPDX-License-Identifier: MIT */
/* mstream schema register, compat and delete: what changes subjects. */
#include <inttypes.h>
#include <stdio.h>
#include <strings.h>

#include "schema.h"
#include "schema/subject.h"
#include "schema_subject.h"

static const struct mst_cli_flag register_flags[] = {
    MST_STATE_FLAG_CONFIG,
    MST_SCHEMA_FLAG_TYPE,
    {"compat", "LEVEL", "what new versions owe to old ones (BACKWARD)",
     mst_schema_levels},
    {"key", "NAMES", "properties that form the key of an event: a,b.c", NULL},
    {"unique-by", "NAMES", "properties that are unique together", NULL},
    {"sort-by", "NAMES", "order of records, as a hint: a,-b", NULL},
    {"dry-run", NULL, "only tell what would happen", NULL},
};

static const struct mst_cli_flag compat_flags[] = {
    MST_STATE_FLAG_CONFIG,
};

static const struct mst_cli_flag delete_flags[] = {
    MST_STATE_FLAG_CONFIG,
    {"version", "N", "only this version", NULL},
    {"yes", NULL, "do not ask", NULL},
};

static int
register_print(const struct mst_cli_args *args, const char *subject,
               const struct mst_subject_result *result)
{
    bool dry = mst_cli_value(args, "dry-run") != NULL;
    struct mst_output out;
    mst_output_init(&out);
    if (args->json) {
        mst_output_open(&out, NULL, '{');
        mst_output_str(&out, "subject", subject);
        mst_output_number(&out, "version", result->version);
        if (result->id != 0) {
            mst_output_number(&out, "id", result->id);
        }
        mst_output_bool(&out, "new", result->is_new);
        mst_output_bool(&out, "dry_run", dry);
        mst_output_close(&out, '}');
        mst_output_newline(&out);
    } else if (result->is_new && dry) {
        mst_output_text(&out, "%s: would become version %" PRIu32 "\n", subject,
                        result->version);
    } else {
        mst_output_text(&out, "%s: %s version %" PRIu32 ", id %" PRIu32 "\n",
                        subject,
                        args->words_len < 2 ? "settings changed,"
                        : result->is_new    ? "registered as"
                                            : "has it already as",
                        result->version, result->id);
    }
    return mst_output_end(&out, MST_EXIT_OK);
}

/* Prints what stands against it before the error. */
static int
register_refused(const struct mst_cli_args *args,
                 const struct mst_compat_report *report, enum mst_status status,
                 struct mst_error *err)
{
    struct mst_output out;
    int code = mst_schema_fail(args, status, err);
    if (mst_compat_is_fine(report)) {
        return code;
    }
    mst_output_init(&out);
    if (args->json) {
        mst_output_open(&out, NULL, '{');
        mst_output_bool(&out, "compatible", false);
    }
    mst_schema_problems(args, report, &out);
    if (args->json) {
        mst_output_close(&out, '}');
        mst_output_newline(&out);
    }
    return mst_output_end(&out, code);
}

static int
register_apply(const struct mst_cli_args *args,
               const struct mst_subject_change *change)
{
    struct mst_compat_report report = {.len = 0};
    struct mst_subject_result result = {.version = 0};
    struct mst_schema_place place;
    struct mst_error err;
    int code = MST_EXIT_OK;
    mst_error_clear(&err);
    if (!mst_schema_open(args, false, &place, &code)) {
        return code;
    }
    enum mst_status status =
        mst_subject_apply(place.store, change, &report, &result, &err);
    if (status == MST_END) {
        (void)mst_fail(&err, MST_END, "schema", 0, "there is no subject '%s'",
                       change->subject);
    }
    code = status == MST_OK ? register_print(args, change->subject, &result)
                            : register_refused(args, &report, status, &err);
    mst_compat_report_clear(&report);
    mst_schema_close(&place);
    return code;
}

static int
register_run(const struct mst_cli_args *args)
{
    struct mst_schema_wish wish;
    struct mst_buf text = {.data = NULL};
    const char *path = args->words_len > 1 ? args->words[1] : NULL;
    if (!mst_schema_wish_init(&wish, args, args->words[0])) {
        return MST_EXIT_FAILED;
    }
    int code = MST_EXIT_FAILED;
    if (path == NULL || mst_schema_read(args, path, &text)) {
        if (path != NULL) {
            wish.change.text =
                text.len > 0 ? mst_buf_slice(&text) : MST_SLICE_LIT("");
        }
        wish.change.dry_run = mst_cli_value(args, "dry-run") != NULL;
        code = register_apply(args, &wish.change);
        mst_buf_clear(&text);
    }
    mst_schema_wish_clear(&wish);
    return code;
}

static int
compat_show(const struct mst_cli_args *args, enum mst_schema_level level)
{
    struct mst_output out;
    mst_output_init(&out);
    if (args->json) {
        mst_output_open(&out, NULL, '{');
        mst_output_str(&out, "subject", args->words[0]);
        mst_output_str(&out, "compatibility", mst_schema_level_name(level));
        mst_output_close(&out, '}');
        mst_output_newline(&out);
    } else {
        mst_output_text(&out, "%s\n", mst_schema_level_name(level));
    }
    return mst_output_end(&out, MST_EXIT_OK);
}

/* Sets the level, if one is given. */
static enum mst_status
compat_set(const struct mst_cli_args *args, struct mst_subject_store *store,
           enum mst_schema_level *level, struct mst_error *err)
{
    const char *name = args->words[0];
    struct mst_subject subject = {.name = NULL};
    struct mst_subject_result result;
    struct mst_compat_report report = {.len = 0};
    const struct mst_subject_change change = {.subject = name, .level = level};
    enum mst_status status = MST_END;
    if (args->words_len > 1) {
        status = mst_subject_apply(store, &change, &report, &result, err);
        mst_compat_report_clear(&report);
    } else if (store != NULL) {
        status = store->type->load(store, name, &subject, err);
        *level = subject.level;
        mst_subject_clear(&subject);
    }
    return status != MST_END ? status
                             : mst_fail(err, MST_END, "schema", 0,
                                        "there is no subject '%s'", name);
}

static int
compat_run(const struct mst_cli_args *args)
{
    enum mst_schema_level level = MST_LEVEL_NONE;
    bool sets = args->words_len > 1;
    struct mst_schema_place place;
    struct mst_error err;
    int code = MST_EXIT_USAGE;
    if (sets && !mst_schema_level_find(args->words[1], &level)) {
        mst_cli_fail(args,
                     "it is one of NONE, BACKWARD, BACKWARD_TRANSITIVE, "
                     "FORWARD, FORWARD_TRANSITIVE, FULL, FULL_TRANSITIVE",
                     "'%s' is no level of compatibility", args->words[1]);
        return code;
    }
    mst_error_clear(&err);
    if (!mst_schema_open(args, !sets, &place, &code)) {
        return code;
    }
    enum mst_status status = compat_set(args, place.store, &level, &err);
    mst_schema_close(&place);
    return status == MST_OK ? compat_show(args, level)
                            : mst_schema_fail(args, status, &err);
}

static int
delete_print(const struct mst_cli_args *args, uint32_t version)
{
    struct mst_output out;
    mst_output_init(&out);
    if (args->json) {
        mst_output_open(&out, NULL, '{');
        mst_output_str(&out, "deleted", args->words[0]);
        if (version != 0) {
            mst_output_number(&out, "version", version);
        }
        mst_output_close(&out, '}');
        mst_output_newline(&out);
    } else if (version != 0) {
        mst_output_text(&out, "version %" PRIu32 " of %s is deleted\n", version,
                        args->words[0]);
    } else {
        mst_output_text(&out, "%s is deleted\n", args->words[0]);
    }
    return mst_output_end(&out, MST_EXIT_OK);
}

static int
delete_run(const struct mst_cli_args *args)
{
    const char *subject = args->words[0];
    struct mst_schema_place place;
    struct mst_error err;
    char question[400];
    char which[40] = "all versions";
    uint32_t version = 0;
    int code = MST_EXIT_USAGE;
    if (!mst_schema_version_flag(args, &version)) {
        return code;
    }
    if (version == 0 && mst_cli_value(args, "version") != NULL) {
        mst_cli_fail(args, NULL, "--version wants a number here");
        return code;
    }
    if (version != 0) {
        (void)snprintf(which, sizeof(which), "version %" PRIu32, version);
    }
    (void)snprintf(question, sizeof(question),
                   "Delete %s of '%.255s'? Jobs that use it will not start.",
                   which, subject);
    if (!mst_state_confirm(args, question)
        || !mst_schema_open(args, false, &place, &code)) {
        return code;
    }
    mst_error_clear(&err);
    enum mst_status status =
        mst_subject_delete(place.store, subject, version, &err);
    mst_schema_close(&place);
    if (status == MST_END && err.text[0] == '\0') {
        (void)mst_fail(&err, MST_END, "schema", 0, "there is no subject '%s'",
                       subject);
    }
    return status == MST_OK ? delete_print(args, version)
                            : mst_schema_fail(args, status, &err);
}

const struct mst_cli_command mst_schema_command_register = {
    .group = "schema",
    .name = "register",
    .synopsis = "SUBJECT [FILE] [--compat LEVEL] [--key NAMES] [--dry-run] "
                "[--config FILE]",
    .summary = "Add a version to a subject, if it is compatible.",
    .details = "The same text again is the same version. Without FILE only "
               "what the\noptions say is changed. What stands against a "
               "schema is printed, exit\ncode 3.",
    .example = "mstream schema register orders order.avsc --compat FULL --key "
               "customer",
    .flags = register_flags,
    .flags_len = MST_ARRAY_SIZE(register_flags),
    .words_min = 1,
    .words_max = 2,
    .run = register_run,
};

const struct mst_cli_command mst_schema_command_compat = {
    .group = "schema",
    .name = "compat",
    .synopsis = "SUBJECT [LEVEL] [--config FILE]",
    .summary = "Show or set what new versions of a subject owe to old ones.",
    .details = "LEVEL is NONE, BACKWARD, FORWARD, FULL, or one of the last "
               "three with\n_TRANSITIVE. Versions that are there are not "
               "looked at.",
    .example = "mstream schema compat orders FULL_TRANSITIVE",
    .flags = compat_flags,
    .flags_len = MST_ARRAY_SIZE(compat_flags),
    .words_min = 1,
    .words_max = 2,
    .run = compat_run,
};

const struct mst_cli_command mst_schema_command_delete = {
    .group = "schema",
    .name = "delete",
    .synopsis = "SUBJECT [--version N] [--yes] [--config FILE]",
    .summary = "Remove a version, or a whole subject.",
    .details = "Asks before it does, unless --yes is given. Numbers and ids of "
               "deleted\nversions are not given to other schemas.",
    .example = "mstream schema delete orders --version 2",
    .flags = delete_flags,
    .flags_len = MST_ARRAY_SIZE(delete_flags),
    .words_min = 1,
    .words_max = 1,
    .run = delete_run,
};
