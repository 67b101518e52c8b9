/* SPDX-License-Identifier: Apache-2.0
 * What a server works with once its configuration is read: trust, letters,
 * signer, and a child's Redis connections.
 */
#ifndef NPIE_HTTPD_RUNTIME_H
#define NPIE_HTTPD_RUNTIME_H

#include <apr_dbd.h>
#include <apr_thread_mutex.h>
#include <mod_dbd.h>

#include "httpd/config.h"
#include "httpd/counters.h"
#include "flow/flow.h"
#include "flow/sender.h"
#include "flow/stamper.h"
#include "pki/timestamp.h"
#include "store/frame.h"

/** Made by check_config, read-only afterwards but for `sessions`,
 * `authority`, `health` and `turn`, which each child makes for itself. */
typedef struct npie_runtime_t {
    const npie_server_conf_t *conf;
    npie_trust_t *trust;
    npie_seals_t *seals; /**< NULL without NPIESeal */
    npie_tsa_t *tsa; /**< NULL without NPIETimestampTrust */
    npie_stamper_t stamper; /**< server.url NULL without NPIETimestamp */
    npie_letter_art_t *art;
    npie_frame_t frame; /**< what art's letters have in common */
    npie_policy_t policy;
    npie_signer_t signer;
    npie_mailer_t mailer; /**< set when policy.mail is */
    npie_port_t port; /**< baton: this */
    apr_time_t tls_end; /**< of the site's TLS certificate; 0 = unknown */
    apr_array_header_t *sentences; /**< of npie_sentences_t *, a language each */
    npie_sessions_t *sessions;
    struct npie_authority_kept_t *authority; /**< of this child */
    struct npie_health_t *health; /**< of this child */
    apr_thread_mutex_t *turn; /**< of this child's writers to the registry */
} npie_runtime_t;

/** The runtime of a request's server; NULL where the module is not set up. */
npie_runtime_t *npie_runtime_get(const server_rec *s);

/** A request's address below NPIEBaseURL, "" for that itself; NULL when it is
 * elsewhere. */
const char *npie_runtime_name(const request_rec *r);

/** Hook post_config: signers started, counters made. */
int npie_runtime_post_config(apr_pool_t *pconf, apr_pool_t *plog,
                             apr_pool_t *ptemp, server_rec *s);

/** Hook child_init. */
void npie_runtime_child_init(apr_pool_t *pchild, server_rec *s);

/** The flow's port: ends the sessions that a key opened. baton:
 * npie_runtime_t. */
apr_status_t npie_runtime_end_sessions(void *baton, const char *spki,
                                       const char *spare, npie_err_t *err,
                                       apr_pool_t *ptemp);

/** The sentences of mails and letters, in Spanish; NULL: as built in. */
const npie_sentences_t *npie_runtime_sentences(const npie_runtime_t *runtime);

/**
 * A flow on a connection of mod_dbd's, for now.
 * @param p everything the flow returns lives there
 */
npie_flow_t *npie_runtime_flow_on(const npie_runtime_t *runtime,
                                  const ap_dbd_t *dbd, apr_pool_t *p);

/**
 * Readies a request's flow: the registry's connection comes from mod_dbd.
 * @return APR_SUCCESS; NPIE_EBACKEND (REGISTRY_DOWN)
 */
apr_status_t npie_runtime_flow(npie_flow_t **pflow, request_rec *r,
                               npie_err_t *err);

#endif
