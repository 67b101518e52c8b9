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
#include "renew/language.h"
#include "renew/report.h"

#define TIMEOUT 60
#define DAYS 30
#define HELP_COLUMN 24
#define ITERATIONS_LEAST 1000
#define ITERATIONS_MOST 10000000
#define JOBS_MOST 16
#define NO_VALUE NPIE_SENTENCES

/** Where an option's value goes. */
typedef enum slot_t {
    PFX, CER, KEY, OUT, USER, PASSWORD, NEW_PASSWORD, EMAIL, PHONE, FAX,
    LIST, OUT_DIR, CACERT, LANGUAGE, TRUST, KEY_TYPE, ITERATIONS, TIMEOUT_SECONDS,
    CHECK_DAYS, REPORT, JOBS, ACCEPT, NEW_KEY, CHECK, QUIET, VERBOSE, SHOW_HELP, SHOW_VERSION
} slot_t;

static const struct row_t {
    const char *name;
    npie_sentence_t value; /* NO_VALUE: it takes none */
    slot_t slot;
    npie_sentence_t help;
} rows[] = {
    { "pfx", NPIE_S_RENEW_VALUE_FILE, PFX,
      NPIE_S_RENEW_HELP_PFX },
    { "cer", NPIE_S_RENEW_VALUE_FILE, CER,
      NPIE_S_RENEW_HELP_CER },
    { "key", NPIE_S_RENEW_VALUE_FILE, KEY,
      NPIE_S_RENEW_HELP_KEY },
    { "out", NPIE_S_RENEW_VALUE_FILE, OUT,
      NPIE_S_RENEW_HELP_OUT },
    { "password", NPIE_S_RENEW_VALUE_SOURCE, PASSWORD,
      NPIE_S_RENEW_HELP_PASSWORD },
    { "new-password", NPIE_S_RENEW_VALUE_SOURCE, NEW_PASSWORD,
      NPIE_S_RENEW_HELP_NEW_PASSWORD },
    { "user", NPIE_S_RENEW_VALUE_USER, USER,
      NPIE_S_RENEW_HELP_USER },
    { "email", NPIE_S_RENEW_VALUE_EMAIL, EMAIL,
      NPIE_S_RENEW_HELP_EMAIL },
    { "phone", NPIE_S_RENEW_VALUE_PHONE, PHONE,
      NPIE_S_RENEW_HELP_PHONE },
    { "fax", NPIE_S_RENEW_VALUE_FAX, FAX,
      NPIE_S_RENEW_HELP_FAX },
    { "accept-terms", NO_VALUE, ACCEPT,
      NPIE_S_RENEW_HELP_ACCEPT_TERMS },
    { "key-type", NPIE_S_RENEW_VALUE_TYPE, KEY_TYPE,
      NPIE_S_RENEW_HELP_KEY_TYPE },
    { "new-key", NO_VALUE, NEW_KEY,
      NPIE_S_RENEW_HELP_NEW_KEY },
    { "list", NPIE_S_RENEW_VALUE_FILE, LIST,
      NPIE_S_RENEW_HELP_LIST },
    { "out-dir", NPIE_S_RENEW_VALUE_FOLDER, OUT_DIR,
      NPIE_S_RENEW_HELP_OUT_DIR },
    { "jobs", NPIE_S_RENEW_VALUE_NUMBER, JOBS,
      NPIE_S_RENEW_HELP_JOBS },
    { "report", NPIE_S_RENEW_VALUE_FILE, REPORT,
      NPIE_S_RENEW_HELP_REPORT },
    { "check", NO_VALUE, CHECK,
      NPIE_S_RENEW_HELP_CHECK },
    { "days", NPIE_S_RENEW_VALUE_DAYS, CHECK_DAYS,
      NPIE_S_RENEW_HELP_DAYS },
    { "cacert", NPIE_S_RENEW_VALUE_FILE, CACERT,
      NPIE_S_RENEW_HELP_CACERT },
    { "trust", NPIE_S_RENEW_VALUE_FILE, TRUST,
      NPIE_S_RENEW_HELP_TRUST },
    { "timeout", NPIE_S_RENEW_VALUE_SECONDS, TIMEOUT_SECONDS,
      NPIE_S_RENEW_HELP_TIMEOUT },
    { "iterations", NPIE_S_RENEW_VALUE_NUMBER, ITERATIONS,
      NPIE_S_RENEW_HELP_ITERATIONS },
    { "lang", NPIE_S_RENEW_VALUE_LANGUAGE, LANGUAGE,
      NPIE_S_RENEW_HELP_LANG },
    { "quiet", NO_VALUE, QUIET,
      NPIE_S_RENEW_HELP_QUIET },
    { "verbose", NO_VALUE, VERBOSE,
      NPIE_S_RENEW_HELP_VERBOSE },
    { "help", NO_VALUE, SHOW_HELP,
      NPIE_S_RENEW_HELP_HELP },
    { "version", NO_VALUE, SHOW_VERSION,
      NPIE_S_RENEW_HELP_VERSION },
};

#define ROWS (sizeof(rows) / sizeof(rows[0]))

static const char *number(int *out, const char *value, int min, int max,
                          const char *name, apr_pool_t *p)
{
    return npie_parse_int(out, value, min, max, p) == NULL ? NULL
        : npie_sentence_fill(npie_language(), NPIE_S_RENEW_WRONG_NUMBER, p,
                             "opcion", name, "desde", apr_itoa(p, min),
                             "hasta", apr_itoa(p, max), "valor", value, NULL);
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
        : npie_sentence_fill(npie_language(), NPIE_S_RENEW_WRONG_TYPE, p,
                             "valor", value, NULL);
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
        [LANGUAGE] = &o->language,
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
            : npie_sentence_fill(npie_language(), NPIE_S_RENEW_NO_VALUE, p,
                                 "opcion", apr_pstrcat(p, "--", row->name,
                                                       NULL), NULL);
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
            : npie_language_say(NPIE_S_RENEW_WRONG_REPORT);
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
        return npie_language_say(NPIE_S_RENEW_WRONG_PASSWORD);
    }
    if (o->list != NULL && (job->pfx != NULL || job->cer != NULL
                            || job->key != NULL || job->out != NULL)) {
        return npie_language_say(NPIE_S_RENEW_LIST_ALONE);
    }
    if (o->list == NULL && (job->pfx != NULL) == (job->cer != NULL)) {
        return npie_language_say(NPIE_S_RENEW_NOTHING_NAMED);
    }
    if (o->jobs > 1 && (o->list == NULL || !o->accept_terms)) {
        return npie_language_say(NPIE_S_RENEW_JOBS_WITH);
    }
    if (job->key != NULL && job->cer == NULL) {
        return npie_language_say(NPIE_S_RENEW_KEY_WITH);
    }
    if (job->cer != NULL && job->key == NULL && !o->check) {
        return npie_language_say(NPIE_S_RENEW_CER_WITH);
    }
    if (o->check ? o->url != NULL
                 : o->url == NULL || strncmp(o->url, "https://", 8) != 0
                   || o->url[8] == '\0') {
        return o->check ? npie_language_say(NPIE_S_RENEW_CHECK_NO_URL)
                        : npie_language_say(NPIE_S_RENEW_NO_URL);
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
        table[k].has_arg = rows[k].value != NO_VALUE ? required_argument
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
            return npie_sentence_fill(
                npie_language(), got == ':' ? NPIE_S_RENEW_NO_VALUE_QUOTED
                : NPIE_S_RENEW_UNKNOWN, p, "opcion", argv[optind - 1], NULL);
        }
        why = take(o, pverbose, ask, &rows[i], optarg, p);
    }
    if (why != NULL || *ask != NPIE_ASK_WORK) {
        return why;
    }
    if (argc - optind > 1) {
        return npie_sentence_fill(npie_language(), NPIE_S_RENEW_TOO_MUCH, p,
                                  "argumento", argv[optind + 1], NULL);
    }
    if (optind < argc) {
        o->url = argv[optind];
        if (*o->url == '\0' || o->url[strlen(o->url) - 1] != '/') {
            o->url = apr_pstrcat(p, o->url, "/", NULL);
        }
    }
    return contradiction(o);
}

const char *npie_options_language(int argc, char **argv)
{
    static const char name[] = "--lang";
    const apr_size_t len = sizeof(name) - 1;

    for (int i = 1; i < argc && strcmp(argv[i], "--") != 0; ++i) {
        if (strncmp(argv[i], name, len) != 0) {
            continue;
        }
        if (argv[i][len] == '=') {
            return argv[i] + len + 1;
        }
        if (argv[i][len] == '\0' && i + 1 < argc) {
            return argv[i + 1];
        }
    }
    return NULL;
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
    const char *old = npie_language_say(NPIE_S_RENEW_VALUE_OLD);
    const char *fresh = npie_language_say(NPIE_S_RENEW_VALUE_NEW);
    const char *list = npie_language_say(NPIE_S_RENEW_VALUE_LIST);
    const char *server = npie_language_say(NPIE_S_RENEW_VALUE_SERVER);
    const char *help = apr_psprintf(p,
        "npie-renew --pfx %s.pfx --out %s.pfx https://%s/npie/\n"
        "npie-renew --cer %s.cer --key %s.key --out %s.pfx https://%s/npie/\n"
        "npie-renew --list %s --accept-terms https://%s/npie/\n"
        "npie-renew --check --pfx %s.pfx\n\n", old, fresh, server, old, old,
        fresh, server, list, server, old);

    for (apr_size_t i = 0; i < ROWS; ++i) {
        const char *value = rows[i].value == NO_VALUE ? ""
            : npie_language_say(rows[i].value);
        const char *head = apr_pstrcat(p, "--", rows[i].name,
                                       *value != '\0' ? " " : "", value, NULL);

        int blanks = HELP_COLUMN - (int)npie_text_length(head);

        help = apr_psprintf(p, "%s  %s%*s%s\n", help, head, blanks, "",
                            npie_language_say(rows[i].help));
    }
    return help;
}
