/* SPDX-License-Identifier: MIT */
/* Reads replies to write commands. */
#include "sinks/mongodb/mongodb_reply.h"

static bool
reply_list(struct mst_slice reply, const char *name, struct mst_bson_iter *iter)
{
    struct mst_bson_value value;
    struct mst_slice list = MST_SLICE_NONE;
    return mst_bson_find(reply, name, &value)
           && mst_bson_get_document(&value, &list)
           && mst_bson_iter_init(iter, list, NULL) == MST_OK;
}

static int64_t
reply_number(struct mst_slice doc, const char *name, int64_t otherwise)
{
    struct mst_bson_value value;
    int64_t number = 0;
    return mst_bson_find(doc, name, &value)
                   && mst_bson_as_int64(&value, &number)
               ? number
               : otherwise;
}

void
mst_mongosink_errors_init(struct mst_mongosink_write_errors *errors,
                          struct mst_slice reply)
{
    errors->some = reply_list(reply, "writeErrors", &errors->iter);
}

/* "... index: NAME dup key: ..."; the server has no field for the name. */
static struct mst_slice
reply_index_name(struct mst_slice message)
{
    static const char before[] = " index: ";
    static const char behind[] = " dup key";
    const uint8_t *start =
        memmem(message.data, message.len, before, sizeof(before) - 1);
    if (start == NULL) {
        return MST_SLICE_NONE;
    }
    start += sizeof(before) - 1;
    size_t left = message.len - (size_t)(start - message.data);
    const uint8_t *end = memmem(start, left, behind, sizeof(behind) - 1);
    return end == NULL ? MST_SLICE_NONE
                       : mst_slice_of(start, (size_t)(end - start));
}

static void
reply_duplicate(struct mst_slice item, struct mst_mongosink_write_error *error)
{
    struct mst_bson_iter iter;
    error->index_name = reply_index_name(error->message);
    if (!reply_list(item, "keyPattern", &iter)) {
        error->is_on_id = error->index_name.data != NULL
                          && mst_slice_is(error->index_name, "_id_");
        return;
    }
    error->is_on_id = mst_bson_iter_next(&iter) == MST_OK
                      && mst_slice_is(iter.key, "_id")
                      && mst_bson_iter_next(&iter) == MST_END;
}

bool
mst_mongosink_errors_next(struct mst_mongosink_write_errors *errors,
                          struct mst_mongosink_write_error *ret)
{
    while (errors->some && mst_bson_iter_next(&errors->iter) == MST_OK) {
        struct mst_bson_value value = mst_bson_iter_value(&errors->iter);
        struct mst_slice item = MST_SLICE_NONE;
        if (!mst_bson_get_document(&value, &item)) {
            continue;
        }
        struct mst_mongosink_write_error error = {
            .statement = reply_number(item, "index", -1),
            .code = reply_number(item, "code", 0)};
        if (!mst_bson_find(item, "errmsg", &value)
            || !mst_bson_get_string(&value, &error.message)) {
            error.message = MST_SLICE_LIT("no message");
        }
        error.is_duplicate =
            error.code == 11000 || error.code == 11001 || error.code == 12582;
        if (error.is_duplicate) {
            reply_duplicate(item, &error);
        }
        *ret = error;
        return true;
    }
    errors->some = false;
    return false;
}

int64_t
mst_mongosink_reply_n(struct mst_slice reply)
{
    return reply_number(reply, "n", 0);
}

void
mst_mongosink_reply_upserted(struct mst_slice reply,
                             void (*each)(void *arg, int64_t statement),
                             void *arg)
{
    struct mst_bson_iter iter;
    if (!reply_list(reply, "upserted", &iter)) {
        return;
    }
    while (mst_bson_iter_next(&iter) == MST_OK) {
        struct mst_bson_value value = mst_bson_iter_value(&iter);
        struct mst_slice item = MST_SLICE_NONE;
        if (mst_bson_get_document(&value, &item)) {
            each(arg, reply_number(item, "index", -1));
        }
    }
}
