/* SPDX-License-Identifier: Apache-2.0
 * Looking for lines in httpd's configuration: what other modules keep to
 * themselves stands there as the admin wrote it.
 */
#ifndef NPIE_HTTPD_TREE_H
#define NPIE_HTTPD_TREE_H

#include "httpd/private.h"

/** Is it the line that is looked for? Its name is. 1 = yes. */
typedef int npie_tree_fn(const ap_directive_t *at, const void *baton);

/**
 * The first line of a name.
 * @param at where to begin: this one, what is inside it and what follows it;
 *        ap_conftree is all
 * @param name of a directive, or of a section with its <; in any case
 * @param fits NULL: any will do
 * @return NULL: there is none
 */
const ap_directive_t *npie_tree_find(const ap_directive_t *at,
                                     const char *name, npie_tree_fn *fits,
                                     const void *baton);

/** The line of a name that counts for a whole server: the last one of its
 * virtual host, else of the main server. NULL: there is none. */
const ap_directive_t *npie_tree_of_server(const server_rec *s,
                                          const char *name);

/** Does a line stand in the section of a virtual host? NULL: of none. */
const ap_directive_t *npie_tree_host(const ap_directive_t *at);

/** Is a section the one that a server was made from? 1 = yes. */
int npie_tree_is_host(const ap_directive_t *section, const server_rec *s);

/** Is a word among a line's arguments, in any case? Words end at blanks, at
 * quotes and at ";". 1 = yes. */
int npie_tree_has_word(const ap_directive_t *at, const char *word);

/** The argument of a section, without quotes and its >; in p. */
const char *npie_tree_argument(const ap_directive_t *at, apr_pool_t *p);

#endif
