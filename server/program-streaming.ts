/**
 * The -D properties of a Hadoop Streaming job that change its result: those that are heeded, and those that
 * cannot be. All others are what scripts find in their environment, and change nothing by themselves.
 */
import { LIMITS } from "../protocol/limits";
import { GridError } from "../protocol/problems";

const WHOLE_NUMBERS: Readonly<Record<string, readonly [min: number, max: number]>> = {
  "mapreduce.job.reduces": [0, LIMITS.reducers],
  "mapred.reduce.tasks": [0, LIMITS.reducers],
  "stream.num.map.output.key.fields": [1, 1_000],
  "stream.num.reduce.output.key.fields": [1, 1_000],
  "num.key.fields.for.partition": [1, 1_000],
};

/** These would give another result than Hadoop's if they were passed over. */
const NOT_HEEDED = [
  ...["mapreduce.partition.keycomparator.options", "mapred.text.key.comparator.options"],
  ...["mapreduce.job.output.key.comparator.class", "mapred.output.key.comparator.class"],
  ...[
    "stream.map.input",
    "stream.map.output",
    "stream.reduce.input",
    "stream.reduce.output",
    "stream.io.identifier.resolver.class",
  ],
];

/**
 * @returns How many reduce tasks the properties ask for; null when they do not say.
 * @throws {GridError} `program-invalid`.
 */
export function checkProperties(properties: Readonly<Record<string, string>>): number | null {
  for (const [name, value] of Object.entries(properties)) {
    const range = WHOLE_NUMBERS[name];
    if (range && !isWholeNumber(value, range)) {
      throw invalid(
        name,
        `must be a whole number from ${range[0]} to ${range[1]}; got ${JSON.stringify(value)}`,
      );
    }
    if (NOT_HEEDED.includes(name)) {
      throw invalid(name, "is not supported: keys are sorted as text, and records are lines");
    }
    if (name === "mapreduce.partition.keypartitioner.options" && !/^-k\s*1,[1-9]\d{0,2}$/.test(value)) {
      throw invalid(name, `must be -k1,n, the first n fields of the key; got ${JSON.stringify(value)}`);
    }
  }
  const reducers = properties["mapreduce.job.reduces"] ?? properties["mapred.reduce.tasks"];
  return reducers === undefined ? null : Number(reducers);
}

function isWholeNumber(value: string, [min, max]: readonly [number, number]): boolean {
  return /^\d+$/.test(value) && Number(value) >= min && Number(value) <= max;
}

const invalid = (name: string, rule: string) =>
  new GridError("program-invalid", `program.properties: ${name} ${rule}`);
