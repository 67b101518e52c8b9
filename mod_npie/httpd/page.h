/* SPDX-License-Identifier: Apache-2.0
 * The table of pages (page.def): what there is below the pages' path, and
 * where an employer may be.
 */
#ifndef NPIE_HTTPD_PAGE_H
#define NPIE_HTTPD_PAGE_H

#include "base/form.h"
#include "flow/flow.h"
#include "httpd/session.h"

/** The rows of page.def. */
typedef enum npie_page_id_t {
#define NPIE_PAGE(id, ...) NPIE_PAGE_##id,
#define NPIE_REFUSAL(id, ...) NPIE_PAGE_##id,
#define NPIE_FILE(id, ...) NPIE_PAGE_##id,
#define NPIE_ACTION(id, ...) NPIE_PAGE_##id,
#define NPIE_PART(id, ...) NPIE_PAGE_##id,
#define NPIE_ERROR(id, ...) NPIE_PAGE_##id,
#include "httpd/page.def"
    NPIE_PAGES /**< how many */
} npie_page_id_t;

/** What a row is. */
typedef enum npie_page_kind_t {
    NPIE_KIND_PAGE,    /**< an HTML file */
    NPIE_KIND_REFUSAL, /**< the HTML file for a certificate that is refused */
    NPIE_KIND_FILE,    /**< made by the module, GET alone */
    NPIE_KIND_ACTION,  /**< POST alone */
    NPIE_KIND_PART,    /**< included in a page, by sub-request alone */
    NPIE_KIND_ERROR    /**< by httpd's internal redirect alone */
} npie_page_kind_t;

/** Who comes in. */
typedef enum npie_page_who_t {
    NPIE_WHO_PUBLIC,   /**< anybody */
    NPIE_WHO_LINK,     /**< anybody: a mail's link is the proof, which the query
                            has; without a mail server there is no such page */
    NPIE_WHO_SESSION,  /**< whose session was not refused */
    NPIE_WHO_LOGGED_IN /**< with any session */
} npie_page_who_t;

/** What a renewal has come to, as bits: one up to TERMS, and further ones
 * besides. */
typedef enum npie_stage_t {
    NPIE_STAGE_OUT = 1 << 0,       /**< no session */
    NPIE_STAGE_REFUSED = 1 << 1,   /**< the certificate opens nothing */
    NPIE_STAGE_IDLE = 1 << 2,      /**< nothing to renew now */
    NPIE_STAGE_EARLY = 1 << 3,     /**< valid, and may begin a renewal */
    NPIE_STAGE_READY = 1 << 4,     /**< expired, and may begin a renewal */
    NPIE_STAGE_STARTED = 1 << 5,
    NPIE_STAGE_KEYED = 1 << 6,
    NPIE_STAGE_LINK = 1 << 7,      /**< signed; the link must be opened */
    NPIE_STAGE_MAIL = 1 << 8,      /**< signed; the link may be opened */
    NPIE_STAGE_CONFIRMED = 1 << 9, /**< or signed where there is no mail */
    NPIE_STAGE_ISSUED = 1 << 10,   /**< seen with the old certificate */
    NPIE_STAGE_TERMS = 1 << 11,    /**< issued, seen with the new one */

    NPIE_STAGE_DONE = 1 << 12,      /**< a renewal made this certificate */
    NPIE_STAGE_PRINCIPAL = 1 << 13, /**< may ask for additional certificates */

    NPIE_STAGES_BEGIN = NPIE_STAGE_EARLY | NPIE_STAGE_READY,
    NPIE_STAGES_WAIT = NPIE_STAGE_LINK | NPIE_STAGE_MAIL,
    NPIE_STAGES_KEY = NPIE_STAGE_KEYED | NPIE_STAGES_WAIT
        | NPIE_STAGE_CONFIRMED,
    NPIE_STAGES_OPEN = NPIE_STAGE_STARTED | NPIE_STAGES_KEY,
    NPIE_STAGES_ISSUED = NPIE_STAGE_ISSUED | NPIE_STAGE_TERMS,
    NPIE_STAGES_LIVE = NPIE_STAGE_IDLE | NPIE_STAGES_BEGIN | NPIE_STAGES_OPEN
        | NPIE_STAGES_ISSUED
} npie_stage_t;

/** A row. Static. */
typedef struct npie_page_t {
    npie_page_id_t id;
    npie_page_kind_t kind;
    const char *name;   /**< below the pages' path; "#" stands for a number */
    int step;           /**< 1 to 7 as people see it, 0 = none */
    const char *script; /**< that works on it in the browser; NULL, "": none */
    npie_page_who_t who;
    unsigned home;      /**< the stages whose page it is */
    unsigned also;      /**< further stages at which it may be shown */
    npie_problem_t problem; /**< REFUSAL: why */
    const char *label;  /**< FILE: its name for programs, or NULL */
    const char *type;   /**< FILE: its media type */
} npie_page_t;

/** A request for a page: what its row's functions work with. */
typedef struct npie_visit_t {
    request_rec *r;
    const npie_page_t *page;  /**< NULL: where it leads to is all that counts */
    apr_int64_t number;       /**< in the address, for "#" */
    npie_holder_t *holder;    /**< NULL for pages that want no session */
    const npie_form_t *form;  /**< of a POST */
    npie_flow_t *flow;        /**< SESSION */
    npie_who_t who;           /**< SESSION */
    npie_place_t place;       /**< SESSION, GET */
} npie_visit_t;

/** Shows a page, sends a file, or takes a form in. @return httpd's status */
typedef int npie_page_fn(npie_visit_t *visit);

/** The row of an id. */
const npie_page_t *npie_page(npie_page_id_t id);

/** The name of a row. */
const char *npie_page_name(npie_page_id_t id);

/** What a page is called in variables and JSON: its name up to the ".". */
const char *npie_page_stem(const npie_page_t *page, apr_pool_t *p);

/**
 * The row of an address below the pages' path.
 * @param pnumber set to the number from 1 on in the name, 0 where it has none
 * @return NULL: there is none
 */
const npie_page_t *npie_page_find(apr_int64_t *pnumber, const char *name,
                                  apr_pool_t *p);

/** The stages of a place, at least one. */
unsigned npie_page_stages(const npie_place_t *place);

/** The page for a refusal. */
const npie_page_t *npie_page_refusal(npie_problem_t problem);

/** Where an employer is sent who may not be on the page asked for; NULL: the
 * application. */
const npie_page_t *npie_page_home(const npie_place_t *place);

/** May this page be shown at this place? 1 = yes. */
int npie_page_allowed(const npie_page_t *page, const npie_place_t *place);

#endif
