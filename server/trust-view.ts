/** How the API shows what adaptive replication has come to; a job that has ended keeps it in its row. */
import type { Standing } from "../core/validator";
import type { TrustView } from "../protocol/views";

/** @returns Null with a fixed quorum. */
export function viewTrust(standing: Standing | null): TrustView | null {
  if (!standing) return null;
  const { tasks, outputs, ...others } = standing;
  return { copiesPerTask: tasks === 0 ? 0 : outputs / tasks, ...others };
}
