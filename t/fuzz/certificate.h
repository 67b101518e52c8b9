/* SPDX-License-Identifier: Apache-2.0
 * What holds of every certificate that is taken.
 */
#ifndef NPIE_FUZZ_CERTIFICATE_H
#define NPIE_FUZZ_CERTIFICATE_H

#include <string.h>

#include "fuzz/fuzz.h"
#include "pki/cert.h"

static inline void fuzz_need_certificate(const npie_cert_t *cert)
{
    fuzz_need_clean(cert->common_name);
    fuzz_need_clean(cert->organization);
    fuzz_need_clean(cert->curp);
    fuzz_need_clean(cert->rfc);
    fuzz_need_clean(cert->email);
    fuzz_need_clean(cert->issuer);
    fuzz_need_clean(cert->key_type);
    fuzz_need(*cert->issuer != '\0', "an empty issuer");
    fuzz_need(*cert->rp10 == '\0' || strlen(cert->rp10) == 10, "an RP");
    fuzz_need(strlen(cert->serial) >= 2 && strlen(cert->serial) <= 40
              && strlen(cert->serial) % 2 == 0, "a serial number");
    fuzz_need(strlen(cert->spki_sha256) == 64, "a hash");
    fuzz_need(cert->public_key.data[0] == 0x03, "a public key");
}

#endif
