/* SPDX-License-Identifier: Apache-2.0
 * The bucket.
 */
#include "signer/bucket.h"

#include "signer/ticks.h"

npie_bucket_t npie_bucket(int limit, apr_interval_time_t window)
{
    const npie_bucket_t bucket = { limit, window, limit, 0 };

    return bucket;
}

int npie_bucket_take(npie_bucket_t *bucket)
{
    apr_interval_time_t now = npie_ticks();

    if (bucket->counted > 0) {
        bucket->allowance += (double)(now - bucket->counted) * bucket->limit
                           / (double)bucket->window;
    }
    if (bucket->allowance > bucket->limit) {
        bucket->allowance = bucket->limit;
    }
    bucket->counted = now;
    if (bucket->allowance < 1) {
        return 0;
    }
    bucket->allowance -= 1;
    return 1;
}
