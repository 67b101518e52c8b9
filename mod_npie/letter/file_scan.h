/* SPDX-License-Identifier: Apache-2.0
 * Finding the parts of a letter's file. For this room alone.
 */
#ifndef NPIE_LETTER_FILE_SCAN_H
#define NPIE_LETTER_FILE_SCAN_H

#include "letter/form.h"

/** First place of a text at or after from; file.len when there is none. */
apr_size_t npie_scan_find(npie_bytes_t file, apr_size_t from,
                          const char *text);

/** The place of a text that must occur exactly once; else file.len. */
apr_size_t npie_scan_only(npie_bytes_t file, const char *text);

/** Does the text stand there? */
int npie_scan_holds(npie_bytes_t file, apr_size_t at, const char *text);

/**
 * Reads a decimal number of at most ten digits.
 * @param number set to it, 0 without a digit
 * @return the place after it; at itself when there is no digit
 */
apr_size_t npie_scan_number(apr_size_t *number, npie_bytes_t file,
                            apr_size_t at);

/** A signature dictionary of our form: places in the file. */
typedef struct npie_scan_slot_t {
    apr_size_t head;  /**< where NPIE_FORM_SIG_HEAD begins */
    apr_size_t range; /**< of '[' */
    apr_size_t open;  /**< of '<' */
    apr_size_t after; /**< after '>' */
} npie_scan_slot_t;

/**
 * Finds the first signature dictionary at or after from.
 * @return 1; 0: there is none, or it is not of our form
 */
int npie_scan_slot(npie_scan_slot_t *slot, npie_bytes_t file, apr_size_t from);

/**
 * Does the ByteRange of a slot leave out just its hex string?
 * @param pend set to where it says that the signed part ends
 * @return 1; 0: it is of another form, or ends outside the file
 */
int npie_scan_range(apr_size_t *pend, npie_bytes_t file,
                    const npie_scan_slot_t *slot);

/**
 * Decodes a slot's hex string.
 * @param cms set to its bytes in p, zero padding cut at the DER length; len 0
 *        when there are zeros alone
 * @return NULL, or what is wrong with it, English
 */
const char *npie_scan_cms(npie_bytes_t *cms, npie_bytes_t hex, apr_pool_t *p);

/** Reads the time of a signature dictionary; 1: there is one.
 * @param at the slot's after */
int npie_scan_time(apr_time_t *time, npie_bytes_t file, apr_size_t at,
                   apr_pool_t *p);

/** Writes a CMS of at most NPIE_LETTER_CMS_MAX bytes as hex digits. */
void npie_scan_hex_write(unsigned char *hex, npie_bytes_t cms);

/** Bytes of the DER SEQUENCE (X.690, 8.1) at the start; 0 when there is none
 * of definite length inside the bytes. */
apr_size_t npie_scan_der_size(npie_bytes_t der);

#endif
