// A user answers a campaign: the webhook arrives, its signature is right, and its receiver brings the dashboard in.
import { check, same } from '../lib/expect.mjs';
import { receiving } from '../lib/receiver.mjs';
import { addMember } from './chat.mjs';
import { person } from './people.mjs';

export default function ({ test, sdk, server, makeService }) {
  test('a user answers a campaign and the dashboard comes in', () => receiving({ sdk, server }, async (hook) => {
    const { service } = await makeService('dashboard');
    const [user, dashboard] = [person('Ann'), person('City hall')];
    hook.answer('onMessageSent', async ({ params }) => { await addMember(service, params.ChannelSid, dashboard.uuid); });
    await service.update({ postWebhookUrl: hook.url, webhookFilters: ['onMessageSent', 'onMemberAdded'] });
    const { sid } = await service.channels.create({ uniqueName: user.uuid });
    const channel = service.channels(sid);
    await channel.members.create({ identity: user.uuid });
    await channel.messages.create({ from: dashboard.uuid, body: 'Dear Ann' });
    await channel.messages.create({ from: user.uuid, body: 'Yes, please!', xTwilioWebhookEnabled: 'true' });

    const [{ params }] = await hook.arrived(1);
    check(params, { EventType: 'onMessageSent', ChannelSid: sid, From: user.uuid, Body: 'Yes, please!', AccountSid: server.account_sid });
    await hook.settled();
    check(await channel.fetch(), { membersCount: 2 });
    check(await service.users(dashboard.uuid).fetch(), { joinedChannelsCount: 1 });

    // The dashboard was added without the header, so no onMemberAdded follows: the next event is the next answer.
    await channel.messages.create({ from: user.uuid, body: 'Hello?', xTwilioWebhookEnabled: 'true' });
    const events = await hook.arrived(2);
    same('events', events.map((event) => event.params.Body), ['Yes, please!', 'Hello?']);
  }));

  test('analytics get every message and channel, and nothing else', () => receiving({ sdk, server }, async (hook) => {
    const { service } = await makeService('default');
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
  }));
}
