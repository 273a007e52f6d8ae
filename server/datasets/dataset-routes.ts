/**
 * The addresses of datasets, answered ahead of Next: bodies of any size stream from and to the disk.
 *
 *   PUT    /api/v1/datasets/{user}/{name}            the next version
 *   GET    /api/v1/datasets[?prefix=]                those there are
 *   GET    /api/v1/datasets/{user}/{name}            one of them, with its latest version
 *   GET    /api/v1/datasets/{user}/{name}/versions · /blocks · /content
 *   DELETE /api/v1/datasets/{user}/{name}[?version=] one version, or all
 *   POST   /api/v1/datasets/{user}/{name}/import     the next version, fetched from an address
 */
import type { IncomingMessage, ServerResponse } from "node:http";
import * as z from "zod";
import { DatasetPath, formatIn, UploadOptions, UploadQuery, VersionNumber } from "../../protocol/dataset";
import { DatasetFormat } from "../../protocol/format";
import { BeginImport } from "../../protocol/import";
import { LIMITS } from "../../protocol/limits";
import { describeIssues, GridError, isGridError } from "../../protocol/problems";
import type { BlockStore } from "../grid-api";
import { answerJson, answerNotAllowed, answerProblem, pathOf } from "../http/node-answer";
import { PageQuery } from "../http/parameters";
import { asWebRequest, readBody } from "../http/read-body";
import { parseQuery } from "../http/query";
import { sendContent } from "./dataset-content";
import { IMPORTS } from "../sources/import-routes";
import type { Imports } from "../sources/imports";
import type { UploadTerms } from "./dataset-rows";
import type { Datasets } from "./datasets";
import { digestIn, drain, isGzipEncoded, receiveBody } from "./receive-body";

export const DATASETS = "/api/v1/datasets";

export const VersionQuery = z.object({ version: VersionNumber.optional() });
export const ListDatasetsQuery = PageQuery.extend({
  prefix: z
    .string()
    .max(200)
    .default("")
    .meta({ description: "Only those whose path begins so: /user/ for a user's." }),
});
export const BlocksQuery = PageQuery.extend(VersionQuery.shape);

/** Methods of each address, for the API's document. */
export const DATASET_OPERATIONS = {
  [DATASETS]: ["GET"],
  [`${DATASETS}/{user}/{name}`]: ["GET", "PUT", "DELETE"],
  [`${DATASETS}/{user}/{name}/versions`]: ["GET"],
  [`${DATASETS}/{user}/{name}/blocks`]: ["GET"],
  [`${DATASETS}/{user}/{name}/content`]: ["GET"],
  [`${DATASETS}/{user}/{name}/import`]: ["POST"],
} as const;

interface Asked {
  request: IncomingMessage;
  response: ServerResponse;
  path: DatasetPath;
}

type Answer = (asked: Asked) => Promise<void>;

/** @returns A handler that says whether the request was for datasets; it then answers it. */
export function serveDatasets(
  datasets: Datasets,
  store: BlockStore,
  imports: Pick<Imports, "begin">,
): (request: IncomingMessage, response: ServerResponse) => boolean {
  const onOne: Record<string, Partial<Record<string, Answer>>> = {
    "": { GET: one, PUT: put, DELETE: remove },
    versions: { GET: versions },
    blocks: { GET: blocks },
    content: { GET: content },
    import: { POST: importFrom },
  };

  return (request, response) => {
    const path = pathOf(request);
    if (path !== DATASETS && !path.startsWith(`${DATASETS}/`)) return false;
    answer(path.slice(DATASETS.length), request, response).catch((error: unknown) => {
      if (request.destroyed && !request.complete) return;
      if (isReaderGone(error)) return;
      drain(request, response);
      answerProblem(request, response, error);
    });
    return true;
  };

  async function answer(rest: string, request: IncomingMessage, response: ServerResponse): Promise<void> {
    response.setHeader("cache-control", "no-store");
    const [, user, name, part = "", ...more] = decodeURIComponent(rest).split("/");
    if (user === undefined) return act({ GET: list }, { request, response, path: "" as DatasetPath });
    const answers = more.length === 0 && name !== undefined ? onOne[part] : undefined;
    if (!answers) throw new GridError("not-found", `There is nothing at ${pathOf(request).slice(0, 200)}`);
    return act(answers, { request, response, path: parsePath(`/${user}/${name}`) });
  }

  function act(answers: Partial<Record<string, Answer>>, asked: Asked): Promise<void> | void {
    const { request, response } = asked;
    const method = request.method === "HEAD" ? "GET" : (request.method ?? "");
    const found = answers[method];
    if (found) return found(asked);
    const methods = Object.keys(answers);
    return answerNotAllowed(request, response, answers.GET ? [...methods, "HEAD"] : methods);
  }

  async function list({ request, response }: Asked): Promise<void> {
    const { prefix, cursor = null, limit } = queryOf(request, ListDatasetsQuery);
    answerJson(request, response, 200, await datasets.list({ prefix, cursor, limit }));
  }

  async function one({ request, response, path }: Asked): Promise<void> {
    const { version = null } = queryOf(request, VersionQuery);
    const view = await datasets.view(path);
    if (version === null) return answerJson(request, response, 200, view);
    answerJson(request, response, 200, { ...view, latest: await datasets.viewVersion(path, version) });
  }

  async function put({ request, response, path }: Asked): Promise<void> {
    const terms = termsOf(request);
    const arrival = await datasets.begin(path, terms);
    try {
      await receiveBody(request, (piece) => arrival.take(piece));
    } catch (error) {
      await datasets.giveUp(arrival);
      throw error;
    }
    const view = await datasets.complete(arrival);
    response.setHeader("location", `${DATASETS}${path}?version=${view.latest.version}`);
    answerJson(request, response, 201, view);
  }

  async function importFrom({ request, response, path }: Asked): Promise<void> {
    const limit = { name: "changeBytes", bytes: LIMITS.changeBytes };
    const view = await imports.begin(path, await readBody(asWebRequest(request), BeginImport, limit));
    response.setHeader("location", `${IMPORTS}/${view.id}`);
    answerJson(request, response, 202, view);
  }

  async function remove({ request, response, path }: Asked): Promise<void> {
    const { version = null } = queryOf(request, VersionQuery);
    await datasets.remove(path, version);
    response.writeHead(204).end();
  }

  async function versions({ request, response, path }: Asked): Promise<void> {
    const { cursor, limit } = queryOf(request, PageQuery);
    const before = cursor === undefined ? null : numberOf(cursor);
    answerJson(request, response, 200, await datasets.versions(path, { before, limit }));
  }

  async function blocks({ request, response, path }: Asked): Promise<void> {
    const { version = null, cursor = "0", limit } = queryOf(request, BlocksQuery);
    answerJson(
      request,
      response,
      200,
      await datasets.blocks(path, version, { from: numberOf(cursor), limit }),
    );
  }

  async function content({ request, response, path }: Asked): Promise<void> {
    const { version = null } = queryOf(request, VersionQuery);
    const opened = await datasets.open(path, version);
    try {
      await sendContent(opened, store, request, response);
    } finally {
      opened.close();
    }
  }
}

function termsOf(request: IncomingMessage): UploadTerms {
  const { headers } = request;
  const query = queryOf(request, UploadQuery);
  const { blockBytes, copies, visibility } = query;
  const length = headers["content-length"];
  return {
    format: parseFormat(formatIn(query, headers["content-type"] ?? "")),
    options: UploadOptions.parse({
      blockBytes,
      ...(copies !== undefined && { copies }),
      ...(visibility && { visibility }),
    }),
    sentDigest: digestIn(headers),
    sentBytes: length === undefined ? null : Number(length),
    isGzip: isGzipEncoded(headers),
  };
}

function parseFormat(asked: unknown): DatasetFormat {
  const parsed = DatasetFormat.safeParse(asked);
  if (parsed.success) return parsed.data;
  throw new GridError("invalid-input", `format: ${describeIssues(parsed.error, asked)}`);
}

function parsePath(text: string): DatasetPath {
  const parsed = DatasetPath.safeParse(text);
  if (parsed.success) return parsed.data;
  throw new GridError(
    "invalid-input",
    `A dataset's path ${parsed.error.issues[0]?.message}; got "${text.slice(0, 80)}"`,
  );
}

function queryOf<Shape extends z.ZodRawShape>(
  request: IncomingMessage,
  schema: z.ZodObject<Shape>,
): z.infer<z.ZodObject<Shape>> {
  return parseQuery(new Request(new URL(request.url ?? "/", "http://grid")), schema);
}

function numberOf(cursor: string): number {
  if (/^\d{1,9}$/.test(cursor)) return Number(cursor);
  const detail = `cursor: must be what an earlier page gave as nextCursor; got ${cursor.slice(0, 80)}`;
  throw new GridError("invalid-input", detail);
}

function isReaderGone(error: unknown): boolean {
  return (
    error instanceof Error &&
    !isGridError(error) &&
    "code" in error &&
    error.code === "ERR_STREAM_PREMATURE_CLOSE"
  );
}
