/* SPDX-License-Identifier: Apache-2.0
 * One e-mail address, by RFC 5321 section 4.1.2 and RFC 6531 section 3.3, and
 * its form in ASCII. The domain is not left to libcurl: it reads names in the
 * locale's encoding, and httpd runs in the C locale.
 */
#include "model/field.h"

#include <string.h>

#include <apr_strings.h>
#include <idn2.h>

#include "base/text.h"

#define LOCAL_MAX 64  /* bytes, RFC 5321 section 4.5.3.1.1 */
#define LABEL_MAX 63  /* bytes, RFC 1035 section 2.3.4 */

static int is_alnum(char c)
{
    return (c >= '0' && c <= '9') || (c >= 'A' && c <= 'Z')
        || (c >= 'a' && c <= 'z');
}

/* Detects non-ASCII characters that are invisible, reverse the direction or
 * look like a dot; in an address they serve only to deceive. The text is
 * strict UTF-8. */
static int is_deceptive(const char *s)
{
    static const char *const prefixes[] = {
        "\xC2\xA0", "\xC2\xAD",                         /* NBSP, soft hyphen */
        "\xE2\x80", "\xE2\x81",                         /* U+2000 to U+207F */
        "\xE3\x80\x80", "\xE3\x80\x82",                 /* blank, full stop */
        "\xEF\xBB\xBF", "\xEF\xBC\x8E", "\xEF\xBD\xA1", /* BOM, wide stops */
        "\xEF\xBF", "\xF3",                             /* specials, tags */
    };

    for (size_t i = 0; i < sizeof(prefixes) / sizeof(prefixes[0]); ++i) {
        if (strncmp(s, prefixes[i], strlen(prefixes[i])) == 0) {
            return 1;
        }
    }
    return 0;
}

static int is_utf8(char c)
{
    return (unsigned char)c >= 0x80;
}

/* Returns the end of a dot-atom that starts at s, or NULL: a dot at an edge or
 * next to another. */
static const char *skip_dot_atom(const char *s)
{
    int dot = 1;

    for (; *s != '\0' && *s != '@'; ++s) {
        if (*s == '.') {
            if (dot) {
                return NULL;
            }
            dot = 1;
            continue;
        }
        if (!is_alnum(*s) && !is_utf8(*s)
            && strchr("!#$%&'*+-/=?^_`{|}~", *s) == NULL) {
            return NULL;
        }
        dot = 0;
    }
    return dot ? NULL : s;
}

/* Returns the character after a quoted string that starts at s, or NULL. */
static const char *skip_quoted(const char *s)
{
    for (++s; *s != '"'; ++s) {
        if (*s == '\\' && s[1] != '\0' && !is_utf8(s[1])) {
            ++s;
        } else if (*s == '\0' || *s == '\\') {
            return NULL;
        }
    }
    return s + 1;
}

/* Checks labels between dots: at least two, and the last not all digits, which
 * would be an IP address without brackets. */
static int is_domain(const char *s)
{
    int labels = 0, numeric = 0;

    for (;;) {
        size_t n = strcspn(s, ".");

        if (n == 0 || n > LABEL_MAX || s[0] == '-' || s[n - 1] == '-') {
            return 0;
        }
        for (size_t i = 0; i < n; ++i) {
            if (!is_alnum(s[i]) && !is_utf8(s[i]) && s[i] != '-') {
                return 0;
            }
        }
        ++labels;
        numeric = strspn(s, "0123456789") == n;
        if (s[n] == '\0') {
            return labels >= 2 && !numeric;
        }
        s += n + 1;
    }
}

int npie_field_email(const char *text)
{
    size_t len = strlen(text);
    const char *at;

    if (len > NPIE_EMAIL_MAX || !npie_text_is_clean(text, len)) {
        return 0;
    }
    for (const char *s = text; *s != '\0'; ++s) {
        if (is_deceptive(s)) {
            return 0;
        }
    }
    at = *text == '"' ? skip_quoted(text) : skip_dot_atom(text);
    if (at == NULL || *at != '@' || at - text > LOCAL_MAX) {
        return 0;
    }
    return is_domain(at + 1);
}

static int is_ascii(const char *text)
{
    while (*text > 0) {
        ++text;
    }
    return *text == '\0';
}

apr_status_t npie_field_email_wire(const char **pwire, const char *address,
                                   npie_err_t *err, apr_pool_t *p)
{
    const char *at = strrchr(address, '@');
    const char *wire;
    char *domain = NULL;
    int rc;

    if (!npie_field_email(address) || at == NULL) {
        return npie_err_set(err, NPIE_EINPUT, NPIE_P_EMAIL,
                            "mail address: not one address");
    }
    if (is_ascii(at + 1)) {
        *pwire = apr_pstrdup(p, address);
        return APR_SUCCESS;
    }
    rc = idn2_lookup_u8((const uint8_t *)at + 1, (uint8_t **)&domain,
                        IDN2_NFC_INPUT | IDN2_NONTRANSITIONAL
                            | IDN2_USE_STD3_ASCII_RULES);
    if (rc != IDN2_OK) {
        return npie_err_set(err, NPIE_EINPUT, NPIE_P_EMAIL,
                            "mail address: %s", idn2_strerror(rc));
    }
    wire = apr_psprintf(p, "%.*s@%s", (int)(at - address), address, domain);
    idn2_free(domain);
    if (!npie_field_email(wire)) {
        return npie_err_set(err, NPIE_EINPUT, NPIE_P_EMAIL,
                            "mail address: too long once its domain is ASCII");
    }
    *pwire = wire;
    return APR_SUCCESS;
}

int npie_field_email_is_utf8(const char *wire)
{
    return !is_ascii(wire);
}

int npie_field_email_same(const char *a, const char *b)
{
    const char *at_a = strrchr(a, '@');
    const char *at_b = strrchr(b, '@');

    if (at_a == NULL || at_b == NULL) {
        return strcmp(a, b) == 0;
    }
    /* The C locale is not assumed: strcasecmp() would fold other letters
     * under an admin's LC_CTYPE. */
    if (at_a - a != at_b - b || strncmp(a, b, (size_t)(at_a - a)) != 0
        || strlen(at_a) != strlen(at_b)) {
        return 0;
    }
    for (; *at_a != '\0'; ++at_a, ++at_b) {
        if (*at_a != *at_b
            && !(is_alnum(*at_a) && is_alnum(*at_b)
                 && (*at_a ^ *at_b) == 0x20)) {
            return 0;
        }
    }
    return 1;
}
