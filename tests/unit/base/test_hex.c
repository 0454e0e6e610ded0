/* SPDX-License-Identifier: MIT */
/* Hexadecimal digits of either case, and nothing else. */
#include "unit/cmocka_all.h"

#include "base/hex.h"

static void
every_byte_has_its_value_or_none(void **state)
{
    (void)state;
    static const char lower[] = "0123456789abcdef";
    static const char upper[] = "0123456789ABCDEF";
    for (int c = 0; c < 256; c++) {
        int wanted = -1;
        for (int i = 0; i < 16; i++) {
            wanted = lower[i] == c || upper[i] == c ? i : wanted;
        }
        assert_int_equal(mst_hex_digit((uint8_t)c), wanted);
    }
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_byte_has_its_value_or_none),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
