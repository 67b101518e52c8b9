/* SPDX-License-Identifier: Apache-2.0
 * The module's record.
 */
#include <httpd.h>
#include <http_config.h>

AP_DECLARE_MODULE(npie) = {
    STANDARD20_MODULE_STUFF,
    NULL, NULL, NULL, NULL, NULL, NULL
};
