/* SPDX-License-Identifier: Apache-2.0
 * The bucket.
 */
#include "signer/bucket.h"

#include "base/ticks.h"

#define SAY_AGAIN apr_time_from_sec(10)

npie_bucket_t npie_bucket(int limit, apr_interval_time_t window)
{
    const npie_bucket_t bucket = { limit, window, limit, 0, 0 };

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

int npie_bucket_say(npie_bucket_t *bucket)
{
    const apr_interval_time_t now = npie_ticks();

    if (bucket->said != 0 && now - bucket->said <= SAY_AGAIN) {
        return 0;
    }
    bucket->said = now;
    return 1;
}
