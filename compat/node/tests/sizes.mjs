// The longest that goes in, and one more.
import { check, refused } from '../lib/expect.mjs';

const text = (length) => 'x'.repeat(length);
const wide = (length) => 'ü'.repeat(length);
const json = (bytes) => JSON.stringify(text(bytes - 2));

export default function ({ test, makeService }) {
  const size = (name, limit, code, make, field, value = text) => test(`sizes: ${name}`, async () => {
    const { service } = await makeService();
    const { sid } = await service.channels.create();
    const call = (length) => make(service, value(length), service.channels(sid));
    check(await call(limit), { [field]: value(limit) });
    await refused(call(limit + 1), 400, code);
  });

  size('channel friendly name', 256, 50003, (service, friendlyName) => service.channels.create({ friendlyName }), 'friendlyName', wide);
  size('channel unique name', 256, 50004, (service, uniqueName) => service.channels.create({ uniqueName }), 'uniqueName', wide);
  size('channel attributes', 16384, 50303, (service, attributes) => service.channels.create({ attributes }), 'attributes', json);
  size('creator of a channel', 256, 50310, (service, createdBy) => service.channels.create({ createdBy }), 'createdBy');
  size('identity', 256, 50207, (service, identity) => service.users.create({ identity }), 'identity', wide);
  size('user friendly name', 256, 50003, (service, friendlyName) => service.users.create({ identity: 'ann', friendlyName }), 'friendlyName');
  size('user attributes', 4096, 50303, (service, attributes) => service.users.create({ identity: 'ann', attributes }), 'attributes', json);
  size('member attributes', 4096, 50303, (_, attributes, channel) => channel.members.create({ identity: 'ann', attributes }), 'attributes', json);
  size('message body', 32768, 50504, (_, body, channel) => channel.messages.create({ body }), 'body');
  size('message attributes', 4096, 50303, (_, attributes, channel) => channel.messages.create({ attributes }), 'attributes', json);
  size('author of a message', 256, 50310, (_, from, channel) => channel.messages.create({ from }), 'from');
  size('editor of a message', 256, 50505, (_, lastUpdatedBy, channel) => channel.messages.create({ lastUpdatedBy }), 'lastUpdatedBy');
  size('role friendly name', 64, 50003,
    (service, friendlyName) => service.roles.create({ friendlyName, type: 'channel', permission: ['sendMessage'] }), 'friendlyName');
  size('service friendly name', 256, 50003, (service, friendlyName) => service.update({ friendlyName }), 'friendlyName');

  test('sizes: notification template and sound', async () => {
    const { service } = await makeService();
    await service.update({ 'notifications.newMessage.template': text(512), 'notifications.newMessage.sound': text(128) });
    await refused(service.update({ 'notifications.addedToChannel.template': text(513) }), 400, 50058);
    await refused(service.update({ 'notifications.invitedToChannel.sound': text(129) }), 400, 50059);
  });
}
