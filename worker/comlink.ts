/**
 * Comlink, wrapped in one file: the only place that knows how calls cross a port.
 *
 * Whoever holds the other end of an exposed object can run any code in this realm (Comlink follows
 * property paths, `constructor` included). So the agent exposes objects to our own pages only, and towards
 * a slot, where other people's code runs, it is always the caller.
 */
import { expose, releaseProxy, transfer, wrap, type Endpoint, type Remote } from "comlink";

export type CallPort = Endpoint;

/** Something whose methods are called through a port; all of them answer with a promise. */
export type Calls<T> = Remote<T>;

/** Lets the other end of `port`, which must be our own code, call the methods of `api`. */
export function answerOn(port: CallPort, api: object): void {
  expose(api, port);
}

/** Calls that never settle when the other end is gone: race them. */
export function callsOver<T>(port: CallPort): Calls<T> {
  return wrap<T>(port);
}

/** Marks an argument or an answer whose `transfers` move to the other end instead of being copied. */
export function moving<T extends object>(value: T, transfers: Transferable[]): T {
  return transfer(value, transfers);
}

/** Ends the conversation and closes the port. */
export function hangUp<T>(calls: Calls<T>): void {
  calls[releaseProxy]();
}
