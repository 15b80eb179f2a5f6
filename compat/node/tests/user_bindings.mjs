import { gone, refused, same, unknown } from '../lib/expect.mjs';

export default function ({ test, makeService }) {
  test('user bindings: list of none', async () => {
    const { service } = await makeService();
    const { sid: userSid } = await service.users.create({ identity: 'ann' });
    for (const who of ['ann', userSid]) {
      same('list()', await service.users(who).userBindings.list(), []);
      same('filtered', await service.users(who).userBindings.list({ bindingType: ['apn'], limit: 60 }), []);
    }
  });

  test('user bindings: unknown SID', async () => {
    const { service } = await makeService();
    await service.users.create({ identity: 'ann' });
    await gone(service.users('ann').userBindings(unknown('BS')));
  });

  test('user bindings: unknown user', async () => {
    const { service } = await makeService();
    await refused(service.users('nobody').userBindings.list(), 404, 20404);
    await refused(service.users('nobody').userBindings(unknown('BS')).fetch(), 404, 20404);
  });

  test('user bindings: a binding type that is none', async () => {
    const { service } = await makeService();
    await service.users.create({ identity: 'ann' });
    await refused(service.users('ann').userBindings.list({ bindingType: ['pigeon'] }), 400, 50209);
  });
}
