/* SPDX-License-Identifier: MIT */
/* mstream key: what stored services are sealed with. */
#include <stdio.h>

#include "commands.h"
#include "crypto/reseal.h"
#include "crypto/seal.h"
#include "state.h"
#include "state/record_store_open.h"
#include "table.h"

static const struct mst_cli_flag key_flags[] = {
    MST_STATE_FLAG_CONFIG,
};

static const struct mst_cli_flag rotate_flags[] = {
    MST_STATE_FLAG_CONFIG,
    {"no-new", NULL, "make no key: seal with the newest one that is there",
     NULL},
};

enum { KEY_IDS_MAX = 256 };

struct key_place {
    struct mst_config *config;
    struct mst_record_store *store; /* NULL: read only, and there is none yet */
    struct mst_keyring *ring;
};

static void
key_close(struct key_place *place)
{
    mst_keyring_close(place->ring);
    mst_record_store_close(place->store);
    mst_config_destroy(place->config);
}

/* False: said what is wrong, with *ret_code. */
static bool
key_open(const struct mst_cli_args *args, bool read_only,
         struct key_place *ret_place, int *ret_code)
{
    struct key_place place = {.ring = NULL};
    struct mst_error err;
    *ret_code = MST_EXIT_USAGE;
    mst_error_clear(&err);
    place.config = mst_state_config(args);
    if (place.config == NULL) {
        return false;
    }
    enum mst_status status =
        mst_record_store_open(place.config, read_only, &place.store, &err);
    if (status == MST_OK || status == MST_END) {
        status = mst_keyring_open(place.config->system.encryption_key_path,
                                  &place.ring, &err);
    }
    if (status != MST_OK) {
        key_close(&place);
        *ret_code = mst_state_fail(args, status, &err);
        return false;
    }
    *ret_place = place;
    return true;
}

/* A key, and what it is for. */
struct key_row {
    char id[MST_KEY_ID_TEXT_MAX];
    bool is_there;
    bool seals;
    size_t services;
};

struct key_rows {
    struct key_row rows[KEY_IDS_MAX];
    size_t len;
};

/* NULL: there are too many. */
static struct key_row *
rows_find(struct key_rows *rows, const char *id)
{
    size_t at = 0;
    while (at < rows->len && strcmp(rows->rows[at].id, id) != 0) {
        at++;
    }
    if (at == rows->len && at < KEY_IDS_MAX) {
        (void)snprintf(rows->rows[at].id, sizeof(rows->rows[at].id), "%s", id);
        rows->len++;
    }
    return at < KEY_IDS_MAX ? &rows->rows[at] : NULL;
}

static void
rows_add_key(void *arg, const char *id, bool seals)
{
    struct key_row *row = rows_find(arg, id);
    if (row != NULL) {
        row->is_there = true;
        row->seals = seals;
    }
}

static enum mst_status
rows_count(void *arg, const struct mst_record *one)
{
    char id[MST_KEY_ID_TEXT_MAX];
    struct key_row *row =
        mst_seal_key_id(one->body, id) ? rows_find(arg, id) : NULL;
    if (row != NULL) {
        row->services++;
    }
    return MST_OK;
}

static void
list_print(const struct mst_cli_args *args, const struct key_rows *rows,
           struct mst_output *out)
{
    static const char *const headings[] = {"KEY", "USE", "SERVICES"};
    struct mst_table table;
    mst_table_init(&table, headings, MST_ARRAY_SIZE(headings));
    if (args->json) {
        mst_output_open(out, NULL, '[');
    }
    for (size_t i = 0; i < rows->len; i++) {
        const struct key_row *row = &rows->rows[i];
        const char *use = row->seals      ? "seals"
                          : row->is_there ? "opens"
                                          : "missing";
        if (args->json) {
            mst_output_open(out, NULL, '{');
            mst_output_str(out, "key", row->id);
            mst_output_str(out, "use", use);
            mst_output_number(out, "services", (int64_t)row->services);
            mst_output_close(out, '}');
        } else {
            mst_table_add(&table, "%s", row->id);
            mst_table_add(&table, "%s", use);
            mst_table_add(&table, "%zu", row->services);
        }
    }
    mst_table_end(&table, out);
    if (args->json) {
        mst_output_close(out, ']');
        mst_output_newline(out);
    } else if (rows->len == 0) {
        mst_output_text(out, "there is no key yet\n");
    }
}

static int
list_run(const struct mst_cli_args *args)
{
    struct key_place place;
    struct key_rows rows = {.len = 0};
    struct mst_output out;
    struct mst_error err;
    int code = MST_EXIT_OK;
    if (!key_open(args, true, &place, &code)) {
        return code;
    }
    mst_error_clear(&err);
    mst_output_init(&out);
    code = MST_EXIT_OK;
    enum mst_status status =
        mst_keyring_list(place.ring, rows_add_key, &rows, &err);
    if (status == MST_OK && place.store != NULL) {
        status = place.store->type->list(place.store, MST_RECORD_SERVICE,
                                         rows_count, &rows, &err);
    }
    list_print(args, &rows, &out);
    /* What could be read is shown beside what is damaged. */
    if (status != MST_OK) {
        code = mst_state_fail(args, status, &err);
    }
    key_close(&place);
    return mst_output_end(&out, code);
}

static void
rotate_tell(void *arg, const struct mst_error *why)
{
    mst_cli_error(arg, why);
}

static void
rotate_note_newest(void *arg, const char *id, bool seals)
{
    if (seals) {
        memcpy(arg, id, MST_KEY_ID_TEXT_MAX);
    }
}

static int
rotate_report(const struct mst_cli_args *args, struct mst_keyring *ring,
              const struct mst_reseal_counts *counts)
{
    struct mst_output out;
    char newest[MST_KEY_ID_TEXT_MAX] = "";
    enum mst_status status =
        mst_keyring_list(ring, rotate_note_newest, newest, NULL);
    mst_output_init(&out);
    if (args->json) {
        mst_output_open(&out, NULL, '{');
        mst_output_str(&out, "key", newest);
        mst_output_number(&out, "sealed", (int64_t)counts->sealed);
        mst_output_number(&out, "already", (int64_t)counts->already);
        mst_output_number(&out, "failed", (int64_t)counts->failed);
        mst_output_close(&out, '}');
        mst_output_newline(&out);
    } else {
        mst_output_text(&out,
                        "key %s seals now; services: %zu sealed with it, %zu "
                        "were already, %zu can not be opened\n",
                        newest, counts->sealed, counts->already,
                        counts->failed);
    }
    return mst_output_end(&out, status == MST_OK && counts->failed == 0
                                    ? MST_EXIT_OK
                                    : MST_EXIT_FAILED);
}

static int
rotate_run(const struct mst_cli_args *args)
{
    struct key_place place;
    struct mst_reseal_counts counts = {0};
    struct mst_error err;
    int code = MST_EXIT_OK;
    if (!key_open(args, false, &place, &code)) {
        return code;
    }
    mst_error_clear(&err);
    enum mst_status status = mst_cli_value(args, "no-new") != NULL
                                 ? MST_OK
                                 : mst_keyring_rotate(place.ring, &err);
    /* Those of the environment are made by who sets them. */
    if (status == MST_OK || status == MST_REJECTED) {
        /* Handed back as it is; nobody writes there. */
        status = mst_reseal(place.ring, place.store, rotate_tell,
                            (void *)(uintptr_t)args, &counts, &err);
    }
    code = status == MST_OK ? rotate_report(args, place.ring, &counts)
                            : mst_state_fail(args, status, &err);
    key_close(&place);
    return code;
}

static const struct mst_cli_command key_list = {
    .group = "key",
    .name = "list",
    .synopsis = "[--config FILE]",
    .summary = "Show the keys, and how many services each has sealed.",
    .details = "A key is shown by its id, which tells nothing of it. One that\n"
               "is missing has sealed services that can not be opened.",
    .example = "mstream key list",
    .flags = key_flags,
    .flags_len = MST_ARRAY_SIZE(key_flags),
    .run = list_run,
};

static const struct mst_cli_command key_rotate = {
    .group = "key",
    .name = "rotate",
    .synopsis = "[--config FILE] [--no-new]",
    .summary = "Make a new key, and seal all stored services with it.",
    .details =
        "Works beside running daemons. Old keys stay in the key file, so\n"
        "that copies of the state can be opened; killed in the middle, it\n"
        "leaves every service readable. Where MSTREAM_ENC_KEY is the key, set\n"
        "a new one there and the old one in MSTREAM_ENC_KEY_OLD before.",
    .example = "mstream key rotate",
    .flags = rotate_flags,
    .flags_len = MST_ARRAY_SIZE(rotate_flags),
    .run = rotate_run,
};

static const struct mst_cli_command *const key_commands[] = {&key_list,
                                                             &key_rotate, NULL};

const struct mst_cli_command mst_command_key = {
    .name = "key",
    .synopsis = "COMMAND [options]",
    .summary = "What stored services are sealed with.",
    .example = "mstream key rotate",
    .subcommands = key_commands,
};
