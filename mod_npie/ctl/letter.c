/* SPDX-License-Identifier: Apache-2.0
 * npiectl letter: what verificar.html tells, on the command line.
 */
#include "base/text.h"
#include "ctl/commands.h"
#include "ctl/show.h"
#include "flow/verify_json.h"
#include "letter/seal.h"

/* As NPIEOldKeyMinBits by default. */
#define OLD_KEY_MIN_BITS 1024

const npie_ctl_option_t npie_ctl_letter_verify_options[] = {
    { "seal", "FILE", "certificates of the seal, instead of Seal" },
    { NULL, NULL, NULL }
};

static const npie_ctl_column_t columns[] = {
    { "outcome", "Outcome" }, { "size", "Bytes" },
    { "after", "Bytes after the last signature" }, { NULL, NULL }
};

static void say_signature(npie_ctl_t *ctl, const char *name,
                          const npie_signature_view_t *view)
{
    const npie_cert_t *cert = view->cert;

    npie_ctl_say(ctl, "%s: %s%s%s", name, npie_seen_name(view->seen),
                 *view->detail != '\0' ? ", " : "", view->detail);
    if (view->time != 0) {
        npie_ctl_say(ctl, "  dated %s%s", npie_text_time(view->time, ctl->p),
                     view->expired_then ? ", the certificate had expired"
                                        : "");
    }
    if (cert != NULL) {
        npie_ctl_say(ctl, "  by %s, certificate %s of %s, valid from %s until "
                     "%s", cert->common_name, cert->serial_text, cert->issuer,
                     npie_text_time(cert->not_before, ctl->p),
                     npie_text_time(cert->not_after, ctl->p));
    }
}

/* What the text says beside the table. */
static void say(npie_ctl_t *ctl, const npie_letter_view_t *view)
{
    const npie_cadena_t *cadena = view->cadena;

    if (view->outcome == NPIE_OUTCOME_FOREIGN) {
        return;
    }
    say_signature(ctl, "Employer's signature", &view->employer);
    say_signature(ctl, "Institute's seal", &view->seal);
    if (view->update) {
        npie_ctl_say(ctl, "What follows looks like an update of the PDF: what "
                     "is seen may not be what was signed.");
    }
    if (cadena != NULL && view->employer.seen == NPIE_SEEN_GOOD) {
        npie_ctl_say(ctl, "Old key %s\nNew key %s\n%s", cadena->old_spki,
                     cadena->new_spki, npie_cadena_format(cadena, ctl->p));
    }
}

/* The institute's seals, as the option or the settings name them. */
static apr_status_t load_seals(npie_seals_t **pseals, npie_ctl_t *ctl,
                               const npie_trust_t *trust, npie_err_t *err)
{
    const char *option = npie_ctl_option(ctl, "seal");
    const apr_array_header_t *files = ctl->settings->seal;

    if (option != NULL) {
        apr_array_header_t *one = apr_array_make(ctl->p, 1, sizeof(option));

        APR_ARRAY_PUSH(one, const char *) = option;
        files = one;
    }
    *pseals = NULL;
    if (files->nelts == 0) {
        npie_ctl_warn("no Seal is named: no seal is taken for the "
                      "institute's");
        return APR_SUCCESS;
    }
    return npie_seals_load(pseals, files, trust, err, ctl->p);
}

static apr_status_t load_rules(npie_verify_rules_t *rules, npie_ctl_t *ctl,
                               npie_err_t *err)
{
    npie_seals_t *seals;
    npie_trust_t *trust;
    apr_status_t rv = npie_ctl_trust(&trust, ctl, err);

    if (rv == APR_SUCCESS && trust == NULL) {
        rv = npie_err_set(err, NPIE_ECONFIG, NPIE_P_NONE, "there is no Trust "
                          "in npiectl.conf: name the authorities' files, as "
                          "in NPIETrust");
    }
    if (rv == APR_SUCCESS) {
        rv = load_seals(&seals, ctl, trust, err);
    }
    if (rv == APR_SUCCESS) {
        rules->trust = trust;
        rules->seals = seals;
        rules->old_key_min_bits = OLD_KEY_MIN_BITS;
    }
    return rv;
}

apr_status_t npie_ctl_letter_verify(npie_ctl_t *ctl, npie_err_t *err)
{
    const char *path = npie_ctl_operand(ctl, 0);
    npie_verify_rules_t rules;
    npie_letter_view_t *view;
    npie_bytes_t file;
    apr_status_t rv = npie_ctl_read_file(&file, ctl, path, NPIE_SEALED_MAX,
                                         err);

    if (rv == APR_SUCCESS) {
        rv = load_rules(&rules, ctl, err);
    }
    if (rv != APR_SUCCESS) {
        return rv;
    }
    rv = npie_letter_verify(&view, &rules, file, err, ctl->p);
    if (rv != APR_SUCCESS) {
        return rv;
    }
    npie_ctl_show_record(ctl, npie_verify_json(view, ctl->p), columns);
    say(ctl, view);
    return view->outcome == NPIE_OUTCOME_SEALED
        || view->outcome == NPIE_OUTCOME_SIGNED ? APR_SUCCESS
        : npie_err_set(err, NPIE_ESIGNATURE, NPIE_P_SIGNATURE,
                       "%s: this is no letter as it was signed: %s", path,
                       npie_outcome_name(view->outcome));
}
