/* SPDX-License-Identifier: Apache-2.0
 * The command line, by the table of commands.
 */
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include <apr_file_info.h>
#include <apr_strings.h>

#include "base/text.h"
#include "ctl/ctl.h"
#include "ctl/show.h"

const npie_ctl_option_t npie_ctl_general[] = {
    { "config", "FILE", "settings, instead of " NPIE_CTL_CONF " (-c)" },
    { "registry", "ADDRESS", "sqlite3:/path or pgsql:parameters" },
    { "redis", "ADDRESS", "unix:/path or host:port, and options" },
    { "signer", "SOCKET", "socket of npie-signer" },
    { "json", NULL, "answer in JSON (-j)" },
    { "yes", NULL, "do not ask for confirmation (-y)" },
    { "help", NULL, "show the help of the command (-h)" },
    { "version", NULL, "show the version" },
    { NULL, NULL, NULL }
};

/* A line being read. */
typedef struct line_t {
    npie_ctl_t *ctl;
    const char *words; /* before they are a command */
    const char *const *next;
    const char *const *end;
    npie_err_t *err;
} line_t;

static apr_status_t wrong(const line_t *line, const char *fmt, ...)
    __attribute__((format(printf, 2, 3)));
static apr_status_t wrong(const line_t *line, const char *fmt, ...)
{
    const char *text;
    va_list ap;

    va_start(ap, fmt);
    text = apr_pvsprintf(line->ctl->p, fmt, ap);
    va_end(ap);
    return npie_err_set(line->err, NPIE_EINPUT, NPIE_P_NONE,
                        "%.150s: see npiectl help%s%.60s", text,
                        *line->words == '\0' ? "" : " ", line->words);
}

static const npie_ctl_option_t *find_option(const npie_ctl_option_t *options,
                                            const char *name, apr_size_t len)
{
    for (; options != NULL && options->name != NULL; options++) {
        if (strncmp(options->name, name, len) == 0
            && options->name[len] == '\0') {
            return options;
        }
    }
    return NULL;
}

static const npie_ctl_option_t *known_option(const line_t *line,
                                             const char *name, apr_size_t len)
{
    const npie_ctl_command_t *command = line->ctl->command;
    const npie_ctl_option_t *option =
        find_option(npie_ctl_general, name, len);

    return option == NULL && command != NULL
        ? find_option(command->options, name, len) : option;
}

/* value NULL: none was written behind the name. */
static apr_status_t take_option(line_t *line, const npie_ctl_option_t *option,
                                const char *value)
{
    apr_table_t *options = line->ctl->options;

    if (option->value == NULL && value != NULL) {
        return wrong(line, "--%s takes no value", option->name);
    }
    if (option->value != NULL && value == NULL) {
        if (line->next == line->end) {
            return wrong(line, "--%s needs a value", option->name);
        }
        value = *line->next++;
    }
    if (apr_table_get(options, option->name) != NULL) {
        return wrong(line, "--%s is given twice", option->name);
    }
    apr_table_setn(options, option->name, value == NULL ? "" : value);
    return APR_SUCCESS;
}

static apr_status_t long_option(line_t *line, const char *arg)
{
    apr_size_t len = strcspn(arg, "=");
    const npie_ctl_option_t *option = known_option(line, arg, len);

    if (option == NULL) {
        return line->ctl->command == NULL
            ? wrong(line, "there is no option --%s before the command", arg)
            : wrong(line, "the command has no option --%s", arg);
    }
    return take_option(line, option, arg[len] == '=' ? arg + len + 1 : NULL);
}

static apr_status_t short_option(line_t *line, const char *arg)
{
    static const struct {
        char letter;
        const char *name;
    } letters[] = {
        { 'c', "config" }, { 'j', "json" }, { 'y', "yes" }, { 'h', "help" }
    };

    for (apr_size_t i = 0; i < sizeof(letters) / sizeof(letters[0]); i++) {
        if (arg[0] == letters[i].letter && arg[1] == '\0') {
            return take_option(line, known_option(line, letters[i].name,
                                                  strlen(letters[i].name)),
                               NULL);
        }
    }
    return wrong(line, "there is no option -%s", arg);
}

/* A word of the command, or an operand once that is known. */
static apr_status_t take_word(line_t *line, const char *arg)
{
    npie_ctl_t *ctl = line->ctl;
    apr_size_t len;
    int more = 0;

    if (ctl->command != NULL) {
        APR_ARRAY_PUSH(ctl->operands, const char *) = arg;
        return APR_SUCCESS;
    }
    line->words = *line->words == '\0'
        ? arg : apr_pstrcat(ctl->p, line->words, " ", arg, NULL);
    len = strlen(line->words);
    for (const npie_ctl_command_t *c = npie_ctl_commands; c->words; c++) {
        if (strcmp(c->words, line->words) == 0) {
            ctl->command = c;
            return APR_SUCCESS;
        }
        more |= strncmp(c->words, line->words, len) == 0
            && c->words[len] == ' ';
    }
    if (more) {
        return APR_SUCCESS;
    }
    return npie_err_set(line->err, NPIE_EINPUT, NPIE_P_NONE,
                        "there is no command \"%.80s\": see npiectl help",
                        line->words);
}

static apr_status_t read_line(line_t *line)
{
    apr_status_t rv = APR_SUCCESS;
    int options = 1;

    while (rv == APR_SUCCESS && line->next < line->end) {
        const char *arg = *line->next++;

        if (options && strcmp(arg, "--") == 0) {
            options = 0;
        }
        else if (options && strncmp(arg, "--", 2) == 0) {
            rv = long_option(line, arg + 2);
        }
        else if (options && arg[0] == '-' && arg[1] != '\0') {
            rv = short_option(line, arg + 1);
        }
        else {
            rv = take_word(line, arg);
        }
    }
    return rv;
}

/* Is everything there that the command wants? */
static apr_status_t check_line(const line_t *line)
{
    const npie_ctl_command_t *command = line->ctl->command;
    int n = line->ctl->operands->nelts;

    if (command == NULL) {
        return *line->words == '\0'
            ? wrong(line, "a command is missing")
            : wrong(line, "a word is missing after \"%s\"", line->words);
    }
    if (n < command->least) {
        return wrong(line, "missing: %s", command->operands);
    }
    if (command->most >= 0 && n > command->most) {
        return wrong(line, "one operand too many: \"%.80s\"",
                     APR_ARRAY_IDX(line->ctl->operands, command->most,
                                   const char *));
    }
    return APR_SUCCESS;
}

/* The file, and the options that say something else. */
static apr_status_t settle(npie_ctl_t *ctl, npie_err_t *err)
{
    static const char *const names[] = { "registry", "redis", "signer" };
    const char *file = npie_ctl_option(ctl, "config");
    apr_finfo_t finfo;
    apr_status_t rv = APR_SUCCESS;

    /* The one that nobody asked for need not be there. */
    if (file != NULL || apr_stat(&finfo, NPIE_CTL_CONF, APR_FINFO_TYPE,
                                 ctl->p) == APR_SUCCESS) {
        rv = npie_ctl_settings_read(ctl->settings,
                                    file == NULL ? NPIE_CTL_CONF : file, err);
    }
    for (int i = 0; rv == APR_SUCCESS && i < 3; i++) {
        const char *value = npie_ctl_option(ctl, names[i]);
        const char *bad = value == NULL ? NULL
            : npie_ctl_settings_set(ctl->settings, names[i], value);

        if (bad != NULL) {
            rv = npie_err_set(err, NPIE_EINPUT, NPIE_P_NONE, "--%s: %s",
                              names[i], bad);
        }
    }
    return rv;
}

/* Also a wrong line is answered in JSON. */
static int asks_json(int argc, const char *const *argv)
{
    for (int i = 1; i < argc && strcmp(argv[i], "--") != 0; i++) {
        if (strcmp(argv[i], "-j") == 0 || strcmp(argv[i], "--json") == 0) {
            return 1;
        }
    }
    return 0;
}

apr_status_t npie_ctl_line(npie_ctl_t *ctl, int argc,
                           const char *const *argv, npie_err_t *err)
{
    line_t line = { ctl, "", argv + (argc > 0), argv + argc, err };
    apr_status_t rv;

    ctl->options = apr_table_make(ctl->p, 8);
    ctl->operands = apr_array_make(ctl->p, 8, sizeof(const char *));
    ctl->settings = npie_ctl_settings_make(ctl->p);
    ctl->json = asks_json(argc, argv);
    rv = read_line(&line);
    if (rv != APR_SUCCESS) {
        return rv;
    }
    if (npie_ctl_option(ctl, "version") != NULL) {
        ctl->command = NULL;
        printf("npiectl %s\n", NPIE_VERSION);
        return APR_SUCCESS;
    }
    if (npie_ctl_option(ctl, "help") != NULL) {
        ctl->command = NULL;
        npie_ctl_help_print(ctl, line.words);
        return APR_SUCCESS;
    }
    rv = check_line(&line);
    return rv == APR_SUCCESS ? settle(ctl, err) : rv;
}

const char *npie_ctl_option(const npie_ctl_t *ctl, const char *name)
{
    return apr_table_get(ctl->options, name);
}

const char *npie_ctl_option_or(const npie_ctl_t *ctl, const char *name,
                               const char *otherwise)
{
    const char *value = npie_ctl_option(ctl, name);

    return value == NULL ? otherwise : value;
}

int npie_ctl_option_time(apr_time_t *pwhen, const npie_ctl_t *ctl,
                         const char *name)
{
    const char *text = npie_ctl_option(ctl, name);
    apr_time_t when;

    if (text == NULL) {
        return 1;
    }
    if (npie_text_time_parse(&when, strlen(text) == strlen("2026-11-20")
            ? apr_pstrcat(ctl->p, text, "T00:00:00Z", NULL) : text)
            != APR_SUCCESS
        || when <= 0) {
        return 0;
    }
    *pwhen = when;
    return 1;
}

const char *npie_ctl_operand(const npie_ctl_t *ctl, int n)
{
    return n < ctl->operands->nelts
        ? APR_ARRAY_IDX(ctl->operands, n, const char *) : NULL;
}

apr_status_t npie_ctl_confirm(npie_ctl_t *ctl, npie_err_t *err,
                              const char *fmt, ...)
{
    char answer[16] = "";
    const char *question;
    va_list ap;

    va_start(ap, fmt);
    question = apr_pvsprintf(ctl->p, fmt, ap);
    va_end(ap);
    if (npie_ctl_option(ctl, "yes") != NULL) {
        return APR_SUCCESS;
    }
    if (!isatty(STDIN_FILENO) || !isatty(STDERR_FILENO)) {
        return npie_err_set(err, NPIE_EPOLICY, NPIE_P_NONE,
                            "%s No terminal to ask: give --yes",
                            question);
    }
    fprintf(stderr, "%s Write yes: ", question);
    if (fgets(answer, sizeof(answer), stdin) != NULL
        && strcmp(answer, "yes\n") == 0) {
        return APR_SUCCESS;
    }
    return npie_err_set(err, NPIE_EPOLICY, NPIE_P_NONE,
                        "not done: the answer was not yes");
}
