/* SPDX-License-Identifier: Apache-2.0
 * npiectl letter timestamp, renew-timestamps: sealed letters are dated by an
 * outside authority.
 */
#include <errno.h>
#include <string.h>

#include "base/parse.h"
#include "ctl/commands.h"
#include "ctl/letter.h"
#include "ctl/show.h"
#include "ctl/write.h"
#include "flow/dating.h"

#define LETTER_MODE 0644

const npie_ctl_option_t npie_ctl_letter_timestamp_options[] = {
    { "url", "URL", "timestamp authority, instead of Timestamp" },
    { "tsa", "FILE", "its root, instead of TimestampTrust" },
    { NULL, NULL, NULL }
};

static const npie_ctl_column_t columns[] = {
    { "file", "File" }, { "time", "Time" }, { "authority", "Authority" },
    { "until", "Its certificate ends" }, { NULL, NULL }
};

static apr_status_t load_server(npie_tsa_server_t *server, npie_ctl_t *ctl,
                                npie_err_t *err)
{
    const char *url = npie_ctl_option(ctl, "url");
    const char *wrong = NULL;

    *server = ctl->settings->timestamp;
    if (url != NULL) {
        wrong = npie_tsa_server_parse(server, url, ctl->p);
    }
    return wrong == NULL ? APR_SUCCESS
        : npie_err_set(err, NPIE_ECONFIG, NPIE_P_NONE, "%s: %s", url, wrong);
}

static apr_status_t load(npie_stamper_t *stamper, npie_ctl_t *ctl,
                         npie_err_t *err)
{
    const char *trust = npie_ctl_option(ctl, "tsa");
    npie_signer_t *signer;
    npie_tsa_t *tsa;
    apr_status_t rv;

    memset(stamper, 0, sizeof(*stamper));
    trust = trust != NULL ? trust : ctl->settings->timestamp_trust;
    rv = load_server(&stamper->server, ctl, err);
    if (rv != APR_SUCCESS) {
        return rv;
    }
    if (stamper->server.url == NULL || trust == NULL) {
        return npie_err_set(err, NPIE_ECONFIG, NPIE_P_NONE,
                            "no timestamp authority is named: give --url and "
                            "--tsa, or Timestamp and TimestampTrust in "
                            "npiectl.conf");
    }
    rv = npie_tsa_load(&tsa, trust, err, ctl->p);
    stamper->tsa = tsa;
    if (rv == APR_SUCCESS && ctl->settings->signer == NULL) {
        npie_ctl_warn("no Signer is named: letters get neither CRL nor OCSP "
                      "answers");
        return rv;
    }
    if (rv == APR_SUCCESS) {
        rv = npie_ctl_signer(&signer, ctl, err);
        stamper->signer = signer;
    }
    return rv;
}

apr_status_t npie_ctl_letter_timestamp(npie_ctl_t *ctl, npie_err_t *err)
{
    const char *path = npie_ctl_operand(ctl, 0);
    const char *out = npie_ctl_operand(ctl, 1);
    npie_timestamp_t *stamp;
    npie_stamper_t stamper;
    npie_bytes_t file, dated;
    apr_status_t rv = npie_ctl_read_file(&file, ctl, path, NPIE_STAMPED_MAX,
                                         err);

    if (rv == APR_SUCCESS) {
        rv = load(&stamper, ctl, err);
    }
    if (rv == APR_SUCCESS) {
        rv = npie_stamper_date(&dated, &stamp, &stamper, file, ctl->now, err,
                               ctl->p);
    }
    if (rv != APR_SUCCESS) {
        return rv;
    }
    if (!npie_ctl_write_new(out, dated, LETTER_MODE)) {
        return npie_err_set(err, NPIE_EINPUT, NPIE_P_NONE, "%s: %s", out,
                            strerror(errno));
    }
    npie_ctl_show_record(ctl, json_pack(
        "{s:s, s:o, s:s, s:s, s:o}", "file", out, "time",
        npie_ctl_json_time(ctl, stamp->time), "authority", stamp->authority,
        "serial", stamp->serial, "until",
        npie_ctl_json_time(ctl, stamp->until)), columns);
    return APR_SUCCESS;
}

const npie_ctl_option_t npie_ctl_letter_renew_timestamps_options[] = {
    { "url", "URL", "timestamp authority, instead of Timestamp" },
    { "tsa", "FILE", "its root, instead of TimestampTrust" },
    { "within", "DAYS", "letters too whose further timestamp is due by then" },
    { NULL, NULL, NULL }
};

/* What was done to the letters. */
typedef struct tally_t {
    int first;  /* timestamps on letters without one */
    int again;  /* further ones */
    json_t *failed;
} tally_t;

static void note_failure(tally_t *tally, const npie_dating_t *dating,
                         const npie_err_t *err)
{
    json_array_append_new(tally->failed, json_pack(
        "{s:I, s:s}", "folio", (json_int_t)dating->folio, "reason",
        err->detail));
}

/** Dates what is due until nothing is, or the authority fails. */
static apr_status_t date_all(tally_t *tally, npie_flow_t *flow,
                             const npie_stamper_t *stamper, int again,
                             apr_time_t due, npie_err_t *err)
{
    apr_pool_t *p = flow->p;
    apr_status_t rv;

    do {
        npie_dating_t dating;
        apr_pool_t *one;

        apr_pool_create(&one, p);
        flow->p = flow->registry->p = one;
        flow->now = apr_time_now();
        rv = npie_flow_date_next(&dating, flow, stamper, again, due, err);
        *(again ? &tally->again : &tally->first) += rv == APR_SUCCESS;
        if (rv != APR_SUCCESS && rv != APR_NOTFOUND && rv != NPIE_ECONFLICT
            && dating.folio != 0) {
            note_failure(tally, &dating, err);
            /* What gains nothing for one letter gains nothing for any. */
            rv = rv == NPIE_EPOLICY && dating.alone ? APR_NOTFOUND
                : dating.alone ? APR_SUCCESS : rv;
        }
        flow->p = flow->registry->p = p;
        apr_pool_destroy(one);
    } while (rv == APR_SUCCESS || rv == NPIE_ECONFLICT);
    return rv == APR_NOTFOUND ? APR_SUCCESS : rv;
}

static apr_status_t load_within(apr_interval_time_t *within, npie_ctl_t *ctl,
                                npie_err_t *err)
{
    const char *option = npie_ctl_option(ctl, "within");
    int days = 0;
    const char *wrong = option == NULL ? NULL
        : npie_parse_int(&days, option, 0, 36500, ctl->p);

    *within = days * apr_time_from_sec(86400);
    return wrong == NULL ? APR_SUCCESS
        : npie_err_set(err, NPIE_EINPUT, NPIE_P_NONE, "--within: %s", wrong);
}

apr_status_t npie_ctl_letter_renew_timestamps(npie_ctl_t *ctl,
                                              npie_err_t *err)
{
    static const npie_ctl_column_t totals[] = {
        { "first", "Letters dated" }, { "again", "Dated once more" },
        { "failures", "Failed" }, { NULL, NULL }
    };
    npie_verify_rules_t rules;
    npie_policy_t policy = {
        .old_key_min_bits = ctl->settings->old_key_min_bits
    };
    npie_flow_t flow = { .policy = &policy, .now = ctl->now, .p = ctl->p };
    tally_t tally = { 0, 0, json_array() };
    npie_stamper_t stamper;
    apr_interval_time_t within;
    apr_status_t rv = load_within(&within, ctl, err);

    if (rv == APR_SUCCESS) {
        rv = load(&stamper, ctl, err);
    }
    if (rv == APR_SUCCESS) {
        rv = npie_ctl_letter_rules(&rules, ctl, err);
    }
    if (rv == APR_SUCCESS) {
        rv = npie_ctl_registry(&flow.registry, ctl, err);
    }
    if (rv != APR_SUCCESS) {
        return rv;
    }
    flow.trust = rules.trust;
    flow.seals = rules.seals;
    /* Those that just failed have not to wait any longer. */
    rv = date_all(&tally, &flow, &stamper, 0, ctl->now + NPIE_DATING_LATER,
                  err);
    if (rv == APR_SUCCESS) {
        rv = date_all(&tally, &flow, &stamper, 1, ctl->now + within, err);
    }
    npie_ctl_show_record(ctl, json_pack(
        "{s:i, s:i, s:i, s:o}", "first", tally.first, "again", tally.again,
        "failures", (int)json_array_size(tally.failed), "failed",
        tally.failed), totals);
    for (size_t i = 0; i < json_array_size(tally.failed); ++i) {
        npie_ctl_say(ctl, "Letter %lld: %s", (long long)json_integer_value(
            json_object_get(json_array_get(tally.failed, i), "folio")),
            json_string_value(json_object_get(json_array_get(tally.failed, i),
                                              "reason")));
    }
    return rv;
}
