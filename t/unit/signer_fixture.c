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
#include <openssl/bio.h>
#include <openssl/cms.h>
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/x509.h>
#include <openssl/x509v3.h>

#include "pki/csr.h"
#include "pki/digest.h"

#define MONTH apr_time_from_sec(30 * 86400)
#define HEX_SIZE 32768

const npie_subject_t fixture_subject = {
    "Molinos del Bajío, S.A. de C.V.", "A064878710",
    "Ximena Ñandú Bolaños", "BOXW310820HNERXN09", "AUA881212566",
    "antes@molinos.example"
};

static apr_status_t free_key(void *data)
{
    EVP_PKEY_free(data);
    return APR_SUCCESS;
}

EVP_PKEY *fixture_key(const char *kind, apr_pool_t *p)
{
    EVP_PKEY *key = strncmp(kind, "RSA:", 4) == 0
        ? EVP_PKEY_Q_keygen(NULL, NULL, "RSA", (size_t)atoi(kind + 4))
        : EVP_PKEY_Q_keygen(NULL, NULL, "EC", kind);

    assert_non_null(key);
    apr_pool_cleanup_register(p, key, free_key, apr_pool_cleanup_null);
    return key;
}

static npie_bytes_t copy(const unsigned char *data, int len, apr_pool_t *p)
{
    npie_bytes_t bytes;

    assert_true(len > 0);
    bytes.data = apr_pmemdup(p, data, (apr_size_t)len);
    bytes.len = (apr_size_t)len;
    return bytes;
}

static void add_extension(X509 *x509, int nid, const char *value)
{
    X509_EXTENSION *extension;
    X509V3_CTX context;

    X509V3_set_ctx(&context, x509, x509, NULL, NULL, 0);
    extension = X509V3_EXT_conf_nid(NULL, &context, nid, value);
    assert_non_null(extension);
    assert_int_equal(X509_add_ext(x509, extension, -1), 1);
    X509_EXTENSION_free(extension);
}

static npie_bytes_t self_signed(EVP_PKEY *key, const char *name, apr_pool_t *p)
{
    X509 *x509 = X509_new();
    X509_NAME *subject = X509_get_subject_name(x509);
    unsigned char *der = NULL;
    npie_bytes_t bytes;
    int len;

    X509_set_version(x509, X509_VERSION_3);
    ASN1_INTEGER_set(X509_get_serialNumber(x509), 1);
    X509_gmtime_adj(X509_getm_notBefore(x509), -10L * 365 * 86400);
    X509_gmtime_adj(X509_getm_notAfter(x509), 10L * 365 * 86400);
    X509_NAME_add_entry_by_txt(subject, "C", MBSTRING_UTF8,
                               (const unsigned char *)"MX", -1, -1, 0);
    X509_NAME_add_entry_by_txt(subject, "CN", MBSTRING_UTF8,
                               (const unsigned char *)name, -1, -1, 0);
    X509_set_issuer_name(x509, subject);
    X509_set_pubkey(x509, key);
    add_extension(x509, NID_basic_constraints, "critical,CA:TRUE");
    add_extension(x509, NID_key_usage, "critical,keyCertSign,cRLSign");
    add_extension(x509, NID_subject_key_identifier, "hash");
    assert_true(X509_sign(x509, key, EVP_sha256()) > 0);
    len = i2d_X509(x509, &der);
    bytes = copy(der, len, p);
    OPENSSL_free(der);
    X509_free(x509);
    return bytes;
}

fixture_ca_t *fixture_ca(const char *name, apr_pool_t *p)
{
    static const npie_profile_t profile = { .validity_months = 6 };
    fixture_ca_t *ca = apr_pcalloc(p, sizeof(*ca));
    npie_err_t err;

    ca->key = fixture_key("P-256", p);
    assert_int_equal(npie_cert_parse(&ca->cert, self_signed(ca->key, name, p),
                                     &err, p), APR_SUCCESS);
    EVP_PKEY_up_ref(ca->key);
    assert_int_equal(npie_issuer_create(&ca->issuer, ca->key, ca->cert,
                                        &profile, &err, p), APR_SUCCESS);
    return ca;
}

npie_bytes_t fixture_csr(EVP_PKEY *key, apr_pool_t *p)
{
    X509_REQ *request = X509_REQ_new();
    unsigned char *der = NULL;
    npie_bytes_t bytes;
    int len;

    X509_REQ_set_version(request, X509_REQ_VERSION_1);
    X509_REQ_set_pubkey(request, key);
    assert_true(X509_REQ_sign(request, key, EVP_sha256()) > 0);
    len = i2d_X509_REQ(request, &der);
    bytes = copy(der, len, p);
    OPENSSL_free(der);
    X509_REQ_free(request);
    return bytes;
}

char *fixture_spki(EVP_PKEY *key, apr_pool_t *p)
{
    char *hex = apr_palloc(p, NPIE_SHA256_HEX_SIZE);
    unsigned char *der = NULL;
    int len = i2d_PUBKEY(key, &der);

    assert_int_equal(npie_sha256_hex(hex, copy(der, len, p)), APR_SUCCESS);
    OPENSSL_free(der);
    return hex;
}

fixture_employer_t *fixture_employer(fixture_ca_t *ca, EVP_PKEY *key,
                                     const npie_subject_t *subject,
                                     apr_time_t issued, apr_pool_t *p)
{
    static const npie_key_rules_t any = { 1024, 1, 1 };
    fixture_employer_t *employer = apr_pcalloc(p, sizeof(*employer));
    npie_csr_t *csr;
    npie_bytes_t der;
    npie_err_t err = { 0, NPIE_P_NONE, "" };

    employer->key = key;
    if (npie_csr_parse(&csr, fixture_csr(key, p), &any, &err, p)
            != APR_SUCCESS
        || npie_issuer_issue(&der, ca->issuer, csr, subject, issued, &err, p)
           != APR_SUCCESS
        || npie_cert_parse(&employer->cert, der, &err, p) != APR_SUCCESS) {
        fail_msg("employer: %s", err.detail);
    }
    employer->rp = "A0648787107";
    employer->rfc = "AUA881212566";
    employer->curp = "BOXW310820HNERXN09";
    return employer;
}

fixture_employer_t *fixture_expired(fixture_ca_t *ca, apr_pool_t *p)
{
    return fixture_employer(ca, fixture_key("P-256", p), &fixture_subject,
                            apr_time_now() - 7 * MONTH, p);
}

npie_cadena_t *fixture_cadena(const fixture_employer_t *employer,
                              EVP_PKEY *new_key, apr_int64_t folio,
                              apr_pool_t *p)
{
    npie_cadena_t *cadena = apr_pcalloc(p, sizeof(*cadena));

    cadena->kind = NPIE_LETTER_RENEWAL;
    cadena->folio = folio;
    cadena->rp = employer->rp;
    cadena->rfc = employer->rfc;
    cadena->curp = employer->curp;
    cadena->user = "A064878710";
    cadena->old_spki = employer->cert->spki_sha256;
    cadena->new_spki = fixture_spki(new_key, p);
    cadena->email = "ximena@molinos.example";
    cadena->time = apr_time_from_sec(apr_time_sec(apr_time_now()));
    return cadena;
}

npie_bytes_t fixture_letter(const npie_cadena_t *cadena, apr_pool_t *p)
{
    static const char xref[] = "\n>>\nendobj\nxref\n0 1\n"
                               "0000000000 65535 f\r\ntrailer\n<<\n/Size 1\n"
                               ">>\nstartxref\n";
    char *zeros = apr_palloc(p, HEX_SIZE + 1);
    char *before = apr_pstrcat(p, "%PDF-1.4\n1 0 obj\n<x><npie:cadena>",
                               npie_cadena_format(cadena, p),
                               "</npie:cadena></x>\nendobj\n2 0 obj\n<<\n"
                               "/Type /Sig\n/Filter /Adobe.PPKLite\n"
                               "/SubFilter /ETSI.CAdES.detached\n"
                               "/ByteRange ", NULL);
    size_t open = strlen(before) + 40 + strlen("\n/Contents ");
    size_t close = open + HEX_SIZE + 2;
    char *after = apr_psprintf(p, "%s%d\n%%%%EOF\n", xref,
                               (int)(close + strlen("\n>>\nendobj\n")));
    char *range = apr_psprintf(p, "[0 %d %d %d", (int)open, (int)close,
                               (int)strlen(after));

    memset(zeros, '0', HEX_SIZE);
    zeros[HEX_SIZE] = '\0';
    return unit_bytes(apr_psprintf(p, "%s%-39s]\n/Contents <%s>%s", before,
                                   range, zeros, after));
}

npie_bytes_t fixture_signed(npie_bytes_t letter,
                            const fixture_employer_t *employer, apr_pool_t *p)
{
    const unsigned char *open = memmem(letter.data, letter.len, "<0000", 5);
    size_t head = (size_t)(open - letter.data);
    size_t tail = head + HEX_SIZE + 2;
    BIO *content = BIO_new(BIO_s_mem());
    unsigned char *der = NULL;
    CMS_ContentInfo *cms;
    char *file = apr_pmemdup(p, letter.data, letter.len);
    npie_bytes_t result = { (unsigned char *)file, letter.len };
    int len;

    BIO_write(content, letter.data, (int)head);
    BIO_write(content, letter.data + tail, (int)(letter.len - tail));
    cms = CMS_sign(employer->cert->x509, employer->key, NULL, content,
                   CMS_DETACHED | CMS_BINARY | CMS_NOSMIMECAP | CMS_CADES);
    assert_non_null(cms);
    len = i2d_CMS_ContentInfo(cms, &der);
    assert_true(len > 0);
    for (int i = 0; i < len; i++) {
        static const char digits[] = "0123456789abcdef";

        file[head + 1 + 2 * (size_t)i] = digits[der[i] >> 4];
        file[head + 2 + 2 * (size_t)i] = digits[der[i] & 15];
    }
    OPENSSL_free(der);
    CMS_ContentInfo_free(cms);
    BIO_free(content);
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

int fixture_records(const fixture_signer_t *signer, apr_pool_t *p)
{
    npie_bytes_t file = fixture_read(signer->log, p);
    int lines = 0;

    for (apr_size_t i = 0; i < file.len; i++) {
        lines += file.data[i] == '\n';
    }
    return lines - 1;
}

int fixture_said(const fixture_signer_t *signer, const char *text,
                 apr_pool_t *p)
{
    return strstr((const char *)fixture_read(signer->said, p).data, text)
           != NULL;
}

/* Ends what still runs and takes the folder away. */
static apr_status_t clear(void *data)
{
    fixture_signer_t *signer = data;
    char command[256];

    if (signer->pid > 0 && kill(signer->pid, SIGKILL) == 0) {
        int status = fixture_signer_wait(signer);

        /* The tests that it fails cannot tell why; it may have. */
        if (!WIFSIGNALED(status) || WTERMSIG(status) != SIGKILL) {
            print_error("npie-signer had ended, status %x:\n%s", status,
                        (const char *)fixture_read(signer->said,
                                                   signer->p).data);
        }
    }
    close(signer->listener);
    snprintf(command, sizeof(command), "rm -rf '%s'", signer->dir);
    return system(command) == 0 ? APR_SUCCESS : APR_EGENERAL;
}

static int listen_at(const char *path)
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

static void write_pem(const fixture_ca_t *ca, const char *key_file,
                      const char *cert_file, apr_pool_t *p)
{
    BIO *out = BIO_new(BIO_s_mem());
    char *data;
    long len;

    assert_int_equal(PEM_write_bio_PrivateKey(out, ca->key, NULL, NULL, 0,
                                              NULL, NULL), 1);
    len = BIO_get_mem_data(out, &data);
    fixture_write(key_file, copy((unsigned char *)data, (int)len, p), 0400);
    BIO_free(out);
    fixture_write(cert_file, unit_bytes(npie_cert_pem(ca->cert, p)), 0644);
}

fixture_signer_t *fixture_signer(const fixture_ca_t *ca, const char *more,
                                 apr_pool_t *p)
{
    fixture_signer_t *signer = apr_pcalloc(p, sizeof(*signer));
    const struct passwd *user = getpwnam("nobody");
    char *dir = apr_pstrdup(p, "/tmp/npie-signer-XXXXXX");
    const char *key_file;
    const char *cert_file;

    assert_non_null(mkdtemp(dir));
    assert_int_equal(chmod(dir, 0755), 0);
    signer->dir = dir;
    signer->conf = apr_pstrcat(p, dir, "/signer.conf", NULL);
    signer->log = apr_pstrcat(p, dir, "/log/issuance.log", NULL);
    signer->said = apr_pstrcat(p, dir, "/said", NULL);
    signer->client.path = apr_pstrcat(p, dir, "/socket", NULL);
    signer->client.timeout = apr_time_from_sec(10);
    signer->p = p;
    signer->listener = listen_at(signer->client.path);
    apr_pool_cleanup_register(p, signer, clear, apr_pool_cleanup_null);
    assert_int_equal(chmod(signer->client.path, 0666), 0);
    key_file = apr_pstrcat(p, dir, "/ca.key", NULL);
    cert_file = apr_pstrcat(p, dir, "/ca.crt", NULL);
    write_pem(ca, key_file, cert_file, p);
    assert_int_equal(mkdir(apr_pstrcat(p, dir, "/log", NULL), 0700), 0);
    if (geteuid() == 0) {
        assert_non_null(user);
        assert_int_equal(chown(apr_pstrcat(p, dir, "/log", NULL),
                               user->pw_uid, user->pw_gid), 0);
    }
    fixture_write(signer->conf, unit_bytes(apr_psprintf(p,
        "# made by a test\n\nKey %s\nCertificate %s\nIssuanceLog %s\n"
        "User nobody\n%s%s%s", key_file, cert_file, signer->log,
        strstr(more, "PeerUser ") != NULL ? ""
            : apr_psprintf(p, "PeerUser %ld\n", (long)geteuid()),
        strstr(more, "Sandbox ") != NULL || fixture_filters() ? ""
            : "Sandbox off\n", more)),
        0644);
    return signer;
}

void fixture_signer_start(fixture_signer_t *signer)
{
    pid_t pid = fork();

    assert_true(pid >= 0);
    if (pid == 0) {
        int said = open(signer->said, O_WRONLY | O_CREAT | O_APPEND, 0644);

        dup2(signer->listener, STDIN_FILENO);
        dup2(said, STDERR_FILENO);
        execl("./npie-signer", "npie-signer", "-f", signer->conf,
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
