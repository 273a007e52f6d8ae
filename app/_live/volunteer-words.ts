import { unreachable } from "../../protocol/unreachable";
import type { VolunteerStatus } from "../../worker/status";
import type { VolunteerSession } from "./volunteer-session";

export interface VolunteerWords {
  /** One word for the state, for tests and styles. */
  state: "stopped" | "starting" | "connecting" | "offline" | "refused" | "waiting" | "computing";
  title: string;
  detail: string;
}

/** What a volunteer's status means to the person in front of it. */
export function describeVolunteer({ status, isStarting }: VolunteerSession): VolunteerWords {
  if (isStarting) return { state: "starting", title: "Starting…", detail: "Setting up the sandbox." };
  if (!status || status.thisTab.state === "stopped") {
    return { state: "stopped", title: "Stopped", detail: "This tab computes nothing." };
  }
  const { connection } = status;
  switch (connection.state) {
    case "offline":
      return {
        state: "offline",
        title: "Offline",
        detail: connection.message ?? "Trying to reach the coordinator. Finished work is kept until then.",
      };
    case "connecting":
      return {
        state: "connecting",
        title: "Connecting…",
        detail: connection.message ?? "Looking for the coordinator.",
      };
    case "refused":
      return { state: "refused", title: "Refused", detail: connection.message };
    case "connected":
      return describeWork(status);
    default:
      return unreachable(connection);
  }
}

function describeWork(status: VolunteerStatus): VolunteerWords {
  const running = status.slots.filter(({ state }) => state === "running").length;
  if (running === 0) {
    return {
      state: "waiting",
      title: "Waiting for work",
      detail: "Connected. Tasks are taken as soon as there are some.",
    };
  }
  return {
    state: "computing",
    title: "Computing",
    detail: `${running} of ${status.slots.length} slots at work.`,
  };
}
