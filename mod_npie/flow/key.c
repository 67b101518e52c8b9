/* SPDX-License-Identifier: Apache-2.0
 * The move that brings a new key: the employer's own, or a colleague's. It
 * fixes the letter in which it is asked for.
 */
#include "flow/addition.h"

#include <string.h>

#include <apr_lib.h>
#include <apr_strings.h>

#include "flow/drawing.h"
#include "pki/csr.h"

#define KEY_NAME_MAX 64

/* What comes with a new key. */
typedef struct new_key_t {
    npie_csr_t *request;
    const char *name;   /* of its file, without .key; a colleague's has none */
    const char *sha256; /* of its file */
    int by_link;        /* 1: a colleague brings it, the employer is told */
} new_key_t;

static int is_key_name(const char *name)
{
    const apr_size_t len = strlen(name);

    return len >= 1 && len <= KEY_NAME_MAX &&
           strspn(name, "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"
                        "0123456789_-") == len;
}

/* A key file's SHA-256 in lower-case hex, or ""; NULL when hex is neither. */
static const char *read_digest(const char *hex, apr_pool_t *p)
{
    const apr_size_t len = strlen(hex);
    char *lower;

    if ((len != 0 && len != NPIE_SHA256_HEX_SIZE - 1) ||
        strspn(hex, "0123456789abcdefABCDEF") != len) {
        return NULL;
    }
    lower = apr_pstrdup(p, hex);
    for (apr_size_t i = 0; i < len; ++i) {
        lower[i] = (char)apr_tolower(lower[i]);
    }
    return lower;
}

static void keep(npie_step_t *step, const new_key_t *key)
{
    npie_renewal_t *renewal = step->place.renewal;
    npie_addition_t *a = step->view.addition;

    if (step->additional) {
        a->csr = key->request->der;
        a->spki = key->request->spki_sha256;
        a->key_sha256 = key->sha256;
        return;
    }
    renewal->csr = key->request->der;
    renewal->new_spki = key->request->spki_sha256;
    renewal->key_name = key->name;
    renewal->key_sha256 = key->sha256;
}

static apr_status_t tell(npie_step_t *step, const new_key_t *key)
{
    if (!step->additional) {
        return npie_step_mail_changed(step, 0);
    }
    return key->by_link ? npie_step_mail(step, NPIE_MAIL_ADDITIONAL_KEY,
                                         step->place.registered.email, 0)
                        : APR_SUCCESS;
}

static apr_status_t make_key(npie_step_t *step, void *arg)
{
    const new_key_t *key = arg;
    const char *spki = key->request->spki_sha256;
    apr_status_t rv = npie_key_note(step->flow->registry, spki,
                                    step->flow->now, step->err);

    if (rv == NPIE_ECONFLICT) {
        return npie_err_set(step->err, NPIE_EPOLICY, NPIE_P_NEW_KEY_SEEN,
                            "the key %s was used before", spki);
    }
    if (rv == APR_SUCCESS) {
        keep(step, key);
        rv = npie_drawing_request(step, key->request);
    }
    if (rv == APR_SUCCESS) {
        rv = npie_step_write(step);
    }
    return rv == APR_SUCCESS ? tell(step, key) : rv;
}

/* The same key once more is done before, another one too late. */
static apr_status_t bring(npie_step_t *step, new_key_t *key, npie_bytes_t csr,
                          const char *sha256)
{
    const npie_flow_t *flow = step->flow;
    const char *kept;
    apr_status_t rv;

    key->sha256 = read_digest(sha256, flow->p);
    if (key->sha256 == NULL) {
        return npie_err_set(step->err, NPIE_EINPUT, NPIE_P_REQUEST,
                            "the key file's digest is no SHA-256 in hex");
    }
    rv = npie_csr_parse(&key->request, csr, &flow->policy->new_keys, step->err,
                        flow->p);
    if (rv == APR_SUCCESS) {
        rv = npie_step_run(step, make_key, key);
    }
    if (rv != APR_SUCCESS || step->move == NPIE_MOVE_GO) {
        return rv;
    }
    kept = step->additional ? step->view.addition->spki
                            : step->place.renewal->new_spki;
    if (strcmp(kept, key->request->spki_sha256) == 0) {
        return APR_SUCCESS;
    }
    return step->additional ? npie_step_later(step)
        : npie_err_set(step->err, NPIE_ECONFLICT, NPIE_P_KEY_OTHER,
                       "the key is %s, not %s", kept,
                       key->request->spki_sha256);
}

apr_status_t npie_flow_key(npie_flow_t *flow, const npie_who_t *who,
                           npie_bytes_t csr, const char *key_name,
                           const char *key_sha256, npie_err_t *err)
{
    npie_step_t step = { .flow = flow, .who = who,
                         .event = NPIE_EVENT_KEY, .err = err };
    new_key_t key = { .name = key_name };

    return is_key_name(key_name)
        ? bring(&step, &key, csr, key_sha256)
        : npie_err_set(err, NPIE_EINPUT, NPIE_P_KEY_NAME,
                       "the key file's name has other characters than "
                       "letters, digits, - and _, or not 1 to %d of them",
                       KEY_NAME_MAX);
}

apr_status_t npie_flow_addition_key(npie_flow_t *flow,
                                    const npie_addition_view_t *view,
                                    const char *actor, npie_bytes_t csr,
                                    const char *key_sha256, npie_err_t *err)
{
    const npie_who_t who = { .employer = view->addition->employer,
                             .certificate = view->addition->principal,
                             .actor = actor != NULL ? actor : "mail-link" };
    npie_step_t step = { .flow = flow, .who = &who, .err = err,
                         .event = NPIE_EVENT_KEY, .additional = 1,
                         .request = view->addition->id };
    new_key_t key = { .by_link = actor == NULL };

    return bring(&step, &key, csr, key_sha256);
}
