import type * as React from 'react';

const ROW = '.jp-octavo-Row-main';

/** The keys of the search box: down to the first row that is left, Escape forgets the words. */
export function boxKeys(event: React.KeyboardEvent<HTMLElement>, query: string, onQuery: (query: string) => void): void {
  const first = event.key === 'ArrowDown' ? event.currentTarget.closest('.jp-octavo-Sidebar')?.querySelector<HTMLElement>(ROW) : null;
  if (first) {
    event.preventDefault();
    first.focus();
  } else if (event.key === 'Escape' && query) {
    event.preventDefault();
    onQuery('');
  }
}

/** The keys of the rows of all sections: up and down from one to the next; up from the first, and Escape, to the search box. */
export function rowKeys(event: React.KeyboardEvent<HTMLElement>): void {
  const row = (event.target as Element).closest<HTMLElement>(ROW);
  if (!row || event.defaultPrevented) {
    return;
  }
  const rows = [...event.currentTarget.querySelectorAll<HTMLElement>(ROW)];
  const at = rows.indexOf(row);
  const box = event.currentTarget.closest('.jp-octavo-Sidebar')?.querySelector<HTMLElement>('.jp-octavo-Header-search');
  const places: Record<string, HTMLElement | null | undefined> = { ArrowDown: rows[at + 1], ArrowUp: rows[at - 1] ?? box, Escape: box };
  const place = places[event.key];
  if (place) {
    event.preventDefault();
    place.focus();
  }
}
