/* SPDX-License-Identifier: Apache-2.0
 * What a certificate has outside the registry, and ends with it: the sessions
 * it opened, and the OCSP answers kept of it. httpd and npiectl fill the port
 * in; which sessions end, and when, is the flow's.
 */
#ifndef NPIE_FLOW_PORT_H
#define NPIE_FLOW_PORT_H

#include "store/registry.h"

/** Both functions may be NULL: then another process does it once httpd's job
 * comes to npie_flow_publish(). */
typedef struct npie_port_t {
    /** Ends every session that a key opened.
     * @param spki SHA-256 of the key, 64 hex digits
     * @param spare a session's key, or NULL
     * @return APR_SUCCESS; NPIE_EBACKEND, NPIE_ECONFIG: some may go on */
    apr_status_t (*end_sessions)(void *baton, const char *spki,
                                 const char *spare, npie_err_t *err,
                                 apr_pool_t *ptemp);
    /** Makes the answers anew that are kept of a certificate of which
     * npie-signer knows that it has ended.
     * @return APR_SUCCESS; NPIE_EBACKEND, ...: some may be old */
    apr_status_t (*renew_answers)(void *baton,
                                  const npie_certificate_t *certificate,
                                  npie_err_t *err, apr_pool_t *ptemp);
    void *baton;
} npie_port_t;

/** Ends the sessions of certificates, one after the other until one fails.
 * @param port NULL: nobody keeps sessions here
 * @param ended of npie_certificate_t *
 * @param spare a session's key, or NULL
 * @return APR_SUCCESS; as end_sessions */
apr_status_t npie_port_end_sessions(const npie_port_t *port,
                                    const apr_array_header_t *ended,
                                    const char *spare, npie_err_t *err,
                                    apr_pool_t *ptemp);

/** The same of one certificate. */
apr_status_t npie_port_end_one(const npie_port_t *port,
                               const npie_certificate_t *ended,
                               const char *spare, npie_err_t *err,
                               apr_pool_t *ptemp);

#endif
