/* SPDX-License-Identifier: MIT */
/* Full validation of a BSON document, without recursion. */
#include "encodings/bson_reader.h"
#include "encodings/bson_scan.h"
#include "encodings/text_wide.h"

/* The open documents; each entry is where one ends (its closing NUL). */
struct check {
    const uint8_t *start;
    const uint8_t *at;
    const uint8_t *end;
    unsigned depth;
    const uint8_t *ends[MST_BSON_DEPTH_MAX];
};

static enum mst_bson_fault
check_enter(struct check *check, const uint8_t *doc, size_t size)
{
    if (check->depth == MST_BSON_DEPTH_MAX) {
        return MST_BSON_TOO_DEEP;
    }
    check->at = doc + 4;
    check->end = doc + size - 1;
    check->ends[check->depth++] = check->end;
    return MST_BSON_FINE;
}

/* Looks inside a value whose outer size is known to be right. */
static enum mst_bson_fault
check_value(struct check *check, uint8_t type, const uint8_t *data, size_t size)
{
    size_t code = 0;
    check->at = data + size;
    switch (type) {
    case MST_BSON_STRING:
    case MST_BSON_CODE:
    case MST_BSON_SYMBOL:
        return mst_text_is_utf8(data + 4, size - 5) ? MST_BSON_FINE
                                                    : MST_BSON_BAD_UTF8;
    case MST_BSON_REGEX:
        return mst_text_is_utf8(data, size) ? MST_BSON_FINE : MST_BSON_BAD_UTF8;
    case MST_BSON_DBPOINTER:
        return mst_text_is_utf8(data + 4, size - 5 - MST_BSON_OBJECTID_LEN)
                   ? MST_BSON_FINE
                   : MST_BSON_BAD_UTF8;
    case MST_BSON_CODE_SCOPE:
        code = mst_le32(data + 4);
        if (!mst_text_is_utf8(data + 8, code - 1)) {
            return MST_BSON_BAD_UTF8;
        }
        /* The scope ends where the value ends: its NUL is the last byte. */
        return check_enter(check, data + 8 + code, size - 8 - code);
    case MST_BSON_DOCUMENT:
    case MST_BSON_ARRAY:
        return check_enter(check, data, size);
    default:
        return MST_BSON_FINE;
    }
}

static enum mst_bson_fault
check_element(struct check *check)
{
    const uint8_t *key = check->at + 1;
    const uint8_t *nul = memchr(key, 0, (size_t)(check->end - key));
    if (nul == NULL || !mst_text_is_utf8(key, (size_t)(nul - key))) {
        return MST_BSON_BAD_KEY;
    }
    uint8_t type = check->at[0];
    size_t size = 0;
    enum mst_bson_fault fault = mst_bson_value_size(
        type, nul + 1, (size_t)(check->end - nul) - 1, &size);
    return fault == MST_BSON_FINE ? check_value(check, type, nul + 1, size)
                                  : fault;
}

enum mst_status
mst_bson_check(struct mst_slice doc, struct mst_error *err)
{
    struct mst_bson_iter outer;
    enum mst_status status = mst_bson_iter_init(&outer, doc, err);
    if (status != MST_OK) {
        return status;
    }
    struct check check;
    check.start = doc.data;
    check.depth = 0;
    enum mst_bson_fault fault = check_enter(&check, doc.data, doc.len);
    while (fault == MST_BSON_FINE) {
        if (check.at < check.end) {
            const uint8_t *element = check.at;
            fault = check_element(&check);
            if (fault != MST_BSON_FINE) {
                check.at = element;
            }
            continue;
        }
        check.depth--;
        if (check.depth == 0) {
            return MST_OK;
        }
        check.at = check.end + 1;
        check.end = check.ends[check.depth - 1];
    }
    size_t offset = (size_t)(check.at - check.start);
    return mst_fail_at(err, MST_REJECTED, "bson", (int64_t)offset,
                       "malformed BSON at byte %zu: %s", offset,
                       mst_bson_fault_text(fault));
}
