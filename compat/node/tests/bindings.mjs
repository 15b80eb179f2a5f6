// Bindings are made by devices; over REST there is nothing to see until one has registered.
import { gone, refused, same, unknown } from '../lib/expect.mjs';

export default function ({ test, makeService }) {
  test('bindings: list of none', async () => {
    const { service } = await makeService();
    same('list()', await service.bindings.list(), []);
    same('list({ limit: 60 })', await service.bindings.list({ limit: 60 }), []);
    same('filtered', await service.bindings.list({ bindingType: ['apn', 'fcm', 'gcm'], identity: ['ann', 'b c'] }), []);
    const page = await service.bindings.page({ pageSize: 3 });
    same('next page', page.nextPageUrl, undefined);
    same('previous page', page.previousPageUrl, undefined);
  });

  test('bindings: unknown SID', async () => {
    const { service } = await makeService();
    await gone(service.bindings(unknown('BS')));
  });

  test('bindings: a binding type that is none', async () => {
    const { service } = await makeService();
    await refused(service.bindings.list({ bindingType: ['pigeon'] }), 400, 50209);
  });
}
