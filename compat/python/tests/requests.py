"""What every resource has in common: dates, booleans, unknown parameters, odd requests."""

import json
from datetime import datetime, timedelta

from harness.case import equal, not_found, page_refused, refused, test, utc


@test("dates: what a client may send")
def dates_in(t):
    create = t.service().channels.create
    for text in ("2015-12-16T22:18:37Z", "2015-12-16T22:18:37.000Z", "2015-12-16T22:18:37.123456789Z",
                 "2015-12-17T00:18:37+02:00", "2015-12-17T00:18:37+0200", "2015-12-16T22:18:37"):
        equal(create(date_created=text).date_created, utc(2015, 12, 16, 22, 18, 37), f"date made of {text}")
    equal(create(date_created=datetime(2015, 12, 16, 22, 18, 37)).date_created, utc(2015, 12, 16, 22, 18, 37),
          "date without a zone")


@test("dates: what the SDK returns are datetimes with a zone")
def dates_out(t):
    context = t.service()
    channel = context.channels.create()
    member = channel.members.create("jane", last_consumption_timestamp=utc(2020, 1, 1, 0, 0, 0))
    for value in (channel.date_created, channel.date_updated, member.date_created, member.last_consumption_timestamp,
                  context.fetch().date_created, context.roles.list()[0].date_updated):
        equal(type(value), datetime, "type of a date")
        equal(value.utcoffset(), timedelta(0), "offset of a date")


@test("requests: unknown parameters are ignored")
def unknown_parameter(t):
    service = t.new_service()
    response = t.client.request("POST", f"https://chat.twilio.com/v2/Services/{service.sid}/Channels",
                                data={"FriendlyName": "x", "Colour": "red"})
    equal(response.status_code, 201, "status")
    equal(json.loads(response.text)["friendly_name"], "x", "friendly_name")


@test("requests: wrong page sizes and tokens")
def wrong_pages(t):
    context = t.service()
    channel = context.channels.create()
    for size in (-1, "many"):
        page_refused(400, 20001, context.channels.page, page_size=size)
    page_refused(400, 19038, channel.messages.page, page_token="PT-1")
    page_refused(400, 20001, channel.messages.list, order="sideways")
    page_refused(400, 20001, context.channels.list, type=["secret"])
    page_refused(404, 20404, context.channels("nope").members.list)


@test("requests: unknown routes and methods")
def routes(t):
    def status_and_code(method, path):
        response = t.client.request(method, f"https://chat.twilio.com{path}")
        return response.status_code, json.loads(response.text)["code"]

    service = t.new_service()
    for path in ("/v2/Nothing", "/v9/Services", "/v2/services", f"/v2/Services/{service.sid}/",
                 f"/v2//Services/{service.sid}", f"/v2/Services/{service.sid}/Channels/x/Nothing"):
        equal(status_and_code("GET", path), (404, 20404), f"answer to {path}")
    equal(status_and_code("DELETE", "/v2/Services"), (405, 20004), "answer to DELETE /v2/Services")
    equal(status_and_code("POST", f"/v2/Services/{service.sid}/Bindings"), (405, 20004), "answer to POST Bindings")


@test("requests: the .json ending")
def json_ending(t):
    service = t.new_service()
    response = t.client.request("GET", f"https://chat.twilio.com/v2/Services/{service.sid}.json")
    equal(response.status_code, 200, "status")
    equal(json.loads(response.text)["url"], service.url, "url")


@test("requests: shape of an error")
def error_shape(t):
    service = t.new_service()
    response = t.client.request("GET", f"https://chat.twilio.com/v2/Services/{service.sid}/Channels/nope")
    equal(json.loads(response.text), {
        "code": 20404,
        "message": f"The requested resource /Services/{service.sid}/Channels/nope was not found",
        "more_info": "https://www.twilio.com/docs/errors/20404",
        "status": 404,
    }, "body")
    error = not_found(t.api.services(service.sid).channels("nope").fetch)
    equal(error.uri, f"/Services/{service.sid}/Channels/nope", "uri of the exception")


@test("requests: booleans in any letter case")
def booleans(t):
    context = t.service()
    for text, value in (("TRUE", True), ("False", False), ("1", True), ("0", False), (True, True), (False, False)):
        equal(context.update(reachability_enabled=text).reachability_enabled, value, f"boolean made of {text}")
    refused(400, 20001, context.update, reachability_enabled="yes")
