// SPDX-License-Identifier: Apache-2.0
// Several employers, one after another: their files chosen once, what is common typed once.
import { NUMBER } from 'npie:problems';
import { close, open, prepare } from '../client.js';
import { validity } from './certificate.js';
import { groupFiles, renewList } from './clients.js';
import { date } from './date.js';
import { byId, element, save } from './dom.js';
import { filesOf, tellNames } from './files.js';
import { working } from './form.js';
import { getPlace, postForJson } from './net.js';
import { brokenRule } from './password.js';
import { clearProblem, known, showFaults, showProblem } from './problem.js';
import { renew } from './renew.js';
import { displayRp, isPhone, visible } from './typed.js';
import { say } from '../sentences.js';

const OCTETS = 'application/octet-stream';

export function start() {
  const form = byId('forma');
  const list = byId('lista');
  const folder = byId('carpeta');
  let chosen = [];
  let clients = [];
  let rest = [];
  let isRunning = false;

  prepare();
  folder.closest('p').hidden = !('webkitdirectory' in folder);
  byId('archivo').addEventListener('change', () => take(filesOf(byId('archivo'))));
  folder.addEventListener('change', () => {
    tellNames(byId('archivo'), [{ name: say('clients.files', { archivos: folder.files.length }) }]);
    take(folder.files);
  });
  window.addEventListener('beforeunload', (event) => {
    if (isRunning) {
      event.preventDefault();
    }
  });
  byId('abrir-boton').addEventListener('click', () => working(form, openAll));
  byId('lista-boton').addEventListener('click', () => save(
    new TextEncoder().encode(renewList(clients, common())), 'patrones.csv', OCTETS));
  byId('imprimir').addEventListener('click', () => window.print());
  form.addEventListener('submit', (event) => {
    event.preventDefault();
    working(form, clients.length > 0 ? renewAll : openAll);
  });

  function take(files) {
    clearProblem();
    for (const { handle } of clients) {
      close(handle);
    }
    clients = [];
    chosen = Array.from(files);
    byId('patrones').hidden = true;
  }

  const common = () => ({ correo: visible(byId('correo').value),
    telefono: visible(byId('telefono').value), fax: '' });

  async function openAll(progress) {
    clearProblem();
    if (clients.length === 0) {
      ({ clients, rest } = groupFiles(chosen));
    }
    if (clients.length === 0) {
      showFaults([[byId('archivo'), chosen.length > 0 ? NUMBER.FILE_UNKNOWN : NUMBER.FILE_MISSING]]);
      return;
    }
    let done = 0;
    for (const client of clients.filter(({ handle }) => handle === undefined)) {
      progress(say('clients.opening', { numero: ++done, total: clients.length }));
      const password = byId(client.field ?? '')?.value || byId('anterior').value;
      const answer = await open(client.files, password);
      Object.assign(client, answer.ok
        ? { handle: answer.handle, info: answer.certificate, problem: undefined }
        : { problem: answer });
    }
    clients.sort((a, b) => (a.info?.notAfter ?? '9').localeCompare(b.info?.notAfter ?? '9'));
    byId('aparte').textContent = rest.length > 0
      ? say('clients.rest', { archivos: rest.map(({ name }) => name).join(', ') }) : '';
    list.replaceChildren(...clients.map(row));
    byId('patrones').hidden = false;
    byId('patrones-titulo').focus();
  }

  const whose = ({ info, names }) => info?.subject.o || info?.subject.cn || names.join(', ');
  const rpOf = ({ info }) => (info?.subject.ou ? displayRp(info.subject.ou) : '');

  /** One employer's lines; of one that is not open, a field for its own password. */
  function row(client, n) {
    const item = element('li');
    item.append(element('h3', whose(client)), element('p', client.names.join(', '), { class: 'ayuda' }));
    if (client.handle === undefined) {
      const { cause } = known(client.problem.problem);
      client.field = `clave-${n}`;
      const field = element('input', '', { id: client.field, type: 'password', autocomplete: 'off',
        maxlength: 256, 'aria-describedby': `${client.field}-falla` });
      item.append(element('p', [client.problem.detail, cause, say('error-number',
        { numero: client.problem.problem })].filter(Boolean).join(' '),
      { class: 'falla', id: `${client.field}-falla` }),
      element('label', say('clients.password', { patron: whose(client) }), { for: client.field }), field);
      return item;
    }
    item.append(element('p', `${say('certificate.whose', { rp: rpOf(client) })}. ${validity(client.info).text}`));
    const line = element('p', '', { class: 'opcion' });
    const box = element('input', '', { type: 'checkbox', id: `elegido-${n}` });
    box.checked = true;
    client.box = box;
    line.append(box, element('label', say('clients.choose', { patron: whose(client) }), { for: box.id }));
    client.state = element('p', '', { class: 'estado' });
    item.append(line, client.state);
    return item;
  }

  function faults() {
    const { correo, telefono } = common();
    const rule = brokenRule(byId('clave').value, '');
    return [
      correo && !/^[^\s@,;]+@[^\s@,;]+\.[^\s@,;]+$/.test(correo) && [byId('correo'), NUMBER.EMAIL],
      telefono && !isPhone(telefono) && [byId('telefono'), NUMBER.PHONE],
      rule && [byId('clave'), NUMBER.NEW_PASSWORD, rule],
      !rule && byId('clave').value !== byId('clave2').value
        && [byId('clave2'), NUMBER.NEW_PASSWORD_DIFFERS],
    ].filter(Boolean);
  }

  /** Shows a letter and waits for what the person says to it. */
  function ask(client, { href, folio, kind }) {
    if (byId('acepto').checked) {
      return true;
    }
    byId('carta-titulo').textContent = say(`clients.letter${kind}`);
    const patron = whose(client);
    byId('carta-de').textContent = say('clients.of', { patron, folio });
    byId('carta-ver').href = href;
    byId('carta').hidden = false;
    byId('carta-titulo').focus();
    return new Promise((resolve) => {
      const answer = (isYes) => {
        byId('carta').hidden = true;
        resolve(isYes);
      };
      byId('carta-firmar').onclick = () => answer(true);
      byId('carta-no').onclick = () => answer(false);
    });
  }

  async function renewAll(progress) {
    clearProblem();
    if (showFaults(faults())) {
      return;
    }
    const wanted = clients.filter(({ box, isDone }) => box?.checked && !isDone);
    if (wanted.length === 0) {
      showProblem({ problem: NUMBER.FILE_MISSING, cause: say('clients.none') });
      return;
    }
    isRunning = true;
    byId('resumen').hidden = true;
    for (const [n, client] of wanted.entries()) {
      await renewOne(client, (text) => {
        progress(`${n + 1}/${wanted.length} ${whose(client)}: ${text}`);
      });
    }
    isRunning = false;
    await logOut();
    summarise();
  }

  async function renewOne(client, tell) {
    client.more = rest;
    const answer = await renew(client, {
      contact: common(),
      password: byId('clave').value,
      agree: (letter) => ask(client, letter),
      keep: (bytes, name) => save(bytes, name, OCTETS),
      tell,
    });
    Object.assign(client, outcome(answer), { isDone: answer.ok });
    client.state.textContent = client.result;
  }

  function outcome(answer) {
    const { place } = answer;
    if (answer.waits) {
      return { result: say(`clients.waits-${answer.waits}`) };
    }
    if (!answer.ok) {
      const { cause, remedy } = known(answer.problem);
      return { result: `${answer.cause ?? cause}${answer.detail ? ` ${answer.detail}.` : ''} ${answer.remedy ?? remedy} ${say('error-number',
        { numero: answer.problem })}` };
    }
    const until = (place.certificates.new ?? place.certificates.proved).notAfter;
    const made = answer.files.length > 0
      ? say('clients.renewed', { archivos: answer.files.join(', ') })
      : say('clients.not-due');
    return { result: made, until: date(until) };
  }

  /** The session is the last employer's: nobody is to find it open here. */
  async function logOut() {
    const place = await getPlace();
    if (place.ok && place.csrf) {
      await postForJson('salir', { csrf: place.csrf });
    }
  }

  function summarise() {
    const done = clients.filter(({ result }) => result);
    byId('resumen-filas').replaceChildren(...done.map((client) => {
      const line = element('tr');
      line.append(element('th', whose(client), { scope: 'row' }), element('td', rpOf(client)),
        element('td', client.result), element('td', client.until ?? ''));
      return line;
    }));
    const listos = done.filter(({ isDone }) => isDone).length;
    byId('resumen-cuenta').textContent = say('clients.count', { listos, total: done.length });
    byId('resumen').hidden = false;
    byId('resumen-titulo').focus();
  }
}
