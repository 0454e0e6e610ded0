/* SPDX-License-Identifier: MIT */
/* Payload, key and operation of one generated event. */
#include "sources/generate/generate_maker.h"

#include <errno.h>
#include <fcntl.h>
#include <math.h>
#include <unistd.h>

#include "encodings/bson_writer.h"
#include "encodings/json_bson.h"
#include "sources/generate/generate_random.h"
#include "sources/generate/generate_values.h"

enum { MAKER_TEMPLATE_MAX = 1024 * 1024 };

static const char maker_default_template[] =
    "{\"_id\":{{id}},\"seq\":{{seq}},\"customer\":{{name}},"
    "\"status\":{{choice:new|paid|packed|shipped}},"
    "\"items\":{{int:1..9}},\"total\":{{double:5..500}},"
    "\"express\":{{bool:20}},\"note\":{{text:24}},\"at\":\"{{now}}\"}";

/* Writes the id of document number key: id_json into maker->id. The bare text
 * lies inside it. */
static enum mst_status
maker_make_id(struct mst_maker *maker, uint64_t key, struct mst_slice *ret_text)
{
    struct mst_buf *id = &maker->id;
    uint64_t seed = (uint64_t)maker->options->seed;
    uint64_t random = mst_mix64(key ^ mst_mix64(seed));
    size_t before = 0;
    size_t after = 0;
    enum mst_status status = MST_OK;
    mst_buf_reset(id);
    switch ((enum mst_generate_id)maker->options->id) {
    case MST_GENERATE_INT:
        status = mst_buf_printf(id, "%llu", (unsigned long long)key);
        break;
    case MST_GENERATE_OID:
        /* The second half is a bijection of key: no two are equal. */
        before = sizeof("{\"$oid\":\"") - 1;
        after = 2;
        status = mst_buf_printf(id, "{\"$oid\":\"%08x%016llx\"}",
                                (unsigned)mst_mix64(seed),
                                (unsigned long long)random);
        break;
    case MST_GENERATE_UUID:
        before = after = 1;
        status = mst_buf_append_char(id, '"');
        if (status == MST_OK) {
            status = mst_generate_value_uuid(id, &random);
        }
        if (status == MST_OK) {
            status = mst_buf_append_char(id, '"');
        }
        break;
    }
    *ret_text = status == MST_OK
                    ? mst_slice_of(id->data + before, id->len - before - after)
                    : MST_SLICE_NONE;
    return status;
}

/* The bytes of 24 hexadecimal digits. */
static void
maker_oid_bytes(struct mst_slice text, uint8_t out[MST_OID_BYTES])
{
    for (size_t i = 0; i < (size_t)2 * MST_OID_BYTES && i < text.len; i++) {
        uint8_t c = text.data[i];
        uint8_t digit = (uint8_t)(c <= '9' ? c - '0' : c - 'a' + 10);
        out[i / 2] = (uint8_t)(i % 2 == 0 ? digit << 4 : out[i / 2] | digit);
    }
}

/* The key: a BSON document {_id: ...}. */
static enum mst_status
maker_make_key(struct mst_maker *maker, uint64_t key, struct mst_slice id_text)
{
    struct mst_bson_writer writer;
    uint8_t oid[MST_OID_BYTES] = {0};
    mst_buf_reset(&maker->key);
    mst_bson_writer_init(&writer, &maker->key);
    switch ((enum mst_generate_id)maker->options->id) {
    case MST_GENERATE_INT:
        /* The type that the conversion of the payload gives its _id. */
        if (key <= INT32_MAX) {
            mst_bson_write_int32(&writer, "_id", (int32_t)key);
        } else {
            mst_bson_write_int64(&writer, "_id", (int64_t)key);
        }
        break;
    case MST_GENERATE_OID:
        maker_oid_bytes(id_text, oid);
        mst_bson_write_oid(&writer, "_id", oid);
        break;
    case MST_GENERATE_UUID:
        mst_bson_write_string(&writer, "_id", id_text);
        break;
    }
    return mst_bson_writer_finish(&writer, NULL);
}

/* Fills the object in maker->out up to options->size with one more field. */
static enum mst_status
maker_pad(struct mst_maker *maker, uint64_t n)
{
    static const char field[] = ",\"pad\":\"";
    struct mst_buf *out = &maker->out;
    size_t frame = sizeof(field) - 1 + 1; /* and the closing quote */
    uint64_t size = maker->options->size;
    if (out->len + frame > size) {
        return MST_OK;
    }
    uint64_t random = mst_random_start(~n, size);
    size_t fill = (size_t)size - out->len - frame;
    out->len--; /* the closing brace: the template was checked to end so */
    enum mst_status status = mst_buf_append_str(out, field);
    if (status == MST_OK) {
        status = mst_generate_value_text(out, &random, fill);
    }
    return status == MST_OK ? mst_buf_append_str(out, "\"}") : status;
}

/* Renders the payload into maker->out. */
static enum mst_status
maker_render(struct mst_maker *maker, const struct mst_template_input *input)
{
    mst_buf_reset(&maker->out);
    if (input->op == MST_OP_DELETE) {
        return mst_buf_printf(&maker->out, "{\"_id\":%.*s}", (int)maker->id.len,
                              (const char *)maker->id.data);
    }
    enum mst_status status =
        mst_template_render(maker->template, input, &maker->out);
    return status == MST_OK ? maker_pad(maker, input->n) : status;
}

enum mst_status
mst_maker_make(struct mst_maker *maker, uint64_t n, int64_t now_ms,
               enum mst_op *ret_op, struct mst_error *err)
{
    struct mst_template_input input = {
        .n = n, .seed = (uint64_t)maker->options->seed, .now_ms = now_ms};
    mst_mix_event(&maker->mix, n, &input.op, &input.key);
    enum mst_status status = maker_make_id(maker, input.key, &input.id_text);
    input.id_json = mst_buf_slice(&maker->id);
    if (status == MST_OK) {
        status = maker_render(maker, &input);
    }
    if (status == MST_OK) {
        status = maker_make_key(maker, input.key, input.id_text);
    }
    if (status == MST_REJECTED) {
        return mst_fail(err, MST_REJECTED, "generate", 0,
                        "event %llu is larger than %d bytes",
                        (unsigned long long)n, MST_MAKER_MAX);
    }
    if (status != MST_OK) {
        return mst_fail_memory(err, "generate");
    }
    *ret_op = input.op;
    mst_buf_reset(&maker->bson);
    return maker->options->format == MST_GENERATE_BSON ? mst_json_to_bson(
               mst_buf_slice(&maker->out), NULL, &maker->bson, err)
                                                       : MST_OK;
}

struct mst_slice
mst_maker_payload(const struct mst_maker *maker)
{
    return maker->options->format == MST_GENERATE_BSON
               ? mst_buf_slice(&maker->bson)
               : mst_buf_slice(&maker->out);
}

static enum mst_status
maker_read_template(const char *path, struct mst_buf *out,
                    struct mst_error *err)
{
    int fd = open(path, O_RDONLY | O_CLOEXEC);
    ssize_t got = fd < 0 ? -1 : 1;
    enum mst_status status = MST_OK;
    while (got > 0 && status == MST_OK) {
        status = mst_buf_reserve(out, 4096);
        if (status == MST_OK) {
            got = read(fd, out->data + out->len, 4096);
            out->len += got > 0 ? (size_t)got : 0;
        }
    }
    int code = errno;
    if (fd >= 0) {
        (void)close(fd); /* nothing was written */
    }
    if (got < 0) {
        return mst_fail(err, MST_FATAL, "generate", code,
                        "option 'template_file': can not read '%s': %s", path,
                        strerrordesc_np(code));
    }
    return status == MST_OK
               ? MST_OK
               : mst_fail(err, MST_FATAL, "generate", 0,
                          "option 'template_file': '%s' is larger than 1 MiB",
                          path);
}

/* Makes event 1 and looks whether it is an object of JSON. */
static enum mst_status
maker_check(struct mst_maker *maker, struct mst_error *err)
{
    enum mst_op op = MST_OP_NONE;
    enum mst_status status = mst_maker_make(maker, 1, 0, &op, err);
    if (status == MST_OK && maker->options->format == MST_GENERATE_JSON) {
        /* The same strict reader, for its verdict only. */
        status = mst_json_to_bson(mst_buf_slice(&maker->out), NULL,
                                  &maker->bson, err);
    }
    if (status == MST_OK && maker->out.data[maker->out.len - 1] != '}') {
        status = mst_fail(err, MST_FATAL, "generate", 0,
                          "something stands behind its object");
    }
    if (status != MST_OK) {
        mst_error_prefix(err, "the template does not give a JSON object: ");
        mst_error_hint(err, "it gave: %.*s",
                       (int)(maker->out.len < 150 ? maker->out.len : 150),
                       (const char *)maker->out.data);
        err->status = MST_FATAL;
        return MST_FATAL;
    }
    return MST_OK;
}

enum mst_status
mst_maker_init(struct mst_maker *maker,
               const struct mst_generate_options *options,
               struct mst_error *err)
{
    memset(maker, 0, sizeof(*maker));
    maker->options = options;
    mst_buf_init(&maker->out, MST_MAKER_MAX);
    mst_buf_init(&maker->bson, MST_MAKER_MAX);
    mst_buf_init(&maker->id, 256);
    mst_buf_init(&maker->key, 256);
    const char *text = options->template_text;
    struct mst_buf file;
    if (options->rate < 0 || !isfinite(options->rate)) {
        return mst_fail(err, MST_FATAL, "generate", 0,
                        "option 'rate' must be 0 or more events per second");
    }
    if (text != NULL && options->template_file != NULL) {
        return mst_fail(err, MST_FATAL, "generate", 0,
                        "options 'template' and 'template_file' exclude each "
                        "other");
    }
    enum mst_status status =
        mst_mix_init(&maker->mix, options->operations, (uint64_t)options->keys,
                     (uint64_t)options->seed, err);
    if (status != MST_OK) {
        return status;
    }
    mst_buf_init(&file, MAKER_TEMPLATE_MAX);
    if (options->template_file != NULL) {
        status = maker_read_template(options->template_file, &file, err);
        text = status == MST_OK ? mst_buf_text(&file) : NULL;
    } else if (text == NULL) {
        text = maker_default_template;
    }
    if (status == MST_OK) {
        status = text == NULL
                     ? mst_fail_memory(err, "generate")
                     : mst_template_compile(&maker->template, text, err);
    }
    mst_buf_clear(&file);
    return status == MST_OK ? maker_check(maker, err) : status;
}

void
mst_maker_clear(struct mst_maker *maker)
{
    mst_template_destroy(maker->template);
    maker->template = NULL;
    mst_buf_clear(&maker->out);
    mst_buf_clear(&maker->bson);
    mst_buf_clear(&maker->id);
    mst_buf_clear(&maker->key);
}
