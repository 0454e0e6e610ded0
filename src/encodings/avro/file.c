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
}

void
mst_avro_file_clear(struct mst_avro_file *file)
{
    mst_avro_reader_clear(&file->reader);
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

/* The schema of the header, and how to read it. */
static enum mst_status
file_open(struct mst_avro_file *file, bool ended, struct mst_error *err)
{
    const struct mst_avro_file_options *options = &file->options;
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
        status = mst_avro_decoder_create(
            file->schema,
            options->plan == NULL ? NULL : mst_avro_plan_schema(options->plan),
            &options->values, &file->decoder, err);
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
file_next(struct mst_avro_file *file, struct mst_avro_decoder *decoder,
          struct mst_buf *out, struct mst_error *err)
{
    const struct mst_avro_file_options *options = &file->options;
    size_t before = out->len;
    enum mst_status status = mst_avro_next(decoder, &file->block, options->to,
                                           options->json_mode, out, err);
    file->taken++;
    if (status == MST_OK && options->to == MST_ENCODING_JSON
        && mst_buf_append_char(out, '\n') != MST_OK) {
        out->len = before;
        status = mst_fail(err, MST_REJECTED, "avro", 0,
                          "the text is larger than it may be");
    }
    if (status != MST_OK) {
        file->refused++;
        mst_error_prefix(err, "datum %llu: ", (unsigned long long)file->taken);
    }
    return status;
}

/* Frames one behind the other, when all of them are there. */
static enum mst_status
file_framed(struct mst_avro_file *file, bool ended, struct mst_buf *out,
            struct mst_error *err)
{
    struct mst_avro_reader *reader = &file->reader;
    struct mst_slice head = mst_avro_plan_head(file->options.plan);
    if (!ended) {
        return MST_AGAIN;
    }
    if (reader->at == reader->pending.len) {
        return MST_END;
    }
    const uint8_t *start = reader->pending.data + reader->at;
    size_t len = reader->pending.len - reader->at;
    if (len < head.len
        || (head.len > 0 && memcmp(start, head.data, head.len) != 0)) {
        return mst_fail_at(err, MST_FATAL, "avro", (int64_t)reader->at,
                           "datum %llu, from byte %zu: there is not the frame "
                           "of the schema",
                           (unsigned long long)file->taken + 1, reader->at);
    }
    file->block = mst_slice_of(start + head.len, len - head.len);
    enum mst_status status =
        file_next(file, mst_avro_plan_decoder(file->options.plan), out, err);
    size_t at = reader->pending.len - file->block.len;
    if (status == MST_OK && at == reader->at) {
        return mst_fail(err, MST_FATAL, "avro", 0,
                        "data of this schema have no bytes: how many there "
                        "are can not be known");
    }
    reader->at = at;
    return status;
}

enum mst_status
mst_avro_file_convert(struct mst_avro_file *file, bool ended,
                      struct mst_buf *out, struct mst_error *err)
{
    if (file->options.framed) {
        return file_framed(file, ended, out, err);
    }
    enum mst_status status = file_open(file, ended, err);
    if (status == MST_OK) {
        status = file_block(file, ended, err);
    }
    if (status != MST_OK) {
        return status;
    }
    status = file_next(file, file->decoder, out, err);
    if (status != MST_OK && file->block.len == 0) {
        /* Where the others begin is not known. */
        file->refused += file->left - 1;
        file->taken += file->left - 1;
        file->left = 1;
    }
    file->left--;
    return status;
}
