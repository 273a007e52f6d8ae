import { readFileSync } from "node:fs";
import { XMLParser } from "fast-xml-parser";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { SubmitJob } from "../../protocol/job";
import { LIMITS } from "../../protocol/limits";
import { expanded } from "./expand";
import { readConfiguration } from "./read-configuration";
import { submissionOf } from "./read-job";
import { jobXml } from "./write-job";

const base64 = (text: string) => Buffer.from(text).toString("base64");
const property = (name: string, value: string) =>
  `<property><name>${name}</name><value>${value}</value></property>`;
const PROGRAM = property("tabgrid.program", base64('{"source":"export const map = (n) => n;"}'));
const INPUT = property("tabgrid.input", base64('{"range":{"end":3}}'));
const fileOf = (...properties: string[]) => `<configuration>${properties.join("\n")}</configuration>`;
const read = (xml: string) => SubmitJob.parse(submissionOf(xml));

const text = fc.string({ unit: "binary", maxLength: 12 });
const submissions = fc
  .record({
    name: fc
      .oneof(fc.constantFrom("a ${b} c", " x", "\0", "]]>", "<&\"'\r\n\t"), text)
      .filter((name) => name.trim() !== "" && name.isWellFormed()),
    program: fc.oneof(
      fc.record({ source: text.filter((source) => source !== "") }),
      fc.record({
        runtime: fc.constant("streaming"),
        mapper: fc.record({
          language: fc.constantFrom("python", "js"),
          source: fc.constant("${x}]]>\u0001"),
        }),
        properties: fc.dictionary(
          fc.constantFrom(
            "a.b",
            "mapreduce.job.reduces",
            "mapreduce.job.name",
            "mapred.reduce.tasks",
            "stream.num.map.output.key.fields",
          ),
          fc.oneof(
            fc.constantFrom("1", " ", "${a.b}", "0"),
            text.filter((value) => value.isWellFormed()),
          ),
        ),
      }),
    ),
    input: fc.oneof(
      fc.record({ items: fc.array(fc.jsonValue({ maxDepth: 2 }), { maxLength: 4 }) }),
      fc.record({ text, format: fc.constantFrom("lines", "jsonl") }),
      fc.constant({ dataset: "/alice/words", version: null }),
    ),
    options: fc.record({
      priority: fc.integer({ min: -10, max: 10 }),
      reducers: fc.integer({ min: 1, max: 256 }),
      requires: fc.constant({}),
    }),
    config: fc.oneof(
      fc.jsonValue({ maxDepth: 2 }),
      fc.constant({ $tabgrid: [["Date", "2020-01-01T00:00:00.000Z"]] }),
    ),
  })
  .map((request) => SubmitJob.safeParse(JSON.parse(JSON.stringify(request))))
  .filter(({ success }) => success)
  .map(({ data }) => data as SubmitJob);

describe("job.xml", () => {
  it("[JX1] is read as what it was written from, whatever that holds", () => {
    fc.assert(
      fc.property(submissions, (job) => {
        expect(read(jobXml(job))).toEqual(job);
      }),
      { numRuns: 200 },
    );
  });

  it("[JX2] is a configuration as Hadoop's reader has it: one root, properties of name, value, final and source", () => {
    const job = SubmitJob.parse({
      name: "a < b & ${c}",
      program: { source: "x" },
      input: { items: ["]]>"] },
    });
    const xml = jobXml(job);
    expect(xml).toMatch(/^<\?xml version="1\.0" encoding="UTF-8" standalone="no"\?>\n<configuration>\n/);
    const { configuration } = new XMLParser({ ignoreDeclaration: true }).parse(xml) as {
      configuration: { property: Record<string, unknown>[] };
    };
    for (const each of configuration.property)
      expect(Object.keys(each)).toEqual(["name", "value", "final", "source"]);
    const names = configuration.property.map(({ name }) => name);
    expect(new Set(names).size).toBe(names.length);
    expect(names).toEqual(
      expect.arrayContaining(["mapreduce.job.name", "mapreduce.job.reduces", "tabgrid.config"]),
    );
  });

  it("[JX3] of a real Hadoop is read: what was set for the job counts, what every job has does not", () => {
    const real = readFileSync("testing/hadoop-job.xml", "utf8");
    expect(readConfiguration(real).length).toBeGreaterThan(250);
    expect(() => submissionOf(real)).toThrow(
      'job.xml: the mapper is "mapper.py", but scripts do not travel in a job.xml: add tabgrid.mapper',
    );
    const scripts =
      property("tabgrid.mapper", base64("print(1)")) +
      property("tabgrid.reducer", base64("#!/usr/bin/env node\n1"));
    const job = read(real.replace("</configuration>", () => `${scripts}</configuration>`));
    expect(job).toMatchObject({
      name: "streamjob4711883096158320147.jar",
      submitter: "research",
      input: { dataset: "/alice/temperatures" },
      options: { priority: 1 },
      program: { runtime: "streaming", mapper: { language: "python" }, reducer: { language: "js" } },
    });
    const { properties } = job.program as { properties: Record<string, string> };
    expect(properties).toMatchObject({ "mapreduce.job.reduces": "2", "highest.possible": "60" });
    expect(Object.keys(properties)).not.toContain("dfs.replication");
    expect(Object.keys(properties).length).toBeLessThan(25);
  });

  it("[JX4] heeds Hadoop's name, reduces, input, priority and queue, under their old names too", () => {
    const old = [
      "mapred.job.name",
      "mapred.reduce.tasks",
      "mapred.input.dir",
      "mapred.job.priority",
      "mapred.job.queue.name",
    ];
    const values = ["old ${n}", "7", "hdfs://nn:8020/alice/words", "VERY_LOW", "root.default"];
    const job = read(
      fileOf(
        PROGRAM,
        ...old.map((name, place) => property(name, values[place] ?? "")),
        property("n", "name"),
      ),
    );
    expect(job).toMatchObject({
      name: "old name",
      input: { dataset: "/alice/words" },
      options: { reducers: 7, priority: -2 },
    });
    expect(job.submitter).toBe("everybody");
    expect(read(fileOf(PROGRAM, INPUT, property("mapreduce.job.priority", "5"))).options.priority).toBe(2);
    expect(() => read(fileOf(PROGRAM, INPUT, property("mapreduce.job.priority", "URGENT")))).toThrow(
      'got "URGENT"',
    );
    expect(read(fileOf(PROGRAM, INPUT, property("tabgrid.options.quorum", "3"))).options.quorum).toBe(3);
  });

  it("[JX5] is read as Hadoop reads it: final values stay, later ones win, attributes, CDATA, comments, references", () => {
    const xml = `<?xml version="1.0" encoding='utf-8'?>
      <!-- <!DOCTYPE in a comment> --><configuration>
      <property><name> a </name><value>1</value><final>true</final></property>${property("a", "2")}
      ${property("b", "1")}${property("b", "&lt;&#65;&#x1F600;&amp;amp;")}
      <property name="c" value="x &quot;y&quot;" final="false"/>
      <property><name>d</name><value><![CDATA[<!ENTITY & ]]>&gt;</value><source>one</source><source>two</source></property>
      <property><name>e</name><value/></property></configuration>`;
    expect(readConfiguration(xml).map(({ name, value, sources }) => [name, value, ...sources])).toEqual([
      ["a", "1"],
      ["b", "<A😀&amp;"],
      ["c", 'x "y"'],
      ["d", "<!ENTITY & >", "one", "two"],
      ["e", ""],
    ]);
  });

  it("[JX6] puts variables in place as Hadoop does, nothing of the coordinator's environment, and ends", () => {
    const values: Record<string, string> = {
      a: "1",
      b: "${a}${a}",
      loop: "x${loop}",
      big: "y".repeat(60_000),
    };
    const of = (value: string) => expanded(value, (name) => values[name]);
    expect(of("${b}-${a}")).toBe("11-1");
    expect(of("${unknown}${a}")).toBe("${unknown}${a}");
    expect(of("${env.HOME}${user.name}")).toBe("${env.HOME}${user.name}");
    expect(of("${env.HOME:-none}, ${env.PATH-nowhere}")).toBe("none, nowhere");
    for (const value of ["${loop}", "${big}${big}"]) expect(() => of(value)).toThrow("has no end");
  });

  const attacks: [what: string, xml: string, words: RegExp][] = [
    ["a document type", `<!DOCTYPE c [<!ENTITY a "x">]>${fileOf()}`, /<!DOCTYPE/],
    ["entities that fetch", `<!DOCTYPE c SYSTEM "file:///etc/passwd">${fileOf()}`, /refused/],
    [
      "a billion laughs",
      `<!DOCTYPE c [<!ENTITY a "ha"><!ENTITY b "&a;&a;">]>${fileOf(property("a", "&b;"))}`,
      /refused/,
    ],
    ["an entity", fileOf(property("a", "&xxe;")), /no entity "&xxe;"/],
    ["a reference to no character", fileOf(property("a", "&#0;")), /no entity/],
    ["a bare ampersand", fileOf(property("a", "b & c")), /no entity|ampersand|'&'/i],
    ["depth", "<configuration>".repeat(100_000), /./],
    ["depth that is closed", `${"<configuration>".repeat(5)}${"</configuration>".repeat(5)}`, /nested/i],
    [
      "an include",
      '<configuration><xi:include href="http://x/"/></configuration>',
      /includes are not followed/,
    ],
    ["another root", "<jobs/>", /must be <configuration>; got <jobs>/],
    ["two roots", fileOf() + fileOf(), /root/i],
    ["no XML", "hello", /./],
    ["nothing", "", /./],
    ["text between", "<configuration>x</configuration>", /no text in <configuration>/],
    ["an open end", "<configuration><property>", /./],
    ["an open comment", "<!-- x", /no end/],
    ["another encoding", `<?xml version="1.0" encoding="UTF-16"?>${fileOf()}`, /must be UTF-8; got "UTF-16"/],
    [
      "a property without a name",
      "<configuration><property><value>1</value></property></configuration>",
      /must have a <name>/,
    ],
    ["elements in a value", fileOf(property("a", "<b/>")), /./],
    ["many properties", fileOf(property("a", "").repeat(LIMITS.xmlProperties + 1)), /xmlProperties/],
  ];
  it.each(attacks)("[JX7] refuses %s", (_what, xml, words) => {
    expect(() => readConfiguration(xml)).toThrow(
      expect.objectContaining({ code: "malformed-xml", message: expect.stringMatching(words) as string }),
    );
  });

  it("[JX8] says what is missing, and what of it is no Base64 or no JSON", () => {
    expect(() => submissionOf(fileOf(INPUT))).toThrow(
      "job.xml: there is no program in it: add tabgrid.program",
    );
    expect(() =>
      submissionOf(fileOf(INPUT, property("mapreduce.job.map.class", "org.example.Words$Map"))),
    ).toThrow("the mapper is the Java class org.example.Words$Map, which browsers cannot run");
    expect(() => submissionOf(fileOf(PROGRAM))).toThrow(
      "job.xml: there is no input in it: set mapreduce.input.fileinputformat.inputdir",
    );
    expect(() => submissionOf(fileOf(PROGRAM, property("mapred.input.dir", "/a/b,/c/d")))).toThrow(
      "must be one path",
    );
    expect(() => submissionOf(fileOf(PROGRAM, INPUT, property("tabgrid.config", "%%")))).toThrow(
      "tabgrid.config must be UTF-8 in Base64",
    );
    expect(() => submissionOf(fileOf(PROGRAM, INPUT, property("tabgrid.config", base64("{"))))).toThrow(
      "tabgrid.config must be JSON in Base64",
    );
  });
});
