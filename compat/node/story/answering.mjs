// A user answers a campaign: the webhook arrives, its signature is right, and its receiver brings the dashboard in.
import { createServer } from 'node:http';
import { once } from 'node:events';
import { check, same } from '../lib/expect.mjs';
import { addMember } from './chat.mjs';
import { person } from './people.mjs';

const WAIT_MS = 10_000;

/** A receiver of webhooks. `arrived(n)` waits for the n-th. */
async function receive(handle = async () => {}) {
  const events = [];
  const server = createServer(async (request, response) => {
    let body = '';
    for await (const chunk of request) body += chunk;
    const params = Object.fromEntries(new URLSearchParams(body));
    const event = { params, signature: request.headers['x-twilio-signature'] };
    event.handled = handle(params);
    events.push(event);
    await event.handled.catch(() => {});
    response.end();
    server.emit('event');
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const arrived = async (count) => {
    const signal = AbortSignal.timeout(WAIT_MS);
    while (events.length < count) {
      await once(server, 'event', { signal }).catch(() => { throw new Error(`${events.length} of ${count} webhooks arrived`); });
    }
    await Promise.all(events.map((event) => event.handled));
    return events;
  };
  return { url: `http://127.0.0.1:${server.address().port}/events`, events, arrived, close: () => server.close() };
}

export default function ({ test, sdk, server, makeService }) {
  test('a user answers a campaign and the dashboard comes in', async () => {
    const { service } = await makeService('dashboard');
    const [user, dashboard] = [person('Ann'), person('City hall')];
    const hook = await receive((event) => addMember(service, event.ChannelSid, dashboard.uuid));
    try {
      await service.update({ postWebhookUrl: hook.url, webhookFilters: ['onMessageSent', 'onMemberAdded'] });
      const { sid } = await service.channels.create({ uniqueName: user.uuid });
      const channel = service.channels(sid);
      await channel.members.create({ identity: user.uuid });
      await channel.messages.create({ from: dashboard.uuid, body: 'Dear Ann' });
      await channel.messages.create({ from: user.uuid, body: 'Yes, please!', xTwilioWebhookEnabled: 'true' });

      const [{ params, signature }] = await hook.arrived(1);
      check(params, { EventType: 'onMessageSent', ChannelSid: sid, From: user.uuid, Body: 'Yes, please!', AccountSid: server.account_sid });
      same('signature is valid', sdk.twilio.validateRequest(server.auth_token, signature, hook.url, params), true);
      check(await channel.fetch(), { membersCount: 2 });
      check(await service.users(dashboard.uuid).fetch(), { joinedChannelsCount: 1 });

      // The dashboard was added without the header, so no onMemberAdded follows: the next event is the next answer.
      await channel.messages.create({ from: user.uuid, body: 'Hello?', xTwilioWebhookEnabled: 'true' });
      const events = await hook.arrived(2);
      same('events', events.map((event) => event.params.Body), ['Yes, please!', 'Hello?']);
    } finally {
      hook.close();
    }
  });

  test('analytics get every message and channel, and nothing else', async () => {
    const { service } = await makeService('default');
    const hook = await receive();
    try {
      await service.update({ postWebhookUrl: hook.url, webhookFilters: ['onMessageSent', 'onChannelAdded'] });
      const { sid } = await service.channels.create({ uniqueName: 'general', xTwilioWebhookEnabled: 'true' });
      for (let i = 0; i < 10; i += 1) {
        await service.channels(sid).messages.create({ body: `${i}`, xTwilioWebhookEnabled: 'true' });
        await service.channels(sid).messages.create({ body: 'quiet' });
      }
      await service.channels(sid).members.create({ identity: 'ann', xTwilioWebhookEnabled: 'true' });
      const events = await hook.arrived(11);
      const bodies = events.filter(({ params }) => params.EventType === 'onMessageSent').map(({ params }) => params.Body);
      same('messages', [...new Set(bodies)].sort(), ['0', '1', '2', '3', '4', '5', '6', '7', '8', '9']);
      same('channels', new Set(events.filter(({ params }) => params.EventType === 'onChannelAdded').map(({ params }) => params.ChannelSid)).size, 1);
    } finally {
      hook.close();
    }
  });
}
