/* SPDX-License-Identifier: MIT */
/* The framing flags of mstream convert. */
#include "convert_framing.h"

#include <string.h>

/* In the order of enum convert_framing. */
const char *const convert_framings[] = {
    "bare", "single_object", "confluent", "container", "batch", NULL};

/* One side: its own flag, else that of both where it means something there. */
static bool
framing_side(const struct mst_cli_args *args, const char *side,
             const char *flag, enum convert_framing *ret_framing)
{
    const char *encoding = mst_cli_value(args, side);
    bool avro = strcmp(encoding, "avro") == 0;
    int fallback = avro ? CONVERT_CONTAINER : CONVERT_BARE;
    int both = mst_cli_choice(args, "framing", fallback);
    int own = mst_cli_choice(args, flag, -1);
    if (!avro && own > CONVERT_BARE && own != CONVERT_BATCH) {
        mst_cli_fail(args, "it is bare, or batch",
                     "--%s %s is for Avro, not "
                     "for %s",
                     flag, convert_framings[own], encoding);
        return false;
    }
    if (own >= 0) {
        fallback = own;
    } else if (avro || both == CONVERT_BATCH) {
        fallback = both;
    }
    *ret_framing = (enum convert_framing)fallback;
    return true;
}

bool
convert_framing_parse(const struct mst_cli_args *args,
                      enum convert_framing *ret_from,
                      enum convert_framing *ret_to)
{
    return framing_side(args, "from", "from-framing", ret_from)
           && framing_side(args, "to", "to-framing", ret_to);
}
