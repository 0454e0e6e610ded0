/* SPDX-License-Identifier: MIT */
/* Drawing values that look like data. */
#include "sources/generate/generate_values.h"

#include <stdio.h>

#include "sources/generate/generate_random.h"

static const char values_hex[] = "0123456789abcdef";

static const char *const values_words[] = {
    "amber",  "basket", "candle",  "delta",  "ember",   "forest", "garden",
    "harbor", "island", "jacket",  "kettle", "lantern", "marble", "needle",
    "orchid", "pepper", "quartz",  "ribbon", "saddle",  "timber", "umbrella",
    "velvet", "willow", "yonder",  "zephyr", "anchor",  "bridge", "copper",
    "drum",   "engine", "feather", "granite"};

static const char *const values_first[] = {
    "Ada",  "Ben",   "Clara", "David", "Emma",  "Farid", "Grace", "Hugo",
    "Ines", "Jonas", "Kaori", "Lena",  "Milan", "Nora",  "Oskar", "Priya"};

static const char *const values_last[] = {
    "Abel",   "Berg",   "Castro", "Dubois", "Ekman",  "Fischer",
    "Garcia", "Hansen", "Ito",    "Jensen", "Kovacs", "Lopez",
    "Meyer",  "Novak",  "Okafor", "Patel"};

enum mst_status
mst_generate_value_hex(struct mst_buf *out, uint64_t *random, size_t digits)
{
    enum mst_status status = mst_buf_reserve(out, digits);
    if (status != MST_OK) {
        return status;
    }
    uint64_t bits = 0;
    for (size_t i = 0; i < digits; i++) {
        if (i % 16 == 0) {
            bits = mst_random_next(random);
        }
        out->data[out->len++] = (uint8_t)values_hex[bits & 15];
        bits >>= 4;
    }
    return MST_OK;
}

enum mst_status
mst_generate_value_uuid(struct mst_buf *out, uint64_t *random)
{
    uint64_t high = mst_random_next(random);
    uint64_t low = mst_random_next(random);
    high = (high & ~0xF000ULL) | 0x4000U;       /* version 4 */
    low = (low & ~(3ULL << 62)) | (2ULL << 62); /* RFC 4122 variant */
    return mst_buf_printf(
        out, "%08x-%04x-%04x-%04x-%012llx", (unsigned)(high >> 32),
        (unsigned)(high >> 16) & 0xFFFFU, (unsigned)high & 0xFFFFU,
        (unsigned)(low >> 48), (unsigned long long)low & 0xFFFFFFFFFFFFULL);
}

enum mst_status
mst_generate_value_text(struct mst_buf *out, uint64_t *random, size_t len)
{
    size_t end = out->len + len;
    enum mst_status status = mst_buf_reserve(out, len);
    while (status == MST_OK && out->len < end) {
        const char *word =
            values_words[mst_random_upto(random, MST_ARRAY_SIZE(values_words))];
        size_t n = strlen(word);
        n = n < end - out->len ? n : end - out->len;
        status = mst_buf_append(out, word, n);
        if (status == MST_OK && out->len < end) {
            status = mst_buf_append_char(out, ' ');
        }
    }
    return status;
}

enum mst_status
mst_generate_value_word(struct mst_buf *out, uint64_t *random)
{
    return mst_buf_append_str(
        out,
        values_words[mst_random_upto(random, MST_ARRAY_SIZE(values_words))]);
}

enum mst_status
mst_generate_value_name(struct mst_buf *out, uint64_t *random)
{
    uint64_t first = mst_random_upto(random, MST_ARRAY_SIZE(values_first));
    uint64_t last = mst_random_upto(random, MST_ARRAY_SIZE(values_last));
    return mst_buf_printf(out, "%s %s", values_first[first], values_last[last]);
}

enum mst_status
mst_generate_value_int(struct mst_buf *out, uint64_t *random, int64_t low,
                       int64_t high)
{
    uint64_t span = (uint64_t)high - (uint64_t)low + 1;
    uint64_t drawn =
        span == 0 ? mst_random_next(random) : mst_random_upto(random, span);
    return mst_buf_printf(out, "%lld",
                          (long long)(int64_t)((uint64_t)low + drawn));
}

enum mst_status
mst_generate_value_double(struct mst_buf *out, uint64_t *random, double low,
                          double high, int decimals)
{
    double unit = (double)(mst_random_next(random) >> 11) * 0x1p-53;
    return mst_buf_printf(out, "%.*f", decimals, low + unit * (high - low));
}
