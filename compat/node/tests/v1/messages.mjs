import { check, deleted, refused, same, sid } from '../../lib/expect.mjs';
import { inOrder, walks } from '../../lib/lists.mjs';

export default function ({ test, server, makeService }) {
  const makeChannel = async () => {
    const made = await makeService();
    const { sid: channelSid } = await made.service.channels.create();
    return { ...made, channelSid, channel: made.service.channels(channelSid) };
  };

  test('messages: create with every parameter', async () => {
    const { sid: serviceSid, channel, channelSid } = await makeChannel();
    const message = await channel.messages.create({ body: 'Hello ☕', from: 'ann', attributes: '{"a":1}' });
    check(message, {
      sid: sid('IM'),
      accountSid: server.account_sid,
      serviceSid,
      to: channelSid,
      from: 'ann',
      body: 'Hello ☕',
      index: 0,
      attributes: '{"a":1}',
      wasEdited: false,
      dateCreated: Date,
      dateUpdated: Date,
      url: new RegExp(`^https?://[^/]+/v1/Services/${serviceSid}/Channels/${channelSid}/Messages/${message.sid}$`),
    });
  });

  test('messages: create without a body', async () => {
    const { channel } = await makeChannel();
    await refused(channel.messages.create({ body: '' }), 400, 20001, 'Missing required parameter Body in the post body');
  });

  test('messages: fetch', async () => {
    const { channel } = await makeChannel();
    const made = await channel.messages.create({ body: 'Hello' });
    check(await channel.messages(made.sid).fetch(), { sid: made.sid, body: 'Hello', from: 'system', attributes: '{}' });
  });

  test('messages: update every parameter', async () => {
    const { channel } = await makeChannel();
    const made = await channel.messages.create({ body: 'teh' });
    const fields = { body: 'the', attributes: '{"b":2}' };
    check(await channel.messages(made.sid).update(fields), { ...fields, wasEdited: true });
    check(await channel.messages(made.sid).fetch(), { ...fields, wasEdited: true, index: 0 });
    await refused(channel.messages(made.sid).update({}), 400, 20161);
    await refused(channel.messages(made.sid).update({ attributes: '{' }), 400, 50304);
  });

  test('messages: attributes alone do not mark a message as edited', async () => {
    const { channel } = await makeChannel();
    const made = await channel.messages.create({ body: 'Hello' });
    check(await channel.messages(made.sid).update({ attributes: '{"b":2}' }), { wasEdited: false, attributes: '{"b":2}' });
  });

  test('messages: delete, second delete', async () => {
    const { channel } = await makeChannel();
    const { sid: messageSid } = await channel.messages.create({ body: 'Hello' });
    await deleted(channel.messages(messageSid));
  });

  test('messages: list', async () => {
    const { channel } = await makeChannel();
    const made = await inOrder(65, (i) => channel.messages.create({ body: `${i}`, attributes: '{"a":1}' }));
    const sids = made.map((message) => message.sid);
    await walks(channel.messages, sids);
    await walks(channel.messages, [...sids].reverse(), { params: { order: 'desc' } });
    same('a list hides attributes', (await channel.messages.list({ limit: 2 })).map((message) => message.attributes), [null, null]);
    same('PT63', (await channel.messages.page({ pageToken: 'PT63' })).instances.map((message) => message.index), [63, 64]);
  });
}
