/* SPDX-License-Identifier: Apache-2.0
 * npiectl employer import: a whole file or nothing of it.
 */
#include <string.h>

#include <apr_hash.h>
#include <apr_strings.h>

#include "base/encoding.h"
#include "base/plain.h"
#include "base/text.h"
#include "ctl/commands.h"
#include "ctl/employer.h"
#include "ctl/field.h"
#include "ctl/records.h"
#include "ctl/show.h"
#include "model/field.h"
#include "pki/digest.h"

#define FILE_MAX (256 * 1024 * 1024)

const npie_ctl_option_t npie_ctl_employer_import_options[] = {
    { "dry-run", NULL, "report what would happen and change nothing" },
    { "encoding", "NAME", "utf-8, utf-16 or windows-1252, when not detected" },
    { "update", NULL, "replace the registered data of known employers" },
    { NULL, NULL, NULL }
};

/* An import under way. */
typedef struct import_t {
    npie_ctl_t *ctl;
    npie_registry_t *registry;
    const char *file;
    const char *encoding;
    char sha256[NPIE_SHA256_HEX_SIZE];
    int update;
    int added, updated, unchanged, bad;
    apr_hash_t *lines;  /* registro patronal -> int *, the line it stood in */
    json_t *errors;
    json_t *warnings;
    npie_err_t *err;
} import_t;

/* The longest value that is shown, in bytes. */
#define VALUE_SHOWN 60

/* Says something of a record, or with field >= 0 of a value of it. A value
 * goes to terminals: control characters and what turns text round do not. */
static void note(import_t *import, json_t *list,
                 const npie_ctl_record_t *record, int field, const char *text)
{
    const char *value = field < 0 ? NULL : record->values[field];
    json_t *item = json_pack("{s: i, s: s, s: s}", "line", record->line,
                             "field", field < 0 ? ""
                             : npie_ctl_field_name(field), "text", text);

    if (value != NULL && *value != '\0' && strlen(value) <= VALUE_SHOWN
        && npie_text_is_clean(value, strlen(value))) {
        json_object_set_new(item, "value", json_string(
            npie_plain_visible(value, import->registry->p)));
    }
    json_array_append_new(list, item);
}

static int is_bad(import_t *import, const npie_ctl_record_t *record, int field,
                  const char *text)
{
    note(import, import->errors, record, field, text);
    return 1;
}

/* Puts a record's values into an employer. Returns 1 when one is wrong; all
 * of them are noted. */
static int fill(import_t *import, npie_employer_t *employer,
                const npie_ctl_record_t *record, int is_new, apr_pool_t *p)
{
    int bad = 0;

    for (int i = 0; i < NPIE_CTL_FIELDS; i++) {
        const char *value = record->values[i];
        const char *warning = NULL;
        const char *wrong;

        if (value == NULL && (!is_new || !npie_ctl_field_required(i))) {
            continue;
        }
        wrong = npie_ctl_field_set(employer, i, value == NULL ? "" : value,
                                   &warning, p);
        if (wrong != NULL && npie_ctl_field_can_wait(i, value)) {
            warning = apr_pstrcat(p, wrong, "; it was left out, and the "
                                  "employer will be asked for it", NULL);
        }
        else if (wrong != NULL) {
            bad = is_bad(import, record, i, wrong);
        }
        if (warning != NULL) {
            note(import, import->warnings, record, i, warning);
        }
    }
    return bad;
}

/* What differs between the two, as names with commas. */
static const char *differences(const npie_employer_t *a,
                               const npie_employer_t *b, apr_pool_t *p)
{
    const char *names = "";

    for (int i = 0; i < NPIE_CTL_FIELDS; i++) {
        if (strcmp(npie_ctl_field_get(a, i, p), npie_ctl_field_get(b, i, p))
            != 0) {
            names = apr_pstrcat(p, names, *names == '\0' ? "" : ", ",
                                npie_ctl_field_name(i), NULL);
        }
    }
    return names;
}

static apr_status_t change(import_t *import, npie_employer_t *known,
                           const npie_ctl_record_t *record, apr_pool_t *p)
{
    npie_employer_t employer = *known;
    const char *names;
    int bad = fill(import, &employer, record, 0, p);

    if (*employer.user == '\0') {
        employer.user = known->user;
    }
    if (strcmp(employer.user, known->user) != 0) {
        bad = is_bad(import, record, NPIE_CTL_FIELD_USER, apr_psprintf(
            p, "the employer's user name is %s, and never changes: leave it "
            "empty", known->user));
    }
    names = differences(&employer, known, p);
    if (!bad && *names != '\0' && !import->update) {
        bad = is_bad(import, record, NPIE_CTL_FIELD_RP, apr_psprintf(
            p, "the employer is registered with other data (%s): give "
            "--update to overwrite them", names));
    }
    import->bad += bad;
    if (bad || *names == '\0') {
        import->unchanged += !bad;
        return APR_SUCCESS;
    }
    import->updated++;
    return npie_employer_update(import->registry, &employer, import->err);
}

static apr_status_t add(import_t *import, const npie_ctl_record_t *record,
                        apr_pool_t *p)
{
    npie_employer_t employer;
    apr_int64_t id;
    apr_status_t rv;

    npie_ctl_employer_clear(&employer);
    if (fill(import, &employer, record, 1, p)) {
        import->bad++;
        return APR_SUCCESS;
    }
    if (*employer.user == '\0') {
        employer.user = apr_pstrmemdup(p, employer.rp, NPIE_RP10_SIZE - 1);
    }
    rv = npie_employer_insert(&id, import->registry, &employer, import->err);
    if (rv == NPIE_ECONFLICT) {
        import->bad += is_bad(import, record, NPIE_CTL_FIELD_USER, apr_psprintf(
            p, "another employer has the user name %s: give it another one",
            employer.user));
        return APR_SUCCESS;
    }
    import->added += rv == APR_SUCCESS;
    return rv;
}

/* One record: known, new, or wrong. */
static apr_status_t take(import_t *import, const npie_ctl_record_t *record,
                         apr_pool_t *p)
{
    const char *value = record->values[NPIE_CTL_FIELD_RP];
    char rp[NPIE_RP_SIZE];
    npie_employer_t *known = NULL;
    apr_status_t rv;
    int *line;

    if (record->wrong != NULL) {
        import->bad += is_bad(import, record, -1, record->wrong);
        return APR_SUCCESS;
    }
    if (record->warning != NULL) {
        note(import, import->warnings, record, -1, record->warning);
    }
    if (value == NULL || npie_field_rp(rp, value) != APR_SUCCESS) {
        return add(import, record, p);
    }
    line = apr_hash_get(import->lines, rp, NPIE_RP_SIZE - 1);
    if (line != NULL) {
        npie_employer_t spare;

        import->bad += is_bad(import, record, NPIE_CTL_FIELD_RP, apr_psprintf(
            p, "it stands in line %d already: take one of the two out",
            *line));
        npie_ctl_employer_clear(&spare);
        fill(import, &spare, record, 1, p);
        return APR_SUCCESS;
    }
    line = apr_palloc(import->ctl->p, sizeof(*line));
    *line = record->line;
    apr_hash_set(import->lines, apr_pstrdup(import->ctl->p, rp),
                 NPIE_RP_SIZE - 1, line);
    rv = npie_employer_by_rp10(&known, import->registry,
                               apr_pstrmemdup(p, rp, NPIE_RP10_SIZE - 1),
                               import->err);
    if (rv == APR_NOTFOUND) {
        return add(import, record, p);
    }
    return rv == APR_SUCCESS ? change(import, known, record, p) : rv;
}

/* Rows of one record at a time: ten thousand would not stay small. */
static apr_status_t take_all(import_t *import, npie_ctl_records_t *records)
{
    apr_pool_t *p = import->registry->p;
    npie_ctl_record_t record;
    apr_status_t rv = APR_SUCCESS;

    apr_pool_create(&import->registry->p, p);
    while (rv == APR_SUCCESS && npie_ctl_records_next(&record, records)) {
        rv = take(import, &record, import->registry->p);
        apr_pool_clear(import->registry->p);
    }
    apr_pool_destroy(import->registry->p);
    import->registry->p = p;
    return rv;
}

static void say_all(const import_t *import, const char *what,
                    const json_t *list)
{
    json_t *item;
    size_t i;

    json_array_foreach ((json_t *)list, i, item) {
        const char *field = json_string_value(json_object_get(item, "field"));
        const char *value = json_string_value(json_object_get(item, "value"));

        npie_ctl_say(import->ctl, "%s:%d: %s%s%s%s%s%s%s", import->file,
                     (int)json_integer_value(json_object_get(item, "line")),
                     what, field, value != NULL ? " \"" : "",
                     value != NULL ? value : "", value != NULL ? "\"" : "",
                     *field == '\0' ? "" : ": ",
                     json_string_value(json_object_get(item, "text")));
    }
}

static void show(import_t *import, int kept)
{
    static const npie_ctl_column_t columns[] = {
        { "file", "File" }, { "encoding", "Encoding" }, { "new", "New" },
        { "updated", "Updated" }, { "unchanged", "Unchanged" },
        { "bad", "Bad" }, { "imported", "Imported" }, { NULL, NULL }
    };

    say_all(import, "warning: ", import->warnings);
    say_all(import, "", import->errors);
    npie_ctl_show_record(import->ctl, json_pack(
        "{s: s, s: s, s: i, s: i, s: i, s: i, s: b, s: O, s: O}", "file",
        import->file, "encoding", import->encoding, "new", import->added,
        "updated", import->updated, "unchanged", import->unchanged, "bad",
        import->bad, "imported", kept, "errors", import->errors, "warnings",
        import->warnings), columns);
}

static apr_status_t audit(import_t *import)
{
    return npie_audit(import->registry, import->ctl->now, import->ctl->actor,
                      "employer-import", apr_psprintf(
                          import->ctl->p, "file %.64s, %d new, %d updated, "
                          "%d unchanged", import->sha256, import->added,
                          import->updated, import->unchanged), import->err);
}

/* Within a transaction that is undone unless every line is good. */
static apr_status_t run(import_t *import, npie_ctl_records_t *records)
{
    int dry = npie_ctl_option(import->ctl, "dry-run") != NULL;
    apr_status_t rv = npie_ctl_begin(&import->registry, import->ctl,
                                     import->err);
    int keep;

    if (rv != APR_SUCCESS) {
        return rv;
    }
    rv = take_all(import, records);
    keep = rv == APR_SUCCESS && !dry && import->bad == 0;
    if (keep && import->added + import->updated > 0) {
        rv = audit(import);
        keep = rv == APR_SUCCESS;
    }
    rv = npie_ctl_end(import->registry, keep, rv, import->err);
    if (rv != APR_SUCCESS) {
        return rv;
    }
    show(import, keep);
    return import->bad == 0 ? APR_SUCCESS
        : npie_err_set(import->err, NPIE_EINPUT, NPIE_P_NONE,
                       "%s: %d bad line%s: mend %s and import the file "
                       "again; nothing was changed", import->file,
                       import->bad, import->bad == 1 ? "" : "s",
                       import->bad == 1 ? "it" : "them");
}

/* Says in which file it is. */
static apr_status_t in_file(import_t *import, apr_status_t rv)
{
    npie_err_t why = *import->err;

    return rv == APR_SUCCESS ? rv
        : npie_err_set(import->err, rv, why.problem, "%.100s: %.150s",
                       import->file, why.detail);
}

static apr_status_t import_file(import_t *import, npie_bytes_t bytes)
{
    npie_ctl_t *ctl = import->ctl;
    npie_ctl_records_t records;
    apr_size_t len = 0;
    char *text = NULL;
    apr_status_t rv;

    rv = in_file(import, npie_encoding_decode(&text, &len, &import->encoding,
                                              bytes, npie_ctl_option(
                                                  ctl, "encoding"),
                                              import->err, ctl->p));
    if (rv == APR_SUCCESS) {
        rv = in_file(import, npie_ctl_records_open(&records, text, len,
                                                   import->err, ctl->p));
    }
    if (rv == APR_SUCCESS) {
        rv = npie_ctl_registry(&import->registry, ctl, import->err);
    }
    return rv == APR_SUCCESS ? run(import, &records) : rv;
}

apr_status_t npie_ctl_employer_import(npie_ctl_t *ctl, npie_err_t *err)
{
    import_t import = {
        .ctl = ctl, .err = err, .file = npie_ctl_operand(ctl, 0),
        .update = npie_ctl_option(ctl, "update") != NULL,
    };
    npie_bytes_t bytes;
    apr_status_t rv = npie_ctl_read_file(&bytes, ctl, import.file, FILE_MAX,
                                         err);

    if (rv != APR_SUCCESS) {
        return rv;
    }
    npie_sha256_hex(import.sha256, bytes);
    import.lines = apr_hash_make(ctl->p);
    import.errors = json_array();
    import.warnings = json_array();
    rv = import_file(&import, bytes);
    json_decref(import.errors);
    json_decref(import.warnings);
    return rv;
}
