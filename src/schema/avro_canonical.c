/* SPDX-License-Identifier: MIT */
/* Writes the canonical form; all names in it are ASCII without escapes. */
#include "schema/avro_canonical.h"

#include <openssl/evp.h>
#include <stdlib.h>

enum { CANONICAL_MAX = 64 * 1024 * 1024 };

#define CRC64_EMPTY 0xc15d213aa4d7a795ULL

/* One schema being written. A failure sticks. */
struct canonical {
    struct mst_buf *out;
    bool *seen; /* named types that are written, by index */
    enum mst_status status;
};

static void canonical_type(struct canonical *form,
                           const struct mst_avro_type *type);

static void
canonical_put(struct canonical *form, const char *text)
{
    if (form->status == MST_OK) {
        form->status = mst_buf_append_str(form->out, text);
    }
}

static void
canonical_quoted(struct canonical *form, struct mst_slice name)
{
    canonical_put(form, "\"");
    if (form->status == MST_OK) {
        form->status = mst_buf_append(form->out, name.data, name.len);
    }
    canonical_put(form, "\"");
}

static void
canonical_fields(struct canonical *form, const struct mst_avro_type *type)
{
    canonical_put(form, ",\"fields\":[");
    for (size_t i = 0; i < type->fields_len; i++) {
        canonical_put(form, i == 0 ? "{\"name\":" : ",{\"name\":");
        canonical_quoted(form, type->fields[i].name);
        canonical_put(form, ",\"type\":");
        canonical_type(form, type->fields[i].type);
        canonical_put(form, "}");
    }
    canonical_put(form, "]");
}

static void
canonical_symbols(struct canonical *form, const struct mst_avro_type *type)
{
    canonical_put(form, ",\"symbols\":[");
    for (size_t i = 0; i < type->symbols_len; i++) {
        canonical_put(form, i == 0 ? "" : ",");
        canonical_quoted(form, type->symbols[i]);
    }
    canonical_put(form, "]");
}

/* Records, enums, fixeds: whole the first time, then by name. */
static void
canonical_named(struct canonical *form, const struct mst_avro_type *type)
{
    if (form->seen[type->index]) {
        canonical_quoted(form, type->name);
        return;
    }
    form->seen[type->index] = true;
    canonical_put(form, "{\"name\":");
    canonical_quoted(form, type->name);
    canonical_put(form, ",\"type\":\"");
    canonical_put(form, mst_avro_kind_name(type->kind));
    canonical_put(form, "\"");
    if (type->kind == MST_AVRO_RECORD) {
        canonical_fields(form, type);
    } else if (type->kind == MST_AVRO_ENUM) {
        canonical_symbols(form, type);
    } else if (form->status == MST_OK) {
        form->status = mst_buf_printf(form->out, ",\"size\":%zu", type->size);
    }
    canonical_put(form, "}");
}

static void
canonical_union(struct canonical *form, const struct mst_avro_type *type)
{
    canonical_put(form, "[");
    for (size_t i = 0; i < type->branches_len; i++) {
        canonical_put(form, i == 0 ? "" : ",");
        canonical_type(form, type->branches[i]);
    }
    canonical_put(form, "]");
}

/* Recursion is as deep as the schema's text is nested: at most 200. */
static void
canonical_type(struct canonical *form, const struct mst_avro_type *type)
{
    if (type->name.len > 0) {
        canonical_named(form, type);
    } else if (type->kind == MST_AVRO_UNION) {
        canonical_union(form, type);
    } else if (type->kind == MST_AVRO_ARRAY || type->kind == MST_AVRO_MAP) {
        canonical_put(form, type->kind == MST_AVRO_ARRAY
                                ? "{\"type\":\"array\",\"items\":"
                                : "{\"type\":\"map\",\"values\":");
        canonical_type(form, type->items);
        canonical_put(form, "}");
    } else {
        canonical_quoted(form, mst_slice_str(mst_avro_kind_name(type->kind)));
    }
}

enum mst_status
mst_avro_canonical(const struct mst_avro_schema *schema, struct mst_buf *out)
{
    struct canonical form = {.out = out, .status = MST_OK};
    size_t before = out->len;
    form.seen = calloc(schema->types_len, sizeof(*form.seen));
    if (form.seen == NULL) {
        return MST_FATAL;
    }
    canonical_type(&form, schema->root);
    free(form.seen);
    out->len = form.status == MST_OK ? out->len : before;
    return form.status;
}

uint64_t
mst_avro_crc64(const void *data, size_t len)
{
    const uint8_t *bytes = data;
    uint64_t crc = CRC64_EMPTY;
    /* Once per schema: bit by bit is fast enough. */
    for (size_t i = 0; i < len; i++) {
        crc ^= bytes[i];
        for (int bit = 0; bit < 8; bit++) {
            crc = crc >> 1 ^ (CRC64_EMPTY & (0 - (crc & 1)));
        }
    }
    return crc;
}

static enum mst_status
canonical_text(const struct mst_avro_schema *schema, struct mst_buf *out,
               struct mst_error *err)
{
    mst_buf_init(out, CANONICAL_MAX);
    enum mst_status status = mst_avro_canonical(schema, out);
    if (status == MST_OK) {
        return status;
    }
    mst_buf_clear(out);
    return status == MST_FATAL
               ? mst_fail_memory(err, "avro")
               : mst_fail(err, status, "avro", 0,
                          "the schema's canonical form is too large");
}

enum mst_status
mst_avro_fingerprint(const struct mst_avro_schema *schema, uint64_t *ret_crc,
                     struct mst_error *err)
{
    struct mst_buf text;
    enum mst_status status = canonical_text(schema, &text, err);
    if (status == MST_OK) {
        *ret_crc = mst_avro_crc64(text.data, text.len);
        mst_buf_clear(&text);
    }
    return status;
}

enum mst_status
mst_avro_fingerprint_sha256(const struct mst_avro_schema *schema,
                            uint8_t ret_hash[MST_AVRO_SHA256_LEN],
                            struct mst_error *err)
{
    struct mst_buf text;
    uint8_t hash[EVP_MAX_MD_SIZE];
    enum mst_status status = canonical_text(schema, &text, err);
    if (status != MST_OK) {
        return status;
    }
    int good = EVP_Digest(text.data, text.len, hash, NULL, EVP_sha256(), NULL);
    mst_buf_clear(&text);
    if (good != 1) {
        return mst_fail(err, MST_FATAL, "avro", 0,
                        "SHA-256 is not to be had from OpenSSL");
    }
    memcpy(ret_hash, hash, MST_AVRO_SHA256_LEN);
    return MST_OK;
}
