/** Lets pages fetch from one more origin than their own, when the operator keeps blocks elsewhere. Next sets the policy when it is built. */
import type { ServerResponse } from "node:http";

const POLICY = "content-security-policy";
const OWN = "connect-src 'self'";

/** To be called before anything is answered. The sandbox's policy, which lets out nothing, is left as it is. */
export function allowFetchesFrom(origin: string, response: ServerResponse): void {
  const writeHead = response.writeHead.bind(response) as (...parameters: unknown[]) => ServerResponse;
  response.writeHead = (...parameters: unknown[]) => {
    const policy = response.getHeader(POLICY);
    if (typeof policy === "string") response.setHeader(POLICY, policy.replace(OWN, `${OWN} ${origin}`));
    return writeHead(...parameters);
  };
}
