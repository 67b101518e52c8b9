/* SPDX-License-Identifier: Apache-2.0
 * Pages and places.
 */
#include "httpd/page.h"

#include <apr_strings.h>

#include "flow/addition.h"
#include "httpd/query.h"

static const npie_page_t pages[] = {
#define NPIE_PAGE(id_, name_, step_, script_, who_, home_, also_, ...) \
    { .id = NPIE_PAGE_##id_, .kind = NPIE_KIND_PAGE, .name = name_, \
      .step = step_, .script = script_, .who = NPIE_WHO_##who_, \
      .home = home_, .also = also_ },
#define NPIE_REFUSAL(id_, name_, problem_) \
    { .id = NPIE_PAGE_##id_, .kind = NPIE_KIND_REFUSAL, .name = name_, \
      .who = NPIE_WHO_SESSION, .problem = NPIE_P_##problem_ },
#define NPIE_FILE(id_, name_, who_, label_, type_, send_) \
    { .id = NPIE_PAGE_##id_, .kind = NPIE_KIND_FILE, .name = name_, \
      .who = NPIE_WHO_##who_, .label = label_, .type = type_ },
#define NPIE_ACTION(id_, name_, who_, post_) \
    { .id = NPIE_PAGE_##id_, .kind = NPIE_KIND_ACTION, .name = name_, \
      .who = NPIE_WHO_##who_ },
#define NPIE_PART(id_, name_, show_) \
    { .id = NPIE_PAGE_##id_, .kind = NPIE_KIND_PART, .name = name_ },
#define NPIE_ERROR(id_, name_, show_) \
    { .id = NPIE_PAGE_##id_, .kind = NPIE_KIND_ERROR, .name = name_ },
#include "httpd/page.def"
};

const npie_page_t *npie_page(npie_page_id_t id)
{
    return &pages[id];
}

const char *npie_page_name(npie_page_id_t id)
{
    return pages[id].name;
}

const char *npie_page_stem(const npie_page_t *page, apr_pool_t *p)
{
    return apr_pstrmemdup(p, page->name, strcspn(page->name, "."));
}

/* Is that the name, with a number where it has one? */
static int matches(apr_int64_t *pnumber, const char *pattern,
                   const char *name, apr_pool_t *p)
{
    const apr_size_t before = strcspn(pattern, "#");
    const apr_size_t len = strlen(name);
    apr_size_t after;

    *pnumber = 0;
    if (pattern[before] == '\0') {
        return strcmp(pattern, name) == 0;
    }
    after = strlen(pattern + before + 1);
    if (len <= before + after || strncmp(name, pattern, before) != 0
        || strcmp(name + len - after, pattern + before + 1) != 0) {
        return 0;
    }
    *pnumber = npie_query_id(apr_pstrmemdup(p, name + before,
                                            len - before - after));
    return *pnumber != 0;
}

const npie_page_t *npie_page_find(apr_int64_t *pnumber, const char *name,
                                  apr_pool_t *p)
{
    for (int i = 0; i < NPIE_PAGES; ++i) {
        if (matches(pnumber, pages[i].name, name, p)) {
            return &pages[i];
        }
    }
    return NULL;
}

static int is_valid(const npie_place_t *place)
{
    return place->verdict == NPIE_VERDICT_APPLICATION
        || place->verdict == NPIE_VERDICT_EARLY;
}

/* The one stage that says what comes next. */
static npie_stage_t main_stage(const npie_place_t *place)
{
    static const npie_stage_t by_state[NPIE_RENEWAL_STATES] = {
        [NPIE_RENEWAL_STARTED] = NPIE_STAGE_STARTED,
        [NPIE_RENEWAL_KEYED] = NPIE_STAGE_KEYED,
        [NPIE_RENEWAL_SIGNED] = NPIE_STAGE_CONFIRMED,
        [NPIE_RENEWAL_CONFIRMED] = NPIE_STAGE_CONFIRMED,
        [NPIE_RENEWAL_ISSUED] = NPIE_STAGE_ISSUED,
    };

    if (place->verdict == NPIE_VERDICT_REFUSED) {
        return NPIE_STAGE_REFUSED;
    }
    if (place->verdict == NPIE_VERDICT_TERMS) {
        return NPIE_STAGE_TERMS;
    }
    if (place->mail.waits) {
        return place->mail.link_required ? NPIE_STAGE_LINK : NPIE_STAGE_MAIL;
    }
    if (place->renewal != NULL
        && npie_machine_is_open(place->renewal->state)) {
        return by_state[place->renewal->state];
    }
    return place->verdict == NPIE_VERDICT_APPLICATION ? NPIE_STAGE_IDLE
        : is_valid(place) ? NPIE_STAGE_EARLY : NPIE_STAGE_READY;
}

unsigned npie_page_stages(const npie_place_t *place)
{
    unsigned stages = main_stage(place);

    if (is_valid(place) && place->renewal != NULL
        && place->renewal->state == NPIE_RENEWAL_COMPLETED) {
        stages |= NPIE_STAGE_DONE;
    }
    return npie_flow_addition_may(place) ? stages | NPIE_STAGE_PRINCIPAL
                                         : stages;
}

const npie_page_t *npie_page_refusal(npie_problem_t problem)
{
    for (int i = 0; i < NPIE_PAGES; ++i) {
        if (pages[i].kind == NPIE_KIND_REFUSAL
            && pages[i].problem == problem) {
            return &pages[i];
        }
    }
    return &pages[NPIE_PAGE_REFUSED_UNKNOWN];
}

const npie_page_t *npie_page_home(const npie_place_t *place)
{
    const unsigned stages = npie_page_stages(place);

    if (stages & NPIE_STAGE_REFUSED) {
        return npie_page_refusal(place->problem);
    }
    for (int i = 0; i < NPIE_PAGES; ++i) {
        if (pages[i].home & stages) {
            return &pages[i];
        }
    }
    return NULL;
}

int npie_page_allowed(const npie_page_t *page, const npie_place_t *place)
{
    return page == npie_page_home(place)
        || (page->also & npie_page_stages(place)) != 0;
}
