/* SPDX-License-Identifier: MIT */
/* The part of mstream convert that knows Avro: schema, framing, files. */
#ifndef MST_MSTREAM_CONVERT_AVRO_H
#define MST_MSTREAM_CONVERT_AVRO_H

#include "cli.h"
#include "convert_framing.h"
#include "encodings/avro/file.h"
#include "encodings/schema_plan.h"

extern const char *const convert_codecs[];
extern const char *const convert_unknowns[];
extern const char *const convert_kinds[];

/* Rows of the command's table of flags. */
#define MST_CONVERT_AVRO_FLAGS                                                 \
    {"schema", "FILE", "the schema", NULL},                                    \
        {"schema-encoding", "E", "avro or json; default: what its text says",  \
         convert_kinds},                                                       \
        {"writer-schema", "FILE",                                              \
         "what Avro without a container was written by; default --schema",     \
         NULL},                                                                \
        {"schema-id", "N", "the registry's id in a confluent frame", NULL},    \
        {"codec", "NAME", "how a container file is packed; default null",      \
         convert_codecs},                                                      \
        {"unknown-fields", "HOW",                                              \
         "fields that the schema does not have; default drop",                 \
         convert_unknowns},                                                    \
        {"lossy-numbers", NULL, "numbers may be rounded to fit the schema",    \
         NULL},                                                                \
        {"project", NULL, "keep only what a JSON Schema declares", NULL},      \
    {                                                                          \
        "check-formats", NULL,                                                 \
            "refuse what is not of its format in a JSON "                      \
            "Schema",                                                          \
            NULL                                                               \
    }

/* One run. A zeroed one is empty. */
struct convert_avro {
    const struct mst_cli_args *args;
    enum convert_framing from; /* as these stand in what is read */
    enum convert_framing to;
    /* Of --schema, framed as what goes out, and as what comes in; NULL: not
     * given. They are one, unless Avro becomes Avro. */
    struct mst_schema_plan *plan;
    struct mst_schema_plan *written;
    struct mst_transcoder then; /* by a JSON Schema; run NULL: nothing */
    struct mst_avro_file file;  /* what comes in, if it reads */
    bool reads;                 /* Avro, in a container or one by one */
    bool blocks;                /* a container goes out */
    struct mst_avro_writer writer;
    bool begun; /* its header is written */
    enum mst_avro_compression codec;
    uint64_t count; /* data that wait in the output for their block */
};

/* By the flags. False: said what is wrong. */
bool convert_avro_init(struct convert_avro *avro,
                       const struct mst_cli_args *args,
                       const struct mst_encoding_options *options);
void convert_avro_clear(struct convert_avro *avro);

/* After each document, whether it was added to out or not: makes a block of
 * what waits there when there is enough, or now. When avro->count is 0
 * afterwards, out can be given away. False: said what is wrong. */
bool convert_avro_block(struct convert_avro *avro, bool added, bool now,
                        struct mst_buf *out);

#endif
