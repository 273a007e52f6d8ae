/** The dataset that a service works with: the newest version beside its program's path, when an instance is started. */
import { DatasetPath } from "../../protocol/dataset";
import { LIMITS } from "../../protocol/limits";
import type { ServiceSpec } from "../../protocol/messages/start-instance";
import type { ProgramPath } from "../../protocol/program-name";
import { GridError } from "../../protocol/problems";
import type { Datasets } from "../datasets/datasets";

/** @returns Null when there is none. @throws {GridError} `too-large`. */
export async function findServiceData(
  datasets: Pick<Datasets, "find" | "open">,
  path: ProgramPath,
): Promise<ServiceSpec["data"]> {
  const named = DatasetPath.safeParse(path);
  if (!named.success || !(await datasets.find(named.data, null))) return null;
  const opened = await datasets.open(named.data, null);
  try {
    const { version, bytes } = opened.version;
    if (bytes > LIMITS.serviceDataBytes) {
      const rule = `The dataset of a service may have ${LIMITS.serviceDataBytes} bytes (serviceDataBytes)`;
      throw new GridError("too-large", `${rule}; ${path} has ${bytes}`);
    }
    return { path, version, bytes, blocks: opened.blocks.map(({ digest }) => digest) };
  } finally {
    opened.close();
  }
}
