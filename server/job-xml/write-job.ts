/** Writes a submission as a job.xml: what Hadoop has a property for in that, everything else in Base64 under names of ours. */
import type { SubmitJob } from "../../protocol/job";
import { base64Of, DERIVED, NAMES, OWN, priorityName, submitterIn } from "./names";

export function jobXml(job: SubmitJob): string {
  const own = propertiesOf(job).map(([name, value]) => propertyXml(name, value, DERIVED));
  const properties = [...scriptPropertiesOf(job), ...own].map((property) => `  ${property}\n`);
  return `<?xml version="1.0" encoding="UTF-8" standalone="no"?>\n<configuration>\n${properties.join("")}</configuration>\n`;
}

function propertiesOf(job: SubmitJob): [name: string, value: string][] {
  const { name, submitter, program, input, options, config } = job;
  const plainName = isPlain(name);
  const isQueue = isPlain(submitter) && submitterIn(submitter) === submitter;
  return [
    [NAMES.name, plainName ? name : "job"],
    [NAMES.priority, priorityName(options.priority)],
    ...(NAMES.reduces in streamingOf(job) ? [] : [pair(NAMES.reduces, String(options.reducers))]),
    ...(isQueue ? [pair(NAMES.queue, submitter)] : [pair(`${OWN}submitter`, base64Of(submitter))]),
    ...("dataset" in input ? [pair(NAMES.input, input.dataset)] : []),
    ...(plainName ? [] : [pair(`${OWN}name`, base64Of(name))]),
    [`${OWN}program`, base64Of(program)],
    [`${OWN}input`, base64Of(input)],
    [`${OWN}options`, base64Of(options)],
    [`${OWN}config`, base64Of(config)],
  ];
}

const pair = (name: string, value: string): [string, string] => [name, value];

function streamingOf({ program }: SubmitJob): Readonly<Record<string, string>> {
  return "runtime" in program && program.runtime === "streaming" ? program.properties : {};
}

/** So that Hadoop finds them; they are in the program as well. */
function scriptPropertiesOf(job: SubmitJob): string[] {
  return Object.entries(streamingOf(job))
    .filter(([name, value]) => isPlain(value) && !TAKEN.includes(name))
    .map(([name, value]) => propertyXml(name, value, "program"));
}

const TAKEN: readonly string[] = [NAMES.name, NAMES.priority, NAMES.queue, NAMES.input];

/** Whether a text is the same after Hadoop has read it: nothing to be replaced, no spaces that are cut, no characters that XML lacks. */
function isPlain(text: string): boolean {
  return (
    text.trim() === text &&
    !text.includes("${") &&
    /^[\t\n\x20-\ud7ff\ue000-\ufffd\u{10000}-\u{10ffff}]+$/u.test(text)
  );
}

function propertyXml(name: string, value: string, source: string): string {
  return `<property><name>${escaped(name)}</name><value>${escaped(value)}</value><final>false</final><source>${source}</source></property>`;
}

const ESCAPES: Readonly<Record<string, string>> = { "&": "&amp;", "<": "&lt;", ">": "&gt;", "\r": "&#13;" };
const escaped = (text: string) => text.replaceAll(/[&<>\r]/g, (char) => ESCAPES[char] ?? char);
