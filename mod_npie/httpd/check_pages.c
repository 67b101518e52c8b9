/* SPDX-License-Identifier: Apache-2.0
 * Pages, filter, alias, address and gate: do they fit together?
 */
#include "httpd/check.h"

#include <apr_fnmatch.h>
#include <apr_strings.h>

#include "httpd/page.h"
#include "httpd/probe.h"
#include "httpd/tree.h"

#define FILTER "INCLUDES"

/* What is looked at: a page's address on a server. */
typedef struct look_t {
    server_rec *s;
    const char *uri;
    const char *page; /* its file; NULL: not known */
    const npie_server_conf_t *conf;
    apr_pool_t *p;
} look_t;

/* The name and port of NPIEBaseURL. */
static apr_port_t split(char **pname, const npie_base_t *base, apr_pool_t *p)
{
    char *colon = strrchr(*pname = apr_pstrdup(p, base->host), ':');

    if (colon == NULL || strchr(colon, ']') != NULL) {
        return 443;
    }
    *colon = '\0';
    return (apr_port_t)atoi(colon + 1);
}

static int is_among(const apr_array_header_t *names, const char *name)
{
    for (int i = 0; names != NULL && i < names->nelts; ++i) {
        const char *one = APR_ARRAY_IDX(names, i, const char *);

        if (one != NULL
            && apr_fnmatch(one, name, APR_FNM_CASE_BLIND) == APR_SUCCESS) {
            return 1;
        }
    }
    return 0;
}

static int has_name(const server_rec *s, const char *name)
{
    return (s->server_hostname != NULL
            && ap_cstr_casecmp(s->server_hostname, name) == 0)
        || is_among(s->names, name) || is_among(s->wild_names, name);
}

static int has_port(const server_rec *s, apr_port_t port)
{
    for (const server_addr_rec *addr = s->addrs; addr != NULL;
         addr = addr->next) {
        if (addr->host_port == port) {
            return 1;
        }
    }
    return s->port == port && (s->addrs == NULL || s->addrs->host_port == 0);
}

/* A request as httpd would have it, as far as its configuration goes. */
static request_rec *make_request(const look_t *look, apr_pool_t *p)
{
    request_rec *r = apr_pcalloc(p, sizeof(*r));
    conn_rec *c = apr_pcalloc(p, sizeof(*c));

    c->pool = p;
    c->base_server = look->s;
    c->conn_config = ap_create_conn_config(p);
    c->notes = apr_table_make(p, 2);
    c->bucket_alloc = apr_bucket_alloc_create(p);
    c->client_ip = c->local_ip = apr_pstrdup(p, "127.0.0.1");
    apr_sockaddr_info_get(&c->client_addr, c->client_ip, APR_INET, 0, 0, p);
    c->local_addr = c->client_addr;
    r->pool = p;
    r->connection = c;
    r->server = look->s;
    r->useragent_addr = c->client_addr;
    r->useragent_ip = c->client_ip;
    r->headers_in = apr_table_make(p, 2);
    r->headers_out = apr_table_make(p, 2);
    r->err_headers_out = apr_table_make(p, 2);
    r->subprocess_env = apr_table_make(p, 2);
    r->notes = apr_table_make(p, 2);
    r->trailers_in = apr_table_make(p, 2);
    r->trailers_out = apr_table_make(p, 2);
    r->request_config = ap_create_request_config(p);
    r->per_dir_config = look->s->lookup_defaults;
    r->method = "GET";
    r->method_number = M_GET;
    r->the_request = apr_pstrcat(p, "GET ", look->uri, " HTTP/1.1", NULL);
    r->protocol = apr_pstrdup(p, "HTTP/1.1");
    r->proto_num = HTTP_VERSION(1, 1);
    r->request_time = apr_time_now();
    r->status = HTTP_OK;
    r->hostname = look->s->server_hostname;
    r->unparsed_uri = r->uri = apr_pstrdup(p, look->uri);
    r->parsed_uri.path = r->uri;
    r->used_path_info = AP_REQ_DEFAULT_PATH_INFO;
    ap_run_create_request(r);
    return r;
}

/* The stages of ap_process_request_internal() that put a request's
 * configuration together. */
static int find_place(request_rec *r)
{
    int status = ap_location_walk(r);

    if (status == OK) {
        status = ap_run_translate_name(r);
        status = status == DECLINED ? OK : status;
    }
    r->per_dir_config = r->server->lookup_defaults;
    if (status == OK && r->proxyreq == PROXYREQ_NONE) {
        status = ap_directory_walk(r);
    }
    if (status == OK && r->proxyreq == PROXYREQ_NONE) {
        status = ap_file_walk(r);
    }
    return status == OK ? ap_location_walk(r) : status;
}

static int is_prefix(const char *prefix, const char *path)
{
    apr_size_t len = strlen(prefix);

    while (len > 0 && prefix[len - 1] == '/') {
        len--;
    }
    return strncmp(prefix, path, len) == 0
        && (path[len] == '/' || path[len] == '\0');
}

/* Is a file below a directory, whose name is read as httpd reads it? */
static int is_below(const char *dir, const char *file, apr_pool_t *p)
{
    char *whole;

    return apr_filepath_merge(&whole, NULL, dir, APR_FILEPATH_TRUENAME, p)
        == APR_SUCCESS && is_prefix(whole, file);
}

/* Could this line count for the page? Sections whose names are patterns or
 * expressions may: only what surely does not is passed over. */
static int may_count(const ap_directive_t *at, const void *baton)
{
    const look_t *look = baton;

    if (!npie_tree_has_word(at, FILTER)
        && !npie_tree_has_word(at, "server-parsed")) {
        return 0;
    }
    for (at = at->parent; at != NULL; at = at->parent) {
        const char *name = npie_tree_argument(at, look->p);
        int is_plain = strcspn(name, "*?[~") == strlen(name);

        if (ap_cstr_casecmp(at->directive, "<VirtualHost") == 0
            && !npie_tree_is_host(at, look->s)) {
            return 0;
        }
        if (is_plain && ap_cstr_casecmp(at->directive, "<Directory") == 0
            && look->page != NULL && !is_below(name, look->page, look->p)) {
            return 0;
        }
        if (is_plain && ap_cstr_casecmp(at->directive, "<Location") == 0
            && !is_prefix(name, look->uri)) {
            return 0;
        }
    }
    return 1;
}

/* mod_mime and mod_filter keep their lines to themselves. */
static int has_filter(const look_t *look)
{
    static const char *const names[] = {
        "AddOutputFilter", "SetOutputFilter", "AddOutputFilterByType",
        "FilterProvider", "AddHandler", "SetHandler"
    };

    for (apr_size_t i = 0; i < sizeof(names) / sizeof(names[0]); ++i) {
        if (npie_tree_find(ap_conftree, names[i], may_count, look) != NULL) {
            return 1;
        }
    }
    return 0;
}

static void look_around(int fd, look_t *look, request_rec *r)
{
    const char *dir = ap_make_dirstr_parent(r->pool, r->filename);

    npie_check_translated(fd, look->conf, dir, r->pool);

    look->page = r->filename;
    if (!npie_conf_engine(r)) {
        npie_probe_say(fd, NPIE_N_CONFIG, "NPIEBaseURL: nothing answers forms "
                       "at %s: put NPIEEngine on into <Directory %s>",
                       look->uri, dir);
    }
    if (ap_get_output_filter_handle(FILTER) == NULL) {
        npie_probe_say(fd, NPIE_N_CONFIG, "NPIEBaseURL: the pages need "
                       "mod_include: load it");
        return;
    }
    if (!has_filter(look)) {
        npie_probe_say(fd, NPIE_N_CONFIG, "NPIEBaseURL: the pages are not read "
                       "by mod_include: put AddOutputFilter INCLUDES .html "
                       "into <Directory %s>", dir);
    }
    else if ((ap_allow_options(r) & OPT_INCLUDES) == 0) {
        npie_probe_say(fd, NPIE_N_CONFIG, "NPIEBaseURL: mod_include may not "
                       "read the pages: put Options +IncludesNOEXEC into "
                       "<Directory %s>", dir);
    }
}

static void look_at_page(int fd, void *baton, apr_pool_t *p)
{
    look_t *look = baton;
    request_rec *r = make_request(look, p);
    int status = find_place(r);

    if (r->proxyreq != PROXYREQ_NONE) {
        npie_probe_say(fd, NPIE_N_CONFIG, "NPIEBaseURL: %s is handed on to "
                       "another server (ProxyPass): take it out there",
                       look->uri);
    }
    else if (status != OK) {
        npie_probe_say(fd, NPIE_N_CONFIG, "NPIEBaseURL: %s is answered with "
                       "%d: httpd's User must be able to read %s", look->uri,
                       status, r->filename != NULL ? r->filename : "it");
    }
    else if (r->filename == NULL || r->finfo.filetype != APR_REG) {
        npie_probe_say(fd, NPIE_N_CONFIG, "NPIEBaseURL: there is no page at "
                       "%s (%s): add Alias %.*s and the directory of the "
                       "pages, or correct the address", look->uri,
                       r->filename != NULL ? r->filename : "no file",
                       (int)strlen(look->uri)
                       - (int)strlen(npie_page_name(NPIE_PAGE_LOGIN)) - 1,
                       look->uri);
    }
    else {
        look_around(fd, look, r);
    }
}

/* Which server answers for the name and port of NPIEBaseURL; with the name
 * alone when none has both, which a proxy in front may make good. NULL: none. */
static server_rec *find_server(const char **pwhat, server_rec *main_server,
                               const npie_server_conf_t *conf, apr_pool_t *p)
{
    char *name;
    apr_port_t port = split(&name, &conf->base, p);
    server_rec *named = NULL;

    *pwhat = NULL;
    for (server_rec *t = main_server; t != NULL; t = t->next) {
        if (npie_conf_server(t)->runtime == NULL || !has_name(t, name)) {
            continue;
        }
        if (has_port(t, port)) {
            return t;
        }
        /* Where there are virtual hosts the main server seldom answers. */
        named = named == NULL || !named->is_virtual ? t : named;
    }
    *pwhat = named != NULL
        ? apr_psprintf(p, "no server of this name has port %d", port)
        : apr_psprintf(p, "no ServerName or ServerAlias is %s", name);
    return named;
}

int npie_check_pages(server_rec *main_server, server_rec *s,
                     const npie_server_conf_t *conf, apr_pool_t *ptemp)
{
    const ap_directive_t *at = npie_remark_place(conf, NPIE_SET_BASE_URL);
    const char *what;
    server_rec *serves = find_server(&what, main_server, conf, ptemp);
    look_t look = { serves,
                    apr_pstrcat(ptemp, conf->base.path,
                                npie_page_name(NPIE_PAGE_LOGIN), NULL), NULL,
                    conf, ptemp };

    if (what != NULL) {
        npie_remark(NPIE_N_CONFIG_DOUBT, s, at, apr_psprintf(
            ptemp, "NPIEBaseURL %s: %s; unless a proxy in front has it, "
            "browsers do not find the pages, and their forms are refused (14)",
            conf->base.url, what));
    }
    return serves == NULL ? 0
        : npie_probe_remarks(look_at_page, &look, serves, at, "the pages",
                             ptemp);
}

static int is_gate(const ap_directive_t *at, const void *type)
{
    return npie_tree_has_word(at, type);
}

/* Is there a Require in the section that lets not everybody in? */
static int demands(const ap_directive_t *at, const void *baton)
{
    (void)baton;
    return ap_cstr_casecmp(at->args, "all granted") != 0;
}

/* Do two sections speak of the same place? */
static int is_same(const ap_directive_t *at, const void *baton)
{
    const ap_directive_t *section = baton;

    return strcmp(at->args, section->args) == 0
        && npie_tree_host(at) == npie_tree_host(section)
        && npie_tree_find(at->first_child, "Require", demands, NULL) != NULL;
}

static int check_gate(const ap_directive_t *at, const server_rec *s,
                      apr_pool_t *p)
{
    const ap_directive_t *section = at->parent;

    if (section == NULL
        || npie_tree_find(ap_conftree, section->directive, is_same, section)
               != NULL) {
        return 0;
    }
    npie_remark(NPIE_N_CONFIG, s, at, apr_psprintf(
        p, "AuthType NPIE without a Require in %s %s is no gate: add Require "
        "valid-user", section->directive, section->args));
    return 1;
}

/* Every AuthType NPIE below a line and what follows it. */
static int check_gates(const ap_directive_t *at, const server_rec *s,
                       apr_pool_t *p)
{
    int errors = 0;

    for (; at != NULL; at = at->next) {
        if (ap_cstr_casecmp(at->directive, "AuthType") == 0
            && is_gate(at, "NPIE")) {
            errors += check_gate(at, s, p);
        }
        errors += check_gates(at->first_child, s, p);
    }
    return errors;
}

int npie_check_gates(const server_rec *main_server, apr_pool_t *ptemp)
{
    return check_gates(ap_conftree, main_server, ptemp);
}

/* Does it ask for certificates where a line stands, or everywhere? */
static int asks_client(const ap_directive_t *at, const void *baton)
{
    const ap_directive_t *host = npie_tree_host(at);
    const ap_directive_t *where = npie_tree_host(baton);

    return !npie_tree_has_word(at, "none")
        && (host == NULL || where == NULL || host == where);
}

int npie_check_tls(const server_rec *s, const npie_server_conf_t *conf)
{
    const ap_directive_t *at = npie_remark_place(conf, NPIE_SET_TLS_EXPIRED);

    if (conf->tls_expired == 0
        || npie_tree_find(ap_conftree, "SSLVerifyClient", asks_client, at)
               != NULL) {
        return 0;
    }
    npie_remark(NPIE_N_CONFIG, s, at,
                "NPIETLSExpired without SSLVerifyClient in the same server: no "
                "browser is asked for a certificate; add SSLVerifyClient "
                "optional and SSLCACertificateFile, or set NPIETLSExpired off");
    return 1;
}
