/* SPDX-License-Identifier: MIT */
/* Small things that every stage needs of an operation. */
#include "sinks/mongodb/mongodb_op.h"

#include <stdlib.h>

enum { OP_OVERHEAD = 192 };

size_t
mst_mongosink_op_size(const struct mst_mongosink_op *op)
{
    size_t size = OP_OVERHEAD + 3 * op->id.raw.len + 2 * op->guard_scope.len;
    if (op->kind == MST_MONGOSINK_DELTA) {
        for (size_t i = 0; i < op->statements_len; i++) {
            size += op->statements[i].update.len + OP_OVERHEAD + op->id.raw.len;
        }
        return size;
    }
    return op->kind == MST_MONGOSINK_DELETE ? size : size + op->doc.len;
}

void
mst_mongosink_op_refuse(struct mst_mongosink_op *op,
                        const struct mst_error *err)
{
    op->state = MST_MONGOSINK_REFUSED;
    if (op->err == NULL) {
        op->err = malloc(sizeof(*op->err));
    }
    if (op->err != NULL) {
        *op->err = *err;
    }
}

const char *
mst_mongosink_kind_name(enum mst_mongosink_kind kind)
{
    switch (kind) {
    case MST_MONGOSINK_ADD:
        return "insert";
    case MST_MONGOSINK_PUT:
        return "replace";
    case MST_MONGOSINK_SET:
        return "update";
    case MST_MONGOSINK_DELTA:
        return "delta";
    case MST_MONGOSINK_DELETE:
        return "delete";
    case MST_MONGOSINK_SKIP:
        break;
    }
    return "nothing";
}
