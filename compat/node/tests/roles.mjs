import { check, deleted, refused, same, sameSet, sid, unknown } from '../lib/expect.mjs';
import { inOrder, walks } from '../lib/lists.mjs';

const EVERY_CHANNEL_PERMISSION = [
  'destroyChannel', 'inviteMember', 'addMember', 'removeMember', 'leaveChannel', 'editChannelName', 'editChannelAttributes',
  'sendMessage', 'sendMediaMessage', 'editOwnMessage', 'editAnyMessage', 'editOwnMessageAttributes', 'editAnyMessageAttributes',
  'deleteOwnMessage', 'deleteAnyMessage', 'editNotificationLevel', 'editOwnMemberAttributes', 'editAnyMemberAttributes',
];

const EVERY_DEPLOYMENT_PERMISSION = [
  'createChannel', 'joinChannel', 'destroyChannel', 'inviteMember', 'addMember', 'removeMember', 'editChannelName',
  'editChannelAttributes', 'editOwnMessage', 'editAnyMessage', 'editOwnMessageAttributes', 'editAnyMessageAttributes',
  'deleteOwnMessage', 'deleteAnyMessage', 'editOwnUserInfo', 'editAnyUserInfo', 'editOwnMemberAttributes', 'editAnyMemberAttributes',
];

const DEFAULTS = {
  'service admin': ['deployment', [
    'createChannel', 'joinChannel', 'destroyChannel', 'inviteMember', 'removeMember', 'addMember', 'editChannelName',
    'editChannelAttributes', 'editOwnMessage', 'editAnyMessage', 'editOwnMessageAttributes', 'editAnyMessageAttributes',
    'deleteAnyMessage', 'editOwnUserInfo', 'editAnyUserInfo',
  ]],
  'service user': ['deployment', ['createChannel', 'joinChannel', 'editOwnUserInfo']],
  'channel admin': ['channel', [
    'sendMessage', 'sendMediaMessage', 'leaveChannel', 'inviteMember', 'addMember', 'removeMember', 'destroyChannel',
    'editChannelName', 'editChannelAttributes', 'editOwnMessage', 'editAnyMessage', 'editOwnMessageAttributes',
    'editAnyMessageAttributes', 'deleteOwnMessage', 'deleteAnyMessage', 'editNotificationLevel',
  ]],
  'channel user': ['channel', [
    'sendMessage', 'leaveChannel', 'editOwnMessage', 'deleteOwnMessage', 'sendMediaMessage', 'editOwnMessageAttributes',
    'editNotificationLevel',
  ]],
};

export default function ({ test, server, version, makeService }) {
  test('roles: a service is born with four', async () => {
    const { service } = await makeService();
    const roles = await service.roles.list();
    same('names', roles.map((role) => role.friendlyName), Object.keys(DEFAULTS));
    for (const role of roles) {
      const [type, permissions] = DEFAULTS[role.friendlyName];
      same(`type of ${role.friendlyName}`, role.type, type);
      sameSet(`permissions of ${role.friendlyName}`, role.permissions, permissions);
    }
    const named = (name) => roles.find((role) => role.friendlyName === name).sid;
    check(await service.fetch(), {
      defaultServiceRoleSid: named('service user'),
      defaultChannelRoleSid: named('channel user'),
      defaultChannelCreatorRoleSid: named('channel admin'),
    });
    same('order', roles[1].permissions, DEFAULTS['service user'][1]);
  });

  for (const [type, permission] of [['channel', EVERY_CHANNEL_PERMISSION], ['deployment', EVERY_DEPLOYMENT_PERMISSION]]) {
    test(`roles: create a ${type} role with every permission`, async () => {
      const { service, sid: serviceSid } = await makeService();
      const role = await service.roles.create({ friendlyName: 'all of it', type, permission });
      check(role, {
        sid: sid('RL'),
        accountSid: server.account_sid,
        serviceSid,
        friendlyName: 'all of it',
        type,
        permissions: permission,
        dateCreated: Date,
        dateUpdated: Date,
        url: new RegExp(`^https?://[^/]+/${version}/Services/${serviceSid}/Roles/${role.sid}$`),
      });
    });
  }

  test('roles: one permission is a list of one', async () => {
    const { service } = await makeService();
    check(await service.roles.create({ friendlyName: 'r', type: 'channel', permission: ['sendMessage'] }), { permissions: ['sendMessage'] });
  });

  test('roles: the order of permissions is kept, doubles are not', async () => {
    const { service } = await makeService();
    const permission = ['leaveChannel', 'sendMessage', 'leaveChannel'];
    check(await service.roles.create({ friendlyName: 'r', type: 'channel', permission }), { permissions: ['leaveChannel', 'sendMessage'] });
  });

  test('roles: two may have one name', async () => {
    const { service } = await makeService();
    const make = () => service.roles.create({ friendlyName: 'twin', type: 'channel', permission: ['sendMessage'] });
    same('the SID is another one', (await make()).sid === (await make()).sid, false);
  });

  test('roles: an unknown permission, and one of the other type', async () => {
    const { service } = await makeService();
    const make = (type, permission) => service.roles.create({ friendlyName: 'r', type, permission });
    await refused(make('channel', ['sendMessage', 'makeCoffee']), 400, 50104, 'Permission not found');
    await refused(make('channel', ['createChannel']), 400, 50104);
    await refused(make('channel', ['editOwnUserInfo']), 400, 50104);
    await refused(make('deployment', ['sendMessage']), 400, 50104);
  });

  test('roles: an unknown type', async () => {
    const { service } = await makeService();
    await refused(service.roles.create({ friendlyName: 'r', type: 'service', permission: ['sendMessage'] }), 400, 50105, 'Invalid role type');
  });

  test('roles: create without what is required', async () => {
    const { service } = await makeService();
    await refused(service.roles.create({ friendlyName: '', type: 'channel', permission: ['sendMessage'] }), 400, 20001,
      'Missing required parameter FriendlyName in the post body');
    await refused(service.roles.create({ friendlyName: 'r', type: 'channel', permission: [] }), 400, 20001,
      'Missing required parameter Permission in the post body');
  });

  test('roles: fetch', async () => {
    const { service } = await makeService();
    const made = await service.roles.create({ friendlyName: 'r', type: 'channel', permission: ['sendMessage'] });
    check(await service.roles(made.sid).fetch(), { sid: made.sid, friendlyName: 'r', permissions: ['sendMessage'], url: made.url });
    await refused(service.roles(unknown('RL')).fetch(), 404, 20404);
  });

  test('roles: a name is no address', async () => {
    const { service } = await makeService();
    await refused(service.roles('channel%20user').fetch(), 404, 20404);
  });

  test('roles: update replaces the permissions', async () => {
    const { service } = await makeService();
    const made = await service.roles.create({ friendlyName: 'r', type: 'channel', permission: ['sendMessage', 'leaveChannel'] });
    const fields = { friendlyName: 'r', type: 'channel', permissions: ['editOwnMessage'] };
    check(await service.roles(made.sid).update({ permission: ['editOwnMessage'] }), fields);
    check(await service.roles(made.sid).fetch(), fields);
    await refused(service.roles(made.sid).update({ permission: ['joinChannel'] }), 400, 50104);
  });

  test('roles: delete, second delete', async () => {
    const { service } = await makeService();
    const { sid: roleSid } = await service.roles.create({ friendlyName: 'r', type: 'channel', permission: ['sendMessage'] });
    await deleted(service.roles(roleSid));
  });

  test('roles: a default role cannot be deleted until another takes its place', async () => {
    const { service } = await makeService();
    const { defaultServiceRoleSid: old } = await service.fetch();
    await refused(service.roles(old).remove(), 400, 20001);
    const other = await service.roles.create({ friendlyName: 'r', type: 'deployment', permission: ['joinChannel'] });
    await service.update({ defaultServiceRoleSid: other.sid });
    await deleted(service.roles(old));
  });

  test('roles: who held a deleted role has the default one', async () => {
    const { service } = await makeService();
    const { defaultServiceRoleSid, defaultChannelRoleSid } = await service.fetch();
    const channelRole = await service.roles.create({ friendlyName: 'c', type: 'channel', permission: ['sendMessage'] });
    const serviceRole = await service.roles.create({ friendlyName: 's', type: 'deployment', permission: ['joinChannel'] });
    await service.users.create({ identity: 'ann', roleSid: serviceRole.sid });
    const { sid: channelSid } = await service.channels.create();
    const { sid: memberSid } = await service.channels(channelSid).members.create({ identity: 'ann', roleSid: channelRole.sid });
    await service.roles(channelRole.sid).remove();
    await service.roles(serviceRole.sid).remove();
    check(await service.users('ann').fetch(), { roleSid: defaultServiceRoleSid });
    check(await service.channels(channelSid).members(memberSid).fetch(), { roleSid: defaultChannelRoleSid });
  });

  test('roles: list', async () => {
    const { service } = await makeService();
    const born = await service.roles.list();
    const made = await inOrder(61, (i) => service.roles.create({ friendlyName: `r${i}`, type: 'channel', permission: ['sendMessage'] }));
    await walks(service.roles, [...born, ...made].map((role) => role.sid));
  });
}
