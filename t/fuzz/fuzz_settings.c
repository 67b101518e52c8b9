/* SPDX-License-Identifier: Apache-2.0
 * Configurations. First byte: s npie-signer.conf, c npiectl.conf.
 * Parser: base/settings.c signer/config.c ctl/settings.c pkcs11/uri.c
 */
#include <string.h>

#include <apr_strings.h>

#include "base/file.h"
#include "ctl/settings.h"
#include "fuzz/fuzz.h"
#include "signer/config.h"

/* Whatever is wrong is told with file and line. */
static int judge(apr_status_t rv, const npie_err_t *err)
{
    if (rv != APR_SUCCESS) {
        fuzz_need_clean(err->detail);
        fuzz_need(*err->detail != '\0', "an error without words");
    }
    return rv == APR_SUCCESS;
}

static int run(npie_bytes_t input, apr_pool_t *p)
{
    const npie_bytes_t bytes = { input.data + 1, input.len - 1 };
    npie_err_t err = { 0, NPIE_P_NONE, "" };
    npie_signer_config_t *config = NULL;

    /* A file of its own to read, which may be any. */
    if (input.len == 0 || strstr(fuzz_text(bytes, p), "assword-file")
        != NULL) {
        return 0;
    }
    if (*input.data == 's') {
        return judge(npie_signer_config_read(&config, fuzz_file(bytes), &err,
                                             p), &err);
    }
    return judge(npie_ctl_settings_read(npie_ctl_settings_make(p),
                                        fuzz_file(bytes), &err), &err);
}

/* The reference that is installed, with every line in use. */
static void seed_reference(apr_array_header_t *list, const char *lead,
                           const char *path, apr_pool_t *p)
{
    npie_bytes_t file;
    char *text;

    fuzz_need(npie_file_read(&file, path, 65536, p) == APR_SUCCESS, path);
    fuzz_seed(list, lead, file);
    text = fuzz_text(file, p);
    for (char *at = text; *at != '\0'; ++at) {
        if (*at == '#' && (at == text || at[-1] == '\n') && at[1] >= 'A'
            && at[1] <= 'Z') {
            *at = ' ';
        }
    }
    fuzz_seed(list, lead, fuzz_bytes(text));
}

static void seeds(apr_array_header_t *list, apr_pool_t *p)
{
    seed_reference(list, "s", NPIE_TOP "/conf/npie-signer.conf", p);
    seed_reference(list, "c", NPIE_TOP "/conf/npiectl.conf", p);
    fuzz_seed_text(list, "sKey pkcs11:token=npie;object=ca;type=private\n"
                   "Certificate /c\nState /l\nPeerUser nobody\n"
                   "Trust /a /b\nRate 10 1s\nLetterMaxAge 30d\n");
    fuzz_seed_text(list, "cRegistry sqlite3:/r.db\nRedis localhost:6379\n"
                   "Signer unix:/s\n");
}

const fuzz_target_t fuzz_target = {
    .name = "settings", .form = FUZZ_TEXT, .lead = 1, .seeds = seeds,
    .run = run
};
