import { render, screen } from '@testing-library/react';
import * as React from 'react';

import { OctavoError } from '../../request';
import { Form } from '../form';

const away = new OctavoError(503, 'unavailable', 'The service is away.', 'Try again.', 'r2');

function form(error: OctavoError | null): React.JSX.Element {
  return (
    <Form submit="Send" busy={false} error={error} onSubmit={() => undefined}>
      <input aria-label="Name" />
    </Form>
  );
}

describe('a form that was refused', () => {
  it('has the focus at what went wrong, so that Escape and Tab go on from there', () => {
    const { rerender } = render(form(null));
    screen.getByLabelText('Name').blur();
    rerender(form(away));
    expect(document.activeElement?.textContent).toContain('The service is away.');
    expect(screen.getByRole('form').contains(document.activeElement)).toBe(true);
  });

  it('leaves the focus in the field that somebody writes in', () => {
    const { rerender } = render(form(null));
    screen.getByLabelText('Name').focus();
    rerender(form(away));
    expect(document.activeElement).toBe(screen.getByLabelText('Name'));
  });
});
