/** Makes a PNG of at most `width` pixels (by default 128) of the image that is posted to it. */
export async function handle(request) {
  if (request.body.length === 0) return new Response("POST an image\n", { status: 400 });
  const width = Math.min(1024, Math.max(1, Number(request.query.width) || 128));
  let image;
  try {
    image = await createImageBitmap(new Blob([request.body]));
  } catch {
    return new Response("This is no image that the browser knows\n", { status: 422 });
  }
  const scale = Math.min(1, width / image.width);
  const canvas = new OffscreenCanvas(Math.ceil(image.width * scale), Math.ceil(image.height * scale));
  canvas.getContext("2d").drawImage(image, 0, 0, canvas.width, canvas.height);
  const png = await canvas.convertToBlob({ type: "image/png" });
  return new Response(png, { headers: { "content-type": "image/png" } });
}
