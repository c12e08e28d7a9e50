/** A place in a {@link Line}; whoever has one gives it back. */
interface Place {
  leave(): void;
}

/** At most so many at a time; the others wait their turn. */
export interface Line {
  /** Undefined when no place became free in time. */
  enter(): Promise<Place | undefined>;
}

/** First come, first served. `waitMilliseconds` bounds the wait of each. */
export function createLine(limits: {
  readonly places: number;
  readonly waitMilliseconds: number;
}): Line {
  let free = limits.places;
  const waiting = new Set<() => void>();

  const place: Place = {
    leave() {
      const [next] = waiting;
      if (next === undefined) free += 1;
      else next();
    },
  };

  return {
    async enter() {
      if (free > 0) {
        free -= 1;
        return place;
      }
      return new Promise((resolve) => {
        const called = () => {
          clearTimeout(timer);
          waiting.delete(called);
          resolve(place);
        };
        const timer = setTimeout(() => {
          waiting.delete(called);
          resolve(undefined);
        }, limits.waitMilliseconds);
        waiting.add(called);
      });
    },
  };
}
