/* SPDX-License-Identifier: Apache-2.0
 * The root of an authority at work: its certificate, its key, and where it
 * publishes.
 */
#ifndef NPIE_CTL_CA_ROOT_H
#define NPIE_CTL_CA_ROOT_H

#include "ctl/ca_make.h"
#include "ctl/ctl.h"
#include "pki/cert.h"

/**
 * Reads the first certificate of a file, PEM or DER.
 * @param pcert set to it, in ctl->p
 * @return APR_SUCCESS; NPIE_EINPUT with path and reason
 */
apr_status_t npie_ca_read_certificate(npie_cert_t **pcert, npie_ctl_t *ctl,
                                      const char *path, npie_err_t *err);

/**
 * Reads a private key, PEM; an encrypted one with npie_ca_passphrase().
 * @param pkey set to it, freed with ctl->p
 * @param cert whose key it must be
 * @return APR_SUCCESS; NPIE_EINPUT with path and reason
 */
apr_status_t npie_ca_read_key(EVP_PKEY **pkey, npie_ctl_t *ctl,
                              const char *path, const npie_cert_t *cert,
                              npie_err_t *err);

/** Where the root's key is: --root-key, or offline/root.key of the folder; in
 * ctl->p. */
const char *npie_ca_root_key(npie_ctl_t *ctl, const char *dir);

/**
 * The URL below which an authority publishes, as its issuing certificate says.
 * @return in p, ending with a slash; NULL: it names no root.crl
 */
const char *npie_ca_url(const npie_cert_t *issuing, apr_pool_t *p);

/** The addresses in a certificate of this role, below the URL.
 * @param url ends with a slash; NULL: none
 * @return strings in p */
npie_points_t npie_ca_points(const char *url, npie_ca_role_t role,
                             apr_pool_t *p);

/**
 * An option that is a URL over plain HTTP.
 * @param purl set to it, ending with a slash, in ctl->p; NULL: not given
 * @return APR_SUCCESS; NPIE_EINPUT
 */
apr_status_t npie_ca_option_url(const char **purl, const npie_ctl_t *ctl,
                                npie_err_t *err);

#endif
