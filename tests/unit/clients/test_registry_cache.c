/* SPDX-License-Identifier: MIT */
/* What is kept of a registry, and for how long. */
#include "clients/registry_cache.h"

#include <stdio.h>

#include "unit/cmocka_all.h"

static void
keep(struct registry_cache *cache, const char *key, const char *text,
     int64_t until_ms)
{
    struct mst_schema_text schema;
    mst_schema_text_init(&schema);
    assert_int_equal(mst_buf_append_str(&schema.text, text), MST_OK);
    schema.id = 7;
    registry_cache_put(cache, key, until_ms, &schema, NULL);
    mst_schema_text_clear(&schema);
}

static enum mst_status
get(struct registry_cache *cache, const char *key, int64_t now_ms,
    const char *text)
{
    struct mst_schema_text found;
    struct mst_error err;
    mst_schema_text_init(&found);
    enum mst_status status =
        registry_cache_get(cache, key, now_ms, &found, &err);
    if (status == MST_OK) {
        assert_string_equal(mst_buf_text(&found.text), text);
        assert_int_equal(found.id, 7);
    }
    mst_schema_text_clear(&found);
    return status;
}

static void
what_is_kept_is_found_until_its_time_is_over(void **state)
{
    struct registry_cache cache = {0};
    (void)state;
    keep(&cache, "ever", "a", REGISTRY_CACHE_FOR_EVER);
    keep(&cache, "latest", "b", 1000);
    assert_int_equal(get(&cache, "ever", INT64_MAX - 1, "a"), MST_OK);
    assert_int_equal(get(&cache, "latest", 999, "b"), MST_OK);
    assert_int_equal(get(&cache, "latest", 1000, "b"), MST_AGAIN);
    assert_int_equal(get(&cache, "other", 0, ""), MST_AGAIN);
    keep(&cache, "ever", "c", REGISTRY_CACHE_FOR_EVER);
    assert_int_equal(get(&cache, "ever", 0, "c"), MST_OK);
    assert_int_equal(cache.len, 1);
    registry_cache_clear(&cache);
    assert_int_equal(cache.len, 0);
    assert_int_equal(cache.bytes, 0);
}

static void
that_there_is_none_is_kept_with_its_reason(void **state)
{
    struct registry_cache cache = {0};
    struct mst_error why;
    struct mst_error err;
    struct mst_schema_text found;
    (void)state;
    mst_error_clear(&why);
    (void)mst_fail(&why, MST_REJECTED, "registry", 40403, "there is none");
    registry_cache_put(&cache, "9", 1000, NULL, &why);
    mst_schema_text_init(&found);
    assert_int_equal(registry_cache_get(&cache, "9", 0, &found, &err),
                     MST_REJECTED);
    assert_string_equal(err.text, "there is none");
    assert_int_equal(err.code, 40403);
    assert_int_equal(registry_cache_get(&cache, "9", 1000, &found, &err),
                     MST_AGAIN);
    mst_schema_text_clear(&found);
    registry_cache_clear(&cache);
}

static void
who_was_used_long_ago_makes_room(void **state)
{
    struct registry_cache cache = {0};
    char key[32];
    (void)state;
    for (int i = 0; i <= REGISTRY_CACHE_ENTRIES; i++) {
        (void)snprintf(key, sizeof(key), "%d", i);
        keep(&cache, key, "x", REGISTRY_CACHE_FOR_EVER);
        assert_int_equal(get(&cache, "0", 0, "x"), MST_OK);
    }
    assert_int_equal(cache.len, REGISTRY_CACHE_ENTRIES);
    assert_int_equal(get(&cache, "1", 0, "x"), MST_AGAIN);
    assert_int_equal(get(&cache, "2", 0, "x"), MST_OK);
    registry_cache_clear(&cache);
}

static void
bytes_are_bounded_too(void **state)
{
    enum { SIZE = 3 * 1024 * 1024 };
    struct registry_cache cache = {0};
    char *text = malloc(SIZE + 1);
    char key[32];
    (void)state;
    assert_non_null(text);
    memset(text, 'x', SIZE);
    text[SIZE] = '\0';
    for (int i = 0; i < 40; i++) {
        (void)snprintf(key, sizeof(key), "%d", i);
        keep(&cache, key, text, REGISTRY_CACHE_FOR_EVER);
        assert_true(cache.bytes <= REGISTRY_CACHE_BYTES);
    }
    assert_int_equal(get(&cache, "39", 0, text), MST_OK);
    free(text);
    registry_cache_clear(&cache);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_is_kept_is_found_until_its_time_is_over),
        cmocka_unit_test(that_there_is_none_is_kept_with_its_reason),
        cmocka_unit_test(who_was_used_long_ago_makes_room),
        cmocka_unit_test(bytes_are_bounded_too),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
