import type { Clock } from '../../server/serving/batcher.ts';

export interface SimulatedClock extends Clock {
  /** Lets everything happen that is due within so many microseconds, in order. */
  pass(us: number): Promise<void>;
  /** Goes to what is due next; false when nothing is. */
  next(): Promise<boolean>;
}

interface Due {
  atUs: number;
  order: number;
  act: () => void;
}

export function simulatedClock(): SimulatedClock {
  const due: Due[] = [];
  let nowUs = 0;
  let order = 0;

  function earliest(): Due | undefined {
    return due.reduce<Due | undefined>((first, each) => (first === undefined || each.atUs < first.atUs || (each.atUs === first.atUs && each.order < first.order) ? each : first), undefined);
  }

  async function happen(event: Due): Promise<void> {
    due.splice(due.indexOf(event), 1);
    nowUs = Math.max(nowUs, event.atUs);
    event.act();
    await settled();
  }

  return {
    nowUs: () => nowUs,
    after(us, act) {
      const event = { atUs: nowUs + us, order: order++, act };
      due.push(event);
      return () => {
        const index = due.indexOf(event);
        if (index !== -1) due.splice(index, 1);
      };
    },
    async pass(us) {
      const untilUs = nowUs + us;
      await settled();
      for (let event = earliest(); event !== undefined && event.atUs <= untilUs; event = earliest()) await happen(event);
      nowUs = untilUs;
    },
    async next() {
      const event = earliest();
      if (event === undefined) return false;
      await happen(event);
      return true;
    },
  };
}

/** When all that follows from what has happened has happened. */
function settled(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve));
}
