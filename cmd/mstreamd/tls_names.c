/* SPDX-License-Identifier: MIT */
/*
 * Debian's libcivetweb loads OpenSSL by names that OpenSSL 3 does not have:
 * "libssl.so" is there with the development package only, and
 * SSL_get_peer_certificate is called SSL_get1_peer_certificate. Without this
 * the daemon can not serve TLS. Calls of other libraries pass unchanged.
 */
#include <dlfcn.h>
#include <stddef.h>
#include <string.h>

typedef void *(*names_open)(const char *name, int flags);
typedef void *(*names_symbol)(void *handle, const char *symbol);

/* The real one; dlvsym is the one that is not replaced here. */
static void *
names_real(const char *symbol)
{
    return dlvsym(RTLD_NEXT, symbol, "GLIBC_2.34");
}

void *
dlopen(const char *file, int mode)
{
    names_open real = NULL;
    void *found = names_real("dlopen");
    memcpy(&real, &found, sizeof(real));
    if (real == NULL) {
        return NULL;
    }
    if (file != NULL && strcmp(file, "libssl.so") == 0) {
        file = "libssl.so.3";
    } else if (file != NULL && strcmp(file, "libcrypto.so") == 0) {
        file = "libcrypto.so.3";
    }
    return real(file, mode);
}

void *
dlsym(void *handle, const char *name)
{
    names_symbol real = NULL;
    void *found = names_real("dlsym");
    memcpy(&real, &found, sizeof(real));
    if (real == NULL) {
        return NULL;
    }
    if (strcmp(name, "SSL_get_peer_certificate") == 0) {
        name = "SSL_get1_peer_certificate";
    }
    return real(handle, name);
}
