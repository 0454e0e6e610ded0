/* SPDX-License-Identifier: MIT */
/*
 * std::to_chars (Ryu) and std::from_chars (Eisel-Lemire): the only C++ of
 * this folder, because C has nothing that is both exact and fast.
 */
#include "encodings/double_shim.h"

#include <charconv>

size_t
mst_double_shim_print(double value, char *out, size_t room)
{
    std::to_chars_result result = std::to_chars(out, out + room, value);
    return result.ec == std::errc() ? static_cast<size_t>(result.ptr - out) : 0;
}

int
mst_double_shim_parse(const char *text, size_t len, double *ret)
{
    double value = 0;
    std::from_chars_result result = std::from_chars(text, text + len, value);
    if (result.ec != std::errc() || result.ptr != text + len) {
        return 0;
    }
    *ret = value;
    return 1;
}
