/** A real HTTP server on a free port, for tests of what answers requests by itself. */
import { createServer, type RequestListener } from "node:http";
import type { AddressInfo } from "node:net";

/** @returns Its origin, such as `http://127.0.0.1:41234`, and how to stop it. */
export async function listen(listener: RequestListener): Promise<{ origin: string; close(): Promise<void> }> {
  const server = createServer(listener);
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const { port } = server.address() as AddressInfo;
  return {
    origin: `http://127.0.0.1:${port}`,
    close: async () => {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}
