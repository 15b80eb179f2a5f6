/** Maps with at most `width` calls under way, as a worker of a real application would. */
export async function parallel(items, work, width = 16) {
  const results = new Array(items.length);
  let next = 0;
  const worker = async () => {
    while (next < items.length) {
      const i = next;
      next += 1;
      results[i] = await work(items[i], i);
    }
  };
  await Promise.all(Array.from({ length: Math.min(width, items.length) }, worker));
  return results;
}

/** Starts `times` calls at once and tells apart what became of them. */
export async function race(times, call) {
  const settled = await Promise.allSettled(Array.from({ length: times }, (_, i) => call(i)));
  return {
    won: settled.filter((s) => s.status === 'fulfilled').map((s) => s.value),
    lost: settled.filter((s) => s.status === 'rejected').map((s) => s.reason),
  };
}

export const range = (count) => Array.from({ length: count }, (_, i) => i);
