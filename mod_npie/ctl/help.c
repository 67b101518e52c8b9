/* SPDX-License-Identifier: Apache-2.0
 * npiectl help: the table of commands for people and for programs.
 */
#include <stdio.h>
#include <string.h>

#include <apr_strings.h>

#include "ctl/commands.h"
#include "ctl/show.h"

const npie_ctl_option_t npie_ctl_help_options[] = {
    { NULL, NULL, NULL }
};

/* "--update" or "--within TIME", in p. */
static const char *option_text(const npie_ctl_option_t *option, apr_pool_t *p)
{
    return option->value == NULL
        ? apr_pstrcat(p, "--", option->name, NULL)
        : apr_pstrcat(p, "--", option->name, " ", option->value, NULL);
}

const char *npie_ctl_synopsis(const npie_ctl_command_t *command,
                              apr_pool_t *p)
{
    const char *text = command->words;

    for (const npie_ctl_option_t *o = command->options; o->name != NULL; o++) {
        text = apr_pstrcat(p, text, " [", option_text(o, p), "]", NULL);
    }
    return command->operands[0] == '\0'
        ? text : apr_pstrcat(p, text, " ", command->operands, NULL);
}

static void print_options(const npie_ctl_option_t *option, apr_pool_t *p)
{
    for (; option->name != NULL; option++) {
        printf("      %-26s %s\n", option_text(option, p), option->help);
    }
}

static json_t *options_json(const npie_ctl_option_t *option)
{
    json_t *list = json_array();

    for (; option->name != NULL; option++) {
        json_array_append_new(list, json_pack("{s: s, s: s?, s: s}", "name",
                                              option->name, "value",
                                              option->value, "help",
                                              option->help));
    }
    return list;
}

/* Do the command's words begin with these? */
static int begins(const npie_ctl_command_t *command, const char *words)
{
    apr_size_t len = strlen(words);

    return strncmp(command->words, words, len) == 0
        && (len == 0 || command->words[len] == '\0'
            || command->words[len] == ' ');
}

static int print_json(const char *words)
{
    json_t *list = json_array();
    json_t *all;
    int n = 0;

    for (const npie_ctl_command_t *c = npie_ctl_commands; c->words; c++) {
        if (begins(c, words)) {
            json_array_append_new(list, json_pack(
                "{s: s, s: s, s: s, s: o}", "words", c->words, "operands",
                c->operands, "help", c->help, "options",
                options_json(c->options)));
            n++;
        }
    }
    all = json_pack("{s: o, s: o}", "commands", list, "options",
                    options_json(npie_ctl_general));
    json_dumpf(all, stdout, JSON_INDENT(2) | JSON_PRESERVE_ORDER);
    fputc('\n', stdout);
    json_decref(all);
    return n;
}

int npie_ctl_help_print(const npie_ctl_t *ctl, const char *words)
{
    int n = 0;

    if (ctl->json) {
        return print_json(words);
    }
    puts("usage: npiectl [options] command [options] [operands]\n");
    for (const npie_ctl_command_t *c = npie_ctl_commands; c->words; c++) {
        if (begins(c, words)) {
            printf("  %s\n    %s\n", npie_ctl_synopsis(c, ctl->p), c->help);
            print_options(c->options, ctl->p);
            n++;
        }
    }
    puts("\nOptions of all commands:");
    print_options(npie_ctl_general, ctl->p);
    return n;
}

apr_status_t npie_ctl_help(npie_ctl_t *ctl, npie_err_t *err)
{
    const char *words = npie_ctl_operand(ctl, 0);

    if (words != NULL && npie_ctl_operand(ctl, 1) != NULL) {
        words = apr_pstrcat(ctl->p, words, " ", npie_ctl_operand(ctl, 1),
                            NULL);
    }
    ctl->shown = 1;
    return npie_ctl_help_print(ctl, words == NULL ? "" : words) > 0
        ? APR_SUCCESS
        : npie_err_set(err, NPIE_EINPUT, NPIE_P_NONE, "no command begins with "
                       "\"%.60s\": see npiectl help", words);
}
