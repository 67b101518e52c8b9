/* SPDX-License-Identifier: Apache-2.0
 * base/file.h: files and pipes read whole.
 */
#include "unit/unit.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <unistd.h>

#include <apr_strings.h>

#include "base/file.h"

/* A new file with so many bytes. */
static char *file_of(apr_size_t len, apr_pool_t *p)
{
    char *path = apr_pstrdup(p, "/tmp/npie-file-XXXXXX");
    char *bytes = memset(apr_palloc(p, len + 1), 'x', len + 1);
    int fd = mkstemp(path);

    assert_true(fd >= 0);
    assert_int_equal(write(fd, bytes, len), len);
    close(fd);
    return path;
}

static void test_files(void **state)
{
    static const apr_size_t sizes[] = { 0, 1, 65535, 65536, 65537, 300000 };
    npie_bytes_t bytes;

    for (size_t i = 0; i < sizeof(sizes) / sizeof(sizes[0]); ++i) {
        const char *path = file_of(sizes[i], *state);

        assert_int_equal(npie_file_read(&bytes, path, sizes[i], *state), 0);
        assert_int_equal(bytes.len, sizes[i]);
        assert_int_equal(bytes.data[bytes.len], '\0');
        if (sizes[i] > 0) {
            assert_int_equal(bytes.data[bytes.len - 1], 'x');
            assert_int_equal(npie_file_read(&bytes, path, sizes[i] - 1,
                                            *state), APR_ENOSPC);
        }
        unlink(path);
    }
    bytes.len = 1;
    assert_int_equal(npie_file_read(&bytes, "/nowhere/at/all", 9, *state),
                     ENOENT);
    assert_null(bytes.data);
    assert_int_equal(bytes.len, 0);
    assert_int_equal(npie_file_read(&bytes, "/", 9, *state), EISDIR);
    assert_int_equal(npie_file_read(&bytes, "/dev/zero", 100000, *state),
                     APR_ENOSPC);
    /* A file whose size is not told beforehand. */
    assert_int_equal(npie_file_read(&bytes, "/proc/self/status", 100000,
                                    *state), 0);
    assert_true(bytes.len > 100);
}

static void test_pipes(void **state)
{
    npie_bytes_t bytes;
    int ends[2];

    assert_int_equal(pipe(ends), 0);
    assert_int_equal(write(ends[1], "uno", 3), 3);
    close(ends[1]);
    assert_int_equal(npie_file_read_fd(&bytes, ends[0], 3, *state), 0);
    assert_int_equal(bytes.len, 3);
    assert_string_equal((const char *)bytes.data, "uno");
    close(ends[0]);
    assert_int_equal(npie_file_read_fd(&bytes, ends[0], 3, *state), EBADF);
}

static void test_words(void **state)
{
    assert_string_equal(npie_file_why(APR_ENOSPC, 9, *state),
                        "longer than 9 bytes");
    assert_non_null(strstr(npie_file_why(ENOENT, 9, *state), "No such file"));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        pool_test(test_files), pool_test(test_pipes), pool_test(test_words),
    };

    apr_initialize();
    atexit(apr_terminate);
    return cmocka_run_group_tests(tests, NULL, NULL);
}
