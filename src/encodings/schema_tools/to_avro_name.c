/* SPDX-License-Identifier: MIT */
/* Names of Avro: letters, digits and _, not a digit first. */
#include <stdio.h>

#include "encodings/schema_tools/to_avro_impl.h"

enum { NAME_MAX_LEN = 200, NAME_NUMBER_MAX = 16 };

static bool
name_takes(uint8_t c, bool first)
{
    uint8_t lower = c | 0x20;
    return (lower >= 'a' && lower <= 'z') || c == '_'
           || (!first && c >= '0' && c <= '9');
}

bool
to_is_name(struct mst_slice text)
{
    for (size_t i = 0; i < text.len; i++) {
        if (!name_takes(text.data[i], i == 0)) {
            return false;
        }
    }
    return text.len > 0;
}

bool
to_is_full_name(struct mst_slice text)
{
    size_t from = 0;
    for (size_t i = 0; i <= text.len; i++) {
        if (i == text.len || text.data[i] == '.') {
            if (!to_is_name(mst_slice_of(text.data + from, i - from))) {
                return false;
            }
            from = i + 1;
        }
    }
    return text.len > 0;
}

enum mst_status
to_name(struct to_avro *to, struct mst_slice text, struct mst_slice *ret_name)
{
    size_t len = text.len < NAME_MAX_LEN ? text.len : NAME_MAX_LEN;
    uint8_t *name = schema_doc_alloc(&to->doc, len + 2);
    size_t n = 0;
    if (name == NULL) {
        return schema_doc_memory(&to->doc);
    }
    if (len == 0 || (text.data[0] >= '0' && text.data[0] <= '9')) {
        name[n++] = '_';
    }
    for (size_t i = 0; i < len; i++) {
        name[n++] = name_takes(text.data[i], false) ? text.data[i] : '_';
    }
    *ret_name = mst_slice_of(name, n);
    return MST_OK;
}

enum mst_status
to_full_name(struct to_avro *to, struct mst_slice text, bool capital,
             struct mst_slice *ret_name)
{
    struct mst_slice base = text;
    enum mst_avro_kind kind = MST_AVRO_NULL;
    enum mst_status status = MST_OK;
    bool dotted = to_is_full_name(text) && memchr(text.data, '.', text.len);
    if (!dotted) {
        status = to_name(to, text, &base);
    }
    if (status != MST_OK) {
        return status;
    }
    size_t room = to->space.len + base.len + NAME_NUMBER_MAX + 2;
    char *name = schema_doc_alloc(&to->doc, room);
    if (name == NULL) {
        return schema_doc_memory(&to->doc);
    }
    for (unsigned n = 1;; n++) {
        char number[NAME_NUMBER_MAX] = "";
        bool spaced = !dotted && to->space.len > 0;
        if (n > 1 || (mst_avro_kind_find(base, &kind) && !capital)) {
            (void)snprintf(number, sizeof(number), "%u", n);
        }
        (void)snprintf(
            name, room, "%.*s%s%.*s%s", spaced ? (int)to->space.len : 0,
            spaced ? (const char *)to->space.data : "", spaced ? "." : "",
            (int)base.len, (const char *)base.data, number);
        char *first = name + (spaced ? to->space.len + 1 : 0);
        if (capital && !dotted && *first >= 'a' && *first <= 'z') {
            *first = (char)(*first - 'a' + 'A');
        }
        *ret_name = mst_slice_str(name);
        status = avro_names_add(&to->used, *ret_name, to);
        if (status != MST_AGAIN) {
            return status == MST_OK ? status : schema_doc_memory(&to->doc);
        }
    }
}

enum mst_status
to_field_name(struct to_avro *to, struct avro_names *names,
              struct mst_slice label, struct mst_slice *ret_name)
{
    struct mst_slice base = MST_SLICE_NONE;
    enum mst_status status = to_name(to, label, &base);
    *ret_name = base;
    for (unsigned n = 2; status == MST_OK; n++) {
        status = avro_names_add(names, *ret_name, to);
        if (status != MST_AGAIN) {
            return status == MST_OK ? status : schema_doc_memory(&to->doc);
        }
        char *other = schema_doc_alloc(&to->doc, base.len + NAME_NUMBER_MAX);
        if (other == NULL) {
            return schema_doc_memory(&to->doc);
        }
        (void)snprintf(other, base.len + NAME_NUMBER_MAX, "%.*s_%u",
                       (int)base.len, (const char *)base.data, n);
        *ret_name = mst_slice_str(other);
        status = MST_OK;
    }
    return status;
}
