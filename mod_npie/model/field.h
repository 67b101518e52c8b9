/* SPDX-License-Identifier: Apache-2.0
 * The fields of an employer's record: their forms and check digits.
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
 * The check digit of a registro patronal.
 * @param rp10 ten characters: letter or digit, then nine digits; upper case
 * @return '0' to '9', or 0 when rp10 has not that form
 */
char npie_field_rp_digit(const char *rp10);

/**
 * A registro patronal as people write it (blanks, hyphens and invisible
 * characters anywhere, lower case) made plain, its check digit verified.
 * @param out 11 characters and NUL; set only on success
 * @param text NUL-ended, any bytes
 * @return APR_SUCCESS or NPIE_EINPUT
 */
apr_status_t npie_field_rp(char out[NPIE_RP_SIZE], const char *text);

/** The form shown to people, "A064878710-7", in p. rp: 11 characters. */
char *npie_field_rp_display(const char *rp, apr_pool_t *p);

/** How a field's check digit came out. */
typedef enum npie_field_verdict_t {
    NPIE_FIELD_BAD,     /**< not the form at all */
    NPIE_FIELD_SUSPECT, /**< right form, wrong check digit: a warning */
    NPIE_FIELD_GOOD
} npie_field_verdict_t;

/** RFC: NUL-ended upper-case UTF-8 (Ñ is two bytes); form, real date and
 * check digit. */
npie_field_verdict_t npie_field_rfc(const char *rfc);

/** CURP: NUL-ended upper-case UTF-8; form, date, sex, entity and check digit;
 * BAD or GOOD, and SUSPECT for a wrong digit. */
npie_field_verdict_t npie_field_curp(const char *curp);

/** User name: 8 to 20 ASCII letters and digits. 1 = yes. */
int npie_field_user(const char *user);

/**
 * One e-mail address fit for SMTP and for mail headers: local part dot-atom
 * or quoted string, domain of letters-digits-hyphen labels or UTF-8 labels
 * (RFC 5321, 6531), at least two labels, no control characters, at most
 * NPIE_EMAIL_MAX bytes.
 * @param text NUL-ended
 * @return 1 yes, 0 no
 */
int npie_field_email(const char *text);

/**
 * An address for mail envelopes and headers, and for certificates (RFC 9598):
 * its domain made ASCII (IDNA2008, RFC 5891), the local part as it is, which
 * needs a server with SMTPUTF8 (RFC 6531) when it is not ASCII. Thread-safe.
 * @param pwire set to NUL-ended UTF-8 in p, without < >, at most
 *        NPIE_EMAIL_MAX bytes
 * @param address NUL ended, any bytes
 * @return APR_SUCCESS; NPIE_EINPUT (EMAIL) when it is no address or has no
 *         ASCII form
 */
apr_status_t npie_field_email_wire(const char **pwire, const char *address,
                                   npie_err_t *err, apr_pool_t *p);

/** Does an address in that form need SMTPUTF8, and SmtpUTF8Mailbox in a
 * certificate? 1 = yes. */
int npie_field_email_is_utf8(const char *wire);

/** Are two addresses the same? Local parts byte for byte, domains without
 * regard to ASCII case. 1 = yes. */
int npie_field_email_same(const char *a, const char *b);

/**
 * Ten digits of a telephone number. Blanks, hyphens, parentheses, dots and
 * invisible characters are dropped, and what was once dialled before it: +52,
 * 52 or 0052, each with or without a 1, 01, 044, 045.
 * @param out ten digits and NUL; set only on success
 * @return APR_SUCCESS or NPIE_EINPUT
 */
apr_status_t npie_field_phone(char out[11], const char *text);

/** Is this a telephone number at least as far as the world knows them: 7 to
 * 15 digits (ITU-T E.164), perhaps with a + before them? 1 = yes. */
int npie_field_phone_like(const char *text);

/** Postal code: five digits. 1 = yes. */
int npie_field_postcode(const char *text);

/** One of the 32 federal entities; strings static. */
typedef struct npie_entity_t {
    int inegi;        /**< 1 to 32 */
    const char *name; /**< UTF-8 */
    const char *curp; /**< two letters */
} npie_entity_t;

/** By INEGI number; NULL when there is none. */
const npie_entity_t *npie_entity_find(int inegi);

#endif
