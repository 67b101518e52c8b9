/* SPDX-License-Identifier: Apache-2.0
 * Options by one table: reading them and the help.
 */
#include "renew/options.h"

#include <getopt.h>
#include <string.h>
#include <strings.h>

#include <apr_strings.h>

#include "base/parse.h"
#include "base/text.h"
#include "renew/key.h"
#include "renew/report.h"

#define TIMEOUT 60
#define DAYS 30
#define HELP_COLUMN 24
#define ITERATIONS_LEAST 1000
#define ITERATIONS_MOST 10000000
#define JOBS_MOST 16

/** Where an option's value goes. */
typedef enum slot_t {
    PFX, CER, KEY, OUT, USER, PASSWORD, NEW_PASSWORD, EMAIL, PHONE, FAX,
    LIST, OUT_DIR, CACERT, TRUST, KEY_TYPE, ITERATIONS, TIMEOUT_SECONDS,
    CHECK_DAYS, REPORT, JOBS, ACCEPT, NEW_KEY, CHECK, QUIET, VERBOSE, SHOW_HELP, SHOW_VERSION
} slot_t;

static const struct row_t {
    const char *name;
    const char *value; /* Spanish; NULL: it takes none */
    slot_t slot;
    const char *help;
} rows[] = {
    { "pfx", "ARCHIVO", PFX, "certificado anterior con su llave" },
    { "cer", "ARCHIVO", CER, "certificado anterior, con --key" },
    { "key", "ARCHIVO", KEY, "llave del certificado de --cer" },
    { "out", "ARCHIVO", OUT, "certificado nuevo (.pfx); nunca se sobrescribe" },
    { "password", "ORIGEN", PASSWORD,
      "contraseña anterior: file:ARCHIVO o exec:PROGRAMA" },
    { "new-password", "ORIGEN", NEW_PASSWORD, "contraseña nueva, igual" },
    { "user", "USUARIO", USER, "usuario, si no es el registro patronal" },
    { "email", "CORREO", EMAIL, "correo nuevo" },
    { "phone", "TELÉFONO", PHONE, "teléfono nuevo" },
    { "fax", "FAX", FAX, "fax nuevo" },
    { "accept-terms", NULL, ACCEPT, "firmar las cartas sin preguntar" },
    { "key-type", "TIPO", KEY_TYPE, "rsa:2048, rsa:3072, rsa:4096, p256, p384" },
    { "new-key", NULL, NEW_KEY, "hacer otra llave en una renovación abierta" },
    { "list", "ARCHIVO", LIST, "muchos patrones: un .pfx por renglón, CSV o JSON" },
    { "out-dir", "CARPETA", OUT_DIR, "dónde quedan los nuevos de la lista" },
    { "jobs", "NÚMERO", JOBS, "cuántos patrones de la lista a la vez" },
    { "report", "ARCHIVO", REPORT, "informe nuevo de cada patrón, .csv o .json" },
    { "check", NULL, CHECK, "decir qué vence y cuándo, sin renovar" },
    { "days", "DÍAS", CHECK_DAYS, "con --check: avisar desde tantos días antes" },
    { "cacert", "ARCHIVO", CACERT, "autoridad del servidor (TLS)" },
    { "trust", "ARCHIVO", TRUST, "autoridad del instituto, para el certificado nuevo" },
    { "timeout", "SEGUNDOS", TIMEOUT_SECONDS, "de cada petición" },
    { "iterations", "NÚMERO", ITERATIONS, "de la derivación de la contraseña nueva" },
    { "quiet", NULL, QUIET, "sin los pasos" },
    { "verbose", NULL, VERBOSE, "los pasos de cada patrón de la lista" },
    { "help", NULL, SHOW_HELP, "esta ayuda" },
    { "version", NULL, SHOW_VERSION, "la versión" },
};

#define ROWS (sizeof(rows) / sizeof(rows[0]))

static const char *number(int *out, const char *value, int min, int max,
                          const char *name, apr_pool_t *p)
{
    return npie_parse_int(out, value, min, max, p) == NULL ? NULL
        : apr_psprintf(p, "--%s: un número entero de %d a %d, no «%s»", name,
                       min, max, value);
}

/* rsa:3072 as RSA-3072, p256 as P-256. */
static const char *kind(npie_options_t *options, const char *value,
                        apr_pool_t *p)
{
    options->kind = strncasecmp(value, "rsa:", 4) == 0
        ? apr_pstrcat(p, "RSA-", value + 4, NULL)
        : strncasecmp(value, "p", 1) == 0
          ? apr_pstrcat(p, "P-", value + 1, NULL) : value;
    return npie_key_is_kind(options->kind) ? NULL
        : apr_psprintf(p, "--key-type: no se conoce «%s»", value);
}

/* The field of an option that is a text; NULL for the others. */
static const char **text_of(npie_options_t *o, slot_t slot)
{
    const char **const fields[] = {
        [PFX] = &o->job.pfx, [CER] = &o->job.cer, [KEY] = &o->job.key,
        [OUT] = &o->job.out, [USER] = &o->job.user,
        [PASSWORD] = &o->job.password, [NEW_PASSWORD] = &o->job.new_password,
        [EMAIL] = &o->job.email, [PHONE] = &o->job.phone,
        [FAX] = &o->job.fax, [LIST] = &o->list, [OUT_DIR] = &o->out_dir,
        [CACERT] = &o->cacert, [TRUST] = &o->trust,
    };

    return slot <= TRUST ? fields[slot] : NULL;
}

static const char *take_switch(npie_options_t *o, int *pverbose,
                               npie_ask_t *ask, slot_t slot)
{
    switch (slot) {
    case ACCEPT:
        o->accept_terms = 1;
        break;
    case NEW_KEY:
        o->new_key = 1;
        break;
    case CHECK:
        o->check = 1;
        break;
    case QUIET:
        o->quiet = 1;
        break;
    case VERBOSE:
        *pverbose = 1;
        break;
    default:
        *ask = slot == SHOW_HELP ? NPIE_ASK_HELP : NPIE_ASK_VERSION;
        break;
    }
    return NULL;
}

static const char *take(npie_options_t *o, int *pverbose, npie_ask_t *ask,
                        const struct row_t *row, const char *value,
                        apr_pool_t *p)
{
    const char **text = text_of(o, row->slot);

    if (text != NULL) {
        *text = value;
        return *value != '\0' ? NULL
            : apr_psprintf(p, "--%s: falta el valor", row->name);
    }
    switch (row->slot) {
    case KEY_TYPE:
        return kind(o, value, p);
    case ITERATIONS:
        return number(&o->iterations, value, ITERATIONS_LEAST,
                      ITERATIONS_MOST, row->name, p);
    case TIMEOUT_SECONDS:
        return number(&o->timeout, value, 1, 3600, row->name, p);
    case CHECK_DAYS:
        return number(&o->days, value, 0, 36500, row->name, p);
    case JOBS:
        return number(&o->jobs, value, 1, JOBS_MOST, row->name, p);
    case REPORT:
        o->report = value;
        return npie_report_is_name(value) ? NULL
            : "--report: el nombre termina en .csv o .json";
    default:
        return take_switch(o, pverbose, ask, row->slot);
    }
}

/* A password as an argument would stand in the process list. */
static int is_source(const char *source)
{
    return source == NULL || strncmp(source, "file:", 5) == 0
        || strncmp(source, "exec:", 5) == 0;
}

/* What does not go together; NULL when all does. */
static const char *contradiction(const npie_options_t *o)
{
    const npie_job_t *job = &o->job;

    if (!is_source(job->password) || !is_source(job->new_password)) {
        return "las contraseñas no van en la orden: file:ARCHIVO o "
               "exec:PROGRAMA";
    }
    if (o->list != NULL && (job->pfx != NULL || job->cer != NULL
                            || job->key != NULL || job->out != NULL)) {
        return "--list no va con --pfx, --cer, --key ni --out";
    }
    if (o->list == NULL && (job->pfx != NULL) == (job->cer != NULL)) {
        return "indique --pfx, o --cer con --key, o --list";
    }
    if (o->jobs > 1 && (o->list == NULL || !o->accept_terms)) {
        return "--jobs va con --list y --accept-terms";
    }
    if (job->key != NULL && job->cer == NULL) {
        return "--key va con --cer";
    }
    if (job->cer != NULL && job->key == NULL && !o->check) {
        return "--cer va con --key";
    }
    if (o->check ? o->url != NULL
                 : o->url == NULL || strncmp(o->url, "https://", 8) != 0
                   || o->url[8] == '\0') {
        return o->check ? "--check no lleva dirección"
                        : "falta la dirección: https://servidor/npie/";
    }
    return NULL;
}

static const char *read_all(npie_options_t *o, int *pverbose, npie_ask_t *ask,
                            int argc, char **argv, apr_pool_t *p)
{
    struct option table[ROWS + 1];
    const char *why = NULL;
    int i = 0;

    memset(table, 0, sizeof(table));
    for (apr_size_t k = 0; k < ROWS; ++k) {
        table[k].name = rows[k].name;
        table[k].has_arg = rows[k].value != NULL ? required_argument
                                                 : no_argument;
        table[k].val = 1;
    }
    opterr = 0;
    optind = 0;
    while (why == NULL && *ask == NPIE_ASK_WORK) {
        int got = getopt_long(argc, argv, ":", table, &i);

        if (got == -1) {
            break;
        }
        if (got != 1) {
            return apr_psprintf(p, got == ':' ? "«%s»: falta el valor"
                                              : "no se conoce «%s»",
                                argv[optind - 1]);
        }
        why = take(o, pverbose, ask, &rows[i], optarg, p);
    }
    if (why != NULL || *ask != NPIE_ASK_WORK) {
        return why;
    }
    if (argc - optind > 1) {
        return apr_psprintf(p, "sobra «%s»", argv[optind + 1]);
    }
    if (optind < argc) {
        o->url = argv[optind];
        if (*o->url == '\0' || o->url[strlen(o->url) - 1] != '/') {
            o->url = apr_pstrcat(p, o->url, "/", NULL);
        }
    }
    return contradiction(o);
}

npie_ask_t npie_options_read(npie_options_t *options, int *pverbose,
                             const char **pwhy, int argc, char **argv,
                             apr_pool_t *p)
{
    npie_ask_t ask = NPIE_ASK_WORK;

    memset(options, 0, sizeof(*options));
    options->iterations = NPIE_KEY_ITERATIONS;
    options->timeout = TIMEOUT;
    options->days = DAYS;
    options->jobs = 1;
    *pverbose = 0;
    *pwhy = read_all(options, pverbose, &ask, argc, argv, p);
    return *pwhy != NULL ? NPIE_ASK_WRONG : ask;
}

const char *npie_options_help(apr_pool_t *p)
{
    const char *help =
        "npie-renew --pfx ANTERIOR.pfx --out NUEVO.pfx https://servidor/npie/\n"
        "npie-renew --cer ANTERIOR.cer --key ANTERIOR.key --out NUEVO.pfx "
        "https://servidor/npie/\n"
        "npie-renew --list LISTA --accept-terms https://servidor/npie/\n"
        "npie-renew --check --pfx ANTERIOR.pfx\n\n";

    for (apr_size_t i = 0; i < ROWS; ++i) {
        const char *head = apr_pstrcat(p, "--", rows[i].name,
                                       rows[i].value != NULL ? " " : "",
                                       rows[i].value, NULL);

        int blanks = HELP_COLUMN - (int)npie_text_length(head);

        help = apr_psprintf(p, "%s  %s%*s%s\n", help, head, blanks, "",
                            rows[i].help);
    }
    return help;
}
