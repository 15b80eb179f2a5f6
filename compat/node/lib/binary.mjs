// Starts the binary in its `ci` profile and stops it again.
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';

const START_MS = 20_000;
const STOP_MS = 10_000;

/** Resolves to `{ url, account_sid, auth_token, api_key_sid, api_key_secret, stop }`. */
export async function start(binary, database) {
  const args = ['ci', '--listen', '127.0.0.1:0', '--set', 'webhooks.pre_on_rest=true', ...(database ? ['--database', database] : [])];
  const child = spawn(binary, args, { env: environment(), stdio: ['ignore', 'pipe', 'pipe'] });
  let log = '';
  child.stderr.on('data', (chunk) => { log = (log + chunk).slice(-4000); });
  const exited = once(child, 'exit');
  exited.catch(() => {}); // a failed spawn is reported by firstLine
  try {
    const hello = JSON.parse(await firstLine(child, START_MS));
    return { ...hello, stop: () => stop(child, exited) };
  } catch (error) {
    child.kill('SIGKILL');
    throw new Error(`${binary} ${args.join(' ')}: ${error.message}\n${log}`);
  }
}

/** The server's settings come from its arguments alone, whatever the developer's shell has set. */
function environment() {
  const settings = /^(PARTYLINE|TWILIO)_/;
  return Object.fromEntries(Object.entries(process.env).filter(([name]) => !settings.test(name)));
}

function firstLine(child, ms) {
  return new Promise((resolve, reject) => {
    const timer = setTimeout(() => reject(new Error('no JSON line on stdout in time')), ms);
    const done = (settle) => (value) => { clearTimeout(timer); settle(value); };
    createInterface({ input: child.stdout }).once('line', done(resolve));
    child.once('error', done(reject));
    child.once('exit', (code, signal) => done(reject)(new Error(`ended early (${signal ?? code})`)));
  });
}

/** SIGTERM; an exit other than a clean one is an error of the server. */
async function stop(child, exited) {
  child.kill('SIGTERM');
  const timer = setTimeout(() => child.kill('SIGKILL'), STOP_MS);
  const [code, signal] = await exited;
  clearTimeout(timer);
  if (code !== 0 && signal !== 'SIGTERM') throw new Error(`the server ended with ${signal ?? code} on SIGTERM`);
}
