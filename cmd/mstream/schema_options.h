/* SPDX-License-Identifier: MIT */
/* What the commands that make Avro schemas share. */
#ifndef MST_MSTREAM_SCHEMA_OPTIONS_H
#define MST_MSTREAM_SCHEMA_OPTIONS_H

#include "cli.h"
#include "encodings/schema_tools/to_avro.h"

extern const char *const mst_schema_objectids[];

/* The rows of the table of flags. */
#define MST_SCHEMA_AVRO_FLAGS                                                  \
    {"name", "NAME", "of the outermost Avro record (Record)", NULL},           \
        {"namespace", "NAMESPACE", "of the Avro types (none)", NULL},          \
        {"objectid", "TYPE",                                                   \
         "what ObjectIds are in Avro: string (default) "                       \
         "or fixed, of 12 bytes",                                              \
         mst_schema_objectids},                                                \
        {"decimal", "P,S",                                                     \
         "precision and scale of decimals that do not say "                    \
         "them",                                                               \
         NULL},                                                                \
    {                                                                          \
        "lossy-numbers", NULL, "drop the increments of BSON timestamps", NULL  \
    }

/* False: said what is wrong. */
bool mst_schema_avro_options(const struct mst_cli_args *args,
                             struct mst_to_avro_options *ret_options);

/* Writes the schema to the file of --out, or standard output. */
int mst_schema_write(const struct mst_cli_args *args, struct mst_slice schema);

#endif
