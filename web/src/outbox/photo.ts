const MOST_PX = 1_280;
const QUALITY = 0.75;

/** A photo as it is kept and sent: a JPEG on which a register can be read, without what the camera wrote into it. */
export async function smaller(file: Blob): Promise<Blob> {
  const picture = await createImageBitmap(file);
  const share = Math.min(1, MOST_PX / Math.max(picture.width, picture.height));
  const canvas = document.createElement("canvas");
  canvas.width = Math.round(picture.width * share);
  canvas.height = Math.round(picture.height * share);
  canvas.getContext("2d")?.drawImage(picture, 0, 0, canvas.width, canvas.height);
  return new Promise((resolve, reject) => canvas.toBlob((made) => (made === null ? reject(new Error("the photo cannot be read")) : resolve(made)), "image/jpeg", QUALITY));
}
