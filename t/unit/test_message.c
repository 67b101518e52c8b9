/* SPDX-License-Identifier: Apache-2.0
 * mail/message.h and mail/address.h: what another parser reads in our mails,
 * and what no field may bring in.
 */
#include "unit/unit.h"

#include <apr_strings.h>

#include <stdlib.h>

#include "base/text.h"
#include "mail/message.h"
#include "unit/backend.h"
#include "unit/mail_judge.h"

#define NOW apr_time_from_sec(1795000000)
#define A50 "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"

static npie_message_t a_message(void)
{
    npie_message_t m = {
        .from = { "Renovación IDSE", "npie@idse.example" },
        .to = "ana@molinos.example",
        .subject = "Obtenga su certificado nuevo",
        .text = "Buen día:\n\nhttps://idse.example/npie/enlace.html?t=abc=_\n",
        .html = "<p>Buen día</p>\n", .id = "17.1795000000", .date = NOW,
    };

    return m;
}

static npie_bytes_t written(const npie_message_t *m, apr_pool_t *p)
{
    npie_bytes_t bytes = { NULL, 0 };
    npie_err_t err;

    assert_int_equal(npie_message_write(&bytes, m, &err, p), APR_SUCCESS);
    return bytes;
}

static void assert_refused(const npie_message_t *m, npie_problem_t problem,
                           apr_pool_t *p)
{
    npie_bytes_t bytes = { NULL, 0 };
    npie_err_t err;

    assert_int_equal(npie_message_write(&bytes, m, &err, p), NPIE_EINPUT);
    assert_int_equal(err.problem, problem);
    assert_int_equal(bytes.len, 0);
}

static void test_whole(void **state)
{
    npie_message_t m = a_message();
    judged_t j = mail_judged(written(&m, *state), *state);

    assert_string_equal(j.headers, "Date\nFrom\nTo\nSubject\nMessage-ID\n"
                        "MIME-Version\nAuto-Submitted\nContent-Language\n"
                        "Content-Type");
    assert_string_equal(j.subject, m.subject);
    assert_string_equal(j.from_name, "Renovación IDSE");
    assert_string_equal(j.from, "npie@idse.example");
    assert_string_equal(j.to, "ana@molinos.example");
    assert_string_equal(j.id, "<17.1795000000@idse.example>");
    assert_string_equal(j.date, "1795000000");
    assert_string_equal(j.text, m.text);
    assert_string_equal(j.html, m.html);
}

/* Files follow the texts, byte for byte. */
static void test_files(void **state)
{
    npie_message_t m = a_message();
    unsigned char *bytes = apr_palloc(*state, 1000);
    npie_bytes_t message;
    const char *text, *at;
    judged_t j;

    for (int i = 0; i < 1000; ++i) {
        bytes[i] = (unsigned char)(i * 7);
    }
    m.files[0] = (npie_message_file_t){ "Carta.pdf", "application/pdf",
                                        { bytes, 1000 } };
    m.files[1] = (npie_message_file_t){ "Vacia.pdf", "application/pdf",
                                        { bytes, 0 } };
    message = written(&m, *state);
    j = mail_judged(message, *state);
    assert_string_equal(j.text, m.text);
    assert_string_equal(j.html, m.html);
    text = apr_pstrmemdup(*state, (const char *)message.data, message.len);
    assert_non_null(strstr(text, "Content-Type: multipart/mixed;"));
    at = strstr(text, "filename=\"Carta.pdf\"\r\n\r\n");
    assert_non_null(at);
    at += strlen("filename=\"Carta.pdf\"\r\n\r\n");
    assert_memory_equal(at, npie_text_base64_encode((npie_bytes_t){ bytes, 57 },
                                                    *state), 76);
    assert_memory_equal(at + 76, "\r\n", 2);
    assert_non_null(strstr(at, "filename=\"Vacia.pdf\""));
    m.files[0].name = "Carta\".pdf";
    assert_int_equal(npie_message_write(&message, &m, NULL, *state),
                     NPIE_EINTERNAL);
}

static void test_subjects(void **state)
{
    static const char *const subjects[] = {
        "Ñandú: su certificado está listo (A064878710-7), señor Íñigo Peña",
        "One word after another until the line is full and has to be folded, "
        "and then again until that one is full as well, as often as it takes",
        A50 A50 A50, "=?UTF-8?Q?no?= such word", "a", "?=", "=? =?=",
        "日本語の件名はとても長いので何度も折り返さなければなりません、本当に",
        "😀😀😀😀😀😀😀😀😀😀😀😀😀😀😀😀😀😀😀😀", "ends in ñ", "<\"quoted\">, (x); \\",
        "From: me", "ññññññññññññññññññññññññññññññññññññññññññññññññ",
        "añññññññññññññññññññññññññññññññññññññññññññññññ",
    };
    npie_message_t m = a_message();

    for (size_t i = 0; i < sizeof(subjects) / sizeof(subjects[0]); i++) {
        judged_t j;

        m.subject = subjects[i];
        j = mail_judged(written(&m, *state), *state);
        assert_string_equal(j.subject, subjects[i]);
    }
}

static void test_senders(void **state)
{
    static const char *const names[] = {
        "", "IDSE", "A, B; (C) <d@e>", "with \"quotes\" and \\", "=?x?=",
        "Instituto de Renovación de Certificados Digitales y Otras Señales",
        A50 A50,
    };
    npie_message_t m = a_message();

    for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
        judged_t j;

        m.from.name = names[i];
        j = mail_judged(written(&m, *state), *state);
        assert_string_equal(j.from_name, names[i]);
        assert_string_equal(j.from, "npie@idse.example");
    }
}

/* 64 and 189 bytes: 254 with the @. */
#define LOCAL64 A50 "aaaaaaaaaaaaaa"
#define DOMAIN189 A50 "." A50 "." A50 ".bbbbbbbbbbbbbbbbbbbbbbbbbbbb.example"

static void test_addresses(void **state)
{
    static const char *const addresses[][2] = {
        { "a+b@c.example", "a+b@c.example" },
        { "o'higgins!#$%&*/=?^_`{|}~-x@c.example",
          "o'higgins!#$%&*/=?^_`{|}~-x@c.example" },
        { "\"ana maria\"@c.example", "\"ana maria\"@c.example" },
        { "\"a>b <c@d.example>\"@c.example",
          "\"a>b <c@d.example>\"@c.example" },
        { LOCAL64 "@" DOMAIN189, LOCAL64 "@" DOMAIN189 },
        { "ana@ñandú.example", "ana@xn--and-6ma2c.example" },
        { "ana@BÜCHER.example", "ana@xn--bcher-kva.example" },
    };
    npie_message_t m = a_message();

    for (size_t i = 0; i < sizeof(addresses) / sizeof(addresses[0]); i++) {
        npie_bytes_t bytes;

        m.to = addresses[i][0];
        bytes = written(&m, *state);
        for (size_t k = 0; k < bytes.len; k++) {
            assert_in_range(bytes.data[k], 0, 127);
        }
        assert_string_equal(mail_judged(bytes, *state).to, addresses[i][1]);
    }
    m.to = "ñandú@señal.example";
    assert_string_equal(mail_judged(written(&m, *state), *state).to,
                        "ñandú@xn--seal-hqa.example");
    m.from.address = "npie@señal.example";
    assert_string_equal(mail_judged(written(&m, *state), *state).id,
                        "<17.1795000000@xn--seal-hqa.example>");
}

/* Every field with what would begin another header, recipient or part. */
static void test_injection(void **state)
{
    static const char *const evil[] = {
        "a\r\nBcc: x@evil.example", "a\nBcc: x@evil.example", "a\rBcc: x",
        "a\r\n\r\nbody", "a\x7F", "a\x01", ("a\xC2\x85" "b"), "a\xFF", "a\xC0\x8A",
        "a\tb",
    };
    static const char *const addresses[] = {
        "", "a", "a@", "@c.example", "a@b.example\r\nBcc: x@evil.example",
        "a@b.example>, <x@evil.example", "a@b.example, x@evil.example",
        "a b@c.example", "<a@b.example>", "a@b.example\n", "a@b\r.example",
        "\"a\r\nb\"@c.example", "a@b.example ORCPT=x", "a\xFF@b.example",
        "a@\xC3.example", "a@b..example", LOCAL64 "a@c.example",
        LOCAL64 "@a" DOMAIN189, "ana@xn--\xC3\xB1.example",
        "a@\xE2\x80\xA8.example", "a@b_c.ñandú.example",
        "=?UTF-8?Q?a?= <x@evil.example>",
    };
    npie_message_t m;

    for (size_t i = 0; i < sizeof(evil) / sizeof(evil[0]); i++) {
        m = a_message();
        m.subject = evil[i];
        assert_refused(&m, NPIE_P_ENCODING, *state);
        m = a_message();
        m.from.name = evil[i];
        assert_refused(&m, NPIE_P_ENCODING, *state);
    }
    for (size_t i = 0; i < sizeof(addresses) / sizeof(addresses[0]); i++) {
        m = a_message();
        m.to = addresses[i];
        assert_refused(&m, NPIE_P_EMAIL, *state);
        m = a_message();
        m.from.address = addresses[i];
        assert_refused(&m, NPIE_P_EMAIL, *state);
    }
}

static void test_limits(void **state)
{
    static const char *const ids[] = {
        "", ".", "a.", ".a", "a..b", "a b", "a@b", "a>", "a\r\nb", "ñ",
        LOCAL64 "a",
    };
    npie_message_t m = a_message();
    npie_bytes_t bytes = { NULL, 0 };
    char *longest = apr_pcalloc(*state, NPIE_MESSAGE_SUBJECT_MAX + 2);

    memset(longest, 'a', NPIE_MESSAGE_SUBJECT_MAX);
    m.subject = longest;
    assert_string_equal(mail_judged(written(&m, *state), *state).subject,
                        longest);
    longest[NPIE_MESSAGE_SUBJECT_MAX] = 'a';
    assert_refused(&m, NPIE_P_FIELD_LONG, *state);
    m = a_message();
    m.html = "<p>\x01</p>";
    assert_refused(&m, NPIE_P_ENCODING, *state);
    m = a_message();
    m.text = "\xC3";
    assert_refused(&m, NPIE_P_ENCODING, *state);
    for (size_t i = 0; i < sizeof(ids) / sizeof(ids[0]); i++) {
        m = a_message();
        m.id = ids[i];
        assert_int_equal(npie_message_write(&bytes, &m, NULL, *state),
                         NPIE_EINTERNAL);
    }
}

/* Lines of every length around the limit, with what has to be encoded at
 * each place; lines that end or look like ends. */
static void test_bodies(void **state)
{
    static const char *const lines[] = {
        ".", "..", ".\n.", "From here", "From ", "blank at the end \nx",
        "tab at the end\t\nx", "--=_17.1795000000", "--=_17.1795000000--",
        "=", "==3D=20", "=\n=", "\n\n\n", "ñ", "a\r\nb\r\nc",
        "no end of line", "", " ", "\t",
    };
    char *text = apr_pcalloc(*state, 200000);
    npie_message_t m = a_message();
    char *out = text;
    judged_t j;

    for (int n = 60; n < 160; n++) {
        for (int k = 0; k < n; k++) {
            static const char *const pieces[] = { "a", "=", "ñ", " ", "😀", "." };
            const char *piece = pieces[k < 70 ? 0 : (n + k) % 6];

            out = apr_cpystrn(out, piece, 8);
        }
        out = apr_cpystrn(out, "\n", 2);
    }
    m.text = text;
    j = mail_judged(written(&m, *state), *state);
    assert_string_equal(j.text, text);
    for (size_t i = 0; i < sizeof(lines) / sizeof(lines[0]); i++) {
        m.text = apr_pstrcat(*state, lines[i], "\nlast\n", NULL);
        m.html = lines[i];
        j = mail_judged(written(&m, *state), *state);
        if (strchr(lines[i], '\r') == NULL) {
            assert_string_equal(j.text, m.text);
        } else {
            assert_string_equal(j.text, "a\nb\nc\nlast\n");
        }
    }
}

static void test_mailboxes(void **state)
{
    static const struct {
        const char *text;
        const char *name;
        const char *address;
    } good[] = {
        { "npie@idse.example", "", "npie@idse.example" },
        { "  npie@idse.example ", "", "npie@idse.example" },
        { "IDSE <npie@idse.example>", "IDSE", "npie@idse.example" },
        { "Renovación  NPIE <npie@idse.example>", "Renovación NPIE",
          "npie@idse.example" },
        { "<npie@idse.example>", "", "npie@idse.example" },
        { "\"IDSE, <renovación> \\\"x\\\"\" <npie@idse.example>",
          "IDSE, <renovación> \"x\"", "npie@idse.example" },
        { "\"a b\"@idse.example", "", "\"a b\"@idse.example" },
        { "X <\"a>b\"@idse.example>", "X", "\"a>b\"@idse.example" },
    };
    static const char *const bad[] = {
        "", "IDSE", "IDSE <>", "IDSE <npie@idse.example", "IDSE npie@x.example>",
        "IDSE <npie@idse.example> x", "\"IDSE <npie@idse.example>", "\"IDSE\\",
        "a@b.example, c@d.example", "IDSE\r\n <npie@idse.example>", "a\xFF <a@b.c>",
        "<", ">", "\"", A50 A50 A50 A50 A50 " <npie@idse.example>",
    };
    npie_mailbox_t m;
    npie_err_t err;

    for (size_t i = 0; i < sizeof(good) / sizeof(good[0]); i++) {
        assert_int_equal(npie_mailbox_parse(&m, good[i].text, &err, *state),
                         APR_SUCCESS);
        assert_string_equal(m.name, good[i].name);
        assert_string_equal(m.address, good[i].address);
    }
    for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
        assert_int_equal(npie_mailbox_parse(&m, bad[i], &err, *state),
                         NPIE_EINPUT);
        assert_int_equal(err.problem, NPIE_P_EMAIL);
    }
}


int main(void)
{
    const struct CMUnitTest tests[] = {
        pool_test(test_whole), pool_test(test_files), pool_test(test_subjects),
        pool_test(test_senders), pool_test(test_addresses),
        pool_test(test_injection), pool_test(test_limits),
        pool_test(test_bodies), pool_test(test_mailboxes),
    };

    return mail_main(tests, sizeof(tests) / sizeof(tests[0]), NULL, NULL);
}
