/* SPDX-License-Identifier: MIT */
/* What can be wrong with BSON bytes. Private to this folder. */
#ifndef MST_ENCODINGS_BSON_FAULT_H
#define MST_ENCODINGS_BSON_FAULT_H

/* What is wrong with a value, for the message. */
enum mst_bson_fault {
    MST_BSON_FINE = 0,
    MST_BSON_TRUNCATED,    /* the value ends behind its document */
    MST_BSON_BAD_LENGTH,   /* a length that can not be, or a missing NUL */
    MST_BSON_BAD_BOOL,     /* neither 0 nor 1 */
    MST_BSON_UNKNOWN_TYPE, /* no such type byte */
    MST_BSON_BAD_UTF8,     /* text that is not UTF-8 */
    MST_BSON_TOO_DEEP,
    MST_BSON_BAD_KEY /* a key without an end or that is not UTF-8 */
};

/* "text is not UTF-8", ... Never NULL. */
const char *mst_bson_fault_text(enum mst_bson_fault fault);

#endif
