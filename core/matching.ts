/** Whether a volunteer has what a job requires: a task goes only where it can finish. */
import type { Device, Requirements } from "../protocol/device";

export interface Offered {
  device: Device;
  slotCount: number;
}

/** @returns What is required and not there, in words; nothing when the volunteer will do. */
export function lacking(required: Requirements, { device, slotCount }: Offered): string[] {
  const lacks: string[] = [];
  if (required.slots !== undefined && slotCount < required.slots) lacks.push(`${required.slots} slots`);
  // A device that does not tell its memory may have any; it is not turned away for keeping to itself.
  const { memoryGb } = device;
  if (required.memoryGb !== undefined && memoryGb !== null && memoryGb < required.memoryGb)
    lacks.push(`${required.memoryGb} GB of memory`);
  if (required.engine !== undefined && device.engine !== required.engine)
    lacks.push(`engine ${required.engine}`);
  for (const feature of required.wasm ?? [])
    if (!device.wasm.includes(feature)) lacks.push(`WebAssembly ${feature}`);
  for (const tag of required.tags ?? []) if (!device.tags.includes(tag)) lacks.push(`tag ${tag}`);
  return lacks;
}
