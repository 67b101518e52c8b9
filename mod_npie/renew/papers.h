/* SPDX-License-Identifier: Apache-2.0
 * The files beside the new PFX: the key while the renewal is open, letters.
 */
#ifndef NPIE_RENEW_PAPERS_H
#define NPIE_RENEW_PAPERS_H

#include "renew/credential.h"
#include "renew/job.h"

/** Where things are; all in one pool. */
typedef struct npie_papers_t {
    const char *out;     /**< the new PFX */
    const char *pending; /**< the new key until all is done, out + ".llave" */
    const char *stem;    /**< out without its extension, for letters */
} npie_papers_t;

/** Names the files. */
void npie_papers_name(npie_papers_t *papers, const char *out, apr_pool_t *p);

/**
 * Saves a paper as <stem>-<what>.pdf, or, when another file has that name,
 * <stem>-<what>-2.pdf and so on; a file that holds these very bytes will do.
 * @param ppath set to the path in p
 * @return APR_SUCCESS; NPIE_ECONFLICT (FILE_EXISTS); NPIE_EINTERNAL
 *         (FILE_WRITE)
 */
apr_status_t npie_papers_save(const char **ppath, const npie_papers_t *papers,
                              const char *what, npie_bytes_t bytes,
                              npie_err_t *err, apr_pool_t *p);

/** Is there such a paper, of whatever number? 1 = yes. */
int npie_papers_have(const npie_papers_t *papers, const char *what,
                     apr_pool_t *p);

/**
 * Is the PFX at papers->out a renewal of this certificate: same employer,
 * ending later, and its password right?
 * @param fresh set to what is in it
 * @return APR_SUCCESS; NPIE_ECONFLICT (FILE_EXISTS) when it is not
 */
apr_status_t npie_papers_renewed(npie_credential_t *fresh,
                                 const npie_papers_t *papers,
                                 const npie_cert_t *old,
                                 const npie_secret_t *password,
                                 npie_err_t *err, apr_pool_t *p);

#endif
