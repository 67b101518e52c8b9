/* SPDX-License-Identifier: Apache-2.0
 * renew/: files, passwords, lists, command lines and the server's answers.
 */
#include "unit/unit.h"

#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>

#include <apr_strings.h>

#include "renew/answer.h"
#include "renew/disk.h"
#include "renew/list.h"
#include "renew/options.h"
#include "renew/papers.h"
#include "renew/secret.h"
#include "unit/forge.h"

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

static int mode_of(const char *path)
{
    struct stat st;

    assert_int_equal(stat(path, &st), 0);
    return (int)(st.st_mode & 07777);
}

static void test_disk(void **state)
{
    const char *path = forge_path("new.pfx", *state);
    npie_bytes_t one = unit_bytes("uno"), got;
    npie_err_t err;

    umask(0);
    assert_int_equal(npie_disk_write_new(path, one, &err, *state), 0);
    assert_int_equal(mode_of(path), 0600);
    assert_int_equal(npie_disk_write_new(path, unit_bytes("dos"), &err,
                                         *state), NPIE_ECONFLICT);
    assert_int_equal(err.problem, NPIE_P_FILE_EXISTS);
    assert_int_equal(npie_disk_read(&got, path, 100, &err, *state), 0);
    assert_int_equal(got.len, 3);
    assert_memory_equal(got.data, "uno", 3);
    assert_int_equal(npie_disk_read(&got, path, 2, &err, *state),
                     NPIE_EINPUT);
    assert_int_equal(npie_disk_read(&got, forge_path("none", *state), 2, &err,
                                    *state), APR_NOTFOUND);
    assert_int_equal(npie_disk_write_new(forge_path("no/new", *state), one,
                                         &err, *state), NPIE_EINTERNAL);
    assert_int_equal(err.problem, NPIE_P_FILE_WRITE);
    /* A link that leads nowhere is a name that is taken. */
    assert_int_equal(forge_run(NULL, *state, "ln -s nowhere link"), 0);
    assert_int_equal(npie_disk_write_new(forge_path("link", *state), one,
                                         &err, *state), NPIE_ECONFLICT);
    assert_int_equal(forge_run(NULL, *state, "test \"$(ls)\" = \"$(printf "
                               "'link\\nnew.pfx')\""), 0);
}

static void test_papers(void **state)
{
    npie_papers_t papers;
    const char *path;

    npie_papers_name(&papers, forge_path("a.b/new.pfx", *state), *state);
    assert_int_equal(forge_run(NULL, *state, "mkdir a.b"), 0);
    assert_false(npie_papers_have(&papers, "carta", *state));
    for (int i = 0; i < 2; ++i) {
        assert_int_equal(npie_papers_save(&path, &papers, "carta",
                                          unit_bytes("uno"), NULL, *state), 0);
        assert_string_equal(path, forge_path("a.b/new-carta.pdf", *state));
    }
    assert_int_equal(npie_papers_save(&path, &papers, "carta",
                                      unit_bytes("dos"), NULL, *state), 0);
    assert_string_equal(path, forge_path("a.b/new-carta-2.pdf", *state));
    assert_true(npie_papers_have(&papers, "carta", *state));
}

static apr_status_t get(npie_secret_t **secret, const char *source,
                        int literal, apr_pool_t *p)
{
    npie_secret_want_t want = { source, literal, 0, "", "old", "viejo.pfx" };
    npie_err_t err = { 0, NPIE_P_NONE, "" };
    apr_status_t rv = npie_secret_get(secret, &want, &err, p);

    assert_true(rv == APR_SUCCESS || err.problem == NPIE_P_SECRET);
    return rv;
}

static void test_secret_sources(void **state)
{
    static const struct {
        const char *text, *secret;
    } files[] = {
        { "Prueba123\r\notra\n", "Prueba123" }, { "", "" }, { "\n", "" },
        { "con blancos  ", "con blancos  " }, { "ñandú", "ñandú" },
        { "malo\x01", NULL }, { "a\xf1o", "a\xc3\xb1" "o" }, { "a\x81", NULL },
    };
    npie_secret_t *secret;
    const char *path = forge_path("password", *state);
    const char *source = apr_pstrcat(*state, "file:", path, NULL);

    for (size_t i = 0; i < COUNT(files); ++i) {
        forge_file("password", unit_bytes(files[i].text), *state);
        chmod(path, 0600);
        assert_int_equal(get(&secret, source, 0, *state),
                         files[i].secret != NULL ? APR_SUCCESS : NPIE_EINPUT);
        if (files[i].secret != NULL) {
            assert_string_equal(secret->text, files[i].secret);
            assert_int_equal(secret->len, strlen(files[i].secret));
        }
    }
    chmod(path, 0640);
    assert_int_equal(get(&secret, source, 0, *state), NPIE_EINPUT);
    assert_int_equal(get(&secret, "exec:printf 'dos %s' palabras", 0,
                         *state), 0);
    assert_string_equal(secret->text, "dos palabras");
    assert_int_equal(get(&secret, "exec:sh -c 'echo "
                         "$NPIE_RENEW_PASSWORD-$NPIE_RENEW_FILE'", 0, *state),
                     0);
    assert_string_equal(secret->text, "old-viejo.pfx");
    assert_int_equal(get(&secret, "exec:sh -c 'echo casi; exit 1'", 0,
                         *state), NPIE_EINPUT);
    assert_int_equal(get(&secret, "exec:/no/such/program", 0, *state),
                     NPIE_EINPUT);
    assert_int_equal(get(&secret, "exec:", 0, *state), NPIE_EINPUT);
    assert_int_equal(get(&secret, "exec:head -c 3000 /dev/zero", 0, *state),
                     NPIE_EINPUT);
    assert_int_equal(get(&secret, "pass:Prueba123", 1, *state), 0);
    assert_string_equal(secret->text, "Prueba123");
    assert_int_equal(get(&secret, "pass:Prueba123", 0, *state), NPIE_EINPUT);
    assert_int_equal(get(&secret, "Prueba123", 1, *state), NPIE_EINPUT);
}

static void test_new_password(void **state)
{
    static const struct {
        const char *text;
        int taken;
    } table[] = {
        { "Llave nueva 27", 1 }, { "12345678", 1 }, { "1234567", 0 },
        { "contraseña", 0 }, { "A064878710", 0 },
        { "a064878710", 0 }, { "", 0 }, { " Llave nueva", 0 },
        { "Llave nueva ", 0 }, { "Llave vieja 26", 0 },
    };

    for (size_t i = 0; i < COUNT(table); ++i) {
        npie_secret_t secret = { (char *)table[i].text,
                                 strlen(table[i].text) };
        npie_secret_t old = { (char *)"Llave vieja 26", 14 };

        assert_int_equal(npie_secret_check_new(&secret, "A064878710", &old,
                                               NULL)
                         == APR_SUCCESS, table[i].taken);
    }
    (void)state;
}

static apr_array_header_t *jobs_of(const char *text, int *literal,
                                   apr_pool_t *p)
{
    const npie_job_t defaults = { .user = "u", .new_password = "exec:x" };
    apr_array_header_t *jobs;
    npie_err_t err = { 0, NPIE_P_NONE, "" };
    apr_status_t rv = npie_list_parse(&jobs, literal, unit_bytes(text),
                                      &defaults, "/listas", &err, p);

    if (rv != APR_SUCCESS) {
        assert_int_equal(rv, NPIE_EINPUT);
        assert_int_equal(err.problem, NPIE_P_LIST);
        return NULL;
    }
    return jobs;
}

static const npie_job_t *job(const apr_array_header_t *jobs, int i)
{
    assert_non_null(jobs);
    assert_true(i < jobs->nelts);
    return &APR_ARRAY_IDX(jobs, i, npie_job_t);
}

static void test_lists(void **state)
{
    apr_array_header_t *jobs;
    int literal;

    jobs = jobs_of("# nota\n\n a  b.pfx \r\n/c.pfx", &literal, *state);
    assert_string_equal(job(jobs, 0)->pfx, "/listas/a  b.pfx");
    assert_string_equal(job(jobs, 1)->pfx, "/c.pfx");
    assert_string_equal(job(jobs, 1)->new_password, "exec:x");
    assert_int_equal(jobs->nelts, 2);
    assert_false(literal);

    jobs = jobs_of("\xef\xbb\xbfpfx;password;user\r\n"
                   "\"a;\"\"b\"\".pfx\";file:a.txt;\r\n"
                   "c.pfx; pass:uno dos ;otro\r\n", &literal, *state);
    assert_string_equal(job(jobs, 0)->pfx, "/listas/a;\"b\".pfx");
    assert_string_equal(job(jobs, 0)->password, "file:/listas/a.txt");
    assert_string_equal(job(jobs, 0)->user, "u");
    assert_string_equal(job(jobs, 1)->password, "pass:uno dos");
    assert_string_equal(job(jobs, 1)->user, "otro");
    assert_int_equal(job(jobs, 1)->line, 3);
    assert_true(literal);

    jobs = jobs_of("[{\"pfx\":\"/listas/un nombre más largo.pfx\"}]", &literal,
                   *state);
    assert_string_equal(job(jobs, 0)->pfx, "/listas/un nombre más largo.pfx");

    jobs = jobs_of("[{\"cer\":\"a.cer\",\"key\":\"a.key\","
                   "\"email\":\"a@b.example\",\"out\":\"n.pfx\"}]", &literal,
                   *state);
    assert_string_equal(job(jobs, 0)->cer, "/listas/a.cer");
    assert_string_equal(job(jobs, 0)->out, "/listas/n.pfx");
    assert_string_equal(job(jobs, 0)->email, "a@b.example");

    jobs = jobs_of("[{\"pfx\":\"a.pfx\",\"user\":null,"
                   "\"phone\":5512345678}]", &literal, *state);
    assert_string_equal(job(jobs, 0)->user, "u");
    assert_string_equal(job(jobs, 0)->phone, "5512345678");

    jobs = jobs_of("Archivo;Correo electrónico;Contraseña\n"
                   "a.pfx; \u200ba@b.example ;pass:x\n", &literal, *state);
    assert_string_equal(job(jobs, 0)->email, "a@b.example");
    assert_string_equal(job(jobs, 0)->password, "pass:x");
}

static void test_wrong_lists(void **state)
{
    static const char *const texts[] = {
        "", "# nada\n", "pfx,clave\na,b\n", "pfx,password\na.pfx,Prueba123\n",
        "pfx\n\"a.pfx\n", "pfx\na,b\n", "cer,key\na.cer,\n",
        "pfx,cer,key\na,b,c\n", "[", "[1]", "[{}]", "[{\"pfx\":1}]",
        "[{\"pfx\":\"a\",\"otro\":\"b\"}]", "[{\"pfx\":\"a\",\"pfx\":\"b\"}]",
        "a\x01.pfx\n", "\xff\n",
    };
    int literal;

    for (size_t i = 0; i < COUNT(texts); ++i) {
        if (jobs_of(texts[i], &literal, *state) != NULL) {
            fail_msg("taken: %s", texts[i]);
        }
    }
}

static void test_list_modes(void **state)
{
    const char *path = forge_file("lista.csv", unit_bytes(
        "pfx,password\na.pfx,pass:Prueba123\n"), *state);
    const npie_job_t defaults = { .user = NULL };
    apr_array_header_t *jobs;

    chmod(path, 0644);
    assert_int_equal(npie_list_read(&jobs, path, &defaults, NULL, *state),
                     NPIE_EINPUT);
    chmod(path, 0600);
    assert_int_equal(npie_list_read(&jobs, path, &defaults, NULL, *state), 0);
    assert_string_equal(job(jobs, 0)->pfx, forge_path("a.pfx", *state));
}

static npie_ask_t ask(npie_options_t *options, const char *line,
                      apr_pool_t *p)
{
    char **words;
    const char *why;
    int count = 0, verbose;
    npie_ask_t got;

    apr_tokenize_to_argv(apr_pstrcat(p, "npie-renew ", line, NULL), &words,
                         p);
    while (words[count] != NULL) {
        ++count;
    }
    got = npie_options_read(options, &verbose, &why, count, words, p);
    assert_int_equal(got == NPIE_ASK_WRONG, why != NULL);
    return got;
}

static void test_command_lines(void **state)
{
    static const struct {
        const char *line;
        npie_ask_t ask;
    } table[] = {
        { "--pfx a https://h/npie/", NPIE_ASK_WORK },
        { "https://h/npie/ --pfx a", NPIE_ASK_WORK },
        { "--cer a --key b https://h", NPIE_ASK_WORK },
        { "--list a https://h/npie", NPIE_ASK_WORK },
        { "--check --cer a", NPIE_ASK_WORK },
        { "--help", NPIE_ASK_HELP }, { "--version", NPIE_ASK_VERSION },
        { "", NPIE_ASK_WRONG }, { "--pfx a", NPIE_ASK_WRONG },
        { "--pfx a http://h/npie/", NPIE_ASK_WRONG },
        { "--pfx a https://", NPIE_ASK_WRONG },
        { "--pfx a https://h/ https://i/", NPIE_ASK_WRONG },
        { "--pfx a --cer b --key c https://h/", NPIE_ASK_WRONG },
        { "--cer a https://h/", NPIE_ASK_WRONG },
        { "--key a https://h/", NPIE_ASK_WRONG },
        { "--list a --pfx b https://h/", NPIE_ASK_WRONG },
        { "--list a --out b https://h/", NPIE_ASK_WRONG },
        { "--pfx a --password Prueba123 https://h/", NPIE_ASK_WRONG },
        { "--pfx a --password pass:Prueba123 https://h/", NPIE_ASK_WRONG },
        { "--pfx a --new-password Prueba123 https://h/", NPIE_ASK_WRONG },
        { "--pfx a --key-type rsa:1024 https://h/", NPIE_ASK_WRONG },
        { "--pfx a --timeout 0 https://h/", NPIE_ASK_WRONG },
        { "--pfx a --iterations diez https://h/", NPIE_ASK_WRONG },
        { "--pfx", NPIE_ASK_WRONG }, { "--otra", NPIE_ASK_WRONG },
        { "-x --pfx a https://h/", NPIE_ASK_WRONG },
        { "--check --pfx a https://h/", NPIE_ASK_WRONG },
        { "--list a --jobs 4 --accept-terms https://h/", NPIE_ASK_WORK },
        { "--list a --jobs 4 https://h/", NPIE_ASK_WRONG },
        { "--pfx a --jobs 4 --accept-terms https://h/", NPIE_ASK_WRONG },
        { "--list a --jobs 17 --accept-terms https://h/", NPIE_ASK_WRONG },
        { "--check --pfx a --report b.csv", NPIE_ASK_WORK },
        { "--check --pfx a --report b", NPIE_ASK_WRONG },
    };
    npie_options_t options;

    for (size_t i = 0; i < COUNT(table); ++i) {
        if (ask(&options, table[i].line, *state) != table[i].ask) {
            fail_msg("%s", table[i].line);
        }
    }
    ask(&options, "--pfx d/a.b.pfx --key-type p256 --days 7 https://h/npie",
        *state);
    assert_string_equal(options.url, "https://h/npie/");
    assert_string_equal(options.kind, "P-256");
    assert_int_equal(options.days, 7);
    assert_string_equal(npie_job_out(&options.job, &options, *state),
                        "d/a.b-renovado.pfx");
    options.out_dir = "n";
    assert_string_equal(npie_job_out(&options.job, &options, *state),
                        "n/a.b-renovado.pfx");
}

static void test_answers(void **state)
{
    static const char *const odd[] = {
        "", "[]", "{", "{\"page\":\"a\\u001b[2J\"}",
        "{\"x\":[{\"y\":\"\\u0007\"}]}",
        "{\"fields\":{\"\\u001b[2J\":{\"title\":\"a\"}}}", "{\"page\":\"a\",\"page\":\"b\"}",
    };
    const char *title, *remedy;
    npie_whereabouts_t stage;
    npie_err_t err;
    json_t *json;

    for (size_t i = 0; i < COUNT(odd); ++i) {
        assert_int_equal(npie_answer_json_read(&json, unit_bytes(odd[i]),
                                               &err, *state), NPIE_EPROTO);
    }
    assert_int_equal(npie_answer_json_read(&json, unit_bytes(
        "{\"page\":\"llave\",\"next\":{\"name\":\"make-key\",\"href\":\"/n\"},"
        "\"renewal\":{\"keyAlgorithm\":\"P-256\"}}"), &err, *state), 0);
    assert_int_equal(npie_answer_whereabouts(&stage, json, &err, *state), 0);
    assert_string_equal(stage.page, "llave");
    assert_string_equal(stage.next, "make-key");
    assert_string_equal(stage.key_kind, "P-256");
    assert_string_equal(stage.new_spki, "");
    assert_int_equal(npie_answer_problem_read(&title, &remedy, unit_bytes(
        "{\"number\":31,\"title\":\"Uno.\",\"detail\":\"Dos.\"}"), 403, &err,
        *state), NPIE_EPOLICY);
    assert_int_equal(err.problem, 31);
    assert_string_equal(title, "Uno.");
    assert_string_equal(remedy, "Dos.");
    assert_int_equal(npie_answer_problem_read(&title, &remedy, unit_bytes(
        "{\"message\":\"no\"}"), 503, &err, *state), NPIE_EPROTO);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        pool_test(test_disk),
        pool_test(test_papers),
        pool_test(test_secret_sources),
        pool_test(test_new_password),
        pool_test(test_lists),
        pool_test(test_wrong_lists),
        pool_test(test_list_modes),
        pool_test(test_command_lines),
        pool_test(test_answers),
    };
    int failed;

    apr_initialize();
    failed = cmocka_run_group_tests(tests, NULL, NULL);
    apr_terminate();
    return failed;
}
