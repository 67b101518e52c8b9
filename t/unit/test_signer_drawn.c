/* SPDX-License-Identifier: Apache-2.0
 * Somebody who is httpd's user and has an employer's key: neither a certificate
 * nor a seal upon a letter that is not the installed terms with the values of
 * its record.
 */
#include "unit/seal_scene.h"

#include <signal.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <stdio.h>
#include <sys/stat.h>

#include <apr_strings.h>

#include "letter/art_parts.h"
#include "letter/file_scan.h"
#include "unit/signer_fixture.h"

/* What a thief has at hand. */
typedef struct thief_t {
    apr_pool_t *p;
    fixture_signer_t *signer;
    npie_letter_art_t *art;      /* as installed */
    apr_uint64_t refused;        /* letters, so far */
} thief_t;

static fixture_signer_t *signer_of(const char *more, apr_pool_t *p)
{
    fixture_ca_t ca = { scene->ca, fixture_parse(scene->ca->der, p), NULL };

    return fixture_signer(&ca, apr_pstrcat(
        p, fixture_seal(scene->institute, p), more, NULL), p);
}

static thief_t *thief(const char *more, apr_pool_t *p)
{
    thief_t *t = apr_pcalloc(p, sizeof(*t));

    t->p = p;
    t->art = sample_art(p);
    t->signer = signer_of(more, p);
    fixture_signer_start(t->signer);
    return t;
}

/* Letter 1 of the scene's keys. */
static sample_t *sample_of(npie_letter_kind_t kind, apr_pool_t *p)
{
    sample_t *sample = sample_make(kind, p);

    sample->letter.time = scene->time;
    seal_sample_keys(sample, fixture_parse(scene->new->der, p));
    return sample;
}

static apr_status_t issue(npie_bytes_t *cert, thief_t *t, npie_bytes_t blank,
                          npie_err_t *err)
{
    cert->data = NULL;
    return npie_signer_issue(cert, &t->signer->client,
                             fixture_csr(scene->new, t->p),
                             seal_signed(blank, scene->old, t->p), err, t->p);
}

/* Refused by its number, said in the log and counted. */
static void judged(thief_t *t, apr_status_t rv, const npie_err_t *err,
                   npie_problem_t problem)
{
    npie_signer_state_t told = { .pid = 0 };

    if (rv != NPIE_EPOLICY || err->problem != problem) {
        fail_msg("%d, problem %d instead of %d: %s", rv, (int)err->problem,
                 (int)problem, err->detail);
    }
    t->refused++;
    assert_int_equal(npie_signer_ping(&told, &t->signer->client, NULL, t->p),
                     APR_SUCCESS);
    assert_true(told.refused == t->refused);
    assert_true(fixture_said(t->signer, apr_psprintf(
        t->p, "problem %d: ", (int)problem), t->p));
}

static void not_issued(thief_t *t, npie_bytes_t blank, npie_problem_t problem)
{
    npie_err_t err = { 0, NPIE_P_NONE, "" };
    npie_bytes_t cert;

    judged(t, issue(&cert, t, blank, &err), &err, problem);
    assert_null(cert.data);
    assert_int_equal(fixture_records(t->signer, t->p), 0);
}

static void not_sealed(thief_t *t, npie_bytes_t letter,
                       npie_problem_t problem)
{
    npie_err_t err = { 0, NPIE_P_NONE, "" };
    npie_bytes_t section = { NULL, 0 };

    judged(t, npie_signer_seal(&section, &t->signer->client, letter, &err,
                               t->p), &err, problem);
    assert_null(section.data);
}

static npie_bytes_t sealed(thief_t *t, npie_bytes_t letter)
{
    npie_err_t err = { 0, NPIE_P_NONE, "" };
    npie_bytes_t section;

    if (npie_signer_seal(&section, &t->signer->client, letter, &err, t->p)
        != APR_SUCCESS) {
        fail_msg("seal: problem %d: %s", (int)err.problem, err.detail);
    }
    return section;
}

/* The installed terms with one text for another; @return the file. */
static const char *other_terms(const char *from, const char *to, apr_pool_t *p)
{
    const npie_bytes_t text = fixture_read(SAMPLE_TERMS, p);
    const char *at = strstr((const char *)text.data, from);

    assert_non_null(at);
    return forge_file("other.txt", unit_bytes(apr_psprintf(
        p, "%.*s%s%s", (int)(at - (const char *)text.data), text.data, to,
        at + strlen(from))), p);
}

/* Letters of other terms or fonts that say they are of the installed ones. */
static npie_letter_art_t *liar(thief_t *t, const char *fonts,
                               const char *terms)
{
    npie_letter_art_t *art;
    npie_err_t err;

    if (npie_letter_art_load(&art, fonts, terms, SAMPLE_INSTITUTION, &err,
                             t->p) != APR_SUCCESS) {
        fail_msg("%s", err.detail);
    }
    memcpy(art->digest, t->art->digest, sizeof(art->digest));
    return art;
}

/* The first of a text in the file gives way to another, as long. */
static npie_bytes_t changed(npie_bytes_t file, const char *behind,
                            const char *from, const char *to, apr_pool_t *p)
{
    const apr_size_t at = npie_scan_find(file, npie_scan_find(file, 0, behind),
                                         from);
    npie_bytes_t out = file;
    unsigned char *data = apr_pmemdup(p, file.data, file.len);

    assert_true(at < file.len && strlen(from) == strlen(to));
    memcpy(data + at, to, strlen(to));
    out.data = data;
    return out;
}

/* More bytes before the table of objects, and the file whole again. */
static npie_bytes_t inserted(npie_bytes_t file, const char *more,
                             apr_pool_t *p)
{
    char range[NPIE_FORM_RANGE_SIZE + 1];
    npie_scan_slot_t slot;
    const apr_size_t table = npie_scan_find(file, 0, "\nxref\n0 ") + 1;
    const apr_size_t start = npie_scan_find(file, table, "startxref\n");
    const char *tail = apr_psprintf(p, "startxref\n%d\n%%%%EOF\n",
                                    (int)(table + strlen(more)));
    const apr_size_t len = start + strlen(more) + strlen(tail);
    unsigned char *data = apr_palloc(p, len);

    assert_true(table < file.len);
    memcpy(data, file.data, table);
    memcpy(data + table, more, strlen(more));
    memcpy(data + table + strlen(more), file.data + table, start - table);
    memcpy(data + start + strlen(more), tail, strlen(tail));
    assert_true(npie_scan_slot(&slot, file, 0));
    npie_letter_range_write(range, slot.open, slot.after, len);
    memcpy(data + slot.range, range, NPIE_FORM_RANGE_SIZE);
    return (npie_bytes_t){ data, len };
}

/* Serif for bold and bold for serif. */
static const char *swapped_fonts(apr_pool_t *p)
{
    static const char *const files[][2] = {
        { "liberation/LiberationSerif-Bold", "LiberationSerif-Regular" },
        { "liberation/LiberationSerif-Regular", "LiberationSerif-Bold" },
        { "liberation/LiberationMono-Regular", "LiberationMono-Regular" },
        { "dejavu/DejaVuSerif", "DejaVuSerif" },
        { "dejavu/DejaVuSerif-Bold", "DejaVuSerif-Bold" },
        { "dejavu/DejaVuSansMono", "DejaVuSansMono" }
    };
    const char *folder = forge_path("fonts", p);

    mkdir(folder, 0755);
    for (unsigned i = 0; i < sizeof(files) / sizeof(*files); i++) {
        const char *from = apr_pstrcat(p, "/usr/share/fonts/truetype/",
                                       files[i][0], ".ttf", NULL);

        fixture_write(apr_pstrcat(p, folder, "/", files[i][1], ".ttf", NULL),
                      fixture_read(from, p), 0644);
    }
    return folder;
}

/* Other words, values and glyphs, and more objects in the file: every one with
 * the employer's own good signature. */
static void test_letter(void **state)
{
    apr_pool_t *p = *state;
    thief_t *t = thief("", p);
    sample_t *sample = sample_of(NPIE_LETTER_RENEWAL, p);
    const npie_bytes_t good = sample_draw(t->art, &sample->letter, p);
    const char *terms = other_terms("redactados por", "cambiados por", p);
    npie_letter_art_t *other;
    npie_err_t err = { 0, NPIE_P_NONE, "" };
    npie_bytes_t cert;

    other = liar(t, SAMPLE_FONTS, terms);
    not_issued(t, sample_draw(other, &sample->letter, p), NPIE_P_LETTER_TEXT);
    other->digest[0] = other->digest[0] == '0' ? '1' : '0';
    not_issued(t, sample_draw(other, &sample->letter, p),
               NPIE_P_LETTER_OUTDATED);
    not_issued(t, sample_draw(liar(t, swapped_fonts(p), SAMPLE_TERMS),
                              &sample->letter, p), NPIE_P_LETTER_TEXT);
    /* The record says one thing and the page another. */
    not_issued(t, changed(good, "<npie:datos>", "Obreg", "Obrig", p),
               NPIE_P_LETTER_TEXT);
    not_issued(t, changed(good, "<npie:cadena>", "ana&amp;eva@nandu",
                          "ana&amp;eva@nanda", p), NPIE_P_LETTER_TEXT);
    not_issued(t, changed(good, "<npie:cadena>", "|4711|", "|4719|", p),
               NPIE_P_LETTER_TEXT);
    /* An object of nobody's, and one that stands for another. */
    not_issued(t, inserted(good, "99 0 obj\n<< /Type /Annot >>\nendobj\n", p),
               NPIE_P_LETTER_TEXT);
    not_issued(t, inserted(good, "4 0 obj\n<< /Length 3 >>\nstream\nq Q\n"
                           "endstream\nendobj\n", p), NPIE_P_LETTER_TEXT);
    /* Drawn as it should be, of another company, and of another person. */
    sample->employer.name = "Otra Empresa, S.A. de C.V.";
    not_issued(t, sample_draw(t->art, &sample->letter, p),
               NPIE_P_NAMES_DIFFER);
    sample->employer.name = "CIGÜEÑAS & ÑANDÚES DEL NORTE, S.A. de C.V.";
    sample->employer.surname = "Nuñes";
    not_issued(t, sample_draw(t->art, &sample->letter, p),
               NPIE_P_NAMES_DIFFER);
    sample->employer.name = "Cigüeñas & Ñandúes <del Norte>, S.A. de C.V.";
    sample->employer.surname = "Núñez";
    /* Keys of the page that are not those of request and certificate. */
    sample->letter.new_public_key = sample_key(91, p);
    not_issued(t, sample_draw(t->art, &sample->letter, p),
               NPIE_P_LETTER_TEXT);
    assert_int_equal(issue(&cert, t, good, &err), APR_SUCCESS);
    fixture_alive(t->signer, 1);
}

/* A letter of before: it has no data to be drawn from. */
static void test_bare(void **state)
{
    apr_pool_t *p = *state;
    thief_t *t = thief("", p);
    sample_t *sample = sample_of(NPIE_LETTER_RENEWAL, p);

    sample->employer.contact.email = "ana@nandu.example";
    not_issued(t, fixture_bare_letter(npie_letter_cadena(&sample->letter, p),
                                      p), NPIE_P_LETTER_OUTDATED);
    fixture_alive(t->signer, 0);
}

/* A revision behind the employer's signature. */
static void test_revision(void **state)
{
    apr_pool_t *p = *state;
    thief_t *t = thief("", p);
    const sample_t *sample = sample_of(NPIE_LETTER_RENEWAL, p);
    npie_err_t err = { 0, NPIE_P_NONE, "" };
    npie_bytes_t cert = { NULL, 0 }, letter = seal_joined(
        seal_signed(sample_draw(t->art, &sample->letter, p), scene->old, p),
        unit_bytes("4 0 obj\n<< >>\nendobj\nxref\n0 0\ntrailer\n<< >>\n"
                   "startxref\n1\n%%EOF\n"), p);

    judged(t, npie_signer_issue(&cert, &t->signer->client,
                                fixture_csr(scene->new, p), letter, &err, p),
           &err, NPIE_P_LETTER);
    not_sealed(t, letter, NPIE_P_LETTER);
    fixture_alive(t->signer, 0);
}

/* The certificate that the good letter 1 gives. */
static npie_cert_t *renewed(thief_t *t, npie_bytes_t *letter)
{
    const sample_t *sample = sample_of(NPIE_LETTER_RENEWAL, t->p);
    npie_err_t err = { 0, NPIE_P_NONE, "" };
    npie_bytes_t cert;

    *letter = seal_signed(sample_draw(t->art, &sample->letter, t->p),
                          scene->old, t->p);
    if (npie_signer_issue(&cert, &t->signer->client,
                          fixture_csr(scene->new, t->p), *letter, &err, t->p)
        != APR_SUCCESS) {
        fail_msg("issue: problem %d: %s", (int)err.problem, err.detail);
    }
    return fixture_parse(cert, t->p);
}

static npie_bytes_t terms_of(const npie_letter_art_t *art,
                             const sample_t *sample, apr_pool_t *p)
{
    return seal_signed(sample_draw(art, &sample->letter, p), scene->new, p);
}

/* The seal comes under the terms as they are, of the certificate that was made,
 * and under the letter upon which it was made. */
static void test_seal(void **state)
{
    apr_pool_t *p = *state;
    thief_t *t = thief("", p);
    npie_bytes_t letter1, good;
    const npie_cert_t *made = renewed(t, &letter1);
    sample_t *sample = sample_of(NPIE_LETTER_TERMS, p);
    sample_t *first = sample_of(NPIE_LETTER_RENEWAL, p);
    npie_letter_art_t *other = liar(t, SAMPLE_FONTS, other_terms(
        "redactados por", "cambiados por", p));

    sample->letter.folio = 4712;
    seal_sample_keys(sample, made);
    good = sample_draw(t->art, &sample->letter, p);
    not_sealed(t, terms_of(other, sample, p), NPIE_P_LETTER_TEXT);
    not_sealed(t, seal_signed(changed(good, "<npie:datos>", "Obreg", "Obrig",
                                      p), scene->new, p),
               NPIE_P_LETTER_TEXT);
    not_sealed(t, seal_signed(inserted(good, "99 0 obj\n<< >>\nendobj\n", p),
                              scene->new, p), NPIE_P_LETTER_TEXT);
    sample->letter.not_after += apr_time_from_sec(400 * 86400);
    not_sealed(t, terms_of(t->art, sample, p), NPIE_P_LETTER_TEXT);
    seal_sample_keys(sample, made);
    sample->letter.serial = "00001000000504465028";
    not_sealed(t, terms_of(t->art, sample, p), NPIE_P_LETTER_TEXT);
    /* Letter 1 of the same folio and keys, and with its text; signed again. */
    not_sealed(t, seal_signed(sample_draw(other, &first->letter, p),
                              scene->old, p), NPIE_P_LETTER);
    first->letter.folio = 4799;
    not_sealed(t, seal_signed(sample_draw(t->art, &first->letter, p),
                              scene->old, p), NPIE_P_LETTER);
    sealed(t, letter1);
    sealed(t, seal_signed(good, scene->new, p));
    fixture_alive(t->signer, 1);
}

static void same(npie_bytes_t a, npie_bytes_t b)
{
    assert_int_equal(a.len, b.len);
    assert_memory_equal(a.data, b.data, a.len);
}

/* The same letter again has the same seal, to the byte, or none: also after a
 * start, and never one of another certificate. */
static void test_once(void **state)
{
    apr_pool_t *p = *state;
    thief_t *t = thief("", p);
    npie_bytes_t letter, first;

    renewed(t, &letter);
    first = sealed(t, letter);
    apr_sleep(apr_time_from_msec(1100));
    same(sealed(t, letter), first);
    fixture_signer_stop(t->signer, SIGKILL);
    fixture_signer_start(t->signer);
    same(sealed(t, letter), first);
    fixture_signer_stop(t->signer, SIGTERM);
    fixture_seal(forge_seal(scene->ca, FORGE_SEAL_USAGE, p), p);
    fixture_signer_start(t->signer);
    not_sealed(t, letter, NPIE_P_LETTER);
    fixture_signer_stop(t->signer, SIGTERM);
}

/* Terms that changed: those before go on while they are named. */
static void test_older_terms(void **state)
{
    apr_pool_t *p = *state;
    const char *terms = other_terms("redactados por", "escritos por", p);
    const sample_t *sample = sample_of(NPIE_LETTER_RENEWAL, p);
    thief_t *t = thief(apr_pstrcat(p, "LetterTerms ", terms, "\n", NULL), p);
    npie_letter_art_t *older;
    npie_signer_state_t told;
    npie_err_t err = { 0, NPIE_P_NONE, "" };
    npie_bytes_t cert;

    assert_int_equal(npie_letter_art_load(&older, SAMPLE_FONTS, terms,
                                          SAMPLE_INSTITUTION, &err, p),
                     APR_SUCCESS);
    assert_int_equal(issue(&cert, t, sample_draw(older, &sample->letter, p),
                           &err), APR_SUCCESS);
    /* What holds is the first. */
    assert_int_equal(npie_signer_ping(&told, &t->signer->client, &err, p),
                     APR_SUCCESS);
    assert_string_equal(told.letters, npie_letter_art_digest(t->art));
    assert_string_not_equal(told.letters, npie_letter_art_digest(older));
    fixture_signer_stop(t->signer, SIGTERM);
}

/* A line of a process's status. */
static const char *status_of(int pid, const char *key, apr_pool_t *p)
{
    FILE *out = popen(apr_psprintf(p, "sed -n 's/^%s:\t//p' /proc/%d/status",
                                   key, pid), "r");
    char value[64] = "";

    assert_non_null(out);
    assert_int_equal(fscanf(out, "%63s", value), 1);
    pclose(out);
    return apr_pstrdup(p, value);
}

/* npie-draw below a process: of the signer, or the one that waits for a
 * letter, of that one. */
static int pid_of_draw(int parent, apr_pool_t *p)
{
    FILE *out = popen(apr_psprintf(p, "for i in $(seq 100); do pgrep -P %d -x "
                                   "npie-draw && break; sleep 0.05; done",
                                   parent), "r");
    int pid = 0;

    assert_non_null(out);
    assert_int_equal(fscanf(out, "%d", &pid), 1);
    pclose(out);
    return pid;
}

/* It is caged, has nothing but its pair of sockets open, and without it
 * npie-signer does not go on. */
static void test_child(void **state)
{
    apr_pool_t *p = *state;
    fixture_signer_t *signer = signer_of("", p);
    int pid;

    fixture_signer_start(signer);
    fixture_alive(signer, 0);
    pid = pid_of_draw((int)signer->pid, p);
    assert_string_equal(status_of(pid, "NoNewPrivs", p), "1");
    assert_string_equal(status_of(pid, "Seccomp", p),
                        fixture_filters() ? "2" : "0");
    kill(pid, SIGKILL);
    assert_int_equal(WEXITSTATUS(fixture_signer_wait(signer)), 1);
    assert_true(fixture_said(signer, "npie-draw has ended", p));
}

static apr_uint64_t lost(const fixture_signer_t *signer, apr_pool_t *p)
{
    npie_signer_state_t told;
    npie_err_t err = { 0, NPIE_P_NONE, "" };

    assert_int_equal(npie_signer_ping(&told, &signer->client, &err, p),
                     APR_SUCCESS);
    assert_int_equal(told.pid, signer->pid);
    return told.lost;
}

/* Kills every process below that one as soon as it is there, until it is killed
 * itself. */
static void kill_below(int parent)
{
    char path[64];

    prctl(PR_SET_PDEATHSIG, SIGKILL, 0, 0, 0);
    snprintf(path, sizeof(path), "/proc/%d/task/%d/children", parent, parent);
    for (;;) {
        FILE *in = fopen(path, "r");
        int pid = 0;

        if (in == NULL) {
            _exit(1);
        }
        if (fscanf(in, "%d", &pid) == 1 && pid > 0) {
            kill(pid, SIGKILL);
        }
        fclose(in);
    }
}

/* Letter 2 of that certificate has its seal. */
static void terms(thief_t *t, const npie_cert_t *made)
{
    sample_t *sample = sample_of(NPIE_LETTER_TERMS, t->p);

    sample->letter.folio = 4712;
    seal_sample_keys(sample, made);
    sealed(t, terms_of(t->art, sample, t->p));
}

/* What draws a letter is killed, before or while it does, or hangs: another
 * one draws it, npie-signer goes on, and says so. Who ends over a letter twice
 * has it refused. */
static void test_worker(void **state)
{
    apr_pool_t *p = *state;
    thief_t *t = thief("", p);
    const sample_t *sample = sample_of(NPIE_LETTER_RENEWAL, p);
    const int draw = pid_of_draw((int)t->signer->pid, p);
    const int first = pid_of_draw(draw, p);
    const pid_t killer = fork();
    npie_err_t err = { 0, NPIE_P_NONE, "" };
    apr_uint64_t before;
    npie_bytes_t cert;

    if (killer == 0) {
        kill_below(draw);
    }
    not_issued(t, sample_draw(t->art, &sample->letter, p), NPIE_P_LETTER);
    kill(killer, SIGKILL);
    waitpid(killer, NULL, 0);
    before = lost(t->signer, p);
    assert_true(before >= 2);
    assert_true(fixture_said(t->signer, " error: npie-draw lost a process", p));
    /* One for each letter: this one may be dead. */
    assert_int_not_equal(pid_of_draw(draw, p), first);
    assert_int_equal(issue(&cert, t, sample_draw(t->art, &sample->letter, p),
                           &err), APR_SUCCESS);
    before = lost(t->signer, p);
    /* It hangs. */
    assert_string_equal(status_of(pid_of_draw(draw, p), "Seccomp", p),
                        fixture_filters() ? "2" : "0");
    kill(pid_of_draw(draw, p), SIGSTOP);
    terms(t, fixture_parse(cert, p));
    assert_int_equal(lost(t->signer, p), before + 1);
    fixture_signer_stop(t->signer, SIGTERM);
}

static void does_not_start(const char *more, const char *why, apr_pool_t *p)
{
    fixture_signer_t *signer = signer_of(more, p);

    fixture_signer_start(signer);
    assert_int_equal(WEXITSTATUS(fixture_signer_wait(signer)), 254);
    if (!fixture_said(signer, why, p)) {
        fail_msg("it did not say %s: %s", why,
                 (const char *)fixture_read(signer->said, p).data);
    }
}

static void test_configuration(void **state)
{
    apr_pool_t *p = *state;

    does_not_start("LetterTerms /no/such/terms\n", "/no/such/terms", p);
    does_not_start("LetterTerms terms\n", "the path must be absolute", p);
    does_not_start("LetterFonts /no/such/folder\n", "/no/such/folder", p);
    does_not_start("Sentences /no/such/folder\n", "/no/such/folder", p);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        pool_test(test_letter),
        pool_test(test_bare),
        pool_test(test_revision),
        pool_test(test_seal),
        pool_test(test_once),
        pool_test(test_older_terms),
        pool_test(test_child), pool_test(test_worker),
        pool_test(test_configuration),
    };

    return cmocka_run_group_tests_name("signer_drawn", tests, seal_setup,
                                       seal_teardown);
}
