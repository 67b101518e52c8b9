/* SPDX-License-Identifier: Apache-2.0
 * Certificates of any shape, right or wrong, and the openssl program as a
 * judge from outside. What goes wrong here ends the program.
 */
#ifndef NPIE_UNIT_FORGE_H
#define NPIE_UNIT_FORGE_H

#include <apr_tables.h>

#include "unit/identity.h"

#define FORGE_ENTRIES 8
#define FORGE_EXTENSIONS 8

/** One attribute of a subject. */
typedef struct forge_entry_t {
    int nid;
    int type;          /**< V_ASN1_..., written without any check */
    const char *value;
    int len;           /**< 0: up to the NUL */
} forge_entry_t;

/** One extension, in the words of openssl.cnf. */
typedef struct forge_extension_t {
    const char *name;
    const char *value;
} forge_extension_t;

/** What a certificate says. */
typedef struct forge_t {
    const char *common_name; /**< written first, as UTF8String; may be NULL */
    forge_entry_t entries[FORGE_ENTRIES];
    forge_extension_t extensions[FORGE_EXTENSIONS];
    const identity_t *issuer; /**< NULL: the certificate is self-signed */
    const char *issuer_name;  /**< common name of the issuer, when it differs */
    const EVP_MD *md;         /**< NULL: SHA-256 */
    const char *serial;       /**< hex, may begin with '-'; NULL: 1 */
    int from, until;          /**< days from now; both 0: -30 and 30 */
} forge_t;

/** Extensions of a CA and of an employer's certificate. */
#define FORGE_CA                                                             \
    { { "basicConstraints", "critical,CA:TRUE" },                            \
      { "keyUsage", "critical,keyCertSign,cRLSign" },                        \
      { "subjectKeyIdentifier", "hash" } }
#define FORGE_LEAF                                                           \
    { { "basicConstraints", "critical,CA:FALSE" },                           \
      { "keyUsage", "critical,digitalSignature,nonRepudiation" },            \
      { "subjectKeyIdentifier", "hash" } }

/** Gives a key a certificate. */
void forge_certificate(identity_t *id, const forge_t *forge, apr_pool_t *p);

/** extendedKeyUsage of the institute's seal; that of mail is for poppler. */
#define FORGE_SEAL_USAGE "1.3.6.1.5.5.7.3.36,emailProtection"
/** A key with a certificate for seals, ten days old.
 * @param usage extendedKeyUsage in the words of openssl.cnf */
identity_t *forge_seal(const identity_t *ca, const char *usage,
                       apr_pool_t *p);

/** Writes bytes to a new file of that name in a folder of this process that
 * the pool removes. Returns its path. */
const char *forge_file(const char *name, npie_bytes_t bytes, apr_pool_t *p);

/** The path of a file of that name in that folder. */
const char *forge_path(const char *name, apr_pool_t *p);

/** The bytes of such a file. */
npie_bytes_t forge_read(const char *name, apr_pool_t *p);

/** Runs a shell command in that folder, its output kept in *out (may be
 * NULL), in p. Returns the exit status. */
int forge_run(const char **out, apr_pool_t *p, const char *format, ...)
    __attribute__((format(printf, 3, 4)));

#endif
