import { fireEvent, render, screen, waitFor } from '@testing-library/react';
import * as React from 'react';

import { OctavoError } from '../../request';
import { Button } from '../Button';
import { Form, openForm } from '../form';

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

describe('the dialog of a form', () => {
  it('has a cross named Close, and one Cancel alone', async () => {
    openForm('Materialise', close => (
      <Form submit="Send" busy={false} error={null} onSubmit={() => undefined} onCancel={close}>
        <input aria-label="Name" />
      </Form>
    ));
    await screen.findByLabelText('Name');
    expect(document.querySelector('[title="Cancel"]')).toBeNull();
    fireEvent.click(await screen.findByLabelText('Close'));
    await waitFor(() => expect(document.querySelector('.jp-octavo-FormDialog')).toBeNull());
  });
});

describe('a button that somebody may not use', () => {
  it('can be reached, says why, and does nothing', () => {
    let done = 0;
    render(
      <Button refused="You may not propose a change of features." onClick={() => (done += 1)}>
        Edit
      </Button>
    );
    const button = screen.getByText('Edit').closest('.jp-octavo-Button') as HTMLElement;
    fireEvent.click(button);
    expect(done).toBe(0);
    expect(button.getAttribute('aria-disabled')).toBe('true');
    expect(button.getAttribute('aria-description')).toBe('You may not propose a change of features.');
    expect(button.hasAttribute('disabled')).toBe(false);
  });
});
