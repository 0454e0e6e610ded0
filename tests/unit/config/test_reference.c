/* SPDX-License-Identifier: MIT */
/* The reference says what the tables say. */
#include "unit/cmocka_all.h"

#include "config/reference.h"
#include "unit/config/fakes.h"

static void
every_kind_of_option_has_its_row(void **state)
{
    (void)state;
    static const char *const rows[] = {
        "| `shutdown_timeout` | duration, 0 to 1d | `30s` | How long a stop "
        "waits for events in flight. |\n",
        "| `api.port` | integer, 0 to 65535 | `8787` | Port of the REST API; "
        "0 takes a free one. |\n",
        "| `limits.memory` | size, at least 1MiB | `256MiB` | Budget for all "
        "events in flight in all jobs. |\n",
        "### Service of provider `both`\n\n"
        "| key | type | default | meaning |\n|---|---|---|---|\n"
        "| `uri` | string | **required** | Where it is. |\n"
        "| `password` | string |  | A secret. *Secret: never shown.* |\n"
        "| `offset_seek_back_seconds` | seconds | `5` | Seconds. |\n"
        "| *any key with a dot* | string, number or boolean |  | Any dotted "
        "key. |\n",
        "### Service of provider `lines`\n\nNo keys of its own.\n",
        "### Source `both`\n\nA source of documents.\n",
        "| `follow` | boolean | `true` | A switch. |\n",
        "| `count` | integer, 1 to 100 | `7` | A number. |\n",
        "| `rate` | number | `0.5` | A rate. |\n",
        "| `limit` | size, 1KiB to 1GiB | `64MiB` | A size. |\n",
        "| `wait` | duration, 1ms to 1m | `5s` | A time. |\n",
        "| `order` | one of `ascending`, `descending` |  | A choice. |\n",
        "| `fields` | string or strings | `a, b` | A list. |\n",
        "| `collections` | strings |  | Instead of resource. *May stand "
        "instead of `resource`.* |\n",
        "| `labels` | table of strings |  | A map. |\n",
        "| `create` | table |  | A table. |\n"
        "| `create.partitions` | integer, 1 to 1000 | **required** | How "
        "many. |\n",
        "### Sink `screen`\n\nA sink to look at.\n\n"
        "`resource` may be left out.\n",
        "### `dlq`\n",
    };
    struct mst_buf out;
    mst_buf_init(&out, 1 << 20);
    assert_int_equal(mst_config_reference(&fake_registry, &out), MST_OK);
    const char *text = mst_buf_text(&out);
    assert_non_null(text);
    for (size_t i = 0; i < MST_ARRAY_SIZE(rows); i++) {
        if (strstr(text, rows[i]) == NULL) {
            fail_msg("not there:\n%s\nin:\n%s", rows[i], text);
        }
    }
    assert_null(strstr(text, "generate_encryption_key"));
    mst_buf_clear(&out);
}

static void
it_stops_at_the_buffer_s_maximum(void **state)
{
    (void)state;
    struct mst_buf out;
    mst_buf_init(&out, 1000);
    assert_int_not_equal(mst_config_reference(&fake_registry, &out), MST_OK);
    mst_buf_clear(&out);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_kind_of_option_has_its_row),
        cmocka_unit_test(it_stops_at_the_buffer_s_maximum),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
