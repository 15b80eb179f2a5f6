"""The checks every list of the API must stand, written once."""

from .case import equal, true

META = {"page", "page_size", "first_page_url", "previous_page_url", "url", "next_page_url", "key"}


def check_list(resource, rows, key=lambda row: row.sid, page_maximum=100, exact=True, **filters):
    """`resource` is a list resource that holds `rows` (keys in order of creation).

    limit 3, limit 60, no limit, page size, page walking forth and back, next_page_url
    by hand, an over-large page size. `exact=False`: others may have made rows as well.
    """
    def mine(found):
        keys = [key(row) for row in found]
        equal(len(set(keys)), len(keys), "number of distinct rows")
        return [one for one in keys if exact or one in rows]

    everything = resource.list(**filters)
    equal(mine(everything), rows, "rows without a limit")
    equal(len(resource.list(limit=3, **filters)), min(3, len(everything)), "rows with limit 3")
    if exact:
        equal(mine(resource.list(limit=3, **filters)), rows[:3], "rows with limit 3")
        equal(mine(resource.list(limit=60, **filters)), rows[:60], "rows with limit 60")
    equal(len(resource.list(limit=60, **filters)), min(60, len(everything)), "rows with limit 60")
    equal(mine(resource.list(page_size=2, **filters)), rows, "rows in pages of 2")
    equal(len(list(resource.stream(limit=5, page_size=2, **filters))), min(5, len(everything)), "rows of a stream")
    walk(resource, [key(row) for row in everything], key, **filters)

    largest = resource.page(page_size=1000, **filters)
    equal(len(list(largest)), min(page_maximum, len(everything)), "rows of a page of 1000")


def walk(resource, keys, key, **filters):
    size = min(40, max(2, len(keys) // 3))
    page = resource.page(page_size=size, **filters)
    equal(set(page._payload), {"meta", page._payload["meta"]["key"]}, "members of the envelope")
    equal(set(page._payload["meta"]), META, "members of meta")
    equal(page._payload["meta"]["page_size"], size, "meta.page_size")
    equal(page.previous_page_url, None, "previous_page_url of the first page")

    forth, pages = [], 0
    while page is not None:
        equal(page._payload["meta"]["page"], pages, "meta.page")
        rows = [key(row) for row in page]
        true(len(rows) <= size, f"a page holds {len(rows)} rows, {size} were asked for")
        forth += rows
        pages += 1
        previous, following = page, page.next_page()
        if following is not None:
            by_hand = [key(row) for row in resource.get_page(page.next_page_url)]
            equal(by_hand, keys[pages * size:(pages + 1) * size], "rows of get_page")
        page = following
    equal(forth, keys, "rows of all pages")
    equal(pages, max(1, -(-len(keys) // size)), "number of pages")
    if pages > 1:
        true(previous.previous_page_url, "the last page has no previous_page_url")
        back = [key(row) for row in previous.previous_page()]
        equal(back, keys[(pages - 2) * size:(pages - 1) * size], "rows of the page before the last")
