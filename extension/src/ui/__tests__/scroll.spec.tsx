import { fireEvent, render, screen } from '@testing-library/react';
import * as React from 'react';

import { Table } from '../Table';

/** Gives every element a size, which none has in jsdom. */
function sized(sizes: Partial<Record<'clientWidth' | 'scrollWidth' | 'clientHeight' | 'scrollHeight', number>>): void {
  for (const [name, value] of Object.entries(sizes)) {
    jest.spyOn(HTMLElement.prototype, name as 'clientWidth', 'get').mockReturnValue(value);
  }
}

function table(): HTMLElement {
  const { container } = render(<Table label="Joined rows" rows={['a']} columns={[{ id: 'a', title: 'A', cell: row => row }]} rowKey={row => row} />);
  return container.firstElementChild as HTMLElement;
}

describe('a table', () => {
  afterEach(() => jest.restoreAllMocks());

  it('that fits is no stop of the keyboard', () => {
    expect(table().className).toBe('jp-octavo-Scroll');
    expect(screen.queryByRole('region')).toBeNull();
  });

  it('that is wider than its place is a named stop, and shows on which side more is', () => {
    sized({ clientWidth: 100, scrollWidth: 300 });
    const scroll = table();
    const pane = screen.getByRole('region', { name: 'Scrolls: Joined rows' });
    expect([pane.tabIndex, scroll.className]).toEqual([0, 'jp-octavo-Scroll jp-mod-right']);
    pane.scrollLeft = 50;
    fireEvent.scroll(pane);
    expect(scroll.className).toBe('jp-octavo-Scroll jp-mod-left jp-mod-right');
    pane.scrollLeft = 200;
    fireEvent.scroll(pane);
    expect(scroll.className).toBe('jp-octavo-Scroll jp-mod-left');
  });

  it('that is taller than its place stays a stop at its end', () => {
    sized({ clientHeight: 100, scrollHeight: 300 });
    const scroll = table();
    const pane = screen.getByRole('region', { name: 'Scrolls: Joined rows' });
    expect(scroll.className).toBe('jp-octavo-Scroll jp-mod-below');
    pane.scrollTop = 200;
    fireEvent.scroll(pane);
    expect([scroll.className, pane.tabIndex]).toEqual(['jp-octavo-Scroll', 0]);
  });
});
