/* SPDX-License-Identifier: MIT */
/* Takes blocks apart into data. */
#include "encodings/avro/file.h"

#include "encodings/avro/parse.h"

void
mst_avro_file_init(struct mst_avro_file *file,
                   const struct mst_avro_file_options *options)
{
    *file = (struct mst_avro_file){.options = *options};
    mst_avro_reader_init(&file->reader);
    mst_buf_init(&file->middle, INT32_MAX);
}

void
mst_avro_file_clear(struct mst_avro_file *file)
{
    mst_avro_reader_clear(&file->reader);
    mst_buf_clear(&file->middle);
    mst_avro_decoder_destroy(file->decoder);
    mst_avro_schema_destroy(file->schema);
    file->decoder = NULL;
    file->schema = NULL;
    file->left = 0;
}

enum mst_status
mst_avro_file_room(struct mst_avro_file *file, size_t n, uint8_t **ret_room,
                   struct mst_error *err)
{
    return mst_avro_reader_room(&file->reader, n, ret_room, err);
}

void
mst_avro_file_filled(struct mst_avro_file *file, size_t n)
{
    mst_avro_reader_filled(&file->reader, n);
}

/* What can not be read ends the file: the next call would fail again. */
static enum mst_status
file_fatal(enum mst_status status)
{
    return status == MST_REJECTED ? MST_FATAL : status;
}

/* How data of that schema are read as they are wanted. */
static enum mst_status
file_plan(struct mst_avro_file *file, const struct mst_avro_schema *writer,
          struct mst_error *err)
{
    const struct mst_avro_file_options *options = &file->options;
    return mst_avro_decoder_create(
        writer,
        options->plan == NULL ? NULL : mst_avro_plan_schema(options->plan),
        &options->values, &file->decoder, err);
}

/* The schema of the header, and how to read it. */
static enum mst_status
file_open(struct mst_avro_file *file, bool ended, struct mst_error *err)
{
    if (file->decoder != NULL) {
        return MST_OK;
    }
    enum mst_status status = mst_avro_reader_header(&file->reader, ended, err);
    if (status == MST_OK) {
        status = mst_avro_schema_parse(mst_buf_slice(&file->reader.schema),
                                       &file->schema, err);
        if (status == MST_REJECTED && err != NULL) {
            mst_error_prefix(err, "in the file's header: ");
        }
    }
    if (status == MST_OK) {
        status = file_plan(file, file->schema, err);
    }
    return file_fatal(status);
}

/* Data of the next block that has any. */
static enum mst_status
file_block(struct mst_avro_file *file, bool ended, struct mst_error *err)
{
    while (file->left == 0) {
        if (file->block.len > 0) {
            file->block.len = 0;
            return mst_fail(err, MST_FATAL, "avro", 0,
                            "there are bytes behind the last datum of a block");
        }
        enum mst_status status = mst_avro_reader_next(
            &file->reader, ended, &file->block, &file->left, err);
        if (status != MST_OK) {
            return file_fatal(status);
        }
    }
    return MST_OK;
}

static enum mst_status
file_too_large(struct mst_error *err)
{
    return mst_fail(err, MST_REJECTED, "avro", 0,
                    "the output is larger than it may be");
}

static enum mst_status
file_next(struct mst_avro_file *file, struct mst_buf *out,
          struct mst_error *err)
{
    const struct mst_avro_file_options *options = &file->options;
    size_t before = out->len;
    enum mst_status status = MST_OK;
    if (options->to == MST_ENCODING_AVRO
        && mst_buf_append(out, options->head.data, options->head.len)
               != MST_OK) {
        return file_too_large(err);
    }
    const struct mst_transcoder *then = options->then;
    mst_buf_reset(&file->middle);
    status = mst_avro_next(file->decoder, &file->block,
                           then == NULL ? options->to : MST_ENCODING_BSON,
                           options->json_mode,
                           then == NULL ? out : &file->middle, err);
    if (status == MST_OK && then != NULL) {
        status = then->run(then, mst_buf_slice(&file->middle), out, err);
    }
    if (status == MST_OK && options->to == MST_ENCODING_JSON
        && mst_buf_append_char(out, '\n') != MST_OK) {
        status = file_too_large(err);
    }
    out->len = status == MST_OK ? out->len : before;
    return status;
}

/* Counts what file_next said. */
static enum mst_status
file_took(struct mst_avro_file *file, enum mst_status status,
          struct mst_error *err)
{
    file->taken++;
    if (status != MST_OK) {
        file->refused++;
        mst_error_prefix(err, "datum %llu: ", (unsigned long long)file->taken);
    }
    return status;
}

/* What was said of a framed datum that could not be converted. */
static enum mst_status
file_framed_fail(struct mst_avro_file *file, struct mst_slice data, bool ended,
                 struct mst_error *err)
{
    enum mst_status status = mst_avro_measure(file->decoder, data);
    if (status == MST_AGAIN && !ended && data.len <= MST_AVRO_DATUM_MAX) {
        file->wanted = data.len * 2;
        return status;
    }
    (void)file_took(file, MST_REJECTED, err);
    if (status != MST_OK && err != NULL) {
        mst_error_hint(err, "where the next one begins is not known: what "
                            "follows is not read");
    }
    return status == MST_OK ? MST_REJECTED : MST_FATAL;
}

/* Frames one behind the other. What is cut is tried again when twice as much
 * is there, so that a large datum is not looked at over and over. */
static enum mst_status
file_framed(struct mst_avro_file *file, bool ended, struct mst_buf *out,
            struct mst_error *err)
{
    struct mst_avro_reader *reader = &file->reader;
    struct mst_slice head = mst_avro_plan_head(file->options.framed);
    size_t len = reader->pending.len - reader->at;
    uint64_t place = reader->offset + reader->at;
    if (len == 0) {
        return ended ? MST_END : MST_AGAIN;
    }
    if (!ended && (len < head.len || len < file->wanted)) {
        return MST_AGAIN;
    }
    const uint8_t *start = reader->pending.data + reader->at;
    if (len < head.len
        || (head.len > 0 && memcmp(start, head.data, head.len) != 0)) {
        return mst_fail_at(err, MST_FATAL, "avro", (int64_t)place,
                           "datum %llu, from byte %llu: there is not the frame "
                           "of the schema",
                           (unsigned long long)file->taken + 1,
                           (unsigned long long)place);
    }
    struct mst_slice data = mst_slice_of(start + head.len, len - head.len);
    file->block = data;
    enum mst_status status = file_next(file, out, err);
    file->wanted = 0;
    if (status != MST_OK) {
        status = file_framed_fail(file, data, ended, err);
    } else if (head.len == 0 && file->block.len == data.len) {
        return mst_fail(err, MST_FATAL, "avro", 0,
                        "data of this schema have no bytes: how many there "
                        "are can not be known");
    } else {
        file->taken++;
    }
    if (status == MST_OK || status == MST_REJECTED) {
        reader->at = reader->pending.len - file->block.len;
    }
    return status;
}

enum mst_status
mst_avro_file_convert(struct mst_avro_file *file, bool ended,
                      struct mst_buf *out, struct mst_error *err)
{
    bool framed = file->options.framed != NULL;
    enum mst_status status = MST_OK;
    if (framed && file->decoder == NULL) {
        status = file_fatal(
            file_plan(file, mst_avro_plan_schema(file->options.framed), err));
    }
    if (framed) {
        return status == MST_OK ? file_framed(file, ended, out, err) : status;
    }
    status = file_open(file, ended, err);
    if (status == MST_OK) {
        status = file_block(file, ended, err);
    }
    if (status != MST_OK) {
        return status;
    }
    status = file_took(file, file_next(file, out, err), err);
    if (status != MST_OK && file->block.len == 0) {
        /* Where the others begin is not known. */
        file->refused += file->left - 1;
        file->taken += file->left - 1;
        file->left = 1;
    }
    file->left--;
    return status;
}
