/* SPDX-License-Identifier: Apache-2.0
 * The MAC of a PFX by PBMAC1 (RFC 9579), which libcrypto verifies from
 * OpenSSL 3.4 on only.
 */
#ifndef NPIE_RENEW_PBMAC1_H
#define NPIE_RENEW_PBMAC1_H

#include <openssl/pkcs12.h>
#include <openssl/x509.h>

#include "renew/forms.h"

/** Such a MAC; views of the PFX but for kdf. */
typedef struct npie_pbmac1_t {
    PBKDF2PARAM *kdf;
    int length;           /**< of the MAC's key, bytes, 1 to 64 */
    const EVP_MD *prf;    /**< of PBKDF2 */
    const EVP_MD *digest; /**< of the HMAC */
    const ASN1_OCTET_STRING *content; /**< what the MAC is over */
    const ASN1_OCTET_STRING *value;   /**< the MAC */
} npie_pbmac1_t;

/** Is the MAC of a PFX one by PBMAC1? p12 must have a MAC. */
int npie_pbmac1_is_there(const PKCS12 *p12);

/**
 * Reads one.
 * @param content the PFX's authSafe, must outlive mac; NULL: it has none
 * @return NPIE_TRIED_OPEN: to be freed by npie_pbmac1_free();
 *         NPIE_TRIED_UNSUPPORTED: of other algorithms than PBKDF2 and HMAC;
 *         NPIE_TRIED_DAMAGED
 */
npie_tried_t npie_pbmac1_read(npie_pbmac1_t *mac, const PKCS12 *p12,
                              const PKCS7 *content);

/** Does it hold with this form of the password, as UTF-8? */
int npie_pbmac1_holds(const npie_pbmac1_t *mac, const npie_secret_t *form);

void npie_pbmac1_free(npie_pbmac1_t *mac);

#endif
