import type { PipelineState, StepView } from "../../protocol/pipeline";
import { Badge, type Tone } from "./badge";

const TONES: Record<PipelineState | StepView["state"], Tone> = {
  running: "good",
  paused: "warn",
  completed: "good",
  failed: "bad",
  cancelled: "plain",
  waiting: "plain",
  keeping: "good",
  stopped: "plain",
};

export function PipelineBadge({ state, testId }: { state: keyof typeof TONES; testId: string }) {
  return (
    <span data-testid={testId} className="inline-flex">
      <Badge tone={TONES[state]}>{state}</Badge>
    </span>
  );
}
