/* SPDX-License-Identifier: Apache-2.0
 * Certificates as commands name and show them.
 */
#ifndef NPIE_CTL_CERTIFICATE_H
#define NPIE_CTL_CERTIFICATE_H

#include <jansson.h>

#include "ctl/ctl.h"
#include "store/list.h"

/**
 * Finds certificates that a word names: an employer's (registro patronal,
 * user name, RFC: all of his), or those of one serial (hex, or its 20
 * digits).
 * @param plist set to an array of npie_certificate_item_t, never empty on
 *        success
 * @return APR_SUCCESS; APR_NOTFOUND with what to do; NPIE_EBACKEND
 */
apr_status_t npie_ctl_certificate_find(apr_array_header_t **plist,
                                       npie_registry_t *registry,
                                       const char *word, npie_err_t *err,
                                       apr_pool_t *p);

/**
 * Those of a serial alone: several authorities may have given the same one.
 * @param word hex, or its 20 digits
 * @param plist set to an array of npie_certificate_item_t, may be empty
 * @return APR_SUCCESS; NPIE_EBACKEND
 */
apr_status_t npie_ctl_certificate_by_serial(apr_array_header_t **plist,
                                            npie_registry_t *registry,
                                            const char *word, npie_err_t *err,
                                            apr_pool_t *p);

/** A serial as people read it (hex, or its 20 digits), as it is stored, in p;
 * NULL when it is none. */
const char *npie_ctl_serial_hex(const char *word, apr_pool_t *p);

/** A certificate without its bytes. A new reference. */
json_t *npie_ctl_certificate_json(npie_ctl_t *ctl,
                                  const npie_certificate_item_t *item);

#endif
