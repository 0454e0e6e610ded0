/* SPDX-License-Identifier: MIT */
/* Texts of requests: header lines, and what is escaped in addresses. */
#include "clients/http_client.h"

#include <string.h>

bool
mst_http_is_token(struct mst_slice name)
{
    for (size_t i = 0; i < name.len; i++) {
        uint8_t byte = name.data[i];
        bool letter = (byte >= 'a' && byte <= 'z')
                      || (byte >= 'A' && byte <= 'Z')
                      || (byte >= '0' && byte <= '9');
        if (!letter
            && (byte == '\0' || strchr("!#$%&'*+-.^_`|~", byte) == NULL)) {
            return false;
        }
    }
    return name.len > 0;
}

bool
mst_http_is_value(struct mst_slice value)
{
    for (size_t i = 0; i < value.len; i++) {
        if ((value.data[i] < ' ' && value.data[i] != '\t')
            || value.data[i] == 0x7f) {
            return false;
        }
    }
    return true;
}

enum mst_status
mst_http_add_header(struct mst_buf *out, struct mst_slice name,
                    struct mst_slice value)
{
    /* A name and a colon alone would take a header away. */
    const char *between = value.len == 0 ? ";" : ": ";
    enum mst_status status = mst_buf_append(out, name.data, name.len);
    if (status == MST_OK) {
        status = mst_buf_append_str(out, between);
    }
    if (status == MST_OK) {
        status = mst_buf_append(out, value.data, value.len);
    }
    return status == MST_OK ? mst_buf_append_char(out, '\0') : status;
}

enum mst_status
mst_http_append_escaped(struct mst_buf *out, struct mst_slice text)
{
    static const char digits[] = "0123456789ABCDEF";
    enum mst_status status = mst_buf_reserve(out, text.len * 3);
    for (size_t i = 0; i < text.len && status == MST_OK; i++) {
        uint8_t byte = text.data[i];
        bool plain = (byte >= 'a' && byte <= 'z')
                     || (byte >= 'A' && byte <= 'Z')
                     || (byte >= '0' && byte <= '9') || byte == '-'
                     || byte == '.' || byte == '_' || byte == '~';
        if (plain) {
            out->data[out->len++] = byte;
        } else {
            out->data[out->len++] = '%';
            out->data[out->len++] = (uint8_t)digits[byte >> 4];
            out->data[out->len++] = (uint8_t)digits[byte & 15];
        }
    }
    return status;
}
