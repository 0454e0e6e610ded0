/* SPDX-License-Identifier: MIT */
/* Masks by character, and hashes by libcrypto. */
#include "udf/mask.h"

#include <openssl/evp.h>
#include <openssl/hmac.h>

#include "base/clock.h"
#include "base/utf8.h"

enum { MASK_DAY_MS = 86400000, MASK_PHONE_LEFT = 4 };

bool
mst_sha256(struct mst_slice first, struct mst_slice second,
           uint8_t ret_hash[MST_SHA256_LEN])
{
    EVP_MD_CTX *ctx = EVP_MD_CTX_new();
    bool good = ctx != NULL && EVP_DigestInit_ex(ctx, EVP_sha256(), NULL) == 1
                && EVP_DigestUpdate(ctx, first.data, first.len) == 1
                && EVP_DigestUpdate(ctx, second.data, second.len) == 1
                && EVP_DigestFinal_ex(ctx, ret_hash, NULL) == 1;
    EVP_MD_CTX_free(ctx);
    return good;
}

bool
mst_hmac_sha256(struct mst_slice key, struct mst_slice text,
                uint8_t ret_hash[MST_SHA256_LEN])
{
    return key.len < INT32_MAX
           && HMAC(EVP_sha256(), key.data, (int)key.len, text.data, text.len,
                   ret_hash, NULL)
                  != NULL;
}

void
mst_sha256_print(const uint8_t hash[MST_SHA256_LEN],
                 char out[2 * MST_SHA256_LEN])
{
    static const char digits[] = "0123456789abcdef";
    for (size_t i = 0; i < MST_SHA256_LEN; i++) {
        out[2 * i] = digits[hash[i] >> 4];
        out[2 * i + 1] = digits[hash[i] & 15];
    }
}

int64_t
mst_mask_year(int64_t wall_ms)
{
    int64_t year = 0;
    unsigned month = 0;
    unsigned day = 0;
    int64_t days = wall_ms / MASK_DAY_MS - (wall_ms % MASK_DAY_MS < 0 ? 1 : 0);
    mst_time_civil(days, &year, &month, &day);
    return mst_time_days(year, 1, 1) * MASK_DAY_MS;
}

/* Stars for the first n characters, the others as they are. */
static enum mst_status
mask_stars(struct mst_slice text, size_t n, struct mst_buf *out)
{
    size_t at = 0;
    enum mst_status status = MST_OK;
    for (; at < text.len && n > 0 && status == MST_OK; n--) {
        size_t len = mst_utf8_char(text.data + at, text.len - at);
        at += len == 0 ? 1 : len;
        status = mst_buf_append_char(out, '*');
    }
    return status == MST_OK ? mst_buf_append(out, text.data + at, text.len - at)
                            : status;
}

static size_t
mask_count(struct mst_slice text)
{
    size_t n = 0;
    for (size_t i = 0; i < text.len; i++) {
        n += (text.data[i] & 0xC0) != 0x80 ? 1 : 0;
    }
    return n;
}

static enum mst_status
mask_email(struct mst_slice text, struct mst_buf *out)
{
    const uint8_t *at = text.len == 0 ? NULL : memchr(text.data, '@', text.len);
    if (at == NULL || at == text.data) {
        return mst_buf_append(out, text.data, text.len);
    }
    size_t local = (size_t)(at - text.data);
    size_t first = mst_utf8_char(text.data, local);
    enum mst_status status = MST_OK;
    if (first < local) {
        status = mst_buf_append(out, text.data, first);
    }
    if (status == MST_OK) {
        status = mst_buf_append_str(out, first < local ? "***" : "*");
    }
    return status == MST_OK ? mst_buf_append(out, at, text.len - local)
                            : status;
}

/* "YYYY-MM-DD" and RFC 3339; others stay. */
static enum mst_status
mask_year(struct mst_slice text, struct mst_buf *out)
{
    int64_t ms = 0;
    bool digits = text.len >= 10;
    for (size_t i = 0; digits && i < 10; i++) {
        bool dash = i == 4 || i == 7;
        digits = dash ? text.data[i] == '-'
                      : text.data[i] >= '0' && text.data[i] <= '9';
    }
    if (digits && text.len == 10) {
        enum mst_status status = mst_buf_append(out, text.data, 4);
        return status == MST_OK ? mst_buf_append_str(out, "-01-01") : status;
    }
    if (!digits
        || mst_time_parse((const char *)text.data, text.len, &ms, NULL)
               != MST_OK) {
        return mst_buf_append(out, text.data, text.len);
    }
    char date[MST_TIME_TEXT_MAX];
    mst_time_format(mst_mask_year(ms), date);
    enum mst_status status = mst_buf_append(out, date, strlen(date) - 1);
    return status == MST_OK ? mst_buf_append_str(out, "+00:00") : status;
}

static enum mst_status
mask_hash(struct mst_slice text, const char *salt, struct mst_buf *out)
{
    uint8_t hash[MST_SHA256_LEN];
    char digits[2 * MST_SHA256_LEN];
    if (!mst_sha256(mst_slice_str(salt != NULL ? salt : ""), text, hash)) {
        return MST_FATAL;
    }
    mst_sha256_print(hash, digits);
    return mst_buf_append(out, digits, sizeof(digits));
}

enum mst_status
mst_mask_text(enum mst_mask_way way, struct mst_slice text, const char *salt,
              struct mst_buf *out)
{
    size_t n = mask_count(text);
    switch (way) {
    case MST_MASK_EMAIL:
        return mask_email(text, out);
    case MST_MASK_PHONE:
        return mask_stars(text, n > MASK_PHONE_LEFT ? n - MASK_PHONE_LEFT : 0,
                          out);
    case MST_MASK_YEAR:
        return mask_year(text, out);
    case MST_MASK_HASH:
        return mask_hash(text, salt, out);
    case MST_MASK_HIDE:
        break;
    }
    return mask_stars(text, n, out);
}
