// One object, seen through every version and both host names.
import { check, same } from '../lib/expect.mjs';

export default function ({ test, client, makeService }) {
  const views = [client.chat.v2, client.chat.v1, client.ipMessaging.v2, client.ipMessaging.v1];

  test('versions: every view shows the same objects', async () => {
    const { sid } = await makeService();
    for (const [i, maker] of views.entries()) {
      const made = await maker.services(sid).channels.create({ uniqueName: `made by ${i}`, attributes: '{"a":1}' });
      const member = await maker.services(sid).channels(made.sid).members.create({ identity: 'ann' });
      const message = await maker.services(sid).channels(made.sid).messages.create({ body: 'Hello' });
      for (const viewer of views) {
        const channel = viewer.services(sid).channels(made.sid);
        check(await channel.fetch(), { sid: made.sid, uniqueName: `made by ${i}`, attributes: '{"a":1}', membersCount: 1, messagesCount: 1 });
        check(await channel.members(member.sid).fetch(), { identity: 'ann' });
        check(await channel.messages(message.sid).fetch(), { body: 'Hello' });
      }
    }
    for (const viewer of views) same('channels', (await viewer.services(sid).channels.list()).length, 4);
  });

  test('versions: the request decides about the shape', async () => {
    const { sid } = await makeService();
    const { sid: channelSid } = await client.chat.v2.services(sid).channels.create();
    same('links.webhooks in v2', 'webhooks' in (await client.chat.v2.services(sid).channels(channelSid).fetch()).links, true);
    same('links.webhooks in v1', 'webhooks' in (await client.chat.v1.services(sid).channels(channelSid).fetch()).links, false);
  });

  test('versions: client.chat.services is v2', async () => {
    const warn = console.warn;
    console.warn = () => {}; // newer releases call this spelling deprecated
    try {
      const { sid } = await makeService();
      check(await client.chat.services(sid).fetch(), { url: /\/v2\/Services\// });
    } finally {
      console.warn = warn;
    }
  });
}
