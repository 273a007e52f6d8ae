/**
 * The import rules of the code base, as an ESLint rule.
 *
 * Data flows one way and decisions stay pure only while folders keep to this table. A relative import is
 * resolved to the top-level folder it lands in, so no spelling of the path gets round the rule; packages
 * are checked too where a folder is meant to run without Node.js or without a network.
 *
 *   protocol ◀── core ◀── server ◀── app (server files)
 *       ▲──────── worker ◀────────── app (client files)
 *       ▲──────── sdk ◀── sdk/node ◀── cli ──▶ worker, core, server
 */
import path from "node:path";
import { isBuiltin } from "node:module";

const anyPackage = () => true;
const browserPackage = (name) => !isBuiltin(name);
const only = (...names) => {
  return (name) => names.some((allowed) => name === allowed || name.startsWith(`${allowed}/`));
};

/** What the code of each folder may import: other folders, and packages. Folders not listed may import anything. */
const LAYERS = {
  protocol: { folders: [], packages: only("zod", "@noble/hashes", "devalue", "hyparquet") },
  core: { folders: ["protocol"], packages: only("tinyqueue", "ipaddr.js", "hyparquet") },
  worker: { folders: ["protocol"], packages: browserPackage },
  server: { folders: ["core", "protocol"], packages: anyPackage },
  // What browsers load knows nothing of what only Node.js can do; sdk/node builds on it.
  sdk: { folders: ["protocol"], packages: browserPackage },
  "sdk/node": { folders: ["protocol", "sdk"], packages: anyPackage },
  // `run --local` and `volunteer --node` run programs with the very code that coordinator and tabs run them with; a
  // headless volunteer is found as the tests find theirs.
  cli: {
    folders: ["protocol", "sdk", "sdk/node", "worker", "core", "server", "scripts"],
    packages: anyPackage,
  },
  // Client components import no page, layout or route, so what only those import never reaches a browser.
  "app (server files)": { folders: ["server", "protocol"], packages: anyPackage },
  "app (client files)": { folders: ["worker", "protocol"], packages: browserPackage },
};

const EVERYWHERE_BUT_APP = ["testing", "bench", "e2e"];
const TEST_FILE = /\.test\.tsx?$/;
/** Files of app/ that Next.js runs on the server, unless they say "use client". */
const SERVER_FILE = /(^|\/)(page|layout|route|not-found|robots|sitemap|manifest)(\.tsx?)?$|(^|\/)_server\//;

/** @type {import("eslint").Rule.RuleModule} */
export const layers = {
  meta: { type: "problem", schema: [], messages: { forbidden: "{{from}} may not import {{what}}." } },
  create(context) {
    const file = path.relative(context.cwd, context.filename).split(path.sep).join("/");
    const folder = folderOf(file);
    const isClient = context.sourceCode.ast.body.some((node) => node.directive === "use client");
    const from =
      folder === "app" ? `app (${isServerFile(file, isClient) ? "server" : "client"} files)` : folder;

    function check(node) {
      const specifier = node?.value;
      if (typeof specifier !== "string") return;
      const what = specifier.startsWith(".") ? targetOf(file, specifier) : specifier;
      const allowed = specifier.startsWith(".")
        ? mayImportFile(file, from, what)
        : mayImportPackage(file, from, what);
      if (!allowed) context.report({ node, messageId: "forbidden", data: { from, what } });
    }

    return {
      ImportDeclaration: (node) => check(node.source),
      ExportNamedDeclaration: (node) => check(node.source),
      ExportAllDeclaration: (node) => check(node.source),
      ImportExpression: (node) => check(node.source),
      TSImportType: (node) => check(node.source ?? node.argument?.literal),
    };
  },
};

/** The layer's folder: the top-level one, but for the one part of the SDK that is for Node.js alone. */
const folderOf = (file) => (file.startsWith("sdk/node/") ? "sdk/node" : file.split("/")[0]);

const isServerFile = (file, isClient) => SERVER_FILE.test(file) && !isClient;

/** The path, from the root of the project, that a relative import in `file` means. */
const targetOf = (file, specifier) => path.posix.join(path.posix.dirname(file), specifier);

function mayImportFile(file, from, target) {
  const folder = folderOf(target);
  if (EVERYWHERE_BUT_APP.includes(from)) return folder !== "app";
  const layer = LAYERS[from];
  if (!layer) return true;
  if (TEST_FILE.test(file) && folder === "testing") return true;
  if (from === "app (client files)" && SERVER_FILE.test(target)) return false;
  return folder === folderOf(file) || layer.folders.includes(folder);
}

function mayImportPackage(file, from, name) {
  return TEST_FILE.test(file) || (LAYERS[from]?.packages(name) ?? true);
}
