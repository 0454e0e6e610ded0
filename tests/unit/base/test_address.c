/* SPDX-License-Identifier: MIT */
/* Addresses of both families: read, compared and shown. */
#include "unit/cmocka_all.h"

#include "base/address.h"

static void
addresses_are_read_shown_and_told_apart(void **state)
{
    static const struct {
        const char *host;
        const char *shown; /* NULL: it is none */
        bool loopback;
    } cases[] = {
        {"127.0.0.1", "127.0.0.1", true},
        {"127.255.0.9", "127.255.0.9", true},
        {"localhost", "127.0.0.1", true},
        {"::1", "::1", true},
        {"0:0:0:0:0:0:0:1", "::1", true},
        {"::ffff:127.0.0.1", "127.0.0.1", true},
        {"0.0.0.0", "0.0.0.0", false},
        {"10.1.2.3", "10.1.2.3", false},
        {"::", "::", false},
        {"::2", "::2", false},
        {"::127.0.0.1", "::127.0.0.1", false},
        {"::ffff:10.0.0.1", "10.0.0.1", false},
        {"2001:DB8::1", "2001:db8::1", false},
        {"", NULL, false},
        {"[::1]", NULL, false},
        {"127.1", NULL, false},
        {"127.0.0.1 ", NULL, false},
        {"example.org", NULL, false},
        {"LOCALHOST", NULL, false},
        {"::1%lo", NULL, false},
    };
    (void)state;
    for (size_t i = 0; i < MST_ARRAY_SIZE(cases); i++) {
        struct mst_address address;
        char text[MST_ADDRESS_TEXT_MAX];
        bool is = mst_address_parse(cases[i].host, 8787, &address);
        assert_int_equal(is, cases[i].shown != NULL);
        if (is) {
            mst_address_text(&address, text);
            assert_string_equal(text, cases[i].shown);
            assert_int_equal(mst_address_is_loopback(&address),
                             cases[i].loopback);
            assert_int_equal(mst_address_port(&address), 8787);
        }
    }
}

static void
one_host_is_the_same_in_both_families_and_on_all_ports(void **state)
{
    static const struct {
        const char *left;
        const char *right;
        bool same;
    } cases[] = {
        {"10.0.0.1", "10.0.0.1", true},  {"10.0.0.1", "::ffff:10.0.0.1", true},
        {"10.0.0.1", "10.0.0.2", false}, {"::1", "::1", true},
        {"::1", "127.0.0.1", false},     {"::10.0.0.1", "10.0.0.1", false},
    };
    (void)state;
    for (size_t i = 0; i < MST_ARRAY_SIZE(cases); i++) {
        struct mst_address left;
        struct mst_address right;
        assert_true(mst_address_parse(cases[i].left, 1, &left));
        assert_true(mst_address_parse(cases[i].right, 2, &right));
        assert_int_equal(mst_address_same_host(&left, &right), cases[i].same);
        assert_int_equal(mst_address_same_host(&right, &left), cases[i].same);
    }
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(addresses_are_read_shown_and_told_apart),
        cmocka_unit_test(
            one_host_is_the_same_in_both_families_and_on_all_ports),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
