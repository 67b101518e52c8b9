/* SPDX-License-Identifier: Apache-2.0
 * The forms in which programs take one password, and what a form opens.
 */
#ifndef NPIE_RENEW_FORMS_H
#define NPIE_RENEW_FORMS_H

#include <apr_tables.h>
#include <openssl/types.h>

#include "renew/secret.h"

/** The most iterations of a derivation read from a file: the JDK writes up
 * to five millions, more is damage or an attack. */
#define NPIE_FORMS_ITERATIONS 6000000

/** How trying the forms ended. */
typedef enum npie_tried_t {
    NPIE_TRIED_OPEN,
    NPIE_TRIED_CLOSED,      /**< none of them opens it */
    NPIE_TRIED_UNSUPPORTED, /**< libcrypto lacks what it is encrypted with */
    NPIE_TRIED_DAMAGED      /**< its iterations are none that programs write */
} npie_tried_t;

/**
 * The forms of a password, likeliest first: as typed, composed, decomposed
 * (Unicode NFC and NFD), its UTF-8 taken for Latin-1 (OpenSSL before 1.1), in
 * Latin-1; then those without the blanks at either end. An empty one is "" or,
 * text NULL, nothing at all. libcrypto takes bytes that are no UTF-8 for
 * Latin-1 where it makes UTF-16 of them (PKCS#12,
 * RFC 7292 appendix B.1).
 * @return of npie_secret_t *, in p
 */
apr_array_header_t *npie_forms_make(const npie_secret_t *password,
                                    apr_pool_t *p);

/** Opens something with one form. @return what was inside, NULL when it did
 * not open, with the reason in libcrypto's queue */
typedef void *(*npie_forms_open_fn)(const void *thing,
                                    const npie_secret_t *form);

/**
 * Opens a thing with the first form that does.
 * @param inside set to what open() gave, NULL for none
 * @param algorithm what it is encrypted with, NULL when that is not known
 * @param forms of npie_forms_make(); the form that opened comes first after
 */
npie_tried_t npie_forms_try(void **inside, npie_forms_open_fn open,
                            const void *thing, const X509_ALGOR *algorithm,
                            apr_array_header_t *forms);

/** Is this the count of a derivation that programs write? NULL: left out */
int npie_forms_count_is_sane(const ASN1_INTEGER *count);

#endif
