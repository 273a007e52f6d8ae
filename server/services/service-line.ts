/** Sends to tabs what concerns the instances of services. */
import type { VolunteerId } from "../../protocol/ids";
import type { VolunteerSocket } from "../gateway";
import type { ServiceLine } from "./running-services";

export function openServiceLine(sockets: ReadonlyMap<VolunteerId, VolunteerSocket>): ServiceLine {
  return {
    startInstance: (id, message) => void sockets.get(id)?.emit("start-instance", message),
    stopInstance: (id, message) => void sockets.get(id)?.emit("stop-instance", message),
    ask: (id, message) => void sockets.get(id)?.emit("ask", message),
    cancel: (id, message) => void sockets.get(id)?.emit("cancel", message),
  };
}
