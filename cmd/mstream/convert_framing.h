/* SPDX-License-Identifier: MIT */
/* How documents stand one behind the other, on either side of mstream
 * convert. */
#ifndef MST_MSTREAM_CONVERT_FRAMING_H
#define MST_MSTREAM_CONVERT_FRAMING_H

#include "cli.h"

/* The first ones are enum mst_framing. */
enum convert_framing {
    CONVERT_BARE = 0, /* nothing around them; JSON: lines */
    CONVERT_SINGLE_OBJECT,
    CONVERT_CONFLUENT,
    CONVERT_CONTAINER, /* Avro's object container file */
    CONVERT_BATCH      /* batch frames, of any encoding */
};

extern const char *const convert_framings[];

#define MST_CONVERT_FRAMING_FLAGS                                              \
    {"framing", "HOW",                                                         \
     "how documents are framed, on both sides; default container for Avro",    \
     convert_framings},                                                        \
        {"from-framing", "HOW", "the same for what comes in",                  \
         convert_framings},                                                    \
        {"to-framing", "HOW", "the same for what goes out", convert_framings}, \
    {                                                                          \
        "batch", "N", "documents in a batch frame; default 1000", NULL         \
    }

/* Of both sides, by the flags. False: said what is wrong. */
bool convert_framing_parse(const struct mst_cli_args *args,
                           enum convert_framing *ret_from,
                           enum convert_framing *ret_to);

#endif
