/* SPDX-License-Identifier: Apache-2.0
 * npiectl certificate import: employers' certificates of older authorities.
 */
#include <stdlib.h>
#include <string.h>

#include <apr_file_info.h>
#include <apr_strings.h>

#include "ctl/certificate.h"
#include "ctl/commands.h"
#include "ctl/show.h"
#include "store/revocation.h"

#define FILE_MAX (64 * 1024 * 1024)
#define MIN_BITS 1024

const npie_ctl_option_t npie_ctl_certificate_import_options[] = {
    { "dry-run", NULL, "report what would happen and change nothing" },
    { NULL, NULL, NULL }
};

/* What becomes of a certificate. */
typedef enum fate_t { NEW, DUPLICATE, BAD } fate_t;

/* One certificate of a file. */
typedef struct item_t {
    const char *file;
    int line;            /* of a PEM block, 0 = DER */
    npie_cert_t *cert;   /* NULL: BAD */
    npie_employer_t *employer;
    fate_t fate;
    const char *why;     /* BAD and DUPLICATE */
    int generation;
} item_t;

/* An import under way. */
typedef struct import_t {
    npie_ctl_t *ctl;
    npie_registry_t *registry;
    npie_trust_t *trust;
    apr_array_header_t *items; /* of item_t * */
    int counts[BAD + 1];
    npie_err_t *err;
} import_t;

static void end(item_t *item, fate_t fate, const char *why)
{
    item->fate = fate;
    item->why = why;
}

static void add(import_t *import, const char *file, int line,
                npie_bytes_t bytes)
{
    item_t *item = apr_pcalloc(import->ctl->p, sizeof(*item));
    npie_err_t why = { 0, NPIE_P_NONE, "" };

    item->file = file;
    item->line = line;
    if (npie_cert_parse(&item->cert, bytes, &why, import->ctl->p)
        != APR_SUCCESS) {
        item->cert = NULL;
        end(item, BAD, apr_pstrcat(import->ctl->p, "no certificate in DER or "
                                   "PEM: ", why.detail, NULL));
    }
    APR_ARRAY_PUSH(import->items, item_t *) = item;
}

/* Every CERTIFICATE block of a PEM file, else the file as it is. */
static void add_blocks(import_t *import, const char *file, npie_bytes_t bytes)
{
    static const char begin[] = "-----BEGIN CERTIFICATE-----";
    static const char close[] = "-----END CERTIFICATE-----";
    const char *text = (const char *)bytes.data;
    const char *at = strstr(text, begin);
    const char *counted = text;
    int line = 1;

    if (at == NULL) {
        add(import, file, 0, bytes);
    }
    while (at != NULL) {
        const char *stop = strstr(at, close);
        npie_bytes_t block = { (const unsigned char *)at, 0 };

        block.len = stop == NULL ? strlen(at)
            : (apr_size_t)(stop + sizeof(close) - 1 - at);
        for (; counted < at; counted++) {
            line += *counted == '\n';
        }
        add(import, file, line, block);
        at = strstr(at + block.len, begin);
    }
}

static apr_status_t read_file(import_t *import, const char *file)
{
    npie_bytes_t bytes;
    apr_status_t rv = npie_ctl_read_file(&bytes, import->ctl, file, FILE_MAX,
                                         import->err);

    if (rv == APR_SUCCESS) {
        add_blocks(import, file, bytes);
    }
    return rv;
}

/* A file, or the plain files of a folder but for hidden ones. */
static apr_status_t read_operand(import_t *import, const char *path)
{
    apr_pool_t *p = import->ctl->p;
    apr_finfo_t finfo;
    apr_dir_t *dir;
    apr_status_t rv;

    if (apr_stat(&finfo, path, APR_FINFO_TYPE, p) != APR_SUCCESS
        || finfo.filetype != APR_DIR) {
        return read_file(import, path);
    }
    rv = apr_dir_open(&dir, path, p);
    if (rv != APR_SUCCESS) {
        return npie_err_set(import->err, NPIE_EINPUT, NPIE_P_NONE,
                            "%s: the folder cannot be read", path);
    }
    while (rv == APR_SUCCESS
           && apr_dir_read(&finfo, APR_FINFO_NAME, dir) == APR_SUCCESS) {
        const char *file = apr_pstrcat(p, path, "/", finfo.name, NULL);

        if (*finfo.name != '.'
            && apr_stat(&finfo, file, APR_FINFO_TYPE, p) == APR_SUCCESS
            && finfo.filetype == APR_REG) {
            rv = read_file(import, file);
        }
    }
    apr_dir_close(dir);
    return rv;
}

/* Whose is it, and is it one of ours? */
static apr_status_t match(import_t *import, item_t *item)
{
    npie_err_t why = { 0, NPIE_P_NONE, "" };
    apr_status_t rv;

    if (item->cert->rp10[0] == '\0') {
        end(item, BAD, "no registro patronal in OU: it is no employer's "
                       "certificate, take it out");
        return APR_SUCCESS;
    }
    if (import->trust != NULL
        && npie_trust_verify(import->trust, item->cert, NULL, MIN_BITS, &why,
                             import->ctl->p) != APR_SUCCESS) {
        end(item, BAD, apr_psprintf(import->ctl->p, "%s: add its authority "
                                    "with Trust in npiectl.conf, or take it "
                                    "out", why.detail));
        return APR_SUCCESS;
    }
    rv = npie_employer_by_rp10(&item->employer, import->registry,
                               item->cert->rp10, import->err);
    if (rv == APR_NOTFOUND) {
        end(item, BAD, apr_psprintf(import->ctl->p, "no employer has the "
                                    "registro patronal %s: import him first",
                                    item->cert->rp10));
        return APR_SUCCESS;
    }
    return rv;
}

static int same(npie_bytes_t a, npie_bytes_t b)
{
    return a.len == b.len && memcmp(a.data, b.data, a.len) == 0;
}

/* Is its key in the registry already? */
static apr_status_t look(import_t *import, item_t *item)
{
    npie_certificate_t *known;
    apr_status_t rv = npie_certificate_by_spki(&known, import->registry,
                                               item->cert->spki_sha256,
                                               import->err);

    if (rv == APR_NOTFOUND) {
        return APR_SUCCESS;
    }
    if (rv == APR_SUCCESS && same(known->der, item->cert->der)) {
        end(item, DUPLICATE, "registered already");
    }
    else if (rv == APR_SUCCESS) {
        end(item, BAD, "its key has another certificate in the registry: "
                       "take it out");
    }
    return rv;
}

/* Keys that stand in the files more than once; sorted, they are neighbours. */
static int by_key(const void *a, const void *b)
{
    const item_t *x = *(item_t *const *)a;
    const item_t *y = *(item_t *const *)b;

    if (x->cert == NULL || y->cert == NULL) {
        return (x->cert == NULL) - (y->cert == NULL);
    }
    return strcmp(x->cert->spki_sha256, y->cert->spki_sha256);
}

static void find_twins(import_t *import)
{
    item_t **items = (item_t **)import->items->elts;

    qsort(items, (size_t)import->items->nelts, sizeof(*items), by_key);
    for (int i = 1; i < import->items->nelts; i++) {
        item_t *first = items[i - 1];

        if (items[i]->cert == NULL || first->cert == NULL
            || strcmp(items[i]->cert->spki_sha256, first->cert->spki_sha256)
                   != 0) {
            continue;
        }
        if (same(items[i]->cert->der, first->cert->der)) {
            end(items[i], DUPLICATE, apr_pstrcat(import->ctl->p, "the same as ",
                                                 first->file, NULL));
        }
        else {
            end(items[i], BAD, apr_pstrcat(
                import->ctl->p, "it has the same key as ", first->file,
                ": take one of the two out", NULL));
        }
    }
}

/* By employer, then by the beginning of validity. */
static int by_age(const void *a, const void *b)
{
    const item_t *x = *(item_t *const *)a;
    const item_t *y = *(item_t *const *)b;

    if (x->fate != y->fate) {
        return x->fate < y->fate ? -1 : 1;
    }
    if (x->fate != NEW) {
        return strcmp(x->file, y->file);
    }
    if (x->employer->id != y->employer->id) {
        return x->employer->id < y->employer->id ? -1 : 1;
    }
    return (x->cert->not_before > y->cert->not_before)
        - (x->cert->not_before < y->cert->not_before);
}

/* Ends what the new certificate takes the place of. */
static apr_status_t supersede(import_t *import, npie_certificate_t *before)
{
    apr_array_header_t *list = NULL;
    apr_status_t rv = APR_SUCCESS;

    if (before == NULL || before->status != NPIE_CERTIFICATE_ACTIVE) {
        return APR_SUCCESS;
    }
    rv = npie_certificate_additionals(&list, import->registry,
                                      before->employer, import->err);
    for (int i = 0; rv == APR_SUCCESS && i < list->nelts; i++) {
        rv = npie_certificate_end(import->registry, APR_ARRAY_IDX(
            list, i, npie_certificate_t *)->id, NPIE_CERTIFICATE_SUPERSEDED,
            "superseded", import->ctl->now, import->err);
    }
    return rv != APR_SUCCESS ? rv
        : npie_certificate_end(import->registry, before->id,
                               NPIE_CERTIFICATE_SUPERSEDED, "superseded",
                               import->ctl->now, import->err);
}

/* Why it cannot be the employer's next generation; NULL when it can. */
static apr_status_t judge(import_t *import, item_t *item,
                          const npie_certificate_t *newest)
{
    npie_renewal_t *open;
    apr_status_t rv;

    if (newest != NULL && newest->not_before >= item->cert->not_before) {
        end(item, BAD, apr_psprintf(
            import->ctl->p, "it is not newer than generation %d of %s, which "
            "is registered: it opens nothing any more, take it out",
            newest->generation, item->employer->rp));
        return APR_SUCCESS;
    }
    rv = npie_renewal_open(&open, import->registry, item->employer->id,
                           import->err);
    if (rv == APR_SUCCESS) {
        end(item, BAD, apr_psprintf(
            import->ctl->p, "renewal %" APR_INT64_T_FMT " of %s is open: wait "
            "for its end, or npiectl renewal cancel %" APR_INT64_T_FMT,
            open->id, item->employer->rp, open->id));
    }
    return rv == APR_NOTFOUND ? APR_SUCCESS : rv;
}

/* The next generation of its employer. */
static apr_status_t insert(import_t *import, item_t *item)
{
    npie_certificate_t *newest = NULL;
    npie_certificate_t row = { .holder = "", .holder_email = "",
                               .reason = "" };
    apr_int64_t generation = 0;
    apr_int64_t id;
    apr_status_t rv;

    rv = npie_certificate_newest(&newest, import->registry,
                                 item->employer->id, import->err);
    if (rv == APR_SUCCESS || rv == APR_NOTFOUND) {
        rv = judge(import, item, newest);
    }
    if (rv != APR_SUCCESS || item->fate == BAD) {
        return rv;
    }
    rv = npie_certificate_generation(&generation, import->registry,
                                     item->employer->id, import->err);
    if (rv == APR_SUCCESS) {
        rv = supersede(import, newest);
    }
    item->generation = (int)generation + 1;
    row.employer = item->employer->id;
    row.generation = item->generation;
    row.serial = item->cert->serial;
    row.spki = item->cert->spki_sha256;
    row.der = item->cert->der;
    row.not_before = item->cert->not_before;
    row.not_after = item->cert->not_after;
    row.terms_signed = item->cert->not_before;
    return rv != APR_SUCCESS ? rv
        : npie_certificate_insert(&id, import->registry, &row, import->err);
}

static apr_status_t take_all(import_t *import)
{
    item_t **items = (item_t **)import->items->elts;
    int n = import->items->nelts;
    apr_status_t rv = APR_SUCCESS;

    find_twins(import);
    for (int i = 0; rv == APR_SUCCESS && i < n; i++) {
        if (items[i]->fate == NEW) {
            rv = look(import, items[i]);
        }
        if (rv == APR_SUCCESS && items[i]->fate == NEW) {
            rv = match(import, items[i]);
        }
    }
    qsort(items, (size_t)n, sizeof(*items), by_age);
    for (int i = 0; rv == APR_SUCCESS && i < n; i++) {
        if (items[i]->fate == NEW) {
            rv = insert(import, items[i]);
        }
    }
    for (int i = 0; i < n; i++) {
        import->counts[items[i]->fate]++;
    }
    return rv;
}

static json_t *item_json(const item_t *item)
{
    static const char *const fates[] = { "new", "duplicate", "bad" };

    return json_pack("{s: s, s: i, s: s, s: s, s: s, s: i, s: s}", "file",
                     item->file, "line", item->line, "fate",
                     fates[item->fate], "rp",
                     item->employer == NULL ? "" : item->employer->rp,
                     "serial", item->cert == NULL ? ""
                                                  : item->cert->serial_text,
                     "generation", item->generation, "why",
                     item->why == NULL ? "" : item->why);
}

static void show(import_t *import, int kept)
{
    static const npie_ctl_column_t columns[] = {
        { "new", "New" }, { "duplicate", "Duplicate" }, { "bad", "Bad" },
        { "imported", "Imported" }, { NULL, NULL }
    };
    json_t *list = json_array();

    for (int i = 0; i < import->items->nelts; i++) {
        const item_t *item = APR_ARRAY_IDX(import->items, i, item_t *);

        json_array_append_new(list, item_json(item));
        if (item->fate != NEW) {
            npie_ctl_say(import->ctl, "%s:%d: %s%s", item->file, item->line,
                         item->fate == DUPLICATE ? "duplicate: " : "",
                         item->why);
        }
    }
    npie_ctl_show_record(import->ctl, json_pack(
        "{s: i, s: i, s: i, s: b, s: o}", "new", import->counts[NEW],
        "duplicate", import->counts[DUPLICATE], "bad", import->counts[BAD],
        "imported", kept, "certificates", list), columns);
}

static apr_status_t run(import_t *import)
{
    npie_ctl_t *ctl = import->ctl;
    apr_status_t rv = npie_ctl_begin(&import->registry, import->ctl,
                                     import->err);
    int keep;

    if (rv != APR_SUCCESS) {
        return rv;
    }
    rv = take_all(import);
    keep = rv == APR_SUCCESS && import->counts[BAD] == 0
        && npie_ctl_option(ctl, "dry-run") == NULL;
    if (keep && import->counts[NEW] > 0) {
        rv = npie_audit(import->registry, ctl->now, ctl->actor,
                        "certificate-import", apr_psprintf(
                            ctl->p, "%d new, %d registered before",
                            import->counts[NEW], import->counts[DUPLICATE]),
                        import->err);
        keep = rv == APR_SUCCESS;
    }
    rv = npie_ctl_end(import->registry, keep, rv, import->err);
    if (rv != APR_SUCCESS) {
        return rv;
    }
    show(import, keep);
    return import->counts[BAD] == 0 ? APR_SUCCESS
        : npie_err_set(import->err, NPIE_EINPUT, NPIE_P_NONE,
                       "%d bad certificate%s: nothing was changed",
                       import->counts[BAD], import->counts[BAD] == 1 ? "" : "s");
}

apr_status_t npie_ctl_certificate_import(npie_ctl_t *ctl, npie_err_t *err)
{
    import_t import = {
        .ctl = ctl, .err = err,
        .items = apr_array_make(ctl->p, 64, sizeof(item_t *)),
    };
    apr_status_t rv = APR_SUCCESS;

    for (int i = 0; rv == APR_SUCCESS && npie_ctl_operand(ctl, i); i++) {
        rv = read_operand(&import, npie_ctl_operand(ctl, i));
    }
    if (rv == APR_SUCCESS) {
        rv = npie_ctl_trust(&import.trust, ctl, err);
    }
    if (rv == APR_SUCCESS && import.trust == NULL) {
        npie_ctl_warn("no Trust in npiectl.conf: nobody looks whether the "
                      "certificates are of an authority that httpd trusts");
    }
    if (rv == APR_SUCCESS) {
        rv = npie_ctl_registry(&import.registry, ctl, err);
    }
    return rv == APR_SUCCESS ? run(&import) : rv;
}
