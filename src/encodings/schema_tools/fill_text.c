/* SPDX-License-Identifier: MIT */
/* Texts by their format, by the name of their field, or of words; and what is
 * a text to JSON Schema and more to BSON. */
#include <stdio.h>

#include "base/base64.h"
#include "base/clock.h"
#include "encodings/avro/number.h"
#include "encodings/avro/uuid.h"
#include "encodings/decimal128.h"
#include "encodings/schema_tools/fill_impl.h"

enum {
    TEXT_MAX = 256,
    BYTES_USUAL = 12,
    BYTES_MAX = 64 * 1024,
    LENGTH_MAX = 1024 * 1024,
    UUID_SUBTYPE = 4
};

#define TEXT_TIME_LOW  1577836800000LL /* 2020-01-01 */
#define TEXT_TIME_HIGH 1893455999000LL /* 2029-12-31 */
#define TEXT_DAY       86400000LL

static const char *const text_words[] = {
    "amber", "basin", "cedar", "delta",  "ember", "fjord", "grove", "haven",
    "inlet", "jetty", "knoll", "lagoon", "maple", "north", "ochre", "pearl",
};
static const char *const text_people[] = {"Ada",  "Ben",  "Cleo", "Dana",
                                          "Elif", "Finn", "Gita", "Hugo"};
static const char *const text_families[] = {"Adler", "Brook", "Costa", "Dorn",
                                            "Egger", "Frost", "Gupta", "Hale"};
static const char *const text_cities[] = {"Oslo",  "Lyon", "Graz",
                                          "Porto", "Cork", "Turin"};
static const char *const text_countries[] = {"Norway",   "France",  "Austria",
                                             "Portugal", "Ireland", "Italy"};

bool
fill_name_has(struct mst_slice name, const char *word)
{
    size_t len = strlen(word);
    for (size_t at = 0; at + len <= name.len; at++) {
        size_t n = 0;
        while (n < len && (name.data[at + n] | 0x20) == word[n]) {
            n++;
        }
        if (n == len) {
            return true;
        }
    }
    return false;
}

#define TEXT_PICK(run, list) ((list)[fill_below(run, MST_ARRAY_SIZE(list))])

/* Formats whose value is a text in BSON too. */
static bool
text_by_format(struct fill_run *run, struct mst_slice format,
               char text[TEXT_MAX])
{
    const char *word = TEXT_PICK(run, text_words);
    unsigned a = (unsigned)fill_below(run, 60);
    unsigned b = (unsigned)fill_below(run, 60);
    unsigned n = (unsigned)fill_below(run, 10000);
    if (mst_slice_is(format, "email") || mst_slice_is(format, "idn-email")) {
        (void)snprintf(text, TEXT_MAX, "%s%u@example.com", word, n);
    } else if (mst_slice_is(format, "uri") || mst_slice_is(format, "url")
               || mst_slice_is(format, "iri")) {
        (void)snprintf(text, TEXT_MAX, "https://example.com/%s/%u", word, n);
    } else if (mst_slice_is(format, "uri-reference")
               || mst_slice_is(format, "json-pointer")) {
        (void)snprintf(text, TEXT_MAX, "/%s/%u", word, n);
    } else if (mst_slice_is(format, "hostname")) {
        (void)snprintf(text, TEXT_MAX, "%s-%u.example.com", word, n);
    } else if (mst_slice_is(format, "ipv4")) {
        /* Kept for documentation: RFC 5737, RFC 3849. */
        (void)snprintf(text, TEXT_MAX, "192.0.2.%u", a);
    } else if (mst_slice_is(format, "ipv6")) {
        (void)snprintf(text, TEXT_MAX, "2001:db8::%x", n);
    } else if (mst_slice_is(format, "time")) {
        (void)snprintf(text, TEXT_MAX, "%02u:%02u:%02uZ", a % 24, a, b);
    } else if (mst_slice_is(format, "duration")) {
        (void)snprintf(text, TEXT_MAX, "PT%uH%uM", a % 24, b);
    } else {
        return false;
    }
    return true;
}

static bool
text_by_name(struct fill_run *run, struct mst_slice name, char text[TEXT_MAX])
{
    const char *first = TEXT_PICK(run, text_people);
    const char *last = TEXT_PICK(run, text_families);
    const char *word = TEXT_PICK(run, text_words);
    unsigned n = (unsigned)fill_below(run, 10000);
    if (fill_name_has(name, "email")) {
        (void)snprintf(text, TEXT_MAX, "%s%u@example.com", word, n);
    } else if (fill_name_has(name, "phone") || fill_name_has(name, "mobile")) {
        (void)snprintf(text, TEXT_MAX, "+1 555 010 %04u", n);
    } else if (fill_name_has(name, "first") || fill_name_has(name, "given")) {
        (void)snprintf(text, TEXT_MAX, "%s", first);
    } else if (fill_name_has(name, "lastname")
               || fill_name_has(name, "last_name")
               || fill_name_has(name, "family")) {
        (void)snprintf(text, TEXT_MAX, "%s", last);
    } else if (fill_name_has(name, "street")
               || fill_name_has(name, "address")) {
        (void)snprintf(text, TEXT_MAX, "%u %s Street", n % 200 + 1, last);
    } else if (fill_name_has(name, "city")) {
        (void)snprintf(text, TEXT_MAX, "%s", TEXT_PICK(run, text_cities));
    } else if (fill_name_has(name, "country")) {
        (void)snprintf(text, TEXT_MAX, "%s", TEXT_PICK(run, text_countries));
    } else if (fill_name_has(name, "zip") || fill_name_has(name, "postal")) {
        (void)snprintf(text, TEXT_MAX, "%05u", n);
    } else if (fill_name_has(name, "url")) {
        (void)snprintf(text, TEXT_MAX, "https://example.com/%s", word);
    } else if (fill_name_has(name, "name")) {
        (void)snprintf(text, TEXT_MAX, "%s %s", first, last);
    } else {
        return false;
    }
    return true;
}

/* A text of minLength to maxLength characters, all of them ASCII. */
static enum mst_status
text_write(struct fill_run *run, const struct fill_place *place,
           const char *text)
{
    static const char letters[] = "abcdefghijklmnopqrstuvwxyz";
    int64_t low = fill_limit(run, place, "minLength", 0);
    int64_t high = fill_limit(run, place, "maxLength", INT64_MAX);
    enum mst_status status =
        fill_check_limits(run, place, low > high, "minLength", "maxLength");
    if (status != MST_OK) {
        return status;
    }
    if (low > LENGTH_MAX) {
        return mst_text_fail(&run->doc.subject, place->facets->nodes[0].text,
                             "a text of more than %d characters is not made "
                             "up",
                             LENGTH_MAX);
    }
    size_t len = strlen(text);
    size_t wanted = len;
    if ((int64_t)len > high) {
        wanted = (size_t)high;
    } else if ((int64_t)len < low) {
        wanted = (size_t)low;
    }
    char *made = schema_doc_alloc(&run->doc, wanted + 1);
    if (made == NULL) {
        return schema_doc_memory(&run->doc);
    }
    memcpy(made, text, wanted < len ? wanted : len);
    for (size_t i = len; i < wanted; i++) {
        made[i] = letters[fill_below(run, 26)];
    }
    mst_bson_write_string(&run->writer, place->key, mst_slice_of(made, wanted));
    return MST_OK;
}

static enum mst_status
text_binary(struct fill_run *run, const struct fill_place *place, size_t len,
            uint8_t subtype)
{
    uint8_t *bytes = schema_doc_alloc(&run->doc, len + 1);
    uint8_t *text =
        schema_doc_alloc(&run->doc, mst_base64_len(len) + 1 + AVRO_UUID_TEXT);
    if (bytes == NULL || text == NULL) {
        return schema_doc_memory(&run->doc);
    }
    for (size_t i = 0; i < len; i++) {
        bytes[i] = (uint8_t)fill_next(run);
    }
    if (!run->texts) {
        mst_bson_write_binary(&run->writer, place->key, subtype,
                              mst_slice_of(bytes, len));
        return MST_OK;
    }
    uint8_t *end = subtype == UUID_SUBTYPE ? avro_uuid_print(text, bytes)
                                           : mst_base64_print(text, bytes, len);
    mst_bson_write_string(&run->writer, place->key,
                          mst_slice_of(text, (size_t)(end - text)));
    return MST_OK;
}

static enum mst_status
text_oid(struct fill_run *run, const struct fill_place *place)
{
    uint8_t oid[MST_BSON_OBJECTID_LEN];
    uint8_t hex[MST_BSON_OBJECTID_LEN * 2];
    uint64_t high = fill_next(run);
    uint64_t low = fill_next(run);
    memcpy(oid, &high, sizeof(high));
    memcpy(oid + 8, &low, 4);
    if (run->texts) {
        (void)mst_print_hex(hex, oid, sizeof(oid));
        mst_bson_write_string(&run->writer, place->key,
                              mst_slice_of(hex, sizeof(hex)));
    } else {
        mst_bson_write_oid(&run->writer, place->key, oid);
    }
    return MST_OK;
}

/* A moment; whole days where only those are told. */
static enum mst_status
text_date(struct fill_run *run, const struct fill_place *place, bool day)
{
    char text[MST_TIME_TEXT_MAX];
    int64_t ms =
        fill_between(run, TEXT_TIME_LOW / 1000, TEXT_TIME_HIGH / 1000) * 1000;
    ms -= day ? ms % TEXT_DAY : 0;
    /* A BSON date is a date-time, and no date alone. */
    if (!run->texts && !day) {
        mst_bson_write_date(&run->writer, place->key, ms);
        return MST_OK;
    }
    mst_time_format(ms, text);
    mst_bson_write_string(&run->writer, place->key,
                          mst_slice_of(text, day ? 10 : strlen(text)));
    return MST_OK;
}

/* A time of day; to BSON that is a date of the first one. */
static enum mst_status
text_time(struct fill_run *run, const struct fill_place *place)
{
    char text[TEXT_MAX];
    int64_t ms = fill_between(run, 0, TEXT_DAY / 1000 - 1) * 1000;
    int64_t minutes = ms / 60000;
    if (!run->texts) {
        mst_bson_write_date(&run->writer, place->key, ms);
        return MST_OK;
    }
    (void)snprintf(text, sizeof(text), "%02d:%02d:%02d", (int)(minutes / 60),
                   (int)(minutes % 60), (int)(ms / 1000 % 60));
    mst_bson_write_text(&run->writer, place->key, text);
    return MST_OK;
}

static enum mst_status
text_decimal(struct fill_run *run, const struct fill_place *place,
             unsigned precision, unsigned scale)
{
    uint8_t data[MST_DECIMAL128_LEN];
    uint8_t text[MST_DECIMAL128_TEXT_MAX];
    avro_wide coefficient = 0;
    unsigned digits = precision > 9 ? 9 : precision;
    digits = digits > scale || digits == precision ? digits : scale;
    for (unsigned i = 0; i < digits && i < MST_AVRO_DECIMAL_DIGITS; i++) {
        coefficient = coefficient * 10 + (avro_wide)fill_below(run, 10);
    }
    if (!avro_decimal_put(coefficient, scale, data)) {
        return mst_text_fail(&run->doc.subject, place->facets->nodes[0].text,
                             "a decimal of this scale is not made up");
    }
    const struct mst_bson_value value = {MST_BSON_DECIMAL128,
                                         mst_slice_of(data, sizeof(data))};
    if (run->texts) {
        uint8_t *end = mst_decimal128_print(text, data);
        mst_bson_write_string(&run->writer, place->key,
                              mst_slice_of(text, (size_t)(end - text)));
    } else {
        mst_bson_write_value(&run->writer, mst_slice_str(place->key), &value);
    }
    return MST_OK;
}

/* "x-avro": what is more than a text in Avro. *ret_done: it was. */
static enum mst_status
text_told(struct fill_run *run, const struct fill_place *place, bool *ret_done)
{
    struct avro_node told;
    struct avro_node member;
    struct mst_slice type = MST_SLICE_NONE;
    struct mst_slice logical = MST_SLICE_NONE;
    int64_t size = 0;
    int64_t precision = 9;
    int64_t scale = 0;
    *ret_done = schema_facets_find(&run->doc, place->facets, "x-avro", &told)
                && told.value.type == MST_BSON_DOCUMENT;
    if (!*ret_done) {
        return MST_OK;
    }
    if (schema_doc_find(&run->doc, &told, "type", &member)) {
        (void)avro_node_string(&member, &type);
    }
    if (schema_doc_find(&run->doc, &told, "logicalType", &member)) {
        (void)avro_node_string(&member, &logical);
    }
    if (schema_doc_find(&run->doc, &told, "size", &member)) {
        (void)avro_node_integer(&member, 0, BYTES_MAX, &size);
    }
    if (schema_doc_find(&run->doc, &told, "precision", &member)) {
        (void)avro_node_integer(&member, 1, MST_AVRO_DECIMAL_DIGITS,
                                &precision);
    }
    if (schema_doc_find(&run->doc, &told, "scale", &member)) {
        (void)avro_node_integer(&member, 0, precision, &scale);
    }
    if (mst_slice_is(logical, "decimal")) {
        return text_decimal(run, place, (unsigned)precision, (unsigned)scale);
    }
    if (mst_slice_is(logical, "uuid")) {
        return text_binary(run, place, AVRO_UUID_LEN, UUID_SUBTYPE);
    }
    if (mst_slice_is(type, "fixed")) {
        return text_binary(run, place, (size_t)size, 0);
    }
    if (fill_name_has(logical, "time-")) {
        return text_time(run, place);
    }
    if (mst_slice_is(logical, "date")) {
        return text_date(run, place, true);
    }
    if (logical.len > 9
        && (fill_name_has(logical, "timestamp-")
            || fill_name_has(logical, "local-"))) {
        return text_date(run, place, false);
    }
    *ret_done = false;
    return MST_OK;
}

enum mst_status
fill_string(struct fill_run *run, const struct fill_place *place)
{
    char text[TEXT_MAX];
    bool done = false;
    struct mst_slice format =
        schema_facets_text(&run->doc, place->facets, "format");
    enum mst_status status = text_told(run, place, &done);
    if (status != MST_OK || done) {
        return status;
    }
    if (mst_slice_is(format, "objectid")) {
        return text_oid(run, place);
    }
    if (mst_slice_is(format, "date-time") || mst_slice_is(format, "date")) {
        return text_date(run, place, mst_slice_is(format, "date"));
    }
    if (mst_slice_is(format, "uuid")) {
        return text_binary(run, place, AVRO_UUID_LEN, UUID_SUBTYPE);
    }
    if (mst_slice_is(format, "decimal")) {
        return text_decimal(run, place, 9, 2);
    }
    if (mst_slice_is(
            schema_facets_text(&run->doc, place->facets, "contentEncoding"),
            "base64")) {
        return text_binary(run, place, (size_t)fill_below(run, BYTES_USUAL) + 1,
                           0);
    }
    if (!text_by_format(run, format, text)
        && !text_by_name(run, place->name, text)) {
        (void)snprintf(text, sizeof(text), "%s %s", TEXT_PICK(run, text_words),
                       TEXT_PICK(run, text_words));
    }
    return text_write(run, place, text);
}
