import asyncio

from twilio.base.exceptions import TwilioRestException
from twilio.rest import Client

from harness.case import SERVER, equal, fields, test
from harness.repoint import async_http_client


def with_client(coroutine):
    async def main():
        http_client = async_http_client(SERVER["url"].rstrip("/"))
        async with http_client:
            client = Client(SERVER["account_sid"], SERVER["auth_token"], http_client=http_client)
            service = await client.chat.v2.services.create_async("Asynchronous")
            try:
                await coroutine(client.chat.v2.services(service.sid))
            finally:
                await client.chat.v2.services(service.sid).delete_async()

    asyncio.run(main())


@test("async: create, fetch, list, update, delete", since=(9,))
def everything(_):
    async def use(context):
        channel = await context.channels.create_async(unique_name="general", attributes='{"a":1}')
        fields(await context.channels("general").fetch_async(), sid=channel.sid, attributes='{"a":1}')
        await channel.members.create_async("jane doe")
        fields(await context.users("jane doe").fetch_async(), joined_channels_count=1)
        for number in range(7):
            await channel.messages.create_async(body=f"message {number}", from_="jane doe")
        found = await channel.messages.list_async(page_size=3, order="desc")
        equal([one.index for one in found], [6, 5, 4, 3, 2, 1, 0], "indexes")
        equal(len(await channel.messages.list_async(limit=2)), 2, "rows with limit 2")
        changed = await found[0].update_async(body="edited")
        fields(changed, body="edited", was_edited=True)
        equal(await changed.delete_async(), True, "delete")
        equal((await context.channels("general").fetch_async()).messages_count, 6, "messages_count")

    with_client(use)


@test("async: errors and parallel requests", since=(9,))
def parallel(_):
    async def create(context):
        try:
            return (await context.channels.create_async(unique_name="one")).sid
        except TwilioRestException as error:
            return error.status, error.code

    async def use(context):
        outcomes = await asyncio.gather(*(create(context) for _ in range(10)))
        equal(outcomes.count((409, 50307)), 9, "conflicts")
        equal(len(await context.channels.list_async()), 1, "number of channels")

    with_client(use)
