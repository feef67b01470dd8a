import { addBelowIcon } from '@jupyterlab/ui-components';
import * as React from 'react';

import type { CodeRequest, FeatureView } from '../../api/features';
import { useAction } from '../../ui/action';
import { Button } from '../../ui/Button';
import { Code } from '../../ui/Code';
import { Choice } from '../../ui/Fields';
import { duration, percent } from '../../ui/format';
import { Card, Facts, Split } from '../../ui/Page';
import { Failure } from '../../ui/states';
import type { IColumn } from '../../ui/Table';
import { Table } from '../../ui/Table';
import { Time } from '../../ui/Time';
import { trans } from '../../words';
import type { FeatureModel } from '../model';
import { inputs } from '../model';
import { Lookup } from './Lookup';
import { Preview, usePreview } from './Preview';

type Row = FeatureView['features'][number];

const columns = (): IColumn<Row>[] => [
  { id: 'name', title: trans.__('Feature'), cell: row => <bdi>{row.name}</bdi>, sort: row => row.name },
  { id: 'dtype', title: trans.__('Type'), cell: row => row.dtype, sort: row => row.dtype },
  { id: 'nulls', title: trans.__('Missing'), numeric: true, cell: row => percent(row.statistics?.null_rate), sort: row => row.statistics?.null_rate },
  { id: 'description', title: trans.__('Meaning'), cell: row => <bdi title={row.description}>{row.description}</bdi> }
];

/** Redraw when other columns are picked. */
function usePicked(model: FeatureModel): readonly string[] | null {
  return React.useSyncExternalStore(
    React.useCallback(
      notify => {
        model.pickChanged.connect(notify);
        return () => {
          model.pickChanged.disconnect(notify);
        };
      },
      [model]
    ),
    () => model.picked
  );
}

/** The schema with its columns to pick, a preview on one's own data, code, and the look-up of an entity. */
export function Use(props: { model: FeatureModel; view: FeatureView; noLookup?: string | undefined }): React.JSX.Element {
  const { model, view } = props;
  const picked = usePicked(model) ?? inputs(view);
  const { pick } = usePreview(model.preview);
  const frame = model.preview.frame;
  const insert = useAction(async () => model.insert((await model.code(frameRequest(model.features(view), frame, pick))).code));
  return (
    <Split
      main={
        <>
          <Card title={trans.__('Schema')} count={view.features.length} aside={<Picks view={view} picked={picked} onPick={columns => model.pick(columns)} />}>
            <div className="jp-octavo-Schema">
              <Table low label={trans.__('Schema')} rows={view.features} columns={columns()} rowKey={row => row.name} picked={picked} onPick={keys => model.pick(keys)} pickLabel={row => trans.__('Use %1', row.name)} />
            </div>
          </Card>
          <Preview model={model} view={view} onInsert={() => insert.run()} inserting={insert.busy} />
          {insert.error && <Failure error={insert.error} />}
          <CodeCard model={model} view={view} picked={picked} />
          <Lookup model={model} view={view} refused={props.noLookup} />
        </>
      }
      side={<About view={view} />}
    />
  );
}

function Picks(props: { view: FeatureView; picked: readonly string[]; onPick: (columns: readonly string[] | null) => void }): React.JSX.Element {
  return (
    <>
      <span className="jp-octavo-Muted">{trans.__('%1 picked', props.picked.length)}</span>{' '}
      <button type="button" className="jp-octavo-Link" onClick={() => props.onPick(null)}>
        {trans.__('all inputs')}
      </button>{' '}
      <button type="button" className="jp-octavo-Link" onClick={() => props.onPick([])}>
        {trans.__('none')}
      </button>
    </>
  );
}

type Frame = NonNullable<FeatureModel['preview']['frame']>;

/** The request for the exact call on a frame of the kernel. */
export function frameRequest(features: readonly string[], frame: Frame | undefined, pick: FeatureModel['preview']['state']['pick']): CodeRequest {
  const request: CodeRequest = { how: 'historical', features: [...features], service: null, frame: null };
  if (!frame || !pick) {
    return request;
  }
  const used = new Set([...pick.keys.values(), pick.time]);
  const index = frame.columns.some(column => column.index && used.has(column.name));
  return { ...request, frame: { name: frame.name, library: frame.library, keys: Object.fromEntries(pick.keys), time: pick.time, index } };
}

type How = CodeRequest['how'];

function CodeCard(props: { model: FeatureModel; view: FeatureView; picked: readonly string[] }): React.JSX.Element {
  const { model, view, picked } = props;
  const [what, setWhat] = React.useState('');
  const [how, setHow] = React.useState<How>('historical');
  const [code, setCode] = React.useState<string | null>(null);
  const features = model.features(view);
  const write = useAction(async (request: CodeRequest, wanted: () => boolean) => {
    const written = await model.code(request);
    if (wanted()) {
      setCode(written.code);
    }
  });
  const wished = what ? '' : features.join(' ');
  const { run } = write;
  React.useEffect(() => {
    let wanted = true;
    if (what || wished) {
      run({ how, features: what ? [] : wished.split(' '), service: what || null, frame: null }, () => wanted);
    }
    return () => {
      wanted = false;
    };
    // `run` is made anew on each draw.
    // eslint-disable-next-line react-hooks/exhaustive-deps
  }, [how, what, wished]);
  const title = trans.__('Code');
  return (
    <Card title={title}>
      <div className="jp-octavo-Preview-pickers">
        <Choice label={trans.__('Read')} value={what} options={[{ value: '', label: trans._n('%1 picked column', '%1 picked columns', picked.length, picked.length) }, ...view.services.map(service => ({ value: service, label: trans.__('service %1', service) }))]} onChange={setWhat} />
        <Choice
          label={trans.__('Values')}
          value={how}
          options={[
            { value: 'historical', label: trans.__('as of each row’s own time') },
            { value: 'online', label: trans.__('the newest, online') }
          ]}
          onChange={value => setHow(value === 'online' ? 'online' : 'historical')}
        />
      </div>
      {write.error && <Failure error={write.error} />}
      {features.length === 0 && !what ? (
        <p className="jp-octavo-Muted">{trans.__('Pick at least one feature in the schema.')}</p>
      ) : (
        code !== null && (
          <Code label={title} code={code}>
            <Button kind="primary" icon={addBelowIcon} label={trans.__('Insert this code')} onClick={() => model.insert(code)}>
              {trans.__('Insert code')}
            </Button>
          </Code>
        )
      )}
    </Card>
  );
}

function About(props: { view: FeatureView }): React.JSX.Element {
  const { view } = props;
  return (
    <Card title={trans.__('About')}>
      <Facts
        facts={[
          [trans.__('Owner'), <bdi key="owner">{view.owner || '–'}</bdi>],
          [trans.__('Join keys'), view.join_keys.join(', ') || '–'],
          [trans.__('Valid for'), view.ttl_seconds === null ? trans.__('ever') : duration(view.ttl_seconds)],
          [trans.__('Newest event'), <Time key="event" at={view.freshness.newest_event_at} />],
          [trans.__('Online until'), <Time key="online" at={view.freshness.materialized_until} none={trans.__('never materialised')} />],
          [trans.__('Source'), <bdi key="source">{view.source.path}</bdi>],
          [trans.__('Rows'), view.source.rows === null ? '–' : view.source.rows.toLocaleString('en-US')],
          [trans.__('Event time'), view.source.event_column],
          [trans.__('Known from'), view.source.created_column ?? '–'],
          [trans.__('Services'), view.services.join(', ') || '–'],
          [trans.__('Tags'), Object.entries(view.tags).map(([name, value]) => `${name}: ${value}`).join(', ') || '–']
        ]}
      />
    </Card>
  );
}
