/* SPDX-License-Identifier: Apache-2.0
 * What each command's file defines.
 */
#ifndef NPIE_CTL_COMMANDS_H
#define NPIE_CTL_COMMANDS_H

#include "ctl/ctl.h"

#define NPIE_CTL_COMMAND(words, name, operands, least, most, help) \
    npie_ctl_fn npie_ctl_##name; \
    extern const npie_ctl_option_t npie_ctl_##name##_options[];
#include "ctl/commands.def"
#undef NPIE_CTL_COMMAND

#endif
