/* SPDX-License-Identifier: Apache-2.0
 * npiectl certificate show, list and expiring.
 */
#include "ctl/certificate.h"

#include <string.h>

#include <apr_lib.h>
#include <apr_strings.h>

#include "base/parse.h"
#include "base/text.h"
#include "ctl/commands.h"
#include "ctl/employer.h"
#include "ctl/show.h"

const npie_ctl_option_t npie_ctl_certificate_show_options[] = {
    { NULL, NULL, NULL }
};

const npie_ctl_option_t npie_ctl_certificate_list_options[] = {
    { "employer", "WHO", "only those of one employer" },
    { "status", "STATUS", "active, superseded or revoked" },
    { NULL, NULL, NULL }
};

const npie_ctl_option_t npie_ctl_certificate_expiring_options[] = {
    { "within", "TIME", "how far to look ahead, in days or as 12h; default 30d" },
    { NULL, NULL, NULL }
};

static const npie_ctl_column_t list_columns[] = {
    { "rp", "RP" }, { "generation", "Gen" }, { "serial", "Serial" },
    { "not_after", "Until" }, { "status", "Status" },
    { "additional", "Additional" }, { "name", "Name" }, { NULL, NULL }
};

json_t *npie_ctl_certificate_json(npie_ctl_t *ctl,
                                  const npie_certificate_item_t *item)
{
    const npie_certificate_t *c = item->certificate;

    return json_pack(
        "{s: s, s: s, s: i, s: b, s: s, s: s, s: s, s: s, s: s, s: o, s: o,"
        " s: s, s: o, s: s, s: o}",
        "rp", item->rp, "name", item->name, "generation", c->generation,
        "additional", c->additional, "holder", c->holder, "holder_email",
        c->holder_email, "serial", npie_cert_serial_text(c->serial, ctl->p),
        "serial_hex", c->serial, "spki_sha256", c->spki, "not_before",
        npie_ctl_json_time(ctl, c->not_before), "not_after",
        npie_ctl_json_time(ctl, c->not_after), "status",
        npie_certificate_status_name(c->status), "ended",
        npie_ctl_json_time(ctl, c->ended), "reason", c->reason,
        "terms_signed", npie_ctl_json_time(ctl, c->terms_signed));
}

const char *npie_ctl_serial_hex(const char *word, apr_pool_t *p)
{
    apr_size_t len = strlen(word);
    char *hex = apr_pstrdup(p, word);

    if (len == 20 && strspn(word, "0123456789") == len) {
        npie_bytes_t digits = { (const unsigned char *)word, len };

        hex = npie_text_hex(digits, p);
    }
    else if (len == 0 || len > 64
             || strspn(word, "0123456789abcdefABCDEF") != len) {
        return NULL;
    }
    for (char *c = hex; *c != '\0'; c++) {
        *c = (char)apr_toupper(*c);
    }
    return hex;
}

apr_status_t npie_ctl_certificate_by_serial(apr_array_header_t **plist,
                                            npie_registry_t *registry,
                                            const char *word, npie_err_t *err,
                                            apr_pool_t *p)
{
    npie_certificate_filter_t filter = { .status = "" };

    filter.serial = npie_ctl_serial_hex(word, p);
    if (filter.serial == NULL) {
        *plist = apr_array_make(p, 1, sizeof(npie_certificate_item_t));
        return APR_SUCCESS;
    }
    return npie_certificate_list(plist, registry, &filter, err);
}

apr_status_t npie_ctl_certificate_find(apr_array_header_t **plist,
                                       npie_registry_t *registry,
                                       const char *word, npie_err_t *err,
                                       apr_pool_t *p)
{
    npie_certificate_filter_t filter = { .status = "", .serial = "" };
    npie_employer_t *employer = NULL;
    apr_status_t rv = npie_ctl_certificate_by_serial(plist, registry, word,
                                                     err, p);

    if (rv != APR_SUCCESS || (*plist)->nelts > 0) {
        return rv;
    }
    rv = npie_ctl_employer_find(&employer, registry, word, err, p);
    if (rv == APR_SUCCESS) {
        filter.employer = employer->id;
        rv = npie_certificate_list(plist, registry, &filter, err);
    }
    if (rv == APR_NOTFOUND || (rv == APR_SUCCESS && (*plist)->nelts == 0)) {
        rv = npie_err_set(err, APR_NOTFOUND, NPIE_P_NONE,
                          "no certificate has the serial \"%.64s\", nor any "
                          "employer of that name: see npiectl certificate "
                          "list", word);
    }
    return rv;
}

static void show_list(npie_ctl_t *ctl, const apr_array_header_t *found,
                      const char *none)
{
    json_t *list = json_array();

    for (int i = 0; i < found->nelts; i++) {
        json_array_append_new(list, npie_ctl_certificate_json(
            ctl, &APR_ARRAY_IDX(found, i, npie_certificate_item_t)));
    }
    npie_ctl_show_list(ctl, list, list_columns, none);
}

/* One certificate in full, with the certificate itself. */
static void show_one(npie_ctl_t *ctl, const npie_certificate_item_t *item)
{
    static const npie_ctl_column_t columns[] = {
        { "rp", "RP" }, { "name", "Name" }, { "generation", "Generation" },
        { "additional", "Additional" }, { "holder", "Holder" },
        { "holder_email", "Holder's e-mail" }, { "serial", "Serial" },
        { "serial_hex", "Serial (hex)" }, { "spki_sha256", "Key's SHA-256" },
        { "not_before", "From" }, { "not_after", "Until" },
        { "status", "Status" }, { "ended", "Ended" }, { "reason", "Reason" },
        { "terms_signed", "Letter 2 signed" }, { "issuer", "Issuer" },
        { "common_name", "Common name" }, { "pem", "" }, { NULL, NULL }
    };
    json_t *record = npie_ctl_certificate_json(ctl, item);
    npie_cert_t *cert;
    const char *pem = "";

    if (npie_cert_parse(&cert, item->certificate->der, NULL, ctl->p)
        == APR_SUCCESS) {
        pem = npie_cert_pem(cert, ctl->p);
        json_object_set_new(record, "issuer", json_string(cert->issuer));
        json_object_set_new(record, "common_name",
                            json_string(cert->common_name));
        json_object_set_new(record, "pem", json_string(pem));
    }
    npie_ctl_show_record(ctl, record, columns);
    npie_ctl_say(ctl, "%s", pem == NULL ? "" : pem);
}

apr_status_t npie_ctl_certificate_show(npie_ctl_t *ctl, npie_err_t *err)
{
    npie_registry_t *registry;
    apr_array_header_t *found = NULL;
    apr_status_t rv = npie_ctl_registry(&registry, ctl, err);

    if (rv == APR_SUCCESS) {
        rv = npie_ctl_certificate_find(&found, registry,
                                       npie_ctl_operand(ctl, 0), err, ctl->p);
    }
    if (rv == APR_SUCCESS && found->nelts > 1 && !ctl->json) {
        show_list(ctl, found, "");
    }
    else if (rv == APR_SUCCESS && found->nelts == 1) {
        show_one(ctl, &APR_ARRAY_IDX(found, 0, npie_certificate_item_t));
    }
    else if (rv == APR_SUCCESS) {
        rv = npie_err_set(err, NPIE_EINPUT, NPIE_P_NONE,
                          "%d certificates are meant: name one by its serial "
                          "(npiectl certificate list --employer %.20s)",
                          found->nelts, npie_ctl_operand(ctl, 0));
    }
    return rv;
}

static int is_status(const char *text)
{
    for (int i = 0; i <= NPIE_CERTIFICATE_REVOKED; i++) {
        if (strcmp(text, npie_certificate_status_name(
                             (npie_certificate_status_t)i)) == 0) {
            return 1;
        }
    }
    return *text == '\0';
}

apr_status_t npie_ctl_certificate_list(npie_ctl_t *ctl, npie_err_t *err)
{
    const char *who = npie_ctl_option(ctl, "employer");
    const char *status = npie_ctl_option(ctl, "status");
    npie_certificate_filter_t filter = {
        .status = status == NULL ? "" : status, .serial = "",
    };
    npie_employer_t *employer = NULL;
    apr_array_header_t *found;
    npie_registry_t *registry;
    apr_status_t rv;

    if (!is_status(filter.status)) {
        return npie_err_set(err, NPIE_EINPUT, NPIE_P_NONE, "--status: it is "
                            "active, superseded or revoked");
    }
    rv = npie_ctl_registry(&registry, ctl, err);
    if (rv == APR_SUCCESS && who != NULL) {
        rv = npie_ctl_employer_find(&employer, registry, who, err, ctl->p);
        filter.employer = rv == APR_SUCCESS ? employer->id : 0;
    }
    if (rv == APR_SUCCESS) {
        rv = npie_certificate_list(&found, registry, &filter, err);
    }
    if (rv == APR_SUCCESS) {
        show_list(ctl, found, "No certificates.");
    }
    return rv;
}

apr_status_t npie_ctl_certificate_expiring(npie_ctl_t *ctl, npie_err_t *err)
{
    const char *within = npie_ctl_option(ctl, "within");
    apr_interval_time_t ahead = 0;
    /* Elsewhere a bare number is seconds; nobody asks for these here. */
    const char *time = within == NULL ? "30d"
        : within[strspn(within, "0123456789")] == '\0'
          ? apr_pstrcat(ctl->p, within, "d", NULL) : within;
    const char *wrong = npie_parse_time(&ahead, time,
                                        apr_time_from_sec(1),
                                        apr_time_from_sec(86400) * 36500,
                                        ctl->p);
    npie_certificate_filter_t filter = {
        .status = npie_certificate_status_name(NPIE_CERTIFICATE_ACTIVE),
        .serial = "", .ends_after = ctl->now, .ends_until = ctl->now + ahead,
    };
    apr_array_header_t *found;
    npie_registry_t *registry;
    apr_status_t rv;

    if (wrong != NULL) {
        return npie_err_set(err, NPIE_EINPUT, NPIE_P_NONE, "--within: %s",
                            wrong);
    }
    rv = npie_ctl_registry(&registry, ctl, err);
    if (rv == APR_SUCCESS) {
        rv = npie_certificate_list(&found, registry, &filter, err);
    }
    if (rv == APR_SUCCESS) {
        show_list(ctl, found, "No active certificate expires in that time.");
    }
    return rv;
}
