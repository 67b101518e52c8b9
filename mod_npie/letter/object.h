/* SPDX-License-Identifier: Apache-2.0
 * Objects of a letter's file, and sections appended to it (ISO 32000-1,
 * 7.5.6). For letter/ only.
 */
#ifndef NPIE_LETTER_OBJECT_H
#define NPIE_LETTER_OBJECT_H

#include "letter/file_scan.h"

/** A section to be appended, with a signature in progress: a seal, or a
 * timestamp. */
typedef struct npie_seal_t {
    npie_bytes_t section;        /**< bytes to append, in the pool */
    npie_bytes_t signed_part[3]; /**< views: the file, and the section
                                      before and after its /Contents
                                      string */
    unsigned char *hex;          /**< the digits of that string */
} npie_seal_t;

/** How an object of an appended section begins after its number, and ends. */
#define NPIE_OBJECT_BEGIN " 0 obj\n<<\n"
#define NPIE_OBJECT_END ">>\nendobj\n"

/** A view of file from one place to another. */
npie_bytes_t npie_object_between(npie_bytes_t file, apr_size_t from,
                                 apr_size_t to);

/** A copy with NUL, in p. */
char *npie_object_text(npie_bytes_t bytes, apr_pool_t *p);

/** The object in which a place lies: its number and its entries.
 * @return 1 found */
int npie_object_enclosing(apr_size_t *number, npie_bytes_t *body,
                          npie_bytes_t file, apr_size_t at);

/** The entries of an object by its number. @return 1 found, once */
int npie_object_entries(npie_bytes_t *body, npie_bytes_t file,
                        apr_size_t number, apr_pool_t *p);

/** The number that follows a text in a piece of the file; 0 when the text is
 * not there just once. */
apr_size_t npie_object_number_after(npie_bytes_t piece, const char *text);

/** A letter's trailer; views. */
typedef struct npie_object_trailer_t {
    npie_bytes_t before; /**< entries up to its Size */
    npie_bytes_t after;  /**< and after it */
    apr_size_t size;     /**< number of the first new object */
    apr_size_t table;    /**< place of the cross-reference table */
} npie_object_trailer_t;

/** @return NULL, or why there is none, English */
const char *npie_object_trailer(npie_object_trailer_t *trailer,
                                npie_bytes_t letter);

/** A trailer for a section: its Size, the table before it, and its own. */
const char *npie_object_trailer_text(const npie_object_trailer_t *trailer,
                                     apr_size_t size, apr_size_t previous,
                                     apr_size_t table, apr_pool_t *p);

/**
 * Puts a section together around an empty /Contents string, and writes the
 * ByteRange.
 * @param file what it is appended to; kept as a view
 * @param head up to '<', with NPIE_FORM_RANGE_SIZE blanks at range
 * @param tail from after '>' to the end
 */
npie_seal_t *npie_object_section(npie_bytes_t file, npie_bytes_t head,
                                 apr_size_t range, npie_bytes_t tail,
                                 apr_pool_t *p);

#endif
