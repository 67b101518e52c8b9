/* SPDX-License-Identifier: Apache-2.0
 * Half a year of reminders, day by day, for a thousand employers: who got what
 * and when, against the rule worked out beforehand for each certificate.
 */
#include "unit/registries.h"

#include "flow/sender.h"

#define DAY SEC(86400)
#define LAST 185 /* days that pass */
#define NEVER (LAST + 1)
#define COUNT(list) (int)(sizeof(list) / sizeof((list)[0]))
#define BEFORE "antes@empresa.example"
#define AFTER "ahora@empresa.example"

static const int days[] = { 1, 7, 15, 30 };
#define REMINDERS COUNT(days)

/* What becomes of an employer, on a day of his own. */
typedef enum fate_t {
    KEEPS,      /* nothing */
    RENEWS,     /* has a new certificate; two days later letter 2 is signed */
    REVOKED,    /* the certificate */
    SUPERSEDED, /* without another one */
    UNLUCKY,    /* has a new certificate that is revoked the day after */
    SILENT,     /* has no address */
    COLLEAGUE,  /* what ends is an additional certificate */
    MOVES,      /* has another address */
    FATES
} fate_t;

typedef struct employer_t {
    apr_int64_t id;
    fate_t fate;
    int day;
    int paper, newer; /* his certificates, by number */
} employer_t;

/* A certificate, and the days on which its reminders arrived. */
typedef struct paper_t {
    apr_int64_t id;
    const employer_t *owner;
    apr_time_t end;
    int from, until; /* days of which it may be reminded, the last excluded */
    int got[REMINDERS];
} paper_t;

typedef struct world_t {
    registry_fixture_t *f;
    employer_t *employers;
    int nemployers;
    paper_t *papers;
    int npapers;
} world_t;

/* When the job runs: at another hour each day. */
static apr_time_t at(int day)
{
    return NOW + day * DAY + (day * 7 % 24) * SEC(3600);
}

/* Now and then it does not for a while. */
static int runs(int day)
{
    return day % 37 < 31 && (day < 100 || day > 109);
}

static int how_many(void)
{
    return 1000 / (int)unit_stride(17);
}

/* Ends lie all over the time, some of them at the very second of a run. */
static apr_time_t end_of(int i, int n)
{
    const apr_time_t exact = at(i % LAST) + days[i / 10 % REMINDERS] * DAY;

    switch (i % 10) {
    case 3:
        return exact;
    case 6:
        return exact + SEC(1);
    default:
        return NOW - 5 * DAY + i * (225 * DAY / n) + SEC(i * 7919 % 86400);
    }
}

static void add_paper(world_t *w, employer_t *e, int generation,
                          apr_time_t end, int from)
{
    registry_fixture_t *f = w->f;
    npie_certificate_t row = registry_certificate(f, e->id, generation);
    paper_t *paper = &w->papers[w->npapers++];

    row.additional = e->fate == COLLEAGUE && generation > 1;
    row.not_before = end - 183 * DAY;
    row.not_after = end;
    assert_ok(f, npie_certificate_insert(&paper->id, f->registry, &row,
                                         &f->err));
    paper->owner = e;
    paper->end = end;
    paper->from = from;
    paper->until = e->fate == SILENT || row.additional ? from : NEVER;
    for (int i = 0; i < REMINDERS; ++i) {
        paper->got[i] = NEVER;
    }
}

static void add_employer(world_t *w, int i)
{
    registry_fixture_t *f = w->f;
    employer_t *e = &w->employers[i];
    npie_employer_t row = registry_employer(f);
    const apr_time_t end = end_of(i, w->nemployers);
    const int day = (int)((end - NOW) / DAY) + 3 - i * 13 % 45;

    e->fate = (fate_t)((i + i / 10) % FATES);
    e->day = day < 1 ? 1 : day;
    e->paper = w->npapers;
    row.contact.email = e->fate == SILENT ? "" : BEFORE;
    assert_ok(f, npie_employer_insert(&e->id, f->registry, &row, &f->err));
    if (e->fate == COLLEAGUE) {
        add_paper(w, e, 1, NOW + 400 * DAY, 0);
        add_paper(w, e, 2, end, 0);
    }
    else {
        add_paper(w, e, 1, end, 0);
    }
}

static world_t *make_world(registry_fixture_t *f, int n)
{
    world_t *w = apr_pcalloc(f->p, sizeof(*w));

    w->f = f;
    w->nemployers = n;
    w->employers = apr_pcalloc(f->p, n * sizeof(*w->employers));
    w->papers = apr_pcalloc(f->p, 2 * n * sizeof(*w->papers));
    assert_ok(f, npie_registry_check(f->registry, &f->err));
    return w;
}

static void end_paper(world_t *w, int number,
                      npie_certificate_status_t status, int day)
{
    paper_t *paper = &w->papers[number];

    paper->until = paper->until < day ? paper->until : day;
    assert_ok(w->f, npie_certificate_end(w->f->registry, paper->id, status,
                                         "", NOW + day * DAY, &w->f->err));
}

/* The morning of a day, for one employer. */
static void live(world_t *w, employer_t *e, int day)
{
    static const npie_contact_t moved = { AFTER, "4771234567", "" };
    const int renews = e->fate == RENEWS || e->fate == UNLUCKY;

    if (e->fate == MOVES && day == e->day) {
        assert_ok(w->f, npie_employer_set_contact(w->f->registry, e->id,
                                                  &moved, &w->f->err));
    }
    if (renews && day == e->day) {
        w->papers[e->paper].until = day;
        e->newer = w->npapers;
        add_paper(w, e, 2,
                  NOW + (day + (e->fate == RENEWS ? 70 : 20)) * DAY, day);
    }
    if (e->fate == RENEWS && day == e->day + 2) {
        end_paper(w, e->paper, NPIE_CERTIFICATE_SUPERSEDED, day);
    }
    if (e->fate == UNLUCKY && day == e->day + 1) {
        end_paper(w, e->newer, NPIE_CERTIFICATE_REVOKED, day);
    }
    if (e->fate == REVOKED && day == e->day) {
        end_paper(w, e->paper, NPIE_CERTIFICATE_REVOKED, day);
    }
    if (e->fate == SUPERSEDED && day == e->day) {
        end_paper(w, e->paper, NPIE_CERTIFICATE_SUPERSEDED, day);
    }
}

static void morning(world_t *w, int day)
{
    registry_fixture_t *f = w->f;

    assert_ok(f, npie_registry_begin(f->registry, &f->err));
    for (int i = 0; i < w->nemployers; ++i) {
        if (day == 0) {
            add_employer(w, i);
        }
        live(w, &w->employers[i], day);
    }
    assert_ok(f, npie_registry_end(f->registry, 1, &f->err));
}

/* Takes a mail as the mail server would, into the books of its certificate. */
static void receive(world_t *w, const npie_outbox_t *mail, int day)
{
    const char *address;
    paper_t *paper = w->papers;
    int which = 0;

    while (paper->id != mail->certificate) {
        ++paper;
        assert_true(paper < w->papers + w->npapers);
    }
    while (days[which] != mail->days) {
        ++which;
        assert_true(which < REMINDERS);
    }
    address = paper->owner->fate == MOVES && day >= paper->owner->day ? AFTER
                                                                      : BEFORE;
    assert_int_equal(mail->kind, NPIE_MAIL_EXPIRY);
    assert_int_equal(mail->employer, paper->owner->id);
    assert_int_equal(mail->attempts, 1);
    assert_string_equal(mail->address, address);
    assert_int_equal(paper->got[which], NEVER);
    paper->got[which] = day;
}

/* Sends all that is queued; returns how many. */
static int deliver(world_t *w, npie_flow_t *flow, int day)
{
    registry_fixture_t *f = w->f;
    npie_outbox_t *mail;
    int count = 0;
    apr_status_t rv;

    while ((rv = npie_outbox_claim(&mail, flow->registry, flow->now,
                                   flow->now + SEC(60), &f->err))
           == APR_SUCCESS) {
        receive(w, mail, day);
        assert_ok(f, npie_outbox_sent(flow->registry, mail, flow->now, "",
                                      &f->err));
        ++count;
    }
    assert_int_equal(rv, APR_NOTFOUND);
    return count;
}

/* The job on a connection of its own, as httpd begins it; then once more. */
static int run_job(world_t *w, int day)
{
    registry_fixture_t *f = w->f;
    npie_flow_t flow = { .registry = f->registry, .now = at(day) };
    int first, second, count;

    apr_pool_create(&flow.p, f->p);
    if (day % (int)unit_stride(31) == 0) {
        assert_ok(f, npie_registry_open(&flow.registry, f->driver, f->params,
                                        &f->err, flow.p));
    }
    assert_ok(f, npie_flow_reminders(&first, &flow, days, REMINDERS, &f->err));
    assert_ok(f, npie_flow_reminders(&second, &flow, days, REMINDERS,
                                     &f->err));
    assert_int_equal(second, 0);
    count = deliver(w, &flow, day);
    assert_int_equal(count, first);
    assert_ok(f, npie_flow_reminders(&second, &flow, days, REMINDERS,
                                     &f->err));
    assert_int_equal(second, 0);
    apr_pool_destroy(flow.p);
    return count;
}

/* The rule: on the first run that finds `which` days or fewer left, but more
 * than those of the next reminder, of days on which it may be reminded. */
static int due(const paper_t *paper, int which)
{
    const apr_time_t begins = paper->end - days[which] * DAY;
    const apr_time_t ends = paper->end - (which > 0 ? days[which - 1] : 0) * DAY;

    for (int day = paper->from; day < paper->until && day <= LAST; ++day) {
        if (runs(day) && at(day) >= begins && at(day) < ends) {
            return day;
        }
    }
    return NEVER;
}

/* Would it have had one, had its owner left it alone? */
static int spared(const paper_t *paper, int which)
{
    paper_t alone = *paper;

    alone.until = NEVER;
    return due(paper, which) == NEVER && due(&alone, which) != NEVER;
}

static void test_half_a_year(void **state)
{
    world_t *w = make_world(*state, how_many());
    int sent = 0, late = 0, seen[REMINDERS] = { 0 }, none[FATES] = { 0 };

    for (int day = 0; day <= LAST; ++day) {
        morning(w, day);
        sent += runs(day) ? run_job(w, day) : 0;
    }
    for (int i = 0; i < w->npapers; ++i) {
        const paper_t *paper = &w->papers[i];

        for (int which = 0; which < REMINDERS; ++which) {
            const int expected = due(paper, which);

            if (paper->got[which] != expected) {
                fail_msg("certificate %d, fate %d, %d days: on day %d, not %d",
                         i, (int)paper->owner->fate, days[which],
                         paper->got[which], expected);
            }
            none[paper->owner->fate] += spared(paper, which);
            if (expected != NEVER) {
                ++seen[which];
                --sent;
                late += at(expected) - (paper->end - days[which] * DAY) > DAY;
            }
        }
    }
    assert_int_equal(sent, 0);
    /* All that can happen has happened. */
    assert_true(late > 0);
    for (int which = 0; which < REMINDERS; ++which) {
        assert_true(seen[which] >= w->nemployers / 8);
    }
    for (int fate = RENEWS; fate <= COLLEAGUE; ++fate) {
        assert_true(none[fate] > 0);
    }
}

/* More at once than one statement takes, after all the others have ended. */
static void test_all_at_once(void **state)
{
    registry_fixture_t *f = *state;
    const int n = 1201 / (int)unit_stride(17);
    const apr_time_t now = NOW + 1000 * DAY;
    npie_flow_t flow = { .registry = f->registry, .now = now, .p = f->p };
    world_t *w = make_world(f, n);
    int count;

    assert_ok(f, npie_registry_begin(f->registry, &f->err));
    for (int i = 0; i < n; ++i) {
        npie_employer_t row = registry_employer(f);
        employer_t *e = &w->employers[i];

        assert_ok(f, npie_employer_insert(&e->id, f->registry, &row, &f->err));
        add_paper(w, e, 1, now + 20 * DAY, 0);
    }
    assert_ok(f, npie_registry_end(f->registry, 1, &f->err));
    assert_ok(f, npie_flow_reminders(&count, &flow, days, REMINDERS, &f->err));
    assert_int_equal(count, n);
    assert_ok(f, npie_flow_reminders(&count, &flow, days, REMINDERS, &f->err));
    assert_int_equal(count, 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        ON_BOTH(test_half_a_year), ON_BOTH(test_all_at_once),
    };

    return registry_main(tests, sizeof(tests) / sizeof(tests[0]));
}
