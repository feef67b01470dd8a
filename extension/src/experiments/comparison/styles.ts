/** Colours that a theme has; after them they begin again. */
const COLOURS = 6;
const DASHES = ['none', '7 3', '2 2', '9 3 2 3', '4 4', '1 3'];

/** How the line of a run looks: a colour and a dash, together different for the first 36 runs. */
export interface ILineStyle {
  readonly className: string;
  readonly dash: string;
}

/** The look of the run at `index`; the same everywhere in a comparison. */
export function lineStyle(index: number): ILineStyle {
  const turn = Math.floor(index / COLOURS);
  return { className: `jp-mod-series${index % COLOURS}`, dash: DASHES[(index + turn) % DASHES.length] ?? 'none' };
}
