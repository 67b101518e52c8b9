/* SPDX-License-Identifier: Apache-2.0
 * Finds the parts of a letter's file. For letter/ only.
 */
#ifndef NPIE_LETTER_FILE_SCAN_H
#define NPIE_LETTER_FILE_SCAN_H

#include <apr_pools.h>
#include <apr_time.h>

#include "base/bytes.h"
#include "letter/form.h"

/** Returns the first offset of a text at or after from; file.len: not found. */
apr_size_t npie_scan_find(npie_bytes_t file, apr_size_t from,
                          const char *text);

/** Returns the offset of a text that must occur exactly once; else file.len. */
apr_size_t npie_scan_only(npie_bytes_t file, const char *text);

/** Tells whether the text is at this offset. */
int npie_scan_holds(npie_bytes_t file, apr_size_t at, const char *text);

/**
 * Reads a decimal number of at most ten digits.
 * @param number set to it, 0 without a digit
 * @return the offset after it; at itself when there is no digit
 */
apr_size_t npie_scan_number(apr_size_t *number, npie_bytes_t file,
                            apr_size_t at);

/** Offsets of a signature dictionary of this project's form. */
typedef struct npie_scan_slot_t {
    apr_size_t head;  /**< where NPIE_FORM_SIG_HEAD begins */
    apr_size_t range; /**< of '[' */
    apr_size_t open;  /**< of '<' */
    apr_size_t after; /**< after '>' */
} npie_scan_slot_t;

/**
 * Finds the first signature dictionary at or after from.
 * @return 1; 0: none, or not of this form
 */
int npie_scan_slot(npie_scan_slot_t *slot, npie_bytes_t file, apr_size_t from);

/** The same for a dictionary that begins otherwise, with its head. */
int npie_scan_slot_of(npie_scan_slot_t *slot, npie_bytes_t file,
                      apr_size_t from, const char *head);

/**
 * Tells whether the ByteRange of a slot omits exactly its hex string.
 * @param pend set to the end of the signed part according to the ByteRange
 * @return 1; 0: it is of another form, or ends outside the file
 */
int npie_scan_range(apr_size_t *pend, npie_bytes_t file,
                    const npie_scan_slot_t *slot);

/**
 * Decodes a slot's hex string.
 * @param cms set to its bytes in p, without the zero padding after the DER
 *        value; len 0: zeros only
 * @return NULL, or the error in English
 */
const char *npie_scan_cms(npie_bytes_t *cms, npie_bytes_t hex, apr_pool_t *p);

/** Reads the time of a signature dictionary. Returns 1, or 0 without a time.
 * @param at the slot's after */
int npie_scan_time(apr_time_t *time, npie_bytes_t file, apr_size_t at,
                   apr_pool_t *p);

/** Writes a CMS of at most NPIE_LETTER_CMS_MAX bytes as hex digits. */
void npie_scan_hex_write(unsigned char *hex, npie_bytes_t cms);

/** Returns the size of the DER SEQUENCE (X.690, 8.1) at the start; 0: none of
 * definite length within the bytes. */
apr_size_t npie_scan_der_size(npie_bytes_t der);

#endif
