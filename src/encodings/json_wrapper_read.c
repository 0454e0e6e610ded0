/* SPDX-License-Identifier: MIT */
/* How the inside of type wrappers is read. */
#include "encodings/digits.h"
#include "encodings/digits_read.h"
#include "encodings/json_wrapper_impl.h"

enum mst_status
json_wrapper_fail(struct json_bson *json, const uint8_t *where,
                  enum mst_wrapper wrapper, const char *needs)
{
    return json_bson_fail(json, where, "\"%s\" needs %s",
                          mst_wrapper_name(wrapper), needs);
}

enum mst_status
json_wrapper_text(struct json_bson *json, size_t skip,
                  struct mst_slice *ret_text)
{
    enum mst_status status = json_bson_expect(json, '"', "a text in quotes");
    if (status != MST_OK) {
        return status;
    }
    size_t start = (size_t)(json->out - json->buf->data);
    json->out += skip;
    status = json_bson_text(json);
    if (status != MST_OK) {
        return status;
    }
    size_t end = (size_t)(json->out - json->buf->data);
    json->out = json->buf->data + start;
    *ret_text = mst_slice_of(json->out + skip, end - start - skip);
    return MST_OK;
}

enum mst_status
json_wrapper_pair_read(struct json_bson *json,
                       const struct json_wrapper_pair *pair, void *ctx)
{
    bool seen[2] = {false, false};
    enum mst_status status = json_bson_expect(json, '{', pair->needs);
    for (int i = 0; i < 2 && status == MST_OK; i++) {
        struct mst_slice name = MST_SLICE_NONE;
        const uint8_t *where = json->at;
        status = i == 0 ? MST_OK : json_bson_expect(json, ',', "','");
        status = status == MST_OK ? json_wrapper_text(json, 0, &name) : status;
        if (status != MST_OK) {
            return status;
        }
        int which = mst_slice_is(name, pair->names[0]) ? 0 : 1;
        if (seen[which] || !mst_slice_is(name, pair->names[which])) {
            return json_wrapper_fail(json, where, pair->wrapper, pair->needs);
        }
        seen[which] = true;
        status = json_bson_expect(json, ':', "':' after the name");
        status = status == MST_OK ? pair->read(json, which, ctx) : status;
    }
    return status == MST_OK ? json_bson_expect(json, '}', "'}'") : status;
}

enum mst_status
json_wrapper_oid_bytes(struct json_bson *json,
                       uint8_t ret_oid[MST_BSON_OBJECTID_LEN])
{
    struct mst_slice text = MST_SLICE_NONE;
    const uint8_t *where = json->at;
    enum mst_status status = json_wrapper_text(json, 0, &text);
    if (status != MST_OK) {
        return status;
    }
    if (text.len != 24
        || !mst_parse_hex(text.data, MST_BSON_OBJECTID_LEN, ret_oid)) {
        return json_wrapper_fail(json, where, MST_WRAPPER_OID, "24 hex digits");
    }
    return MST_OK;
}
