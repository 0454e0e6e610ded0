/* SPDX-License-Identifier: MIT */
/* Why a value is refused. Private. */
#ifndef MST_ENCODINGS_AVRO_FAULT_H
#define MST_ENCODINGS_AVRO_FAULT_H

struct avro_op;

enum avro_fault {
    AVRO_FINE = 0,
    AVRO_WRONG_TYPE,   /* this type never becomes that one */
    AVRO_OUT_OF_RANGE, /* too large for it */
    AVRO_NOT_WHOLE,    /* a fraction */
    AVRO_INEXACT,      /* would be rounded */
    AVRO_TOO_FINE,     /* for the unit of a time */
    AVRO_WRONG_LENGTH, /* of a fixed */
    AVRO_NO_SYMBOL,    /* not one of the enum's */
    AVRO_NO_BRANCH,    /* of the union takes it */
    AVRO_ABSENT,       /* a field without a default */
    AVRO_UNKNOWN,      /* a field that the schema does not have */
    AVRO_TWICE,        /* a field */
    AVRO_BAD_TEXT,     /* not UTF-8 */
    AVRO_BAD_TIME,     /* a text that is no time */
    AVRO_BAD_UUID,
    AVRO_BAD_DECIMAL, /* a text that is no number */
    AVRO_BAD_LATIN,   /* a text that is not ISO-8859-1 */
    AVRO_INCREMENT,   /* of a timestamp, would be dropped */
    AVRO_MALFORMED,   /* the input's bytes */
    AVRO_TOO_DEEP,
    AVRO_TOO_LARGE,
    AVRO_TOO_MUCH, /* work for its length */
    AVRO_NO_MEMORY,
    /* Of data only: */
    AVRO_BAD_INDEX,    /* of an enum or union */
    AVRO_BAD_COUNT,    /* of a block */
    AVRO_BAD_NUL,      /* in a name, which BSON closes by one */
    AVRO_WRAPPER_NAME, /* one of Extended JSON's */
    AVRO_SUB_MILLIS,
    AVRO_NOT_DOCUMENT,
    AVRO_TRAILING /* bytes behind the datum */
};

/* "the number is out of range", ... Never NULL. */
const char *avro_fault_text(enum avro_fault fault);

#endif
