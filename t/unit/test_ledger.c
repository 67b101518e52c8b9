/* SPDX-License-Identifier: Apache-2.0
 * The ledger between two signers that share it, an attacker who has its
 * process or its database, and a disk that lost something.
 */
#include "unit/ledger_scene.h"

#include <fcntl.h>
#include <pwd.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <apr_strings.h>

#include "ledger/cage.h"
#include "ledger/chain.h"
#include "ledger/ask.h"

static void sql(const fixture_signer_t *signer, const char *text,
                apr_pool_t *p)
{
    assert_int_equal(system(apr_psprintf(p, "sqlite3 -cmd '.timeout 9000' "
                                         "%s \"%s\"", signer->ledger, text)), 0);
}

/* The database's administrator, whom no trigger stops. */
static void force(const fixture_signer_t *signer, const char *text,
                  apr_pool_t *p)
{
    sql(signer, apr_pstrcat(p, "DROP TRIGGER entry_stays_u; DROP TRIGGER "
                            "entry_stays_d; DROP TRIGGER mark_stays_d; DROP "
                            "TRIGGER mark_stays_u;", text, NULL), p);
}

static apr_status_t ping(const fixture_signer_t *signer, npie_err_t *err,
                         apr_pool_t *p)
{
    npie_signer_state_t told;

    return npie_signer_ping(&told, &signer->client, err, p);
}

static void test_two(void **state)
{
    apr_pool_t *p = *state;
    fixture_ca_t *ca = fixture_ca("Autoridad", p);
    fixture_signer_t *a = fixture_signer(ca, "", p);

    ledger_two(ca, a, ledger_second(ca, a, p), p);
}

/* Who holds the process that keeps the ledger has no key of a signer: what he
 * adds is found out, and nothing goes on behind it. */
static void test_thief(void **state)
{
    apr_pool_t *p = *state;
    fixture_ca_t *ca = fixture_ca("Autoridad", p);
    fixture_signer_t *signer = fixture_signer(ca, "", p);
    fixture_employer_t *employer = fixture_expired(ca, p);
    apr_array_header_t *marks = apr_array_make(p, 1, sizeof(npie_ledger_mark_t));
    npie_ledger_ask_t *thief;
    npie_ledger_row_t last;
    npie_entry_t *entry;
    npie_bytes_t cert;
    char *forged, digest[NPIE_SHA256_HEX_SIZE];
    npie_err_t err = { 0, NPIE_P_NONE, "" };

    fixture_signer_start(signer);
    assert_int_equal(ledger_revoke(signer, employer->cert, &err, p), APR_SUCCESS);
    thief = ledger_child(signer, p);
    assert_int_equal(npie_ledger_head(&last, thief, &err, p), APR_SUCCESS);
    assert_int_equal(last.number, 2);
    assert_null(npie_entry_parse(&entry, last.line, p));
    assert_int_equal(entry->kind, NPIE_ENTRY_REVOKE);
    /* What was seen, once more; a number that is taken; a gap. */
    assert_int_equal(npie_ledger_append(thief, 2, last.line, marks, &err, p),
                     NPIE_ECONFLICT);
    assert_int_equal(npie_ledger_append(thief, 4, last.line, marks, &err, p),
                     NPIE_ECONFLICT);
    assert_int_equal(npie_ledger_append(thief, 3, last.line,
                                        npie_entry_marks(entry, p), &err, p),
                     NPIE_ECONFLICT);
    assert_int_equal(npie_entry_digest(digest, last.line), APR_SUCCESS);
    forged = apr_pstrcat(p, npie_entry_text(
        3, apr_time_now(), entry->signer, NPIE_ENTRY_HEAD, apr_pstrcat(
            p, "0 1 ", digest, NULL), digest, p), strrchr(last.line, ' '),
        NULL);
    assert_int_equal(npie_ledger_append(thief, 3, forged, marks, &err, p),
                     APR_SUCCESS);
    assert_int_equal(ping(signer, &err, p), NPIE_EBACKEND);
    assert_non_null(strstr(err.detail, "entry 3: its signature does not "
                           "hold"));
    assert_int_equal(ledger_renew(&cert, signer, fixture_expired(ca, p),
                           identity_key("P-256", p), 9, &err, p),
                     NPIE_EBACKEND);
    assert_int_equal(fixture_records(signer, p), 0);
    fixture_signer_stop(signer, SIGTERM);
    /* Nor does a start. */
    fixture_signer_start(signer);
    assert_int_equal(WEXITSTATUS(fixture_signer_wait(signer)), 254);
}

/* What the administrator of the database can do to what a signer has seen. */
static void test_changed(void **state)
{
    static const struct {
        const char *sql;
        const char *said;
    } ways[] = {
        { "UPDATE entry SET line = replace(line, 'keyCompromise', "
          "'superseded') WHERE number = 3;",
          "entry 3: its signature does not hold" },
        { "DELETE FROM entry WHERE number = 3;",
          "entry 4: its number does not follow" },
        { "UPDATE entry SET number = 9 WHERE number = 3; UPDATE entry SET "
          "number = 3 WHERE number = 4; UPDATE entry SET number = 4 WHERE "
          "number = 9;", ": it says that it is another one" },
        { "DELETE FROM entry WHERE number = 4;",
          "entry 4: it was seen, and is not there any more" },
        { "UPDATE entry SET line = (SELECT line FROM entry WHERE number = 3) "
          "WHERE number = 4;", "entry 4: it says that it is another one" },
    };
    apr_pool_t *p = *state;

    for (size_t i = 0; i < sizeof(ways) / sizeof(ways[0]); i++) {
        fixture_ca_t *ca = fixture_ca("Autoridad", p);
        fixture_signer_t *signer = fixture_signer(ca, "", p);
        const char *anchor = apr_pstrcat(p, signer->state, "/ledger.anchor",
                                         NULL);
        npie_err_t err = { 0, NPIE_P_NONE, "" };

        fixture_signer_start(signer);
        for (int n = 0; n < 3; n++) {
            assert_int_equal(ledger_revoke(signer, fixture_expired(ca, p)->cert, &err,
                                    p), APR_SUCCESS);
        }
        fixture_signer_stop(signer, SIGTERM);
        force(signer, ways[i].sql, p);
        /* The first three are seen by who reads from the beginning. */
        if (i < 3) {
            assert_int_equal(truncate(anchor, 0), 0);
        }
        fixture_signer_start(signer);
        assert_int_equal(WEXITSTATUS(fixture_signer_wait(signer)), 254);
        if (!fixture_said(signer, ways[i].said, p)) {
            fail_msg("not %s: %s", ways[i].said,
                     (const char *)fixture_read(signer->said, p).data);
        }
    }
}

/* The database refuses too, whoever asks, short of its administrator. */
static void test_rules(void **state)
{
    apr_pool_t *p = *state;
    fixture_ca_t *ca = fixture_ca("Autoridad", p);
    fixture_signer_t *signer = fixture_signer(ca, "", p);
    static const char *const changes[] = {
        "UPDATE entry SET line = 'x'", "DELETE FROM entry", "DELETE FROM mark",
        "UPDATE mark SET number = 1"
    };

    fixture_signer_start(signer);
    fixture_alive(signer, 0);
    for (size_t i = 0; i < sizeof(changes) / sizeof(changes[0]); i++) {
        assert_int_not_equal(system(apr_psprintf(
            p, "sqlite3 %s \"%s\" 2>/dev/null", signer->ledger, changes[i])),
            0);
    }
    fixture_alive(signer, 0);
    fixture_signer_stop(signer, SIGTERM);
}

/* The ledger out of reach: nothing is decided, and what was read is still
 * said. */
static void test_away(void **state)
{
    apr_pool_t *p = *state;
    fixture_ca_t *ca = fixture_ca("Autoridad", p);
    fixture_signer_t *signer = fixture_signer(ca, "", p);
    npie_signer_crl_t crl, again;
    npie_err_t err = { 0, NPIE_P_NONE, "" };
    FILE *other;

    fixture_signer_start(signer);
    crl = ledger_crl(signer, p);
    other = popen(apr_pstrcat(p, "sqlite3 ", signer->ledger, NULL), "w");
    assert_non_null(other);
    fputs("BEGIN IMMEDIATE;\n", other);
    fflush(other);
    apr_sleep(apr_time_from_msec(300));
    assert_int_equal(ledger_revoke(signer, fixture_expired(ca, p)->cert, &err, p),
                     NPIE_EBACKEND);
    assert_int_equal(err.problem, NPIE_P_SIGNER_DOWN);
    again = ledger_crl(signer, p);
    assert_memory_equal(crl.crl.data, again.crl.data, crl.crl.len);
    fputs("ROLLBACK;\n", other);
    pclose(other);
    apr_sleep(apr_time_from_sec(1));
    assert_int_equal(ledger_revoke(signer, fixture_expired(ca, p)->cert, &err, p),
                     APR_SUCCESS);
    assert_true(fixture_said(signer, "the ledger is there again", p));
    fixture_signer_stop(signer, SIGTERM);
}

/* What npie-ledger may not do ends it. */
static void test_cage(void **state)
{
    (void)state;
    if (!fixture_filters() || getenv("NPIE_VALGRIND") != NULL) {
        print_message("no filter in this run: see fixture_filters(); nor can "
                      "valgrind have one\n");
        skip();
    }
    for (int i = 0; i < 12; i++) {
        const npie_cage_t cage = i % 2 == 0 ? NPIE_CAGE_FILE
                                            : NPIE_CAGE_NETWORK;
        int confined = 0, status;
        pid_t pid = fork();

        if (pid == 0) {
            npie_cage_enter(&confined, cage, NULL);
            close(open("/etc/hostname", O_RDONLY));
            if (cage == NPIE_CAGE_NETWORK) {
                close(socket(AF_INET, SOCK_STREAM, 0));
            }
            switch (i / 2) {
            case 0:
                execl("/bin/true", "true", (char *)NULL);
                break;
            case 1:
                fork();
                break;
            case 2:
                kill(getppid(), 0);
                break;
            case 3:
                setuid(0);
                break;
            case 4:
                if (cage == NPIE_CAGE_NETWORK) {
                    open("/tmp/npie-cage", O_WRONLY | O_CREAT, 0600);
                }
                socket(AF_UNIX, SOCK_STREAM, 0);
                break;
            default:
                if (cage == NPIE_CAGE_NETWORK) {
                    listen(socket(AF_INET, SOCK_STREAM, 0), 1);
                }
                connect(STDIN_FILENO, NULL, 0);
            }
            _exit(9);
        }
        assert_int_equal(waitpid(pid, &status, 0), pid);
        assert_true(WIFSIGNALED(status));
        assert_int_equal(WTERMSIG(status), SIGSYS);
    }
}

static int has_line(long pid, const char *line, apr_pool_t *p)
{
    return system(apr_psprintf(p, "grep -q '^%s' /proc/%ld/status", line,
                               pid)) == 0;
}

/* It has a user and a filter of its own, and nothing of the signer's. */
static void test_child(void **state)
{
    apr_pool_t *p = *state;
    fixture_signer_t *signer = fixture_signer(fixture_ca("A", p), "", p);
    long pid = 0;
    FILE *out;

    fixture_signer_start(signer);
    fixture_alive(signer, 0);
    out = popen(apr_psprintf(p, "pgrep -P %ld", (long)signer->pid), "r");
    assert_non_null(out);
    assert_int_equal(fscanf(out, "%ld", &pid), 1);
    pclose(out);
    assert_true(has_line(pid, "NoNewPrivs:\t1", p));
    assert_int_equal(has_line(pid, "Seccomp:\t2", p), fixture_filters());
    if (geteuid() == 0) {
        const long uid = (long)getpwnam("daemon")->pw_uid;

        assert_true(has_line(pid, apr_psprintf(p, "Uid:\t%ld\t%ld\t%ld\t%ld",
                                               uid, uid, uid, uid), p));
        assert_true(has_line(pid, "CapEff:\t0000000000000000", p));
        assert_true(has_line(pid, "Groups:\t", p));
    }
    /* Its end is noticed: who has started the signer starts it again. */
    assert_int_equal(kill((pid_t)pid, SIGKILL), 0);
    assert_int_equal(WEXITSTATUS(fixture_signer_wait(signer)), 1);
    assert_true(fixture_said(signer, "npie-ledger has ended", p));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        pool_test(test_two), pool_test(test_thief), pool_test(test_changed),
        pool_test(test_rules), pool_test(test_away), pool_test(test_cage),
        pool_test(test_child),
    };

    apr_initialize();
    atexit(apr_terminate);
    return cmocka_run_group_tests_name("ledger", tests, NULL, NULL);
}
