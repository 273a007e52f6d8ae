/** `npm run build`: what `npm start` does before it starts. */
import { build } from "./lib/build.mjs";
import { generate } from "./lib/generate.mjs";
import { install } from "./lib/install.mjs";
import { main } from "./lib/run.mjs";

await main(async () => {
  await install();
  await generate();
  await build();
});
