/* SPDX-License-Identifier: Apache-2.0
 * Writes and finds document timestamps. What comes before determines every
 * byte of a revision but its data and its token, so a reader can write it
 * again and compare, as it does with the seal.
 */
#include "letter/stamp.h"

#include <string.h>

#include <apr_strings.h>

#include "letter/object.h"
#include "letter/revision.h"

#define FIELD "/FT /Sig\n/T (Instituto)\n"
#define STREAM_END "\r\nendstream\nendobj\n"
#define OBJECT "%" APR_SIZE_T_FMT NPIE_OBJECT_BEGIN
#define REF "%" APR_SIZE_T_FMT " 0 R"
/* Objects of a revision beside its data: three are written again, four are
 * new. */
#define OBJECTS_MAX (NPIE_STAMP_DATA_MAX + 8)

/** An object of the letter that is written again with each timestamp. */
typedef struct kept_t {
    apr_size_t number;
    npie_bytes_t entries;
} kept_t;

/** What the revisions so far have come to. */
typedef struct chain_t {
    npie_bytes_t file;    /**< up to here */
    npie_object_trailer_t trailer; /**< size and table as they are now */
    kept_t catalog, form, page;
    const char *fields;   /**< references of the timestamps' fields */
    int count;            /**< timestamps */
    apr_pool_t *p;
} chain_t;

/** A revision being written. */
typedef struct writer_t {
    char *data;
    apr_size_t len, size;
    apr_size_t base;      /**< place of its beginning in the file */
    struct { apr_size_t number, place; } objects[OBJECTS_MAX];
    int count;
    apr_pool_t *p;
} writer_t;

npie_stamp_data_t *npie_stamp_data_make(apr_pool_t *p)
{
    npie_stamp_data_t *data = apr_palloc(p, sizeof(*data));

    data->certs = apr_array_make(p, 8, sizeof(npie_bytes_t));
    data->ocsps = apr_array_make(p, 4, sizeof(npie_bytes_t));
    data->crls = apr_array_make(p, 4, sizeof(npie_bytes_t));
    return data;
}

static void put(writer_t *w, const void *bytes, apr_size_t len)
{
    if (w->data == NULL || w->len + len > w->size) {
        char *more;

        w->size = 2 * (w->len + len) + 4096;
        more = apr_palloc(w->p, w->size);
        if (w->data != NULL) {
            memcpy(more, w->data, w->len);
        }
        w->data = more;
    }
    memcpy(w->data + w->len, bytes, len);
    w->len += len;
}

static void put_text(writer_t *w, const char *text)
{
    put(w, text, strlen(text));
}

/** Begins an object; its place goes into the table. */
static void begin(writer_t *w, apr_size_t number)
{
    w->objects[w->count].number = number;
    w->objects[w->count++].place = w->base + w->len;
    put_text(w, apr_psprintf(w->p, OBJECT, number));
}

static void put_object(writer_t *w, apr_size_t number, const char *entries)
{
    begin(w, number);
    put_text(w, entries);
    put_text(w, NPIE_OBJECT_END);
}

static void put_stream(writer_t *w, apr_size_t number, const char *entries,
                       npie_bytes_t bytes)
{
    begin(w, number);
    put_text(w, apr_psprintf(w->p, "/Length %" APR_SIZE_T_FMT "\n%s>>\n"
                             "stream\r\n", bytes.len, entries));
    put(w, bytes.data, bytes.len);
    put_text(w, STREAM_END);
}

static int kept(kept_t *object, npie_bytes_t letter, apr_size_t number,
                apr_pool_t *p)
{
    object->number = number;
    return npie_object_entries(&object->entries, letter, number, p);
}

/** The objects of the letter that timestamps write again. */
static const char *find_objects(chain_t *chain, npie_bytes_t letter)
{
    const apr_size_t at = npie_scan_only(letter, FIELD);
    const char *why = npie_object_trailer(&chain->trailer, letter);
    npie_bytes_t field;
    apr_size_t number;

    if (why != NULL) {
        return why;
    }
    number = npie_object_number_after(chain->trailer.before, "/Root ");
    if (at == letter.len
        || !npie_object_enclosing(&number, &field, letter, at)
        || !kept(&chain->page, letter,
                 npie_object_number_after(field, "/P "), chain->p)
        || !kept(&chain->catalog, letter, npie_object_number_after(
                     chain->trailer.before, "/Root "), chain->p)
        || !kept(&chain->form, letter, npie_object_number_after(
                     chain->catalog.entries, "/AcroForm "), chain->p)) {
        return "it lacks an object that a timestamp writes again";
    }
    return NULL;
}

/** Begins with the sealed letter at the beginning of a file. */
static const char *begin_chain(chain_t *chain, npie_bytes_t file,
                               apr_pool_t *p)
{
    npie_revision_t *revision;
    npie_scan_slot_t slot;
    npie_err_t err;
    apr_size_t end;
    const char *why;

    memset(chain, 0, sizeof(*chain));
    chain->p = p;
    chain->fields = "";
    if (!npie_scan_slot(&slot, file, 0) || !npie_scan_range(&end, file, &slot)
        || end > file.len || !npie_scan_slot(&slot, file, end)
        || !npie_scan_range(&end, file, &slot) || end > file.len) {
        return "it is not sealed";
    }
    chain->file = npie_object_between(file, 0, end);
    if (npie_revision_parse(&revision, chain->file, &err, p) != APR_SUCCESS) {
        return apr_pstrdup(p, err.detail);
    }
    why = find_objects(chain, revision->letter);
    if (why == NULL) {
        chain->trailer.size = npie_object_number_after(revision->section,
                                                       "\n/Size ");
        chain->trailer.table = npie_object_number_after(revision->section,
                                                        "startxref\n");
        why = chain->trailer.size != 0 && chain->trailer.table != 0 ? NULL
            : "its seal has no trailer of ours";
    }
    return why;
}

/** Entries with something put before the end of an array. */
static const char *array_with(npie_bytes_t entries, const char *open,
                              const char *more, apr_pool_t *p)
{
    const apr_size_t at = npie_scan_only(entries, open);
    const apr_size_t end = npie_scan_find(entries, at, "]");

    return apr_pstrcat(
        p, npie_object_text(npie_object_between(entries, 0, end), p), more,
        npie_object_text(npie_object_between(entries, end, entries.len), p),
        NULL);
}

/** References to the data of one kind; their numbers count on from next. */
static const char *references(const char *name, apr_size_t *next, int count,
                              apr_pool_t *p)
{
    const char *text = apr_pstrcat(p, "/", name, " [ ", NULL);

    for (int i = 0; i < count; ++i) {
        text = apr_psprintf(p, "%s" REF " ", text, (*next)++);
    }
    return count > 0 ? apr_pstrcat(p, text, "]\n", NULL) : "";
}

static void put_all(writer_t *w, apr_size_t *next,
                    const apr_array_header_t *list)
{
    for (int i = 0; i < list->nelts; ++i) {
        put_stream(w, (*next)++, "", APR_ARRAY_IDX(list, i, npie_bytes_t));
    }
}

/** The data, and the catalog that leads to it.
 * @param next the first free number, counted on */
static void put_data(writer_t *w, apr_size_t *next, const chain_t *chain,
                     const npie_stamp_data_t *data)
{
    const apr_size_t dss = (*next)++;
    apr_size_t at = *next;
    const char *certs = references("Certs", &at, data->certs->nelts, w->p);
    const char *ocsps = references("OCSPs", &at, data->ocsps->nelts, w->p);
    const char *crls = references("CRLs", &at, data->crls->nelts, w->p);

    put_object(w, dss, apr_pstrcat(w->p, "/Type /DSS\n", certs, ocsps, crls,
                                   NULL));
    put_all(w, next, data->certs);
    put_all(w, next, data->ocsps);
    put_all(w, next, data->crls);
    put_object(w, chain->catalog.number, apr_psprintf(
        w->p, "%s/DSS " REF "\n",
        npie_object_text(chain->catalog.entries, w->p), dss));
}

/** The table of the objects and the trailer. */
static const char *table(const writer_t *w, const chain_t *chain,
                         apr_size_t next, apr_size_t at)
{
    const char *text = "xref\n0 1\n0000000000 65535 f\r\n";

    for (int i = 0; i < w->count; ++i) {
        text = apr_psprintf(w->p, "%s%" APR_SIZE_T_FMT " 1\n%010"
                            APR_SIZE_T_FMT " 00000 n\r\n", text,
                            w->objects[i].number, w->objects[i].place);
    }
    return apr_pstrcat(w->p, text, npie_object_trailer_text(
        &chain->trailer, next, chain->trailer.table, at, w->p), NULL);
}

/** The field, its form and page, and the beginning of the timestamp.
 * @return place of the ByteRange in the revision */
static apr_size_t put_field(writer_t *w, chain_t *chain, apr_size_t *next)
{
    const apr_size_t look = (*next)++, field = (*next)++, stamp = (*next)++;
    apr_size_t range;

    chain->fields = apr_psprintf(w->p, "%s" REF " ", chain->fields, field);
    put_object(w, chain->form.number,
               array_with(chain->form.entries, "/Fields [", chain->fields,
                          w->p));
    put_object(w, chain->page.number,
               array_with(chain->page.entries, "/Annots [", chain->fields,
                          w->p));
    put_stream(w, look, "/Type /XObject\n/Subtype /Form\n/BBox [ 0 0 0 0 ]\n"
               "/Resources <<\n>>\n", (npie_bytes_t){ (const unsigned char *)
                                                      "q Q", 3 });
    put_object(w, field, apr_psprintf(
        w->p, "/Type /Annot\n/Subtype /Widget\n/FT /Sig\n/T (Tiempo%d)\n"
        "/TU (Sello de tiempo)\n/Rect [ 0 0 0 0 ]\n/F 132\n/P " REF "\n"
        "/AP <<\n/N " REF "\n>>\n/V " REF "\n", chain->count,
        chain->page.number, look, stamp));
    begin(w, stamp);
    put_text(w, NPIE_FORM_STAMP_HEAD);
    range = w->len;
    put_text(w, apr_psprintf(w->p, "%*s" NPIE_FORM_SIG_MID,
                             NPIE_FORM_RANGE_SIZE, ""));
    return range;
}

static int amount(const npie_stamp_data_t *data)
{
    return data->certs->nelts + data->ocsps->nelts + data->crls->nelts;
}

/** Writes the next timestamp's revision, empty, and moves the chain on.
 * @return NULL when there are too many timestamps or data */
static npie_seal_t *build(chain_t *chain, const npie_stamp_data_t *data)
{
    writer_t w = { .base = chain->file.len, .p = chain->p };
    apr_size_t next = chain->trailer.size, range, at;
    const char *rest;
    npie_bytes_t tail;
    npie_seal_t *stamp;

    if (chain->count >= NPIE_STAMPS_MAX
        || (data != NULL && amount(data) > NPIE_STAMP_DATA_MAX)) {
        return NULL;
    }
    ++chain->count;
    if (data != NULL) {
        put_data(&w, &next, chain, data);
    }
    range = put_field(&w, chain, &next);
    rest = "\n" NPIE_OBJECT_END;
    at = w.base + w.len + NPIE_FORM_HEX_SIZE + 2 + strlen(rest);
    rest = apr_pstrcat(w.p, rest, table(&w, chain, next, at), NULL);
    tail = (npie_bytes_t){ (const unsigned char *)rest, strlen(rest) };
    chain->trailer.size = next;
    chain->trailer.table = at;
    stamp = npie_object_section(chain->file, (npie_bytes_t){
        (const unsigned char *)w.data, w.len }, range, tail, chain->p);
    return stamp->section.len <= NPIE_STAMP_MAX ? stamp : NULL;
}

/** How many references an array of a piece has. */
static int count_references(npie_bytes_t piece, const char *open)
{
    apr_size_t at = npie_scan_only(piece, open);
    const apr_size_t end = npie_scan_find(piece, at, "]");
    int count = 0;

    while (at < end && (at = npie_scan_find(piece, at, " 0 R")) < end) {
        ++count;
        ++at;
    }
    return count;
}

/** Reads streams; whatever is wrong shows when they are written again. */
static apr_size_t take_streams(apr_array_header_t *list, int count,
                               npie_bytes_t file, apr_size_t at)
{
    static const char head[] = "\n>>\nstream\r\n";

    for (int i = 0; i < count && i <= NPIE_STAMP_DATA_MAX; ++i) {
        const apr_size_t open = npie_scan_find(file, at, "/Length ");
        apr_size_t len;
        apr_size_t from = npie_scan_number(&len, file, open
                                           + strlen("/Length "));

        if (open == file.len || !npie_scan_holds(file, from, head)) {
            return file.len;
        }
        from += strlen(head);
        if (len > file.len - from) {
            return file.len;
        }
        APR_ARRAY_PUSH(list, npie_bytes_t) =
            npie_object_between(file, from, from + len);
        at = from + len;
    }
    return at;
}

/** The data at the beginning of a revision; NULL: none. */
static npie_stamp_data_t *take_data(npie_bytes_t revision, const chain_t *chain)
{
    const char *open = apr_psprintf(chain->p, OBJECT "/Type /DSS\n",
                                    chain->trailer.size);
    npie_stamp_data_t *data;
    apr_size_t end, at;
    npie_bytes_t dss;

    if (!npie_scan_holds(revision, 0, open)) {
        return NULL;
    }
    data = npie_stamp_data_make(chain->p);
    end = npie_scan_find(revision, 0, NPIE_OBJECT_END);
    dss = npie_object_between(revision, 0, end);
    at = take_streams(data->certs, count_references(dss, "/Certs ["),
                      revision, end);
    at = take_streams(data->ocsps, count_references(dss, "/OCSPs ["),
                      revision, at);
    take_streams(data->crls, count_references(dss, "/CRLs ["), revision, at);
    return data;
}

/** The next timestamp of a file. @return 1 found; the chain is past it */
static int find_next(npie_stamp_t *stamp, chain_t *chain, npie_bytes_t file)
{
    const apr_size_t from = chain->file.len;
    npie_bytes_t hex = { NULL, NPIE_FORM_HEX_SIZE };
    npie_scan_slot_t slot;
    npie_seal_t *again;

    if (!npie_scan_slot_of(&slot, file, from, NPIE_FORM_STAMP_HEAD)
        || !npie_scan_range(&stamp->end, file, &slot)) {
        return 0;
    }
    hex.data = file.data + slot.open + 1;
    stamp->data = chain->count > 0 ? NULL
        : take_data(npie_object_between(file, from, stamp->end), chain);
    again = build(chain, stamp->data);
    if (again == NULL || again->section.len != stamp->end - from
        || npie_scan_cms(&stamp->token, hex, chain->p) != NULL
        || npie_seal_fill(again, stamp->token, NULL) != APR_SUCCESS
        || memcmp(again->section.data, file.data + from, again->section.len)
           != 0) {
        return 0;
    }
    memcpy(stamp->signed_part, again->signed_part,
           sizeof(stamp->signed_part));
    chain->file.len = stamp->end;
    return 1;
}

static void find_all(apr_array_header_t *list, chain_t *chain,
                     npie_bytes_t file)
{
    npie_stamp_t stamp;
    chain_t past = *chain;

    while (past.file.len < file.len && find_next(&stamp, &past, file)) {
        APR_ARRAY_PUSH(list, npie_stamp_t) = stamp;
        *chain = past;
    }
}

void npie_stamps_find(apr_array_header_t **plist, apr_size_t *pend,
                      npie_bytes_t file, apr_pool_t *p)
{
    chain_t chain;

    *plist = apr_array_make(p, 2, sizeof(npie_stamp_t));
    *pend = 0;
    if (begin_chain(&chain, file, p) == NULL) {
        find_all(*plist, &chain, file);
        *pend = chain.file.len;
    }
}

apr_status_t npie_stamp_prepare(npie_seal_t **pstamp, npie_bytes_t file,
                                const npie_stamp_data_t *data,
                                npie_err_t *err, apr_pool_t *p)
{
    apr_array_header_t *before = apr_array_make(p, 2, sizeof(npie_stamp_t));
    chain_t chain;
    const char *why = begin_chain(&chain, file, p);

    *pstamp = NULL;
    if (why == NULL) {
        find_all(before, &chain, file);
        why = chain.file.len < file.len ? "bytes after its end" : NULL;
    }
    if (why == NULL) {
        *pstamp = build(&chain, before->nelts == 0 ? data : NULL);
        why = *pstamp == NULL ? "too many timestamps or data" : NULL;
    }
    return why == NULL ? APR_SUCCESS
        : npie_err_set(err, NPIE_EINPUT, NPIE_P_LETTER,
                       "the letter takes no timestamp: %s", why);
}
