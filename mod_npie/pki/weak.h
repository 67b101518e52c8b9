/* SPDX-License-Identifier: Apache-2.0
 * RSA keys from generators that are known to be broken. Whoever has the
 * public key can work out the private one.
 */
#ifndef NPIE_PKI_WEAK_H
#define NPIE_PKI_WEAK_H

#include <apr_pools.h>
#include <openssl/types.h>

#include "base/status.h"

/** Where lists of known keys are looked for: the folder of the package
 * openssl-blacklist. */
#define NPIE_WEAK_KEYS "/usr/share/openssl-blacklist"

/** Keys whose private halves are public, such as those that Debian's OpenSSL
 * made from 2006 to 2008 (CVE-2008-0166). Read-only after loading: threads
 * may share it. */
typedef struct npie_weak_list_t npie_weak_list_t;

/**
 * Loads every file blacklist.RSA-* of a folder: one key a line, the last 20
 * hex digits of the SHA-1 of "Modulus=" and the modulus in upper-case hex and
 * a line end; a line that begins with # is a comment.
 * @param plist set to NULL when the folder does not exist or has no such file
 * @param p the list lives as long
 * @return APR_SUCCESS; NPIE_ECONFIG with file and line
 */
apr_status_t npie_weak_list_load(npie_weak_list_t **plist, const char *dir,
                                 npie_err_t *err, apr_pool_t *p);

/**
 * Judges a modulus: primes that Fermat's method finds in a hundred rounds;
 * the form that Infineon's library gave them (ROCA, CVE-2017-15361); a key of
 * the list. Thread-safe.
 * @param list may be NULL
 * @return NULL, or what is wrong with it; static English
 */
const char *npie_weak_rsa(const BIGNUM *n, const npie_weak_list_t *list);

#endif
