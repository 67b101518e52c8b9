/* SPDX-License-Identifier: Apache-2.0
 * A log's file: lock, torn end, records on disk.
 */
#include "signer/journal.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include <apr_strings.h>

#include "pki/digest.h"

/* How long a signer that ends may keep the lock: a restart of httpd starts
 * the next one before the last has gone. */
#define LOCK_TRIES 50
#define LOCK_PAUSE (200 * 1000) /* microseconds */

struct npie_journal_t {
    apr_pool_t *p;
    const char *path;
    const npie_journal_kind_t *kind;
    void *baton;         /* the kind's */
    int fd;
    int broken;
    apr_off_t end;       /* where the next record begins */
    apr_uint64_t count;
    char chain[NPIE_SHA256_HEX_SIZE];
    const char *repaired;
};

static apr_status_t close_log(void *data)
{
    npie_journal_t *journal = data;

    if (journal->fd >= 0) {
        close(journal->fd);
        journal->fd = -1;
    }
    return APR_SUCCESS;
}

static npie_journal_t *make(const char *path, int fd,
                            const npie_journal_kind_t *kind, void *baton,
                            apr_pool_t *p)
{
    npie_journal_t *journal = apr_pcalloc(p, sizeof(*journal));

    journal->p = p;
    journal->path = apr_pstrdup(p, path);
    journal->fd = fd;
    journal->kind = kind;
    journal->baton = baton;
    apr_pool_cleanup_register(p, journal, close_log, apr_pool_cleanup_null);
    return journal;
}

static apr_status_t wrong(const npie_journal_t *journal, npie_err_t *err,
                          const char *what)
{
    return npie_err_set(err, NPIE_ECONFIG, NPIE_P_NONE, "%s: %s: %s",
                        journal->path, what, strerror(errno));
}

static apr_status_t lock(npie_journal_t *journal, npie_err_t *err)
{
    for (int i = 0; i < LOCK_TRIES; i++) {
        if (flock(journal->fd, LOCK_EX | LOCK_NB) == 0) {
            return APR_SUCCESS;
        }
        if (errno != EWOULDBLOCK && errno != EINTR) {
            return wrong(journal, err, "lock");
        }
        apr_sleep(LOCK_PAUSE);
    }
    return npie_err_set(err, NPIE_ECONFIG, NPIE_P_NONE,
                        "%s: another npie-signer is using it", journal->path);
}

static ssize_t read_some(int fd, void *buf, apr_size_t len, apr_off_t at)
{
    ssize_t n;

    do {
        n = pread(fd, buf, len, at);
    } while (n < 0 && errno == EINTR);
    return n;
}

static apr_status_t write_all(int fd, npie_bytes_t bytes)
{
    while (bytes.len > 0) {
        ssize_t n = write(fd, bytes.data, bytes.len);

        if (n > 0) {
            bytes.data += n;
            bytes.len -= (apr_size_t)n;
        }
        else if (n == 0) {
            return ENOSPC;
        }
        else if (errno != EINTR) {
            return errno;
        }
    }
    return APR_SUCCESS;
}

/* A line, without its end, at journal->end. NULL when it is good and now
 * in. */
static const char *take_line(npie_journal_t *journal, npie_bytes_t line,
                             apr_pool_t *ptemp)
{
    const npie_journal_kind_t *kind = journal->kind;
    const char *fault;

    if (journal->end == 0) {
        if (line.len != strlen(kind->header)
            || memcmp(line.data, kind->header, line.len) != 0) {
            return kind->foreign;
        }
        return npie_sha256_hex(journal->chain, line) == APR_SUCCESS
               ? NULL : "its checksum could not be computed";
    }
    fault = kind->take(journal->baton, line, journal->end, journal->count + 1,
                       journal->chain, ptemp);
    journal->count += fault == NULL;
    return fault;
}

/* A line number is the record's plus the header. */
static apr_status_t damaged(const npie_journal_t *journal, const char *fault,
                            npie_err_t *err)
{
    return npie_err_set(err, NPIE_ECONFIG, NPIE_P_NONE,
                        "%s:%" APR_UINT64_T_FMT ": %s", journal->path,
                        journal->end == 0 ? (apr_uint64_t)1 : journal->count + 2,
                        fault);
}

/* Reads to the last line end. Sets rest to what stands after it. */
static apr_status_t read_lines(npie_journal_t *journal, npie_bytes_t *rest,
                               npie_err_t *err, apr_pool_t *p)
{
    unsigned char *buf = apr_palloc(p, 2 * NPIE_JOURNAL_LINE_MAX);
    apr_pool_t *ptemp;
    const char *fault = NULL;
    apr_size_t have = 0;
    apr_off_t at = 0;
    ssize_t n;

    apr_pool_create(&ptemp, p);
    while ((n = read_some(journal->fd, buf + have,
                          2 * NPIE_JOURNAL_LINE_MAX - have, at)) > 0) {
        npie_bytes_t line = { buf, 0 };
        unsigned char *end;

        at += n;
        have += (apr_size_t)n;
        while (fault == NULL
               && (end = memchr(line.data, '\n', have)) != NULL) {
            line.len = (apr_size_t)(end - line.data);
            fault = take_line(journal, line, ptemp);
            if (fault == NULL) {
                journal->end += (apr_off_t)line.len + 1;
                have -= line.len + 1;
                line.data = end + 1;
            }
            apr_pool_clear(ptemp);
        }
        if (fault == NULL && have > NPIE_JOURNAL_LINE_MAX) {
            fault = "the line is too long";
        }
        if (fault != NULL) {
            return damaged(journal, fault, err);
        }
        memmove(buf, line.data, have);
    }
    apr_pool_destroy(ptemp);
    rest->data = buf;
    rest->len = have;
    return n < 0 ? wrong(journal, err, "read") : APR_SUCCESS;
}

/* What a crash left after the last line end: a whole record lacks only that,
 * anything else was never answered. */
static apr_status_t mend_end(npie_journal_t *journal, npie_bytes_t rest,
                             npie_err_t *err)
{
    static const npie_bytes_t line_end = { (const unsigned char *)"\n", 1 };

    if (journal->end > 0 && take_line(journal, rest, journal->p) == NULL) {
        if (write_all(journal->fd, line_end) != APR_SUCCESS) {
            return wrong(journal, err, "write");
        }
        journal->end += (apr_off_t)rest.len + 1;
        journal->repaired = "the last record's line end was missing and was "
                        "written";
        return APR_SUCCESS;
    }
    if (journal->end == 0
        && (rest.len > strlen(journal->kind->header)
            || memcmp(rest.data, journal->kind->header, rest.len) != 0)) {
        return damaged(journal, journal->kind->foreign, err);
    }
    if (ftruncate(journal->fd, journal->end) != 0) {
        return wrong(journal, err, "truncate");
    }
    journal->repaired = apr_psprintf(journal->p, "a torn last line of %" APR_SIZE_T_FMT
                                 " bytes, never answered, was cut off",
                                 rest.len);
    return APR_SUCCESS;
}

static apr_status_t begin(npie_journal_t *journal, npie_err_t *err)
{
    const char *header = apr_pstrcat(journal->p, journal->kind->header, "\n",
                                     NULL);
    npie_bytes_t bytes = { (const unsigned char *)header, strlen(header) };
    npie_bytes_t line = { bytes.data, bytes.len - 1 };
    apr_status_t rv = write_all(journal->fd, bytes);

    if (rv != APR_SUCCESS) {
        errno = rv;
        return wrong(journal, err, "write");
    }
    if (npie_sha256_hex(journal->chain, line) != APR_SUCCESS) {
        return npie_err_set(err, NPIE_ECONFIG, NPIE_P_NONE,
                            "%s: its checksum could not be computed",
                            journal->path);
    }
    journal->end = (apr_off_t)bytes.len;
    return APR_SUCCESS;
}

/* A new file's name is on disk only when its directory is. */
static apr_status_t sync_directory(npie_journal_t *journal, npie_err_t *err)
{
    const char *slash = strrchr(journal->path, '/');
    const char *dir = slash == journal->path ? "/"
                      : apr_pstrmemdup(journal->p, journal->path,
                                       (apr_size_t)(slash - journal->path));
    int fd = open(dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    int failed = fd < 0 || fsync(fd) != 0;

    if (failed) {
        wrong(journal, err, "its directory");
    }
    if (fd >= 0) {
        close(fd);
    }
    return failed ? NPIE_ECONFIG : APR_SUCCESS;
}

static apr_status_t check_file(npie_journal_t *journal, npie_err_t *err)
{
    struct stat st;

    if (journal->fd < 0 || fstat(journal->fd, &st) != 0) {
        return wrong(journal, err, "open");
    }
    if (!S_ISREG(st.st_mode) || (st.st_mode & (S_IWGRP | S_IWOTH)) != 0) {
        return npie_err_set(err, NPIE_ECONFIG, NPIE_P_NONE,
                            "%s: it must be a file that only its owner "
                            "can write", journal->path);
    }
    return APR_SUCCESS;
}

apr_status_t npie_journal_open(npie_journal_t **pjournal, const char *path,
                               const npie_journal_kind_t *kind, void *baton,
                               npie_err_t *err, apr_pool_t *p)
{
    int fd = open(path, O_RDWR | O_APPEND | O_CREAT | O_CLOEXEC | O_NOFOLLOW,
                  S_IRUSR | S_IWUSR);
    npie_journal_t *journal = make(path, fd, kind, baton, p);
    npie_bytes_t rest;
    apr_status_t rv = check_file(journal, err);

    if (rv == APR_SUCCESS) {
        rv = lock(journal, err);
    }
    if (rv == APR_SUCCESS) {
        rv = read_lines(journal, &rest, err, p);
    }
    if (rv == APR_SUCCESS && rest.len > 0) {
        rv = mend_end(journal, rest, err);
    }
    if (rv == APR_SUCCESS && journal->end == 0) {
        rv = begin(journal, err);
    }
    if (rv == APR_SUCCESS && fsync(journal->fd) != 0) {
        rv = wrong(journal, err, "sync");
    }
    if (rv == APR_SUCCESS) {
        rv = sync_directory(journal, err);
    }
    if (rv == APR_SUCCESS) {
        *pjournal = journal;
    }
    return rv;
}

apr_status_t npie_journal_check(const char *path,
                                const npie_journal_kind_t *kind, void *baton,
                                npie_err_t *err, apr_pool_t *ptemp)
{
    int fd = open(path, O_RDONLY | O_CLOEXEC | O_NOFOLLOW);
    npie_journal_t *journal;
    npie_bytes_t rest;
    apr_status_t rv;

    if (fd < 0 && errno == ENOENT) {
        return APR_SUCCESS;
    }
    journal = make(path, fd, kind, baton, ptemp);
    rv = check_file(journal, err);
    return rv == APR_SUCCESS ? read_lines(journal, &rest, err, ptemp) : rv;
}

const char *npie_journal_path(const npie_journal_t *journal)
{
    return journal->path;
}

const char *npie_journal_repaired(const npie_journal_t *journal)
{
    return journal->repaired;
}

apr_uint64_t npie_journal_count(const npie_journal_t *journal)
{
    return journal->count;
}

int npie_journal_broken(const npie_journal_t *journal)
{
    return journal->broken;
}

const char *npie_journal_chain(const npie_journal_t *journal)
{
    return journal->chain;
}

apr_status_t npie_journal_read(npie_bytes_t *line,
                               const npie_journal_t *journal, apr_off_t at,
                               apr_size_t len, apr_pool_t *p)
{
    unsigned char *buf = apr_palloc(p, len);

    line->data = buf;
    line->len = len;
    return read_some(journal->fd, buf, len, at) == (ssize_t)len
           ? APR_SUCCESS : NPIE_EINTERNAL;
}

apr_status_t npie_journal_append(apr_off_t *pat, npie_journal_t *journal,
                                 npie_bytes_t line,
                                 const char chain[NPIE_SHA256_HEX_SIZE],
                                 npie_err_t *err)
{
    apr_status_t rv;

    if (journal->broken) {
        return npie_err_set(err, NPIE_EINTERNAL, NPIE_P_INTERNAL,
                            "%s: it failed before and must be looked at",
                            journal->path);
    }
    rv = write_all(journal->fd, line);
    if (rv != APR_SUCCESS) {
        /* A full disk may be mended: leave no half record behind. */
        journal->broken = ftruncate(journal->fd, journal->end) != 0;
    }
    else if (fsync(journal->fd) != 0) {
        /* The kernel may have dropped the pages and will not say so again:
         * what is on disk is known only after it has been read anew. */
        rv = errno;
        journal->broken = 1;
    }
    if (rv != APR_SUCCESS) {
        return npie_err_set(err, NPIE_EINTERNAL, NPIE_P_INTERNAL, "%s: %s",
                            journal->path, strerror(rv));
    }
    *pat = journal->end;
    journal->end += (apr_off_t)line.len;
    journal->count++;
    memcpy(journal->chain, chain, NPIE_SHA256_HEX_SIZE);
    return APR_SUCCESS;
}
