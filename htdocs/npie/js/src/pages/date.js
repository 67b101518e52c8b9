// SPDX-License-Identifier: Apache-2.0
// Days as people write them; they are the server's: central Mexico, which has had no daylight
// saving time since 2022.
const day = new Intl.DateTimeFormat(globalThis.document?.documentElement.lang ?? 'es-MX',
  { dateStyle: 'long', timeZone: 'Etc/GMT+6' });
export const date = (iso) => day.format(new Date(iso));
