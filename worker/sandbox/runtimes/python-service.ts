/**
 * Services in Python: `handle(request, context)`, and `start(context)` if there is one. Plain functions: one request
 * after the other.
 */
import { answer } from "../service-response";
import type { LoadService, RequestContext, Service, ServiceContext } from "../service";
import type { RuntimeFiles, SlotRequest } from "../slot-api";
import { pythonError, startPython, type Python } from "./pyodide";
import { PYTHON_SERVER } from "./python-server";

/** What the server of python-server.ts answers to. Bodies cross the border as Base64. */
interface Server {
  load(source: string, fileName: string): void;
  start(context: object): void;
  handle(request: string, body: string, context: object): string;
}

interface Said {
  status: number;
  headers: Record<string, string>;
  body: string;
}

export async function openPythonService(files: RuntimeFiles): Promise<LoadService> {
  const python = await startPython(files);
  const server = python.runPython(PYTHON_SERVER) as Server;
  return async (bytes, runtime) => {
    const fileName = runtime.name === "python" ? runtime.fileName : "program.py";
    const called = <T>(call: () => T): T => {
      try {
        return call();
      } catch (error) {
        throw pythonError(error, fileName);
      }
    };
    called(() => server.load(new TextDecoder().decode(bytes), fileName));
    return serviceOf(python, server, called);
  };
}

function serviceOf(python: Python, server: Server, called: <T>(call: () => T) => T): Service {
  return {
    start(context) {
      listen(python, context);
      called(() => server.start(hooksOf(context, Math.random)));
    },
    async handle(request: SlotRequest, context: RequestContext) {
      listen(python, context);
      const { method, path, query, headers } = request;
      const pairs = Object.fromEntries(new URLSearchParams(query));
      const asked = JSON.stringify({ method, path, query: pairs, headers });
      const said = called(() =>
        server.handle(asked, base64Of(request.body), hooksOf(context, context.random)),
      );
      const { status, headers: given, body } = JSON.parse(said) as Said;
      return answer(
        status,
        given,
        Uint8Array.from(atob(body), (char) => char.charCodeAt(0)),
      );
    },
  };
}

function listen(python: Python, { log }: ServiceContext): void {
  python.setStdout({ batched: (line: string) => log(line) });
  python.setStderr({ batched: (line: string) => log(line) });
}

function hooksOf({ config, data, service, log }: ServiceContext, random: () => number): object {
  return {
    facts: JSON.stringify({ config, service, data: data && { path: data.path, version: data.version } }),
    bytes: () => data?.bytes ?? null,
    log: (line: string) => log(line),
    random,
  };
}

function base64Of(bytes: Uint8Array): string {
  let text = "";
  for (const byte of bytes) text += String.fromCharCode(byte);
  return btoa(text);
}
