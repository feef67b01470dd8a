/** Where the keyboard is: a line, -1 for the header, and a cell of it, 0 for the box that picks. */
export interface IPlace {
  readonly line: number;
  readonly cell: number;
}

/** How large the table is. */
export interface IExtent {
  readonly lines: number;
  readonly cells: number;
  /** Lines that are seen at once. */
  readonly page: number;
}

const PLAIN: Readonly<Record<string, (place: IPlace, extent: IExtent) => IPlace>> = {
  ArrowUp: ({ line, cell }) => ({ line: line - 1, cell }),
  ArrowDown: ({ line, cell }) => ({ line: line + 1, cell }),
  ArrowLeft: ({ line, cell }) => ({ line, cell: cell - 1 }),
  ArrowRight: ({ line, cell }) => ({ line, cell: cell + 1 }),
  PageUp: ({ line, cell }, { page }) => ({ line: Math.max(0, line - page), cell }),
  PageDown: ({ line, cell }, { page }) => ({ line: line + page, cell }),
  Home: ({ line }) => ({ line, cell: 0 }),
  End: ({ line }, { cells }) => ({ line, cell: cells - 1 })
};

const WITH_CONTROL: Readonly<Record<string, (place: IPlace, extent: IExtent) => IPlace>> = {
  Home: ({ cell }) => ({ line: 0, cell }),
  End: ({ cell }, { lines }) => ({ line: lines - 1, cell }),
  ArrowUp: ({ cell }) => ({ line: 0, cell }),
  ArrowDown: ({ cell }, { lines }) => ({ line: lines - 1, cell })
};

/** Where a key leads from a place; null for keys that move nothing. */
export function stepped(key: string, control: boolean, place: IPlace, extent: IExtent): IPlace | null {
  const moves = control ? WITH_CONTROL : PLAIN;
  const move = Object.hasOwn(moves, key) ? moves[key] : undefined;
  if (!move) {
    return null;
  }
  const { line, cell } = move(place, extent);
  return { line: Math.max(-1, Math.min(line, extent.lines - 1)), cell: Math.max(0, Math.min(cell, extent.cells - 1)) };
}
