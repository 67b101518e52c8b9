/* SPDX-License-Identifier: Apache-2.0
 * The fields of an employer's record: formats and check digits.
 */
#ifndef NPIE_MODEL_FIELD_H
#define NPIE_MODEL_FIELD_H

#include <apr_pools.h>

#include "base/status.h"

/** Sizes in bytes with the NUL. */
#define NPIE_RP_SIZE 12   /**< registro patronal with check digit */
#define NPIE_RP10_SIZE 11 /**< the same without */
#define NPIE_USER_MIN 8   /**< characters */
#define NPIE_USER_MAX 20
#define NPIE_EMAIL_MAX 254 /**< bytes, RFC 5321 section 4.5.3.1.3 */
#define NPIE_HOLDER_MAX 100  /**< characters of a colleague's name */
#define NPIE_PURPOSE_MAX 100 /**< characters */

/**
 * Computes the check digit of a registro patronal.
 * @param rp10 ten characters: letter or digit, then nine digits; upper case
 * @return '0' to '9', or 0: rp10 is malformed
 */
char npie_field_rp_digit(const char *rp10);

/**
 * Normalises a registro patronal as people write it (blanks, hyphens and
 * invisible characters anywhere, lower case) and verifies its check digit.
 * @param out 11 characters and NUL; set only on success
 * @param text NUL-ended, any bytes
 * @return APR_SUCCESS or NPIE_EINPUT
 */
apr_status_t npie_field_rp(char out[NPIE_RP_SIZE], const char *text);

/** Formats a registro patronal for display, "A064878710-7", in p. rp: 11
 * characters, or 10 of which npie_field_rp_digit() knows the eleventh. */
char *npie_field_rp_display(const char *rp, apr_pool_t *p);

/** Result of checking a field. */
typedef enum npie_field_verdict_t {
    NPIE_FIELD_BAD,     /**< malformed */
    NPIE_FIELD_SUSPECT, /**< well formed, wrong check digit: a warning */
    NPIE_FIELD_GOOD
} npie_field_verdict_t;

/** Checks an RFC: format, date and check digit. NUL-ended upper-case UTF-8 (Ñ
 * is two bytes). */
npie_field_verdict_t npie_field_rfc(const char *rfc);

/** Checks a CURP: format, date, sex, entity and check digit (SUSPECT).
 * NUL-ended upper-case UTF-8. */
npie_field_verdict_t npie_field_curp(const char *curp);

/** Checks a user name: 8 to 20 ASCII letters and digits. 1 = yes. */
int npie_field_user(const char *user);

/**
 * Checks an e-mail address for SMTP and mail headers: the local part is a
 * dot-atom or a quoted string; the domain has at least two labels of letters,
 * digits and hyphens, or of UTF-8 (RFC 5321, 6531); no control characters; at
 * most NPIE_EMAIL_MAX bytes.
 * @param text NUL-ended
 * @return 1 yes, 0 no
 */
int npie_field_email(const char *text);

/**
 * Converts an address for mail envelopes, headers and certificates (RFC 9598):
 * the domain becomes A-labels (IDNA2008, RFC 5891), the local part stays. A
 * local part that is not ASCII needs a server with SMTPUTF8 (RFC 6531).
 * Thread-safe.
 * @param pwire set to NUL-ended UTF-8 in p, not enclosed in < >, at most
 *        NPIE_EMAIL_MAX bytes
 * @param address NUL ended, any bytes
 * @return APR_SUCCESS; NPIE_EINPUT (EMAIL): malformed, or the domain has no
 *         A-labels
 */
apr_status_t npie_field_email_wire(const char **pwire, const char *address,
                                   npie_err_t *err, apr_pool_t *p);

/** Tells whether a converted address needs SMTPUTF8, and SmtpUTF8Mailbox in a
 * certificate. 1 = yes. */
int npie_field_email_is_utf8(const char *wire);

/** Compares two addresses: local parts byte for byte, domains without regard to
 * ASCII case. 1 = equal. */
int npie_field_email_same(const char *a, const char *b);

/**
 * Normalises a telephone number to ten digits. Removes blanks, hyphens,
 * parentheses, dots and invisible characters, and the prefixes +52, 52 and 0052
 * (each with or without a 1), 01, 044 and 045.
 * @param out ten digits and NUL; set only on success
 * @return APR_SUCCESS or NPIE_EINPUT
 */
apr_status_t npie_field_phone(char out[11], const char *text);

/** Checks an international telephone number (ITU-T E.164): 7 to 15 digits, with
 * or without a leading +. 1 = yes. */
int npie_field_phone_like(const char *text);

/** Checks a postal code: five digits. 1 = yes. */
int npie_field_postcode(const char *text);

/** One of the 32 federal entities; strings static. */
typedef struct npie_entity_t {
    int inegi;        /**< 1 to 32 */
    const char *name; /**< UTF-8 */
    const char *curp; /**< two letters */
} npie_entity_t;

/** Finds an entity by INEGI number; NULL: none. */
const npie_entity_t *npie_entity_find(int inegi);

#endif
