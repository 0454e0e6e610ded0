/* SPDX-License-Identifier: MIT */
/* Names of encodings. */
#include "core/encoding.h"

static const char *const encoding_names[MST_ENCODINGS] = {
    [MST_ENCODING_NONE] = "none", [MST_ENCODING_RAW] = "raw",
    [MST_ENCODING_BSON] = "bson", [MST_ENCODING_JSON] = "json",
    [MST_ENCODING_AVRO] = "avro",
};

const char *
mst_encoding_name(enum mst_encoding encoding)
{
    return encoding_names[encoding];
}

enum mst_encoding
mst_encoding_parse(const char *name)
{
    for (int i = 1; i < MST_ENCODINGS; i++) {
        if (strcmp(name, encoding_names[i]) == 0) {
            return (enum mst_encoding)i;
        }
    }
    return MST_ENCODING_NONE;
}
