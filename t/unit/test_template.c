/* SPDX-License-Identifier: Apache-2.0
 * mail/template.h: the templates that come with the project, and what is
 * wrong with others.
 */
#include "unit/unit.h"

#include <apr_strings.h>

#include <stdio.h>
#include <stdlib.h>

#include "mail/template.h"
#include "unit/backend.h"
#include "unit/mail_judge.h"

#define LINK "https://idse.example/npie/enlace.html?t=0aZ_-&x='\"<>"

static const char *const values[NPIE_MAIL_VALUES] = {
    [NPIE_MAIL_VALUE_NAME] = "María José Muñoz",
    [NPIE_MAIL_VALUE_COMPANY] = "Tornillos & <Cañas>, \"S.A.\"",
    [NPIE_MAIL_VALUE_RP] = "A064878710-7",
    [NPIE_MAIL_VALUE_INSTITUTION] = "Instituto de 'Prueba'",
    [NPIE_MAIL_VALUE_SITE] = "https://idse.example/npie/",
    [NPIE_MAIL_VALUE_LINK] = LINK,
    [NPIE_MAIL_VALUE_LINK_UNTIL] = "1 de diciembre de 2026",
    [NPIE_MAIL_VALUE_KEY] = "A064878710_2.key",
    [NPIE_MAIL_VALUE_EMAIL] = "n…@molinos.example",
    [NPIE_MAIL_VALUE_SERIAL] = "30303031",
    [NPIE_MAIL_VALUE_UNTIL] = "21 de mayo de 2027",
    [NPIE_MAIL_VALUE_DAYS] = "15 días",
    [NPIE_MAIL_VALUE_HOLDER] = "Iñaki Peña",
    [NPIE_MAIL_VALUE_PURPOSE] = "Movimientos & consultas",
};

#define SOURCE NPIE_TOP "/conf/mail"

/* A copy of the project's templates, to be spoilt. */
static const char *copy(apr_pool_t *p)
{
    const char *dir = apr_pstrcat(p, npie_backend_directory(), "/mail", NULL);

    assert_int_equal(system(apr_psprintf(p, "rm -rf '%s' && cp -r '%s' '%s'",
                                         dir, SOURCE, dir)), 0);
    return dir;
}

static void spoil(const char *dir, const char *name, const char *text,
                  apr_size_t len, apr_pool_t *p)
{
    FILE *file = fopen(apr_pstrcat(p, dir, "/", name, NULL), "wb");

    assert_non_null(file);
    assert_int_equal(fwrite(text, 1, len, file), len);
    assert_int_equal(fclose(file), 0);
}

static npie_templates_t *loaded(const char *dir, apr_pool_t *p)
{
    npie_templates_t *templates = NULL;
    npie_err_t err = { 0, NPIE_P_NONE, "" };

    if (npie_templates_load(&templates, dir, &err, p) != APR_SUCCESS) {
        fail_msg("%s", err.detail);
    }
    return templates;
}

static void assert_not_in(const char *text, const char *piece)
{
    if (strstr(text, piece) != NULL) {
        fail_msg("\"%s\" in:\n%s", piece, text);
    }
}

/* What every mail must be, whatever its kind. */
static void assert_mail(const npie_mail_text_t *t)
{
    static const char *const remote[] = {
        "<img", "<link", "<script", "src=", "@import", "url(", "<iframe",
        "<form",
    };

    assert_in(t->subject, "A064878710-7");
    assert_in(t->text, "Tornillos & <Cañas>, \"S.A.\"");
    assert_in(t->html, "Tornillos &amp; &lt;Cañas&gt;, &quot;S.A.&quot;");
    assert_in(t->text, "Instituto de 'Prueba'\n");
    assert_in(t->html, "Instituto de &#39;Prueba&#39;");
    assert_in(t->text, "María José Muñoz");
    assert_int_equal(strncmp(t->html, "<!DOCTYPE html>\n", 16), 0);
    assert_in(t->html, "width=device-width");
    for (size_t i = 0; i < sizeof(remote) / sizeof(remote[0]); i++) {
        assert_not_in(t->html, remote[i]);
    }
    assert_int_not_equal(*t->text, '#');
    assert_null(strpbrk(t->subject, "{}"));
    assert_null(strpbrk(t->text, "{}"));
    assert_null(strpbrk(t->html, "{}"));
    for (const char *line = t->text; line != NULL;
         line = strchr(line + 1, '\n')) {
        if (strstr(line, LINK) != line + 1) {
            assert_in_range(strcspn(line + 1, "\n"), 0, 110);
        }
    }
}

static void test_ours(void **state)
{
    npie_templates_t *templates = loaded(SOURCE, *state);

    for (int kind = 0; kind < NPIE_MAIL_KINDS; kind++) {
        int linked = kind == NPIE_MAIL_OBTAIN || kind == NPIE_MAIL_CHANGED
                  || kind == NPIE_MAIL_AGAIN || kind == NPIE_MAIL_ADDITIONAL
                  || kind == NPIE_MAIL_ADDITIONAL_READY;
        npie_mail_text_t t;

        assert_int_equal(npie_templates_render(&t, templates,
                                               (npie_mail_kind_t)kind, values,
                                               NULL, *state), APR_SUCCESS);
        assert_mail(&t);
        if (linked) {
            assert_in(t.text, "\n" LINK "\n");
            assert_in(t.html, "href=\"https://idse.example/npie/enlace.html"
                              "?t=0aZ_-&amp;x=&#39;&quot;&lt;&gt;\"");
            assert_in(t.text, "1 de diciembre de 2026");
        } else {
            assert_not_in(t.text, "enlace.html");
        }
        if (kind == NPIE_MAIL_ISSUED || kind == NPIE_MAIL_EXPIRY
            || kind == NPIE_MAIL_ADDITIONAL_READY) {
            assert_in(t.text, "21 de mayo de 2027");
            assert_in(t.html, "21 de mayo de 2027");
        }
    }
}

static void test_values(void **state)
{
    static const char *const evil[] = {
        "a\r\nBcc: x@evil.example", "a\n", "\x01", "\xFF", "\xC2\x9B",
    };
    npie_templates_t *templates = loaded(SOURCE, *state);
    const char *mine[NPIE_MAIL_VALUES];
    npie_mail_text_t t;
    npie_err_t err;

    for (size_t i = 0; i < sizeof(evil) / sizeof(evil[0]); i++) {
        memcpy(mine, values, sizeof(mine));
        mine[NPIE_MAIL_VALUE_COMPANY] = evil[i];
        assert_int_equal(npie_templates_render(&t, templates, NPIE_MAIL_ISSUED,
                                               mine, &err, *state),
                         NPIE_EINPUT);
        assert_int_equal(err.problem, NPIE_P_ENCODING);
    }
    memcpy(mine, values, sizeof(mine));
    mine[NPIE_MAIL_VALUE_LINK] = NULL;
    assert_int_equal(npie_templates_render(&t, templates, NPIE_MAIL_ISSUED,
                                           mine, &err, *state), APR_SUCCESS);
    assert_int_equal(npie_templates_render(&t, templates, NPIE_MAIL_AGAIN,
                                           mine, &err, *state),
                     NPIE_EINTERNAL);
    assert_non_null(strstr(err.detail, "{liga}"));
    /* A value is never read as a template. */
    mine[NPIE_MAIL_VALUE_COMPANY] = "{serie} {{ {";
    assert_int_equal(npie_templates_render(&t, templates, NPIE_MAIL_ISSUED,
                                           mine, &err, *state), APR_SUCCESS);
    assert_in(t.text, "{serie} {{ {");
    assert_in(t.html, "{serie} {{ {");
}

/* A template of an admin's, as a Windows editor saves it. */
static void test_own(void **state)
{
    static const char text[] = "\xef\xbb\xbf# one\r\n# two\r\n"
                               "Asunto: {{{dias}}}\r\n\r\n"
                               "{razon_social}{rp}\r\n# three {x\r\n"
                               "}} {{ #\r\n";
    static const char html[] = "<b title=\"{razon_social}\">}}</b>";
    const char *dir = copy(*state);
    npie_mail_text_t t;

    spoil(dir, "vencimiento.txt", text, sizeof(text) - 1, *state);
    spoil(dir, "vencimiento.html", html, sizeof(html) - 1, *state);
    spoil(dir, "marco.txt", "{contenido}{contenido}", 22, *state);
    spoil(dir, "marco.html", "#\n<p>{asunto}{contenido}", 24, *state);
    assert_int_equal(npie_templates_render(&t, loaded(dir, *state),
                                           NPIE_MAIL_EXPIRY, values, NULL,
                                           *state), APR_SUCCESS);
    assert_string_equal(t.subject, "{15 días}");
    assert_string_equal(t.text,
                        "Tornillos & <Cañas>, \"S.A.\"A064878710-7\n} { #\n"
                        "Tornillos & <Cañas>, \"S.A.\"A064878710-7\n} { #\n");
    assert_string_equal(t.html, "<p>{15 días}<b title=\"Tornillos &amp; "
                        "&lt;Cañas&gt;, &quot;S.A.&quot;\">}</b>");
}

static void test_wrong(void **state)
{
    static const struct {
        const char *name;
        const char *text;
        const char *says;
    } wrongs[] = {
        { "obtener.txt", "Asunto: x\n\n\n{liga}\n{nadie}\n",
          "obtener.txt, line 5: unknown placeholder {nadie}" },
        { "obtener.txt", "# x\nAsunto: {Nombre}\n{liga}\n",
          "obtener.txt, line 2: unknown placeholder {Nombre}" },
        { "obtener.txt", "Asunto: x\n{dias} {liga}",
          "obtener.txt, line 2: {dias} is not known in this file" },
        { "obtener.txt", "Asunto: x\n# x\n{liga}\n#\n{nadie}",
          "obtener.txt, line 5: unknown placeholder {nadie}" },
        { "obtener.txt", "Asunto: {liga}\nx\n", "{liga} is missing" },
        { "obtener.html", "<p>x</p>", "obtener.html, line 1: {liga} is" },
        { "cambio.html", "<p>\n{liga</p>", "cambio.html, line 2: a brace" },
        { "cambio.html", "{liga}\n}", "cambio.html, line 2: a brace" },
        { "cambio.html", "{liga} {", "a brace" },
        { "cambio.html", "{liga}{}", "unknown placeholder {}" },
        { "emitido.txt", "", "emitido.txt, line 1: the first line" },
        { "emitido.txt", "Buen día\n", "the first line" },
        { "emitido.txt", "# x\nAsunto: \nx", "line 2: the first line" },
        { "emitido.txt", "Asunto: x\ty\nx", "line 1: the first line" },
        { "emitido.txt", "Asunto: x", "the first line" },
        { "emitido.txt", "Asunto: x\n{contenido}", "{contenido} is not known" },
        { "marco.txt", "x", "marco.txt, line 1: {contenido} is missing" },
        { "marco.html", "{contenido}{liga}", "{liga} is not known" },
        { "liga.html", "\xFF{liga}", "save it as UTF-8" },
        { "liga.html", "\x02{liga}", "save it as UTF-8" },
    };
    char *longest = apr_pcalloc(*state, NPIE_TEMPLATE_MAX + 2);
    npie_templates_t *templates = NULL;
    npie_err_t err;
    const char *dir;

    for (size_t i = 0; i < sizeof(wrongs) / sizeof(wrongs[0]); i++) {
        dir = copy(*state);
        spoil(dir, wrongs[i].name, wrongs[i].text, strlen(wrongs[i].text),
              *state);
        assert_int_equal(npie_templates_load(&templates, dir, &err, *state),
                         NPIE_ECONFIG);
        assert_in(err.detail, wrongs[i].says);
    }
    dir = copy(*state);
    memset(longest, 'x', NPIE_TEMPLATE_MAX + 1);
    memcpy(longest, "{liga}", 6);
    spoil(dir, "liga.html", longest, NPIE_TEMPLATE_MAX, *state);
    loaded(dir, *state);
    spoil(dir, "liga.html", longest, NPIE_TEMPLATE_MAX + 1, *state);
    assert_int_equal(npie_templates_load(&templates, dir, &err, *state),
                     NPIE_ECONFIG);
    assert_in(err.detail, "liga.html: longer than");
    dir = copy(*state);
    assert_int_equal(remove(apr_pstrcat(*state, dir, "/liga.txt", NULL)), 0);
    assert_int_equal(npie_templates_load(&templates, dir, &err, *state),
                     NPIE_ECONFIG);
    assert_in(err.detail, "liga.txt: No such file");
    assert_null(templates);
}

static void test_kinds(void **state)
{
    (void)state;
    assert_string_equal(npie_mail_kind_name(NPIE_MAIL_OBTAIN), "obtener");
    assert_string_equal(npie_mail_kind_name(NPIE_MAIL_KINDS), "?");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        pool_test(test_ours), pool_test(test_values), pool_test(test_own),
        pool_test(test_wrong), pool_test(test_kinds),
    };

    return mail_main(tests, sizeof(tests) / sizeof(tests[0]), NULL, NULL);
}
