/* SPDX-License-Identifier: MIT */
/* Words for what is wrong. */
#include "encodings/avro/fault.h"

#include <stddef.h>

#include "base/macros.h"

static const char *const fault_texts[] = {
    [AVRO_FINE] = "nothing is wrong",
    [AVRO_WRONG_TYPE] = "no such value can be in it",
    [AVRO_OUT_OF_RANGE] = "the value is outside of its range",
    [AVRO_NOT_WHOLE] = "the number is not whole",
    [AVRO_INEXACT] = "it would be rounded (lossy_numbers permits it)",
    [AVRO_TOO_FINE] = "it would be rounded to the unit of the type",
    [AVRO_WRONG_LENGTH] = "the length is not that of the type",
    [AVRO_NO_SYMBOL] = "the text is none of the symbols",
    [AVRO_NO_BRANCH] = "no branch takes the value as it is",
    [AVRO_ABSENT] = "the field is absent and has no default",
    [AVRO_UNKNOWN] = "the schema does not have the field",
    [AVRO_TWICE] = "the document has the field twice",
    [AVRO_BAD_TEXT] = "the text is not valid UTF-8",
    [AVRO_BAD_TIME] = "the text is no such time",
    [AVRO_BAD_UUID] = "the value is no UUID",
    [AVRO_BAD_DECIMAL] = "the text is no decimal number of up to 34 digits",
    [AVRO_BAD_LATIN] = "the text has characters above U+00FF",
    [AVRO_INCREMENT] = "its increment would be lost (lossy_numbers drops it)",
    [AVRO_MALFORMED] = "malformed, or the bytes end inside",
    [AVRO_TOO_DEEP] = "more than 200 values inside each other",
    [AVRO_TOO_LARGE] = "the output is larger than it may be",
    [AVRO_TOO_MUCH] = "too much work for so few bytes",
    [AVRO_NO_MEMORY] = "no memory",
    [AVRO_BAD_INDEX] = "the index is none of the schema's",
    [AVRO_BAD_COUNT] = "the count of items can not be",
    [AVRO_BAD_NUL] = "a name with a NUL in it can not be in BSON",
    [AVRO_WRAPPER_NAME] =
        ("its name is one of Extended JSON's type wrappers, so the text would "
         "read back as something else"),
    [AVRO_SUB_MILLIS] = "the time is no whole number of milliseconds",
    [AVRO_NOT_DOCUMENT] = "a value of this type is no document",
    [AVRO_TRAILING] = "there are bytes behind the end of the datum",
};

const char *
avro_fault_text(enum avro_fault fault)
{
    return (size_t)fault < MST_ARRAY_SIZE(fault_texts) ? fault_texts[fault]
                                                       : "unknown fault";
}
