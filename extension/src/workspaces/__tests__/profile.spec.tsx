import { render, screen } from '@testing-library/react';
import * as React from 'react';

import { card } from '../../testing/records';
import { firstProfile, ProfileField } from '../components/ProfileField';

const small = card();
const large = card({ profile: { ...small.profile, id: 'cpu-large', title: 'Large CPU' }, available: false, reasons: ['Only large-users may use it.'] });

function help(props: Partial<React.ComponentProps<typeof ProfileField>>): string {
  render(<ProfileField cards={[small, large]} value="cpu-small" onChange={() => undefined} {...props} />);
  const field = screen.getByRole('combobox', { name: 'Profile' });
  return document.getElementById(field.getAttribute('aria-describedby') ?? '')?.textContent ?? '';
}

describe('the choice of a profile', () => {
  it('shows prices, and what can’t be used now as such', () => {
    help({});
    const [first, second] = screen.getAllByRole<HTMLOptionElement>('option');
    expect([first?.textContent, first?.disabled]).toEqual(['Small CPU · 0.12 € an hour', false]);
    expect([second?.textContent, second?.disabled]).toEqual(['Large CPU · 0.12 € an hour · not now', true]);
  });

  it('says of a retired profile where it leads', () => {
    expect(help({ before: 'cpu-old', said: 'Old CPU was retired. It is cpu-small now.' })).toBe('Old CPU was retired. It is cpu-small now.');
  });

  it('says of a profile that is offered no more that it was used', () => {
    expect(help({ before: 'cpu-old' })).toBe('cpu-old was used until now and is no longer offered here.');
  });

  it('says why the profile used until now can’t be used', () => {
    expect(help({ before: 'cpu-large' })).toBe('Large CPU: Only large-users may use it.');
  });

  it('begins with the one used until now while it is open', () => {
    const other = card({ profile: { ...small.profile, id: 'cpu-mid' } });
    expect([firstProfile([small, other], 'cpu-mid'), firstProfile([small, large], 'cpu-large'), firstProfile([large])]).toEqual(['cpu-mid', 'cpu-small', '']);
  });
});
