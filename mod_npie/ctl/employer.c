/* SPDX-License-Identifier: Apache-2.0
 * npiectl employer show, list and edit.
 */
#include "ctl/employer.h"

#include <string.h>

#include <apr_lib.h>
#include <apr_strings.h>

#include "base/plain.h"
#include "ctl/commands.h"
#include "ctl/field.h"
#include "ctl/show.h"
#include "model/field.h"

const npie_ctl_option_t npie_ctl_employer_show_options[] = {
    { NULL, NULL, NULL }
};

const npie_ctl_option_t npie_ctl_employer_list_options[] = {
    { "match", "TEXT", "only those whose name, RP, RFC or user name contains it" },
    { NULL, NULL, NULL }
};

const npie_ctl_option_t npie_ctl_employer_edit_options[] = {
    { "name-from", "certificate", "takes company and person from the "
      "employer's newest certificate" },
    { NULL, NULL, NULL }
};

/* By registro patronal, with or without its check digit. */
static apr_status_t find_by_rp(npie_employer_t **pemployer,
                               npie_registry_t *registry, const char *word,
                               npie_err_t *err)
{
    char rp[NPIE_RP_SIZE];
    apr_size_t n = 0;

    for (; *word != '\0'; word++) {
        if (*word != '-' && *word != ' ') {
            if (n == NPIE_RP_SIZE - 1) {
                return APR_NOTFOUND;
            }
            rp[n++] = (char)apr_toupper(*word);
        }
    }
    if (n < NPIE_RP10_SIZE - 1) {
        return APR_NOTFOUND;
    }
    rp[n] = '\0';
    if (n == NPIE_RP_SIZE - 1 && npie_field_rp(rp, rp) != APR_SUCCESS) {
        return APR_NOTFOUND;
    }
    return npie_employer_by_rp10(pemployer, registry,
                                 apr_pstrmemdup(registry->p, rp,
                                                NPIE_RP10_SIZE - 1), err);
}

static apr_status_t find_by_rfc(npie_employer_t **pemployer,
                                npie_registry_t *registry, const char *word,
                                npie_err_t *err)
{
    apr_array_header_t *list;
    apr_status_t rv = npie_employer_by_rfc(&list, registry, word, err);

    if (rv != APR_SUCCESS || list->nelts == 0) {
        return rv == APR_SUCCESS ? APR_NOTFOUND : rv;
    }
    *pemployer = APR_ARRAY_IDX(list, 0, npie_employer_t *);
    return list->nelts == 1 ? APR_SUCCESS
        : npie_err_set(err, NPIE_EINPUT, NPIE_P_NONE, "%d employers have the "
                       "RFC %.13s: name one by its registro patronal (npiectl "
                       "employer list --match %.13s)", list->nelts, word,
                       word);
}

apr_status_t npie_ctl_employer_find(npie_employer_t **pemployer,
                                    npie_registry_t *registry,
                                    const char *word, npie_err_t *err,
                                    apr_pool_t *p)
{
    apr_status_t rv = find_by_rp(pemployer, registry, word, err);

    (void)p;
    if (rv == APR_NOTFOUND) {
        rv = npie_employer_by_user(pemployer, registry, word, err);
    }
    if (rv == APR_NOTFOUND) {
        rv = find_by_rfc(pemployer, registry, word, err);
    }
    return rv != APR_NOTFOUND ? rv
        : npie_err_set(err, APR_NOTFOUND, NPIE_P_NONE,
                       "no employer has the registro patronal, user name or "
                       "RFC \"%.40s\": see npiectl employer list", word);
}

json_t *npie_ctl_employer_json(const npie_employer_t *employer, apr_pool_t *p)
{
    json_t *object = json_object();

    for (int i = 0; i < NPIE_CTL_FIELDS; i++) {
        json_object_set_new(object, npie_ctl_field_name(i), json_string(
            npie_ctl_field_get(employer, i, p)));
    }
    return object;
}

apr_status_t npie_ctl_employer_show(npie_ctl_t *ctl, npie_err_t *err)
{
    npie_ctl_column_t columns[NPIE_CTL_FIELDS + 1] = { { NULL, NULL } };
    npie_registry_t *registry;
    npie_employer_t *employer = NULL;
    apr_status_t rv = npie_ctl_registry(&registry, ctl, err);

    if (rv == APR_SUCCESS) {
        rv = npie_ctl_employer_find(&employer, registry,
                                    npie_ctl_operand(ctl, 0), err, ctl->p);
    }
    if (rv != APR_SUCCESS) {
        return rv;
    }
    for (int i = 0; i < NPIE_CTL_FIELDS; i++) {
        columns[i].key = npie_ctl_field_name(i);
        columns[i].title = columns[i].key;
    }
    npie_ctl_show_record(ctl, npie_ctl_employer_json(employer, ctl->p),
                         columns);
    return APR_SUCCESS;
}

apr_status_t npie_ctl_employer_list(npie_ctl_t *ctl, npie_err_t *err)
{
    static const npie_ctl_column_t columns[] = {
        { "rp", "RP" }, { "rfc", "RFC" }, { "user", "User" },
        { "name", "Name" }, { "email", "E-mail" }, { NULL, NULL }
    };
    const char *match = npie_ctl_option(ctl, "match");
    npie_registry_t *registry;
    apr_array_header_t *found = NULL;
    json_t *list;
    apr_status_t rv = npie_ctl_registry(&registry, ctl, err);

    if (rv == APR_SUCCESS) {
        rv = npie_employer_list(&found, registry, match == NULL ? "" : match,
                                err);
    }
    if (rv != APR_SUCCESS) {
        return rv;
    }
    list = json_array();
    for (int i = 0; i < found->nelts; i++) {
        json_array_append_new(list, npie_ctl_employer_json(
            APR_ARRAY_IDX(found, i, npie_employer_t *), ctl->p));
    }
    npie_ctl_show_list(ctl, list, columns, "No employers.");
    return APR_SUCCESS;
}

/* One "field=value". Adds the field's name to what is changed. */
static apr_status_t edit(npie_employer_t *employer, const char **pchanged,
                         const char *word, npie_err_t *err, apr_pool_t *p)
{
    const char *value = strchr(word, '=');
    const char *warning = NULL;
    const char *wrong = NULL;
    const char *before;
    int field = value == NULL ? -1
        : npie_ctl_field_find(npie_plain_key(
            apr_pstrmemdup(p, word, (apr_size_t)(value - word)), p));

    if (field < 0) {
        return npie_err_set(err, NPIE_EINPUT, NPIE_P_NONE,
                            "\"%.60s\" is no field=value: npiectl employer "
                            "show tells the fields", word);
    }
    if (field == NPIE_CTL_FIELD_RP || field == NPIE_CTL_FIELD_USER) {
        return npie_err_set(err, NPIE_EPOLICY, NPIE_P_NONE,
                            "%s never changes: import an employer with "
                            "another one", npie_ctl_field_name(field));
    }
    before = npie_ctl_field_get(employer, field, p);
    wrong = npie_ctl_field_set(employer, field, value + 1, &warning, p);
    if (wrong != NULL) {
        return npie_err_set(err, NPIE_EINPUT, NPIE_P_NONE, "%s: %s",
                            npie_ctl_field_name(field), wrong);
    }
    if (warning != NULL) {
        npie_ctl_warn("%s: %s", npie_ctl_field_name(field), warning);
    }
    if (strcmp(before, npie_ctl_field_get(employer, field, p)) != 0) {
        *pchanged = apr_pstrcat(p, *pchanged, **pchanged == '\0' ? "" : ", ",
                                npie_ctl_field_name(field), NULL);
    }
    return APR_SUCCESS;
}

/* The words of a certificate's person as given name and surnames: what goes
 * where counts for nothing but the order. */
static void split_person(const char *words[3], const char *name,
                         apr_pool_t *p)
{
    char *copy = apr_pstrdup(p, name);

    words[1] = words[2] = "";
    for (int i = 2; i >= 1; i--) {
        char *blank = strrchr(copy, ' ');

        if (blank == NULL || (i == 2 && strchr(copy, ' ') == blank)) {
            continue;
        }
        *blank = '\0';
        words[i] = blank + 1;
    }
    words[0] = copy;
}

/* An employer's names as the newest certificate has them. */
static apr_status_t take_names(npie_employer_t *employer,
                               const char **pchanged,
                               npie_registry_t *registry, npie_err_t *err,
                               apr_pool_t *p)
{
    static const char *const fields[] = { "given_name", "surname", "surname2" };
    npie_certificate_t *row;
    npie_cert_t *cert;
    const char *words[3];
    apr_status_t rv = npie_certificate_newest(&row, registry, employer->id,
                                              err);

    if (rv == APR_NOTFOUND) {
        return npie_err_set(err, NPIE_EINPUT, NPIE_P_NONE, "%s has no "
                            "certificate to take names from", employer->rp);
    }
    if (rv == APR_SUCCESS) {
        rv = npie_cert_parse(&cert, row->der, err, p);
    }
    if (rv == APR_SUCCESS) {
        rv = edit(employer, pchanged, apr_pstrcat(p, "name=",
                                                  cert->organization, NULL),
                  err, p);
    }
    if (rv != APR_SUCCESS) {
        return rv;
    }
    split_person(words, cert->common_name, p);
    for (int i = 0; i < 3 && rv == APR_SUCCESS; i++) {
        rv = edit(employer, pchanged, apr_pstrcat(p, fields[i], "=", words[i],
                                                  NULL), err, p);
    }
    return rv;
}

/* --name-from, by whoever may decide which name is right. */
static apr_status_t decide_names(npie_employer_t *employer,
                                 const char **pchanged, npie_ctl_t *ctl,
                                 npie_registry_t *registry, npie_err_t *err)
{
    const char *from = npie_ctl_option(ctl, "name-from");

    if (from == NULL && npie_ctl_operand(ctl, 1) == NULL) {
        return npie_err_set(err, NPIE_EINPUT, NPIE_P_NONE, "name what changes: "
                            "FIELD=VALUE, or --name-from certificate");
    }
    if (from != NULL && strcmp(from, "certificate") != 0) {
        return npie_err_set(err, NPIE_EINPUT, NPIE_P_NONE, "%s", strcmp(
            from, "registry") == 0
            ? "npie-signer takes names from the certificate that signs, and "
              "from nobody's registry: a certificate with another name is "
              "requested in person, and imported (npiectl certificate import)"
            : "--name-from is certificate");
    }
    return from == NULL ? APR_SUCCESS
        : take_names(employer, pchanged, registry, err, ctl->p);
}

static apr_status_t edit_all(npie_ctl_t *ctl, npie_registry_t *registry,
                             npie_err_t *err)
{
    npie_employer_t *employer = NULL;
    const char *changed = "";
    apr_status_t rv;

    rv = npie_ctl_employer_find(&employer, registry, npie_ctl_operand(ctl, 0),
                                err, ctl->p);
    if (rv == APR_SUCCESS) {
        rv = decide_names(employer, &changed, ctl, registry, err);
    }
    for (int i = 1; rv == APR_SUCCESS && npie_ctl_operand(ctl, i); i++) {
        rv = edit(employer, &changed, npie_ctl_operand(ctl, i), err, ctl->p);
    }
    if (rv == APR_SUCCESS && *changed != '\0') {
        rv = npie_employer_update(registry, employer, err);
    }
    if (rv == APR_SUCCESS && *changed != '\0') {
        rv = npie_audit(registry, ctl->now, ctl->actor, "employer-edit",
                        apr_psprintf(ctl->p, "%s: %s%s", employer->rp, changed,
                                     npie_ctl_option(ctl, "name-from") != NULL
                                     ? ", from the certificate" : ""), err);
    }
    if (rv == APR_SUCCESS) {
        static const npie_ctl_column_t columns[] = {
            { "rp", "RP" }, { "changed", "Changed" }, { NULL, NULL }
        };

        npie_ctl_show_record(ctl, json_pack("{s: s, s: s}", "rp",
                                            employer->rp, "changed",
                                            changed), columns);
    }
    return rv;
}

apr_status_t npie_ctl_employer_edit(npie_ctl_t *ctl, npie_err_t *err)
{
    npie_registry_t *registry;
    apr_status_t rv = npie_ctl_begin(&registry, ctl, err);

    if (rv != APR_SUCCESS) {
        return rv;
    }
    rv = edit_all(ctl, registry, err);
    return npie_ctl_end(registry, rv == APR_SUCCESS, rv, err);
}
