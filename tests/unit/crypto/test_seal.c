/* SPDX-License-Identifier: MIT */
/* What is sealed opens as what it was, or not at all. */
#include "unit/crypto/ring_fixture.h"

#include "crypto/seal.h"

/* {"a":1} of service orders, revision 7, with RING_KEY_1: put together by
 * another program. Never changed: it stands for what is stored. */
static const char stored[] =
    "4d535331d748b86c693fbf13000102030405060708090a0b0c0d0e0f10111213141516"
    "1746bb5ed1c7e05f85568fcc82c5826ee8a343134bd6bc9e";

static const struct mst_seal_label orders = {MST_RECORD_SERVICE, "orders", 7};

static struct mst_keyring *
open_ring(void **state)
{
    ring_write(*state, RING_KEY_1);
    return ring_open(*state);
}

static enum mst_status
unseal(struct mst_keyring *ring, const struct mst_seal_label *label,
       struct mst_slice sealed, const char *expected)
{
    struct mst_slice text = MST_SLICE_NONE;
    struct mst_error err;
    mst_error_clear(&err);
    enum mst_status status = mst_unseal(ring, label, sealed, &text, &err);
    if (status == MST_OK) {
        assert_non_null(expected);
        assert_true(mst_slice_is(text, expected));
        assert_int_equal(text.data[text.len], '\0');
        mst_unsealed_clear(&text);
    } else {
        assert_null(text.data);
        assert_int_equal(status, MST_FATAL);
        assert_true(err.retry_after_ms < 0);
        assert_true(err.hint[0] != '\0');
    }
    mst_unsealed_clear(&text);
    return status;
}

static void
seal(struct mst_keyring *ring, const struct mst_seal_label *label,
     const char *text, struct mst_buf *out)
{
    struct mst_error err = {.status = MST_OK};
    mst_buf_init(out, MST_RECORD_BODY_MAX);
    if (mst_seal(ring, label, mst_slice_str(text), out, &err) != MST_OK) {
        fail_msg("%s", err.text);
    }
}

static void
what_is_stored_opens_for_ever(void **state)
{
    struct mst_keyring *ring = open_ring(state);
    uint8_t sealed[(sizeof(stored) - 1) / 2];
    for (size_t i = 0; i < sizeof(sealed); i++) {
        unsigned byte = 0;
        assert_int_equal(sscanf(stored + 2 * i, "%2x", &byte), 1);
        sealed[i] = (uint8_t)byte;
    }
    assert_int_equal(unseal(ring, &orders, mst_slice_of(sealed, sizeof(sealed)),
                            "{\"a\":1}"),
                     MST_OK);
    mst_keyring_close(ring);
}

static void
what_is_sealed_opens_again_and_shows_nothing(void **state)
{
    struct mst_keyring *ring = open_ring(state);
    char *large = malloc(300001);
    assert_non_null(large);
    memset(large, 's', 300000);
    large[300000] = '\0';
    const char *texts[] = {"", "x", "{\"password\":\"canary\"}", large};
    for (size_t i = 0; i < MST_ARRAY_SIZE(texts); i++) {
        struct mst_buf one;
        struct mst_buf two;
        seal(ring, &orders, texts[i], &one);
        seal(ring, &orders, texts[i], &two);
        assert_false(mst_slice_equal(mst_buf_slice(&one), mst_buf_slice(&two)));
        assert_null(memmem(one.data, one.len, "canary", 6));
        assert_int_equal(unseal(ring, &orders, mst_buf_slice(&one), texts[i]),
                         MST_OK);
        assert_int_equal(unseal(ring, &orders, mst_buf_slice(&two), texts[i]),
                         MST_OK);
        mst_buf_clear(&one);
        mst_buf_clear(&two);
    }
    free(large);
    mst_keyring_close(ring);
}

static void
a_record_opens_in_no_other_place(void **state)
{
    static const struct mst_seal_label others[] = {
        {MST_RECORD_JOB, "orders", 7},
        {MST_RECORD_DESIRED, "orders", 7},
        {MST_RECORD_SERVICE, "order", 7},
        {MST_RECORD_SERVICE, "orderz", 7},
        {MST_RECORD_SERVICE, "", 7},
        {MST_RECORD_SERVICE, "orders", 6},
        {MST_RECORD_SERVICE, "orders", 7 | UINT64_C(1) << 63},
    };
    struct mst_keyring *ring = open_ring(state);
    struct mst_buf sealed;
    seal(ring, &orders, "text", &sealed);
    for (size_t i = 0; i < MST_ARRAY_SIZE(others); i++) {
        assert_int_equal(unseal(ring, &others[i], mst_buf_slice(&sealed), NULL),
                         MST_FATAL);
    }
    assert_int_equal(unseal(ring, &orders, mst_buf_slice(&sealed), "text"),
                     MST_OK);
    mst_buf_clear(&sealed);
    mst_keyring_close(ring);
}

static void
what_was_changed_does_not_open(void **state)
{
    struct mst_keyring *ring = open_ring(state);
    struct mst_buf sealed;
    seal(ring, &orders, "text", &sealed);
    for (size_t bit = 0; bit < 8 * sealed.len; bit++) {
        sealed.data[bit / 8] ^= (uint8_t)(1U << bit % 8);
        assert_int_equal(unseal(ring, &orders, mst_buf_slice(&sealed), NULL),
                         MST_FATAL);
        sealed.data[bit / 8] ^= (uint8_t)(1U << bit % 8);
    }
    for (size_t len = 0; len < sealed.len; len++) {
        assert_int_equal(
            unseal(ring, &orders, mst_slice_of(sealed.data, len), NULL),
            MST_FATAL);
    }
    assert_int_equal(unseal(ring, &orders, MST_SLICE_NONE, NULL), MST_FATAL);
    assert_int_equal(mst_buf_append(&sealed, "x", 1), MST_OK);
    assert_int_equal(unseal(ring, &orders, mst_buf_slice(&sealed), NULL),
                     MST_FATAL);
    sealed.len--;
    assert_int_equal(unseal(ring, &orders, mst_buf_slice(&sealed), "text"),
                     MST_OK);
    mst_buf_clear(&sealed);
    mst_keyring_close(ring);
}

static void
a_wrong_key_is_named(void **state)
{
    struct mst_keyring *ring = open_ring(state);
    struct mst_buf sealed;
    struct mst_slice text = MST_SLICE_NONE;
    struct mst_error err;
    char id[MST_KEY_ID_TEXT_MAX];
    seal(ring, &orders, "text", &sealed);
    mst_keyring_close(ring);
    ring_write(*state, RING_KEY_2 "\n");
    ring = ring_open(*state);
    assert_int_equal(
        mst_unseal(ring, &orders, mst_buf_slice(&sealed), &text, &err),
        MST_FATAL);
    assert_true(mst_seal_key_id(mst_buf_slice(&sealed), id));
    assert_non_null(strstr(err.text, id));
    assert_non_null(strstr(err.text, "'orders'"));
    assert_non_null(strstr(err.text, "mstream.key"));
    /* With the key back it opens: it is read at once. */
    ring_write(*state, RING_KEY_1 "\n" RING_KEY_2 "\n");
    assert_int_equal(unseal(ring, &orders, mst_buf_slice(&sealed), "text"),
                     MST_OK);
    mst_buf_clear(&sealed);
    mst_keyring_close(ring);
}

static void
what_no_record_holds_is_refused(void **state)
{
    struct mst_keyring *ring = open_ring(state);
    char name[MST_RECORD_NAME_MAX + 2];
    struct mst_seal_label label = {MST_RECORD_SERVICE, name, 1};
    struct mst_buf sealed;
    struct mst_error err;
    char *large = calloc(1, MST_RECORD_BODY_MAX);
    assert_non_null(large);
    memset(name, 'n', sizeof(name));
    name[sizeof(name) - 1] = '\0';
    mst_buf_init(&sealed, MST_RECORD_BODY_MAX);
    assert_int_equal(
        mst_seal(ring, &label, MST_SLICE_LIT("text"), &sealed, &err),
        MST_REJECTED);
    name[sizeof(name) - 2] = '\0';
    assert_int_equal(mst_seal(ring, &label,
                              mst_slice_of(large, MST_RECORD_BODY_MAX), &sealed,
                              &err),
                     MST_REJECTED);
    assert_int_equal(sealed.len, 0);
    assert_int_equal(
        mst_seal(ring, &label, MST_SLICE_LIT("text"), &sealed, &err), MST_OK);
    assert_int_equal(unseal(ring, &label, mst_buf_slice(&sealed), "text"),
                     MST_OK);
    mst_buf_clear(&sealed);
    free(large);
    mst_keyring_close(ring);
}

static void
bytes_of_any_kind_are_refused_in_words(void **state)
{
    enum { ROUNDS = 3000, LONGEST = 120 };
    struct mst_keyring *ring = open_ring(state);
    struct mst_buf sealed;
    uint64_t random = 88172645463325252U;
    uint8_t bytes[LONGEST];
    seal(ring, &orders, "text", &sealed);
    for (int round = 0; round < ROUNDS; round++) {
        size_t len = 0;
        for (; len < LONGEST; len++) {
            random ^= random << 13;
            random ^= random >> 7;
            random ^= random << 17;
            bytes[len] = (uint8_t)(random >> 32);
        }
        len = bytes[0] % LONGEST;
        /* Half of them begin well. */
        if (round % 2 == 0 && len > 12) {
            memcpy(bytes, sealed.data, 12);
        }
        assert_int_equal(unseal(ring, &orders, mst_slice_of(bytes, len), NULL),
                         MST_FATAL);
    }
    mst_buf_clear(&sealed);
    mst_keyring_close(ring);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        ring_test(what_is_stored_opens_for_ever),
        ring_test(what_is_sealed_opens_again_and_shows_nothing),
        ring_test(a_record_opens_in_no_other_place),
        ring_test(what_was_changed_does_not_open),
        ring_test(a_wrong_key_is_named),
        ring_test(what_no_record_holds_is_refused),
        ring_test(bytes_of_any_kind_are_refused_in_words),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
