"""The server takes its public name from the Host header: both ways to re-point the SDK."""

from harness.case import BOTH_V2, equal, sids, surface_of, test, true

HOSTS = {"chat": "chat.twilio.com", "ip_messaging": "ip-messaging.twilio.com"}


@test("hosts: page URLs of the server's own name", on=BOTH_V2)
def own_name(t):
    context = t.service()
    made = sids([context.channels.create() for _ in range(5)])
    page = context.channels.page(page_size=2)
    true(page.next_page_url.startswith(t.origin + "/v2/Services/"), f"next_page_url is {page.next_page_url}")
    equal(sids(context.channels.list(page_size=2)), made, "channels")


@test("hosts: the vendor's name in the Host header", on=BOTH_V2)
def vendor_name(t):
    host = HOSTS[t.surface.split(".")[0]]
    api = surface_of(t.new_client(keep_host=True), t.surface)
    service = t.new_service()
    context = api.services(service.sid)
    made = sids([context.channels.create(unique_name=f"channel {number}") for number in range(7)])
    fetched = context.channels("channel 3").fetch()
    equal(fetched.url.split("://")[1], f"{host}/v2/Services/{service.sid}/Channels/{made[3]}", "url")
    equal(fetched.links["members"], f"{fetched.url}/Members", "links.members")
    page = context.channels.page(page_size=3)
    true(f"://{host}/v2/" in page.next_page_url, f"next_page_url is {page.next_page_url}")
    equal(sids(context.channels.list(page_size=3)), made, "channels")
    equal(sids(context.channels.get_page(page.next_page_url)), made[3:6], "second page")


@test("hosts: one object through both products and versions")
def same_object(t):
    service = t.new_service("Same")
    channel = t.api.services(service.sid).channels.create(unique_name="general")
    client = t.new_client(keep_host=True)
    for product, host in HOSTS.items():
        for version in ("v1", "v2"):
            api = surface_of(client, f"{product}.{version}")
            found = api.services(service.sid).channels("general").fetch()
            equal(found.sid, channel.sid, "sid")
            equal(found.url.split("://")[1], f"{host}/{version}/Services/{service.sid}/Channels/{channel.sid}", "url")
