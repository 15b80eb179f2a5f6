import { check, deleted, refused, same, sid, unknown } from '../lib/expect.mjs';
import { inOrder, walks } from '../lib/lists.mjs';

const CREATED = new Date('2015-12-16T22:18:37Z');
const UPDATED = new Date('2016-02-29T12:00:00Z');

export default function ({ test, server, makeService }) {
  const makeChannel = async () => {
    const made = await makeService();
    const { sid: channelSid } = await made.service.channels.create({ uniqueName: 'general' });
    return { ...made, channelSid, channel: made.service.channels(channelSid) };
  };

  test('messages: create with every parameter', async () => {
    const { sid: serviceSid, channel, channelSid } = await makeChannel();
    const message = await channel.messages.create({
      body: 'Hello, Größe ☕',
      from: 'ann',
      attributes: '{"mood":"good"}',
      dateCreated: CREATED,
      dateUpdated: UPDATED,
      lastUpdatedBy: 'bob',
      xTwilioWebhookEnabled: 'true',
    });
    check(message, {
      sid: sid('IM'),
      accountSid: server.account_sid,
      serviceSid,
      channelSid,
      to: channelSid,
      from: 'ann',
      body: 'Hello, Größe ☕',
      index: 0,
      attributes: '{"mood":"good"}',
      dateCreated: CREATED,
      dateUpdated: UPDATED,
      lastUpdatedBy: 'bob',
      wasEdited: true,
      type: 'text',
      media: null,
      url: new RegExp(`^https?://[^/]+/v2/Services/${serviceSid}/Channels/${channelSid}/Messages/${message.sid}$`),
    });
  });

  test('messages: create with a body alone', async () => {
    const { channel } = await makeChannel();
    const message = await channel.messages.create({ body: 'Hello' });
    check(message, {
      body: 'Hello',
      from: 'system',
      attributes: '{}',
      lastUpdatedBy: null,
      wasEdited: false,
      dateCreated: Date,
    });
    same('date_updated of a new message', message.dateUpdated, message.dateCreated);
  });

  test('messages: create with nothing', async () => {
    const { channel } = await makeChannel();
    check(await channel.messages.create(), { body: '', type: 'text', media: null });
  });

  test('messages: bodies come back as they were sent', async () => {
    const { channel } = await makeChannel();
    for (const body of ['a+b = c & d', '100%', '%20', ' spaces ', 'two\nlines', '"quoted" \\ slash', '😀👍🏽', '<b>&amp;</b>', '0']) {
      const { sid: messageSid } = await channel.messages.create({ body });
      same('body', (await channel.messages(messageSid).fetch()).body, body);
    }
  });

  test('messages: the author need not be a user and does not become one', async () => {
    const { service, channel } = await makeChannel();
    check(await channel.messages.create({ from: 'stranger', body: 'hi' }), { from: 'stranger' });
    await refused(service.users('stranger').fetch(), 404, 20404);
    check(await channel.fetch(), { membersCount: 0, messagesCount: 1 });
  });

  test('messages: fetch', async () => {
    const { service, channel } = await makeChannel();
    const made = await channel.messages.create({ body: 'Hello' });
    check(await channel.messages(made.sid).fetch(), { sid: made.sid, body: 'Hello', index: 0, url: made.url });
    check(await service.channels('general').messages(made.sid).fetch(), { sid: made.sid });
  });

  test('messages: fetch of what is not there', async () => {
    const { service, sid: serviceSid, channel, channelSid } = await makeChannel();
    await refused(channel.messages(unknown('IM')).fetch(), 404, 20404,
      `The requested resource /Services/${serviceSid}/Channels/${channelSid}/Messages/${unknown('IM')} was not found`);
    const { sid: messageSid } = await channel.messages.create({ body: 'here' });
    await service.channels.create({ uniqueName: 'other' });
    await refused(service.channels('other').messages(messageSid).fetch(), 404, 20404);
  });

  test('messages: update every parameter', async () => {
    const { channel } = await makeChannel();
    const { sid: messageSid } = await channel.messages.create({ body: 'Hello', from: 'ann' });
    const fields = {
      body: 'Bye',
      attributes: '{"a":1}',
      dateCreated: CREATED,
      dateUpdated: UPDATED,
      lastUpdatedBy: 'bob',
      from: 'carl',
    };
    check(await channel.messages(messageSid).update({ ...fields, xTwilioWebhookEnabled: 'true' }), { ...fields, wasEdited: true });
    check(await channel.messages(messageSid).fetch(), { ...fields, wasEdited: true, index: 0 });
  });

  test('messages: an edited body is marked', async () => {
    const { channel } = await makeChannel();
    const message = await channel.messages.create({ body: 'teh', from: 'ann', dateCreated: CREATED });
    const edited = await channel.messages(message.sid).update({ body: 'the', lastUpdatedBy: 'jane' });
    check(edited, { body: 'the', wasEdited: true, lastUpdatedBy: 'jane', from: 'ann', index: 0, dateCreated: CREATED });
    check(edited, { dateUpdated: (date) => date > CREATED });
  });

  test('messages: an edit without a name is by the system', async () => {
    const { channel } = await makeChannel();
    const message = await channel.messages.create({ body: 'teh' });
    check(await channel.messages(message.sid).update({ body: 'the' }), { wasEdited: true, lastUpdatedBy: 'system' });
  });

  test('messages: attributes alone do not mark a message as edited', async () => {
    const { channel } = await makeChannel();
    const message = await channel.messages.create({ body: 'Hello' });
    check(await channel.messages(message.sid).update({ attributes: '{"read":true}' }), { attributes: '{"read":true}', wasEdited: false, body: 'Hello' });
  });

  test('messages: update of nothing', async () => {
    const { channel } = await makeChannel();
    const message = await channel.messages.create({ body: 'Hello' });
    await refused(channel.messages(message.sid).update({}), 400, 20161);
  });

  test('messages: attributes that are not JSON', async () => {
    const { channel } = await makeChannel();
    await refused(channel.messages.create({ body: 'x', attributes: '{a}' }), 400, 50304, 'Attributes not valid JSON');
    const message = await channel.messages.create({ body: 'x', attributes: '{ "a" : "ü" }' });
    same('attributes', message.attributes, '{ "a" : "ü" }');
    await refused(channel.messages(message.sid).update({ attributes: '{a}' }), 400, 50304);
  });

  test('messages: dates that are none', async () => {
    const { channel } = await makeChannel();
    await refused(channel.messages.create({ body: 'x', dateCreated: 'yesterday' }), 400, 50308);
    await refused(channel.messages.create({ body: 'x', dateUpdated: 'today' }), 400, 50309);
  });

  test('messages: a media SID that is unknown', async () => {
    const { channel } = await makeChannel();
    await refused(channel.messages.create({ mediaSid: unknown('ME') }), 404, 50507);
  });

  test('messages: delete, second delete', async () => {
    const { channel } = await makeChannel();
    const { sid: messageSid } = await channel.messages.create({ body: 'Hello' });
    await deleted(channel.messages(messageSid));
  });

  test('messages: an index is not used again', async () => {
    const { channel } = await makeChannel();
    await channel.messages.create({ body: '0' });
    const last = await channel.messages.create({ body: '1' });
    await channel.messages(last.sid).remove({ xTwilioWebhookEnabled: 'true' });
    check(await channel.messages.create({ body: '2' }), { index: 2 });
    check(await channel.fetch(), { messagesCount: 2 });
  });

  test('messages: list', async () => {
    const { channel } = await makeChannel();
    const made = await inOrder(120, (i) => channel.messages.create({ body: `${i}` }));
    const sids = made.map((message) => message.sid);
    same('indexes', made.map((message) => message.index), sids.map((_, i) => i));
    await walks(channel.messages, sids);
    await walks(channel.messages, sids, { params: { order: 'asc' } });
    await walks(channel.messages, [...sids].reverse(), { params: { order: 'desc' } });
    same('a page holds 100 at most', (await channel.messages.page({ pageSize: 1000 })).instances.length, 100);
    same('a page holds 50 by default', (await channel.messages.page()).instances.length, 50);
  });

  test('messages: the date does not change the order', async () => {
    const { channel } = await makeChannel();
    const now = await channel.messages.create({ body: 'now' });
    const then = await channel.messages.create({ body: 'then', dateCreated: CREATED });
    same('indexes', [now.index, then.index], [0, 1]);
    same('bodies', (await channel.messages.list()).map((message) => message.body), ['now', 'then']);
  });

  test('messages: an order that is none', async () => {
    const { channel } = await makeChannel();
    await refused(channel.messages.list({ order: 'random' }), 400, 20001);
  });

  test('messages: page tokens made by hand', async () => {
    const { channel } = await makeChannel();
    await inOrder(12, (i) => channel.messages.create({ body: `${i}` }));
    const indexes = async (params) => (await channel.messages.page(params)).instances.map((message) => message.index);
    same('PT10', await indexes({ pageToken: 'PT10' }), [10, 11]);
    same('PT4, 3 rows', await indexes({ pageToken: 'PT4', pageSize: 3 }), [4, 5, 6]);
    same('PT4, 3 rows, page 9', await indexes({ pageToken: 'PT4', pageSize: 3, pageNumber: 9 }), [4, 5, 6]);
    same('PT4 down', await indexes({ pageToken: 'PT4', pageSize: 3, order: 'desc' }), [4, 3, 2]);
    same('PT1 down', await indexes({ pageToken: 'PT1', order: 'desc' }), [1, 0]);
    same('PT0', await indexes({ pageToken: 'PT0', pageSize: 2 }), [0, 1]);
  });

  test('messages: a page token for a deleted message', async () => {
    const { channel } = await makeChannel();
    const made = await inOrder(6, (i) => channel.messages.create({ body: `${i}` }));
    await channel.messages(made[3].sid).remove();
    const indexes = async (params) => (await channel.messages.page(params)).instances.map((message) => message.index);
    same('up', await indexes({ pageToken: 'PT3' }), [4, 5]);
    same('down', await indexes({ pageToken: 'PT3', order: 'desc' }), [2, 1, 0]);
  });

  test('messages: a page token below 0', async () => {
    const { channel } = await makeChannel();
    await refused(channel.messages.page({ pageToken: 'PT-1' }), 400, 19038, 'Page token must be bigger than or equal to 0');
  });
}
