"""The back end of the start-up, as its developers wrote it with the SDK.

Every function takes the service it works in (`api.services(sid)`); nothing here
knows of partyline.
"""

import json
import uuid

from twilio.base.exceptions import TwilioRestException

CHANNEL_NAME_TAKEN = 50307
ALREADY_MEMBER = 50404


def new_identity():
    return str(uuid.uuid4())


def find_or_create(service, unique_name, friendly_name):
    """The channel of that name: fetched, or made, or (when another was quicker) fetched."""
    try:
        return service.channels(unique_name).fetch()
    except TwilioRestException as error:
        if error.status != 404:
            raise
    try:
        return service.channels.create(unique_name=unique_name, friendly_name=friendly_name, type="public")
    except TwilioRestException as error:
        if (error.status, error.code) != (409, CHANNEL_NAME_TAKEN):
            raise
        return service.channels(unique_name).fetch()


def merge_attributes(service, channel_sid, **new):
    """Fetch, merge, update: attributes are replaced as a whole."""
    attributes = json.loads(service.channels(channel_sid).fetch().attributes)
    attributes.update(new)
    return service.channels(channel_sid).update(attributes=json.dumps(attributes))


def add_member(service, channel_sid, identity, role_sid=None):
    """True if the member is new; adding a member again is harmless."""
    role = {} if role_sid is None else {"role_sid": role_sid}
    try:
        service.channels(channel_sid).members.create(identity, **role)
        return True
    except TwilioRestException as error:
        if (error.status, error.code) != (409, ALREADY_MEMBER):
            raise
        return False


def role_named(service, friendly_name):
    return next(role.sid for role in service.roles.list() if role.friendly_name == friendly_name)


def talk_to_user(service, one, other):
    """User to user: `one` and `other` are (identity, name). Answers the SID of the channel."""
    unique_name = ":".join(sorted((one[0], other[0])))
    names = " & ".join(sorted((one[1], other[1])))
    channel = find_or_create(service, unique_name, names)
    merge_attributes(service, channel.sid, topic=names)
    add_member(service, channel.sid, one[0])
    add_member(service, channel.sid, other[0])
    return channel.sid


def talk_to_dashboard(service, user, user_name, dashboard):
    """User to dashboard, and dashboard to user. Answers the channel as it then is."""
    channel = find_or_create(service, user, user_name)
    merge_attributes(service, channel.sid, topic=user_name)
    merge_attributes(service, channel.sid, dashboard_uuid=dashboard)
    add_member(service, channel.sid, user)
    add_member(service, channel.sid, dashboard, role_named(service, "channel admin"))
    return service.channels(channel.sid).fetch()


def send_campaign(service, user, text, dashboard):
    """One user's part of a campaign: the user is added, the dashboard only once the user answers."""
    channel = find_or_create(service, user, "Campaign")
    add_member(service, channel.sid, user)
    service.channels(channel.sid).messages.create(body=text, from_=dashboard)
    return channel.sid


def close(service, channel_sid, dashboard):
    service.channels(channel_sid).members(dashboard).delete()
