/* SPDX-License-Identifier: Apache-2.0
 * npiectl letter: what verificar.html tells, on the command line.
 */
#include "base/text.h"
#include "ctl/commands.h"
#include "ctl/letter.h"
#include "ctl/show.h"
#include "flow/record.h"
#include "flow/verify_json.h"
#include "letter/stamp.h"
#include "pki/policy.h"

const npie_ctl_option_t npie_ctl_letter_verify_options[] = {
    { "offline", NULL, "judge by the file alone, do not ask the registry" },
    { "seal", "FILE", "certificates of the seal, instead of Seal" },
    { NULL, NULL, NULL }
};

static const npie_ctl_column_t columns[] = {
    { "outcome", "Outcome" }, { "where", "Changed" }, { "size", "Bytes" },
    { "before", "Bytes before the letter" },
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

static void say_known(npie_ctl_t *ctl, const char *name,
                      const npie_known_cert_t *known)
{
    if (known->known) {
        npie_ctl_say(ctl, "  %s: %s%s, %s%s%s", name, known->serial,
                     known->additional ? ", additional" : "", known->status,
                     known->ended != 0 ? " since " : "",
                     known->ended != 0 ? npie_text_time(known->ended, ctl->p)
                                       : "");
    }
}

static void say_stamps(npie_ctl_t *ctl, const npie_stamps_view_t *view)
{
    npie_ctl_say(ctl, "Timestamps: %s%s%s", npie_seen_name(view->seen),
                 *view->detail != '\0' ? ", " : "", view->detail);
    if (view->seen == NPIE_SEEN_GOOD) {
        npie_ctl_say(ctl, "  %s by %s, token %s",
                     npie_text_time(view->first->time, ctl->p),
                     view->first->authority, view->first->serial);
        npie_ctl_say(ctl, "  %d in all; ask for another before %s",
                     view->count, npie_text_time(view->last->until, ctl->p));
    }
}

/* What each answer of the registry means. */
static void say_record(npie_ctl_t *ctl, const npie_letter_view_t *view)
{
    static const char *const means[NPIE_RECORD_COUNT] = {
        [NPIE_RECORD_UNASKED] = "not asked: whether the institute made this "
            "letter, and whether a certificate was revoked, is not known",
        [NPIE_RECORD_NONE] = "no letter has this folio",
        [NPIE_RECORD_OTHER] = "another letter has this folio",
        [NPIE_RECORD_UNSIGNED] = "the institute made this letter, and has no "
            "signature of it",
        [NPIE_RECORD_RESIGNED] = "the institute made this letter, and has "
            "another signature of it",
        [NPIE_RECORD_VOID] = "this letter was cancelled or replaced",
        [NPIE_RECORD_SAME] = "the institute has this letter with this "
            "signature",
    };
    const npie_known_letter_t *known = &view->known;

    npie_ctl_say(ctl, "Registry: %s", means[known->record]);
    if (known->folio != 0) {
        npie_ctl_say(ctl, "  folio %" APR_INT64_T_FMT " of %s, %s, drawn %s",
                     known->folio, known->company, known->rp,
                     npie_text_time(known->drawn, ctl->p));
        say_known(ctl, "certificate of the letter", &known->made);
    }
    say_known(ctl, "signer", &view->signer);
    if (view->proof != NPIE_PROOF_NONE) {
        npie_ctl_say(ctl, "Signed by %s, proved by the %s",
                     npie_text_time(view->proved, ctl->p),
                     npie_proof_name(view->proof));
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
    say_stamps(ctl, &view->stamps);
    say_record(ctl, view);
    if (view->update) {
        npie_ctl_say(ctl, "What follows looks like an update of the PDF: what "
                     "is seen may not be what was signed.");
    }
    if (cadena != NULL && npie_letter_proved(view)) {
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

/* The registry, when one is named. */
static apr_status_t load_known(npie_verify_rules_t *rules, npie_ctl_t *ctl,
                               npie_err_t *err)
{
    npie_known_t *known = apr_palloc(ctl->p, sizeof(*known));
    npie_registry_t *registry;
    apr_status_t rv;

    rules->known = NULL;
    if (ctl->settings->driver == NULL || npie_ctl_option(ctl, "offline")) {
        return APR_SUCCESS;
    }
    rv = npie_ctl_registry(&registry, ctl, err);
    if (rv == APR_SUCCESS) {
        npie_record_port(known, registry);
        rules->known = known;
    }
    return rv;
}

apr_status_t npie_ctl_letter_rules(npie_verify_rules_t *rules,
                                   npie_ctl_t *ctl, npie_err_t *err)
{
    npie_seals_t *seals;
    npie_trust_t *trust;
    npie_tsa_t *tsa;
    apr_status_t rv = npie_ctl_trust(&trust, ctl, err);

    if (rv == APR_SUCCESS && trust == NULL) {
        rv = npie_err_set(err, NPIE_ECONFIG, NPIE_P_NONE, "there is no Trust "
                          "in npiectl.conf: name the authorities' files, as "
                          "in NPIETrust");
    }
    rules->tsa = NULL;
    if (rv == APR_SUCCESS && ctl->settings->timestamp_trust != NULL) {
        rv = npie_tsa_load(&tsa, ctl->settings->timestamp_trust, err, ctl->p);
        rules->tsa = tsa;
    }
    if (rv == APR_SUCCESS) {
        rv = load_seals(&seals, ctl, trust, err);
    }
    if (rv == APR_SUCCESS) {
        rules->trust = trust;
        rules->seals = seals;
        rules->old_key_min_bits = ctl->settings->old_key_min_bits;
        rules->additional_oid = NPIE_ADDITIONAL_OID;
        rules->now = ctl->now;
        rv = load_known(rules, ctl, err);
    }
    return rv;
}

apr_status_t npie_ctl_letter_verify(npie_ctl_t *ctl, npie_err_t *err)
{
    const char *path = npie_ctl_operand(ctl, 0);
    npie_verify_rules_t rules;
    npie_letter_view_t *view;
    npie_bytes_t file;
    apr_status_t rv = npie_ctl_read_file(&file, ctl, path, NPIE_STAMPED_MAX,
                                         err);

    if (rv == APR_SUCCESS) {
        rv = npie_ctl_letter_rules(&rules, ctl, err);
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
                       "%s: this letter proves nothing as it is: %s", path,
                       npie_outcome_name(view->outcome));
}
