/* SPDX-License-Identifier: MIT */
/* What a field may be that a script does not expect. Private. */
#ifndef MST_STUDIO_EDGES_H
#define MST_STUDIO_EDGES_H

#include <stddef.h>

struct studio_edge {
    const char *type;  /* of the fields it is for, as type_matches has it; "*":
                        * all */
    const char *words; /* "is empty" */
    const char *json;  /* NULL: the field is taken out */
};

extern const struct studio_edge studio_edges[];
extern const size_t studio_edges_len;

#endif
