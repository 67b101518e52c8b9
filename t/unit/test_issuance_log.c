/* SPDX-License-Identifier: Apache-2.0
 * The issuance log on real files: what is found again, what a crash may leave,
 * and what no crash leaves.
 */
#include "unit/unit.h"

#include <fcntl.h>
#include <stdlib.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <signal.h>
#include <unistd.h>

#include <apr_file_io.h>
#include <apr_strings.h>

#include "signer/log.h"

#define SAMPLE_SIZE 700

static unsigned char sample[SAMPLE_SIZE];

static apr_status_t clear(void *path)
{
    return unlink(path) == 0 ? APR_SUCCESS : APR_ENOENT;
}

/* The name of a log that is not there yet. */
static const char *new_path(apr_pool_t *p)
{
    char *path = apr_pstrdup(p, "/tmp/npie-issuance-XXXXXX");
    int fd = mkstemp(path);

    assert_true(fd >= 0);
    close(fd);
    unlink(path);
    apr_pool_cleanup_register(p, path, clear, apr_pool_cleanup_null);
    return path;
}

static char *digest_of(char digit, apr_int64_t folio, apr_pool_t *p)
{
    return apr_psprintf(p, "%c%063" APR_INT64_T_FMT, digit, folio);
}

static npie_bytes_t certificate_of(apr_int64_t folio, apr_pool_t *p)
{
    npie_bytes_t der = { NULL, SAMPLE_SIZE };
    unsigned char *data = apr_pmemdup(p, sample, SAMPLE_SIZE);

    data[0] = (unsigned char)folio;
    der.data = data;
    return der;
}

static apr_status_t append(npie_issuance_t *log, apr_int64_t folio,
                           npie_err_t *err, apr_pool_t *p)
{
    npie_issuance_entry_t entry;

    entry.time = apr_time_from_sec(1795287775);
    entry.folio = folio;
    entry.old_spki = digest_of('a', folio, p);
    entry.new_spki = digest_of('b', folio, p);
    entry.serial = "3132333435363738393031323334353637383930";
    entry.certificate = certificate_of(folio, p);
    return npie_issuance_append(log, &entry, err, p);
}

static void holds(npie_issuance_t *log, apr_int64_t folio, apr_pool_t *p)
{
    const npie_issuance_record_t *issued = npie_issuance_by_folio(log, folio);
    npie_bytes_t der = { NULL, 0 };
    npie_bytes_t right = certificate_of(folio, p);

    assert_non_null(issued);
    assert_ptr_equal(npie_issuance_by_key(log, digest_of('b', folio, p)),
                     issued);
    assert_string_equal(issued->old_spki, digest_of('a', folio, p));
    assert_int_equal(npie_issuance_certificate(&der, log, issued, NULL, p),
                     APR_SUCCESS);
    assert_int_equal(der.len, right.len);
    assert_memory_equal(der.data, right.data, right.len);
}

static npie_issuance_t *opened(const char *path, apr_pool_t *p)
{
    npie_issuance_t *log = NULL;
    npie_err_t err = { 0, NPIE_P_NONE, "" };

    if (npie_issuance_open(&log, path, &err, p) != APR_SUCCESS) {
        fail_msg("%s", err.detail);
    }
    return log;
}

/* A log of three records, closed. */
static const char *three(apr_pool_t *p)
{
    const char *path = new_path(p);
    apr_pool_t *sub;
    npie_issuance_t *log;

    apr_pool_create(&sub, p);
    log = opened(path, sub);
    for (int folio = 11; folio <= 13; folio++) {
        assert_int_equal(append(log, folio, NULL, sub), APR_SUCCESS);
    }
    apr_pool_destroy(sub);
    return path;
}

static apr_off_t size_of(const char *path)
{
    struct stat st;

    assert_int_equal(stat(path, &st), 0);
    return st.st_size;
}

static void overwrite(const char *path, apr_off_t at, const char *text)
{
    int fd = open(path, O_WRONLY);

    assert_int_equal(pwrite(fd, text, strlen(text), at), strlen(text));
    close(fd);
}

/* Where line n begins; the header is line 1. */
static apr_off_t line_at(const char *path, int n, apr_pool_t *p)
{
    apr_size_t len = (apr_size_t)size_of(path);
    char *data = apr_pcalloc(p, len + 1);
    char *at = data;
    int fd = open(path, O_RDONLY);

    assert_int_equal(read(fd, data, len), len);
    close(fd);
    while (--n > 0) {
        at = strchr(at, '\n') + 1;
    }
    return at - data;
}

/* Opening and checking fail, and say where and why. */
static void refused(const char *path, const char *line, const char *why,
                    apr_pool_t *p)
{
    npie_issuance_t *log = NULL;
    npie_err_t err = { 0, NPIE_P_NONE, "" };
    const char *where = apr_pstrcat(p, path, line, NULL);
    apr_off_t size = size_of(path);

    assert_int_equal(npie_issuance_check(path, &err, p), NPIE_ECONFIG);
    assert_non_null(strstr(err.detail, where));
    err.detail[0] = '\0';
    assert_int_equal(npie_issuance_open(&log, path, &err, p), NPIE_ECONFIG);
    assert_null(log);
    assert_non_null(strstr(err.detail, where));
    assert_non_null(strstr(err.detail, why));
    assert_int_equal(size_of(path), size);
}

static void test_append_and_reopen(void **state)
{
    apr_pool_t *p = *state;
    const char *path = new_path(p);
    apr_pool_t *first;
    npie_issuance_t *log;

    assert_int_equal(npie_issuance_check(path, NULL, p), APR_SUCCESS);
    apr_pool_create(&first, p);
    log = opened(path, first);
    assert_null(npie_issuance_by_folio(log, 1));
    for (int folio = 1; folio <= 200; folio++) {
        assert_int_equal(append(log, folio, NULL, p), APR_SUCCESS);
        holds(log, folio, p);
    }
    apr_pool_destroy(first);
    log = opened(path, p);
    assert_int_equal(npie_issuance_count(log), 200);
    assert_null(npie_issuance_repaired(log));
    for (int folio = 1; folio <= 200; folio++) {
        holds(log, folio, p);
    }
    assert_null(npie_issuance_by_folio(log, 201));
    assert_null(npie_issuance_by_key(log, digest_of('b', 201, p)));
    assert_ptr_equal(npie_issuance_by_key(log, digest_of('a', 1, p)),
                     npie_issuance_by_folio(log, 1));
    assert_int_equal(append(log, 201, NULL, p), APR_SUCCESS);
    assert_int_equal(npie_issuance_check(path, NULL, p), APR_SUCCESS);
}

/* Cut at every place of its last line, the log opens with what was whole, and
 * takes the record again. */
static void test_torn(void **state)
{
    apr_pool_t *p = *state;
    apr_off_t from = line_at(three(p), 4, p);
    apr_off_t step = 1;
    const char *path = three(p);
    apr_off_t size = size_of(path);

    for (apr_off_t cut = from; cut < size; cut += step) {
        apr_pool_t *sub;
        npie_issuance_t *log;
        int whole = cut == size - 1;

        apr_pool_create(&sub, p);
        assert_int_equal(truncate(path, cut), 0);
        assert_int_equal(npie_issuance_check(path, NULL, sub), APR_SUCCESS);
        log = opened(path, sub);
        assert_int_equal(npie_issuance_count(log), whole ? 3 : 2);
        assert_int_equal(npie_issuance_repaired(log) != NULL, cut != from);
        assert_int_equal(npie_issuance_by_folio(log, 13) != NULL, whole);
        holds(log, 12, sub);
        if (!whole) {
            assert_int_equal(append(log, 13, NULL, sub), APR_SUCCESS);
        }
        holds(log, 13, sub);
        assert_int_equal(size_of(path), size);
        apr_pool_destroy(sub);
        step = cut > from + 100 && cut < size - 120 ? 17 : 1;
    }
}

/* A crash at the very first start. */
static void test_torn_header(void **state)
{
    apr_pool_t *p = *state;
    const char *path = three(p);
    apr_off_t header = line_at(path, 2, p);

    for (apr_off_t cut = 0; cut < header; cut++) {
        apr_pool_t *sub;
        npie_issuance_t *log;

        apr_pool_create(&sub, p);
        assert_int_equal(truncate(path, cut), 0);
        log = opened(path, sub);
        assert_int_equal(npie_issuance_count(log), 0);
        assert_int_equal(size_of(path), header);
        apr_pool_destroy(sub);
    }
}

static void test_damaged(void **state)
{
    apr_pool_t *p = *state;
    const char *path = three(p);
    apr_off_t second = line_at(path, 3, p);
    apr_off_t third = line_at(path, 4, p);

    /* A character of the certificate, of the folio, of the checksum. */
    overwrite(path, second + 400, "=");
    refused(path, ":3:", "checksum", p);
    path = three(p);
    overwrite(path, second + 23, "7");
    refused(path, ":3:", "checksum", p);
    path = three(p);
    overwrite(path, third - 5, "x");
    refused(path, ":3:", "digest", p);
    path = three(p);
    overwrite(path, second + 400, " ");
    refused(path, ":3:", "fields", p);
    /* A last line with its end was answered: it is not torn. */
    path = three(p);
    overwrite(path, third + 400, "=");
    refused(path, ":4:", "checksum", p);
    path = three(p);
    overwrite(path, 0, "N");
    refused(path, ":1:", "no issuance log", p);
}

/* A record taken out, though every line left is whole. */
static void test_missing_record(void **state)
{
    apr_pool_t *p = *state;
    const char *path = three(p);
    apr_off_t second = line_at(path, 3, p);
    apr_off_t third = line_at(path, 4, p);
    apr_size_t len = (apr_size_t)(size_of(path) - third);
    char *last = apr_pcalloc(p, len + 1);
    int fd = open(path, O_RDWR);

    assert_int_equal(pread(fd, last, len, third), len);
    assert_int_equal(ftruncate(fd, second), 0);
    assert_int_equal(pwrite(fd, last, len, second), len);
    close(fd);
    refused(path, ":3:", "taken out", p);
}

static void test_other_files(void **state)
{
    apr_pool_t *p = *state;
    const char *path = three(p);
    const char *link_path = new_path(p);
    int fd = open(path, O_WRONLY | O_TRUNC);

    assert_int_equal(write(fd, "root:x:0:0\n", 11), 11);
    close(fd);
    refused(path, ":1:", "no issuance log", p);
    /* Without a line end it is not taken for a torn header either. */
    assert_int_equal(truncate(path, 4), 0);
    {
        npie_issuance_t *log = NULL;
        npie_err_t err = { 0, NPIE_P_NONE, "" };

        assert_int_equal(npie_issuance_open(&log, path, &err, p),
                         NPIE_ECONFIG);
        assert_int_equal(size_of(path), 4);
    }
    path = three(p);
    assert_int_equal(chmod(path, 0620), 0);
    refused(path, ":", "only its owner", p);
    assert_int_equal(chmod(path, 0600), 0);
    assert_int_equal(symlink(path, link_path), 0);
    {
        npie_issuance_t *log = NULL;
        npie_err_t err = { 0, NPIE_P_NONE, "" };

        assert_int_equal(npie_issuance_open(&log, link_path, &err, p),
                         NPIE_ECONFIG);
        assert_null(log);
    }
}

/* A record that does not fit on the disk leaves nothing behind, and the next
 * one that does is taken. The limit of a file's size stands for the disk. */
static void test_full_disk(void **state)
{
    apr_pool_t *p = *state;
    const char *path = three(p);
    npie_issuance_t *log = opened(path, p);
    apr_off_t size = size_of(path);
    npie_err_t err = { 0, NPIE_P_NONE, "" };
    struct rlimit limit;
    rlim_t before;

    signal(SIGXFSZ, SIG_IGN);
    assert_int_equal(getrlimit(RLIMIT_FSIZE, &limit), 0);
    before = limit.rlim_cur;
    limit.rlim_cur = (rlim_t)size + 300;
    assert_int_equal(setrlimit(RLIMIT_FSIZE, &limit), 0);
    assert_int_equal(append(log, 14, &err, p), NPIE_EINTERNAL);
    limit.rlim_cur = before;
    assert_int_equal(setrlimit(RLIMIT_FSIZE, &limit), 0);
    assert_non_null(strstr(err.detail, path));
    assert_int_equal(size_of(path), size);
    assert_null(npie_issuance_by_folio(log, 14));
    assert_int_equal(npie_issuance_broken(log), 0);
    assert_int_equal(append(log, 15, NULL, p), APR_SUCCESS);
    holds(log, 15, p);
    assert_int_equal(npie_issuance_check(path, NULL, p), APR_SUCCESS);
}

/* The file is changed under a running signer: it says so, and hands out
 * nothing. */
static void test_changed_while_open(void **state)
{
    apr_pool_t *p = *state;
    const char *path = three(p);
    npie_issuance_t *log = opened(path, p);
    npie_bytes_t der = { NULL, 0 };

    overwrite(path, line_at(path, 3, p) + 400, "AAAA");
    assert_int_equal(npie_issuance_certificate(&der, log,
                         npie_issuance_by_folio(log, 12), NULL, p),
                     NPIE_EINTERNAL);
    holds(log, 11, p);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        pool_test(test_append_and_reopen),
        pool_test(test_torn),
        pool_test(test_torn_header),
        pool_test(test_damaged),
        pool_test(test_missing_record),
        pool_test(test_other_files),
        pool_test(test_full_disk),
        pool_test(test_changed_while_open),
    };

    apr_initialize();
    atexit(apr_terminate);
    for (int i = 0; i < SAMPLE_SIZE; i++) {
        sample[i] = (unsigned char)(i * 7);
    }
    return cmocka_run_group_tests(tests, NULL, NULL);
}
