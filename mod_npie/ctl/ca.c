/* SPDX-License-Identifier: Apache-2.0
 * npiectl ca init: the files of a new authority.
 */
#include <errno.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <apr_strings.h>

#include "base/parse.h"
#include "base/text.h"
#include "ctl/ca_make.h"
#include "ctl/commands.h"
#include "ctl/show.h"
#include "ctl/write.h"

#define YEAR (apr_time_from_sec(86400) * 365)
#define NAME_MAX_CHARS 64 /* RFC 5280 appendix A, ub-common-name */

const npie_ctl_option_t npie_ctl_ca_init_options[] = {
    { "organization", "TEXT", "O of all names, and the seal's CN, default: Instituto" },
    { "name", "TEXT", "what other CN begin with, default: Autoridad NPIE" },
    { "key", "KIND", "rsa:2048, rsa:3072 (default), rsa:4096, p256, p384" },
    { "from", "DATE", "when they begin: 2027-01-01[T06:00:00Z], default: now" },
    { "root-years", "N", "how long the root is valid, default 20" },
    { "years", "N", "how long the issuing CA is, default 10" },
    { "seal-years", "N", "how long the seal is, default 3" },
    { "passphrase-file", "FILE", "encrypts root.key with its first line" },
    { NULL, NULL, NULL }
};

/* The three parts: their files, and what is said behind --name. */
static const struct {
    const char *file;
    const char *title;
    npie_ca_role_t issuer;
    int years; /* default, and its option */
    const char *option;
} parts[NPIE_CA_ROLES] = {
    [NPIE_CA_ROOT] = { "root", "Raíz", NPIE_CA_ROOT, 20, "root-years" },
    [NPIE_CA_ISSUING] = { "issuing", "Emisora", NPIE_CA_ROOT, 10, "years" },
    [NPIE_CA_SEAL] = { "seal", "", NPIE_CA_ISSUING, 3, "seal-years" },
};

/* A file to write: nothing is there before all of them can be. */
typedef struct output_t {
    const char *path;
    npie_bytes_t bytes;
    mode_t mode;
} output_t;

#define OUTPUTS (NPIE_CA_ROLES * 2 + 1)

static const char *option_or(const npie_ctl_t *ctl, const char *name,
                             const char *otherwise)
{
    const char *value = npie_ctl_option(ctl, name);

    return value == NULL ? otherwise : value;
}

/* The two names, fit for certificates. */
static apr_status_t check_names(const npie_ctl_t *ctl, npie_err_t *err)
{
    static const char *const names[] = { "organization", "name" };

    for (int i = 0; i < 2; i++) {
        const char *text = option_or(ctl, names[i], "-");

        if (!npie_text_is_clean(text, strlen(text)) || *text == '\0'
            || npie_text_length(text) > NAME_MAX_CHARS - 8) {
            return npie_err_set(err, NPIE_EINPUT, NPIE_P_NONE, "--%s: 1 to %d "
                                "characters of UTF-8", names[i],
                                NAME_MAX_CHARS - 8);
        }
    }
    return APR_SUCCESS;
}

static apr_status_t make_part(npie_ca_made_t **made, npie_ctl_t *ctl,
                              npie_ca_role_t role, apr_time_t from,
                              npie_err_t *err)
{
    npie_ca_role_t issuer = parts[role].issuer;
    int years = parts[role].years;
    const char *given = npie_ctl_option(ctl, parts[role].option);
    const char *wrong = given == NULL ? NULL
        : npie_parse_int(&years, given, 1, 50, ctl->p);
    const char *organization = option_or(ctl, "organization", "Instituto");
    npie_ca_order_t order = {
        .role = role,
        .key = option_or(ctl, "key", "rsa:3072"),
        .organization = organization,
        /* Readers of PDF show the seal's CN as who has signed. */
        .name = role == NPIE_CA_SEAL ? organization : apr_pstrcat(
            ctl->p, option_or(ctl, "name", "Autoridad NPIE"), " ",
            parts[role].title, NULL),
        .from = from,
    };

    if (wrong != NULL) {
        return npie_err_set(err, NPIE_EINPUT, NPIE_P_NONE, "--%s: %s",
                            parts[role].option, wrong);
    }
    order.until = order.from + years * YEAR;
    if (order.until <= ctl->now) {
        return npie_err_set(err, NPIE_EINPUT, NPIE_P_NONE, "--from: what "
                            "lasts %d years from then is over: give --%s "
                            "more, or a later day", years,
                            parts[role].option);
    }
    return npie_ca_make(&made[role], &order,
                        role == NPIE_CA_ROOT ? NULL : made[issuer], err,
                        ctl->p);
}

/* Clocks that are a little behind take what begins now. */
static apr_status_t read_from(apr_time_t *from, const npie_ctl_t *ctl,
                              npie_err_t *err)
{
    *from = ctl->now - apr_time_from_sec(300);
    if (!npie_ctl_option_time(from, ctl, "from")) {
        return npie_err_set(err, NPIE_EINPUT, NPIE_P_NONE, "--from=%.40s: "
                            "give a day as 2027-01-01, or a moment as "
                            "2027-01-01T06:00:00Z, UTC",
                            npie_ctl_option(ctl, "from"));
    }
    return APR_SUCCESS;
}

/* An issuer must outlive what it signs. */
static apr_status_t check_years(const npie_ctl_t *ctl, npie_err_t *err)
{
    int years[NPIE_CA_ROLES];

    for (int role = 0; role < NPIE_CA_ROLES; role++) {
        const char *given = npie_ctl_option(ctl, parts[role].option);

        years[role] = parts[role].years;
        if (given != NULL) {
            npie_parse_int(&years[role], given, 1, 50, ctl->p);
        }
        if (years[role] > years[parts[role].issuer]) {
            return npie_err_set(err, NPIE_EINPUT, NPIE_P_NONE,
                                "--%s: %d years are more than the %d of the "
                                "CA above: give --%s more, or this less",
                                parts[role].option, years[role],
                                years[parts[role].issuer],
                                parts[parts[role].issuer].option);
        }
    }
    return APR_SUCCESS;
}

/* The issuing CA's file has the root behind it, for npie-signer; and both
 * stand in authorities.pem, for NPIETrust. */
static apr_status_t fill(output_t *outputs, npie_ca_made_t **made,
                         npie_ctl_t *ctl, const char *dir,
                         const char *passphrase, npie_err_t *err)
{
    apr_status_t rv = APR_SUCCESS;
    output_t *all = &outputs[OUTPUTS - 1];

    for (int role = 0; rv == APR_SUCCESS && role < NPIE_CA_ROLES; role++) {
        output_t *key = &outputs[role * 2];
        output_t *crt = &outputs[role * 2 + 1];

        key->path = apr_pstrcat(ctl->p, dir, "/", parts[role].file, ".key",
                                NULL);
        key->mode = 0600;
        crt->path = apr_pstrcat(ctl->p, dir, "/", parts[role].file, ".crt",
                                NULL);
        crt->mode = 0644;
        rv = npie_ca_key_pem(&key->bytes, made[role],
                             role == NPIE_CA_ROOT ? passphrase : NULL, err,
                             ctl->p);
        if (rv == APR_SUCCESS) {
            rv = npie_ca_certificate_pem(&crt->bytes, made[role], err,
                                         ctl->p);
        }
    }
    if (rv == APR_SUCCESS) {
        const npie_bytes_t *root = &outputs[1].bytes;
        const npie_bytes_t *issuing = &outputs[3].bytes;

        all->path = apr_pstrcat(ctl->p, dir, "/authorities.pem", NULL);
        all->mode = 0644;
        all->bytes.len = root->len + issuing->len;
        all->bytes.data = (const unsigned char *)apr_psprintf(
            ctl->p, "%.*s%.*s", (int)issuing->len,
            (const char *)issuing->data, (int)root->len,
            (const char *)root->data);
        outputs[3].bytes = all->bytes;
    }
    return rv;
}

static apr_status_t write_all(const output_t *outputs, npie_err_t *err)
{
    for (int i = 0; i < OUTPUTS; i++) {
        if (!npie_ctl_write_new(outputs[i].path, outputs[i].bytes,
                                outputs[i].mode)) {
            int why = errno;

            for (int n = 0; n < i; n++) {
                unlink(outputs[n].path);
            }
            return npie_err_set(err, NPIE_EINPUT, NPIE_P_NONE, "%s: %s%s",
                                outputs[i].path, strerror(why), why == EEXIST
                                    ? ": nothing is overwritten, name another "
                                      "folder" : "");
        }
    }
    return APR_SUCCESS;
}

static void show(npie_ctl_t *ctl, const output_t *outputs)
{
    static const npie_ctl_column_t columns[] = {
        { "file", "File" }, { "secret", "Secret" }, { NULL, NULL }
    };
    json_t *list = json_array();

    for (int i = 0; i < OUTPUTS; i++) {
        json_array_append_new(list, json_pack(
            "{s: s, s: b}", "file", outputs[i].path, "secret",
            outputs[i].mode == 0600));
    }
    npie_ctl_show_list(ctl, list, columns, "");
}

apr_status_t npie_ctl_ca_init(npie_ctl_t *ctl, npie_err_t *err)
{
    const char *dir = npie_ctl_operand(ctl, 0);
    const char *file = npie_ctl_option(ctl, "passphrase-file");
    output_t *outputs = apr_pcalloc(ctl->p, OUTPUTS * sizeof(*outputs));
    npie_ca_made_t *made[NPIE_CA_ROLES] = { NULL };
    const char *passphrase = NULL;
    apr_time_t from;
    const char *wrong = file == NULL ? NULL
        : npie_parse_secret(&passphrase, file, ctl->p);
    apr_status_t rv;

    if (wrong == NULL && passphrase != NULL && strlen(passphrase) < 8) {
        wrong = "a passphrase has 8 characters or more";
    }
    if (wrong != NULL) {
        return npie_err_set(err, NPIE_EINPUT, NPIE_P_NONE,
                            "--passphrase-file %s: %s", file, wrong);
    }
    rv = check_names(ctl, err);
    if (rv == APR_SUCCESS) {
        rv = check_years(ctl, err);
    }
    if (rv == APR_SUCCESS) {
        rv = read_from(&from, ctl, err);
    }
    for (int role = 0; rv == APR_SUCCESS && role < NPIE_CA_ROLES; role++) {
        rv = make_part(made, ctl, (npie_ca_role_t)role, from, err);
    }
    if (rv == APR_SUCCESS) {
        rv = fill(outputs, made, ctl, dir, passphrase, err);
    }
    if (rv == APR_SUCCESS && mkdir(dir, 0755) != 0 && errno != EEXIST) {
        rv = npie_err_set(err, NPIE_EINPUT, NPIE_P_NONE, "%s: %s", dir,
                          strerror(errno));
    }
    if (rv == APR_SUCCESS) {
        rv = write_all(outputs, err);
    }
    if (rv == APR_SUCCESS) {
        show(ctl, outputs);
    }
    return rv;
}
