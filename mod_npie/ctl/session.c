/* SPDX-License-Identifier: Apache-2.0
 * npiectl session secret: makes the secret that seals sessions in Redis, or
 * changes it.
 */
#include <errno.h>
#include <string.h>

#include <apr_file_info.h>
#include <apr_strings.h>

#include "ctl/commands.h"
#include "ctl/show.h"
#include "ctl/write.h"
#include "store/session_secret.h"

#define SECRET_MODE 0600

const npie_ctl_option_t npie_ctl_session_secret_options[] = {
    { NULL, NULL, NULL }
};

static apr_status_t cannot_write(const char *path, npie_err_t *err)
{
    return npie_err_set(err, NPIE_EINPUT, NPIE_P_NONE, "%s: %s", path,
                        strerror(errno));
}

apr_status_t npie_ctl_session_secret(npie_ctl_t *ctl, npie_err_t *err)
{
    static const npie_ctl_column_t columns[] = {
        { "file", "File" }, { "secrets", "Secrets" }, { NULL, NULL }
    };
    const char *path = npie_ctl_operand(ctl, 0);
    npie_secrets_t *before = NULL;
    npie_bytes_t text;
    apr_finfo_t info;
    const char *wrong;
    int written;

    if (apr_stat(&info, path, APR_FINFO_TYPE, ctl->p) == APR_SUCCESS) {
        wrong = npie_session_secret_read(&before, path, ctl->p);
        if (wrong != NULL) {
            return npie_err_set(err, NPIE_EINPUT, NPIE_P_NONE, "%s", wrong);
        }
    }
    if (npie_session_secret_next(&text, before, ctl->p) != APR_SUCCESS) {
        return npie_err_set(err, NPIE_EINTERNAL, NPIE_P_NONE,
                            "the system has no random bytes");
    }
    written = before != NULL
        ? npie_ctl_write_over(path, text, SECRET_MODE, ctl->p)
        : npie_ctl_write_new(path, text, SECRET_MODE);
    if (!written) {
        return cannot_write(path, err);
    }
    npie_ctl_show_record(ctl, json_pack("{s: s, s: i}", "file", path,
                                        "secrets", before != NULL ? 2 : 1),
                         columns);
    npie_ctl_say(ctl, "%s",
                 before != NULL
                 ? "Copy it to every machine, then: apachectl graceful. "
                   "Sessions of the secret before it live on."
                 : "Name it in NPIESessionSecret and in SessionSecret of "
                   "npiectl.conf, the same file on every machine.");
    return APR_SUCCESS;
}
