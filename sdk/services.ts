/** Services: programs that stay in volunteers and answer requests. They are started and stopped as programs. */
import { ServiceList, ServiceView } from "../protocol/service";
import type { Client } from "./client";
import type { Watching } from "./job-handle";

export interface ServiceRequestInit extends Watching {
  /** GET, unless there is a body. */
  readonly method?: "GET" | "POST";
  readonly body?: BodyInit;
  readonly headers?: Readonly<Record<string, string>>;
  /** Instances that must give the same answer, instead of the service's own number. */
  readonly quorum?: number;
}

export interface Services {
  list(watching?: Watching): Promise<ServiceView[]>;
  get(name: string, watching?: Watching): Promise<ServiceView>;
  /** Changes how many volunteers run it. */
  scale(name: string, instances: number, watching?: Watching): Promise<ServiceView>;
  /**
   * Asks it.
   * @param path Below the service's name, with its query: `/words?of=x`.
   * @throws {RefusedError} For an answer that is no success: what the service says, or that there is none.
   */
  ask(name: string, path?: string, init?: ServiceRequestInit): Promise<Response>;
}

export function openServices(client: Client): Services {
  return {
    async list({ signal } = {}) {
      return (await client.json({ path: "/api/v1/services", signal }, ServiceList)).services;
    },
    get: (name, { signal } = {}) => client.json({ path: placeOf(name), signal }, ServiceView),
    scale: (name, instances, { signal } = {}) =>
      client.json({ method: "PATCH", path: placeOf(name), json: { instances }, signal }, ServiceView),
    ask(name, path = "/", { method, body, headers = {}, quorum, signal } = {}) {
      return client.open({
        method: method ?? (body === undefined ? "GET" : "POST"),
        path: `${placeOf(name)}/${path.replace(/^\/+/, "")}`,
        headers: { ...headers, ...(quorum !== undefined && { "tabgrid-quorum": String(quorum) }) },
        ...(body !== undefined && { body: () => body }),
        signal,
      });
    },
  };
}

const placeOf = (name: string) => `/api/v1/services/${encodeURIComponent(name)}`;
