// SPDX-License-Identifier: Apache-2.0
/**
 * The end of the session, told before it comes (WCAG 2.2.1). Every answer of
 * the server puts the idle end off; nothing puts off the other one. Tabs of one
 * browser tell each other.
 */
import { byId } from './dom.js';
import { say } from '../sentences.js';

const WARNING = 120_000;
const LOOK = 5_000;

const { espera, tope } = document.body.dataset;
const idle = Number(espera) * 1000;
const isLoggedIn = espera !== undefined;
const tabs = new BroadcastChannel('npie-sesion');
let idleEnd = Date.now() + idle;
let lastEnd = Date.now() + Number(tope) * 1000;
const clock = new Intl.DateTimeFormat(document.documentElement.lang, { timeStyle: 'short' });

/** An answer came. @param isAlive false: it said that there is no session */
export function touched(isAlive) {
  if (isLoggedIn) {
    idleEnd = isAlive ? Date.now() + idle : Date.now();
    tabs.postMessage({ idleEnd, lastEnd });
    look();
  }
}

function sentence(end, isIdle, left) {
  if (left <= 0) {
    return say('session.over');
  }
  const hora = clock.format(end);
  return isIdle ? say('session.ends', { hora }) : say('session.ends-anyway', { hora });
}

function look() {
  const isIdle = idleEnd < lastEnd;
  const end = Math.min(idleEnd, lastEnd);
  const left = end - Date.now();
  const before = Math.min(WARNING, idle / 2);
  const box = byId('sesion');
  box.hidden = left > before;
  if (!box.hidden) {
    const text = sentence(end, isIdle, left);
    // A text that is set again is read aloud again.
    if (byId('sesion-texto').textContent !== text) {
      byId('sesion-texto').textContent = text;
    }
    byId('sesion-seguir').hidden = left <= 0 || !isIdle;
    byId('sesion-entrar').hidden = !byId('sesion-seguir').hidden;
  }
}

/** @param ask async () asks the server for something, which keeps the session */
export function watchSession(ask) {
  tabs.addEventListener('message', ({ data }) => {
    ({ idleEnd, lastEnd } = data);
    if (isLoggedIn) {
      look();
    }
  });
  if (!isLoggedIn) {
    return;
  }
  tabs.postMessage({ idleEnd, lastEnd });
  setInterval(look, LOOK);
  byId('sesion-seguir').addEventListener('click', ask);
}
