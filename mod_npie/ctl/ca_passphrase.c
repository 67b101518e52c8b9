/* SPDX-License-Identifier: Apache-2.0
 * Reading a passphrase.
 */
#include "ctl/ca_passphrase.h"

#include <fcntl.h>
#include <string.h>
#include <unistd.h>

#include <openssl/crypto.h>
#include <openssl/evp.h>

#include "base/parse.h"
#include "base/text.h"

#define LEAST 8
#define SIZE 512

static apr_status_t cleanse(void *data)
{
    OPENSSL_cleanse(data, strlen(data));
    return APR_SUCCESS;
}

/* NULL, or what is wrong. The terminal is /dev/tty, whatever standard input
 * is. */
static const char *ask(char text[SIZE], int fresh)
{
    int tty = open("/dev/tty", O_RDWR | O_CLOEXEC | O_NOCTTY);

    if (tty < 0) {
        return "there is no terminal to ask at: give --passphrase-file";
    }
    close(tty);
    return EVP_read_pw_string_min(text, 0, SIZE - 1, fresh
                                  ? "New passphrase of root.key: "
                                  : "Passphrase of root.key: ", fresh) == 0
        ? NULL : "nothing was typed, or not the same twice";
}

apr_status_t npie_ca_passphrase(const char **ppassphrase, npie_ctl_t *ctl,
                                int fresh, npie_err_t *err)
{
    const char *file = npie_ctl_option(ctl, "passphrase-file");
    char *typed = apr_pcalloc(ctl->p, SIZE);
    const char *text = typed;
    const char *wrong = file == NULL ? ask(typed, fresh)
        : npie_parse_secret(&text, file, ctl->p);

    if (wrong == NULL) {
        apr_pool_cleanup_register(ctl->p, text, cleanse,
                                  apr_pool_cleanup_null);
        if (strlen(text) < LEAST) {
            wrong = "a passphrase has 8 characters or more";
        }
        else if (!npie_text_is_clean(text, strlen(text))) {
            wrong = "it is no text in UTF-8";
        }
    }
    *ppassphrase = text;
    return wrong == NULL ? APR_SUCCESS
        : npie_err_set(err, NPIE_EINPUT, NPIE_P_NONE,
                       "the passphrase of root.key: %s%s%s",
                       file == NULL ? "" : file, file == NULL ? "" : ": ",
                       wrong);
}
