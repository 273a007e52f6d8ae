/**
 * Makes a submission of a job.xml: one that we wrote, one of Hadoop Streaming with its scripts, or one that a real Hadoop wrote and
 * that somebody has added the program to.
 */
import type { Json } from "../../protocol/json";
import { LIMITS } from "../../protocol/limits";
import { GridError } from "../../protocol/problems";
import { expanded } from "./expand";
import { DERIVED, NAMES, OWN, presentName, priorityName, priorityOf, submitterIn } from "./names";
import { readConfiguration, type Property } from "./read-configuration";

type Fields = Record<string, Json>;

/** @returns What `SubmitJob` is to parse. @throws {GridError} `malformed-xml`, `invalid-input`. */
export function submissionOf(xml: string): Fields {
  const properties = new Map(
    readConfiguration(xml).map((property) => [presentName(property.name), property]),
  );
  const raw = (name: string) => properties.get(name)?.value;
  const plain = (name: string) => {
    const value = raw(name);
    return value === undefined ? undefined : expanded(value, raw).trim();
  };
  const own = (name: string) => {
    const value = raw(`${OWN}${name}`);
    return value === undefined ? undefined : jsonIn(`${OWN}${name}`, value);
  };
  const name = own("name") ?? plain(NAMES.name);
  const submitter = own("submitter") ?? submitterIn(plain(NAMES.queue));
  const config = own("config");
  const program = programIn(properties, own, plain);
  return {
    ...(name !== undefined && { name }),
    ...(submitter !== undefined && { submitter }),
    program,
    input: own("input") ?? inputIn(plain(NAMES.input)),
    options: optionsIn(properties, own("options"), plain, isStreaming(program)),
    ...(config !== undefined && { config }),
  };
}

type Read<T> = (name: string) => T | undefined;

function programIn(properties: ReadonlyMap<string, Property>, own: Read<Json>, plain: Read<string>): Json {
  const program = own("program") ?? scriptsIn(plain);
  if (program === null) throw invalid(whyNoProgram(plain));
  if (!isFields(program) || !isStreaming(program)) return program;
  const known = isFields(program["properties"] ?? null) ? (program["properties"] as Fields) : {};
  return { ...program, properties: { ...known, ...environmentIn(properties, plain) } };
}

const isStreaming = (program: Json) => isFields(program) && program["runtime"] === "streaming";

const ROLES = ["mapper", "combiner", "reducer"] as const;

/** Scripts in Base64, each under its role. */
function scriptsIn(plain: Read<string>): Json | null {
  const scripts = ROLES.flatMap((role) => {
    const text = plain(`${OWN}${role}`);
    if (text === undefined) return [];
    const source = textIn(`${OWN}${role}`, text);
    return [[role, { language: plain(`${OWN}${role}.language`) ?? languageOf(source), source }] as const];
  });
  return scripts.length === 0 ? null : { runtime: "streaming", ...Object.fromEntries(scripts) };
}

const languageOf = (source: string) => (/^#!.*\bnode\b/.test(source) ? "js" : "python");

function whyNoProgram(plain: Read<string>): string {
  const script = plain("stream.map.streamprocessor");
  if (script !== undefined) {
    const command = JSON.stringify(
      decodeURIComponent(script.replaceAll("+", " ").replaceAll(/%(?![0-9a-f]{2})/gi, "%25")),
    );
    return `the mapper is ${command}, but scripts do not travel in a job.xml: add ${OWN}mapper (and ${OWN}reducer, ${OWN}combiner) with the script in Base64`;
  }
  const java =
    plain("mapreduce.job.map.class") ?? plain("mapreduce.map.class") ?? plain("mapred.mapper.class");
  const what =
    java === undefined
      ? "there is no program in it"
      : `the mapper is the Java class ${java}, which browsers cannot run`;
  return `${what}: add ${OWN}program, the program of a submission as JSON in Base64`;
}

/** What was set for this job: not what every Hadoop has by default, or a site for all of its jobs. */
function environmentIn(
  properties: ReadonlyMap<string, Property>,
  plain: Read<string>,
): Record<string, string> {
  const entries = [...properties.values()]
    .filter(
      ({ name, sources: [first] }) => !name.startsWith(OWN) && first !== DERIVED && !isForAll(name, first),
    )
    .map(({ name }) => [name, plain(presentName(name)) ?? ""] as const)
    .filter(([name, value]) => /^[\w.-]{1,200}$/.test(name) && value.length <= 1_000);
  return Object.fromEntries(entries);
}

const isForAll = (name: string, source: string | undefined) =>
  source !== undefined && /-(default|site)\.xml$/.test(source) && !name.startsWith("stream.");

function inputIn(directory: string | undefined): Json {
  if (directory === undefined || directory === "") {
    throw invalid(`there is no input in it: set ${NAMES.input} to a dataset's path, or ${OWN}input`);
  }
  if (directory.includes(","))
    throw invalid(`${NAMES.input} must be one path; got ${JSON.stringify(directory)}`);
  return { dataset: directory.replace(/^\w[\w+.-]*:(\/\/[^/]*)?/, "") };
}

function optionsIn(
  properties: ReadonlyMap<string, Property>,
  own: Json | undefined,
  plain: Read<string>,
  heedsReduces: boolean,
): Fields {
  const options: Fields = isFields(own ?? null) ? { ...(own as Fields) } : {};
  for (const { name, value } of properties.values()) {
    if (name.startsWith(`${OWN}options.`))
      options[name.slice(`${OWN}options.`.length)] = scalarIn(value.trim());
  }
  const reduces = plain(NAMES.reduces);
  const [source] = properties.get(NAMES.reduces)?.sources ?? [];
  // Scripts of Hadoop Streaming have it among their properties, where it may be 0.
  if (reduces !== undefined && (!heedsReduces || source === DERIVED)) options["reducers"] = scalarIn(reduces);
  const priority = plain(NAMES.priority);
  if (priority !== undefined) Object.assign(options, priorityIn(priority, options["priority"]));
  return options;
}

/** Ours stays when it only says more exactly what Hadoop's says. */
function priorityIn(text: string, before: Json | undefined): Fields {
  const priority = priorityOf(text);
  if (priority === null) {
    throw invalid(
      `${NAMES.priority} must be VERY_HIGH, HIGH, NORMAL, LOW, VERY_LOW or 1 to 5; got ${JSON.stringify(text)}`,
    );
  }
  const isSame = typeof before === "number" && priorityName(before) === priorityName(priority);
  return isSame ? {} : { priority };
}

function scalarIn(text: string): Json {
  try {
    const value: Json = JSON.parse(text);
    return value;
  } catch {
    return text;
  }
}

function jsonIn(name: string, base64: string): Json {
  try {
    const value: Json = JSON.parse(textIn(name, base64));
    return value;
  } catch (error) {
    if (error instanceof GridError) throw error;
    throw invalid(
      `${name} must be JSON in Base64: ${error instanceof Error ? error.message : String(error)}`,
    );
  }
}

function textIn(name: string, base64: string): string {
  const text = base64.replaceAll(/\s/g, "");
  const fault = `${name} must be UTF-8 in Base64`;
  if (!/^[A-Za-z0-9+/]*={0,2}$/.test(text) || text.length % 4 !== 0) throw invalid(fault);
  if (text.length > LIMITS.jobXmlBytes) throw invalid(`${name} is too long`);
  try {
    return new TextDecoder("utf-8", { fatal: true }).decode(Buffer.from(text, "base64"));
  } catch (error) {
    throw new GridError("invalid-input", `job.xml: ${fault}`, {}, { cause: error });
  }
}

const isFields = (value: Json): value is Fields =>
  typeof value === "object" && value !== null && !Array.isArray(value);

const invalid = (detail: string) => new GridError("invalid-input", `job.xml: ${detail}`);
