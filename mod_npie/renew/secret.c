/* SPDX-License-Identifier: Apache-2.0
 * Passwords from a file, a program or the terminal.
 */
#include "renew/secret.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <apr_strings.h>
#include <openssl/crypto.h>

#include "base/encoding.h"
#include "base/text.h"
#include "renew/language.h"
#include "renew/terminal.h"

#define NEW_LEAST 8

static apr_status_t forget(void *text)
{
    OPENSSL_secure_clear_free(text, NPIE_SECRET_MAX + 1);
    return APR_SUCCESS;
}

npie_secret_t *npie_secret_make(apr_pool_t *p)
{
    npie_secret_t *secret = apr_pcalloc(p, sizeof(*secret));

    secret->text = OPENSSL_secure_zalloc(NPIE_SECRET_MAX + 1);
    if (secret->text == NULL) {
        /* Locked memory is scarce; what is not locked is cleansed all the
         * same. */
        secret->text = OPENSSL_zalloc(NPIE_SECRET_MAX + 1);
    }
    if (secret->text == NULL) {
        abort();
    }
    apr_pool_cleanup_register(p, secret->text, forget, apr_pool_cleanup_null);
    return secret;
}

static apr_status_t cleanse(void *baton)
{
    const npie_bytes_t *bytes = baton;

    OPENSSL_cleanse((unsigned char *)bytes->data, bytes->len);
    return APR_SUCCESS;
}

npie_bytes_t npie_secret_cleanse(npie_bytes_t bytes, apr_pool_t *p)
{
    apr_pool_cleanup_register(p, apr_pmemdup(p, &bytes, sizeof(bytes)),
                              cleanse, apr_pool_cleanup_null);
    return bytes;
}

static apr_status_t failed(npie_err_t *err, const char *what, const char *why)
{
    return npie_err_set(err, NPIE_EINPUT, NPIE_P_SECRET, "%s: %s", what, why);
}

static int is_utf16(const npie_secret_t *secret)
{
    return secret->len >= 2 && (memcmp(secret->text, "\xff\xfe", 2) == 0
                                || memcmp(secret->text, "\xfe\xff", 2) == 0);
}

/* Up to the first line's end, all that a descriptor gives; of UTF-16, in which
 * that is not one byte, all. */
static apr_status_t read_some(npie_secret_t *secret, int fd, const char *what,
                              npie_err_t *err)
{
    ssize_t got;

    do {
        got = read(fd, secret->text + secret->len,
                   NPIE_SECRET_MAX - secret->len);
        if (got > 0) {
            secret->len += (apr_size_t)got;
        }
    } while ((got > 0 && secret->len < NPIE_SECRET_MAX
              && (is_utf16(secret)
                  || memchr(secret->text, '\n', secret->len) == NULL))
             || (got < 0 && errno == EINTR));
    return got < 0 ? failed(err, what, strerror(errno)) : APR_SUCCESS;
}

static void cut(npie_secret_t *secret, apr_size_t len)
{
    if (len < secret->len) {
        OPENSSL_cleanse(secret->text + len, secret->len - len);
    }
    secret->len = len;
}

static void cut_line(npie_secret_t *secret)
{
    const char *end = memchr(secret->text, '\n', secret->len);

    if (end != NULL) {
        cut(secret, (apr_size_t)(end - secret->text));
    }
    if (secret->len > 0 && secret->text[secret->len - 1] == '\r') {
        cut(secret, secret->len - 1);
    }
}

/* What Windows programs write beside UTF-8: a mark before it, UTF-16, and
 * Windows-1252. */
static apr_status_t decode(npie_secret_t *secret, const char *what,
                           npie_err_t *err)
{
    const npie_bytes_t bytes = { (unsigned char *)secret->text, secret->len };
    const char *used;
    apr_pool_t *own;
    apr_size_t len;
    char *text;
    apr_status_t rv;

    if (secret->len == 0
        || ((unsigned char)*secret->text != 0xef
            && npie_text_is_clean(secret->text, secret->len))) {
        return APR_SUCCESS;
    }
    apr_pool_create(&own, NULL);
    rv = npie_encoding_decode(&text, &len, &used, bytes, NULL, NULL, own);
    if (rv == APR_SUCCESS && len <= NPIE_SECRET_MAX) {
        cut(secret, 0);
        memcpy(secret->text, text, len);
        secret->len = len;
        OPENSSL_cleanse(text, len);
    }
    else if (rv == APR_SUCCESS) {
        OPENSSL_cleanse(text, len);
        rv = NPIE_EINPUT;
    }
    apr_pool_destroy(own);
    return rv == APR_SUCCESS ? rv
        : failed(err, what, "the first line is no text");
}

static apr_status_t read_line(npie_secret_t *secret, int fd, const char *what,
                              npie_err_t *err)
{
    apr_status_t rv = read_some(secret, fd, what, err);

    if (rv != APR_SUCCESS) {
        return rv;
    }
    if (secret->len == NPIE_SECRET_MAX
        && memchr(secret->text, '\n', secret->len) == NULL) {
        return failed(err, what, "the first line is too long");
    }
    if (!is_utf16(secret)) {
        cut_line(secret);
    }
    rv = decode(secret, what, err);
    if (rv != APR_SUCCESS) {
        return rv;
    }
    cut_line(secret);
    return npie_text_is_clean(secret->text, secret->len) ? APR_SUCCESS
        : failed(err, what, "the first line has control characters");
}

static apr_status_t from_file(npie_secret_t *secret, const char *path,
                              npie_err_t *err)
{
    int fd = open(path, O_RDONLY | O_CLOEXEC);
    apr_status_t rv;
    struct stat st;

    if (fd < 0 || fstat(fd, &st) != 0) {
        rv = failed(err, path, strerror(errno));
    }
    else if (S_ISREG(st.st_mode) && (st.st_mode & (S_IRWXG | S_IRWXO)) != 0) {
        rv = failed(err, path, "others may read it: chmod 600");
    }
    else {
        rv = read_line(secret, fd, path, err);
    }
    if (fd >= 0) {
        close(fd);
    }
    return rv;
}

/* The child's side. */
static void run(char *const *words, const npie_secret_want_t *want, int out)
{
    if (setenv("NPIE_RENEW_PASSWORD", want->what, 1) == 0
        && setenv("NPIE_RENEW_FILE", want->file, 1) == 0
        && dup2(out, STDOUT_FILENO) >= 0) {
        execvp(words[0], words);
    }
    _exit(127);
}

static apr_status_t from_program(npie_secret_t *secret, const char *command,
                                 const npie_secret_want_t *want,
                                 npie_err_t *err, apr_pool_t *p)
{
    char **words = NULL;
    apr_status_t rv;
    int ends[2], status = -1;
    pid_t pid;

    if (apr_tokenize_to_argv(command, &words, p) != APR_SUCCESS
        || words[0] == NULL) {
        return failed(err, "exec:", "no program is named");
    }
    if (pipe2(ends, O_CLOEXEC) != 0) {
        return failed(err, words[0], strerror(errno));
    }
    pid = fork();
    if (pid == 0) {
        run(words, want, ends[1]);
    }
    close(ends[1]);
    rv = pid < 0 ? failed(err, words[0], strerror(errno))
                 : read_line(secret, ends[0], words[0], err);
    close(ends[0]);
    while (pid > 0 && waitpid(pid, &status, 0) < 0 && errno == EINTR) {
    }
    if (rv == APR_SUCCESS && status != 0) {
        rv = failed(err, words[0], "the program failed");
    }
    return rv;
}

static apr_status_t ask(npie_secret_t *secret, const npie_secret_want_t *want,
                        npie_err_t *err, apr_pool_t *p)
{
    npie_secret_t *again;
    apr_status_t rv = npie_terminal_ask_hidden(
        secret->text, NPIE_SECRET_MAX + 1,
        apr_pstrcat(p, want->prompt, ": ", NULL));

    if (rv == APR_SUCCESS && want->twice) {
        again = npie_secret_make(p);
        rv = npie_terminal_ask_hidden(again->text, NPIE_SECRET_MAX + 1,
                                      apr_pstrcat(p, npie_language_say(
                                          NPIE_S_RENEW_ASK_AGAIN), " ", NULL));
        if (rv == APR_SUCCESS && strcmp(secret->text, again->text) != 0) {
            return npie_err_set(err, NPIE_EINPUT, NPIE_P_NEW_PASSWORD_DIFFERS,
                                "the two entries differ");
        }
    }
    secret->len = strlen(secret->text);
    return rv == APR_SUCCESS ? rv
        : failed(err, "terminal", rv == APR_EOF ? "nothing was typed"
                                                : "there is none to ask at");
}

apr_status_t npie_secret_get(npie_secret_t **psecret,
                             const npie_secret_want_t *want, npie_err_t *err,
                             apr_pool_t *p)
{
    npie_secret_t *secret = npie_secret_make(p);
    const char *source = want->source;

    *psecret = secret;
    if (source == NULL) {
        return ask(secret, want, err, p);
    }
    if (strncmp(source, "file:", 5) == 0) {
        return from_file(secret, source + 5, err);
    }
    if (strncmp(source, "exec:", 5) == 0) {
        return from_program(secret, source + 5, want, err, p);
    }
    if (want->literal && strncmp(source, "pass:", 5) == 0
        && strlen(source + 5) <= NPIE_SECRET_MAX) {
        secret->len = strlen(source + 5);
        memcpy(secret->text, source + 5, secret->len);
        return APR_SUCCESS;
    }
    return failed(err, "source", "neither file: nor exec:");
}

/* The rule that a new password breaks, NULL: none. */
static const char *broken_rule(const npie_secret_t *secret, const char *user,
                               const npie_secret_t *old)
{
    for (apr_size_t i = 0; i < secret->len; ++i) {
        if (secret->text[i] < ' ' || secret->text[i] > '~') {
            return "a character outside ASCII, which other programs read "
                "differently";
        }
    }
    if (secret->len < NEW_LEAST) {
        return "fewer than 8 characters";
    }
    if (secret->text[0] == ' ' || secret->text[secret->len - 1] == ' ') {
        return "a blank at its beginning or end";
    }
    if (strcasecmp(secret->text, user) == 0) {
        return "the same as the user name";
    }
    return old != NULL && strcmp(secret->text, old->text) == 0
        ? "the same as the old password" : NULL;
}

apr_status_t npie_secret_check_new(const npie_secret_t *secret,
                                   const char *user, const npie_secret_t *old,
                                   npie_err_t *err)
{
    const char *broken = broken_rule(secret, user, old);

    return broken == NULL ? APR_SUCCESS
        : npie_err_set(err, NPIE_EINPUT, NPIE_P_NEW_PASSWORD,
                       "the new password: %s", broken);
}
