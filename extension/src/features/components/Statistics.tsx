import * as React from 'react';

import type { ColumnHistory, Feature, FeatureView, Statistics as Figures } from '../../api/features';
import { Bars } from '../../ui/bars';
import { Histogram } from '../../ui/charts';
import { exact, metric, percent } from '../../ui/format';
import { Card, Facts } from '../../ui/Page';
import { Empty, Failure, Skeleton, useResource } from '../../ui/states';
import { Time } from '../../ui/Time';
import { trans } from '../../words';
import type { FeatureModel } from '../model';
import { History } from './History';

/** How each feature's values are spread, and how that changes over event time. */
export function Statistics(props: { model: FeatureModel; view: FeatureView }): React.JSX.Element {
  const { model, view } = props;
  const history = useResource(model.history);
  React.useEffect(() => {
    void model.history.refresh();
  }, [model, view.snapshot]);
  const known = view.features.filter(feature => feature.statistics);
  if (known.length === 0) {
    return <Empty title={trans.__('No statistics yet')}>{trans.__('They are computed when the feature registry is published.')}</Empty>;
  }
  const columns = new Map((history.value?.columns ?? []).map(column => [column.name, column]));
  return (
    <>
      {history.error && <Failure error={history.error} onRetry={() => void model.history.refresh()} compact />}
      {history.value && (
        <p className="jp-octavo-Muted">
          {history.value.computed_at ? (
            <span title={exact(new Date(history.value.computed_at))}>
              {trans.__('Over time: 12 spans of event time; band 5 % to 95 %, line median, bars below missing values; computed')} <Time at={history.value.computed_at} />
            </span>
          ) : (
            trans.__('Statistics over time are not computed yet; the worker does that soon after a publication.')
          )}
        </p>
      )}
      <div className="jp-octavo-Grid">
        {known.map(feature => (
          <FeatureCard key={feature.name} feature={feature} statistics={feature.statistics as Figures} history={columns.get(feature.name)} loading={history.loading && !history.value} />
        ))}
      </div>
    </>
  );
}

function FeatureCard(props: { feature: Feature; statistics: Figures; history: ColumnHistory | undefined; loading: boolean }): React.JSX.Element {
  const { feature, statistics } = props;
  return (
    <Card title={feature.name} aside={<span className="jp-octavo-Muted">{feature.dtype}</span>}>
      <p className="jp-octavo-Muted">{feature.description}</p>
      <Spread feature={feature} statistics={statistics} />
      <Facts facts={statistics.kind === 'numeric' ? numeric(statistics) : categorical(statistics)} />
      {props.loading ? <Skeleton lines={2} /> : props.history && <History column={props.history} />}
    </Card>
  );
}

function Spread(props: { feature: Feature; statistics: Figures }): React.JSX.Element | null {
  const { feature, statistics } = props;
  if (statistics.histogram) {
    return <Histogram label={trans.__('Histogram of %1', feature.name)} edges={statistics.histogram.edges} counts={statistics.histogram.counts} />;
  }
  const categories = statistics.categories ?? [];
  if (categories.length === 0) {
    return null;
  }
  const bars = categories.map(one => ({ name: one.value, value: one.count, text: percent(one.count / statistics.rows) }));
  return <Bars label={trans.__('Most frequent values of %1', feature.name)} bars={bars} />;
}

function missing(statistics: Figures): [string, string] {
  return [trans.__('Missing'), trans.__('%1 of %2 rows', percent(statistics.null_rate), statistics.rows.toLocaleString('en-US'))];
}

function numeric(statistics: Figures): [string, string][] {
  return [
    [trans.__('Mean ± sd'), `${metric(statistics.mean)} ± ${metric(statistics.stddev)}`],
    [trans.__('Median, 95 %'), `${metric(statistics.p50)}, ${metric(statistics.p95)}`],
    [trans.__('Range'), `${metric(statistics.minimum)} – ${metric(statistics.maximum)}`],
    missing(statistics)
  ];
}

function categorical(statistics: Figures): [string, string][] {
  return [[trans.__('Different values'), metric(statistics.distinct)], [trans.__('Not shown'), trans.__('%1 rows', metric(statistics.other))], missing(statistics)];
}
