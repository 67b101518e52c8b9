/* SPDX-License-Identifier: Apache-2.0
 * Whether bytes are the distinguished encoding (X.690 section 10) of anything.
 */
#ifndef NPIE_PKI_DER_H
#define NPIE_PKI_DER_H

#include "base/bytes.h"

/**
 * Is this one value in DER, to its last byte? libcrypto reads BER as well, and
 * keeps what it read: two byte strings, with a hash each, would pass for one
 * certificate. Looked at are tags, lengths, and the contents of BOOLEAN,
 * INTEGER, ENUMERATED, BIT STRING, NULL and OBJECT IDENTIFIER; not the order
 * of a SET OF, nor DEFAULT values that are written out, both of which
 * authorities get wrong, nor what is wrapped in a BIT or OCTET STRING.
 * @return 1, or 0
 */
int npie_der_is_canonical(npie_bytes_t bytes);

#endif
