/* SPDX-License-Identifier: Apache-2.0
 * mail/smtp.h against real servers, good and bad
 * (t/browser/lib/mailserver.mjs).
 */
#include "unit/unit.h"

#include <apr_file_info.h>
#include <apr_strings.h>
#include <apr_time.h>

#include <stdio.h>
#include <stdlib.h>

#include "base/text.h"
#include "mail/message.h"
#include "mail/smtp.h"
#include "unit/backend.h"
#include "unit/mail_judge.h"

#define USER "npie@correo.example"
#define PASSWORD "clave Ñ secreta"
#define ANY_CODE (-1)

/* What a test works with. */
typedef struct smtp_fixture_t {
    apr_pool_t *p;
    npie_smtp_result_t result;
    int taken; /* mails that the servers have had */
} smtp_fixture_t;

static smtp_fixture_t fixture;

static const char *mail_path(apr_pool_t *p, const char *name)
{
    return apr_pstrcat(p, npie_backend_directory(), "/mail/", name, NULL);
}

/* One of the servers, as a careful admin would set it. */
static npie_smtp_t server(const char *name, npie_smtp_security_t security)
{
    apr_pool_t *p = fixture.p;
    const char *ports = mail_file(mail_path(p, "ports"), p);
    const char *line = strstr(ports, apr_pstrcat(p, "\n", name, " ", NULL));
    npie_smtp_t smtp = {
        .host = "localhost", .security = security, .ehlo = "idse.example",
        .ca_file = mail_path(p, "ca.pem"), .timeout = apr_time_from_sec(15),
    };

    assert_non_null(line);
    smtp.port = atoi(line + strlen(name) + 2);
    return smtp;
}

static npie_bytes_t a_mail(const char *to)
{
    npie_message_t m = {
        .from = { "Renovación", "npie@idse.example" }, .to = to,
        .subject = "Señal", .text = ".\nBuen día\n..\n", .html = "<p>ñ</p>\n",
        .id = "1.2", .date = apr_time_from_sec(1795000000),
    };
    npie_bytes_t bytes = { NULL, 0 };
    npie_err_t err;

    if (npie_message_write(&bytes, &m, &err, fixture.p) != APR_SUCCESS) {
        fail_msg("%s", err.detail);
    }
    return bytes;
}

static apr_status_t sent(const npie_smtp_t *smtp, const char *to)
{
    npie_smtp_result_t *r = &fixture.result;
    apr_status_t rv = npie_smtp_send(r, smtp, "npie@idse.example", to,
                                     a_mail(to), fixture.p);

    assert_in_range(strlen(r->said), 1, sizeof(r->said) - 1);
    assert_true(npie_text_is_clean(r->said, strlen(r->said)));
    assert_null(strstr(r->said, PASSWORD));
    assert_int_equal(rv == APR_SUCCESS, r->reason == NPIE_SMTP_NONE);
    return rv;
}

static void assert_said(const char *text)
{
    assert_in(fixture.result.said, text);
}

/* A failure: with its status, reason, reply code and words. No mail has
 * arrived. */
static void assert_fails(const npie_smtp_t *smtp, const char *to,
                         apr_status_t rv, npie_smtp_reason_t reason, int code,
                         const char *says)
{
    apr_status_t got = sent(smtp, to);

    if (got != rv || fixture.result.reason != reason
        || (code != ANY_CODE && fixture.result.code != code)) {
        fail_msg("%s, %d: %s", npie_smtp_reason_name(fixture.result.reason),
                 fixture.result.code, fixture.result.said);
    }
    assert_said(says);
}

static void assert_sends(const npie_smtp_t *smtp, const char *to)
{
    if (sent(smtp, to) != APR_SUCCESS) {
        fail_msg("%s: %s", to, fixture.result.said);
    }
}

/* What the servers noted of the next mail, as JSON, and the mail itself. */
static const char *assert_taken(const char *to)
{
    apr_pool_t *p = fixture.p;
    npie_bytes_t whole = a_mail(to);
    const char *got;

    fixture.taken++;
    got = mail_file(mail_path(p, apr_psprintf(p, "%d.eml", fixture.taken)), p);
    assert_int_equal(strlen(got), whole.len);
    assert_memory_equal(got, whole.data, whole.len);
    return mail_file(mail_path(p, apr_psprintf(p, "%d.json", fixture.taken)),
                     p);
}

static int is_taken(int n)
{
    apr_finfo_t finfo;

    return apr_stat(&finfo, mail_path(fixture.p, apr_psprintf(fixture.p,
                    "%d.eml", n)), APR_FINFO_TYPE, fixture.p) == APR_SUCCESS;
}

static void assert_none_taken(void)
{
    assert_false(is_taken(fixture.taken + 1));
}

static void test_taken(void **state)
{
    npie_smtp_t smtp = server("starttls", NPIE_SMTP_STARTTLS);
    const char *json;

    (void)state;
    assert_sends(&smtp, "ana@molinos.example");
    assert_int_equal(fixture.result.code, 250);
    assert_said("250 Queued as ");
    json = assert_taken("ana@molinos.example");
    assert_in(json, "\"server\":\"starttls\"");
    assert_in(json, "\"secure\":true");
    assert_in(json, "\"from\":\"npie@idse.example\"");
    assert_in(json, "\"to\":[\"ana@molinos.example\"]");
    assert_in(json, "\"user\":\"\"");

    smtp = server("tls", NPIE_SMTP_TLS);
    assert_sends(&smtp, "ana@molinos.example");
    assert_in(assert_taken("ana@molinos.example"), "\"secure\":true");

    smtp = server("plain", NPIE_SMTP_PLAIN);
    smtp.host = "127.0.0.1";
    assert_sends(&smtp, "ana@molinos.example");
    assert_in(assert_taken("ana@molinos.example"), "\"secure\":false");
}

#define A60 "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"

static void test_addresses(void **state)
{
    /* The server that takes other mails holds these for malformed, the
     * last one because it has 254 bytes. */
    static const char *const quoted[] = {
        "\"ana maria\"@c.example", "\"a@b\"@c.example", "\"a>b\"@c.example",
        "\"a\\\"b\"@c.example", A60 "aaaa@" A60 "." A60 ".aa" A60 ".test",
    };
    static const char *const addresses[] = {
        "a+b@c.example", "o'higgins!#$%&*/=?^_`{|}~-x@c.example",
        A60 "aaaa@" A60 "." A60 ".a" A60 ".test",
    };
    npie_smtp_t smtp = server("starttls", NPIE_SMTP_STARTTLS);

    (void)state;
    for (size_t i = 0; i < sizeof(addresses) / sizeof(addresses[0]); i++) {
        assert_sends(&smtp, addresses[i]);
        assert_taken(addresses[i]);
    }
    smtp = server("quoted", NPIE_SMTP_PLAIN);
    for (size_t i = 0; i < sizeof(quoted) / sizeof(quoted[0]); i++) {
        assert_sends(&smtp, quoted[i]);
        assert_said(apr_pstrndup(fixture.p, quoted[i], 150));
    }
}

/* Domains and local parts beyond ASCII, to a server that takes those and to
 * one that does not. */
static void test_international(void **state)
{
    npie_smtp_t smtp = server("ascii", NPIE_SMTP_STARTTLS);
    const char *json;

    (void)state;
    assert_sends(&smtp, "ana@ñandú.example");
    json = assert_taken("ana@ñandú.example");
    assert_in(json, "\"utf8\":false");
    assert_null(strstr((const char *)a_mail("ana@ñandú.example").data, "ñ"));
    assert_fails(&smtp, "ñandú@molinos.example", NPIE_EPOLICY,
                 NPIE_SMTP_NO_UTF8, ANY_CODE, "SMTPUTF8");
    assert_none_taken();

    smtp = server("starttls", NPIE_SMTP_STARTTLS);
    assert_sends(&smtp, "ñandú@señal.example");
    json = assert_taken("ñandú@señal.example");
    assert_in(json, "\"utf8\":true");
    assert_in(json, "ñandú@");
}

static void test_login(void **state)
{
    npie_smtp_t smtp = server("login", NPIE_SMTP_STARTTLS);

    (void)state;
    assert_fails(&smtp, "ana@molinos.example", NPIE_EBACKEND, NPIE_SMTP_LOGIN,
                 530, "530 ");
    smtp.user = USER;
    smtp.password = PASSWORD;
    assert_sends(&smtp, "ana@molinos.example");
    assert_in(assert_taken("ana@molinos.example"), "\"user\":\"" USER "\"");
    smtp.password = "otra";
    assert_fails(&smtp, "ana@molinos.example", NPIE_EBACKEND, NPIE_SMTP_LOGIN,
                 535, "535 ");
    smtp.password = NULL;
    assert_fails(&smtp, "ana@molinos.example", NPIE_EBACKEND, NPIE_SMTP_LOGIN,
                 535, "535 ");
    /* A user is set, and the server would take mail from anybody. */
    smtp = server("plain", NPIE_SMTP_PLAIN);
    smtp.user = USER;
    smtp.password = PASSWORD;
    assert_fails(&smtp, "ana@molinos.example", NPIE_EBACKEND, NPIE_SMTP_LOGIN,
                 ANY_CODE, "no login");
    smtp = server("parrot", NPIE_SMTP_PLAIN);
    smtp.user = USER;
    smtp.password = PASSWORD;
    assert_fails(&smtp, "ana@molinos.example", NPIE_EBACKEND, NPIE_SMTP_LOGIN,
                 535, "repeats the password");
    assert_none_taken();
}

static void test_refused(void **state)
{
    npie_smtp_t smtp = server("starttls", NPIE_SMTP_STARTTLS);

    (void)state;
    assert_fails(&smtp, "nadie@c.example", NPIE_EPOLICY, NPIE_SMTP_REFUSED,
                 550, "550 5.1.1 Aquí no vive nadie así");
    assert_fails(&smtp, "spam@c.example", NPIE_EPOLICY, NPIE_SMTP_REFUSED, 554,
                 "554 5.7.1 We do not want this");
    assert_fails(&smtp, "gris@c.example", NPIE_EBACKEND, NPIE_SMTP_DEFERRED,
                 451, "451 4.7.1 Greylisted");
    assert_fails(&smtp, "llena@c.example", NPIE_EBACKEND, NPIE_SMTP_DEFERRED,
                 452, "452 4.2.2 Mailbox full");
    assert_fails(&smtp, "largo@c.example", NPIE_EPOLICY, NPIE_SMTP_REFUSED,
                 550, "ñññññññ");
    smtp = server("refusing", NPIE_SMTP_STARTTLS);
    assert_fails(&smtp, "ana@c.example", NPIE_EBACKEND, NPIE_SMTP_FAILED, 554,
                 "554 5.3.2 No service today");
    smtp = server("busy", NPIE_SMTP_STARTTLS);
    assert_fails(&smtp, "ana@c.example", NPIE_EBACKEND, NPIE_SMTP_DEFERRED,
                 421, "421 4.3.2 Too busy");
    smtp = server("dirty", NPIE_SMTP_PLAIN);
    assert_fails(&smtp, "ana@c.example", NPIE_EPOLICY, NPIE_SMTP_REFUSED, 550,
                 "550 first ?? second ?[2J third");
    assert_none_taken();
}

static void test_closed(void **state)
{
    npie_smtp_t smtp = server("starttls", NPIE_SMTP_STARTTLS);

    (void)state;
    assert_fails(&smtp, "cuelga@c.example", NPIE_EBACKEND,
                 NPIE_SMTP_CLOSED, ANY_CODE, "");
    assert_none_taken();
    /* It has the mail, and we cannot know. */
    assert_fails(&smtp, "cuelga-al-fin@c.example", NPIE_EBACKEND,
                 NPIE_SMTP_CLOSED, ANY_CODE, "");
    assert_taken("cuelga-al-fin@c.example");
    smtp = server("hangup", NPIE_SMTP_PLAIN);
    assert_fails(&smtp, "ana@c.example", NPIE_EBACKEND,
                 NPIE_SMTP_CLOSED, ANY_CODE, "");
}

static void test_slow(void **state)
{
    static const char *const names[] = { "mute", "starttls" };

    (void)state;
    for (int i = 0; i < 2; i++) {
        npie_smtp_t smtp = server(names[i], NPIE_SMTP_STARTTLS);
        apr_time_t begin = apr_time_now();

        smtp.timeout = apr_time_from_msec(1500);
        assert_fails(&smtp, "lento@c.example", NPIE_EBACKEND,
                     NPIE_SMTP_TIMEOUT, ANY_CODE, "");
        assert_in_range(apr_time_now() - begin, apr_time_from_msec(1400),
                        apr_time_from_sec(12));
    }
    assert_none_taken();
}

static void test_unsafe(void **state)
{
    npie_smtp_t smtp = server("plain", NPIE_SMTP_STARTTLS);

    (void)state;
    assert_fails(&smtp, "ana@c.example", NPIE_EBACKEND,
                 NPIE_SMTP_UNSAFE, ANY_CODE, "STARTTLS");
    smtp = server("sham", NPIE_SMTP_STARTTLS);
    assert_fails(&smtp, "ana@c.example", NPIE_EBACKEND,
                 NPIE_SMTP_UNSAFE, ANY_CODE, "");
    smtp = server("injecting", NPIE_SMTP_STARTTLS);
    assert_fails(&smtp, "ana@c.example", NPIE_EBACKEND,
                 NPIE_SMTP_FAILED, ANY_CODE, "");
    smtp = server("plain", NPIE_SMTP_TLS);
    assert_fails(&smtp, "ana@c.example", NPIE_EBACKEND,
                 NPIE_SMTP_UNSAFE, ANY_CODE, "");
    smtp = server("plain", NPIE_SMTP_PLAIN);
    smtp.host = "mail.example";
    assert_fails(&smtp, "ana@c.example", NPIE_EBACKEND, NPIE_SMTP_UNSAFE, 0,
                 "in the clear");
    assert_none_taken();
}

static void test_certificate(void **state)
{
    npie_smtp_t smtp = server("other", NPIE_SMTP_STARTTLS);

    (void)state;
    assert_fails(&smtp, "ana@c.example", NPIE_EBACKEND,
                 NPIE_SMTP_CERTIFICATE, ANY_CODE, "");
    smtp = server("tls", NPIE_SMTP_TLS);
    smtp.ca_file = NULL;
    assert_fails(&smtp, "ana@c.example", NPIE_EBACKEND,
                 NPIE_SMTP_CERTIFICATE, ANY_CODE, "");
    smtp.ca_file = "/nowhere/ca.pem";
    assert_fails(&smtp, "ana@c.example", NPIE_EBACKEND,
                 NPIE_SMTP_CERTIFICATE, ANY_CODE, "/nowhere/ca.pem");
    assert_none_taken();
}

static void test_unreachable(void **state)
{
    npie_smtp_t smtp = server("starttls", NPIE_SMTP_STARTTLS);

    (void)state;
    smtp.port = 1;
    assert_fails(&smtp, "ana@c.example", NPIE_EBACKEND, NPIE_SMTP_UNREACHABLE,
                 0, "localhost");
    smtp.host = "no-such-host.invalid";
    assert_fails(&smtp, "ana@c.example", NPIE_EBACKEND, NPIE_SMTP_UNREACHABLE,
                 0, "no-such-host.invalid");
    /* The environment's proxy is none of ours. */
    assert_int_equal(setenv("all_proxy", "http://127.0.0.1:1", 1), 0);
    smtp = server("starttls", NPIE_SMTP_STARTTLS);
    assert_sends(&smtp, "ana@molinos.example");
    assert_taken("ana@molinos.example");
    unsetenv("all_proxy");
}

static void test_no_address(void **state)
{
    static const char *const bad[] = {
        "", "a", "a@b.example\r\nRCPT TO:<x@evil.example>",
        "a@b.example> <x@evil.example",
    };
    npie_smtp_t smtp = server("starttls", NPIE_SMTP_STARTTLS);
    npie_bytes_t mail = a_mail("ana@c.example");

    (void)state;
    for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
        assert_int_equal(npie_smtp_send(&fixture.result, &smtp, bad[i],
                                        "ana@c.example", mail, fixture.p),
                         NPIE_EINPUT);
        assert_int_equal(npie_smtp_send(&fixture.result, &smtp,
                                        "npie@idse.example", bad[i], mail,
                                        fixture.p), NPIE_EINPUT);
        assert_int_equal(fixture.result.reason, NPIE_SMTP_FAILED);
        assert_said("mail address");
    }
    assert_none_taken();
}

static void test_servers(void **state)
{
    static const struct {
        const char *url;
        const char *host;
        int port;
        npie_smtp_security_t security;
    } good[] = {
        { "smtp://mail.example", "mail.example", 587, NPIE_SMTP_STARTTLS },
        { "smtp://mail.example:25", "mail.example", 25, NPIE_SMTP_STARTTLS },
        { "smtps://10.0.0.1", "10.0.0.1", 465, NPIE_SMTP_TLS },
        { "smtps://[2001:db8::1]:4650", "2001:db8::1", 4650, NPIE_SMTP_TLS },
        { "smtp+plain://localhost:2525", "localhost", 2525, NPIE_SMTP_PLAIN },
        { "smtp+plain://[::1]", "::1", 25, NPIE_SMTP_PLAIN },
        { "smtp+plain://127.0.0.1", "127.0.0.1", 25, NPIE_SMTP_PLAIN },
    };
    static const char *const bad[] = {
        "", "mail.example", "http://mail.example", "smtp://", "smtp://:25",
        "smtp://mail.example:", "smtp://mail.example:0", "smtp://a:65536",
        "smtp://a:123456", "smtp://a:25/", "smtp://user:secret@a", "smtp://a b",
        "smtp://[::1", "smtp://[]", "smtp://[x]", "smtp+plain://mail.example",
        "smtp+plain://127.0.0.1.evil.example", "smtp://a\r\nb", "smtp://a:-1",
    };

    (void)state;
    for (size_t i = 0; i < sizeof(good) / sizeof(good[0]); i++) {
        npie_smtp_t smtp = { .user = "u" };

        assert_int_equal(npie_smtp_parse(&smtp, good[i].url, NULL, fixture.p),
                         APR_SUCCESS);
        assert_string_equal(smtp.host, good[i].host);
        assert_int_equal(smtp.port, good[i].port);
        assert_int_equal(smtp.security, good[i].security);
        assert_string_equal(smtp.user, "u");
    }
    for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
        npie_smtp_t smtp = { .user = "u" };
        npie_err_t err;

        assert_int_equal(npie_smtp_parse(&smtp, bad[i], &err, fixture.p),
                         NPIE_ECONFIG);
    }
    assert_string_equal(npie_smtp_reason_name(NPIE_SMTP_REASONS), "?");
}

/* However the tests before it ended. */
static int setup(void **state)
{
    (void)state;
    fixture.taken = 0;
    while (is_taken(fixture.taken + 1)) {
        fixture.taken++;
    }
    return 0;
}

#define smtp_test(f) cmocka_unit_test_setup(f, setup)

static int start(void **state)
{
    npie_err_t err;

    (void)state;
    apr_pool_create(&fixture.p, NULL);
    return npie_smtp_init(&err, fixture.p) != APR_SUCCESS
        || npie_backend_run("mail-start") != 0;
}

static int stop(void **state)
{
    (void)state;
    apr_pool_destroy(fixture.p);
    return npie_backend_run("mail-stop");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        smtp_test(test_taken), smtp_test(test_addresses),
        smtp_test(test_international), smtp_test(test_login),
        smtp_test(test_refused), smtp_test(test_closed),
        smtp_test(test_slow), smtp_test(test_unsafe),
        smtp_test(test_certificate), smtp_test(test_unreachable),
        smtp_test(test_no_address), smtp_test(test_servers),
    };

    return mail_main(tests, sizeof(tests) / sizeof(tests[0]), start, stop);
}
