/* SPDX-License-Identifier: MIT */
/* The documents that the codec benchmark converts. */
#ifndef MST_BENCH_CODEC_DOCUMENTS_H
#define MST_BENCH_CODEC_DOCUMENTS_H

#include "base/buf.h"

enum { CODEC_SHAPES = 6 };

/* One shape of document; write appends the nth document of it. */
struct codec_shape {
    const char *name;
    const char *what;
    enum mst_status (*write)(struct mst_buf *out, uint32_t n);
};

extern const struct codec_shape codec_shapes[CODEC_SHAPES];

#endif
