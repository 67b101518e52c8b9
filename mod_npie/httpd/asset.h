/* SPDX-License-Identifier: Apache-2.0
 * Scripts, styles and pictures of the pages.
 */
#ifndef NPIE_HTTPD_ASSET_H
#define NPIE_HTTPD_ASSET_H

#include "httpd/private.h"

/**
 * Prepares a request for a file that is no page, in fixups: the headers that
 * protect, but not the one against caching; and of the file and those that
 * stand beside it compressed, NAME.br and NAME.gz, the one that the client
 * would rather have (RFC 9110 section 12.5.3). One that is much older than the
 * file is none of it. They hold no secret, so that their size tells none.
 * @return DECLINED: httpd sends the file
 */
int npie_asset_serve(request_rec *r);

#endif
