/* SPDX-License-Identifier: MIT */
/* The end of certificates in files. */
#include "unit/cmocka_all.h"

#include <openssl/ec.h>
#include <openssl/pem.h>
#include <openssl/x509.h>
#include <stdio.h>
#include <unistd.h>

#include "base/clock.h"
#include "clients/tls_expiry.h"

/* Writes a certificate of its own that ends then; returns its path. */
static const char *
make_certificate(const char *end, char *path, size_t size)
{
    (void)snprintf(path, size, "/tmp/mst_expiry_XXXXXX");
    int fd = mkstemp(path);
    assert_true(fd >= 0);
    FILE *file = fdopen(fd, "w");
    EVP_PKEY *key = EVP_EC_gen("P-256");
    X509 *certificate = X509_new();
    assert_non_null(file);
    assert_non_null(key);
    assert_non_null(certificate);
    assert_int_equal(
        ASN1_TIME_set_string_X509(X509_getm_notAfter(certificate), end), 1);
    assert_int_equal(ASN1_TIME_set_string_X509(X509_getm_notBefore(certificate),
                                               "20200101000000Z"),
                     1);
    assert_int_equal(X509_set_pubkey(certificate, key), 1);
    assert_true(X509_sign(certificate, key, EVP_sha256()) > 0);
    assert_int_equal(PEM_write_PrivateKey(file, key, NULL, NULL, 0, NULL, NULL),
                     1);
    assert_int_equal(PEM_write_X509(file, certificate), 1);
    (void)fclose(file);
    X509_free(certificate);
    EVP_PKEY_free(key);
    return path;
}

static void
end_of_a_certificate_is_read_to_the_second(void **state)
{
    (void)state;
    static const struct {
        const char *end;
        const char *text;
    } cases[] = {
        {"20301231235958Z", "2030-12-31T23:59:58Z"},
        {"20200229000000Z", "2020-02-29T00:00:00Z"},
        {"99991231235959Z", "9999-12-31T23:59:59Z"},
    };
    for (size_t i = 0; i < MST_ARRAY_SIZE(cases); i++) {
        char path[64];
        int64_t end_ms = 0;
        assert_int_equal(mst_tls_expiry_file(
                             make_certificate(cases[i].end, path, sizeof(path)),
                             &end_ms, NULL),
                         MST_OK);
        (void)unlink(path);
        char text[MST_TIME_TEXT_MAX];
        mst_time_format(end_ms, text);
        assert_string_equal(text, cases[i].text);
    }
}

static void
file_without_a_certificate_is_named(void **state)
{
    (void)state;
    static const char *const cases[] = {"/nonexistent/a.pem", "/dev/null", "/"};
    for (size_t i = 0; i < MST_ARRAY_SIZE(cases); i++) {
        struct mst_error err;
        mst_error_clear(&err);
        int64_t end_ms = 7;
        assert_int_equal(mst_tls_expiry_file(cases[i], &end_ms, &err),
                         MST_REJECTED);
        assert_non_null(strstr(err.text, cases[i]));
        assert_int_equal(end_ms, 7);
    }
}

static void
server_that_is_not_there_is_said(void **state)
{
    (void)state;
    struct mst_error err;
    mst_error_clear(&err);
    int64_t end_ms = 0;
    assert_int_equal(mst_tls_expiry_server("127.0.0.1", 1, 1000, &end_ms, &err),
                     MST_DISCONNECTED);
    assert_non_null(strstr(err.text, "127.0.0.1:1"));
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(end_of_a_certificate_is_read_to_the_second),
        cmocka_unit_test(file_without_a_certificate_is_named),
        cmocka_unit_test(server_that_is_not_there_is_said),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
