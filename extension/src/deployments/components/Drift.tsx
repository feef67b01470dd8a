import * as React from 'react';

import type { MonitorSummary } from '../../api/monitoring';
import { Lights } from '../../monitoring/components/Lights';
import { Histogram } from '../../ui/charts';
import { metric } from '../../ui/format';
import { Card } from '../../ui/Page';
import { trans } from '../../words';

/** What monitoring says of data and scores, against training. */
export function Drift(props: { summary: MonitorSummary }): React.JSX.Element {
  const { summary } = props;
  const scores = summary.scores;
  return (
    <Card title={trans.__('Data and scores')} aside={<span className="jp-octavo-Muted">{summary.baseline}</span>}>
      <Lights lights={summary.lights} />
      {scores && (
        <>
          <p>
            {trans.__('Scores, training outlined')} <span className="jp-octavo-Muted">{scores.psi === null ? '' : trans.__('PSI %1', metric(scores.psi))}</span>
          </p>
          <Histogram label={trans.__('Scores against training')} edges={scores.edges} counts={scores.live} baseline={scores.training} />
        </>
      )}
    </Card>
  );
}
