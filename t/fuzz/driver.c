/* SPDX-License-Identifier: Apache-2.0
 * Runs a target.
 *
 *   fuzz_NAME            its corpus and seeds, then inputs changed from them,
 *                        for FUZZ_SECONDS (1 unless set)
 *   fuzz_NAME FOLDER...  every file below these folders; with FUZZ_SECONDS
 *                        changed ones too
 *
 * FUZZ_SEED is the first change's number (1 unless set). An input that ends
 * the program, or takes too long, is kept as t/fuzz/NAME.found in the build
 * tree. With NPIE_LIBFUZZER, libFuzzer has the main program; FUZZ_SEEDS=FOLDER
 * then writes the seeds there and ends.
 */
#include "fuzz/fuzz.h"

#include <dirent.h>
#include <fcntl.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include <apr_general.h>
#include <apr_strings.h>
#include <openssl/crypto.h>
#include <openssl/err.h>

#include "base/text.h"

/* Of processor time, for one input. Valgrind makes programs 50 times slower. */
#define SLOW_SECONDS 2
#define SLOW_VALGRIND 60
/* Of real time: an input that is never done with. */
#define HANG_SECONDS 120
#define PATH_SIZE 1024

int LLVMFuzzerInitialize(int *argc, char ***argv);
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static apr_pool_t *whole;
static char file_path[PATH_SIZE];

static void end(void)
{
    if (*file_path != '\0') {
        unlink(file_path);
    }
    apr_pool_destroy(whole);
    apr_terminate();
}

static void begin(void)
{
    apr_initialize();
    apr_pool_create(&whole, NULL);
    /* libcrypto's own end comes after ours. */
    OPENSSL_init_crypto(0, NULL);
    atexit(end);
    if (fuzz_target.begin != NULL) {
        fuzz_target.begin(whole);
    }
    ERR_clear_error();
}

void fuzz_need(int held, const char *what)
{
    if (!held) {
        printf("not ok - fuzz_%s: %s\n", fuzz_target.name, what);
        fflush(stdout);
        abort();
    }
}

void fuzz_need_clean(const char *text)
{
    fuzz_need(npie_text_is_clean(text, strlen(text)), "a text is not clean");
}

npie_bytes_t fuzz_bytes(const char *text)
{
    return (npie_bytes_t){ (const unsigned char *)text, strlen(text) };
}

char *fuzz_text(npie_bytes_t bytes, apr_pool_t *p)
{
    return apr_pstrndup(p, (const char *)bytes.data, bytes.len);
}

void fuzz_seed(apr_array_header_t *seeds, const char *lead,
               npie_bytes_t bytes)
{
    const apr_size_t before = strlen(lead);
    npie_bytes_t *seed = apr_array_push(seeds);
    unsigned char *data = apr_palloc(seeds->pool, before + bytes.len + 1);

    memcpy(data, lead, before);
    if (bytes.len > 0) {
        memcpy(data + before, bytes.data, bytes.len);
    }
    seed->data = data;
    seed->len = before + bytes.len;
}

void fuzz_seed_text(apr_array_header_t *seeds, const char *text)
{
    fuzz_seed(seeds, "", fuzz_bytes(text));
}

npie_bytes_t fuzz_der(unsigned char *der, int len, apr_pool_t *p)
{
    npie_bytes_t bytes = { NULL, 0 };

    if (len > 0) {
        bytes.data = apr_pmemdup(p, der, (apr_size_t)len);
        bytes.len = (apr_size_t)len;
    }
    OPENSSL_free(der);
    return bytes;
}

const char *fuzz_file(npie_bytes_t bytes)
{
    const char *folder = getenv("TMPDIR");
    int fd;

    if (*file_path == '\0') {
        snprintf(file_path, sizeof(file_path), "%s/npie-fuzz.%ld",
                 folder != NULL ? folder : "/tmp", (long)getpid());
    }
    fd = open(file_path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
    fuzz_need(fd >= 0 && write(fd, bytes.data, bytes.len)
              == (ssize_t)bytes.len && close(fd) == 0, file_path);
    return file_path;
}

/* Where there is a sanitizer. */
void __sanitizer_set_report_fd(void *) __attribute__((weak));
void __sanitizer_set_death_callback(void (*)(void)) __attribute__((weak));

void fuzz_hush(void)
{
#ifndef NPIE_LIBFUZZER /* which has -close_fd_mask for this */
    const int nowhere = open("/dev/null", O_WRONLY | O_CLOEXEC);

    if (__sanitizer_set_report_fd != NULL) {
        __sanitizer_set_report_fd((void *)(intptr_t)dup(STDERR_FILENO));
    }
    fuzz_need(nowhere >= 0 && dup2(nowhere, STDERR_FILENO) >= 0, "no null");
    close(nowhere);
#endif
}

npie_trust_t *fuzz_trust(apr_pool_t *p)
{
    npie_err_t err = { 0, NPIE_P_NONE, "no pool" };
    apr_array_header_t *files = apr_array_make(p, 1, sizeof(const char *));
    npie_trust_t *trust = NULL;

    APR_ARRAY_PUSH(files, const char *) =
        NPIE_TOP "/t/fuzz/pki-corpus/ca.pem";
    fuzz_need(npie_trust_load(&trust, files, &err, p) == APR_SUCCESS,
              err.detail);
    return trust;
}

/* In a block of just its size, so that a read past the end is seen. */
static int run(const uint8_t *data, size_t size)
{
    npie_bytes_t input = { data, size };
    apr_pool_t *p;
    int taken;

    apr_pool_create(&p, whole);
    taken = fuzz_target.run(input, p);
    apr_pool_destroy(p);
    fuzz_need(ERR_peek_error() == 0, "an error stays in libcrypto's queue");
    return taken;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    run(data, size);
    return 0;
}

/* Seeds, and the files of the corpus when libFuzzer does not read them. */
static apr_array_header_t *seeds_make(void)
{
    apr_array_header_t *seeds = apr_array_make(whole, 64,
                                               sizeof(npie_bytes_t));

    if (fuzz_target.seeds != NULL) {
        fuzz_target.seeds(seeds, whole);
        ERR_clear_error();
    }
    return seeds;
}

#ifdef NPIE_LIBFUZZER

size_t LLVMFuzzerMutate(uint8_t *data, size_t size, size_t max);
size_t LLVMFuzzerCustomMutator(uint8_t *data, size_t size, size_t max,
                               unsigned seed);

size_t LLVMFuzzerCustomMutator(uint8_t *data, size_t size, size_t max,
                               unsigned seed)
{
    return seed % 2 == 0 ? LLVMFuzzerMutate(data, size, max)
        : fuzz_mutate(data, size, max, fuzz_target.form, fuzz_target.lead,
                      seed);
}

static void seeds_write(const char *folder)
{
    const apr_array_header_t *seeds = seeds_make();

    for (int i = 0; i < seeds->nelts; ++i) {
        npie_bytes_t seed = APR_ARRAY_IDX(seeds, i, npie_bytes_t);
        FILE *out = fopen(apr_psprintf(whole, "%s/seed-%d", folder, i), "wb");

        fuzz_need(out != NULL, folder);
        fwrite(seed.data, 1, seed.len, out);
        fclose(out);
    }
}

int LLVMFuzzerInitialize(int *argc, char ***argv)
{
    const char *folder = getenv("FUZZ_SEEDS");

    (void)argc;
    (void)argv;
    begin();
    if (folder != NULL) {
        seeds_write(folder);
        exit(EXIT_SUCCESS);
    }
    return 0;
}

#else

/* What is being run, for the case that it is the last. */
static const uint8_t *now;
static size_t now_size;
static double slowest;
static long taken_count;

static void keep(void)
{
    static const char path[] = NPIE_BUILD "/t/fuzz/";
    static const char said[] = "the input is kept in the build tree: t/fuzz/";
    char name[PATH_SIZE];
    int fd;

    strcpy(name, path);
    strncat(name, fuzz_target.name, PATH_SIZE / 2);
    strcat(name, ".found");
    fd = open(name, O_WRONLY | O_CREAT | O_TRUNC, 0644);
    if (fd < 0 || write(fd, now, now_size) != (ssize_t)now_size
        || write(STDOUT_FILENO, said, sizeof(said) - 1) < 0
        || write(STDOUT_FILENO, name + sizeof(path) - 1,
                 strlen(name) - sizeof(path) + 1) < 0
        || write(STDOUT_FILENO, "\n", 1) < 0) {
        _exit(EXIT_FAILURE);
    }
}

static void on_signal(int number)
{
    signal(number, SIG_DFL);
    keep();
    raise(number);
}

static void watch(void)
{
    static const int numbers[] = { SIGABRT, SIGALRM, SIGSEGV, SIGBUS, SIGFPE,
                                   SIGILL };
    const int sanitized = __sanitizer_set_death_callback != NULL;

    if (sanitized) {
        __sanitizer_set_death_callback(keep);
    }
    for (size_t i = 0; i < (sanitized ? 2 : sizeof(numbers)
                            / sizeof(*numbers)); ++i) {
        signal(numbers[i], on_signal);
    }
}

static double seconds_of(clockid_t clock)
{
    struct timespec time;

    clock_gettime(clock, &time);
    return (double)time.tv_sec + (double)time.tv_nsec / 1e9;
}

static double slow_seconds(void)
{
    return getenv("NPIE_VALGRIND") != NULL ? SLOW_VALGRIND
        : fuzz_target.slow > 0 ? fuzz_target.slow : SLOW_SECONDS;
}

static void run_timed(const uint8_t *data, size_t size)
{
    const double began = seconds_of(CLOCK_PROCESS_CPUTIME_ID);
    double took;

    now = data;
    now_size = size;
    alarm(HANG_SECONDS);
    taken_count += run(data, size);
    took = seconds_of(CLOCK_PROCESS_CPUTIME_ID) - began;
    slowest = took > slowest ? took : slowest;
    if (took > slow_seconds()) {
        printf("not ok - fuzz_%s: %.1f s for one input\n", fuzz_target.name,
               took);
        fflush(stdout);
        abort();
    }
}

static void add_file(apr_array_header_t *inputs, const char *path,
                     apr_size_t size)
{
    npie_bytes_t *input;
    unsigned char *data;
    FILE *file;

    if (size > FUZZ_INPUT_MAX) {
        return;
    }
    file = fopen(path, "rb");
    data = apr_palloc(inputs->pool, size + 1);
    fuzz_need(file != NULL && fread(data, 1, size, file) == size, path);
    fclose(file);
    input = apr_array_push(inputs);
    input->data = data;
    input->len = size;
}

static void add_folder(apr_array_header_t *inputs, const char *folder)
{
    DIR *dir = opendir(folder);
    struct dirent *entry;

    fuzz_need(dir != NULL, folder);
    while ((entry = readdir(dir)) != NULL) {
        const char *path = apr_pstrcat(inputs->pool, folder, "/",
                                       entry->d_name, NULL);
        struct stat st;

        if (entry->d_name[0] == '.' || lstat(path, &st) != 0) {
            continue;
        }
        if (S_ISDIR(st.st_mode)) {
            add_folder(inputs, path);
        }
        else if (S_ISREG(st.st_mode)) {
            add_file(inputs, path, (apr_size_t)st.st_size);
        }
    }
    closedir(dir);
}

static void replay(const apr_array_header_t *inputs)
{
    for (int i = 0; i < inputs->nelts; ++i) {
        npie_bytes_t input = APR_ARRAY_IDX(inputs, i, npie_bytes_t);
        uint8_t *exact = malloc(input.len > 0 ? input.len : 1);

        memcpy(exact, input.data, input.len);
        run_timed(exact, input.len);
        free(exact);
    }
}

/* Changes inputs until the time is over. Returns how many. */
static long search(const apr_array_header_t *inputs, double seconds)
{
    static uint8_t room[FUZZ_INPUT_MAX];
    const char *given = getenv("FUZZ_SEED");
    uint64_t seed = given != NULL ? strtoull(given, NULL, 10) : 1;
    const double began = seconds_of(CLOCK_MONOTONIC);
    long count = 0;

    while (seconds_of(CLOCK_MONOTONIC) - began < seconds) {
        fuzz_random_t random;
        npie_bytes_t input;
        uint8_t *exact;
        size_t size;

        fuzz_random_init(&random, ~seed);
        input = APR_ARRAY_IDX(inputs, (int)fuzz_random_below(&random,
                              (size_t)inputs->nelts), npie_bytes_t);
        memcpy(room, input.data, input.len);
        size = fuzz_mutate(room, input.len, sizeof(room), fuzz_target.form,
                           fuzz_target.lead, seed++);
        exact = malloc(size > 0 ? size : 1);
        memcpy(exact, room, size);
        run_timed(exact, size);
        free(exact);
        ++count;
    }
    return count;
}

static double seconds_given(int folders)
{
    const char *given = getenv("FUZZ_SECONDS");

    return given != NULL ? atof(given)
        : folders || getenv("NPIE_VALGRIND") != NULL ? 0 : 1;
}

int main(int argc, char **argv)
{
    apr_array_header_t *inputs;
    long count = 0, taken;
    double seconds = seconds_given(argc > 1);

    begin();
    watch();
    inputs = argc > 1 ? apr_array_make(whole, 64, sizeof(npie_bytes_t))
                      : seeds_make();
    for (int i = 1; i < argc; ++i) {
        add_folder(inputs, argv[i]);
    }
    if (argc == 1 && fuzz_target.corpus != NULL) {
        add_folder(inputs, apr_pstrcat(whole, NPIE_TOP "/t/fuzz/",
                                       fuzz_target.corpus, "-corpus", NULL));
    }
    fuzz_need(inputs->nelts > 0, "there is nothing to run");
    replay(inputs);
    printf("ok 1 - fuzz_%s: %d files and seeds, %ld taken, slowest %.3f s\n",
           fuzz_target.name, inputs->nelts, taken_count, slowest);
    taken = taken_count;
    if (seconds > 0) {
        count = search(inputs, seconds);
    }
    printf("ok 2 - fuzz_%s: %ld changed, %ld taken, slowest %.3f s\n1..2\n",
           fuzz_target.name, count, taken_count - taken, slowest);
    return EXIT_SUCCESS;
}

#endif
