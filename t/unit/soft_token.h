/* SPDX-License-Identifier: Apache-2.0
 * A SoftHSM of a test's own: a folder with its configuration and its tokens.
 */
#ifndef NPIE_UNIT_SOFT_TOKEN_H
#define NPIE_UNIT_SOFT_TOKEN_H

#include "unit/unit.h"

#include "pkcs11/token.h"

#define SOFT_MODULE "/usr/lib/softhsm/libsofthsm2.so"
#define SOFT_PIN "271828"

/* One SoftHSM: SOFTHSM2_CONF of this process names it from now on. */
typedef struct soft_token_t {
    const char *dir;
    const char *conf;   /* its SOFTHSM2_CONF */
    const char *tokens; /* the folder with what the tokens hold */
} soft_token_t;

/* A folder and one token of that label in it; both go with the pool. */
soft_token_t *soft_token_make(const char *label, apr_pool_t *p);
/* One more token. */
void soft_token_add(const soft_token_t *soft, const char *label,
                    apr_pool_t *p);
/* The same with another PIN. */
void soft_token_add_pin(const soft_token_t *soft, const char *label,
                        const char *pin, apr_pool_t *p);
/* Puts a private key (PKCS#8, PEM) into a token. */
void soft_token_import(const soft_token_t *soft, const char *label,
                       const char *file, const char *object, apr_pool_t *p);
/* Pulls all tokens out, or puts them in again. */
void soft_token_pull(const soft_token_t *soft, apr_pool_t *p);
void soft_token_plug(const soft_token_t *soft, apr_pool_t *p);
/* The URI of a token, with the module in it. */
npie_pkcs11_uri_t *soft_token_uri(const char *label, apr_pool_t *p);
/* The right PIN. */
npie_pkcs11_pin_t soft_token_pin(void);

#endif
