/* SPDX-License-Identifier: Apache-2.0
 * Looking for lines in httpd's configuration.
 */
#include "httpd/tree.h"

#include <apr_strings.h>

#define HOST "<VirtualHost"
#define BETWEEN " \t\";>"

const ap_directive_t *npie_tree_find(const ap_directive_t *at,
                                     const char *name, npie_tree_fn *fits,
                                     const void *baton)
{
    const ap_directive_t *found = NULL;

    for (; at != NULL && found == NULL; at = at->next) {
        if (ap_cstr_casecmp(at->directive, name) == 0
            && (fits == NULL || fits(at, baton))) {
            found = at;
        }
        else {
            found = npie_tree_find(at->first_child, name, fits, baton);
        }
    }
    return found;
}

int npie_tree_is_host(const ap_directive_t *section, const server_rec *s)
{
    return s->defn_name != NULL && section->filename != NULL
        && section->line_num == (int)s->defn_line_number
        && strcmp(section->filename, s->defn_name) == 0;
}

static int is_host_of(const ap_directive_t *at, const void *s)
{
    return npie_tree_is_host(at, s);
}

static const ap_directive_t *last_of(const ap_directive_t *at,
                                     const char *name)
{
    const ap_directive_t *found = NULL;

    for (; at != NULL; at = at->next) {
        if (ap_cstr_casecmp(at->directive, name) == 0) {
            found = at;
        }
    }
    return found;
}

const ap_directive_t *npie_tree_of_server(const server_rec *s,
                                          const char *name)
{
    const ap_directive_t *host = s->is_virtual
        ? npie_tree_find(ap_conftree, HOST, is_host_of, s) : NULL;
    const ap_directive_t *found = host != NULL
        ? last_of(host->first_child, name) : NULL;

    return found != NULL ? found : last_of(ap_conftree, name);
}

const ap_directive_t *npie_tree_host(const ap_directive_t *at)
{
    while (at != NULL && ap_cstr_casecmp(at->directive, HOST) != 0) {
        at = at->parent;
    }
    return at;
}

int npie_tree_has_word(const ap_directive_t *at, const char *word)
{
    apr_size_t len = strlen(word), n;

    for (const char *c = at->args; *c != '\0'; c += n) {
        c += strspn(c, BETWEEN);
        n = strcspn(c, BETWEEN);
        if (n == len && ap_cstr_casecmpn(c, word, n) == 0) {
            return 1;
        }
    }
    return 0;
}

const char *npie_tree_argument(const ap_directive_t *at, apr_pool_t *p)
{
    const char *rest = at->args;
    char *word = ap_getword_conf(p, &rest);
    apr_size_t len = strlen(word);

    if (len > 0 && word[len - 1] == '>') {
        word[len - 1] = '\0';
    }
    return word;
}
