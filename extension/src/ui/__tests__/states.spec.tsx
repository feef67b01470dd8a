import { act, render, screen } from '@testing-library/react';
import * as React from 'react';

import { OctavoError } from '../../request';
import { Resource } from '../../resource';
import { Boundary } from '../Boundary';
import { Page } from '../Page';
import { Await, Empty, Failure, PageNote } from '../states';

const refused = new OctavoError(403, 'forbidden', 'Only a reviewer may.', 'Ask an admin for the role reviewer.', 'r1');
const away = new OctavoError(503, 'unavailable', 'The service is away.', 'Try again.', 'r2');

describe('states', () => {
  it('shows a skeleton, then the value', async () => {
    const resource = new Resource(() => Promise.resolve('ready'));
    render(<Await resource={resource}>{value => <p>{value}</p>}</Await>);
    expect(screen.getByRole('status', { name: 'Loading' })).toBeTruthy();
    await act(() => resource.refresh());
    expect(screen.getByText('ready')).toBeTruthy();
  });

  it('says what is wrong and what to do', async () => {
    const resource = new Resource(() => Promise.reject(away));
    render(<Await resource={resource}>{() => <p>never</p>}</Await>);
    await act(() => resource.refresh());
    const alert = screen.getByRole('alert');
    expect(alert.textContent).toContain('The service is away.');
    expect(alert.textContent).toContain('Try again.');
    expect(alert.textContent).toContain('Copy details');
  });

  it('keeps showing an old value and says how old it is', async () => {
    let fail = false;
    const resource = new Resource(() => (fail ? Promise.reject(away) : Promise.resolve('old')));
    render(<Await resource={resource}>{value => <p>{value}</p>}</Await>);
    await act(() => resource.refresh());
    fail = true;
    await act(() => resource.refresh());
    expect(screen.getByText('old')).toBeTruthy();
    expect(screen.getByText(/As of/).textContent).toContain('The service is away.');
  });

  it('says in a view how old its page is, below the header, and of a part where the part is', async () => {
    let fail = false;
    const resource = new Resource(() => (fail ? Promise.reject(away) : Promise.resolve('old')));
    const { container } = render(
      <PageNote.Provider value={null}>
        <Await resource={resource}>
          {value => (
            <Page title="A view" locked={['You may not.', undefined, 'You may not.']}>
              <Await resource={resource}>{() => <p>{value}</p>}</Await>
            </Page>
          )}
        </Await>
      </PageNote.Provider>
    );
    await act(() => resource.refresh());
    fail = true;
    await act(() => resource.refresh());
    const [ofPage, ofPart] = [...container.querySelectorAll('.jp-octavo-Stale')];
    expect(ofPage?.previousElementSibling?.tagName).toBe('HEADER');
    expect(ofPart?.parentElement?.className).toBe('jp-octavo-Page-body');
    expect(screen.getByRole('note').textContent?.trim()).toBe('You may not.');
  });

  it('tells a missing right from a fault', () => {
    const { container } = render(<Failure error={refused} />);
    expect(container.querySelector('.jp-mod-denied')?.textContent).toContain('Ask an admin');
  });

  it('never runs what a message holds', () => {
    const { container } = render(<Failure error={new OctavoError(422, 'invalid', '<img src=x onerror=alert(1)>', '', '')} />);
    expect(container.querySelector('img')).toBeNull();
    expect(container.textContent).toContain('<img src=x onerror=alert(1)>');
  });

  it('says what an empty place is for', () => {
    render(<Empty title="No runs yet">Run a notebook.</Empty>);
    expect(screen.getByText('Run a notebook.')).toBeTruthy();
  });

  it('keeps one view’s fault to that view', () => {
    const Broken = (): React.JSX.Element => {
      throw new Error('drawn wrongly');
    };
    const silent = jest.spyOn(console, 'error').mockImplementation(() => undefined);
    render(
      <Boundary>
        <Broken />
      </Boundary>
    );
    silent.mockRestore();
    expect(screen.getByRole('alert').textContent).toContain('drawn wrongly');
  });
});
