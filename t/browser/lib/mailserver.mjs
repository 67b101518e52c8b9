// SPDX-License-Identifier: Apache-2.0
// Mail servers on loopback for tests, good ones and bad ones. Started as
// mailserver.mjs DIR with DIR/key.pem, DIR/cert.pem (localhost, 127.0.0.1)
// and DIR/other.pem (of another name, same key). Writes "name port" lines to
// DIR/ports once all listen, and each mail taken as DIR/<n>.eml with
// DIR/<n>.json (server, from, to, SMTPUTF8). The recipient's local part tells
// what becomes of a mail: see `fates`. `mailbox` among the ports is a page (HTTP)
// with the mails taken. Ends on SIGTERM.
import fs from 'node:fs';
import net from 'node:net';
import path from 'node:path';

import { SMTPServer } from 'smtp-server';

import { mailbox } from './mailbox.mjs';

const dir = process.argv[2];
const read = name => fs.readFileSync(path.join(dir, name));
const user = 'npie@correo.example';
const password = 'clave Ñ secreta';
// Started once more, it goes on where it was, on the same ports.
let taken = fs.readdirSync(dir).filter(name => name.endsWith('.eml')).length;
const before = fs.existsSync(path.join(dir, 'ports.before'))
  ? new Map(read('ports.before').toString().trim().split('\n').map(line => line.split(' '))) : new Map();

function refusal(code, text) {
  return Object.assign(new Error(text), { responseCode: code });
}

// What happens at RCPT, and what after the mail's end.
const fates = {
  'nadie': { rcpt: refusal(550, '5.1.1 Aquí no vive nadie así') },
  'gris': { rcpt: refusal(451, '4.7.1 Greylisted, come back later') },
  'llena': { end: refusal(452, '4.2.2 Mailbox full') },
  'spam': { end: refusal(554, '5.7.1 We do not want this') },
  'largo': { rcpt: refusal(550, `5.0.0 ${'ñ'.repeat(600)}`) },
  'cuelga': { hangUp: true },
  'cuelga-al-fin': { hangUp: true, atEnd: true },
  'lento': { wait: 20000 },
  'despacio': { wait: 300 },
  // The first time nobody is answered, before or after the mail was taken.
  'retenido': { holdRcpt: true },
  'tomado': { holdEnd: true },
};

const fateOf = address => fates[address.split('@')[0]] ?? {};

function keep(server, session, bytes) {
  const n = ++taken;
  const { mailFrom, rcptTo } = session.envelope;
  fs.writeFileSync(path.join(dir, `${n}.json`), JSON.stringify({
    server, from: mailFrom.address, to: rcptTo.map(r => r.address),
    utf8: Boolean(session.envelope.smtpUtf8), secure: session.secure,
    user: session.user ?? '',
  }));
  fs.writeFileSync(path.join(dir, `${n}.part`), bytes);
  fs.renameSync(path.join(dir, `${n}.part`), path.join(dir, `${n}.eml`));
  return n;
}

// Is this the first time that this is asked about an address? Then DIR/held
// says so, and by which server.
const held = new Set();
function isHeld(server, address) {
  if (held.has(address)) {
    return false;
  }
  held.add(address);
  fs.writeFileSync(path.join(dir, 'held.part'), JSON.stringify({ server, address }));
  fs.renameSync(path.join(dir, 'held.part'), path.join(dir, 'held'));
  return true;
}

function hangUp(server, session) {
  for (const connection of server.connections) {
    if (connection.id === session.id) {
      connection.close();
    }
  }
}

function onData(name, server, stream, session, done) {
  const fate = fateOf(session.envelope.rcptTo[0].address);
  const chunks = [];
  if (fate.hangUp && !fate.atEnd) {
    stream.once('data', () => hangUp(server, session));
  }
  stream.on('data', chunk => chunks.push(chunk));
  stream.on('end', () => {
    if (fate.hangUp) {
      if (fate.atEnd) {
        keep(name, session, Buffer.concat(chunks));
        hangUp(server, session);
      }
      return;
    }
    if (fate.holdEnd && !held.has(session.envelope.rcptTo[0].address)) {
      keep(name, session, Buffer.concat(chunks));
      isHeld(name, session.envelope.rcptTo[0].address);
      return;
    }
    const answer = () => done(fate.end ?? null, fate.end ? undefined
      : `Queued as ${keep(name, session, Buffer.concat(chunks))}`);
    fate.wait ? setTimeout(answer, fate.wait).unref() : answer();
  });
}

function good(name, options) {
  const server = new SMTPServer({
    key: read('key.pem'), cert: read('cert.pem'), authOptional: true,
    disableReverseLookup: true, closeTimeout: 1000,
    onAuth({ username, password: given }, _session, done) {
      username === user && given === password ? done(null, { user: username })
        : done(refusal(535, '5.7.8 Usuario o contraseña incorrectos'));
    },
    onRcptTo({ address }, _session, done) {
      const fate = fateOf(address);
      if (!fate.holdRcpt || !isHeld(name, address)) {
        done(fate.rcpt ?? null);
      }
    },
    onData(stream, session, done) {
      onData(name, server, stream, session, done);
    },
    ...options,
  });
  server.on('error', () => {});
  return server;
}

// A server that answers by a script: command -> lines; the rest gets 250.
function scripted(greeting, answers) {
  return net.createServer(socket => {
    socket.on('error', () => {});
    if (greeting === null) {
      return;
    }
    socket.write(greeting);
    if (/^[45]/.test(greeting) || answers === null) {
      socket.end();
      return;
    }
    let body = false;
    let rest = '';
    socket.on('data', data => {
      rest += data.toString('latin1');
      for (let i; (i = rest.indexOf('\r\n')) >= 0; rest = rest.slice(i + 2)) {
        const line = rest.slice(0, i);
        const command = line.split(' ')[0].toUpperCase();
        if (body) {
          body = line !== '.';
          if (!body) {
            socket.write(`250 ${socket.recipient}\r\n`, 'latin1');
          }
          continue;
        }
        const answer = answers[command] ?? answers['*'] ?? '250 ok\r\n';
        body = command === 'DATA' && answer.startsWith('354');
        socket.write(typeof answer === 'function' ? answer(line, socket) : answer, 'latin1');
      }
    });
  });
}

const servers = {
  starttls: good('starttls', {}),
  tls: good('tls', { secure: true }),
  plain: good('plain', { hideSTARTTLS: true, disabledCommands: ['STARTTLS', 'AUTH'] }),
  ascii: good('ascii', { hideSMTPUTF8: true }),
  other: good('other', { cert: read('other.pem') }),
  // Takes mail only from those who have logged in.
  login: good('login', { authOptional: false }),
  mute: scripted(null, {}),
  refusing: scripted('554 5.3.2 No service today\r\n', {}),
  busy: scripted('421 4.3.2 Too busy\r\n', {}),
  hangup: scripted('220 hello\r\n', null),
  // Offers STARTTLS and then speaks no TLS.
  sham: scripted('220 hello\r\n', {
    EHLO: '250-sham\r\n250 STARTTLS\r\n',
    STARTTLS(_line, socket) {
      setTimeout(() => socket.write('nonsense, nonsense\r\n'), 100).unref();
      return '220 go\r\n';
    },
  }),
  // The same in one go, as somebody between would add it.
  injecting: scripted('220 hello\r\n', {
    EHLO: '250-sham\r\n250 STARTTLS\r\n', STARTTLS: '220 go\r\n250 SMTPUTF8\r\n',
  }),
  // Repeats the recipient when it has the mail, and has an odd farewell.
  quoted: scripted('220 hello\r\n', {
    RCPT(line, socket) {
      socket.recipient = line;
      return '250 ok\r\n';
    },
    DATA: '354 go on\r\n', QUIT: '250 whatever\r\n',
  }),
  // Repeats what it was told, as some do in their refusals.
  parrot: scripted('220 hello\r\n', {
    EHLO: '250-parrot\r\n250 AUTH PLAIN\r\n', AUTH: '334 \r\n',
    '*': line => `535 no: ${line}\r\n`,
  }),
  // Bytes that are no UTF-8, control characters, many lines.
  dirty: scripted('220 hello\r\n', {
    RCPT: '550-first \xff\x01\r\n550-second \x1b[2J\r\n550 third\r\n',
  }),
  mailbox: mailbox(dir),
};

const ports = ['\n'];
for (const [name, server] of Object.entries(servers)) {
  const listener = server.server ?? server;
  await new Promise(resolve => server.listen(Number(before.get(name) ?? 0), '127.0.0.1', resolve));
  ports.push(`${name} ${listener.address().port}\n`);
}
fs.writeFileSync(path.join(dir, 'ports.part'), ports.join(''));
fs.renameSync(path.join(dir, 'ports.part'), path.join(dir, 'ports'));
process.on('SIGTERM', () => process.exit(0));
