/**
 * Next.js serves the pages and the REST routes; `server/main.ts` starts it.
 *
 * The pages' content security policy is set here. `/sandbox`, where volunteers run other people's code, has
 * a policy of its own that the server sends; two policies would intersect, so this one must not be added.
 */
const isDev = process.env.NODE_ENV === "development";

const contentSecurityPolicy = [
  "default-src 'self'",
  // Next.js puts its start-up data in inline scripts; its development build also needs eval.
  `script-src 'self' 'unsafe-inline'${isDev ? " 'unsafe-eval'" : ""}`,
  "style-src 'self' 'unsafe-inline'",
  "img-src 'self' data: blob:",
  "font-src 'self'",
  "connect-src 'self'",
  "worker-src 'self'",
  "frame-src 'self'",
  "frame-ancestors 'self'",
  "base-uri 'self'",
  "form-action 'self'",
  "object-src 'none'",
].join("; ");

/** @type {import("next").NextConfig} */
const config = {
  poweredByHeader: false,
  reactStrictMode: true,
  // `npm run check` checks the types of everything, tests included; a start need not do it again.
  typescript: { ignoreBuildErrors: true },
  // Native or file-loading packages that a bundler cannot follow.
  serverExternalPackages: ["@libsql/client", "@prisma/adapter-libsql", "@prisma/schema-engine-wasm", "pino"],
  turbopack: { root: import.meta.dirname },
  async headers() {
    return [
      {
        source: "/((?!sandbox$).*)",
        headers: [
          { key: "content-security-policy", value: contentSecurityPolicy },
          { key: "referrer-policy", value: "same-origin" },
        ],
      },
      { source: "/:path*", headers: [{ key: "x-content-type-options", value: "nosniff" }] },
    ];
  },
};

export default config;
