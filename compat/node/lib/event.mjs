// What an event must carry: these parameters with these values, and no others.
import { check, same } from './expect.mjs';

const DATE = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/;

/** A date with milliseconds that REST shows as `date`, which has whole seconds. */
export const at = (date) => (value) => DATE.test(value) && Math.floor(Date.parse(value) / 1000) * 1000 === date.getTime();

/** A date with milliseconds of the last minutes. */
export const now = (value) => DATE.test(value) && Math.abs(Date.parse(value) - Date.now()) < 300_000;

/** A parameter that may be absent. */
export const maybe = (expected) => ({ maybe: expected });

export function carries({ event, params }, type, server, serviceSid, fields) {
  same('event', event, type);
  const expected = { EventType: type, AccountSid: server.account_sid, InstanceSid: serviceSid, Source: 'API', RetryCount: '0' };
  for (const [name, value] of Object.entries(fields)) {
    if (!value?.maybe) expected[name] = value;
    else if (name in params) expected[name] = value.maybe;
  }
  same(`names in ${type}`, Object.keys(params).sort(), Object.keys(expected).sort());
  check(params, expected);
}
