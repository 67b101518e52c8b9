/* SPDX-License-Identifier: Apache-2.0
 * See soft_token.h.
 */
#include "unit/soft_token.h"

#include <stdio.h>
#include <sys/stat.h>
#include <unistd.h>

#include <apr_strings.h>

static void run(const char *command)
{
    if (system(command) != 0) {
        fail_msg("failed: %s", command);
    }
}

static apr_status_t clear(void *data)
{
    const soft_token_t *soft = data;
    char command[256];

    snprintf(command, sizeof(command), "rm -rf '%s'", soft->dir);
    return system(command) == 0 ? APR_SUCCESS : APR_EGENERAL;
}

void soft_token_add_pin(const soft_token_t *soft, const char *label,
                        const char *pin, apr_pool_t *p)
{
    run(apr_psprintf(p, "SOFTHSM2_CONF='%s' softhsm2-util --init-token --free "
                     "--label '%s' --so-pin 31415926 --pin %s > '%s/said' 2>&1",
                     soft->conf, label, pin, soft->dir));
}

void soft_token_add(const soft_token_t *soft, const char *label,
                    apr_pool_t *p)
{
    soft_token_add_pin(soft, label, SOFT_PIN, p);
}

void soft_token_import(const soft_token_t *soft, const char *label,
                       const char *file, const char *object, apr_pool_t *p)
{
    run(apr_psprintf(p, "SOFTHSM2_CONF='%s' softhsm2-util --import '%s' "
                     "--token '%s' --label '%s' --id $(printf %%s '%s' | "
                     "cksum | cut -c1-4) --pin " SOFT_PIN " > '%s/said' 2>&1",
                     soft->conf, file, label, object, object, soft->dir));
}

soft_token_t *soft_token_make(const char *label, apr_pool_t *p)
{
    soft_token_t *soft = apr_pcalloc(p, sizeof(*soft));
    char *dir = apr_pstrdup(p, "/tmp/npie-token-XXXXXX");
    FILE *conf;

    assert_non_null(mkdtemp(dir));
    assert_int_equal(chmod(dir, 0755), 0);
    soft->dir = dir;
    soft->conf = apr_pstrcat(p, dir, "/softhsm2.conf", NULL);
    soft->tokens = apr_pstrcat(p, dir, "/tokens", NULL);
    apr_pool_cleanup_register(p, soft, clear, apr_pool_cleanup_null);
    assert_int_equal(mkdir(soft->tokens, 0700), 0);
    conf = fopen(soft->conf, "w");
    assert_non_null(conf);
    fprintf(conf, "directories.tokendir = %s\nobjectstore.backend = file\n"
            "log.level = ERROR\n", soft->tokens);
    fclose(conf);
    soft_token_add(soft, label, p);
    assert_int_equal(setenv("SOFTHSM2_CONF", soft->conf, 1), 0);
    return soft;
}

void soft_token_pull(const soft_token_t *soft, apr_pool_t *p)
{
    assert_int_equal(rename(soft->tokens, apr_pstrcat(p, soft->dir, "/pulled",
                                                      NULL)), 0);
    assert_int_equal(mkdir(soft->tokens, 0755), 0);
}

void soft_token_plug(const soft_token_t *soft, apr_pool_t *p)
{
    run(apr_psprintf(p, "rm -rf '%s'", soft->tokens));
    assert_int_equal(rename(apr_pstrcat(p, soft->dir, "/pulled", NULL),
                            soft->tokens), 0);
}

npie_pkcs11_uri_t *soft_token_uri(const char *label, apr_pool_t *p)
{
    npie_err_t err = { 0, NPIE_P_NONE, "" };
    npie_pkcs11_uri_t *uri = NULL;

    if (npie_pkcs11_uri_parse(&uri, apr_psprintf(
            p, "pkcs11:token=%s?module-path=" SOFT_MODULE, label),
            NPIE_PKCS11_URI_TOKEN, &err, p) != APR_SUCCESS) {
        fail_msg("%s", err.detail);
    }
    return uri;
}

npie_pkcs11_pin_t soft_token_pin(void)
{
    npie_pkcs11_pin_t pin = { "PIN file of the test", unit_bytes(SOFT_PIN "\n")
    };

    return pin;
}
