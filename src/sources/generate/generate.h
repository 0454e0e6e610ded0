/* SPDX-License-Identifier: MIT */
/* The `generate` source: change events made from a template. */
#ifndef MST_SOURCES_GENERATE_GENERATE_H
#define MST_SOURCES_GENERATE_GENERATE_H

#include "core/source.h"

enum mst_generate_format { MST_GENERATE_JSON, MST_GENERATE_BSON };

enum mst_generate_id { MST_GENERATE_INT, MST_GENERATE_OID, MST_GENERATE_UUID };

/* Keys of `source = {...}`. */
struct mst_generate_options {
    char *template_text; /* NULL: the built-in order */
    char *template_file;
    char *operations;
    double rate;   /* events per second; 0: no pause */
    int64_t count; /* 0: endless */
    int64_t seed;  /* same seed, same events */
    int64_t keys;  /* documents made before the mix begins */
    uint64_t size; /* payloads are filled up to this many bytes */
    int format;    /* enum mst_generate_format */
    int id;        /* an enum mst_generate_id */
};

extern const struct mst_source_type mst_generate_source;

#endif
