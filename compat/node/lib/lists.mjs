// What every list of every SDK must do, over rows that are already there.
import { same } from './expect.mjs';

/** Pairs of limit and page size for list(); without a page size the SDKs ask for pages of the limit. */
const LIMITS = [[3], [60], [60, 20], [5, 2]];

const idOf = (row) => row.sid ?? row.channelSid;

/**
 * `ids`: the rows in the order of creation (user channels, which have no SID: by channel SID).
 * `params`: the filters to list with. `among`: ignore rows of other origin, for lists that others write to as well.
 */
export async function walks(list, ids, { params = {}, among = false, limits = LIMITS } = {}) {
  const mine = (rows) => rows.map(idOf).filter((id) => !among || ids.includes(id));

  same('list()', mine(await list.list({ ...params })), ids);
  same('each()', mine(await each(list, { ...params, pageSize: 20 })), ids);
  same('getPage(nextPageUrl)', mine(await pages(list, { ...params, pageSize: 7 })), ids);
  for (const [limit, pageSize] of limits) {
    const rows = await list.list({ ...params, limit, ...(pageSize && { pageSize }) });
    const what = `list({ limit: ${limit}${pageSize ? `, pageSize: ${pageSize}` : ''} })`;
    if (among) same(`${what} rows`, rows.length <= limit, true);
    else same(what, mine(rows), ids.slice(0, limit));
  }
}

/** All rows through `page` and `getPage`, as a program with its own "next" button does it. */
export async function pages(list, params) {
  const rows = [];
  let page = await list.page(params);
  for (;;) {
    if (page.instances.length > params.pageSize) throw new Error(`a page of ${page.instances.length}, asked for ${params.pageSize}`);
    rows.push(...page.instances);
    if (!page.nextPageUrl) return rows;
    if (page.instances.length === 0) throw new Error('an empty page has a next page');
    page = await list.getPage(page.nextPageUrl);
  }
}

function each(list, params) {
  const rows = [];
  return new Promise((resolve, reject) => {
    const done = (error) => (error ? reject(error) : resolve(rows));
    list.each({ ...params, done }, (row) => rows.push(row));
  });
}

/** `count` results of `make(i)`, one after the other, so that the order of creation is known. */
export async function inOrder(count, make) {
  const made = [];
  for (let i = 0; i < count; i += 1) made.push(await make(i));
  return made;
}
