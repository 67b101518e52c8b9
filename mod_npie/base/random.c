/* SPDX-License-Identifier: Apache-2.0
 * Random bytes, straight from the kernel.
 */
#include "base/random.h"

#include <errno.h>
#include <sys/random.h>

#include "base/text.h"

apr_status_t npie_random_bytes(void *buf, apr_size_t len)
{
    unsigned char *at = buf;

    while (len > 0) {
        ssize_t got = getrandom(at, len, 0);

        if (got < 0) {
            if (errno == EINTR) {
                continue;
            }
            return errno;
        }
        at += got;
        len -= (apr_size_t)got;
    }
    return APR_SUCCESS;
}

apr_status_t npie_random_token(char **ptoken, apr_size_t nbytes, apr_pool_t *p)
{
    unsigned char *buf = apr_palloc(p, nbytes + 1);
    npie_bytes_t bytes;
    apr_status_t rv = npie_random_bytes(buf, nbytes);

    if (rv != APR_SUCCESS) {
        return rv;
    }
    bytes.data = buf;
    bytes.len = nbytes;
    *ptoken = npie_text_base64url_encode(bytes, p);
    return APR_SUCCESS;
}
