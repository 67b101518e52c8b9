/* SPDX-License-Identifier: Apache-2.0
 * What tokens are opened with.
 */
#ifndef NPIE_PKCS11_TYPES_H
#define NPIE_PKCS11_TYPES_H

#include "base/bytes.h"

/** The loaded modules and the tokens with a login. One thread. */
typedef struct npie_pkcs11_t npie_pkcs11_t;

/** A PIN and the name of its source. */
typedef struct npie_pkcs11_pin_t {
    const char *name;   /**< of its source, "PINFile /etc/npie/pin"; NULL: none */
    npie_bytes_t bytes; /**< content of the file; its first line is the PIN.
                             The caller cleanses it. A copy stays in locked
                             memory as long as the tokens */
} npie_pkcs11_pin_t;

#endif
