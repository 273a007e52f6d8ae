import { describe, expect, it } from "vitest";
import { ListTasksQuery, NoQuery } from "./parameters";
import { parseJobId, parseQuery } from "./query";

const parse = (query: string) => parseQuery(new Request(`http://grid/tasks${query}`), ListTasksQuery);

describe("parseQuery", () => {
  it("[HT11] fills in what is not given", () => {
    expect(parse("")).toEqual({ limit: 100 });
    expect(parse("?stage=map&cursor=7&limit=1000")).toEqual({ stage: "map", cursor: "7", limit: 1000 });
  });

  it("[HT12] refuses an unknown parameter by name and says which there are", () => {
    expect(() => parse("?sttage=map")).toThrow(
      'There is no parameter "sttage"; known are stage, cursor, limit',
    );
    expect(() => parseQuery(new Request("http://grid/?x=1"), NoQuery)).toThrow("this address takes none");
  });

  it("[HT13] refuses a parameter given twice", () => {
    expect(() => parse("?limit=1&limit=2")).toThrow('"limit" is given twice');
  });

  it.each(["0", "1001", "x", "1.5", "", "-1"])("[HT14] refuses the limit %j with the rule", (limit) => {
    expect(() => parse(`?limit=${limit}`)).toThrow("limit: must be a whole number from 1 to 1000");
  });
});

describe("parseJobId", () => {
  it("[HT15] treats text that cannot be an id as a job that is not there", () => {
    expect(() => parseJobId("42")).toThrow(expect.objectContaining({ code: "job-not-found" }));
    expect(parseJobId("job_0123456789abcdef")).toBe("job_0123456789abcdef");
  });
});
