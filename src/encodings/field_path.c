/* SPDX-License-Identifier: MIT */
/* Joins names with dots, safely for logs. */
#include "encodings/field_path.h"

#include <stdio.h>

#include "base/utf8.h"
#include "encodings/digits.h"

void
mst_field_path_add(struct mst_field_path *path, struct mst_slice key)
{
    /* Room for a dot, one character and the NUL. */
    if (path->len > 0 && path->len + 6 < sizeof(path->text)) {
        path->text[path->len++] = '.';
    }
    for (size_t i = 0; i < key.len && path->len + 5 < sizeof(path->text);) {
        size_t n = mst_utf8_char(key.data + i, key.len - i);
        if (n == 0 || key.data[i] < 0x20 || key.data[i] == 0x7F) {
            path->text[path->len++] = '?';
            i++;
            continue;
        }
        memcpy(path->text + path->len, key.data + i, n);
        path->len += n;
        i += n;
    }
    path->text[path->len] = '\0';
}

void
mst_field_path_add_index(struct mst_field_path *path, uint64_t index)
{
    uint8_t digits[MST_DIGITS_MAX] = {0};
    uint8_t *end = mst_print_u64(digits, index);
    mst_field_path_add(path, mst_slice_of(digits, (size_t)(end - digits)));
}

const char *
mst_field_path_name(const struct mst_field_path *path,
                    char out[MST_FIELD_PATH_MAX + 16])
{
    if (path->len == 0) {
        return "the document";
    }
    (void)snprintf(out, MST_FIELD_PATH_MAX + 16, "field '%s'", path->text);
    return out;
}
