/* SPDX-License-Identifier: Apache-2.0
 * The end of sessions, by whoever keeps them.
 */
#include "flow/port.h"

apr_status_t npie_port_end_one(const npie_port_t *port,
                               const npie_certificate_t *ended,
                               const char *spare, npie_err_t *err,
                               apr_pool_t *ptemp)
{
    return port == NULL || port->end_sessions == NULL ? APR_SUCCESS
        : port->end_sessions(port->baton, ended->spki, spare, err, ptemp);
}

apr_status_t npie_port_end_sessions(const npie_port_t *port,
                                    const apr_array_header_t *ended,
                                    const char *spare, npie_err_t *err,
                                    apr_pool_t *ptemp)
{
    apr_status_t rv = APR_SUCCESS;

    for (int i = 0; rv == APR_SUCCESS && i < ended->nelts; ++i) {
        rv = npie_port_end_one(port,
                               APR_ARRAY_IDX(ended, i, npie_certificate_t *),
                               spare, err, ptemp);
    }
    return rv;
}
