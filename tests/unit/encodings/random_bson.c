/* SPDX-License-Identifier: MIT */
/* Random documents: every type, boundary numbers, awkward text. */
#include "random_bson.h"

#include <stdio.h>

#include "encodings/decimal128.h"
#include "encodings/little_endian.h"

uint64_t
random_bson_next(struct random_bson *random)
{
    /* splitmix64 */
    uint64_t z = random->state += 0x9E3779B97F4A7C15ULL;
    z = (z ^ z >> 30) * 0xBF58476D1CE4E5B9ULL;
    z = (z ^ z >> 27) * 0x94D049BB133111EBULL;
    return z ^ z >> 31;
}

uint64_t
random_bson_below(struct random_bson *random, uint64_t n)
{
    return random_bson_next(random) % n;
}

/* Text of pieces that need care somewhere. */
static struct mst_slice
random_text(struct random_bson *random, char *out, size_t room, bool nul)
{
    static const char *const pieces[] = {"a",
                                         "plain words ",
                                         "\"",
                                         "\\",
                                         "\n",
                                         "\x1f",
                                         "\xC3\xA4",
                                         "\xE2\x82\xAC",
                                         "\x7f",
                                         "/",
                                         "0123456789abcdef",
                                         "\xF0\x9F\x98\x80",
                                         "\t$.",
                                         "\xED\x9F\xBF",
                                         "\xEE\x80\x80",
                                         "\xE0\xA0\x80",
                                         "\xF4\x8F\xBF\xBF",
                                         "\xC2\x80",
                                         "\b\f\r"};
    size_t len = 0;
    size_t n = (size_t)random_bson_below(random, 9);
    for (size_t i = 0; i < n; i++) {
        const char *piece =
            pieces[random_bson_below(random, MST_ARRAY_SIZE(pieces))];
        size_t more = strlen(piece);
        if (len + more + 2 > room) {
            break;
        }
        memcpy(out + len, piece, more);
        len += more;
        if (nul && random_bson_below(random, 10) == 0) {
            out[len++] = '\0';
        }
    }
    out[len] = '\0';
    return mst_slice_of(out, len);
}

static double
random_double(struct random_bson *random)
{
    static const double special[] = {0.0,
                                     -0.0,
                                     1.0,
                                     -1.0,
                                     0.1,
                                     1e15,
                                     1e16,
                                     1e17,
                                     1e21,
                                     1e22,
                                     1e23,
                                     5e-324,
                                     1e308,
                                     -1e-7,
                                     0.5,
                                     100.0,
                                     0x1p53,
                                     0x1p63,
                                     -0x1p63,
                                     0x1p64,
                                     19.99,
                                     1e-6,
                                     1e-5,
                                     123456.789,
                                     2.5e-10,
                                     1e100,
                                     0x1p-1022,
                                     9.5e14,
                                     4.35,
                                     0.000001,
                                     __builtin_inf(),
                                     -__builtin_inf(),
                                     __builtin_nan("")};
    uint64_t bits = random_bson_next(random);
    double value = 0;
    switch (random_bson_below(random, 4)) {
    case 0:
        return special[random_bson_below(random, MST_ARRAY_SIZE(special))];
    case 1:
        return (double)(int64_t)(bits >> 30) / 100.0;
    case 2:
        return (double)(int64_t)(bits >> 20) / 1e6;
    default:
        memcpy(&value, &bits, sizeof(value));
        /* Any NaN prints as the one that reads back. */
        return value == value ? value : 0.25;
    }
}

static int64_t
random_int(struct random_bson *random)
{
    static const int64_t special[] = {0,
                                      1,
                                      -1,
                                      INT32_MAX,
                                      INT32_MIN,
                                      (int64_t)INT32_MAX + 1,
                                      (int64_t)INT32_MIN - 1,
                                      INT64_MAX,
                                      INT64_MIN,
                                      99999999,
                                      100000000,
                                      9999,
                                      10000,
                                      4294967295,
                                      4294967296,
                                      253402300799999,
                                      253402300800000,
                                      -62167219200000};
    if (random_bson_below(random, 2) == 0) {
        return special[random_bson_below(random, MST_ARRAY_SIZE(special))];
    }
    return (int64_t)random_bson_next(random)
           >> (int)random_bson_below(random, 64);
}

static void
random_decimal(struct random_bson *random, uint8_t out[16])
{
    char text[64];
    uint64_t a = random_bson_next(random) % 100000000000000000ULL;
    uint64_t b = random_bson_next(random) % 100000000000000000ULL;
    int exponent = (int)random_bson_below(random, 12288) - 6176;
    if (random_bson_below(random, 2) == 0) {
        exponent = (int)random_bson_below(random, 40) - 38;
    }
    if (random_bson_below(random, 3) == 0) {
        a = 0;
        b %= 1000;
    }
    (void)snprintf(text, sizeof(text), "%s%llu%017lluE%d",
                   (a & 1) != 0 ? "-" : "", (unsigned long long)a,
                   (unsigned long long)b, exponent);
    if (!mst_decimal128_parse((const uint8_t *)text, strlen(text), out)) {
        memset(out, 0, 16);
        out[15] = 0x30;
    }
}

/* Appends bytes to raw. */
static void
random_put(uint8_t *raw, size_t *len, const void *data, size_t n)
{
    if (n > 0) {
        memcpy(raw + *len, data, n);
    }
    *len += n;
}

static void
random_put_string(uint8_t *raw, size_t *len, struct mst_slice text)
{
    mst_put_le32(raw + *len, (uint32_t)text.len + 1);
    *len += 4;
    random_put(raw, len, text.data, text.len);
    raw[(*len)++] = 0;
}

/* Types that the writer has no call for, by their raw bytes. */
static void
random_rare(struct random_bson *random, struct mst_bson_writer *w,
            const char *key)
{
    static const uint8_t types[] = {0x06, 0x0B, 0x0C, 0x0D, 0x0E,
                                    0x0F, 0x13, 0x7F, 0xFF};
    static const uint8_t scope[] = {12, 0, 0, 0, 0x10, 'x', 0, 1, 0, 0, 0, 0};
    uint8_t raw[1024];
    char text[256];
    size_t len = 0;
    uint8_t type = types[random_bson_below(random, sizeof(types))];
    bool numbered = key[strspn(key, "0123456789")] == '\0';
    if (random->for_libbson && numbered
        && (type == MST_BSON_CODE || type == MST_BSON_CODE_SCOPE
            || type == MST_BSON_DBPOINTER)) {
        type = MST_BSON_SYMBOL;
    }
    switch (type) {
    case MST_BSON_REGEX: {
        struct mst_slice pattern =
            random_text(random, text, sizeof(text), false);
        random_put(raw, &len, pattern.data, pattern.len + 1);
        random_put(raw, &len, "im", 3);
        break;
    }
    case MST_BSON_DBPOINTER:
        random_put_string(raw, &len,
                          random_text(random, text, sizeof(text), false));
        random_put(raw, &len, "abcdefghijkl", 12);
        break;
    case MST_BSON_CODE:
    case MST_BSON_SYMBOL:
        random_put_string(
            raw, &len,
            random_text(random, text, sizeof(text), !random->for_libbson));
        break;
    case MST_BSON_CODE_SCOPE:
        len = 4;
        random_put_string(
            raw, &len,
            random_text(random, text, sizeof(text), !random->for_libbson));
        random_put(raw, &len, scope, sizeof(scope));
        mst_put_le32(raw, (uint32_t)len);
        break;
    case MST_BSON_DECIMAL128:
        random_decimal(random, raw);
        len = 16;
        break;
    default:
        break;
    }
    struct mst_bson_value value = {type, mst_slice_of(raw, len)};
    mst_bson_write_value(w, mst_slice_str(key), &value);
}

static void
random_value(struct random_bson *random, struct mst_bson_writer *w,
             const char *key)
{
    static const uint8_t subtypes[] = {0, 1, 2, 3, 4, 5, 6, 0x80, 0xFF};
    char text[256];
    int64_t number = random_int(random);
    switch (random_bson_below(random, 12)) {
    case 0:
        mst_bson_write_int32(w, key, (int32_t)number);
        break;
    case 1:
        if (random->relaxed_only && number <= INT32_MAX
            && number >= INT32_MIN) {
            number = INT64_MAX - 1;
        }
        mst_bson_write_int64(w, key, number);
        break;
    case 2:
    case 3:
        mst_bson_write_double(w, key, random_double(random));
        break;
    case 4:
        mst_bson_write_bool(w, key, (number & 1) != 0);
        break;
    case 5:
        mst_bson_write_null(w, key);
        break;
    case 6:
        mst_bson_write_date(w, key, number);
        break;
    case 7:
        mst_bson_write_timestamp(w, key, (uint32_t)number,
                                 (uint32_t)(number >> 32));
        break;
    case 8:
        mst_bson_write_binary(
            w, key, subtypes[random_bson_below(random, sizeof(subtypes))],
            random_text(random, text, sizeof(text), true));
        break;
    case 9:
        mst_bson_write_oid(w, key,
                           (const uint8_t *)"\0\1\2\x7f\x80\xff"
                                            "abcdef");
        break;
    case 10:
        random_rare(random, w, key);
        break;
    default:
        mst_bson_write_string(w, key,
                              random_text(random, text, sizeof(text), true));
        break;
    }
}

/* A name that no other of its object has. */
static void
random_key(struct random_bson *random, uint64_t n, char *out, size_t room)
{
    char text[64];
    (void)random_text(random, text, sizeof(text), false);
    (void)snprintf(out, room, "%llu%s", (unsigned long long)n, text);
}

void
random_bson_write(struct random_bson *random, struct mst_buf *out)
{
    struct mst_bson_writer w;
    uint64_t counts[MST_BSON_DEPTH_MAX] = {0};
    bool arrays[MST_BSON_DEPTH_MAX] = {false};
    uint64_t left = random_bson_below(random, 40);
    mst_bson_writer_init(&w, out);
    while (left-- > 0) {
        char key[128];
        unsigned level = w.depth - 1;
        uint64_t n = counts[level]++;
        if (arrays[level]) {
            (void)snprintf(key, sizeof(key), "%llu", (unsigned long long)n);
        } else {
            random_key(random, n, key, sizeof(key));
        }
        uint64_t choice = random_bson_below(random, 10);
        if (choice == 0 && level + 1 < MST_BSON_DEPTH_MAX) {
            bool array = random_bson_below(random, 2) == 0;
            if (array) {
                mst_bson_write_begin_array(&w, key);
            } else {
                mst_bson_write_begin_document(&w, key);
            }
            counts[level + 1] = 0;
            arrays[level + 1] = array;
            if (random_bson_below(random, 3) == 0) {
                mst_bson_write_end(&w); /* it stays empty */
            }
        } else {
            random_value(random, &w, key);
            if (choice == 1) {
                mst_bson_write_end(&w);
            }
        }
    }
    (void)(mst_bson_writer_finish(&w, NULL) == MST_OK);
}
