// SPDX-License-Identifier: Apache-2.0
// Mails as lib/mailserver.mjs keeps them in a folder, and a page of them.
import { readdirSync, readFileSync } from 'node:fs';
import { createServer } from 'node:http';
import { join } from 'node:path';
import PostalMime from 'postal-mime';

const LINK = /https?:\/\/[^\s<>"]+/g;
const STYLE = `body { max-width: 46rem; margin: 2rem auto; padding: 0 1rem;
  font: 1rem/1.5 sans-serif; color: #1f2933; overflow-wrap: anywhere }
article { border-top: 1px solid #9aa5b1; margin-top: 2rem }
pre { font: inherit; white-space: pre-wrap }`;

const escape = (text) => text.replaceAll(/[&<>"]/g, (c) => `&#${c.codePointAt(0)};`);

/** Text as HTML, its addresses as links. */
function linked(text) {
  let html = '';
  let done = 0;
  for (const { 0: link, index } of text.matchAll(LINK)) {
    html += `${escape(text.slice(done, index))}<a href="${escape(link)}">${escape(link)}</a>`;
    done = index + link.length;
  }
  return html + escape(text.slice(done));
}

/**
 * Every mail taken so far, oldest first: what postal-mime reads, and number,
 * recipients (of the envelope) and links (of the text).
 */
export async function readMails(folder) {
  const numbers = readdirSync(folder).filter((name) => /^\d+\.eml$/.test(name))
    .map((name) => parseInt(name, 10)).sort((a, b) => a - b);
  return Promise.all(numbers.map(async (number) => {
    const mail = await PostalMime.parse(readFileSync(join(folder, `${number}.eml`)));
    const { to } = JSON.parse(readFileSync(join(folder, `${number}.json`), 'utf8'));
    return { ...mail, number, recipients: to, links: mail.text?.match(LINK) ?? [] };
  }));
}

const article = ({ number, subject, recipients, date, text }) => `<article id="correo-${number}">
<h2>${escape(subject ?? '')}</h2>
<p>Para ${escape(recipients.join(', '))}<br>${escape(date ?? '')}</p>
<pre>${linked(text ?? '')}</pre>
</article>`;

const page = (mails) => `<!doctype html>
<html lang="es">
<meta charset="utf-8">
<meta name="viewport" content="width=device-width">
<title>Buzón</title>
<link rel="stylesheet" href="/estilo.css">
<main>
<h1>Buzón de la demostración</h1>
<p>Aquí llega todo el correo que se envía, a quien sea. <a href="/">Ver de nuevo</a></p>
${mails.reverse().map(article).join('\n') || '<p>Todavía no hay ninguno.</p>'}
</main>
</html>
`;

/** An HTTP server, not yet listening, with the folder's mails on one page. */
export function mailbox(folder) {
  return createServer(async (request, response) => {
    // The mails' links are nothing for a page of another name for this machine.
    if (!/^(127\.0\.0\.1|localhost):\d+$/.test(request.headers.host ?? '')) {
      response.writeHead(421).end();
    } else if (request.url === '/estilo.css') {
      response.writeHead(200, { 'Content-Type': 'text/css' }).end(STYLE);
    } else if (request.url !== '/') {
      response.writeHead(404).end();
    } else {
      const html = await readMails(folder).then(page, (error) => escape(`${error}`));
      response.writeHead(200, {
        'Content-Type': 'text/html; charset=utf-8', 'Cache-Control': 'no-store',
        'Content-Security-Policy': "default-src 'none'; style-src 'self'; base-uri 'none'; "
          + "form-action 'none'; frame-ancestors 'none'",
        'Referrer-Policy': 'no-referrer', 'X-Content-Type-Options': 'nosniff',
      }).end(html);
    }
  });
}
