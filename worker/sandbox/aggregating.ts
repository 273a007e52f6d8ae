/** Makes a program of a map and a built-in aggregate: what is emitted is lifted at once, so that runs hold states alone. */
import { readAggregate } from "../../protocol/aggregate";
import { builtIn } from "./aggregates";
import { combineEach } from "./combine-runs";
import type { Program } from "./program";

/** @param aggregate What the program exports. @throws {TypeError} If there is no such aggregate. */
export function aggregating(
  aggregate: unknown,
  map: Program["map"],
): Pick<Program, "map" | "combine" | "reduce"> {
  const { lift, merge, lower } = builtIn(readAggregate(aggregate));
  const combine = (_key: unknown, states: unknown[]) => merge(states);
  return {
    map: (records, context, taskId) =>
      map(records, { ...context, emit: (key, value) => context.emit(key, lift(value)) }, taskId),
    combine,
    reduce: (runs, context) => combineEach(combine, runs, (key, state) => context.emit(key, lower(state))),
  };
}
