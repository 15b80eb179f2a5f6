// The start-up's own chat module, as its back end has it. Nothing in here knows what server it talks to.

/** The channel of two users has one name, whoever asks. */
export const pairName = (a, b) => [a.uuid, b.uuid].sort().join(':');

async function fetchOrNothing(resource) {
  try {
    return await resource.fetch();
  } catch (error) {
    if (error.status === 404) return undefined;
    throw error;
  }
}

/** Fetch, and create if there is none; whoever comes second gets a conflict and fetches. */
export async function findOrCreate(service, parameters) {
  const name = encodeURIComponent(parameters.uniqueName);
  const found = await fetchOrNothing(service.channels(name));
  if (found) return { channel: found, created: false };
  try {
    return { channel: await service.channels.create(parameters), created: true };
  } catch (error) {
    if (error.status !== 409 || error.code !== 50307) throw error;
    return { channel: await service.channels(name).fetch(), created: false };
  }
}

/** Adding a member twice is harmless. */
export async function addMember(service, channelSid, identity, roleSid) {
  try {
    return await service.channels(channelSid).members.create({ identity, ...(roleSid && { roleSid }) });
  } catch (error) {
    if (error.code !== 50404) throw error;
    return undefined;
  }
}

/** Attributes are replaced as a whole, so merging is up to us. */
export async function mergeAttributes(service, channelSid, more) {
  const { attributes } = await service.channels(channelSid).fetch();
  return service.channels(channelSid).update({ attributes: JSON.stringify({ ...JSON.parse(attributes), ...more }) });
}

export async function roleByName(service, friendlyName) {
  const role = (await service.roles.list()).find((one) => one.friendlyName === friendlyName);
  if (!role) throw new Error(`no role is called ${friendlyName}`);
  return role.sid;
}

/** User to user, on the phone. */
export async function userToUser(service, me, other) {
  const friendlyName = `${me.name} ${other.name}`;
  const { channel, created } = await findOrCreate(service, { uniqueName: pairName(me, other), friendlyName, type: 'public' });
  await mergeAttributes(service, channel.sid, { topic: friendlyName });
  await addMember(service, channel.sid, me.uuid);
  await addMember(service, channel.sid, other.uuid);
  return { sid: channel.sid, created };
}

/** User to dashboard and dashboard to user: the same steps in the dashboard's service. */
export async function userToDashboard(service, user, dashboard) {
  const { channel } = await findOrCreate(service, { uniqueName: user.uuid, friendlyName: user.name });
  await mergeAttributes(service, channel.sid, { topic: user.name });
  await mergeAttributes(service, channel.sid, { dashboard_uuid: dashboard.uuid });
  await addMember(service, channel.sid, user.uuid);
  await addMember(service, channel.sid, dashboard.uuid, await roleByName(service, 'channel admin'));
  return service.channels(channel.sid).fetch();
}

/** One of the campaign's channels: the user is in it, the dashboard is not. */
export async function campaignTo(service, user, body, from) {
  const { channel } = await findOrCreate(service, { uniqueName: user.uuid, friendlyName: user.name });
  await addMember(service, channel.sid, user.uuid);
  await service.channels(channel.sid).messages.create({ from, body });
  return channel.sid;
}
