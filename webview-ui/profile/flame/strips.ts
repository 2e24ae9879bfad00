/**
 * Rows of boxes as one line of device pixels each. What fills a box is the same from its top to its foot, so a line is written
 * once and the browser stretches it: the cost is that of the window's width, however many boxes share it.
 */
export class Strips {
  private readonly canvas = new OffscreenCanvas(1, 1);
  private readonly context = this.canvas.getContext('2d', { willReadFrequently: true })!;
  private image = new ImageData(1, 1);
  private pixels = new Uint32Array(this.image.data.buffer);

  /** Empties so many lines of so many pixels. */
  begin(width: number, lines: number): void {
    if (this.image.width !== width || this.image.height < lines) {
      this.image = new ImageData(Math.max(1, width), Math.max(1, lines));
      this.pixels = new Uint32Array(this.image.data.buffer);
      this.canvas.width = this.image.width;
      this.canvas.height = this.image.height;
    } else this.pixels.fill(0);
  }

  /** Fills the pixels from (inclusive) to (exclusive) of a line. @param colour see `pixelOf` */
  fill(line: number, from: number, to: number, colour: number): void {
    const start = line * this.image.width;
    this.pixels.fill(colour, start + Math.max(0, from), start + Math.min(this.image.width, to));
  }

  /** To be called once all lines are filled, before they are drawn. */
  end(): void {
    this.context.putImageData(this.image, 0, 0);
  }

  /** Stretches a line over a height, in device pixels: the context must not be scaled. */
  draw(context: CanvasRenderingContext2D, line: number, top: number, height: number): void {
    const { width } = this.image;
    context.drawImage(this.canvas, 0, line, width, 1, 0, top, width, height);
  }
}

const known = new Map<string, number>();
let one: OffscreenCanvasRenderingContext2D | undefined;

/** A colour of CSS as a pixel of an `ImageData` that is looked at as 32 bit numbers. @param opacity 0..1, of what the colour itself has */
export function pixelOf(colour: string, opacity = 1): number {
  const key = opacity === 1 ? colour : `${opacity} ${colour}`;
  let pixel = known.get(key);
  if (pixel === undefined) {
    one ??= new OffscreenCanvas(1, 1).getContext('2d', { willReadFrequently: true })!;
    one.clearRect(0, 0, 1, 1);
    one.fillStyle = colour;
    one.fillRect(0, 0, 1, 1);
    const { data } = one.getImageData(0, 0, 1, 1);
    data[3] = Math.round(data[3]! * opacity);
    pixel = new Uint32Array(data.buffer)[0]!;
    known.set(key, pixel);
  }
  return pixel;
}
