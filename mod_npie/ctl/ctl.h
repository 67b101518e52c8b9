/* SPDX-License-Identifier: Apache-2.0
 * npiectl: what its commands share. A command is a line of ctl/commands.def
 * and a function; words, options, help and completion come from that table.
 */
#ifndef NPIE_CTL_CTL_H
#define NPIE_CTL_CTL_H

#include <apr_pools.h>
#include <apr_tables.h>
#include <apr_time.h>

#include "base/status.h"
#include "ctl/settings.h"
#include "pki/trust.h"
#include "signer/client.h"
#include "store/registry.h"
#include "store/session.h"

/** How npiectl ends. */
typedef enum npie_ctl_exit_t {
    NPIE_CTL_DONE = 0,
    NPIE_CTL_REFUSED = 1, /**< bad input, not found, not allowed: see the
                               message; nothing was changed */
    NPIE_CTL_USAGE = 2,   /**< the command line itself is wrong */
    NPIE_CTL_DOWN = 3,    /**< registry, Redis or signer out of reach, or a
                               part of the installation does not work */
    NPIE_CTL_DAMAGED = 4  /**< a check found damaged or tampered data */
} npie_ctl_exit_t;

/** How "npiectl status --plugin" ends when it could not look. */
#define NPIE_CTL_UNKNOWN 3

/** An option of one command, written --name or --name=VALUE or --name VALUE.
 * A table of them ends with a NULL name. */
typedef struct npie_ctl_option_t {
    const char *name;  /**< without the hyphens */
    const char *value; /**< what to call its value in the help; NULL: none */
    const char *help;  /**< one line, small letter, no full stop */
} npie_ctl_option_t;

typedef struct npie_ctl_t npie_ctl_t;

/**
 * A command's work. What it has to tell goes through ctl/show.h.
 * @return APR_SUCCESS; else err says why, with file, line and remedy, and
 *         nothing has been changed: NPIE_EBACKEND and NPIE_EPROTO end as
 *         NPIE_CTL_DOWN, NPIE_EDAMAGED as NPIE_CTL_DAMAGED, any other as
 *         NPIE_CTL_REFUSED
 */
typedef apr_status_t npie_ctl_fn(npie_ctl_t *ctl, npie_err_t *err);

/** A command. */
typedef struct npie_ctl_command_t {
    const char *words;    /**< "status", "employer import" */
    npie_ctl_fn *run;
    const npie_ctl_option_t *options; /**< or NULL */
    const char *operands; /**< for the help, as "FILE..."; "" = none */
    int least;            /**< number of operands */
    int most;             /**< -1 = any number */
    const char *help;     /**< one line, small letter, no full stop */
} npie_ctl_command_t;

/** All commands, ended by NULL words. */
extern const npie_ctl_command_t npie_ctl_commands[];

/** The options that every command knows. */
extern const npie_ctl_option_t npie_ctl_general[];

/** One run of npiectl. */
struct npie_ctl_t {
    apr_pool_t *p;
    apr_time_t now;           /**< UTC, when the run began */
    const char *actor;        /**< for the audit: "npiectl:" and the name of
                                   who runs this, also behind sudo */
    const npie_ctl_command_t *command;
    apr_array_header_t *operands; /**< of const char * */
    apr_table_t *options;     /**< given ones, by name; "" where the option
                                   takes no value */
    npie_ctl_settings_t *settings;
    int json;                 /**< 1: the answer is JSON */
    int ends;                 /**< exit status of a command that has its own;
                                   -1: npie_ctl_exit_t */
    int shown;                /**< 1: an answer stands on standard output */
    struct json_t **answer;   /**< NULL; or where the answer goes instead: a
                                   command runs within another, which then
                                   owns it. NULL is there until then */
    npie_registry_t *registry; /**< set by npie_ctl_registry() */
};

/**
 * Takes the command line apart and reads npiectl.conf.
 * @param ctl p and now are set; the rest is filled. command is NULL when only
 *        help or the version was asked for, and has been given.
 * @return APR_SUCCESS; NPIE_EINPUT: the command line is wrong; NPIE_ECONFIG
 */
apr_status_t npie_ctl_line(npie_ctl_t *ctl, int argc,
                           const char *const *argv, npie_err_t *err);

/** Prints the help of every command whose words begin with these; "" of all.
 * @return how many there are */
int npie_ctl_help_print(const npie_ctl_t *ctl, const char *words);

/** How a command is written, "employer import [--update] FILE", in p. */
const char *npie_ctl_synopsis(const npie_ctl_command_t *command,
                              apr_pool_t *p);

/** An option's value, "" for one that takes none; NULL when not given. */
const char *npie_ctl_option(const npie_ctl_t *ctl, const char *name);

/** The same, with a default. */
const char *npie_ctl_option_or(const npie_ctl_t *ctl, const char *name,
                               const char *otherwise);

/**
 * An option's value as a moment: a day, which begins at midnight UTC, or as
 * 2026-11-20T09:30:00Z.
 * @return 1; 0 when it is no date after 1970; left alone when not given
 */
int npie_ctl_option_time(apr_time_t *pwhen, const npie_ctl_t *ctl,
                         const char *name);

/** The n-th operand from 0; NULL past the last. */
const char *npie_ctl_operand(const npie_ctl_t *ctl, int n);

/**
 * Asks before something is destroyed: --yes says yes; a terminal is asked;
 * without one it is refused.
 * @param fmt printf format (constant): a question, as "Cancel renewal 7?"
 * @return APR_SUCCESS; NPIE_EPOLICY
 */
apr_status_t npie_ctl_confirm(npie_ctl_t *ctl, npie_err_t *err,
                              const char *fmt, ...)
    __attribute__((format(printf, 3, 4)));

/* The parts of the installation, as settings and options name them. Each is
 * opened at the first call. Before the first, a run started by root becomes
 * the User of the configuration: read the files that only root may read
 * before. */

/** Becomes User, when root runs this and there is one.
 * @return APR_SUCCESS; NPIE_ECONFIG */
apr_status_t npie_ctl_become(npie_ctl_t *ctl, npie_err_t *err);

/** The registry, of the version this program is written for.
 * @return APR_SUCCESS; NPIE_EBACKEND; NPIE_ECONFIG when none is named */
apr_status_t npie_ctl_registry(npie_registry_t **pregistry, npie_ctl_t *ctl,
                               npie_err_t *err);

/** Begins a transaction on it, to be ended by npie_ctl_end().
 * @return as npie_ctl_registry() */
apr_status_t npie_ctl_begin(npie_registry_t **pregistry, npie_ctl_t *ctl,
                            npie_err_t *err);

/**
 * Connects to the registry, of whatever version, and reads it: 0 = there is
 * none in the database.
 * @return as npie_ctl_registry(); NPIE_EBACKEND says which file it is about
 */
apr_status_t npie_ctl_connect(npie_registry_t **pregistry, int *pversion,
                              npie_ctl_t *ctl, npie_err_t *err, apr_pool_t *p);

/**
 * Ends a transaction.
 * @param keep 1: what was done is kept; 0: it is undone
 * @param rv handed on, unless it is to be kept and cannot be
 */
apr_status_t npie_ctl_end(npie_registry_t *registry, int keep,
                          apr_status_t rv, npie_err_t *err);

/** @return APR_SUCCESS; NPIE_ECONFIG when none is named */
apr_status_t npie_ctl_sessions(npie_sessions_t **psessions, npie_ctl_t *ctl,
                               npie_err_t *err);

/** @return APR_SUCCESS; NPIE_ECONFIG when none is named */
apr_status_t npie_ctl_signer(npie_signer_t **psigner, npie_ctl_t *ctl,
                             npie_err_t *err);

/** The authorities of the Trust lines.
 * @param ptrust set to NULL when there is no such line
 * @return APR_SUCCESS; NPIE_ECONFIG */
apr_status_t npie_ctl_trust(npie_trust_t **ptrust, npie_ctl_t *ctl,
                            npie_err_t *err);

/**
 * Reads a whole file.
 * @param pbytes set to bytes in ctl->p, a NUL behind them
 * @param path "-" is standard input
 * @param max bytes; more fail
 * @return APR_SUCCESS; NPIE_EINPUT with path and reason
 */
apr_status_t npie_ctl_read_file(npie_bytes_t *pbytes, npie_ctl_t *ctl,
                                const char *path, apr_size_t max,
                                npie_err_t *err);

#endif
