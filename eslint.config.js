/** Lint rules: those of Next.js and typescript-eslint, and this project's own about imports and purity. */
import nextVitals from "eslint-config-next/core-web-vitals";
import { defineConfig, globalIgnores } from "eslint/config";
import tseslint from "typescript-eslint";
import { layers } from "./lint/layers.js";

const typescript = ["**/*.ts", "**/*.tsx"];

export default defineConfig([
  globalIgnores([
    ".next/",
    "dist/",
    "public/",
    "data/",
    "next-env.d.ts",
    "server/store/generated/",
    "test-results/",
    "playwright-report/",
  ]),
  { linterOptions: { reportUnusedDisableDirectives: "error" } },
  // The rules about React follow the data through every function of a file; only app/ has React.
  { files: ["app/**"], extends: [nextVitals] },
  {
    files: ["**/*.js", "**/*.mjs"],
    ignores: ["examples/**"],
    rules: { eqeqeq: "error", "no-unused-vars": "error", "prefer-const": "error" },
  },
  { files: typescript, extends: [tseslint.configs.recommended] },
  {
    files: typescript,
    languageOptions: { parserOptions: { projectService: true, tsconfigRootDir: import.meta.dirname } },
    plugins: { tabgrid: { rules: { layers } } },
    rules: {
      "tabgrid/layers": "error",
      "@typescript-eslint/no-explicit-any": "error",
      "@typescript-eslint/no-non-null-assertion": "error",
      "@typescript-eslint/no-unused-vars": ["error", { argsIgnorePattern: "^_", varsIgnorePattern: "^_" }],
      "@typescript-eslint/consistent-type-imports": ["error", { fixStyle: "inline-type-imports" }],
      // A schema and the type inferred from it share a name, which reads better than two names.
      "@typescript-eslint/no-redeclare": "off",
      "@typescript-eslint/await-thenable": "error",
      "@typescript-eslint/no-floating-promises": "error",
      "@typescript-eslint/no-misused-promises": ["error", { checksVoidReturn: { attributes: false } }],
      "@typescript-eslint/switch-exhaustiveness-check": [
        "error",
        { considerDefaultExhaustiveForUnions: true },
      ],
      eqeqeq: "error",
      "no-console": "off",
    },
  },
  {
    // Next.js asks for default exports in app/; the tools ask for them in their configuration files.
    files: typescript,
    ignores: ["app/**", "*.config.ts"],
    rules: { "no-restricted-exports": ["error", { restrictDefaultExports: { direct: true, named: true } }] },
  },
  {
    // `import { z }` keeps every locale of zod in a browser's bundle: 538 kB for the agent instead of 179.
    files: ["protocol/**/*.ts", "worker/**/*.ts", "app/**/*.ts", "app/**/*.tsx"],
    rules: {
      "no-restricted-syntax": [
        "error",
        {
          selector:
            "ImportDeclaration[importKind!='type'][source.value='zod'] > ImportSpecifier[imported.name='z']",
          message: 'Write `import * as z from "zod"`.',
        },
      ],
    },
  },
  {
    // Everything core decides must be the same in production, in a simulation and in a test: time and chance
    // come in as arguments.
    files: ["core/**/*.ts"],
    ignores: ["**/*.test.ts"],
    rules: {
      "no-restricted-globals": [
        "error",
        ...["fetch", "setTimeout", "setInterval", "setImmediate", "queueMicrotask", "requestAnimationFrame"],
        ...["performance", "crypto", "process", "console", "WebSocket", "XMLHttpRequest"],
      ],
      "no-restricted-properties": [
        "error",
        { object: "Date", property: "now", message: "Take `now` as an argument." },
        { object: "Math", property: "random", message: "Take a seeded source as an argument." },
        ...["Date", "Math", "fetch", "setTimeout", "setInterval", "performance", "crypto"].map(
          (property) => ({
            object: "globalThis",
            property,
          }),
        ),
      ],
      "no-restricted-syntax": [
        "error",
        {
          selector: "NewExpression[callee.name='Date'][arguments.length=0]",
          message: "Take `now` as an argument.",
        },
        { selector: "CallExpression[callee.name='Date']", message: "Take `now` as an argument." },
      ],
    },
  },
]);
