import { expect, it } from "vitest";
import * as z from "zod";
import { FROM_TAB, PROTOCOL_VERSION } from "./messages";
import { Ask } from "./messages/ask";
import { Assign } from "./messages/assign";
import { Cancel } from "./messages/cancel";
import { HeartbeatReply } from "./messages/heartbeat";
import { Welcome } from "./messages/hello";
import { Receipt } from "./messages/report";
import { Revoke } from "./messages/revoke";
import { Settle } from "./messages/settle";
import { StartInstance } from "./messages/start-instance";
import { StopInstance } from "./messages/stop-instance";
import { Problem } from "./problems";

it("[PV1] a change on the wire comes with a new protocol version", async () => {
  const wire = z.object({
    fromTab: z.object(FROM_TAB),
    replies: z.object({
      hello: Welcome,
      report: Receipt,
      heartbeat: HeartbeatReply,
      instance: z.null(),
      respond: z.null(),
      goodbye: z.null(),
    }),
    fromCoordinator: z.object({
      assign: Assign,
      revoke: Revoke,
      settle: Settle,
      "start-instance": StartInstance,
      "stop-instance": StopInstance,
      ask: Ask,
      cancel: Cancel,
      refused: Problem,
    }),
  });
  // Fails? Raise PROTOCOL_VERSION and record the new file; never edit an old one.
  await expect(
    `${JSON.stringify(z.toJSONSchema(wire, { io: "input", unrepresentable: "any" }), null, 2)}\n`,
  ).toMatchFileSnapshot(`./wire/v${PROTOCOL_VERSION}.json`);
});
