/* SPDX-License-Identifier: Apache-2.0
 * See signer_fixture.h.
 */
#include "unit/signer_fixture.h"

#include <errno.h>
#include <fcntl.h>
#include <pwd.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

#include <apr_file_info.h>
#include <apr_file_io.h>
#include <apr_strings.h>
#include <openssl/cms.h>
#include <openssl/ocsp.h>

#include "letter/file.h"
#include "pki/csr.h"
#include "pki/ocsp.h"
#include "unit/forge.h"
#include "unit/letter_form.h"

#define MONTH apr_time_from_sec(30 * 86400)

const npie_subject_t fixture_subject = {
    "Molinos del Bajío, S.A. de C.V.", "A064878710",
    "Ximena Ñandú Bolaños", "BOXW310820HNERXN09", "AUA881212566",
    "antes@molinos.example", NULL
};

npie_cert_t *fixture_parse(npie_bytes_t der, apr_pool_t *p)
{
    npie_err_t err = { 0, NPIE_P_NONE, "" };
    npie_cert_t *cert;

    if (npie_cert_parse(&cert, der, &err, p) != APR_SUCCESS) {
        fail_msg("certificate: %s", err.detail);
    }
    return cert;
}

fixture_ca_t *fixture_ca(const char *name, apr_pool_t *p)
{
    static const npie_profile_t profile = { .validity_months = 6 };
    forge_t authority = { .common_name = name, .extensions = FORGE_CA,
                          .from = -3650, .until = 3650 };
    fixture_ca_t *ca = apr_pcalloc(p, sizeof(*ca));
    npie_err_t err;

    ca->id = identity_key("P-256", p);
    forge_certificate(ca->id, &authority, p);
    ca->cert = fixture_parse(ca->id->der, p);
    EVP_PKEY_up_ref(ca->id->key);
    assert_int_equal(npie_issuer_create(&ca->issuer, ca->id->key, ca->cert,
                                        &profile, &err, p), APR_SUCCESS);
    return ca;
}

/* The request of a key, parsed by rules that take old keys too. */
static npie_csr_t *request_of(const identity_t *key, apr_pool_t *p)
{
    static const npie_key_rules_t any = { 1024, 1, 1, NULL };
    npie_err_t err = { 0, NPIE_P_NONE, "" };
    npie_csr_t *csr;

    if (npie_csr_parse(&csr, fixture_csr(key, p), &any, &err, p)
        != APR_SUCCESS) {
        fail_msg("request: %s", err.detail);
    }
    return csr;
}

npie_bytes_t fixture_csr(const identity_t *key, apr_pool_t *p)
{
    return identity_csr(key, key, p);
}

fixture_employer_t *fixture_employer(fixture_ca_t *ca, identity_t *key,
                                     const npie_subject_t *subject,
                                     apr_time_t issued, apr_pool_t *p)
{
    fixture_employer_t *employer = apr_pcalloc(p, sizeof(*employer));
    npie_bytes_t der;
    npie_err_t err = { 0, NPIE_P_NONE, "" };

    if (npie_issuer_issue(&der, ca->issuer, request_of(key, p), subject,
                          issued, &err, p) != APR_SUCCESS) {
        fail_msg("employer: %s", err.detail);
    }
    employer->id.key = key->key;
    employer->cert = fixture_parse(der, p);
    employer->id.x509 = employer->cert->x509;
    employer->id.der = der;
    employer->rp = "A0648787107";
    employer->rfc = "AUA881212566";
    employer->curp = "BOXW310820HNERXN09";
    return employer;
}

fixture_employer_t *fixture_expired(fixture_ca_t *ca, apr_pool_t *p)
{
    return fixture_employer(ca, identity_key("P-256", p), &fixture_subject,
                            apr_time_now() - 7 * MONTH, p);
}

/* Public keys by their digests, as letters show them. */
typedef struct seen_key_t {
    char spki[NPIE_SHA256_HEX_SIZE];
    npie_bytes_t key;
    struct seen_key_t *next;
} seen_key_t;

static struct {
    apr_pool_t *p;          /* NULL at first */
    npie_letter_art_t *art; /* made once: it takes a while */
    seen_key_t *keys;
} drawing;

static apr_status_t end_drawing(void *data)
{
    (void)data;
    memset(&drawing, 0, sizeof(drawing));
    return APR_SUCCESS;
}

static void begin_drawing(void)
{
    if (drawing.p == NULL) {
        apr_pool_create(&drawing.p, NULL);
        apr_pool_cleanup_register(drawing.p, NULL, end_drawing,
                                  apr_pool_cleanup_null);
        drawing.art = sample_art(drawing.p);
    }
}

/* Notes a key that letters will be about. */
static void see(const char *spki, npie_bytes_t key)
{
    seen_key_t *seen;

    begin_drawing();
    seen = apr_palloc(drawing.p, sizeof(*seen));
    apr_cpystrn(seen->spki, spki, sizeof(seen->spki));
    seen->key.data = apr_pmemdup(drawing.p, key.data, key.len);
    seen->key.len = key.len;
    seen->next = drawing.keys;
    drawing.keys = seen;
}

npie_cadena_t *fixture_cadena(const fixture_employer_t *employer,
                              const identity_t *new_key, apr_int64_t folio,
                              apr_pool_t *p)
{
    npie_cadena_t *cadena = apr_pcalloc(p, sizeof(*cadena));
    const npie_csr_t *request = request_of(new_key, p);

    see(employer->cert->spki_sha256, employer->cert->public_key);
    see(request->spki_sha256, request->public_key);
    cadena->holder = cadena->purpose = "";
    cadena->kind = NPIE_LETTER_RENEWAL;
    cadena->folio = folio;
    cadena->rp = employer->rp;
    cadena->rfc = employer->rfc;
    cadena->curp = employer->curp;
    cadena->user = "A064878710";
    cadena->old_spki = employer->cert->spki_sha256;
    cadena->new_spki = request->spki_sha256;
    cadena->email = "ximena@molinos.example";
    cadena->time = apr_time_from_sec(apr_time_sec(apr_time_now()));
    return cadena;
}

npie_bytes_t fixture_bare_letter(const npie_cadena_t *cadena, apr_pool_t *p)
{
    return form_make(apr_psprintf(p, "1 0 obj\n<x><npie:cadena>%s"
                                  "</npie:cadena></x>\nendobj\n",
                                  npie_cadena_format(cadena, p)), 0, p);
}

static npie_bytes_t seen_key(const char *spki, apr_pool_t *p)
{
    for (const seen_key_t *seen = drawing.keys; seen != NULL;
         seen = seen->next) {
        if (strcmp(seen->spki, spki) == 0) {
            return seen->key;
        }
    }
    return sample_key(91, p);
}

sample_t *fixture_sample(const npie_cadena_t *cadena, apr_pool_t *p)
{
    sample_t *sample = sample_make(cadena->kind, p);

    begin_drawing();
    sample->employer.name = fixture_subject.organization;
    sample->employer.given_name = "Ximena";
    sample->employer.surname = "Ñandú";
    sample->employer.surname2 = "Bolaños";
    sample->employer.rp = cadena->rp;
    sample->employer.rfc = cadena->rfc;
    sample->employer.curp = cadena->curp;
    sample->employer.user = cadena->user;
    if (cadena->kind != NPIE_LETTER_ADDITIONAL) {
        sample->employer.contact.email = cadena->email;
    }
    sample->letter.holder_email = cadena->email;
    sample->letter.holder = cadena->holder;
    sample->letter.purpose = cadena->purpose;
    sample->letter.folio = cadena->folio;
    sample->letter.time = cadena->time;
    sample->letter.old_spki = cadena->old_spki;
    sample->letter.new_spki = cadena->new_spki;
    sample->letter.old_public_key = seen_key(cadena->old_spki, p);
    sample->letter.new_public_key = seen_key(cadena->new_spki, p);
    return sample;
}

npie_bytes_t fixture_letter(const npie_cadena_t *cadena, apr_pool_t *p)
{
    const sample_t *sample = fixture_sample(cadena, p);
    npie_bytes_t pdf;

    /* Some tests say what cannot be drawn. */
    return npie_letter_draw(&pdf, drawing.art, &sample->letter, NULL, p)
        == APR_SUCCESS ? pdf : fixture_bare_letter(cadena, p);
}

npie_bytes_t fixture_signed(npie_bytes_t letter,
                            const fixture_employer_t *employer, apr_pool_t *p)
{
    npie_err_t err = { 0, NPIE_P_NONE, "" };
    npie_letter_file_t *file;
    npie_bytes_t content;
    npie_bytes_t cms;
    npie_bytes_t result;
    unsigned char *data;

    if (npie_letter_file_parse(&file, letter, &err, p) != APR_SUCCESS) {
        fail_msg("letter: %s", err.detail);
    }
    content.len = file->signed_part[0].len + file->signed_part[1].len;
    data = apr_palloc(p, content.len);
    memcpy(data, file->signed_part[0].data, file->signed_part[0].len);
    memcpy(data + file->signed_part[0].len, file->signed_part[1].data,
           file->signed_part[1].len);
    content.data = data;
    cms = identity_cms(&employer->id, content, CMS_NOSMIMECAP | CMS_CADES, p);
    if (npie_letter_file_sign(&result, letter, cms, &err, p) != APR_SUCCESS) {
        fail_msg("letter: %s", err.detail);
    }
    return result;
}

void fixture_write(const char *path, npie_bytes_t bytes, int mode)
{
    int fd = open(path, O_WRONLY | O_CREAT | O_TRUNC, (mode_t)mode);

    assert_true(fd >= 0);
    assert_int_equal(write(fd, bytes.data, bytes.len), bytes.len);
    assert_int_equal(fchmod(fd, (mode_t)mode), 0);
    close(fd);
}

npie_bytes_t fixture_read(const char *path, apr_pool_t *p)
{
    apr_finfo_t info;
    apr_file_t *file;
    apr_size_t len;
    npie_bytes_t bytes = { (const unsigned char *)"", 0 };
    char *data;

    if (apr_file_open(&file, path, APR_READ, APR_OS_DEFAULT, p)
        != APR_SUCCESS) {
        return bytes;
    }
    assert_int_equal(apr_file_info_get(&info, APR_FINFO_SIZE, file),
                     APR_SUCCESS);
    len = (apr_size_t)info.size;
    data = apr_pcalloc(p, len + 1);
    if (len > 0) {
        assert_int_equal(apr_file_read_full(file, data, len, &len),
                         APR_SUCCESS);
    }
    apr_file_close(file);
    bytes.data = (unsigned char *)data;
    bytes.len = len;
    return bytes;
}

/* How many, or -1 before npie-signer has made its ledger. */
static int records_now(const char *command)
{
    FILE *out = popen(command, "r");
    int records = -1;

    assert_non_null(out);
    if (fscanf(out, "%d", &records) != 1) {
        records = -1;
    }
    pclose(out);
    return records;
}

int fixture_records(const fixture_signer_t *signer, apr_pool_t *p)
{
    const int file = *signer->ledger == '/';
    const char *command = apr_psprintf(
        p, "%s '%s' %s \"SELECT count(*) FROM %sentry WHERE line LIKE '%% issue "
        "%%'\" 2>&1", file ? "sqlite3 -cmd '.timeout 9000' -readonly"
        : "psql -qAt -v ON_ERROR_STOP=1 -d", file ? signer->ledger
        : signer->ledger + strlen("pgsql:"), file ? "" : "-c",
        file ? "" : "npie_ledger.");
    int records = records_now(command);

    /* A start takes long where every processor is busy. */
    for (int i = 0; i < 3000 && records < 0; i++) {
        apr_sleep(apr_time_from_msec(10));
        records = records_now(command);
    }
    assert_true(records >= 0);
    return records;
}

int fixture_said(const fixture_signer_t *signer, const char *text,
                 apr_pool_t *p)
{
    return strstr((const char *)fixture_read(signer->said, p).data, text)
           != NULL;
}

/* Every signer that still runs has to end well when it is told to: nothing
 * has killed it before, and sanitizers look for leaks as it ends. */
static void end(fixture_signer_t *signer)
{
    int status = -1;

    kill(signer->pid, SIGTERM);
    for (int i = 0; i < 2000 && waitpid(signer->pid, &status, WNOHANG) == 0;
         i++) {
        apr_sleep(apr_time_from_msec(10));
    }
    if (status != 0) {
        kill(signer->pid, SIGKILL);
        print_error("npie-signer ended with status %x:\n%s", status,
                    (const char *)fixture_read(signer->said,
                                               signer->p).data);
        abort();
    }
}

/* Ends what still runs and takes the folder away. */
static apr_status_t clear(void *data)
{
    fixture_signer_t *signer = data;
    char command[256];

    if (signer->pid > 0) {
        end(signer);
    }
    close(signer->listener);
    snprintf(command, sizeof(command), "rm -rf '%s'", signer->dir);
    return system(command) == 0 ? APR_SUCCESS : APR_EGENERAL;
}

int fixture_listen(const char *path)
{
    struct sockaddr_un address = { .sun_family = AF_UNIX };
    int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);

    apr_cpystrn(address.sun_path, path, sizeof(address.sun_path));
    assert_int_equal(bind(fd, (struct sockaddr *)&address, sizeof(address)),
                     0);
    assert_int_equal(listen(fd, 64), 0);
    return fd;
}

int fixture_filters(void)
{
#if defined(__SANITIZE_ADDRESS__)
    return 0;
#else
    const char *value = getenv("NPIE_TEST_SANDBOX");

    return value == NULL || strcmp(value, "off") != 0;
#endif
}

/* Users of Debian's that are neither root nor nobody. */
#define LEDGER_USER "daemon"
#define DRAW_USER "games"

/* A folder of a user's own, when root makes it. */
static void make_folder(const char *path, const char *name)
{
    struct passwd entry, *user = NULL;
    char text[1024];

    assert_int_equal(mkdir(path, 0700), 0);
    assert_int_equal(getpwnam_r(name, &entry, text, sizeof(text), &user), 0);
    assert_non_null(user);
    if (geteuid() == 0) {
        assert_int_equal(chown(path, user->pw_uid, user->pw_gid), 0);
    }
}

fixture_signer_t *fixture_signer(const fixture_ca_t *ca, const char *more,
                                 apr_pool_t *p)
{
    fixture_signer_t *signer = apr_pcalloc(p, sizeof(*signer));
    char *dir = apr_pstrdup(p, "/tmp/npie-signer-XXXXXX");
    const char *key_file;
    const char *cert_file;

    assert_non_null(mkdtemp(dir));
    assert_int_equal(chmod(dir, 0755), 0);
    signer->dir = dir;
    signer->conf = apr_pstrcat(p, dir, "/signer.conf", NULL);
    signer->state = apr_pstrcat(p, dir, "/state", NULL);
    signer->ledger = apr_pstrcat(p, dir, "/ledger/ledger.db", NULL);
    signer->said = apr_pstrcat(p, dir, "/said", NULL);
    signer->client.path = apr_pstrcat(p, dir, "/socket", NULL);
    signer->client.timeout = apr_time_from_sec(10);
    signer->p = p;
    signer->listener = fixture_listen(signer->client.path);
    apr_pool_cleanup_register(p, signer, clear, apr_pool_cleanup_null);
    assert_int_equal(chmod(signer->client.path, 0666), 0);
    key_file = apr_pstrcat(p, dir, "/ca.key", NULL);
    cert_file = apr_pstrcat(p, dir, "/ca.crt", NULL);
    identity_write_key(ca->id, key_file);
    assert_int_equal(chmod(key_file, 0400), 0);
    fixture_write(cert_file, unit_bytes(npie_cert_pem(ca->cert, p)), 0644);
    make_folder(signer->state, "nobody");
    make_folder(apr_pstrcat(p, dir, "/ledger", NULL), LEDGER_USER);
    fixture_write(signer->conf, unit_bytes(apr_psprintf(p,
        "# made by a test\n\nKey %s\nCertificate %s\nState %s\n"
        "Ledger %s\nLedgerUser " LEDGER_USER "\nUser nobody\n"
        "LetterTerms " SAMPLE_TERMS "\nDrawUser " DRAW_USER "\n%s%s%s",
        key_file, cert_file, signer->state, signer->ledger,
        strstr(more, "PeerUser ") != NULL ? ""
            : apr_psprintf(p, "PeerUser %ld\n", (long)geteuid()),
        strstr(more, "Sandbox ") != NULL || fixture_filters() ? ""
            : "Sandbox off\n", more)),
        0644);
    return signer;
}

const char *fixture_seal(const identity_t *seal, apr_pool_t *p)
{
    const char *key = forge_path("seal.key", p);
    npie_cert_t *cert = fixture_parse(seal->der, p);

    /* One that is there already may not be written to. */
    unlink(key);
    identity_write_key(seal, key);
    assert_int_equal(chmod(key, 0400), 0);
    return apr_psprintf(p, "SealKey %s\nSealCertificate %s\n", key,
                        forge_file("seal.crt",
                                   unit_bytes(npie_cert_pem(cert, p)), p));
}

void fixture_signer_start(fixture_signer_t *signer)
{
    pid_t pid = fork();

    assert_true(pid >= 0);
    if (pid == 0) {
        int said = open(signer->said, O_WRONLY | O_CREAT | O_APPEND, 0644);

        dup2(signer->listener, STDIN_FILENO);
        dup2(said, STDERR_FILENO);
        execl(NPIE_BUILD "/npie-signer", "npie-signer", "-f", signer->conf,
              (char *)NULL);
        _exit(127);
    }
    signer->pid = pid;
}

int fixture_signer_wait(fixture_signer_t *signer)
{
    int status = -1;

    while (waitpid(signer->pid, &status, 0) < 0 && errno == EINTR) {
    }
    signer->pid = 0;
    return status;
}

int fixture_signer_stop(fixture_signer_t *signer, int number)
{
    kill(signer->pid, number);
    return fixture_signer_wait(signer);
}

void fixture_alive(const fixture_signer_t *signer, int issued)
{
    npie_signer_state_t told = { .pid = 0 };
    npie_err_t err = { 0, NPIE_P_NONE, "" };

    if (npie_signer_ping(&told, &signer->client, &err, signer->p)
        != APR_SUCCESS) {
        fail_msg("ping: %s", err.detail);
    }
    assert_int_equal(told.pid, signer->pid);
    assert_int_equal(fixture_records(signer, signer->p), issued);
}

int fixture_status(const fixture_signer_t *signer, const npie_cert_t *cert,
                   const fixture_ca_t *by, const fixture_ca_t *ca, int proof,
                   apr_pool_t *p)
{
    apr_array_header_t *known = apr_array_make(p, 1, sizeof(npie_bytes_t));
    npie_signer_ocsp_t answer;
    npie_err_t err = { 0 };
    npie_bytes_t request;
    const unsigned char *at;
    OCSP_RESPONSE *response;
    OCSP_BASICRESP *basic;
    X509_STORE *store = X509_STORE_new();
    STACK_OF(X509) *none = sk_X509_new_null();
    ASN1_GENERALIZEDTIME *from = NULL;
    time_t lately = time(NULL) - 298;
    int status = -1;

    if (proof) {
        APR_ARRAY_PUSH(known, npie_bytes_t) = cert->der;
    }
    assert_int_equal(npie_ocsp_make(&request, cert->der, by->cert->der,
                                    "SHA1", &err, p), APR_SUCCESS);
    assert_int_equal(npie_signer_ocsp(&answer, &signer->client, request,
                                      known, &err, p), APR_SUCCESS);
    at = answer.response.data;
    response = d2i_OCSP_RESPONSE(NULL, &at, (long)answer.response.len);
    assert_non_null(response);
    if (OCSP_response_status(response) == OCSP_RESPONSE_STATUS_SUCCESSFUL) {
        basic = OCSP_response_get1_basic(response);
        X509_STORE_add_cert(store, ca->cert->x509);
        X509_STORE_set_flags(store, X509_V_FLAG_PARTIAL_CHAIN);
        assert_int_equal(OCSP_basic_verify(basic, none, store, 0), 1);
        status = OCSP_single_get0_status(OCSP_resp_get0(basic, 0), NULL, NULL,
                                         &from, NULL);
        /* Backdated, for clients whose clocks are a little behind. */
        assert_int_equal(X509_cmp_time((ASN1_TIME *)from, &lately), -1);
        OCSP_BASICRESP_free(basic);
    }
    else {
        assert_int_equal(answer.this_update, 0);
    }
    sk_X509_free(none);
    X509_STORE_free(store);
    OCSP_RESPONSE_free(response);
    return status;
}
