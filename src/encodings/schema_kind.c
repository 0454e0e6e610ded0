/* SPDX-License-Identifier: MIT */
/* Looks at the outermost keys only: what stands deeper is for the parser. */
#include "encodings/schema_kind.h"

#include "encodings/json_check.h"
#include "encodings/text_place.h"

enum { KIND_AVRO = 1, KIND_JSON = 2 };

/* Words of "type" that only one of both has. */
static const struct {
    const char *word; /* as the text has it */
    unsigned kinds;
} kind_types[] = {
    {"\"record\"", KIND_AVRO},  {"\"error\"", KIND_AVRO},
    {"\"enum\"", KIND_AVRO},    {"\"fixed\"", KIND_AVRO},
    {"\"map\"", KIND_AVRO},     {"\"bytes\"", KIND_AVRO},
    {"\"int\"", KIND_AVRO},     {"\"long\"", KIND_AVRO},
    {"\"float\"", KIND_AVRO},   {"\"double\"", KIND_AVRO},
    {"\"object\"", KIND_JSON},  {"\"number\"", KIND_JSON},
    {"\"integer\"", KIND_JSON},
};

/* Keys that only one of both has. */
static const struct {
    const char *name;
    unsigned kinds;
} kind_keys[] = {
    {"$schema", KIND_JSON},
    {"$id", KIND_JSON},
    {"$ref", KIND_JSON},
    {"$defs", KIND_JSON},
    {"definitions", KIND_JSON},
    {"properties", KIND_JSON},
    {"patternProperties", KIND_JSON},
    {"additionalProperties", KIND_JSON},
    {"required", KIND_JSON},
    {"allOf", KIND_JSON},
    {"anyOf", KIND_JSON},
    {"oneOf", KIND_JSON},
    {"not", KIND_JSON},
    {"if", KIND_JSON},
    {"enum", KIND_JSON},
    {"const", KIND_JSON},
    {"logicalType", KIND_AVRO},
    {"fields", KIND_AVRO},
    {"symbols", KIND_AVRO},
};

static unsigned
kind_word(struct mst_slice word)
{
    for (size_t i = 0; i < MST_ARRAY_SIZE(kind_types); i++) {
        if (mst_slice_is(word, kind_types[i].word)) {
            return kind_types[i].kinds;
        }
    }
    /* {"type": {"type": ...}} and objects among branches are Avro's. */
    return word.len > 0 && (word.data[0] == '{' || word.data[0] == '[')
               ? KIND_AVRO
               : 0;
}

/* What the words of "type" say; the text is JSON. */
static unsigned
kind_type(struct mst_slice type)
{
    unsigned kinds = 0;
    const uint8_t *end = type.data + type.len;
    if (type.data[0] != '[') {
        return kind_word(type);
    }
    const uint8_t *at = mst_json_skip_space(type.data + 1, end);
    while (at < end && *at != ']') {
        const uint8_t *behind = mst_json_skip_value(at, end);
        if (behind == NULL) {
            break;
        }
        kinds |= kind_word(mst_slice_of(at, (size_t)(behind - at)));
        at = mst_json_skip_space(behind, end);
        at = *at == ',' ? mst_json_skip_space(at + 1, end) : at;
    }
    return kinds;
}

static unsigned
kind_object(struct mst_slice text)
{
    struct mst_slice found = MST_SLICE_NONE;
    unsigned kinds = 0;
    if (mst_json_find_path(text, "$schema", &found)) {
        return KIND_JSON;
    }
    if (mst_json_find_path(text, "type", &found)) {
        kinds = kind_type(found);
    }
    if (kinds != 0) {
        return kinds;
    }
    for (size_t i = 0; i < MST_ARRAY_SIZE(kind_keys); i++) {
        if (mst_json_find_path(text, kind_keys[i].name, &found)) {
            kinds |= kind_keys[i].kinds;
        }
    }
    return kinds;
}

enum mst_status
mst_schema_kind_of(struct mst_slice text, enum mst_schema_kind said,
                   enum mst_schema_kind *ret, struct mst_error *err)
{
    struct mst_error why;
    if (said != MST_SCHEMA_KIND_NONE) {
        *ret = said;
        return MST_OK;
    }
    if (mst_json_check(text, &why) != MST_OK) {
        struct mst_text_subject subject = {
            .err = err, .origin = "schema", .name = "the schema", .text = text};
        return mst_text_fail_as(&subject, &why);
    }
    const uint8_t *first = mst_json_skip_space(text.data, text.data + text.len);
    unsigned kinds = *first == '{'                    ? kind_object(text)
                     : *first == 't' || *first == 'f' ? KIND_JSON
                                                      : KIND_AVRO;
    if (kinds != KIND_AVRO && kinds != KIND_JSON) {
        (void)mst_fail(err, MST_REJECTED, "schema", 0,
                       "the schema may be an Avro schema or a JSON Schema");
        mst_error_hint(err, "say which: encoding = \"avro\" or \"json\" beside "
                            "its resource");
        return MST_REJECTED;
    }
    *ret = kinds == KIND_AVRO ? MST_SCHEMA_KIND_AVRO : MST_SCHEMA_KIND_JSON;
    return MST_OK;
}
