/**
 * Reads Hadoop's configuration files: `<configuration><property><name>…</name><value>…</value></property></configuration>`.
 *
 * Nothing is fetched and nothing is declared: document types, entities and includes are refused before or while it is parsed.
 */
import { XMLParser, XMLValidator } from "fast-xml-parser";
import { LIMITS } from "../../protocol/limits";
import { GridError } from "../../protocol/problems";

export interface Property {
  readonly name: string;
  readonly value: string;
  /** Where Hadoop took it from, the first place first; empty in files written by hand. */
  readonly sources: readonly string[];
}

/** @returns In order, one for each name: a later value takes an earlier one's place, unless that is final. @throws {GridError} `malformed-xml`. */
export function readConfiguration(text: string): Property[] {
  refuseDeclarations(text);
  checkEncoding(text);
  const valid = XMLValidator.validate(text);
  if (valid !== true) throw malformed(`${valid.err.msg} (line ${valid.err.line}, column ${valid.err.col})`);
  const root = elementsIn(parsed(text), "the document");
  const [configuration] = root;
  if (root.length !== 1 || configuration?.name !== "configuration") {
    throw malformed(`The outermost element must be <configuration>; got <${configuration?.name ?? "none"}>`);
  }
  return withoutOverridden(elementsIn(configuration.children, "<configuration>").map(propertyOf));
}

/** Whatever begins with `<!` and is neither a comment nor CDATA: it could declare entities, or fetch something. */
function refuseDeclarations(text: string): void {
  for (let at = text.indexOf("<!"); at !== -1;) {
    const [end, length] = text.startsWith("<!--", at)
      ? [text.indexOf("-->", at + 4), 3]
      : text.startsWith("<![CDATA[", at)
        ? [text.indexOf("]]>", at), 3]
        : [null, 0];
    if (end === null) {
      const seen = text.slice(at, at + 20).split(/\s/)[0] ?? "";
      throw malformed(
        `Declarations such as ${seen} are refused: a job.xml needs no document type and no entities`,
      );
    }
    if (end === -1) throw malformed("A comment or CDATA has no end");
    at = text.indexOf("<!", end + length);
  }
}

function checkEncoding(text: string): void {
  const [, encoding = "UTF-8"] =
    /^\s*<\?xml[^>]{0,200}?encoding\s*=\s*["']([^"']{0,40})["']/.exec(text) ?? [];
  if (!/^(utf-8|us-ascii)$/i.test(encoding))
    throw malformed(`The encoding must be UTF-8; got ${JSON.stringify(encoding)}`);
}

/** Configuration, property, name. */
const MOST_NESTED = 3;

const parser = new XMLParser({
  preserveOrder: true,
  ignoreAttributes: false,
  attributeNamePrefix: "",
  parseTagValue: false,
  trimValues: false,
  processEntities: false,
  cdataPropName: "#cdata",
  ignoreDeclaration: true,
  ignorePiTags: true,
  maxNestedTags: MOST_NESTED,
});

function parsed(text: string): unknown {
  try {
    return parser.parse(text);
  } catch (error) {
    throw malformed(error instanceof Error ? error.message : String(error));
  }
}

interface Element {
  readonly name: string;
  readonly children: unknown;
  readonly attributes: Readonly<Record<string, unknown>>;
}

/** @param where For the error when there is text beside the elements. */
function elementsIn(nodes: unknown, where: string): Element[] {
  return nodesIn(nodes).flatMap((node) => {
    const { ":@": attributes = {}, ...rest } = node;
    const [[name, children] = ["", null]] = Object.entries(rest);
    if (name === "#text" && String(children).trim() === "") return [];
    if (name.startsWith("#")) throw malformed(`There may be no text in ${where}`);
    return [{ name, children, attributes: attributes as Element["attributes"] }];
  });
}

function nodesIn(nodes: unknown): Record<string, unknown>[] {
  return Array.isArray(nodes) ? (nodes as Record<string, unknown>[]) : [];
}

type Read = Property & { readonly isFinal: boolean };

/** Its parts are elements; since Hadoop 3 they may be attributes as well. */
function propertyOf(element: Element): Read {
  if (element.name !== "property") {
    throw malformed(
      `<configuration> may hold <property> only: includes are not followed; got <${element.name}>`,
    );
  }
  const parts = new Map<string, string>();
  const sources: string[] = [];
  for (const [name, value] of Object.entries(element.attributes)) parts.set(name, decoded(String(value)));
  for (const { name, children } of elementsIn(element.children, "<property>")) {
    const text = textIn(children, name);
    if (name === "source") sources.push(text.trim());
    else parts.set(name, text);
  }
  const name = parts.get("name")?.trim() ?? "";
  if (name === "") throw malformed("A <property> must have a <name>");
  return { name, value: parts.get("value") ?? "", isFinal: parts.get("final")?.trim() === "true", sources };
}

function textIn(children: unknown, where: string): string {
  return nodesIn(children)
    .map((node) => {
      const [[name, inner] = ["", null]] = Object.entries(node);
      if (name === "#text") return decoded(String(inner));
      if (name === "#cdata")
        return nodesIn(inner)
          .map((part) => String(part["#text"] ?? ""))
          .join("");
      throw malformed(`<${where}> may hold text only; got <${name}>`);
    })
    .join("")
    .replaceAll(/\r\n?/g, "\n");
}

const ENTITIES: Readonly<Record<string, string>> = { lt: "<", gt: ">", amp: "&", quot: '"', apos: "'" };

function decoded(text: string): string {
  return text.replaceAll(/&([^;&<\s]{0,12};)?/g, (whole, reference: string | undefined) => {
    const name = reference?.slice(0, -1) ?? "";
    const [, hex, decimal] = /^#(?:x([0-9a-f]+)|(\d+))$/i.exec(name) ?? [];
    const code = hex !== undefined ? parseInt(hex, 16) : Number(decimal ?? NaN);
    const char = Object.hasOwn(ENTITIES, name)
      ? ENTITIES[name]
      : isXmlChar(code)
        ? String.fromCodePoint(code)
        : undefined;
    if (char === undefined)
      throw malformed(
        `There is no entity ${JSON.stringify(whole)}: only lt, gt, amp, quot, apos and numbers`,
      );
    return char;
  });
}

/** Characters that XML 1.0 has at all. */
function isXmlChar(code: number): boolean {
  if (code === 0x9 || code === 0xa || code === 0xd) return true;
  return (
    (code >= 0x20 && code <= 0xd7ff) ||
    (code >= 0xe000 && code <= 0xfffd) ||
    (code >= 0x10000 && code <= 0x10ffff)
  );
}

function withoutOverridden(properties: readonly Read[]): Property[] {
  if (properties.length > LIMITS.xmlProperties) {
    throw malformed(
      `A job.xml may have ${LIMITS.xmlProperties} properties (xmlProperties); got ${properties.length}`,
    );
  }
  const byName = new Map<string, Read>();
  for (const property of properties) {
    if (byName.get(property.name)?.isFinal !== true) byName.set(property.name, property);
  }
  return [...byName.values()];
}

const malformed = (detail: string) => new GridError("malformed-xml", detail);
