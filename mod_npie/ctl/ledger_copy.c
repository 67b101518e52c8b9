/* SPDX-License-Identifier: Apache-2.0
 * npiectl ledger export and import: a ledger moved to another database.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include <apr_strings.h>

#include "ctl/commands.h"
#include "ctl/ledger_book.h"
#include "ctl/show.h"
#include "ledger/walk.h"

const npie_ctl_option_t npie_ctl_ledger_export_options[] = {
    { NULL, NULL, NULL }
};
const npie_ctl_option_t npie_ctl_ledger_import_options[] = {
    { NULL, NULL, NULL }
};

static void show(npie_ctl_t *ctl, apr_uint64_t entries, apr_uint64_t added,
                 const char *file)
{
    static const npie_ctl_column_t columns[] = {
        { "entries", "Entries" }, { "file", "File" }, { NULL, NULL }
    };

    npie_ctl_show_record(ctl, json_pack(
        "{s: I, s: I, s: s}", "entries", (json_int_t)entries, "added",
        (json_int_t)added, "file", file), columns);
}

/* Names of employers are in it. */
static apr_status_t create(FILE **pout, const char *file, npie_err_t *err)
{
    const int fd = open(file, O_CREAT | O_EXCL | O_WRONLY | O_CLOEXEC,
                        S_IRUSR | S_IWUSR);

    *pout = fd < 0 ? NULL : fdopen(fd, "w");
    return *pout != NULL ? APR_SUCCESS
        : npie_err_set(err, NPIE_EINPUT, NPIE_P_NONE, "%s: %s", file,
                       strerror(errno));
}

apr_status_t npie_ctl_ledger_export(npie_ctl_t *ctl, npie_err_t *err)
{
    const char *file = npie_ctl_operand(ctl, 0);
    npie_ctl_book_t book = { .ask = NULL };
    apr_uint64_t number = 0;
    FILE *out;
    apr_status_t rv = npie_ctl_book_read(&book, ctl, 1, err);

    if (rv == APR_SUCCESS) {
        rv = create(&out, file, err);
    }
    if (rv != APR_SUCCESS) {
        return rv;
    }
    rv = npie_ctl_book_open(&book, ctl, 1, err);
    if (rv == APR_SUCCESS) {
        rv = npie_ledger_copy_write(&number, out, book.ask, err, ctl->p);
    }
    if (rv == APR_SUCCESS && fsync(fileno(out)) != 0) {
        rv = npie_err_set(err, NPIE_EINPUT, NPIE_P_NONE, "%s: %s", file,
                          strerror(errno));
    }
    if (rv != APR_SUCCESS && unlink(file) != 0) {
        /* The folder is not User's. */
        npie_ctl_warn("%s: %s; it is left empty", file,
                      ftruncate(fileno(out), 0) == 0 ? "not removed"
                                                     : strerror(errno));
    }
    fclose(out);
    if (rv != APR_SUCCESS) {
        return rv;
    }
    show(ctl, number, 0, file);
    return APR_SUCCESS;
}

/* Nothing but a good copy goes in. */
static apr_status_t verify(npie_ledger_copy_t *copy,
                           const npie_ctl_book_t *book, npie_err_t *err,
                           apr_pool_t *p)
{
    const npie_ledger_walk_t walk = { .copy = copy, .chain = book->chain };
    npie_ledger_report_t report;
    apr_status_t rv = npie_ledger_walk(&report, &walk, err, p);

    if (rv == APR_SUCCESS && report.findings.list->nelts > 0) {
        rv = npie_err_set(err, NPIE_EDAMAGED, NPIE_P_NONE, "%s: it is not what "
                          "was written: see npiectl ledger verify", copy->path);
    }
    return rv == APR_SUCCESS ? npie_ledger_copy_rewind(copy, err) : rv;
}

/* One entry behind the last one that is there. */
static apr_status_t add(npie_ledger_row_t *last, const char *line,
                        npie_ledger_ask_t *ask, npie_err_t *err,
                        apr_pool_t *p)
{
    npie_entry_t *entry;
    const char *fault = npie_entry_parse(&entry, line, p);

    if (fault != NULL) {
        return npie_err_set(err, NPIE_EDAMAGED, NPIE_P_NONE, "%s", fault);
    }
    if (entry->number < last->number) {
        return APR_SUCCESS;
    }
    if (entry->number == last->number) {
        return strcmp(line, last->line) == 0 ? APR_SUCCESS
            : npie_err_set(err, NPIE_EPOLICY, NPIE_P_NONE, "the ledger has "
                           "entries already, of another one");
    }
    return npie_ledger_append(ask, entry->number, line,
                              npie_entry_marks(entry, p), err, p);
}

static apr_status_t add_all(apr_uint64_t *pentries, npie_ledger_row_t *last,
                            npie_ledger_copy_t *copy, npie_ledger_ask_t *ask,
                            npie_err_t *err, apr_pool_t *p)
{
    apr_array_header_t *rows;
    apr_pool_t *ptemp;
    apr_status_t rv;

    apr_pool_create(&ptemp, p);
    do {
        apr_pool_clear(ptemp);
        rv = npie_ledger_copy_read(&rows, copy, err, ptemp);
        for (int i = 0; rv == APR_SUCCESS && i < rows->nelts; i++) {
            rv = add(last, APR_ARRAY_IDX(rows, i, npie_ledger_row_t).line, ask,
                     err, ptemp);
            ++*pentries;
        }
    } while (rv == APR_SUCCESS && rows->nelts > 0);
    apr_pool_destroy(ptemp);
    return rv == NPIE_ECONFLICT
        ? npie_err_set(err, NPIE_EPOLICY, NPIE_P_NONE, "the ledger has "
                       "entries of its own: stop npie-signer, and import into "
                       "an empty one") : rv;
}

apr_status_t npie_ctl_ledger_import(npie_ctl_t *ctl, npie_err_t *err)
{
    const char *file = npie_ctl_operand(ctl, 0);
    npie_ctl_book_t book = { .ask = NULL };
    npie_ledger_row_t last = { NULL, 0, 0, "" };
    npie_ledger_copy_t copy;
    apr_uint64_t entries = 0;
    apr_status_t rv = npie_ctl_book_read(&book, ctl, 1, err);

    if (rv == APR_SUCCESS) {
        rv = npie_ledger_copy_open(&copy, file, err, ctl->p);
    }
    if (rv == APR_SUCCESS) {
        rv = npie_ctl_book_open(&book, ctl, 0, err);
    }
    if (rv == APR_SUCCESS) {
        rv = verify(&copy, &book, err, ctl->p);
    }
    /* An import that was interrupted goes on. */
    if (rv == APR_SUCCESS) {
        rv = npie_ledger_head(&last, book.ask, err, ctl->p);
    }
    if (rv == APR_SUCCESS) {
        rv = add_all(&entries, &last, &copy, book.ask, err, ctl->p);
    }
    if (rv == APR_SUCCESS && entries < last.number) {
        rv = npie_err_set(err, NPIE_EPOLICY, NPIE_P_NONE, "the ledger has %"
                          APR_UINT64_T_FMT " entries already, and %s %"
                          APR_UINT64_T_FMT, last.number, file, entries);
    }
    if (rv == APR_SUCCESS) {
        show(ctl, entries, entries - last.number, file);
    }
    return rv;
}
