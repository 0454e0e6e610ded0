/* SPDX-License-Identifier: MIT */
/* Splits references into their parts and merges those. */
#include "encodings/json_schema/uri.h"

#include "encodings/digits_read.h"

/* data == NULL: the part is not there. */
struct uri_parts {
    struct mst_slice scheme;
    struct mst_slice authority;
    struct mst_slice path; /* may be empty */
    struct mst_slice query;
};

/* The first of the characters, or the end. */
static size_t
uri_find(struct mst_slice text, size_t from, const char *set)
{
    size_t at = from;
    while (at < text.len
           && (text.data[at] == 0 || strchr(set, text.data[at]) == NULL)) {
        at++;
    }
    return at;
}

static struct uri_parts
uri_split(struct mst_slice text)
{
    struct uri_parts parts = {.scheme = MST_SLICE_NONE};
    size_t end = uri_find(text, 0, "#");
    text = mst_slice_of(text.data, end);
    size_t at = uri_find(text, 0, ":/?");
    size_t path = 0;
    if (at > 0 && at < text.len && text.data[at] == ':') {
        parts.scheme = mst_slice_of(text.data, at);
        path = at + 1;
    }
    if (text.len - path >= 2 && text.data[path] == '/'
        && text.data[path + 1] == '/') {
        size_t behind = uri_find(text, path + 2, "/?");
        parts.authority = mst_slice_of(text.data + path + 2, behind - path - 2);
        path = behind;
    }
    size_t query = uri_find(text, path, "?");
    parts.path = mst_slice_of(text.data + path, query - path);
    if (query < text.len) {
        parts.query = mst_slice_of(text.data + query + 1, text.len - query - 1);
    }
    return parts;
}

/* Takes the last segment off what is behind start, and its slash. */
static void
uri_drop_segment(struct mst_buf *out, size_t start)
{
    while (out->len > start && out->data[out->len - 1] != '/') {
        out->len--;
    }
    out->len -= out->len > start ? 1 : 0;
}

/* The path without "." and "..". */
static enum mst_status
uri_append_path(struct mst_slice path, struct mst_buf *out)
{
    size_t start = out->len;
    enum mst_status status = MST_OK;
    for (size_t at = 0; at < path.len && status == MST_OK;) {
        size_t slash = path.data[at] == '/' ? 1 : 0;
        size_t end = uri_find(path, at + slash, "/");
        struct mst_slice segment =
            mst_slice_of(path.data + at + slash, end - at - slash);
        bool up = mst_slice_is(segment, "..");
        bool last = end == path.len;
        if (up) {
            uri_drop_segment(out, start);
        }
        if (up || mst_slice_is(segment, ".")) {
            status = last && slash > 0 ? mst_buf_append_char(out, '/') : MST_OK;
        } else {
            status = mst_buf_append(out, path.data + at, end - at);
        }
        at = end;
    }
    return status;
}

/* The base's path up to its last slash, and the reference's. */
static enum mst_status
uri_merge(const struct uri_parts *base, struct mst_slice path,
          struct mst_buf *out)
{
    struct mst_buf merged;
    size_t keep = base->path.len;
    while (keep > 0 && base->path.data[keep - 1] != '/') {
        keep--;
    }
    mst_buf_init(&merged, base->path.len + path.len + 1);
    enum mst_status status =
        base->authority.data != NULL && base->path.len == 0
            ? mst_buf_append_char(&merged, '/')
            : mst_buf_append(&merged, base->path.data, keep);
    if (status == MST_OK) {
        status = mst_buf_append(&merged, path.data, path.len);
    }
    if (status == MST_OK) {
        status = uri_append_path(mst_buf_slice(&merged), out);
    }
    mst_buf_clear(&merged);
    return status;
}

static enum mst_status
uri_append_part(const char *before, struct mst_slice part, const char *behind,
                struct mst_buf *out)
{
    if (part.data == NULL) {
        return MST_OK;
    }
    enum mst_status status = mst_buf_append_str(out, before);
    if (status == MST_OK) {
        status = mst_buf_append(out, part.data, part.len);
    }
    return status == MST_OK ? mst_buf_append_str(out, behind) : status;
}

enum mst_status
js_uri_resolve(struct mst_slice base, struct mst_slice reference,
               struct mst_buf *out)
{
    base = base.len == 0 ? MST_SLICE_LIT("") : base;
    reference = reference.len == 0 ? MST_SLICE_LIT("") : reference;
    struct uri_parts b = uri_split(base);
    struct uri_parts r = uri_split(reference);
    bool own_scheme = r.scheme.data != NULL;
    bool own = own_scheme || r.authority.data != NULL;
    bool same = !own && r.path.len == 0;
    enum mst_status status =
        uri_append_part("", own_scheme ? r.scheme : b.scheme, ":", out);
    if (status == MST_OK) {
        status =
            uri_append_part("//", own ? r.authority : b.authority, "", out);
    }
    if (status != MST_OK) {
        return status;
    }
    if (same) {
        status = mst_buf_append(out, b.path.data, b.path.len);
    } else if (own || r.path.data[0] == '/') {
        status = uri_append_path(r.path, out);
    } else {
        status = uri_merge(&b, r.path, out);
    }
    if (status != MST_OK) {
        return status;
    }
    bool inherits = same && r.query.data == NULL;
    return uri_append_part("?", inherits ? b.query : r.query, "", out);
}

struct mst_slice
js_uri_fragment(struct mst_slice reference)
{
    const uint8_t *hash =
        reference.len == 0 ? NULL : memchr(reference.data, '#', reference.len);
    return hash == NULL
               ? MST_SLICE_NONE
               : mst_slice_of(hash + 1, reference.len
                                            - (size_t)(hash - reference.data)
                                            - 1);
}

enum mst_status
js_uri_decode(struct mst_slice text, struct mst_buf *out)
{
    enum mst_status status = MST_OK;
    for (size_t i = 0; i < text.len && status == MST_OK; i++) {
        uint8_t c = text.data[i];
        uint8_t byte = 0;
        if (c == '%' && text.len - i > 2
            && mst_parse_hex(text.data + i + 1, 1, &byte)) {
            c = byte;
            i += 2;
        }
        status = mst_buf_append_char(out, (char)c);
    }
    return status;
}
