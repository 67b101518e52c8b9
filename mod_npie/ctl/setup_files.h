/* SPDX-License-Identifier: Apache-2.0
 * The configuration files of npiectl setup.
 */
#ifndef NPIE_CTL_SETUP_FILES_H
#define NPIE_CTL_SETUP_FILES_H

#include <jansson.h>

#include "ctl/setup_answers.h"

/** The users of npie-signer and npie-ledger, as the references name them. */
#define NPIE_SETUP_SIGNER "npie-signer"
#define NPIE_SETUP_LEDGER "npie-ledger"

/** A setup in the making. Paths are absolute, without a slash at their end. */
typedef struct npie_setup_t {
    npie_ctl_t *ctl;
    npie_answers_t *answers; /**< NULL until they are known */
    const char *folder;      /**< of the configuration */
    const char *references;  /**< folder of the annotated references */
    const char *site_file;   /**< the site's configuration */
    json_t *steps;           /**< what has been done: objects */
} npie_setup_t;

/** A name in the folder of the configuration, in ctl->p. */
const char *npie_setup_path(const npie_setup_t *setup, const char *name);

/**
 * Makes a file from its reference. One that somebody has written is left
 * alone; the reference itself, as make install puts it there, gives way.
 * @param pstate set to "made", "there" (it says the same), or "kept"
 * @param ppath set to the file's path
 * @return APR_SUCCESS; NPIE_EINPUT: no reference; NPIE_ECONFIG: the file
 *         cannot be written
 */
typedef apr_status_t npie_setup_file_fn(const char **pstate,
                                        const char **ppath,
                                        const npie_setup_t *setup,
                                        npie_err_t *err);

/** npie-signer.conf in the folder. */
npie_setup_file_fn npie_setup_signer;
/** npiectl.conf in the folder. */
npie_setup_file_fn npie_setup_npiectl;
/** The site: its two virtual hosts and what they need, from npie.conf. */
npie_setup_file_fn npie_setup_site;

#endif
