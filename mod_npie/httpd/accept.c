/* SPDX-License-Identifier: Apache-2.0
 * Content negotiation by Accept, Accept-Encoding and Accept-Language.
 */
#include "httpd/accept.h"

#include <apr_lib.h>
#include <apr_strings.h>

/* RFC 9110 section 12.4.2: at most three decimals. */
#define QUALITY_MAX 1000
#define QUALITY_DIGITS 3

/* How well a type is liked; a greater `exact` decides between equals. */
typedef struct liking_t {
    int quality; /* 0 to QUALITY_MAX */
    int exact;   /* 0 not named, 1 any, 2 its kind, 3 itself */
} liking_t;

/* A weight's value; -1 when it is none. */
static int parse_quality(const char *text)
{
    int quality = *text - '0';
    int digits = 0;

    if (quality != 0 && quality != 1) {
        return -1;
    }
    ++text;
    if (*text == '.') {
        for (++text; apr_isdigit(*text); ++text, ++digits) {
            quality = quality * 10 + *text - '0';
        }
    }
    if (*text != '\0' || digits > QUALITY_DIGITS) {
        return -1;
    }
    for (; digits < QUALITY_DIGITS; ++digits) {
        quality *= 10;
    }
    return quality <= QUALITY_MAX ? quality : -1;
}

/* Cuts a range off its parameters, among which only the weight counts.
 * pname is NULL for an empty one. */
static int cut_range(const char **pname, char *range)
{
    char *state = NULL;
    int quality = QUALITY_MAX;

    *pname = apr_strtok(range, "; \t", &state);
    if (*pname == NULL) {
        return -1;
    }
    for (char *word = apr_strtok(NULL, "; \t", &state); word != NULL;
         word = apr_strtok(NULL, "; \t", &state)) {
        if ((word[0] == 'q' || word[0] == 'Q') && word[1] == '=') {
            quality = parse_quality(word + 2);
        }
    }
    return quality;
}

/* One media range. */
static void weigh(liking_t *liking, char *range, const char *type)
{
    const char *slash = ap_strchr_c(type, '/');
    const char *name;
    int quality = cut_range(&name, range);
    int exact;

    if (name == NULL) {
        return;
    }
    exact = ap_cstr_casecmp(name, type) == 0 ? 3
        : strcmp(name, "*/*") == 0 ? 1
        : ap_cstr_casecmpn(name, type, (apr_size_t)(slash + 1 - type)) == 0
          && strcmp(name + (slash + 1 - type), "*") == 0 ? 2 : 0;
    if (quality >= 0 && exact > liking->exact) {
        liking->quality = quality;
        liking->exact = exact;
    }
}

static liking_t liking_of(const char *accept, const char *type, apr_pool_t *p)
{
    liking_t liking = { 0, 0 };
    char *state = NULL;

    for (char *range = apr_strtok(apr_pstrdup(p, accept), ",", &state);
         range != NULL; range = apr_strtok(NULL, ",", &state)) {
        weigh(&liking, range, type);
    }
    return liking;
}

int npie_accept_prefers(const request_rec *r, const char *type,
                        const char *other)
{
    const char *accept = apr_table_get(r->headers_in, "Accept");
    liking_t mine, theirs;

    if (accept == NULL) {
        return 0;
    }
    mine = liking_of(accept, type, r->pool);
    theirs = liking_of(accept, other, r->pool);
    return mine.quality > 0
        && (mine.quality > theirs.quality
            || (mine.quality == theirs.quality && mine.exact > theirs.exact));
}

int npie_accept_coding(const request_rec *r, const char *coding)
{
    const char *accept = apr_table_get(r->headers_in, "Accept-Encoding");
    char *state = NULL;
    int quality = 0;

    for (char *range = apr_strtok(apr_pstrdup(r->pool, accept != NULL ? accept
                                                                      : ""),
                                  ",", &state);
         range != NULL; range = apr_strtok(NULL, ",", &state)) {
        const char *name;
        const int given = cut_range(&name, range);

        if (name != NULL && ap_cstr_casecmp(name, coding) == 0) {
            quality = given > 0 ? given : 0;
        }
    }
    return quality;
}

/* Does a language range mean a tag? Either may be the more exact one: es-MX
 * is content with es (RFC 4647 section 3.4), and es with es-MX. */
static int means(const char *range, const char *tag)
{
    apr_size_t a = strlen(range), b = strlen(tag);
    apr_size_t len = a < b ? a : b;
    const char end = a < b ? tag[len] : range[len];

    return ap_cstr_casecmpn(range, tag, len) == 0
        && (end == '\0' || end == '-');
}

int npie_accept_language(const request_rec *r, const char *tag)
{
    const char *accept = apr_table_get(r->headers_in, "Accept-Language");
    char *state = NULL;
    int best = -1, others = 0;

    for (char *range = apr_strtok(apr_pstrdup(r->pool, accept != NULL ? accept
                                                                      : ""),
                                  ",", &state);
         range != NULL; range = apr_strtok(NULL, ",", &state)) {
        const char *name;
        int quality = cut_range(&name, range);

        /* It stands for what no other range names (RFC 4647 section 3.3.1). */
        if (strcmp(name, "*") == 0) {
            others = quality;
        }
        else if (quality > best && means(name, tag)) {
            best = quality;
        }
    }
    return best >= 0 ? best : others;
}
