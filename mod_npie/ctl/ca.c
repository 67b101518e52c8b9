/* SPDX-License-Identifier: Apache-2.0
 * npiectl ca init: the files of a new authority.
 */
#include <errno.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <apr_file_info.h>
#include <apr_strings.h>

#include "base/parse.h"
#include "base/text.h"
#include "ctl/ca_list.h"
#include "ctl/ca_make.h"
#include "ctl/ca_passphrase.h"
#include "ctl/ca_root.h"
#include "ctl/ca_token.h"
#include "ctl/commands.h"
#include "ctl/show.h"
#include "ctl/write.h"
#include "pki/calendar.h"

#define ROOT_CRL_DAYS 400
#define NAME_MAX_CHARS 64 /* RFC 5280 appendix A, ub-common-name */

const npie_ctl_option_t npie_ctl_ca_init_options[] = {
    { "organization", "TEXT", "O of all names, and the seal's CN, default: Instituto" },
    { "name", "TEXT", "start of the other CNs, default: Autoridad NPIE" },
    { "key", "KIND", "rsa:2048, rsa:3072 (default), rsa:4096, p256, p384" },
    { "from", "DATE", "start of validity: 2027-01-01[T06:00:00Z], default: now" },
    { "root-years", "N", "validity of the root, default 20" },
    { "years", "N", "validity of the issuing CA, default 10" },
    { "seal-years", "N", "validity of the seal, default 3" },
    { "url", "URL", "http:// URL below which CRLs and CA certificates are published" },
    { "root-only", NULL, "the root alone, on a machine without a network; see ca sign" },
    { "root-dir", "FOLDER", "folder of root.key, default: offline in FOLDER" },
    { "passphrase-file", "FILE", "its first line is the passphrase of root.key, default: ask" },
    { "pkcs11", "URI", "generate the keys in this token: pkcs11:token=NAME?module-path=FILE" },
    { "pin-file", "FILE", "its first line is the PIN of the token" },
    { "label", "TEXT", "start of the labels of the keys, default: npie" },
    { "root-in-token", NULL, "generate the root's key there too" },
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
    const char *path; /* of a key in a token, its URI; NULL: nothing */
    npie_bytes_t bytes;
    mode_t mode;
    int in_token;
} output_t;

/* Key and certificate of each; then what follows here. */
enum {
    AUTHORITIES = NPIE_CA_ROLES * 2, /* both CAs together */
    ROOT_CER,                        /* for those who check certificates */
    ROOT_CRL,
    SEALS,                           /* every seal there was, for NPIESeal */
    SIGNER_CONF,
    OUTPUTS
};

/* An authority in the making. */
typedef struct making_t {
    npie_ctl_t *ctl;
    char *dir;              /* absolute when there is a token */
    const char *root_dir;   /* of root.key; NULL: it is in the token */
    const char *passphrase; /* of root.key; NULL with root_dir */
    const char *url;        /* ends with a slash; NULL: none */
    int roles;              /* how many of them: 1 with --root-only */
    apr_time_t from;
    npie_ca_token_t *token; /* NULL: keys are files */
    npie_ca_made_t *made[NPIE_CA_ROLES];
    const char *uri[NPIE_CA_ROLES]; /* NULL: the key is a file */
    output_t outputs[OUTPUTS];
} making_t;

/* The two names, fit for certificates. */
static apr_status_t check_names(const npie_ctl_t *ctl, npie_err_t *err)
{
    static const char *const names[] = { "organization", "name" };

    for (int i = 0; i < 2; i++) {
        const char *text = npie_ctl_option_or(ctl, names[i], "-");

        if (!npie_text_is_clean(text, strlen(text)) || *text == '\0'
            || npie_text_length(text) > NAME_MAX_CHARS - 8) {
            return npie_err_set(err, NPIE_EINPUT, NPIE_P_NONE, "--%s: 1 to %d "
                                "characters of UTF-8", names[i],
                                NAME_MAX_CHARS - 8);
        }
    }
    return APR_SUCCESS;
}

static int in_token(const making_t *m, int role)
{
    return m->token != NULL
        && (role != NPIE_CA_ROOT
            || npie_ctl_option(m->ctl, "root-in-token") != NULL);
}

static apr_status_t make_part(making_t *m, npie_ca_role_t role,
                              npie_err_t *err)
{
    npie_ctl_t *ctl = m->ctl;
    npie_ca_role_t issuer = parts[role].issuer;
    int years = parts[role].years;
    const char *given = npie_ctl_option(ctl, parts[role].option);
    const char *wrong = given == NULL ? NULL
        : npie_parse_int(&years, given, 1, 50, ctl->p);
    const char *organization = npie_ctl_option_or(ctl, "organization",
                                                  "Instituto");
    npie_ca_order_t order = {
        .role = role,
        .key = npie_ctl_option_or(ctl, "key", "rsa:3072"),
        .organization = organization,
        /* Readers of PDF show the seal's CN as who has signed. */
        .name = role == NPIE_CA_SEAL ? organization : apr_pstrcat(
            ctl->p, npie_ctl_option_or(ctl, "name", "Autoridad NPIE"), " ",
            parts[role].title, NULL),
        .points = npie_ca_points(m->url, role, ctl->p),
        .from = m->from,
    };
    apr_status_t rv = APR_SUCCESS;

    if (wrong != NULL) {
        return npie_err_set(err, NPIE_EINPUT, NPIE_P_NONE, "--%s: %s",
                            parts[role].option, wrong);
    }
    order.until = npie_calendar_months(order.from, 12 * years);
    if (order.until <= ctl->now) {
        return npie_err_set(err, NPIE_EINPUT, NPIE_P_NONE, "--from: what "
                            "lasts %d years from then is over: give --%s "
                            "more, or a later day", years,
                            parts[role].option);
    }
    if (in_token(m, role)) {
        rv = npie_ca_token_make(&order.made, &m->uri[role], m->token,
                                parts[role].file, order.key, err);
    }
    return rv == APR_SUCCESS
        ? npie_ca_make(&m->made[role], &order, role == NPIE_CA_ROOT ? NULL
                       : m->made[issuer], err, ctl->p) : rv;
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

static const char *path_of(const making_t *m, const char *file,
                           const char *end)
{
    return apr_pstrcat(m->ctl->p, m->dir, "/", file, end, NULL);
}

static void name_public(making_t *m, int at, const char *file)
{
    m->outputs[at].path = path_of(m, file, "");
    m->outputs[at].mode = 0644;
}

/* Where everything is to be. */
static void name_outputs(making_t *m)
{
    for (int role = 0; role < m->roles; role++) {
        output_t *key = &m->outputs[role * 2];
        output_t *crt = &m->outputs[role * 2 + 1];

        key->in_token = in_token(m, role);
        key->path = role == NPIE_CA_ROOT && m->root_dir != NULL
            ? apr_pstrcat(m->ctl->p, m->root_dir, "/root.key", NULL)
            : path_of(m, parts[role].file, ".key");
        key->mode = 0600;
        crt->path = path_of(m, parts[role].file, ".crt");
        crt->mode = 0644;
    }
    name_public(m, ROOT_CER, "root.cer");
    name_public(m, ROOT_CRL, "root.crl");
    if (m->roles < NPIE_CA_ROLES) {
        return;
    }
    name_public(m, AUTHORITIES, "authorities.pem");
    name_public(m, SEALS, "seals.pem");
    if (m->token != NULL) {
        name_public(m, SIGNER_CONF, "npie-signer.conf");
    }
}

/* The issuing CA's file has the root behind it, for npie-signer; and both
 * stand in authorities.pem, for NPIETrust. */
static void fill_authorities(making_t *m)
{
    const npie_bytes_t *root = &m->outputs[1].bytes;
    const npie_bytes_t *issuing = &m->outputs[3].bytes;
    npie_bytes_t both;

    both.len = root->len + issuing->len;
    both.data = (const unsigned char *)apr_psprintf(
        m->ctl->p, "%.*s%.*s", (int)issuing->len,
        (const char *)issuing->data, (int)root->len,
        (const char *)root->data);
    m->outputs[AUTHORITIES].bytes = both;
    m->outputs[3].bytes = both;
    m->outputs[SEALS].bytes = m->outputs[NPIE_CA_SEAL * 2 + 1].bytes;
}

/* What is published of the root: its certificate and its first CRL. */
static apr_status_t fill_root(making_t *m, npie_err_t *err)
{
    const npie_ca_made_t *root = m->made[NPIE_CA_ROOT];
    const npie_ca_list_t list = {
        .number = 1, .this_update = m->from,
        .next_update = (m->from > m->ctl->now ? m->from : m->ctl->now)
            + apr_time_from_sec(86400) * ROOT_CRL_DAYS,
    };
    apr_status_t rv = npie_ca_certificate_der(&m->outputs[ROOT_CER].bytes,
                                              root, err, m->ctl->p);

    return rv == APR_SUCCESS
        ? npie_ca_list_make(&m->outputs[ROOT_CRL].bytes, root->key,
                            root->x509, &list, err, m->ctl->p) : rv;
}

static apr_status_t fill(making_t *m, npie_err_t *err)
{
    apr_status_t rv = APR_SUCCESS;

    for (int role = 0; rv == APR_SUCCESS && role < m->roles; role++) {
        output_t *key = &m->outputs[role * 2];
        output_t *crt = &m->outputs[role * 2 + 1];

        if (key->in_token) {
            key->path = m->uri[role];
        }
        else {
            rv = npie_ca_key_pem(&key->bytes, m->made[role],
                                 role == NPIE_CA_ROOT ? m->passphrase : NULL,
                                 err, m->ctl->p);
        }
        if (rv == APR_SUCCESS) {
            rv = npie_ca_certificate_pem(&crt->bytes, m->made[role], err,
                                         m->ctl->p);
        }
    }
    if (rv == APR_SUCCESS && m->roles == NPIE_CA_ROLES) {
        fill_authorities(m);
    }
    if (rv == APR_SUCCESS) {
        rv = fill_root(m, err);
    }
    if (rv == APR_SUCCESS && m->outputs[SIGNER_CONF].path != NULL) {
        const npie_points_t points = npie_ca_points(m->url, NPIE_CA_SEAL,
                                                    m->ctl->p);

        m->outputs[SIGNER_CONF].bytes = npie_ca_token_conf(
            m->token, m->dir, m->uri[NPIE_CA_ISSUING], m->uri[NPIE_CA_SEAL],
            &points);
    }
    return rv;
}

static int is_file(const output_t *output)
{
    return output->path != NULL && !output->in_token;
}

static apr_status_t in_the_way(const char *path, int why, npie_err_t *err)
{
    return npie_err_set(err, NPIE_EINPUT, NPIE_P_NONE, "%s: %s%s", path,
                        strerror(why), why == EEXIST
                            ? ": nothing is overwritten, name another folder"
                            : "");
}

static apr_status_t write_all(const output_t *outputs, npie_err_t *err)
{
    for (int i = 0; i < OUTPUTS; i++) {
        if (is_file(&outputs[i])
            && !npie_ctl_write_new(outputs[i].path, outputs[i].bytes,
                                   outputs[i].mode)) {
            int why = errno;

            for (int n = 0; n < i; n++) {
                if (is_file(&outputs[n])) {
                    unlink(outputs[n].path);
                }
            }
            return in_the_way(outputs[i].path, why, err);
        }
    }
    return APR_SUCCESS;
}

/* A key in a token is made for good, and slowly: first is looked whether
 * something stands in the way. */
static apr_status_t check_room(const making_t *m, npie_err_t *err)
{
    apr_status_t rv = APR_SUCCESS;
    struct stat st;

    for (int i = 0; m->token != NULL && i < OUTPUTS; i++) {
        if (is_file(&m->outputs[i]) && lstat(m->outputs[i].path, &st) == 0) {
            return in_the_way(m->outputs[i].path, EEXIST, err);
        }
    }
    for (int role = 0; rv == APR_SUCCESS && role < m->roles; role++) {
        if (in_token(m, role)) {
            rv = npie_ca_token_room(m->token, parts[role].file, err);
        }
    }
    return rv;
}

static void show(const making_t *m)
{
    static const npie_ctl_column_t columns[] = {
        { "file", "File" }, { "secret", "Secret" }, { NULL, NULL }
    };
    json_t *list = json_array();

    for (int i = 0; i < OUTPUTS; i++) {
        if (m->outputs[i].path != NULL) {
            json_array_append_new(list, json_pack(
                "{s: s, s: b}", "file", m->outputs[i].path, "secret",
                m->outputs[i].mode == 0600));
        }
    }
    npie_ctl_show_list(m->ctl, list, columns, "");
}

static apr_status_t make_folder(const char *dir, mode_t mode, npie_err_t *err)
{
    return mkdir(dir, mode) == 0 || errno == EEXIST ? APR_SUCCESS
        : npie_err_set(err, NPIE_EINPUT, NPIE_P_NONE, "%s: %s", dir,
                       strerror(errno));
}

static apr_status_t make(making_t *m, npie_err_t *err)
{
    apr_status_t rv = check_room(m, err);

    for (int role = 0; rv == APR_SUCCESS && role < m->roles; role++) {
        rv = make_part(m, (npie_ca_role_t)role, err);
    }
    if (rv == APR_SUCCESS) {
        rv = fill(m, err);
    }
    if (rv == APR_SUCCESS) {
        rv = make_folder(m->dir, 0755, err);
    }
    if (rv == APR_SUCCESS && m->root_dir != NULL) {
        rv = make_folder(m->root_dir, 0700, err);
    }
    if (rv == APR_SUCCESS) {
        rv = write_all(m->outputs, err);
    }
    if (rv != APR_SUCCESS && m->token != NULL) {
        npie_ca_token_undo(m->token);
    }
    return rv;
}

/* The root's key signs a few times in twenty years: it lies apart from the
 * others, and never without a passphrase. */
static apr_status_t read_root(making_t *m, npie_err_t *err)
{
    npie_ctl_t *ctl = m->ctl;

    if (in_token(m, NPIE_CA_ROOT)) {
        return npie_ctl_option(ctl, "passphrase-file") == NULL
            && npie_ctl_option(ctl, "root-dir") == NULL ? APR_SUCCESS
            : npie_err_set(err, NPIE_EINPUT, NPIE_P_NONE, "there is no "
                           "root.key with --root-in-token: leave out "
                           "--passphrase-file and --root-dir");
    }
    m->root_dir = npie_ctl_option_or(ctl, "root-dir",
                            apr_pstrcat(ctl->p, m->dir, "/offline", NULL));
    return npie_ca_passphrase(&m->passphrase, ctl, 1, err);
}

apr_status_t npie_ctl_ca_init(npie_ctl_t *ctl, npie_err_t *err)
{
    making_t *m = apr_pcalloc(ctl->p, sizeof(*m));
    apr_status_t rv;

    m->ctl = ctl;
    m->roles = npie_ctl_option(ctl, "root-only") != NULL ? 1 : NPIE_CA_ROLES;
    m->dir = apr_pstrdup(ctl->p, npie_ctl_operand(ctl, 0));
    rv = check_names(ctl, err);
    if (rv == APR_SUCCESS) {
        rv = npie_ca_option_url(&m->url, ctl, err);
    }
    if (rv == APR_SUCCESS) {
        rv = check_years(ctl, err);
    }
    if (rv == APR_SUCCESS) {
        rv = read_from(&m->from, ctl, err);
    }
    if (rv == APR_SUCCESS) {
        rv = npie_ca_token_open(&m->token, ctl, err);
    }
    if (rv == APR_SUCCESS && m->token != NULL
        && apr_filepath_merge(&m->dir, NULL, m->dir, 0, ctl->p)
           != APR_SUCCESS) {
        rv = npie_err_set(err, NPIE_EINPUT, NPIE_P_NONE, "%s: it has no "
                          "absolute path", m->dir);
    }
    if (rv == APR_SUCCESS) {
        rv = read_root(m, err);
    }
    if (rv == APR_SUCCESS) {
        name_outputs(m);
        rv = make(m, err);
    }
    if (rv == APR_SUCCESS) {
        show(m);
    }
    return rv;
}
