/* SPDX-License-Identifier: Apache-2.0
 * What httpd -t says about sessions.
 */
#include "httpd/check_session.h"

#include <apr_strings.h>
#include <unixd.h>

#include "store/session_secret.h"

const char *npie_check_session(const npie_server_conf_t *conf,
                               apr_pool_t *ptemp)
{
    const apr_uid_t uid = geteuid() == 0 ? ap_unixd_config.user_id
                                         : geteuid();
    const char *lack = conf->session_secret != NULL ? NULL
        : npie_session_secret_lack(&conf->redis, uid, ptemp);

    return lack == NULL ? NULL
        : apr_pstrcat(ptemp, "NPIERedis needs NPIESessionSecret: ", lack,
                      "; npiectl session secret FILE makes it", NULL);
}
