import { tableRowsIcon } from '@jupyterlab/ui-components';
import * as React from 'react';

import type { IOctavo } from '../tokens';
import { Button } from '../ui/Button';
import { TextField } from '../ui/Fields';
import { Page } from '../ui/Page';
import { Await, Empty } from '../ui/states';
import { trans } from '../words';
import { RunTable } from './components/RunTable';
import type { RunsModel } from './runsModel';

/** All runs as a table in the main area. */
export function RunsPage(props: { model: RunsModel; octavo: IOctavo }): React.JSX.Element {
  const { model, octavo } = props;
  const [, draw] = React.useReducer((count: number) => count + 1, 0);
  React.useEffect(() => {
    model.changed.connect(draw);
    return () => {
      model.changed.disconnect(draw);
    };
  }, [model]);
  const compare = (): void => octavo.open('compare', { project: model.project, runs: model.picked.join(',') });
  return (
    <Await resource={model.page} lines={10}>
      {page => (
        <Page icon={tableRowsIcon} title={model.query.experiment || trans.__('Runs')} answer={trans._n('%1 run', '%1 runs', page.total, page.total)}>
          <div className="jp-octavo-Bar">
            <TextField label={trans.__('Find runs')} type="search" value={model.query.q ?? ''} placeholder={trans.__('name, owner or notebook')} onChange={q => model.ask({ q })} />
            <span className="jp-octavo-Bar-end">
              <Button kind="primary" refused={model.picked.length < 2 ? trans.__('Pick two or more runs to compare them.') : undefined} onClick={compare}>
                {trans.__('Compare')}
              </Button>
            </span>
          </div>
          {page.items.length === 0 ? (
            <Empty title={trans.__('No run matches')} />
          ) : (
            <RunTable runs={page.items} metrics={page.metrics} picked={model.picked} onPick={runs => model.pick(runs)} onOpen={run => octavo.open('run', { project: model.project, id: run.run_id })} />
          )}
          {page.next_cursor && <Button onClick={() => model.ask({ limit: (model.query.limit ?? 0) + 100 })}>{trans.__('Show more')}</Button>}
        </Page>
      )}
    </Await>
  );
}
