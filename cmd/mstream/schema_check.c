/* SPDX-License-Identifier: MIT */
/* mstream schema check: whether a file is a schema, and what it is compatible
 * with. */
#include <stdio.h>

#include "schema.h"
#include "schema/subject.h"
#include "schema_subject.h"
#include "state/subject_schema.h"

static const struct mst_cli_flag check_flags[] = {
    MST_STATE_FLAG_CONFIG,
    MST_SCHEMA_FLAG_TYPE,
    {"against", "FILE", "an older schema that it must be compatible with",
     NULL},
    {"subject", "SUBJECT", "a subject that it must be compatible with", NULL},
    {"compat", "LEVEL", "in which way (of a subject its own; BACKWARD)",
     mst_schema_levels},
};

/* A check while it runs. */
struct check {
    const struct mst_cli_args *args;
    struct mst_schema_wish wish;
    struct mst_subject_schema *schema;
    struct mst_compat_report report;
    struct mst_error err;
};

static int
check_print(const struct check *check)
{
    const struct mst_cli_args *args = check->args;
    const uint8_t *hash = mst_subject_schema_hash(check->schema);
    enum mst_schema_kind kind = mst_subject_schema_kind(check->schema);
    bool fine = mst_compat_is_fine(&check->report);
    struct mst_output out;
    char hex[2 * MST_SCHEMA_HASH_LEN + 1];
    for (size_t i = 0; i < MST_SCHEMA_HASH_LEN; i++) {
        (void)snprintf(hex + 2 * i, 3, "%02x", hash[i]);
    }
    mst_output_init(&out);
    if (args->json) {
        mst_output_open(&out, NULL, '{');
        mst_output_str(&out, "file", args->words[0]);
        mst_output_str(&out, "type", mst_schema_kind_name(kind));
        mst_output_str(&out, "fingerprint", hex);
        mst_output_bool(&out, "compatible", fine);
        mst_schema_problems(args, &check->report, &out);
        mst_output_close(&out, '}');
        mst_output_newline(&out);
    } else if (!fine) {
        mst_schema_problems(args, &check->report, &out);
    } else {
        const char *against = mst_cli_value(args, "against");
        const char *subject = mst_cli_value(args, "subject");
        const char *other = against != NULL ? against : subject;
        mst_output_text(&out, "%s is %s%s%s\n", args->words[0],
                        kind == MST_SCHEMA_KIND_AVRO ? "an Avro schema"
                                                     : "a JSON Schema",
                        other != NULL ? ", compatible with " : "",
                        other != NULL ? other : "");
        mst_output_text(&out, "fingerprint %s\n", hex);
    }
    return mst_output_end(&out, fine ? MST_EXIT_OK : MST_EXIT_REJECTED);
}

/* The two files, in the ways of the level. */
static enum mst_status
check_pair(struct check *check, const struct mst_subject_schema *old)
{
    enum mst_schema_level level = check->wish.change.level != NULL
                                      ? check->wish.level
                                      : MST_LEVEL_BACKWARD;
    enum mst_status status = MST_OK;
    for (int way = 0; way < 2 && status == MST_OK; way++) {
        check->report.forward = way == 1;
        if (mst_compat_wants(level, way == 1)) {
            status = mst_subject_schema_reads(way == 1 ? old : check->schema,
                                              way == 1 ? check->schema : old,
                                              &check->report, &check->err);
        }
    }
    return status;
}

static enum mst_status
check_against(struct check *check, const char *path)
{
    struct mst_subject_schema *old = NULL;
    struct mst_buf text;
    if (!mst_schema_read(check->args, path, &text)) {
        check->err.text[0] = '\0';
        return MST_FATAL;
    }
    enum mst_status status = mst_subject_schema_create(
        mst_buf_slice(&text), check->wish.change.kind, &old, &check->err);
    if (status != MST_OK) {
        mst_error_prefix(&check->err, "%s: ", path);
    } else {
        status = check_pair(check, old);
    }
    mst_subject_schema_destroy(old);
    mst_buf_clear(&text);
    return status;
}

/* As it would be registered, but nothing is. */
static enum mst_status
check_subject(struct check *check, int *ret_code)
{
    struct mst_subject_result result;
    struct mst_schema_place place;
    struct mst_subject subject = {.name = NULL};
    enum mst_status status = MST_END;
    if (!mst_schema_open(check->args, true, &place, ret_code)) {
        check->err.text[0] = '\0';
        return MST_FATAL;
    }
    /* A check against nothing is most often a name misspelt. */
    if (place.store != NULL) {
        status = place.store->type->load(
            place.store, check->wish.change.subject, &subject, &check->err);
        mst_subject_clear(&subject);
    }
    if (status == MST_OK) {
        status = mst_subject_apply(place.store, &check->wish.change,
                                   &check->report, &result, &check->err);
    }
    mst_schema_close(&place);
    if (status == MST_END) {
        return mst_fail(&check->err, MST_END, "schema", 0,
                        "there is no subject '%s'", check->wish.change.subject);
    }
    return status == MST_REJECTED && !mst_compat_is_fine(&check->report)
               ? MST_OK
               : status;
}

static int
check_text(struct check *check)
{
    const char *path = check->args->words[0];
    const char *against = mst_cli_value(check->args, "against");
    int code = MST_EXIT_FAILED;
    enum mst_status status = mst_subject_schema_create(
        check->wish.change.text, check->wish.change.kind, &check->schema,
        &check->err);
    if (status != MST_OK) {
        mst_error_prefix(&check->err, "%s: ", path);
    } else if (against != NULL) {
        status = check_against(check, against);
    } else if (check->wish.change.subject != NULL) {
        status = check_subject(check, &code);
    }
    if (status == MST_OK) {
        code = check_print(check);
    } else if (check->err.text[0] != '\0') {
        code = mst_schema_fail(check->args, status, &check->err);
    }
    mst_subject_schema_destroy(check->schema);
    mst_compat_report_clear(&check->report);
    return code;
}

static int
check_run(const struct mst_cli_args *args)
{
    struct check check = {.args = args};
    const char *subject = mst_cli_value(args, "subject");
    struct mst_buf text;
    int code = MST_EXIT_FAILED;
    if (subject != NULL && mst_cli_value(args, "against") != NULL) {
        mst_cli_fail(args, NULL, "say either --against or --subject");
        return MST_EXIT_USAGE;
    }
    mst_error_clear(&check.err);
    if (!mst_schema_wish_init(&check.wish, args, subject)) {
        return code;
    }
    if (mst_schema_read(args, args->words[0], &text)) {
        check.wish.change.dry_run = true;
        check.wish.change.text =
            text.len > 0 ? mst_buf_slice(&text) : MST_SLICE_LIT("");
        code = check_text(&check);
        mst_buf_clear(&text);
    }
    mst_schema_wish_clear(&check.wish);
    return code;
}

const struct mst_cli_command mst_schema_command_check = {
    .group = "schema",
    .name = "check",
    .synopsis = "FILE [--against FILE | --subject SUBJECT] [--compat LEVEL]",
    .summary = "Whether a file is a schema, and compatible with another.",
    .details = "A file that is none, and one that is not compatible, is exit "
               "code 3;\nevery reason is printed. Nothing is registered.",
    .example = "mstream schema check new.avsc --against old.avsc --compat FULL",
    .flags = check_flags,
    .flags_len = MST_ARRAY_SIZE(check_flags),
    .words_min = 1,
    .words_max = 1,
    .run = check_run,
};
