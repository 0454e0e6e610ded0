/* SPDX-License-Identifier: MIT */
/* mstream convert: the encodings as a filter between files or pipes. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "commands.h"
#include "encodings/stream.h"

enum {
    CONVERT_PIECE = 256 * 1024,
    /* A document that MongoDB takes has 16 MiB of BSON; JSON is larger. */
    CONVERT_DOCUMENT_MAX = 256 * 1024 * 1024,
    CONVERT_OUTPUT_MAX = 1024 * 1024 * 1024
};

static const struct mst_cli_flag convert_flags[] = {
    {"from", "bson|json", "what comes in"},
    {"to", "bson|json", "what goes out"},
    {"in", "FILE", "read this instead of standard input"},
    {"out", "FILE", "write this instead of standard output"},
    {"json-mode", "MODE", "relaxed (default), canonical or plain JSON"},
    {"no-extended", NULL, "{\"$oid\": ...} in JSON is an ordinary object"},
    {"big-numbers", "HOW",
     "integers beyond int64: reject (default), decimal or double"},
    {"on-error", "stop|skip", "what a refused document does; default stop"},
};

/* One run. */
struct convert {
    const struct mst_cli_args *args;
    struct mst_stream stream;
    struct mst_buf out;
    FILE *in;
    FILE *to;
    bool skip;
};

/* The index of value among the words, -1 (and a message) when it is none. */
static int
convert_choice(const struct mst_cli_args *args, const char *flag,
               const char *const *words, size_t words_len)
{
    const char *value = mst_cli_value(args, flag);
    char list[128] = "";
    for (size_t i = 0; i < words_len; i++) {
        if (value == NULL || strcmp(value, words[i]) == 0) {
            return (int)i;
        }
        size_t used = strlen(list);
        (void)snprintf(list + used, sizeof(list) - used, "%s%s",
                       i == 0 ? "" : ", ", words[i]);
    }
    mst_cli_fail(args, NULL, "--%s is one of %s, not '%s'", flag, list, value);
    return -1;
}

/* --from or --to. */
static bool
convert_encoding(const struct mst_cli_args *args, const char *flag,
                 enum mst_encoding *ret_encoding)
{
    static const char *const words[] = {"bson", "json"};
    if (mst_cli_value(args, flag) == NULL) {
        mst_cli_fail(args, "see mstream convert --help", "--%s is missing",
                     flag);
        return false;
    }
    int i = convert_choice(args, flag, words, MST_ARRAY_SIZE(words));
    *ret_encoding = i == 0 ? MST_ENCODING_BSON : MST_ENCODING_JSON;
    return i >= 0;
}

static bool
convert_parse(struct convert *convert)
{
    static const char *const modes[] = {"relaxed", "canonical", "plain"};
    static const char *const bigs[] = {"reject", "decimal", "double"};
    static const char *const errors[] = {"stop", "skip"};
    const struct mst_cli_args *args = convert->args;
    struct mst_error err;
    enum mst_encoding from = MST_ENCODING_NONE;
    enum mst_encoding to = MST_ENCODING_NONE;
    if (!convert_encoding(args, "from", &from)
        || !convert_encoding(args, "to", &to)) {
        return false;
    }
    int mode = convert_choice(args, "json-mode", modes, MST_ARRAY_SIZE(modes));
    int big = convert_choice(args, "big-numbers", bigs, MST_ARRAY_SIZE(bigs));
    int error = convert_choice(args, "on-error", errors,
                               MST_ARRAY_SIZE(errors));
    if (mode < 0 || big < 0 || error < 0) {
        return false;
    }
    /* The words stand in the order of the enumerations. */
    const struct mst_encoding_options options = {
        .json_mode = (enum mst_json_mode)mode,
        .big_numbers = (enum mst_big_numbers)big,
        .no_extended = mst_cli_value(args, "no-extended") != NULL};
    convert->skip = error == 1;
    if (mst_stream_init(&convert->stream, from, to, &options,
                        CONVERT_DOCUMENT_MAX, &err)
        != MST_OK) {
        mst_cli_error(args, &err);
        return false;
    }
    return true;
}

/* The file of a flag, or the standard stream. */
static bool
convert_open(const struct mst_cli_args *args, const char *flag, FILE *standard,
             FILE **ret_file)
{
    const char *path = mst_cli_value(args, flag);
    bool writes = strcmp(flag, "out") == 0;
    FILE *file =
        path == NULL ? standard : fopen(path, writes ? "wbe" : "rbe");
    if (file == NULL) {
        mst_cli_fail(args, NULL, "%s can not be opened: %m", path);
        return false;
    }
    *ret_file = file;
    return true;
}

static bool
convert_write(struct convert *convert)
{
    struct mst_buf *out = &convert->out;
    size_t written = out->len == 0
                         ? 0
                         : fwrite(out->data, 1, out->len, convert->to);
    bool good = written == out->len;
    mst_buf_reset(out);
    if (!good) {
        mst_cli_fail(convert->args, NULL, "the output can not be written: %m");
    }
    return good;
}

/* Converts what is there; the exit code when it is over, -1 while it is not.
 * Refused documents are told as they come. */
static int
convert_items(struct convert *convert, bool ended)
{
    for (;;) {
        struct mst_error err;
        mst_error_clear(&err);
        enum mst_status status =
            mst_stream_convert(&convert->stream, ended, &convert->out, &err);
        if (status != MST_OK || convert->out.len >= CONVERT_PIECE) {
            if (!convert_write(convert)) {
                return MST_EXIT_FAILED;
            }
        }
        if (status == MST_AGAIN) {
            return -1;
        }
        if (status == MST_END) {
            return convert->stream.refused > 0 ? MST_EXIT_REJECTED
                                               : MST_EXIT_OK;
        }
        if (status != MST_OK) {
            mst_cli_error(convert->args, &err);
        }
        if (status == MST_REJECTED && !convert->skip) {
            return MST_EXIT_REJECTED;
        }
        if (status != MST_OK && status != MST_REJECTED) {
            return MST_EXIT_FAILED;
        }
    }
}

static int
convert_all(struct convert *convert)
{
    uint8_t *piece = malloc(CONVERT_PIECE);
    int code = piece == NULL ? MST_EXIT_FAILED : -1;
    while (code < 0) {
        struct mst_error err;
        size_t n = fread(piece, 1, CONVERT_PIECE, convert->in);
        bool ended = n < CONVERT_PIECE;
        if (ended && ferror(convert->in) != 0) {
            mst_cli_fail(convert->args, NULL, "the input can not be read: %m");
            code = MST_EXIT_FAILED;
        } else if (mst_stream_push(&convert->stream, mst_slice_of(piece, n),
                                   &err)
                   != MST_OK) {
            mst_cli_error(convert->args, &err);
            code = MST_EXIT_FAILED;
        } else {
            code = convert_items(convert, ended);
        }
    }
    free(piece);
    return code;
}

/* What is still in the file's buffer; an error there is a failure too. */
static int
convert_close(const struct convert *convert, int code)
{
    bool good = convert->to == stdout ? fflush(stdout) == 0
                                      : fclose(convert->to) == 0;
    if (convert->in != stdin) {
        (void)fclose(convert->in); /* it was only read */
    }
    if (good || code == MST_EXIT_FAILED) {
        return code;
    }
    mst_cli_fail(convert->args, NULL, "the output can not be written: %m");
    return MST_EXIT_FAILED;
}

static int
convert_run(const struct mst_cli_args *args)
{
    struct convert convert = {.args = args};
    if (!convert_parse(&convert)) {
        return MST_EXIT_USAGE;
    }
    mst_buf_init(&convert.out, CONVERT_OUTPUT_MAX);
    int code = MST_EXIT_USAGE;
    if (convert_open(args, "in", stdin, &convert.in)) {
        if (convert_open(args, "out", stdout, &convert.to)) {
            code = convert_close(&convert, convert_all(&convert));
        } else if (convert.in != stdin) {
            (void)fclose(convert.in); /* nothing was read */
        }
    }
    if (args->json && code != MST_EXIT_USAGE) {
        (void)fprintf(stderr, "{\"converted\":%llu,\"refused\":%llu}\n",
                      (unsigned long long)(convert.stream.taken
                                           - convert.stream.refused),
                      (unsigned long long)convert.stream.refused);
    }
    mst_stream_clear(&convert.stream);
    mst_buf_clear(&convert.out);
    return code;
}

const struct mst_cli_command mst_command_convert = {
    .name = "convert",
    .synopsis = "--from E --to E [--in FILE] [--out FILE]",
    .summary = "Convert documents: BSON one behind the other, JSON lines.",
    .details =
        "Reads standard input and writes standard output by default. The same "
        "encoding\non both sides checks and copies. Exit code 3 when a "
        "document was refused; with\n--json the counts are told on standard "
        "error.",
    .example = "mongodump --collection=users --db=shop --out=- | \\\n"
               "    mstream convert --from bson --to json > users.jsonl",
    .flags = convert_flags,
    .flags_len = MST_ARRAY_SIZE(convert_flags),
    .run = convert_run,
};
