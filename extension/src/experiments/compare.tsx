import * as React from 'react';

import type { IOctavo } from '../tokens';
import { LineChart } from '../ui/charts';
import { Card, Page } from '../ui/Page';
import { Await } from '../ui/states';
import { trans } from '../words';
import type { CompareModel } from './compareModel';
import { Differences } from './components/Differences';

/** Runs side by side in the main area. */
export function ComparePage(props: { model: CompareModel; octavo: IOctavo }): React.JSX.Element {
  const { model, octavo } = props;
  return (
    <Await resource={model.comparison} lines={10}>
      {found => (
        <Page title={trans.__('Compare runs')} answer={answer(found.fields.filter(field => field.differs).length, found.fields.length)}>
          <Card title={trans.__('What differs')}>
            <Differences runs={found.runs} fields={found.fields} onOpen={run => octavo.open('run', { project: model.project, id: run.run_id })} />
          </Card>
          {Object.entries(found.series).length > 0 && (
            <Card title={trans.__('Curves')}>
              <div className="jp-octavo-Grid">
                {Object.entries(found.series).map(([name, series]) => (
                  <div key={name}>
                    <p>{name}</p>
                    <LineChart
                      label={trans.__('Curves of %1', name)}
                      lines={series.map((one, index) => ({ name: found.runs[index]?.name ?? String(index), points: one.points.filter(point => point.value !== null).map(point => [point.step, point.value as number]) }))}
                      xTick={step => trans.__('step %1', step)}
                    />
                  </div>
                ))}
              </div>
            </Card>
          )}
        </Page>
      )}
    </Await>
  );
}

function answer(different: number, all: number): string {
  return different === 0 ? trans.__('Nothing differs in %1 fields', all) : trans.__('%1 of %2 fields differ', different, all);
}
