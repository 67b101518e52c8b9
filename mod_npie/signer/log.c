/* SPDX-License-Identifier: Apache-2.0
 * The issuance log's file and its index.
 */
#include "signer/log.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include <apr_hash.h>
#include <apr_strings.h>

#include "pki/digest.h"
#include "signer/log_line.h"

/* How long a signer that ends may keep the lock: a restart of httpd starts
 * the next one before the last has gone. */
#define LOCK_TRIES 50
#define LOCK_PAUSE (200 * 1000) /* microseconds */

struct npie_issuance_t {
    apr_pool_t *p;
    const char *path;
    int fd;
    int broken;
    apr_off_t end;       /* where the next record begins */
    apr_uint64_t count;
    char chain[NPIE_SHA256_HEX_SIZE];
    apr_hash_t *folios;
    apr_hash_t *keys;    /* new ones */
    apr_hash_t *olds;
    const char *repaired;
};

static apr_status_t close_log(void *data)
{
    npie_issuance_t *log = data;

    if (log->fd >= 0) {
        close(log->fd);
        log->fd = -1;
    }
    return APR_SUCCESS;
}

static npie_issuance_t *make(const char *path, int fd, apr_pool_t *p)
{
    npie_issuance_t *log = apr_pcalloc(p, sizeof(*log));

    log->p = p;
    log->path = apr_pstrdup(p, path);
    log->fd = fd;
    log->folios = apr_hash_make(p);
    log->keys = apr_hash_make(p);
    log->olds = apr_hash_make(p);
    apr_pool_cleanup_register(p, log, close_log, apr_pool_cleanup_null);
    return log;
}

static apr_status_t wrong(const npie_issuance_t *log, npie_err_t *err,
                          const char *what)
{
    return npie_err_set(err, NPIE_ECONFIG, NPIE_P_NONE, "%s: %s: %s",
                        log->path, what, strerror(errno));
}

static apr_status_t lock(npie_issuance_t *log, npie_err_t *err)
{
    for (int i = 0; i < LOCK_TRIES; i++) {
        if (flock(log->fd, LOCK_EX | LOCK_NB) == 0) {
            return APR_SUCCESS;
        }
        if (errno != EWOULDBLOCK && errno != EINTR) {
            return wrong(log, err, "lock");
        }
        apr_sleep(LOCK_PAUSE);
    }
    return npie_err_set(err, NPIE_ECONFIG, NPIE_P_NONE,
                        "%s: another npie-signer is using it", log->path);
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

static void index_record(npie_issuance_t *log, const npie_issued_t *record)
{
    npie_issued_t *issued = apr_pmemdup(log->p, record, sizeof(*record));

    apr_hash_set(log->folios, &issued->folio, sizeof(issued->folio), issued);
    apr_hash_set(log->keys, issued->new_spki, NPIE_SHA256_HEX_SIZE - 1,
                 issued);
    apr_hash_set(log->olds, issued->old_spki, NPIE_SHA256_HEX_SIZE - 1,
                 issued);
    log->count++;
}

/* A line, without its end, at log->end. NULL when it is good and now in. */
static const char *take_line(npie_issuance_t *log, npie_bytes_t line,
                             apr_pool_t *ptemp)
{
    npie_issued_t issued;
    const char *fault;

    if (log->end == 0) {
        if (line.len != strlen(NPIE_LOG_HEADER)
            || memcmp(line.data, NPIE_LOG_HEADER, line.len) != 0) {
            return "this is no issuance log";
        }
        return npie_sha256_hex(log->chain, line) == APR_SUCCESS
               ? NULL : "its checksum could not be computed";
    }
    fault = npie_log_line_read(&issued, line, log->count + 1, log->chain,
                               ptemp);
    if (fault != NULL) {
        return fault;
    }
    if (npie_issuance_by_folio(log, issued.folio) != NULL
        || npie_issuance_by_key(log, issued.new_spki) != NULL) {
        return "its folio or its new key stands in an earlier line";
    }
    issued.at = log->end;
    issued.len = line.len;
    index_record(log, &issued);
    return NULL;
}

/* A line number is the record's plus the header. */
static apr_status_t damaged(const npie_issuance_t *log, const char *fault,
                            npie_err_t *err)
{
    return npie_err_set(err, NPIE_ECONFIG, NPIE_P_NONE,
                        "%s:%" APR_UINT64_T_FMT ": %s", log->path,
                        log->end == 0 ? (apr_uint64_t)1 : log->count + 2,
                        fault);
}

/* Reads to the last line end. Sets rest to what stands after it. */
static apr_status_t read_lines(npie_issuance_t *log, npie_bytes_t *rest,
                               npie_err_t *err, apr_pool_t *p)
{
    unsigned char *buf = apr_palloc(p, 2 * NPIE_LOG_LINE_MAX);
    apr_pool_t *ptemp;
    const char *fault = NULL;
    apr_size_t have = 0;
    apr_off_t at = 0;
    ssize_t n;

    apr_pool_create(&ptemp, p);
    while ((n = read_some(log->fd, buf + have,
                          2 * NPIE_LOG_LINE_MAX - have, at)) > 0) {
        npie_bytes_t line = { buf, 0 };
        unsigned char *end;

        at += n;
        have += (apr_size_t)n;
        while (fault == NULL
               && (end = memchr(line.data, '\n', have)) != NULL) {
            line.len = (apr_size_t)(end - line.data);
            fault = take_line(log, line, ptemp);
            if (fault == NULL) {
                log->end += (apr_off_t)line.len + 1;
                have -= line.len + 1;
                line.data = end + 1;
            }
            apr_pool_clear(ptemp);
        }
        if (fault == NULL && have > NPIE_LOG_LINE_MAX) {
            fault = "the line is too long";
        }
        if (fault != NULL) {
            return damaged(log, fault, err);
        }
        memmove(buf, line.data, have);
    }
    apr_pool_destroy(ptemp);
    rest->data = buf;
    rest->len = have;
    return n < 0 ? wrong(log, err, "read") : APR_SUCCESS;
}

/* What a crash left after the last line end: a whole record lacks only that,
 * anything else was never answered. */
static apr_status_t mend_end(npie_issuance_t *log, npie_bytes_t rest,
                             npie_err_t *err)
{
    static const npie_bytes_t line_end = { (const unsigned char *)"\n", 1 };

    if (log->end > 0 && take_line(log, rest, log->p) == NULL) {
        if (write_all(log->fd, line_end) != APR_SUCCESS) {
            return wrong(log, err, "write");
        }
        log->end += (apr_off_t)rest.len + 1;
        log->repaired = "the last record's line end was missing and was "
                        "written";
        return APR_SUCCESS;
    }
    if (log->end == 0
        && (rest.len > strlen(NPIE_LOG_HEADER)
            || memcmp(rest.data, NPIE_LOG_HEADER, rest.len) != 0)) {
        return damaged(log, "this is no issuance log", err);
    }
    if (ftruncate(log->fd, log->end) != 0) {
        return wrong(log, err, "truncate");
    }
    log->repaired = apr_psprintf(log->p, "a torn last line of %" APR_SIZE_T_FMT
                                 " bytes, never answered, was cut off",
                                 rest.len);
    return APR_SUCCESS;
}

static apr_status_t begin(npie_issuance_t *log, npie_err_t *err)
{
    static const char header[] = NPIE_LOG_HEADER "\n";
    npie_bytes_t bytes = { (const unsigned char *)header, sizeof(header) - 1 };
    npie_bytes_t line = { bytes.data, bytes.len - 1 };
    apr_status_t rv = write_all(log->fd, bytes);

    if (rv != APR_SUCCESS) {
        errno = rv;
        return wrong(log, err, "write");
    }
    if (npie_sha256_hex(log->chain, line) != APR_SUCCESS) {
        return npie_err_set(err, NPIE_ECONFIG, NPIE_P_NONE,
                            "%s: its checksum could not be computed",
                            log->path);
    }
    log->end = (apr_off_t)bytes.len;
    return APR_SUCCESS;
}

/* A new file's name is on disk only when its directory is. */
static apr_status_t sync_directory(npie_issuance_t *log, npie_err_t *err)
{
    const char *slash = strrchr(log->path, '/');
    const char *dir = slash == log->path ? "/"
                      : apr_pstrmemdup(log->p, log->path,
                                       (apr_size_t)(slash - log->path));
    int fd = open(dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    int failed = fd < 0 || fsync(fd) != 0;

    if (failed) {
        wrong(log, err, "its directory");
    }
    if (fd >= 0) {
        close(fd);
    }
    return failed ? NPIE_ECONFIG : APR_SUCCESS;
}

static apr_status_t check_file(npie_issuance_t *log, npie_err_t *err)
{
    struct stat st;

    if (log->fd < 0 || fstat(log->fd, &st) != 0) {
        return wrong(log, err, "open");
    }
    if (!S_ISREG(st.st_mode) || (st.st_mode & (S_IWGRP | S_IWOTH)) != 0) {
        return npie_err_set(err, NPIE_ECONFIG, NPIE_P_NONE,
                            "%s: it must be a file that only its owner "
                            "can write", log->path);
    }
    return APR_SUCCESS;
}

apr_status_t npie_issuance_open(npie_issuance_t **plog, const char *path,
                                npie_err_t *err, apr_pool_t *p)
{
    int fd = open(path, O_RDWR | O_APPEND | O_CREAT | O_CLOEXEC | O_NOFOLLOW,
                  S_IRUSR | S_IWUSR);
    npie_issuance_t *log = make(path, fd, p);
    npie_bytes_t rest;
    apr_status_t rv = check_file(log, err);

    if (rv == APR_SUCCESS) {
        rv = lock(log, err);
    }
    if (rv == APR_SUCCESS) {
        rv = read_lines(log, &rest, err, p);
    }
    if (rv == APR_SUCCESS && rest.len > 0) {
        rv = mend_end(log, rest, err);
    }
    if (rv == APR_SUCCESS && log->end == 0) {
        rv = begin(log, err);
    }
    if (rv == APR_SUCCESS && fsync(fd) != 0) {
        rv = wrong(log, err, "sync");
    }
    if (rv == APR_SUCCESS) {
        rv = sync_directory(log, err);
    }
    if (rv == APR_SUCCESS) {
        *plog = log;
    }
    return rv;
}

apr_status_t npie_issuance_check(const char *path, npie_err_t *err,
                                 apr_pool_t *ptemp)
{
    int fd = open(path, O_RDONLY | O_CLOEXEC | O_NOFOLLOW);
    npie_issuance_t *log;
    npie_bytes_t rest;
    apr_status_t rv;

    if (fd < 0 && errno == ENOENT) {
        return APR_SUCCESS;
    }
    log = make(path, fd, ptemp);
    rv = check_file(log, err);
    return rv == APR_SUCCESS ? read_lines(log, &rest, err, ptemp) : rv;
}

const char *npie_issuance_repaired(const npie_issuance_t *log)
{
    return log->repaired;
}

apr_uint64_t npie_issuance_count(const npie_issuance_t *log)
{
    return log->count;
}

const npie_issued_t *npie_issuance_by_folio(const npie_issuance_t *log,
                                            apr_int64_t folio)
{
    return apr_hash_get(log->folios, &folio, sizeof(folio));
}

const npie_issued_t *npie_issuance_by_key(const npie_issuance_t *log,
                                          const char *spki)
{
    const npie_issued_t *issued =
        apr_hash_get(log->keys, spki, NPIE_SHA256_HEX_SIZE - 1);

    return issued != NULL ? issued
           : apr_hash_get(log->olds, spki, NPIE_SHA256_HEX_SIZE - 1);
}

apr_status_t npie_issuance_certificate(npie_bytes_t *der,
                                       const npie_issuance_t *log,
                                       const npie_issued_t *issued,
                                       npie_err_t *err, apr_pool_t *p)
{
    unsigned char *buf = apr_palloc(p, issued->len);
    npie_bytes_t line = { buf, issued->len };

    if (read_some(log->fd, buf, issued->len, issued->at)
            != (ssize_t)issued->len
        || npie_log_line_certificate(der, line, p) != APR_SUCCESS) {
        return npie_err_set(err, NPIE_EINTERNAL, NPIE_P_INTERNAL,
                            "%s: the record of folio %" APR_INT64_T_FMT
                            " is not what it was", log->path, issued->folio);
    }
    return APR_SUCCESS;
}

apr_status_t npie_issuance_append(npie_issuance_t *log,
                                  const npie_issuance_entry_t *entry,
                                  npie_err_t *err, apr_pool_t *ptemp)
{
    char chain[NPIE_SHA256_HEX_SIZE];
    npie_issued_t issued;
    npie_bytes_t line;
    apr_status_t rv;

    if (log->broken) {
        return npie_err_set(err, NPIE_EINTERNAL, NPIE_P_INTERNAL,
                            "%s: it failed before and must be looked at",
                            log->path);
    }
    memcpy(chain, log->chain, sizeof(chain));
    if (npie_log_line_write(&line, log->count + 1, entry, chain, ptemp)
        != APR_SUCCESS) {
        return npie_err_set(err, NPIE_EINTERNAL, NPIE_P_INTERNAL,
                            "%s: the record could not be made", log->path);
    }
    rv = write_all(log->fd, line);
    if (rv != APR_SUCCESS) {
        /* A full disk may be mended: leave no half record behind. */
        log->broken = ftruncate(log->fd, log->end) != 0;
    }
    else if (fsync(log->fd) != 0) {
        /* The kernel may have dropped the pages and will not say so again:
         * what is on disk is known only after it has been read anew. */
        rv = errno;
        log->broken = 1;
    }
    if (rv != APR_SUCCESS) {
        return npie_err_set(err, NPIE_EINTERNAL, NPIE_P_INTERNAL, "%s: %s",
                            log->path, strerror(rv));
    }
    issued.folio = entry->folio;
    apr_cpystrn(issued.old_spki, entry->old_spki, sizeof(issued.old_spki));
    apr_cpystrn(issued.new_spki, entry->new_spki, sizeof(issued.new_spki));
    issued.at = log->end;
    issued.len = line.len - 1;
    index_record(log, &issued);
    log->end += (apr_off_t)line.len;
    memcpy(log->chain, chain, sizeof(chain));
    return APR_SUCCESS;
}

int npie_issuance_broken(const npie_issuance_t *log)
{
    return log->broken;
}
