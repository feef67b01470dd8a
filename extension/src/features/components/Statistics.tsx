import * as React from 'react';

import type { Feature, Statistics as Figures } from '../../api/features';
import { Bars } from '../../ui/bars';
import { Histogram } from '../../ui/charts';
import { metric, percent } from '../../ui/format';
import { Card, Facts } from '../../ui/Page';
import { Empty } from '../../ui/states';
import { trans } from '../../words';

/** How each feature's values are spread. */
export function Statistics(props: { features: readonly Feature[] }): React.JSX.Element {
  const known = props.features.filter(feature => feature.statistics);
  if (known.length === 0) {
    return <Empty title={trans.__('No statistics yet')}>{trans.__('They are computed when the feature registry is published.')}</Empty>;
  }
  return (
    <div className="jp-octavo-Grid">
      {known.map(feature => (
        <FeatureCard key={feature.name} feature={feature} statistics={feature.statistics as Figures} />
      ))}
    </div>
  );
}

function FeatureCard(props: { feature: Feature; statistics: Figures }): React.JSX.Element {
  const { feature, statistics } = props;
  return (
    <Card title={feature.name} aside={<span className="jp-octavo-Muted">{feature.dtype}</span>}>
      <p className="jp-octavo-Muted">{feature.description}</p>
      <Spread feature={feature} statistics={statistics} />
      <Facts facts={statistics.kind === 'numeric' ? numeric(statistics) : categorical(statistics)} />
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

function numeric(statistics: Figures): [string, string][] {
  return [
    [trans.__('Mean ± sd'), `${metric(statistics.mean)} ± ${metric(statistics.stddev)}`],
    [trans.__('Median, 95 %'), `${metric(statistics.p50)}, ${metric(statistics.p95)}`],
    [trans.__('Range'), `${metric(statistics.minimum)} – ${metric(statistics.maximum)}`],
    [trans.__('Missing'), trans.__('%1 of %2 rows', percent(statistics.null_rate), statistics.rows.toLocaleString('en-US'))]
  ];
}

function categorical(statistics: Figures): [string, string][] {
  return [
    [trans.__('Different values'), metric(statistics.distinct)],
    [trans.__('Not shown'), trans.__('%1 rows', metric(statistics.other))],
    [trans.__('Missing'), trans.__('%1 of %2 rows', percent(statistics.null_rate), statistics.rows.toLocaleString('en-US'))]
  ];
}
