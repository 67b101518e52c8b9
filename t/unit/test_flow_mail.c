/* SPDX-License-Identifier: Apache-2.0
 * flow/mail.h and flow/sender.h on a real registry: what is queued when, what
 * a link may do, and what becomes of a mail that nobody takes.
 */
#include "unit/flow_world.h"

#include <apr_strings.h>

#include "flow/mail.h"
#include "flow/sender.h"
#include "pki/digest.h"

#define MINUTE apr_time_from_sec(60)
#define OLD "antes@molinos.example"
#define NEW "ximena@molinos.example"

static person_t *with_mail(npie_renewal_state_t state, void **test)
{
    person_t *person = person_at(NPIE_RENEWAL_NONE, *test);

    person->policy.mail = 1;
    if (state != NPIE_RENEWAL_NONE) {
        person_to(person, state);
    }
    return person;
}

/* What is asked of the employer's mails, in the order of their queueing. */
static const char *ask_mails(person_t *person, const char *what,
                             const char *which)
{
    char *rows = apr_pstrdup(person->p, world_ask(
        apr_psprintf(person->p, "SELECT %s FROM outbox WHERE employer = %d %s"
                     " ORDER BY id", what, (int)person->employer.id, which),
        person->p));

    for (char *c = strchr(rows, '\n'); c != NULL; c = strchr(c, '\n')) {
        *c = ',';
    }
    return rows;
}

/* The employer's mails as "kind address", w before one withdrawn. */
static const char *mails(person_t *person)
{
    return ask_mails(person, "CASE reason WHEN 'withdrawn' THEN 'w ' ELSE ''"
                     " END || kind || ' ' || address", "");
}

/* A link of the renewal's newest mail, good for a day; returns its token. */
static const char *link_new(person_t *person, npie_link_purpose_t purpose)
{
    char hash[NPIE_SHA256_HEX_SIZE];
    const npie_place_t place = person_place(person);
    const char *token = apr_psprintf(person->p, "%030d_%d",
                                     (int)place.renewal->id, purpose);
    npie_link_t link = { .hash = hash, .purpose = purpose,
                         .renewal = place.renewal->id,
                         .created = person->flow.now,
                         .expires = person->flow.now + DAY };
    apr_array_header_t *list;

    assert_int_equal(strlen(token), NPIE_LINK_LENGTH);
    assert_ok(person, npie_outbox_list(&list, person->flow.registry,
                                       place.renewal->id, &person->err));
    link.outbox = APR_ARRAY_IDX(list, 0, npie_outbox_t *)->id;
    assert_ok(person, npie_sha256_hex(hash, unit_bytes(token)));
    assert_ok(person, npie_link_insert(person->flow.registry, &link,
                                       &person->err));
    return token;
}

static npie_link_state_t link_state(person_t *person, const char *token)
{
    npie_link_view_t view;

    assert_ok(person, npie_flow_link_open(&view, &person->flow, token,
                                          &person->err));
    assert_int_equal(view.problem == NPIE_P_NONE,
                     view.state == NPIE_LINK_GOOD);
    return view.state;
}

static apr_status_t confirm(person_t *person, const char *token)
{
    return npie_flow_link_confirm(&person->flow, token, &person->err);
}

static apr_status_t stop(person_t *person, const char *token)
{
    return npie_flow_link_stop(&person->flow, token, &person->err);
}

static apr_status_t resend(person_t *person)
{
    return npie_flow_mail_resend(&person->flow, &person->who, &person->err);
}

static apr_status_t readdress(person_t *person, const char *email)
{
    return npie_flow_mail_readdress(&person->flow, &person->who, email,
                                    &person->err);
}

static apr_status_t without_link(person_t *person)
{
    return npie_flow_mail_skip(&person->flow, &person->who, &person->err);
}

static void test_queued(void **state)
{
    person_t *person = with_mail(NPIE_RENEWAL_STARTED, state);

    assert_string_equal(mails(person), "");
    person_to(person, NPIE_RENEWAL_KEYED);
    assert_string_equal(mails(person), "cambio " OLD);
    assert_ok(person, person_rekey(person));
    person->new_key = identity_key("P-256", *state);
    person->csr = fixture_csr(person->new_key, *state);
    person_to(person, NPIE_RENEWAL_SIGNED);
    assert_string_equal(mails(person), "cambio " OLD ",obtener " NEW);
    person_to(person, NPIE_RENEWAL_COMPLETED);
    assert_string_equal(mails(person), "cambio " OLD ",obtener " NEW
                        ",emitido " NEW);
}

static void test_same_address(void **state)
{
    person_t *person = with_mail(NPIE_RENEWAL_NONE, state);

    person->contact.email = "antes@Molinos.Example";
    person_to(person, NPIE_RENEWAL_SIGNED);
    assert_string_equal(mails(person), "obtener antes@Molinos.Example");
}

static void test_without_server(void **state)
{
    person_t *person = person_at(NPIE_RENEWAL_NONE, *state);

    person_to(person, NPIE_RENEWAL_COMPLETED);
    assert_string_equal(mails(person), "");
    person = person_at(NPIE_RENEWAL_KEYED, *state);
    assert_later(person, resend(person));
    assert_later(person, readdress(person, "otra@molinos.example"));
}

static void test_place(void **state)
{
    person_t *person = with_mail(NPIE_RENEWAL_SIGNED, state);
    npie_place_t place = person_place(person);

    assert_int_equal(place.mail.waits, 1);
    assert_int_equal(place.mail.link_required, 0);
    assert_int_equal(place.mail.left, NPIE_MAIL_AGAIN_MAX);
    assert_int_equal(place.mail.last->kind, NPIE_MAIL_OBTAIN);
    assert_int_equal(place.mail.last->sent, 0);
    person->policy.mail_link_required = 1;
    assert_int_equal(person_place(person).mail.link_required, 1);
    assert_later(person, without_link(person));
    assert_later(person, person_ask(person));
    person->policy.mail_link_required = 0;
    assert_ok(person, without_link(person));
    assert_int_equal(person_state(person), NPIE_RENEWAL_CONFIRMED);
    assert_int_equal(person_place(person).mail.waits, 0);
    assert_later(person, resend(person));
}

static void test_resend(void **state)
{
    person_t *person = with_mail(NPIE_RENEWAL_SIGNED, state);

    assert_call(person, NPIE_EPOLICY, NPIE_P_TOO_MANY, resend(person));
    for (int left = NPIE_MAIL_AGAIN_MAX; left > 0; --left) {
        assert_int_equal(person_place(person).mail.left, left);
        person->flow.now += MINUTE;
        assert_ok(person, resend(person));
        assert_call(person, NPIE_EPOLICY,
                    left > 1 ? NPIE_P_TOO_MANY : NPIE_P_MAIL_LIMIT,
                    resend(person));
    }
    person->flow.now += DAY;
    assert_call(person, NPIE_EPOLICY, NPIE_P_MAIL_LIMIT, resend(person));
    assert_call(person, NPIE_EPOLICY, NPIE_P_MAIL_LIMIT,
                readdress(person, "otra@molinos.example"));
    assert_string_equal(mails(person), "cambio " OLD ",w obtener " NEW
                        ",w liga " NEW ",w liga " NEW ",w liga " NEW
                        ",w liga " NEW ",liga " NEW);
}

static void test_readdress(void **state)
{
    person_t *person = with_mail(NPIE_RENEWAL_SIGNED, state);
    const char *token = link_new(person, NPIE_LINK_CONTINUE);

    assert_call(person, NPIE_EINPUT, NPIE_P_EMAIL_SAME,
                readdress(person, NEW));
    assert_call(person, NPIE_EINPUT, NPIE_P_EMAIL,
                readdress(person, "otra@molinos.example\r\nBcc: x@y.example"));
    assert_int_equal(link_state(person, token), NPIE_LINK_GOOD);
    assert_ok(person, readdress(person, "otra@molinos.example"));
    assert_int_equal(link_state(person, token), NPIE_LINK_SUPERSEDED);
    assert_call(person, NPIE_EPOLICY, NPIE_P_LINK_SUPERSEDED,
                confirm(person, token));
    assert_string_equal(mails(person), "cambio " OLD ",w obtener " NEW
                        ",obtener otra@molinos.example,cambio " OLD);
    assert_string_equal(person_place(person).renewal->contact.email,
                        "otra@molinos.example");
    person_to(person, NPIE_RENEWAL_ISSUED);
    assert_string_equal(person->new_cert->email, NEW);
    assert_string_equal(person_place(person).registered.email,
                        "otra@molinos.example");
}

/* An address that was refused for good, corrected in the letter: nothing is
 * lost but a signature. */
static void test_corrected(void **state)
{
    static const npie_renewal_state_t states[] = {
        NPIE_RENEWAL_KEYED, NPIE_RENEWAL_SIGNED, NPIE_RENEWAL_CONFIRMED
    };

    for (size_t i = 0; i < sizeof(states) / sizeof(states[0]); ++i) {
        person_t *person = with_mail(i == 0 ? NPIE_RENEWAL_KEYED
                                            : NPIE_RENEWAL_SIGNED, state);
        const npie_renewal_t before = *person_place(person).renewal;
        const char *token = i == 1 ? link_new(person, NPIE_LINK_CONTINUE)
                                   : NULL;
        npie_letter_row_t *letter;

        if (states[i] == NPIE_RENEWAL_CONFIRMED) {
            assert_ok(person, without_link(person));
        }
        assert_ok(person, person_correct(person));
        assert_int_equal(person_state(person), states[i]);
        person->contact.email = "otra@molinos.example";
        person->contact.phone = "3300000001";
        assert_ok(person, person_correct(person));
        assert_ok(person, person_correct(person));
        assert_int_equal(person_state(person), NPIE_RENEWAL_KEYED);
        assert_string_equal(person_place(person).renewal->new_spki,
                            before.new_spki);
        assert_string_equal(person_place(person).renewal->key_name,
                            before.key_name);
        assert_ok(person, npie_letter_get(&letter, person->flow.registry,
                                          before.letter1, &person->err));
        assert_true(letter->voided);
        assert_true(person_place(person).renewal->letter1 > before.letter1);
        if (token != NULL) {
            assert_int_equal(link_state(person, token), NPIE_LINK_SUPERSEDED);
        }
        assert_string_equal(mails(person), i == 0
            ? "cambio " OLD ",cambio " OLD
            : "cambio " OLD ",w obtener " NEW ",cambio " OLD);
        person_to(person, NPIE_RENEWAL_ISSUED);
        assert_string_equal(person->new_cert->email, "otra@molinos.example");
        assert_string_equal(person_place(person).registered.phone,
                            "3300000001");
    }
}

static void test_link(void **state)
{
    static const char *const cut[] = {
        "", "A", "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA",
        "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA", "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=",
        "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAA\xc3\xb1",
        "' OR 1=1 --AAAAAAAAAAAAAAAAAAAAA"
    };
    person_t *person = with_mail(NPIE_RENEWAL_SIGNED, state);
    const char *token = link_new(person, NPIE_LINK_CONTINUE);
    const char *stopping = link_new(person, NPIE_LINK_STOP);

    for (size_t i = 0; i < sizeof(cut) / sizeof(cut[0]); ++i) {
        assert_int_equal(link_state(person, cut[i]), NPIE_LINK_CUT);
        assert_call(person, NPIE_EPOLICY, NPIE_P_LINK_CUT,
                    confirm(person, cut[i]));
    }
    assert_int_equal(link_state(person, "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA"),
                     NPIE_LINK_UNKNOWN);
    assert_call(person, NPIE_EPOLICY, NPIE_P_LINK_UNKNOWN,
                confirm(person, stopping));
    assert_call(person, NPIE_EPOLICY, NPIE_P_LINK_UNKNOWN,
                stop(person, token));
    assert_int_equal(link_state(person, token), NPIE_LINK_GOOD);
    assert_int_equal(person_state(person), NPIE_RENEWAL_SIGNED);

    assert_ok(person, confirm(person, token));
    assert_int_equal(person_state(person), NPIE_RENEWAL_CONFIRMED);
    assert_int_equal(link_state(person, token), NPIE_LINK_USED);
    assert_call(person, NPIE_EPOLICY, NPIE_P_LINK_USED,
                confirm(person, token));
    assert_string_equal(world_ask(apr_psprintf(*state,
        "SELECT count(*) FROM audit WHERE actor = 'mail-link' AND event = "
        "'confirm' AND detail LIKE 'renewal %d, signed to confirmed%%'",
        (int)person_place(person).renewal->id), *state), "1");
}

static void test_link_ends(void **state)
{
    person_t *person = with_mail(NPIE_RENEWAL_SIGNED, state);
    const char *token = link_new(person, NPIE_LINK_CONTINUE);

    person->flow.now += DAY;
    assert_int_equal(link_state(person, token), NPIE_LINK_EXPIRED);
    assert_call(person, NPIE_EPOLICY, NPIE_P_LINK_EXPIRED,
                confirm(person, token));
    person->flow.now -= DAY;
    assert_ok(person, person_rekey(person));
    assert_int_equal(link_state(person, token), NPIE_LINK_SUPERSEDED);
    assert_string_equal(mails(person), "cambio " OLD ",w obtener " NEW);

    person = with_mail(NPIE_RENEWAL_SIGNED, state);
    token = link_new(person, NPIE_LINK_CONTINUE);
    assert_ok(person, person_cancel(person));
    assert_int_equal(link_state(person, token), NPIE_LINK_OVER);
    assert_call(person, NPIE_EPOLICY, NPIE_P_LINK_OVER,
                confirm(person, token));
    /* Another renewal of the same employer is none of that link's. */
    person_to(person, NPIE_RENEWAL_STARTED);
    assert_call(person, NPIE_EPOLICY, NPIE_P_LINK_OVER,
                confirm(person, token));
    assert_int_equal(person_state(person), NPIE_RENEWAL_STARTED);
}

/* Whoever went on without the link may still open it. */
static void test_link_late(void **state)
{
    person_t *person = with_mail(NPIE_RENEWAL_SIGNED, state);
    const char *token = link_new(person, NPIE_LINK_CONTINUE);

    assert_ok(person, without_link(person));
    assert_int_equal(link_state(person, token), NPIE_LINK_GOOD);
    assert_ok(person, confirm(person, token));
    assert_int_equal(link_state(person, token), NPIE_LINK_USED);
    assert_int_equal(person_state(person), NPIE_RENEWAL_CONFIRMED);
}

static void test_stop(void **state)
{
    person_t *person = with_mail(NPIE_RENEWAL_SIGNED, state);
    const char *token = link_new(person, NPIE_LINK_STOP);
    const apr_int64_t folio = person_place(person).renewal->letter1;
    npie_letter_row_t *letter;

    assert_ok(person, stop(person, token));
    assert_int_equal(person_state(person), NPIE_RENEWAL_NONE);
    assert_ok(person, npie_letter_get(&letter, person->flow.registry, folio,
                                      &person->err));
    assert_int_equal(letter->voided, 1);
    assert_call(person, NPIE_EPOLICY, NPIE_P_LINK_USED, stop(person, token));
    assert_string_equal(mails(person), "cambio " OLD ",w obtener " NEW);

    person = with_mail(NPIE_RENEWAL_KEYED, state);
    token = link_new(person, NPIE_LINK_STOP);
    person_to(person, NPIE_RENEWAL_ISSUED);
    assert_int_equal(link_state(person, token), NPIE_LINK_OVER);
    assert_call(person, NPIE_EPOLICY, NPIE_P_LINK_OVER, stop(person, token));
    assert_int_equal(person_state(person), NPIE_RENEWAL_ISSUED);
}

/* A mailer whose server is not there. */
static npie_mailer_t nowhere(person_t *person, npie_smtp_t *smtp)
{
    npie_mailer_t mailer = { .smtp = smtp,
                             .from = { "NPIE", "avisos@npie.example" },
                             .base_url = "https://idse.example/npie/",
                             .link_url = "https://idse.example/npie/l?t=",
                             .colleague_url = "https://idse.example/npie/c?t=",
                             .institution = "Instituto de prueba" };
    npie_templates_t *templates;

    memset(smtp, 0, sizeof(*smtp));
    smtp->host = "127.0.0.1";
    smtp->port = 1;
    smtp->security = NPIE_SMTP_PLAIN;
    smtp->timeout = apr_time_from_sec(5);
    assert_ok(person, npie_templates_load(&templates,
        NPIE_TOP "/conf/mail", &person->err, person->p));
    mailer.templates = templates;
    return mailer;
}

static void test_unreachable(void **state)
{
    static const char given_up[] =
        "SELECT count(*) FROM audit WHERE event = 'mail-given-up'";
    person_t *person;
    npie_sending_report_t report;
    npie_smtp_t smtp;
    npie_mailer_t mailer;

    world_ask("UPDATE outbox SET gave_up = 1 WHERE sent IS NULL AND "
              "gave_up IS NULL", *state);
    person = with_mail(NPIE_RENEWAL_NONE, state);
    person->contact.email = OLD;
    person_to(person, NPIE_RENEWAL_SIGNED);
    mailer = nowhere(person, &smtp);
#define SEND(expected)                                                       \
    assert_call(person, expected, NPIE_P_NONE,                               \
                npie_flow_mail_send_one(&report, &person->flow, &mailer,     \
                                        &person->err))
    person->err.problem = NPIE_P_NONE;
    SEND(APR_SUCCESS);
    assert_int_equal(report.outcome, NPIE_SENDING_LATER);
    assert_string_equal(report.reason, "unreachable");
    assert_string_equal(report.mail->address, OLD);
    assert_true(report.next_try > person->flow.now);
    assert_true(report.next_try <= person->flow.now + MINUTE);
    assert_string_equal(person_place(person).mail.last->reason, "unreachable");
    assert_string_equal(world_ask("SELECT count(*) FROM link WHERE purpose = "
        "'continue' AND expires > created + 800000", *state), "1");
    person->err.problem = NPIE_P_NONE;
    SEND(APR_NOTFOUND);
    person->flow.now += MINUTE;
    SEND(APR_SUCCESS);
    assert_int_equal(report.mail->attempts, 2);
    /* Given up and audited, or neither. */
    person->flow.now += NPIE_MAIL_GIVE_UP;
    world_ask("ALTER TABLE audit_head RENAME TO audit_head_away", *state);
    assert_int_equal(npie_flow_mail_send_one(&report, &person->flow, &mailer,
                                             &person->err), NPIE_EBACKEND);
    world_ask("ALTER TABLE audit_head_away RENAME TO audit_head", *state);
    assert_int_equal(person_place(person).mail.last->gave_up, 0);
    assert_string_equal(world_ask(given_up, *state), "0");
    person->flow.now += smtp.timeout + 3 * MINUTE;
    person->err.problem = NPIE_P_NONE;
    SEND(APR_SUCCESS);
    assert_int_equal(report.outcome, NPIE_SENDING_GAVE_UP);
    assert_string_equal(world_ask(given_up, *state), "1");
    assert_true(person_place(person).mail.last->gave_up != 0);
    SEND(APR_NOTFOUND);

    /* What nobody needs any more is not sent. */
    person->flow.now += MINUTE;
    assert_ok(person, resend(person));
    assert_ok(person, without_link(person));
    person->err.problem = NPIE_P_NONE;
    SEND(APR_SUCCESS);
    assert_int_equal(report.outcome, NPIE_SENDING_WITHDRAWN);
    SEND(APR_NOTFOUND);
}

static void test_delay(void **state)
{
    (void)state;
    for (int n = 1; n < 2000; ++n) {
        const apr_interval_time_t full =
            n < 9 ? MINUTE << (n - 1) : apr_time_from_sec(4 * 3600);
        const apr_interval_time_t delay = npie_flow_mail_delay(n);

        assert_true(delay <= full);
        assert_true(delay >= full / 4 * 3);
    }
}

static const char *reminders(person_t *person)
{
    return ask_mails(person, "days || ' ' || coalesce(reason, '')",
                     "AND kind = 'vencimiento'");
}

static void remind(person_t *person)
{
    static const int days[] = { 1, 7, 15, 30 };
    int count;

    assert_ok(person, npie_flow_reminders(&count, &person->flow, days, 4,
                                          &person->err));
}

static void test_reminders(void **state)
{
    person_t *person = person_new("P-256", -170 * DAY, *state);
    person_t *renewed = person_new("P-256", -170 * DAY, *state);
    const apr_interval_time_t left =
        person->old->cert->not_after - person->flow.now;

    assert_true(left > 7 * DAY && left < 15 * DAY);
    person_to(renewed, NPIE_RENEWAL_COMPLETED);
    remind(person);
    remind(person);
    assert_string_equal(reminders(person), "15 ");
    assert_string_equal(reminders(renewed), "");
    person->flow.now += left - 6 * DAY;
    remind(person);
    assert_string_equal(reminders(person), "15 withdrawn,7 ");
    person->flow.now += 6 * DAY;
    remind(person);
    assert_string_equal(reminders(person), "15 withdrawn,7 ");
}

#define TESTS                                                           \
    pool_test(test_queued), pool_test(test_same_address),               \
    pool_test(test_without_server), pool_test(test_place),              \
    pool_test(test_resend), pool_test(test_readdress),                  \
    pool_test(test_corrected),                                          \
    pool_test(test_link), pool_test(test_link_ends),                    \
    pool_test(test_link_late), pool_test(test_stop),                    \
    pool_test(test_unreachable), pool_test(test_delay),                 \
    pool_test(test_reminders)

int main(void)
{
    const struct CMUnitTest sqlite[] = { TESTS };
    const struct CMUnitTest pgsql[] = { TESTS };
    int failed;

    failed = world_run(sqlite);
    return failed + cmocka_run_group_tests(pgsql, world_setup_pgsql,
                                           world_teardown);
}
