/**
 * The weights under which everything in one measurement is computed: the data's own, or how often a resample drew each unit.
 * Metrics ask for what they need of them when they are planned; a resample then costs one `weigh`, however many they are.
 */
export interface UnitWeights {
  /** Takes the weights from now on, one per unit. They are not copied, and must stay as they are until the next call. */
  weigh: (all: Float64Array) => void;
  /** Weights of some units, in their order. All 1 before the first `weigh`. */
  of: (units: Uint32Array) => () => Float64Array;
  /** What is computed from the weights, once for each `weigh` and only if it is asked for. */
  derive: <T>(compute: () => T) => () => T;
  /**
   * Sums by group, up to date after every `weigh`; counts of units before the first.
   *
   * @param groups group per entry, 0 … count − 1
   * @param units  unit of each entry, each at most once
   */
  sums: (groups: Uint8Array | Int32Array, units: Uint32Array, count: number) => Float64Array;
}

export function createUnitWeights(units: number): UnitWeights {
  let latest: Float64Array = new Float64Array(units).fill(1);
  let version = 0;
  const groupings: Grouping[] = [];
  let summing: ((all: Float64Array) => void) | null = null;
  const derive = <T>(compute: () => T): (() => T) => {
    let derived: { value: T; version: number } | null = null;
    return () => {
      if (derived?.version !== version) derived = { value: compute(), version };
      return derived.value;
    };
  };
  return {
    weigh: (all) => {
      if (all.length !== units) throw new RangeError(`${all.length} weights for ${units} units`);
      latest = all;
      version++;
      summing ??= jointSums(groupings, units);
      summing(all);
    },
    of: (some) => {
      if (some.length === units && some.every((unit, index) => unit === index)) return () => latest;
      const gathered = new Float64Array(some.length);
      return derive(() => {
        for (let index = 0; index < some.length; index++) gathered[index] = latest[some[index]];
        return gathered;
      });
    },
    derive,
    sums: (groups, of, count) => {
      const sums = new Float64Array(count);
      for (const group of groups) sums[group]++;
      groupings.push({ groups, units: of, sums });
      summing = null;
      return sums;
    },
  };
}

interface Grouping {
  groups: Uint8Array | Int32Array;
  units: Uint32Array;
  sums: Float64Array;
}

/**
 * Fills the sums of all groupings at once. Units that every grouping treats alike form a cell; the units are added up by
 * cell, and the far fewer cells by the groups of each grouping.
 */
function jointSums(groupings: readonly Grouping[], units: number): (all: Float64Array) => void {
  const { cellOf, cells } = jointCells(groupings, units);
  const byCell = layOut(cellOf, cells);
  const cellSums = new Float64Array(cells);
  const byGroup = groupings.map(({ groups, units, sums }) => {
    const groupOf = new Int32Array(cells).fill(-1);
    for (let index = 0; index < units.length; index++) groupOf[cellOf[units[index]]] = groups[index];
    return { ...layOut(groupOf, sums.length), sums };
  });
  return (all) => {
    addUp(all, byCell, cellSums);
    for (const grouping of byGroup) addUp(cellSums, grouping, grouping.sums);
  };
}

/** Splits the units, all in one cell at first, by one grouping after another. */
function jointCells(groupings: readonly Grouping[], units: number): { cellOf: Int32Array; cells: number } {
  const cellOf = new Int32Array(units);
  const splitBy = new Int32Array(units).fill(-1);
  let cells = 1;
  groupings.forEach(({ groups, units, sums }, grouping) => {
    const parts = new Map<number, number>();
    for (let index = 0; index < units.length; index++) {
      const unit = units[index];
      if (splitBy[unit] === grouping) throw new RangeError(`unit ${unit} is twice in one grouping`);
      splitBy[unit] = grouping;
      const part = cellOf[unit] * sums.length + groups[index];
      const cell = parts.get(part) ?? cells++;
      parts.set(part, cell);
      cellOf[unit] = cell;
    }
  });
  return { cellOf, cells };
}

interface Layout {
  /** Members of group 0, then of group 1, …; in each ascending. */
  members: Uint32Array;
  /** Where each group ends in `members`. */
  ends: Uint32Array;
}

/** @param groupOf group per member, −1 for none */
function layOut(groupOf: Int32Array, groups: number): Layout {
  const ends = new Uint32Array(groups);
  for (const group of groupOf) if (group >= 0) ends[group]++;
  for (let group = 1; group < groups; group++) ends[group] += ends[group - 1];
  const next = Uint32Array.from(ends, (_, group) => (group === 0 ? 0 : ends[group - 1]));
  const members = new Uint32Array(groups === 0 ? 0 : ends[groups - 1]);
  groupOf.forEach((group, member) => {
    if (group >= 0) members[next[group]++] = member;
  });
  return { members, ends };
}

/** Group by group, so that each sum stays in a register: several times faster than scattering. */
function addUp(values: Float64Array, { members, ends }: Layout, sums: Float64Array): void {
  let position = 0;
  for (let group = 0; group < ends.length; group++) {
    let sum = 0;
    for (; position < ends[group]; position++) sum += values[members[position]];
    sums[group] = sum;
  }
}
