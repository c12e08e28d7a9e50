interface Entry<Event> {
  readonly at: number;
  readonly order: number;
  readonly event: Event;
}

/** Events in order of time, ties in order of scheduling. */
export function eventQueue<Event>() {
  const heap: Entry<Event>[] = [];
  let scheduled = 0;
  const before = (a: Entry<Event>, b: Entry<Event>) =>
    a.at < b.at || (a.at === b.at && a.order < b.order);
  const swapIfBefore = (child: number, parent: number): boolean => {
    const [a, b] = [heap[child], heap[parent]];
    if (a === undefined || b === undefined || !before(a, b)) return false;
    heap[child] = b;
    heap[parent] = a;
    return true;
  };
  return {
    add(at: number, event: Event) {
      heap.push({ at, order: scheduled++, event });
      let here = heap.length - 1;
      while (here > 0 && swapIfBefore(here, (here - 1) >> 1)) here = (here - 1) >> 1;
    },
    take(): { readonly at: number; readonly event: Event } | undefined {
      const [first] = heap;
      const last = heap.pop();
      if (first === undefined || last === undefined || heap.length === 0) return first;
      heap[0] = last;
      for (let here = 0; ; ) {
        const left = 2 * here + 1;
        const [a, b] = [heap[left], heap[left + 1]];
        if (a === undefined) return first;
        const child = b !== undefined && before(b, a) ? left + 1 : left;
        if (!swapIfBefore(child, here)) return first;
        here = child;
      }
    },
  };
}
