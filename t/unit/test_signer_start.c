/* SPDX-License-Identifier: Apache-2.0
 * How npie-signer starts: what it gives up, what it refuses, and whom.
 */
#include "unit/signer_fixture.h"
#include "unit/forge.h"

#include <errno.h>
#include <fcntl.h>
#include <pwd.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/file.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

#include <apr_strings.h>
#include <apr_time.h>
#include <openssl/pem.h>

#include "signer/sandbox.h"

#define CANNOT_START 254

/* The authority's key under a passphrase. */
static void write_encrypted(const fixture_ca_t *ca, const char *path)
{
    FILE *out = fopen(path, "w");

    assert_non_null(out);
    assert_int_equal(PEM_write_PKCS8PrivateKey(out, ca->id->key,
                                               EVP_aes_128_cbc(), "prueba", 6,
                                               NULL, NULL), 1);
    fclose(out);
    assert_int_equal(chmod(path, 0400), 0);
}

static const char *in_dir(const fixture_signer_t *signer, const char *name)
{
    return apr_pstrcat(signer->p, signer->dir, "/", name, NULL);
}

/* Runs it with these arguments to its end; returns the exit code. */
static int run(const fixture_signer_t *signer, const char *flag,
               const char *value)
{
    pid_t pid = fork();
    int status;

    assert_true(pid >= 0);
    if (pid == 0) {
        int said = open(signer->said, O_WRONLY | O_CREAT | O_TRUNC, 0644);

        dup2(said, STDERR_FILENO);
        dup2(open("/dev/null", O_RDWR), STDIN_FILENO);
        execl(NPIE_BUILD "/npie-signer", "npie-signer", "-f", signer->conf,
              flag, value, (char *)NULL);
        _exit(127);
    }
    assert_int_equal(waitpid(pid, &status, 0), pid);
    assert_true(WIFEXITED(status));
    return WEXITSTATUS(status);
}

/* The check and the start both refuse, and say why. */
static void refuses(fixture_signer_t *signer, const char *why)
{
    assert_int_equal(run(signer, "-t", NULL), CANNOT_START);
    if (!fixture_said(signer, why, signer->p)) {
        fail_msg("not \"%s\" but %s", why,
                 (const char *)fixture_read(signer->said, signer->p).data);
    }
    fixture_signer_start(signer);
    assert_int_equal(WEXITSTATUS(fixture_signer_wait(signer)), CANNOT_START);
    assert_true(fixture_said(signer, apr_pstrcat(signer->p, "cannot start",
                                                 NULL), signer->p));
}

static fixture_signer_t *fresh(const char *more, apr_pool_t *p)
{
    return fixture_signer(fixture_ca("Autoridad de Prueba", p), more, p);
}

/* A line of /proc/<pid>/status without its name, blanks cut. */
static const char *status_line(pid_t pid, const char *name, apr_pool_t *p)
{
    char *text = apr_pcalloc(p, 8192);
    int fd = open(apr_psprintf(p, "/proc/%ld/status", (long)pid), O_RDONLY);
    char *at;
    char *end;

    assert_true(read(fd, text, 8191) > 0);
    close(fd);
    at = strstr(text, apr_pstrcat(p, "\n", name, ":", NULL));
    assert_non_null(at);
    at += strlen(name) + 2;
    at += strspn(at, " \t");
    end = at + strcspn(at, "\n");
    while (end > at && (end[-1] == ' ' || end[-1] == '\t')) {
        end--;
    }
    return apr_pstrmemdup(p, at, (apr_size_t)(end - at));
}

/* What a descriptor of a process is open on; "" when it is not open. */
static const char *opened(pid_t pid, int fd, apr_pool_t *p)
{
    char *target = apr_pcalloc(p, 256);
    ssize_t n = readlink(apr_psprintf(p, "/proc/%ld/fd/%d", (long)pid, fd),
                         target, 255);

    return n > 0 ? target : "";
}

static void test_given_up(void **state)
{
    apr_pool_t *p = *state;
    fixture_signer_t *signer = fresh("", p);
    const struct passwd *nobody = getpwnam("nobody");
    int stray = open("/dev/null", O_RDONLY);

    /* Something the parent left open, as httpd does. */
    assert_int_equal(fcntl(stray, F_SETFD, 0), 0);
    fixture_signer_start(signer);
    fixture_alive(signer, 0);
    assert_int_equal(fixture_said(signer, "Sandbox is off", p),
                     !fixture_filters());
    assert_string_equal(status_line(signer->pid, "NoNewPrivs", p), "1");
    assert_string_equal(status_line(signer->pid, "Seccomp", p),
                        fixture_filters() ? "2" : "0");
    if (geteuid() == 0) {
        const char *uid = apr_psprintf(p, "%ld", (long)nobody->pw_uid);
        const char *gid = apr_psprintf(p, "%ld", (long)nobody->pw_gid);

        assert_string_equal(status_line(signer->pid, "Uid", p),
                            apr_pstrcat(p, uid, "\t", uid, "\t", uid, "\t",
                                        uid, NULL));
        assert_string_equal(status_line(signer->pid, "Gid", p),
                            apr_pstrcat(p, gid, "\t", gid, "\t", gid, "\t",
                                        gid, NULL));
        assert_string_equal(status_line(signer->pid, "Groups", p), "");
        assert_string_equal(status_line(signer->pid, "CapEff", p),
                            "0000000000000000");
        /* Only root may look: from 3 up the anchor is open, the pair of
         * npie-ledger, and perhaps still
         * the connection that has just been closed. */
        assert_string_equal(opened(getpid(), stray, p), "/dev/null");
        for (int fd = 3; fd < 64; fd++) {
            const char *target = opened(signer->pid, fd, p);

            if (*target != '\0' && strncmp(target, "socket:", 7) != 0) {
                assert_string_equal(target, apr_pstrcat(
                    p, signer->state, "/ledger.anchor", NULL));
            }
        }
    }
    close(stray);
}

/* The filter itself: a call on the list goes through, others end it. */
static void test_filter(void **state)
{
    int confined = 0;
    int status;
    pid_t pid;

    (void)state;
    if (!fixture_filters() || getenv("NPIE_VALGRIND") != NULL) {
        print_message("no filter in this run: see fixture_filters(); nor can "
                      "valgrind have one\n");
        skip();
    }
    pid = fork();
    if (pid == 0) {
        npie_sandbox_enter(&confined, 0, NULL);
        _exit(confined ? 7 : 8);
    }
    assert_int_equal(waitpid(pid, &status, 0), pid);
    assert_true(WIFEXITED(status));
    assert_int_equal(WEXITSTATUS(status), 7);
    for (int i = 0; i < 4; i++) {
        pid = fork();
        if (pid == 0) {
            npie_sandbox_enter(&confined, 0, NULL);
            switch (i) {
            case 0:
                open("/etc/passwd", O_RDONLY);
                break;
            case 1:
                socket(AF_UNIX, SOCK_STREAM, 0);
                break;
            case 2:
                execl("/bin/true", "true", (char *)NULL);
                break;
            default:
                kill(getppid(), 0);
            }
            _exit(9);
        }
        assert_int_equal(waitpid(pid, &status, 0), pid);
        assert_true(WIFSIGNALED(status));
        assert_int_equal(WTERMSIG(status), SIGSYS);
    }
}

static void test_key_file(void **state)
{
    apr_pool_t *p = *state;
    fixture_ca_t *ca = fixture_ca("Autoridad de Prueba", p);
    fixture_signer_t *signer = fixture_signer(ca, "", p);
    const char *key = in_dir(signer, "ca.key");
    npie_bytes_t pem = fixture_read(key, p);
    npie_bytes_t certificate = fixture_read(in_dir(signer, "ca.crt"), p);

    assert_int_equal(run(signer, "-t", NULL), 0);
    assert_int_equal(chmod(key, 0440), 0);
    refuses(signer, "chmod 0400");
    assert_int_equal(chmod(key, 0404), 0);
    refuses(signer, "chmod 0400");
    assert_int_equal(unlink(key), 0);
    refuses(signer, strerror(ENOENT));
    fixture_write(key, certificate, 0400);
    refuses(signer, "no private key");
    assert_int_equal(unlink(key), 0);
    fixture_write(key, pem, 0600);
    assert_int_equal(run(signer, "-t", NULL), 0);
    if (geteuid() == 0) {
        assert_int_equal(chown(key, 12345, 12345), 0);
        refuses(signer, "belong to root");
    }
    assert_int_equal(unlink(key), 0);
    write_encrypted(ca, key);
    refuses(signer, "passphrase");
    assert_int_equal(unlink(key), 0);
    assert_int_equal(mkdir(key, 0700), 0);
    refuses(signer, "plain file");
    assert_int_equal(rmdir(key), 0);
    assert_int_equal(mkfifo(key, 0400), 0);
    refuses(signer, "plain file");
    assert_int_equal(unlink(key), 0);
    fixture_write(key, pem, 0400);
    /* The files changed places; then another authority's key. */
    fixture_write(in_dir(signer, "ca.crt"), pem, 0644);
    refuses(signer, "no certificate");
    fixture_write(in_dir(signer, "ca.crt"), certificate, 0644);
    assert_int_equal(unlink(key), 0);
    fixture_write(key, fixture_read(in_dir(fresh("", p), "ca.key"), p), 0400);
    refuses(signer, "match");
}

/* What hangs behind the first certificate of a file is handed out too: it is
 * read as strictly. */
static void test_chain_file(void **state)
{
    static const forge_t negative = { .common_name = "Raíz", .serial = "-1",
                                      .extensions = FORGE_CA };
    apr_pool_t *p = *state;
    fixture_signer_t *signer = fresh("", p);
    const char *file = in_dir(signer, "ca.crt");
    identity_t *root = identity_key("P-256", p);
    BIO *bio = BIO_new(BIO_s_mem());
    char *pem = NULL;
    long len;

    forge_certificate(root, &negative, p);
    assert_int_equal(PEM_write_bio_X509(bio, root->x509), 1);
    len = BIO_get_mem_data(bio, &pem);
    assert_int_equal(run(signer, "-t", NULL), 0);
    fixture_write(file, unit_bytes(apr_psprintf(p, "%s%.*s",
                  (const char *)fixture_read(file, p).data, (int)len, pem)),
                  0644);
    BIO_free(bio);
    refuses(signer, "Certificate");
    refuses(signer, "serial");
}

static void test_configuration(void **state)
{
    static const struct {
        const char *line;
        const char *why;
    } lines[] = {
        { "Nothing x\n", "no such key" },
        { "Rate\n", "a value is missing" },
        { "Rate 600\n", "a rate is" },
        { "Rate 0 1m\n", "a rate is" },
        { "Rate 600 1x\n", "a rate is" },
        { "CertificateValidity 6 months\n", "months are" },
        { "CertificateValidity 0\n", "months are" },
        { "LetterMaxAge 10\n", "a time is" },
        { "OldKeyMinBits 512\n", "bits are" },
        { "NewKeys rsa:1024\n", "kinds of keys" },
        { "NewKeys ed25519\n", "kinds of keys" },
        { "CRLURL https://pki.example/crl\n", "http://" },
        { "Policy twelve\n", "object identifier" },
        { "Trust ca.crt\n", "absolute" },
        { "Trust /nowhere/ca.crt\n", "/nowhere/ca.crt" },
        { "TrustCRL ca.crl\n", "absolute" },
        { "TrustCRL /nowhere/ca.crl\n", "/nowhere/ca.crl" },
        { "Sandbox maybe\n", "on or off" },
        { "PeerUser nobody-by-this-name\n", "no such user" },
        { "User root\n", "second time" },
        { "State /tmp/other\n", "second time" },
        { "IssuanceLog here\n", "must be absolute" },
        { "CRLURL http://pki.example/a b\n", "without blanks" },
    };
    apr_pool_t *p = *state;

    for (size_t i = 0; i < sizeof(lines) / sizeof(lines[0]); i++) {
        fixture_signer_t *signer = fresh(lines[i].line, p);

        refuses(signer, lines[i].why);
    }
    refuses(fresh(apr_psprintf(p, "Policy %03000d.1\n", 1), p), "too long");
    assert_int_equal(run(fresh("# nothing\n\n  Rate   5\t10s  \n"
                               "LetterMaxAge \"2d\"\nOldKeyMinBits 2048\n"
                               "NewKeys rsa:3072 p384\tp256\n", p), "-t",
                         NULL), 0);
}

static void test_missing_keys(void **state)
{
    apr_pool_t *p = *state;
    fixture_signer_t *signer = fresh("", p);
    npie_bytes_t whole = fixture_read(signer->conf, p);
    static const char *const names[] = {
        "Key", "Certificate", "PeerUser"
    };

    for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
        char *text = apr_pstrmemdup(p, (const char *)whole.data, whole.len);
        char *at = strstr(text, apr_pstrcat(p, "\n", names[i], " ", NULL));

        assert_non_null(at);
        at[1] = '#';
        fixture_write(signer->conf, unit_bytes(text), 0644);
        refuses(signer, apr_pstrcat(p, names[i], " is missing", NULL));
    }
    if (geteuid() == 0) {
        char *text = apr_pstrmemdup(p, (const char *)whole.data, whole.len);

        memcpy(strstr(text, "User nobody"), "User root  ", 11);
        fixture_write(signer->conf, unit_bytes(text), 0644);
        refuses(signer, "does not serve as root");
        memcpy(strstr(text, "User root  "), "#          ", 11);
        fixture_write(signer->conf, unit_bytes(text), 0644);
        refuses(signer, "User is missing");
    }
    unlink(signer->conf);
    refuses(signer, "signer.conf");
}

/* Without a listening socket, and with arguments it does not know. */
static void test_descriptor(void **state)
{
    apr_pool_t *p = *state;
    fixture_signer_t *signer = fresh("", p);

    assert_int_equal(run(signer, NULL, NULL), CANNOT_START);
    assert_true(fixture_said(signer, "no listening unix socket", p));
    assert_int_equal(run(signer, "-x", NULL), CANNOT_START);
    assert_int_equal(run(signer, "surplus", NULL), CANNOT_START);
    assert_true(fixture_said(signer, "usage", p));
}

/* Starts it on a socket of its own. */
static void start_at(fixture_signer_t *signer, const char *path)
{
    pid_t pid = fork();

    assert_true(pid >= 0);
    if (pid == 0) {
        int said = open(signer->said, O_WRONLY | O_CREAT | O_APPEND, 0644);

        dup2(said, STDERR_FILENO);
        execl(NPIE_BUILD "/npie-signer", "npie-signer", "-f", signer->conf,
              "-s", path, (char *)NULL);
        _exit(127);
    }
    signer->pid = pid;
    signer->client.path = path;
}

static void test_own_socket(void **state)
{
    apr_pool_t *p = *state;
    fixture_signer_t *signer = fresh("", p);
    fixture_signer_t *second = fresh("", p);
    const char *path = in_dir(signer, "own");
    struct stat st;

    if (geteuid() != 0) {
        assert_int_equal(chmod(signer->dir, 0700), 0);
    }
    start_at(signer, path);
    fixture_alive(signer, 0);
    assert_int_equal(stat(path, &st), 0);
    assert_true(S_ISSOCK(st.st_mode));
    assert_int_equal(st.st_mode & 0777, 0660);
    /* A living one is left alone. */
    assert_int_equal(run(second, "-s", path), CANNOT_START);
    assert_true(fixture_said(second, "a signer is serving there", p));
    fixture_alive(signer, 0);
    /* One that was left behind is not in the way. */
    assert_true(WIFSIGNALED(fixture_signer_stop(signer, SIGKILL)));
    start_at(signer, path);
    fixture_alive(signer, 0);
    fixture_signer_stop(signer, SIGKILL);
    /* A file is. */
    unlink(path);
    fixture_write(path, unit_bytes("of somebody"), 0644);
    assert_int_equal(run(second, "-s", path), CANNOT_START);
    assert_true(fixture_said(second, "no socket", p));
    assert_int_equal(stat(path, &st), 0);
}

/* Only PeerUser is answered: not root, not the signer's own user. */
static void test_peer(void **state)
{
    apr_pool_t *p = *state;
    const struct passwd *other = getpwnam(geteuid() == 0 ? "nobody" : "root");
    fixture_signer_t *signer = fresh(apr_psprintf(p, "PeerUser %s\n",
                                                  other->pw_name), p);
    npie_signer_state_t told;
    npie_err_t err = { 0, NPIE_P_NONE, "" };

    fixture_signer_start(signer);
    assert_int_equal(npie_signer_ping(&told, &signer->client, &err, p),
                     NPIE_EBACKEND);
    assert_true(fixture_said(signer, "refused a peer", p));
    if (geteuid() == 0) {
        pid_t pid = fork();
        int status;

        if (pid == 0) {
            _exit(setuid(other->pw_uid) == 0
                  && npie_signer_ping(&told, &signer->client, NULL, p)
                     == APR_SUCCESS ? 0 : 1);
        }
        assert_int_equal(waitpid(pid, &status, 0), pid);
        assert_int_equal(status, 0);
        /* And the other way round. */
        fixture_signer_stop(signer, SIGKILL);
        signer = fresh("", p);
        fixture_signer_start(signer);
        fixture_alive(signer, 0);
        pid = fork();
        if (pid == 0) {
            _exit(setuid(other->pw_uid) == 0
                  && npie_signer_ping(&told, &signer->client, NULL, p)
                     == NPIE_EBACKEND ? 0 : 1);
        }
        assert_int_equal(waitpid(pid, &status, 0), pid);
        assert_int_equal(status, 0);
        assert_true(fixture_said(signer, "refused a peer", p));
    }
}

/* A parent that is killed leaves no signer behind. */
static void test_parent_gone(void **state)
{
    apr_pool_t *p = *state;
    fixture_signer_t *signer = fresh("", p);
    npie_signer_state_t told = { .pid = 0 };
    pid_t parent = fork();
    int status;

    assert_true(parent >= 0);
    if (parent == 0) {
        fixture_signer_start(signer);
        pause();
    }
    assert_int_equal(npie_signer_ping(&told, &signer->client, NULL, p),
                     APR_SUCCESS);
    assert_true(told.pid > 0);
    kill(parent, SIGKILL);
    assert_int_equal(waitpid(parent, &status, 0), parent);
    for (int i = 0; i < 100 && !fixture_said(signer, "ended", p); i++) {
        apr_sleep(apr_time_from_msec(50));
    }
    assert_true(fixture_said(signer, "ended", p));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        pool_test(test_given_up),
        pool_test(test_filter),
        pool_test(test_key_file),
        pool_test(test_chain_file),
        pool_test(test_configuration),
        pool_test(test_missing_keys),
        pool_test(test_descriptor),
        pool_test(test_own_socket),
        pool_test(test_peer),
        pool_test(test_parent_gone),
    };

    apr_initialize();
    atexit(apr_terminate);
    return cmocka_run_group_tests(tests, NULL, NULL);
}
