/* SPDX-License-Identifier: MIT */
/* mstream convert: the encodings as a filter between files or pipes. */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "commands.h"
#include "convert_avro.h"
#include "convert_batch.h"
#include "convert_progress.h"
#include "encodings/stream.h"

enum {
    CONVERT_PIECE = 256 * 1024,
    /* A document that MongoDB takes has 16 MiB of BSON; JSON is larger. */
    CONVERT_DOCUMENT_MAX = 256 * 1024 * 1024,
    CONVERT_OUTPUT_MAX = 1024 * 1024 * 1024
};

/* The words of the options, in the order of their enumerations. */
static const char *const convert_encodings[] = {"bson", "json", "avro", NULL};
static const char *const convert_modes[] = {"relaxed", "canonical", "plain",
                                            NULL};
static const char *const convert_bigs[] = {"reject", "decimal", "double", NULL};
static const char *const convert_errors[] = {"stop", "skip", NULL};

static const struct mst_cli_flag convert_flags[] = {
    {"from", "ENCODING", "what comes in", convert_encodings},
    {"to", "ENCODING", "what goes out", convert_encodings},
    {"in", "FILE", "read this instead of standard input", NULL},
    {"out", "FILE", "write this instead of standard output", NULL},
    {"json-mode", "MODE", "relaxed (default), canonical or plain JSON",
     convert_modes},
    {"no-extended", NULL, "{\"$oid\": ...} in JSON is an ordinary object",
     NULL},
    {"big-numbers", "HOW",
     "integers beyond int64: reject (default), decimal or double",
     convert_bigs},
    {"on-error", "stop|skip", "what a refused document does; default stop",
     convert_errors},
    MST_CONVERT_FRAMING_FLAGS,
    MST_CONVERT_AVRO_FLAGS,
};

/* One run. */
struct convert {
    const struct mst_cli_args *args;
    struct mst_stream stream;
    struct convert_avro avro; /* in use where Avro comes in or goes out */
    struct convert_batch batch;
    struct convert_progress progress;
    struct mst_buf out;
    int in;
    FILE *to;
    bool skip;
};

static bool
convert_parse(struct convert *convert)
{
    const struct mst_cli_args *args = convert->args;
    const char *from = mst_cli_value(args, "from");
    const char *to = mst_cli_value(args, "to");
    struct mst_error err;
    if (from == NULL || to == NULL) {
        mst_cli_fail(args, "see mstream convert --help", "--%s is missing",
                     from == NULL ? "from" : "to");
        return false;
    }
    if (strcmp(to, "json") != 0 && mst_cli_value(args, "json-mode") != NULL) {
        mst_cli_fail(args, "leave it out, or say --to json",
                     "--json-mode is how JSON is written, and no JSON is");
        return false;
    }
    if (strcmp(from, "json") == 0 && strcmp(to, "json") == 0
        && mst_cli_value(args, "json-mode") != NULL
        && mst_cli_value(args, "schema") == NULL) {
        mst_cli_fail(args, "leave it out, or go by way of --to bson",
                     "JSON to JSON is checked and copied as it is: --json-mode "
                     "would do nothing");
        return false;
    }
    struct mst_encoding_options options = {
        .json_mode = (enum mst_json_mode)mst_cli_choice(args, "json-mode", 0),
        .big_numbers =
            (enum mst_big_numbers)mst_cli_choice(args, "big-numbers", 0),
        .no_extended = mst_cli_value(args, "no-extended") != NULL};
    convert->skip = mst_cli_choice(args, "on-error", 0) == 1;
    if (!convert_avro_init(&convert->avro, args, &options)) {
        return false;
    }
    options.schema = convert->avro.plan;
    options.written = convert->avro.written;
    if (!convert_batch_init(&convert->batch, args,
                            convert->avro.to == CONVERT_BATCH)) {
        return false;
    }
    if (convert->avro.reads) {
        return true;
    }
    enum mst_status (*init)(
        struct mst_stream *, enum mst_encoding, enum mst_encoding,
        const struct mst_encoding_options *, size_t, struct mst_error *) =
        convert->avro.from == CONVERT_BATCH ? mst_stream_init_batches
                                            : mst_stream_init;
    mst_error_clear(&err);
    if (init(&convert->stream, mst_encoding_parse(from), mst_encoding_parse(to),
             &options, CONVERT_DOCUMENT_MAX, &err)
        != MST_OK) {
        mst_cli_error(args, &err);
        return false;
    }
    return true;
}

/* The counts of documents so far. */
static uint64_t
convert_taken(const struct convert *convert)
{
    return convert->avro.reads ? convert->avro.file.taken
                               : convert->stream.taken;
}

static uint64_t
convert_refused(const struct convert *convert)
{
    return convert->avro.reads ? convert->avro.file.refused
                               : convert->stream.refused;
}

static int
convert_fail_file(const struct convert *convert, const char *flag,
                  const char *what)
{
    const char *path = mst_cli_value(convert->args, flag);
    mst_cli_fail(convert->args, NULL, "%s can not be %s: %s",
                 path != NULL     ? path
                 : flag[0] == 'i' ? "standard input"
                                  : "standard output",
                 what, strerrordesc_np(errno));
    return MST_EXIT_FAILED;
}

/* The files of the flags, or the standard streams. False: said why not. */
static bool
convert_open(struct convert *convert)
{
    const char *in = mst_cli_value(convert->args, "in");
    const char *out = mst_cli_value(convert->args, "out");
    convert->in = in == NULL ? STDIN_FILENO : open(in, O_RDONLY | O_CLOEXEC);
    if (convert->in < 0) {
        (void)convert_fail_file(convert, "in", "opened");
        return false;
    }
    convert->to = out == NULL ? stdout : fopen(out, "wbe");
    if (convert->to == NULL) {
        (void)convert_fail_file(convert, "out", "opened");
        return false;
    }
    return true;
}

/* Gives the output away; with nothing more to read at once, all of it. */
static int
convert_write(struct convert *convert)
{
    struct mst_buf *out = &convert->out;
    size_t written =
        out->len == 0 ? 0 : fwrite(out->data, 1, out->len, convert->to);
    bool good = written == out->len && fflush(convert->to) == 0;
    mst_buf_reset(out);
    return good ? MST_EXIT_OK : convert_fail_file(convert, "out", "written");
}

/* Gives the output away when there is enough of it, or nothing more to read
 * at once. False: said what is wrong. */
static bool
convert_give(struct convert *convert, enum mst_status status)
{
    bool skipped = status == MST_REJECTED && convert->skip;
    bool now = status != MST_OK && !skipped;
    if (convert->batch.writes) {
        bool last = now && status != MST_AGAIN;
        convert_batch_close(&convert->batch, last);
        return convert->batch.open || convert_write(convert) == MST_EXIT_OK;
    }
    if (convert->avro.blocks) {
        return convert_avro_block(&convert->avro, status == MST_OK, now,
                                  &convert->out)
               && (convert->avro.count > 0
                   || convert_write(convert) == MST_EXIT_OK);
    }
    return (!now && convert->out.len < CONVERT_PIECE)
           || convert_write(convert) == MST_EXIT_OK;
}

/* Converts what is there; the exit code when it is over, -1 while it is not.
 * Refused documents are told as they come. */
static int
convert_items(struct convert *convert, bool ended)
{
    for (;;) {
        struct mst_error err;
        mst_error_clear(&err);
        if (!convert_batch_begin(&convert->batch, &convert->out)) {
            return MST_EXIT_FAILED;
        }
        enum mst_status status =
            convert->avro.reads ? mst_avro_file_convert(
                &convert->avro.file, ended, &convert->out, &err)
                                : mst_stream_convert(&convert->stream, ended,
                                                     &convert->out, &err);
        convert_batch_done(&convert->batch, status == MST_OK);
        if (!convert_give(convert, status)) {
            return MST_EXIT_FAILED;
        }
        if (status == MST_AGAIN) {
            return -1;
        }
        if (status == MST_END) {
            return convert_refused(convert) > 0 ? MST_EXIT_REJECTED
                                                : MST_EXIT_OK;
        }
        if (status != MST_OK) {
            convert_progress_end(&convert->progress);
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

/* Reads where the stream wants it; the exit code when that fails, else -1.
 * *ret_ended: there is no more. */
static int
convert_read(struct convert *convert, bool *ret_ended)
{
    struct mst_error err;
    uint8_t *room = NULL;
    enum mst_status status =
        convert->avro.reads
            ? mst_avro_file_room(&convert->avro.file, CONVERT_PIECE, &room,
                                 &err)
            : mst_stream_room(&convert->stream, CONVERT_PIECE, &room, &err);
    if (status != MST_OK) {
        mst_cli_error(convert->args, &err);
        return MST_EXIT_FAILED;
    }
    ssize_t n = 0;
    do {
        n = read(convert->in, room, CONVERT_PIECE);
    } while (n < 0 && errno == EINTR);
    if (n < 0) {
        return convert_fail_file(convert, "in", "read");
    }
    if (convert->avro.reads) {
        mst_avro_file_filled(&convert->avro.file, (size_t)n);
    } else {
        mst_stream_filled(&convert->stream, (size_t)n);
    }
    convert_progress_show(&convert->progress, (uint64_t)n,
                          convert_taken(convert));
    *ret_ended = n == 0;
    return -1;
}

static int
convert_all(struct convert *convert)
{
    int code = -1;
    convert_progress_begin(&convert->progress, convert->in,
                           convert->to == stdout);
    while (code < 0) {
        bool ended = false;
        code = convert_read(convert, &ended);
        code = code < 0 ? convert_items(convert, ended) : code;
    }
    convert_progress_end(&convert->progress);
    return code;
}

static int
convert_close(struct convert *convert, int code)
{
    if (convert->in > STDIN_FILENO) {
        (void)close(convert->in); /* it was only read */
    }
    if (convert->to != NULL && convert->to != stdout && fclose(convert->to) != 0
        && code != MST_EXIT_FAILED) {
        return convert_fail_file(convert, "out", "written");
    }
    return code;
}

static int
convert_run(const struct mst_cli_args *args)
{
    struct convert convert = {.args = args};
    if (!convert_parse(&convert)) {
        convert_avro_clear(&convert.avro);
        return MST_EXIT_USAGE;
    }
    mst_buf_init(&convert.out, CONVERT_OUTPUT_MAX);
    int code = convert_open(&convert) ? convert_all(&convert) : MST_EXIT_USAGE;
    code = convert_close(&convert, code);
    if (args->json && code != MST_EXIT_USAGE) {
        (void)fprintf(stderr, "{\"converted\":%llu,\"refused\":%llu}\n",
                      (unsigned long long)(convert_taken(&convert)
                                           - convert_refused(&convert)),
                      (unsigned long long)convert_refused(&convert));
    }
    convert_avro_clear(&convert.avro);
    mst_stream_clear(&convert.stream);
    mst_buf_clear(&convert.out);
    return code;
}

const struct mst_cli_command mst_command_convert = {
    .name = "convert",
    .synopsis = "--from E --to E [--in FILE] [--out FILE]",
    .summary = "Convert documents: BSON one behind the other, JSON lines, "
               "Avro files, batch frames.",
    .details =
        "Reads standard input and writes standard output by default. The same "
        "encoding\non both sides checks and copies: of JSON its grammar and "
        "UTF-8, not whether a\nname comes twice in an object (going by way of "
        "BSON does). Exit code 3 when a\ndocument was refused; with --json "
        "the counts are told on standard error. Avro is a\ncontainer file, or "
        "what --framing says. It is written by the --schema; a container\nfile "
        "brings its own, and --schema is what its data are wanted as.",
    .example = "mongodump --collection=users --db=shop --out=- | \\\n"
               "    mstream convert --from bson --to json > users.jsonl",
    .flags = convert_flags,
    .flags_len = MST_ARRAY_SIZE(convert_flags),
    .run = convert_run,
};
