/** Reads what a reference names out of a result's records, which come one at a time. */
import type { Json } from "../../protocol/json";
import { LIMITS } from "../../protocol/limits";
import type { Reference } from "../../protocol/pipeline";
import { describeChoice, keyTest, openMeasure, valueAt, type ResultRecord } from "./condition";

export interface ReferenceReader {
  /** @throws {RangeError} If more is named than a config may have. */
  add(record: ResultRecord): void;
  /** @throws {RangeError} If there is no such thing. */
  value(): Json;
}

export function openReferenceReader(reference: Reference): ReferenceReader {
  const { key, path, aggregate } = reference;
  if (aggregate !== undefined) return openMeasure(reference, aggregate);
  const isWanted = keyTest(key);
  const found: ResultRecord[] = [];
  let chars = 0;
  return {
    add(record) {
      if (!isWanted(record.key)) return;
      const value = valueAt(record.value, path);
      if (value === undefined)
        throw new RangeError(`There is no ${describeChoice({ key: record.key, path })}`);
      chars += JSON.stringify(record.key).length + JSON.stringify(value).length;
      if (chars > LIMITS.configChars) {
        const rule = `may have ${LIMITS.configChars} characters as JSON (configChars); the result of ${reference.step} has more`;
        throw new RangeError(`A config ${rule}: read it as an input`);
      }
      found.push({ key: record.key, value });
    },
    value() {
      if (key === undefined) return found.map((record) => ({ key: record.key, value: record.value }));
      const [first] = found;
      if (!first) throw new RangeError(`The result of ${reference.step} has no ${describeChoice(reference)}`);
      return first.value;
    },
  };
}
