/* SPDX-License-Identifier: Apache-2.0
 * The table of commands.
 */
#include "ctl/commands.h"

const npie_ctl_command_t npie_ctl_commands[] = {
#define NPIE_CTL_COMMAND(words, name, operands, least, most, help) \
    { words, npie_ctl_##name, npie_ctl_##name##_options, operands, least, \
      most, help },
#include "ctl/commands.def"
#undef NPIE_CTL_COMMAND
    { NULL, NULL, NULL, NULL, 0, 0, NULL }
};
