/**
 * Draws the Mandelbrot set, one line of characters for each record.
 *
 * Without `reduce` the job is an ordered map: the lines come back from top to bottom, whoever drew them.
 * Only +, - and × are used, which every engine computes alike, so volunteers agree to the last character.
 */
const SHADES = " .:-=+*#%@";

export function map(row, { config }) {
  const { width, height, iterations, left, right, top, bottom } = config;
  const y = top + ((bottom - top) * row) / (height - 1);
  let line = "";
  for (let column = 0; column < width; column++) {
    const x = left + ((right - left) * column) / (width - 1);
    line += shadeOf(stepsToEscape(x, y, iterations), iterations);
  }
  return line;
}

function stepsToEscape(x, y, iterations) {
  let a = 0;
  let b = 0;
  for (let step = 0; step < iterations; step++) {
    const aa = a * a;
    const bb = b * b;
    if (aa + bb > 4) return step;
    b = 2 * a * b + y;
    a = aa - bb + x;
  }
  return iterations;
}

/** Points of the set are darkest; outside, the slower a point escapes, the darker. */
function shadeOf(steps, iterations) {
  if (steps === iterations) return SHADES[SHADES.length - 1];
  return SHADES[Math.min(SHADES.length - 2, Math.floor(steps / 3))];
}
