/** How steps refer to results: finds them, checks them, and puts what they stand for in their place. */
import type { Json } from "../../protocol/json";
import { Reference, type Step, type StepInput } from "../../protocol/pipeline";
import { describeIssues } from "../../protocol/problems";
import type { PlannedStep } from "./advance-pipeline";

/** A fault of a submission: where, and what. */
export interface Fault {
  readonly path: string;
  readonly message: string;
}

/** @returns The plan, or the first fault. */
export function planPipeline(steps: readonly Step[]): PlannedStep[] | Fault {
  const names = new Map<string, number>();
  for (const [at, { name }] of steps.entries()) {
    const earlier = names.get(name);
    if (earlier !== undefined)
      return fault(at, "name", `must not be that of steps.${earlier}; got "${name}"`);
    names.set(name, at);
  }
  const plan: PlannedStep[] = [];
  for (const [at, step] of steps.entries()) {
    const used = usesOf(step);
    if (!Array.isArray(used)) return fault(at, used.path, used.message);
    for (const { path, step: name, hasFirst } of used) {
      if (!names.has(name)) {
        const known = [...names.keys()].join(", ");
        return fault(at, path, `must be the name of a step: ${known}; got "${name}"`);
      }
      const isOwn = name === step.name;
      if (isOwn && !step.repeat) return fault(at, path, "names the step itself, which does not repeat");
      if (isOwn && !hasFirst) return fault(at, path, "names the step itself, and must have `first`");
      if (!isOwn && hasFirst)
        return fault(at, path, "has `first`, which only the step's own result may have");
    }
    const after = [...new Set(used.map(({ step: name }) => name))].filter((name) => name !== step.name);
    plan.push({ name: step.name, after, repeat: step.repeat, keep: step.keep });
  }
  const circle = circleIn(plan);
  if (circle) return { path: "steps", message: `must not wait for each other: ${circle.join(" → ")}` };
  return plan;
}

const fault = (at: number, path: string, message: string): Fault => ({
  path: `steps.${at}.${path}`,
  message,
});

interface Use {
  readonly path: string;
  readonly step: string;
  readonly hasFirst: boolean;
}

/** Where a step names results, in its input and config. */
function usesOf({ input, config }: Step): Use[] | Fault {
  const uses: Use[] = [];
  if ("step" in input) {
    uses.push({ path: "input.step", step: input.step, hasFirst: input.first !== undefined });
    if (input.first && "step" in input.first)
      uses.push({ path: "input.first.step", step: input.first.step, hasFirst: false });
  }
  return collect(config, "config", uses) ?? uses;
}

/** @returns The first fault; null when there is none. */
function collect(value: Json, path: string, uses: Use[]): Fault | null {
  const inner = referenceIn(value);
  if (inner !== undefined) {
    const parsed = Reference.safeParse(inner);
    const place = `${path}.$result`;
    if (!parsed.success) return { path: place, message: describeIssues(parsed.error, inner) };
    const { step, first } = parsed.data;
    uses.push({ path: `${place}.step`, step, hasFirst: first !== undefined });
    return first === undefined ? null : collect(first, `${place}.first`, uses);
  }
  if (typeof value !== "object" || value === null) return null;
  for (const [name, member] of Object.entries(value)) {
    const found = collect(member, `${path}.${name}`, uses);
    if (found) return found;
  }
  return null;
}

/** What stands behind `$result`, not checked; undefined when the value is no reference. */
function referenceIn(value: Json): Json | undefined {
  if (typeof value !== "object" || value === null || Array.isArray(value)) return undefined;
  return Object.keys(value).length === 1 ? value.$result : undefined;
}

function circleIn(plan: readonly PlannedStep[]): string[] | null {
  const byName = new Map(plan.map((step) => [step.name, step]));
  const isFree = new Set<string>();
  function walk(name: string, way: readonly string[]): string[] | null {
    if (way.includes(name)) return [...way.slice(way.indexOf(name)), name];
    if (isFree.has(name)) return null;
    for (const before of byName.get(name)?.after ?? []) {
      const found = walk(before, [...way, name]);
      if (found) return found;
    }
    isFree.add(name);
    return null;
  }
  for (const { name } of plan) {
    const found = walk(name, []);
    if (found) return found;
  }
  return null;
}

/** What a step reads in an iteration: the result of a step, or an input of its own. */
export function inputIn(step: Step, iteration: number): StepInput {
  const { input } = step;
  return "step" in input && input.first && iteration === 1 ? input.first : input;
}

/** What a step's config names in an iteration, in its order. */
export function referencesIn(step: Pick<Step, "name" | "config">, iteration: number): Reference[] {
  const found: Reference[] = [];
  replace(step, iteration, (reference) => {
    found.push(reference);
    return null;
  });
  return found;
}

/** The config of an iteration. @param values What `referencesIn` names, in that order. */
export function configWith(
  step: Pick<Step, "name" | "config">,
  iteration: number,
  values: readonly Json[],
): Json {
  const left = values.values();
  return replace(step, iteration, () => left.next().value ?? null);
}

function replace(
  { name, config }: Pick<Step, "name" | "config">,
  iteration: number,
  valueOf: (reference: Reference) => Json,
): Json {
  return inside(config);

  function inside(value: Json): Json {
    const inner = referenceIn(value);
    if (inner !== undefined) {
      const reference = Reference.parse(inner);
      if (reference.step !== name || iteration > 1) return valueOf(reference);
      return inside(reference.first ?? null);
    }
    if (Array.isArray(value)) return value.map(inside);
    if (typeof value !== "object" || value === null) return value;
    return Object.fromEntries(Object.entries(value).map(([own, member]) => [own, inside(member)]));
  }
}
