/** socket.io's client as the connection sees it: one socket, one life, nothing kept for later. */
import { io } from "socket.io-client";
import { VOLUNTEER_NAMESPACE } from "../../protocol/messages";

export interface Socket {
  /** @throws {Error} When no answer came in time, or the line broke. */
  ask(event: string, message: unknown, timeoutMs: number): Promise<unknown>;
  /** Calls `disconnected` if that has not happened yet. */
  close(): void;
}

export interface SocketListener {
  connected(): void;
  /** There was no connection, and there will be none. */
  failed(message: string): void;
  /** Once, after `connected`. */
  disconnected(): void;
  received(event: string, message: unknown): void;
}

export type OpenSocket = (listener: SocketListener) => Socket;

/** In a browser: where the page came from, with the cookies that it has. */
export const openSocketIo: OpenSocket = openSocketAt(VOLUNTEER_NAMESPACE, () => ({}));

/** @param headers Asked before each connection; only Node.js can send any. */
export function openSocketAt(address: string, headers: () => Record<string, string>): OpenSocket {
  return (listener) => openSocket(address, headers(), listener);
}

function openSocket(address: string, extraHeaders: Record<string, string>, listener: SocketListener): Socket {
  // A socket that reconnects by itself would also send by itself what it had kept: the outbox decides that.
  const options = { transports: ["websocket"], reconnection: false, forceNew: true };
  const socket = io(address, { ...options, ...(Object.keys(extraHeaders).length > 0 && { extraHeaders }) });
  socket.on("connect", () => listener.connected());
  socket.on("connect_error", (error) => listener.failed(error.message));
  socket.on("disconnect", () => listener.disconnected());
  socket.onAny((event: string, message: unknown) => listener.received(event, message));
  return {
    async ask(event, message, timeoutMs) {
      if (!socket.connected) throw new Error("There is no connection");
      const answer: unknown = await socket.timeout(timeoutMs).emitWithAck(event, message);
      return answer;
    },
    close: () => void socket.disconnect(),
  };
}
