/** The unseen iframe in which a page's slots run. A thin line: the agent decides, the iframe's boot script acts. */
import { unreachable } from "../../protocol/unreachable";
import { FromFrame, type ToFrame } from "../sandbox/frame-messages";

export interface SandboxFrame {
  spawn(slotId: string, port: MessagePort): Promise<void>;
  kill(slotId: string): Promise<void>;
  /** Answered by the iframe itself. */
  ping(): Promise<void>;
  /** A new iframe, in a new process; what ran in the old one is gone. */
  reset(): Promise<void>;
  close(): void;
}

export function openSandboxFrame(slotFailed: (slotId: string, message: string) => void): SandboxFrame {
  let frame = openFrame();
  let nonce = 0;
  const pings = new Map<number, () => void>();

  addEventListener("message", receive);
  return {
    spawn: (slotId, port) => tell({ op: "spawn", slotId }, [port]),
    kill: (slotId) => tell({ op: "kill", slotId }),
    async ping() {
      nonce += 1;
      const answered = new Promise<void>((resolve) => pings.set(nonce, resolve));
      await tell({ op: "ping", nonce });
      await answered;
    },
    async reset() {
      frame.element.remove();
      pings.clear();
      frame = openFrame();
      await frame.ready;
    },
    close() {
      removeEventListener("message", receive);
      frame.element.remove();
    },
  };

  /** Waits until the iframe's script listens. */
  async function tell(message: ToFrame, ports: MessagePort[] = []): Promise<void> {
    const { element, ready } = frame;
    await ready;
    // Its origin is opaque, so there is none to name; the ports are the only thing of worth.
    element.contentWindow?.postMessage(message, "*", ports);
  }

  function receive(event: MessageEvent<unknown>): void {
    if (event.source === null || event.source !== frame.element.contentWindow) return;
    const parsed = FromFrame.safeParse(event.data);
    if (!parsed.success) return;
    const message = parsed.data;
    switch (message.op) {
      case "ready":
        return frame.setReady();
      case "pong":
        pings.get(message.nonce)?.();
        pings.delete(message.nonce);
        return;
      case "failed":
        return slotFailed(message.slotId, message.message);
      default:
        return unreachable(message);
    }
  }
}

function openFrame() {
  let setReady = () => {};
  const ready = new Promise<void>((resolve) => (setReady = resolve));
  const element = document.createElement("iframe");
  // Set before the address: without it, the page's own origin would be the sandbox's.
  element.setAttribute("sandbox", "allow-scripts");
  element.setAttribute("aria-hidden", "true");
  element.tabIndex = -1;
  // One pixel in view: Chromium gives an iframe that is not seen a background process, and there V8 leaves hot
  // loops at a lower tier, which made programs run 1.5 times as long.
  element.style.cssText = "position:fixed;bottom:0;right:0;width:1px;height:1px;border:0;pointer-events:none";
  element.src = "/sandbox";
  document.body.append(element);
  return { element, ready, setReady };
}
